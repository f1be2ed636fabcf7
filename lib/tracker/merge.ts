/**
 * A three-way merge by value: what a user made of a value, what others made of it, and what both began with. The same
 * leaf paths as everywhere: fields of objects, keys of Maps, elements by `_id` or by place.
 */
import type { Conflict } from '../types';
import { detach, put } from '../values/clone';
import { equal, fieldsOf, isAbsent, storedItem, storedKeys } from '../values/equal';
import { isPlainObject, kindOf } from '../values/kind';
import { isAddressable, join } from '../values/path';
import { Comparison, inside, type ComparingHost, type Place, type Rules } from './differences';
import { idOf } from './identity';
import { mergedKeys, mergedOrder } from './merge-order';

/** What the merge must be told besides values. */
export interface Settling {
  /** The value for a path that both changed; detached, `undefined` for none. */
  settle(conflict: Conflict): unknown;
  /** Are the user's changes of this live array operators that merge with anything (`$pull`, `$addToSet`)? */
  merges(live: unknown): boolean;
}

/** What the two sides made of one value. Live values: nothing is copied but what is returned. */
interface Sides {
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
}

/** The sides cannot be merged below this path. */
const NOT_MERGEABLE: unique symbol = Symbol('not mergeable');

export class Merge {
  readonly conflicts: Conflict[] = [];

  constructor(
    private readonly host: ComparingHost,
    private readonly rules: Rules,
    private readonly settling: Settling,
  ) {}

  /** The merged value, plain and detached; `undefined` if there is none. */
  value(sides: Sides, path: string, place: Place): unknown {
    const { mine, theirs } = sides;
    // A nested object that was made for a field in it: it has no existence of its own.
    const base = place.ordered || theirs !== undefined || !isHollow(sides.base) ? sides.base : undefined;
    if (!this.differs(base, theirs, path, place)) return this.detached(mine);
    // `mine` comes last: of the two, only it can have originals of its own, and its current state is meant.
    if (!this.differs(base, mine, path, place) || !this.differs(theirs, mine, path, place))
      return this.detached(theirs);
    const whole = this.rules.isWhole(path) || this.rules.equalsAt(path) !== undefined;
    const merged = whole ? NOT_MERGEABLE : this.below(sides, path, place);
    return merged === NOT_MERGEABLE ? this.conflict({ base, mine, theirs }, path) : merged;
  }

  /** Does a value differ from one before it? */
  differs(before: unknown, now: unknown, path: string, place: Place): boolean {
    const question = new Comparison(this.host, this.rules, true);
    question.value(before, now, path, place);
    return question.done;
  }

  private detached(value: unknown): unknown {
    const copy = detach(value, this.host, 'current');
    return isAbsent(copy) ? undefined : copy;
  }

  private conflict({ base, mine, theirs }: Sides, path: string): unknown {
    const before = detach(base, this.host, 'original');
    const conflict: Conflict = {
      path,
      base: isAbsent(before) ? undefined : before,
      mine: this.detached(mine),
      theirs: this.detached(theirs),
    };
    this.conflicts.push(conflict);
    return this.settling.settle(conflict);
  }

  private below(sides: Sides, path: string, place: Place): unknown {
    const plain = (value: unknown): unknown =>
      value !== null && typeof value === 'object' ? this.host.plain(value) : value;
    const base = plain(sides.base);
    const mine = plain(sides.mine);
    const theirs = plain(sides.theirs);
    const all = (is: (value: unknown) => boolean): boolean =>
      is(mine) && is(theirs) && (base === undefined || base === null || is(base));
    if (all((value) => this.isRecord(value))) return this.records({ base, mine, theirs }, path, place);
    if (all((value) => kindOf(value) === 'map')) return this.map({ base, mine, theirs }, path, place);
    if (all(Array.isArray)) {
      const lists = { base: items(base), mine: items(mine), theirs: items(theirs) };
      return this.byId(lists, path, place) ?? this.byPlace(lists, sides.mine, path, place);
    }
    return NOT_MERGEABLE;
  }

  private isRecord(value: unknown): boolean {
    return isPlainObject(value) || this.isSubdocument(value);
  }

  private isSubdocument(value: unknown): value is object {
    return value !== null && typeof value === 'object' && this.host.keepsOriginals(value);
  }

  private fields(value: unknown, side: 'original' | 'current'): Record<string, unknown> {
    if (!this.isSubdocument(value)) return (value ?? {}) as Record<string, unknown>;
    return side === 'original' ? this.host.originalFields(value) : this.host.currentFields(value);
  }

  private records(sides: Sides, path: string, place: Place): unknown {
    const { base, mine, theirs } = sides;
    const { host } = this;
    if (this.isSubdocument(mine)) {
      // Another discriminator has other fields.
      if (!host.canMerge(theirs as object, mine)) return NOT_MERGEABLE;
      if (base !== undefined && base !== null && !host.canMerge(base, mine)) return NOT_MERGEABLE;
    }
    const placeOf = (key: string): Place => (this.isSubdocument(mine) ? host.placeOf(mine, key) : inside(place, key));
    const merged = this.keys(
      this.fields(base, 'original'),
      this.fields(mine, 'current'),
      this.fields(theirs, 'current'),
      path,
      placeOf,
    );
    if (merged === undefined) return NOT_MERGEABLE;
    const result: Record<string, unknown> = {};
    for (const [key, value] of merged) put(result, key, value);
    return result;
  }

  private map({ base, mine, theirs }: Sides, path: string, place: Place): unknown {
    const before = base === undefined || base === null ? {} : fieldsOf(base);
    const placeOf = (key: string): Place => place.inner?.(key) ?? { ordered: true, guarded: place.guarded };
    const merged = this.keys(before, fieldsOf(mine as object), fieldsOf(theirs as object), path, placeOf);
    return merged === undefined ? NOT_MERGEABLE : new Map(merged);
  }

  /** Key by key, in an order that holds what either side did to the order. */
  private keys(
    base: Record<string, unknown>,
    mine: Record<string, unknown>,
    theirs: Record<string, unknown>,
    path: string,
    placeOf: (key: string) => Place,
  ): [string, unknown][] | undefined {
    const order = mergedKeys(storedKeys(base), storedKeys(mine), storedKeys(theirs));
    const gone = storedKeys(base).filter((key) => !order.includes(key));
    // A key with a dot has no path of its own.
    if (![...order, ...gone].every(isAddressable)) return undefined;
    const merged: [string, unknown][] = [];
    for (const key of order) {
      const sides = { base: own(base, key), mine: own(mine, key), theirs: own(theirs, key) };
      const value = this.value(sides, join(path, key), placeOf(key));
      if (value !== undefined) merged.push([key, value]);
    }
    return merged;
  }

  /** Elements with an `_id` are the same wherever they stand. */
  private byId(lists: Lists, path: string, place: Place): unknown[] | typeof NOT_MERGEABLE | undefined {
    const base = this.identified(lists.base, 'original');
    const mine = this.identified(lists.mine, 'current');
    const theirs = this.identified(lists.theirs, 'current');
    if (base === undefined || mine === undefined || theirs === undefined) return undefined;
    const order = mergedOrder([...base.keys()], [...mine.keys()], [...theirs.keys()]);
    if (order === undefined) return NOT_MERGEABLE;
    // The user's own places, as the path of a conflict; for what is no longer there, those of the others.
    const places = new Map([...[...theirs.keys()].entries(), ...[...mine.keys()].entries()].map(([i, id]) => [id, i]));
    const merged: unknown[] = [];
    for (const id of order) {
      const sides = { base: base.get(id), mine: mine.get(id), theirs: theirs.get(id) };
      const value = this.value(sides, join(path, String(places.get(id))), place);
      if (value !== undefined) merged.push(value);
    }
    return merged;
  }

  private identified(list: readonly unknown[], side: 'original' | 'current'): Map<string, unknown> | undefined {
    const found = new Map<string, unknown>();
    for (const item of list) {
      const id = idOf(item, side, this.host);
      if (id === undefined || found.has(id)) return undefined;
      found.set(id, item);
    }
    return found;
  }

  /** Without ids an element is its place: appended ones, and edits at unchanged length, go on top of what others did. */
  private byPlace({ base, mine, theirs }: Lists, live: unknown, path: string, place: Place): unknown {
    const at = (i: number): string => join(path, String(i));
    const same = (a: unknown, b: unknown, i: number): boolean => !this.differs(a, b, at(i), place);
    const prefix = (list: readonly unknown[]): boolean =>
      list.length >= base.length && base.every((item, i) => same(item, list[i], i));
    if (this.settling.merges(live)) return this.asSets({ base, mine, theirs });
    if (prefix(mine)) return [...theirs, ...mine.slice(base.length)].map((item) => this.item(item));
    if (mine.length !== base.length) return NOT_MERGEABLE;
    return Array.from({ length: Math.max(theirs.length, mine.length) }, (_, i) =>
      i < mine.length
        ? this.value({ base: base[i], mine: mine[i], theirs: theirs[i] }, at(i), place)
        : this.item(theirs[i]),
    ).filter((item) => item !== undefined);
  }

  /** What `$pull` took out of the others' array, and what `$addToSet` added to it. An element that was edited is another one. */
  private asSets(lists: Lists): unknown[] {
    const mine = lists.mine.map((item) => this.item(item));
    const theirs = lists.theirs.map((item) => this.item(item));
    const [before, now, others] = [
      bagOf(lists.base.map((item) => detach(item, this.host, 'original'))),
      bagOf(mine),
      bagOf(theirs),
    ];
    const kept = theirs.filter((item) => !before.has(item) || now.has(item));
    const added = mine.filter((item) => !before.has(item) && !others.has(item));
    return [...kept, ...added];
  }

  private item(value: unknown): unknown {
    return detach(storedItem(value), this.host, 'current');
  }
}

interface Bag {
  has(item: unknown): boolean;
}

/** The detached items of a list, found by value; by their texts first, as lists may be long. */
function bagOf(list: readonly unknown[]): Bag {
  const byText = new Map<string, unknown[]>();
  for (const item of list) {
    const text = textOf(item);
    const others = byText.get(text);
    if (others === undefined) byText.set(text, [item]);
    else others.push(item);
  }
  return { has: (item) => byText.get(textOf(item))?.some((other) => equal(other, item)) === true };
}

/** The same for all values that are stored as the same: numbers and their BSON instances have the same text. */
function textOf(item: unknown): string {
  return kindOf(item) === 'scalar' ? String(item) : '';
}

interface Lists {
  readonly base: readonly unknown[];
  readonly mine: readonly unknown[];
  readonly theirs: readonly unknown[];
}

function isHollow(value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).length === 0;
}

/** `Array.from`: `map` and `every` would leave holes out, which are stored as null. */
function items(value: unknown): readonly unknown[] {
  return Array.from((value ?? []) as readonly unknown[], storedItem);
}

function own(fields: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

import { detach, sourceOf } from '../values/clone';
import { asStored, equal, fieldsOf, holdsNothing, isAbsent, sameScalar, storedItem, storedKeys } from '../values/equal';
import { plainHost, type Host } from '../values/host';
import { isObject, isPlainObject, kindOf } from '../values/kind';
import { isAddressable, join } from '../values/path';
import { isSurelySame } from '../values/same';
import { idOf } from './identity';

/** One value that differs. `from` is the kept original, `to` the live value; neither is detached. */
export interface LeafDifference {
  readonly kind: 'leaf';
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  /** The value that would be written in its place if nothing were narrowed; its guard is this write's guard. */
  readonly within: string | undefined;
}

/** A value whose original was never known (not selected, or met after it may have been changed): never compared. */
export interface UnknownDifference {
  readonly kind: 'unknown';
  readonly path: string;
  readonly to: unknown;
  /** It was assigned, so it goes as one, whatever was done to it since. */
  readonly assigned: boolean;
}

/** An array that differs. How it is told and written depends on who asks (`changes.ts`, `update.ts`). */
export interface ArrayDifference {
  readonly kind: 'array';
  readonly path: string;
  readonly from: readonly unknown[];
  readonly to: readonly unknown[];
  /** What differs within the elements that both have. */
  readonly items: readonly Difference[];
  /** Elements stand at other places than before (documents with an `_id` only). */
  readonly moved: boolean;
  /** It is the array that was there at the baseline, edited in place; not another one assigned. */
  readonly inPlace: boolean;
  /** The original is a schema's array: writes to it are guarded by the version key. Not so inside Mixed. */
  readonly guarded: boolean;
  /** Elements were loaded only in part: what is missing in them must not be written. */
  readonly partial: boolean;
  /** See {@link LeafDifference.within}: an array that came with a replaced object is written whole. */
  readonly within: string | undefined;
  /** An element became an empty object, or one was added: alone it would be minimized away, and leave a null or nothing. */
  readonly solid: boolean;
  /** It is a default that was never stored: there are no elements to address. */
  readonly absent: boolean;
  /** The array as it stands in the document, with its methods and what they have pending. */
  readonly live: unknown;
}

export type Difference = LeafDifference | ArrayDifference | UnknownDifference;

/** What a user said about paths; all paths are full and may hold indexes and Map keys. */
export interface Rules {
  /** `wholePaths`: is the value at the path written as one? */
  isWhole(path: string): boolean;
  /** `equals`: the user's own equality for the path. */
  equalsAt(path: string): ((original: unknown, current: unknown) => boolean) | undefined;
  /** `exclude`: is the path left alone? */
  isExcluded(path: string): boolean;
  /** Are empty objects left out when stored (Mongoose's `minimize`)? */
  readonly minimize: boolean;
  /** Is something said about paths at all? Otherwise equal values are passed over without a look at theirs. */
  readonly byPath: boolean;
}

export const noRules: Rules = {
  isWhole: () => false,
  equalsAt: () => undefined,
  isExcluded: () => false,
  minimize: false,
  byPath: false,
};

/** Does the user want the value at a path compared and written as one? */
export function isOneValue(rules: Rules, path: string): boolean {
  return rules.isWhole(path) || rules.equalsAt(path) !== undefined;
}

/** How a value is compared, given by where it stands. */
export interface Place {
  /** Does key order count? Inside Mixed and Map values, where MongoDB keeps it; not for fields of a schema. */
  readonly ordered: boolean;
  /** Do arrays belong to a schema, with the version key as their guard? */
  readonly guarded: boolean;
  /** Were array elements loaded only in part? */
  readonly partial?: boolean;
  /** Is it a default that was never stored? */
  readonly absent?: boolean;
  /** The replaced object or Mixed value above it, which Mongoose would write as one, with the guard that has. */
  readonly within?: string;
  /** The place of a key, where keys differ in it (a nested object of a schema that holds Mixed). */
  readonly inner?: (key: string) => Place;
}

/** The place of a key in an object. */
export function inside(place: Place, key: string): Place {
  const inner = place.inner?.(key);
  if (inner === undefined) return place;
  return place.within === undefined ? inner : within(inner, place.within);
}

/** The same place, within something that Mongoose would write as one. */
export function within(place: Place, path: string): Place {
  return place.within === undefined ? { ...place, within: path } : place;
}

export const FIELDS: Place = { ordered: false, guarded: true };
export const FREE: Place = { ordered: true, guarded: false };

/** A host that can also compare a subdocument with its own originals. */
export interface ComparingHost extends Host {
  /** Reports what differs within a value that keeps originals and is the same instance on both sides. */
  compareOwn(value: object, path: string, comparison: Comparison): void;
  /** Has a value that is the same instance on both sides nothing to compare? */
  isQuiet(value: object): boolean;
  /** Does a value carry on another one that it was assigned equal to? Then what differs in it was not assigned with it. */
  carriesOn(original: object, current: object): boolean;
  /** Can a replaced subdocument be written field by field? Not when it became another discriminator. */
  canMerge(original: object, current: object): boolean;
  /** Is a subdocument stored as nothing once it is empty, and was the one before it loaded as a whole? */
  vanishesEmpty(original: object, current: object): boolean;
  /** Is a field of the new subdocument only a default over something that was never loaded? Then it is not written. */
  isUnloadedDefault(original: object, current: object, key: string): boolean;
  /** Does the field hold free data (Mixed), where key order counts and arrays have no guard? */
  placeOf(value: object, key: string): Place;
}

export const plainComparingHost: ComparingHost = {
  ...plainHost,
  compareOwn: () => undefined,
  isQuiet: () => true,
  carriesOn: () => false,
  canMerge: () => true,
  vanishesEmpty: () => true,
  isUnloadedDefault: () => false,
  placeOf: () => FREE,
};

/**
 * One walk over originals and current values. It visits containers only where both sides have one, so its cost is
 * that of the values given to it, not of the document.
 */
export class Comparison {
  readonly found: Difference[] = [];

  /**
   * @param firstOnly stop at the first difference: for yes-or-no questions
   * @param inside the pairs of containers that the walk is in
   */
  constructor(
    private readonly host: ComparingHost,
    private readonly rules: Rules,
    readonly firstOnly = false,
    private readonly inside: object[] = [],
  ) {}

  /** Has enough been found? */
  get done(): boolean {
    return this.firstOnly && this.found.length > 0;
  }

  /** Compares one value with its original; what differs is added to `found`. */
  value(original: unknown, current: unknown, path: string, place: Place): void {
    if (this.done || this.rules.isExcluded(path)) return;
    const { host } = this;
    const same = original === current;
    // Identity says nothing about a subdocument: it is the same instance with other fields.
    if (same && (original === null || typeof original !== 'object' || !host.keepsOriginals(original))) return;
    const a = original !== null && typeof original === 'object' ? host.plain(original) : original;
    const b = current !== null && typeof current === 'object' ? host.plain(current) : current;
    if (this.asOne(a, b, path, place)) return;
    if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
      if (!sameScalar(asStored(a), asStored(b)) && !this.bothEmpty(a, b) && !this.isMadeEmpty(a, b, path))
        this.leaf(path, a, b, place);
    } else if (same) {
      host.compareOwn(a, path, this);
    } else {
      this.containers(a, b, path, place, current);
    }
  }

  /** Compares a value as one, if the user asked for that: with an equality of his own, or to have it written whole. */
  asOne(a: unknown, b: unknown, path: string, place: Place): boolean {
    if (!isOneValue(this.rules, path)) return false;
    const own = this.rules.equalsAt(path);
    const { host } = this;
    const equals =
      own === undefined
        ? equal(a, b, host) || this.bothEmpty(a, b)
        : own(detach(a, host, 'original'), detach(b, host, 'current'));
    if (equals) return true;
    // What was not loaded of it must survive: then the leaves are written.
    if (place.partial === true && b !== null && typeof b === 'object') return false;
    this.leaf(path, a, b, place);
    return true;
  }

  private containers(a: object, b: object, path: string, place: Place, live: unknown): void {
    const { inside } = this;
    // A cycle: this pair is being compared already, further up.
    for (let i = 0; i < inside.length; i += 2) if (inside[i] === a && inside[i + 1] === b) return;
    inside.push(a, b);
    this.byKind(a, b, path, place, live);
    inside.pop();
    inside.pop();
  }

  private byKind(a: object, b: object, path: string, place: Place, live: unknown): void {
    const { host } = this;
    if (host.keepsOriginals(b) && (host.keepsOriginals(a) || isPlainObject(a))) {
      if (host.canMerge(a, b)) this.subdocuments(a, b, path);
      else this.leaf(path, a, b, place);
      return;
    }
    const kind = kindOf(a);
    if (kind !== kindOf(b) || host.keepsOriginals(a) || host.keepsOriginals(b)) {
      if (!equal(a, b, host)) this.leaf(path, a, b, place);
    } else if (kind === 'array') {
      this.items(a as unknown[], b as unknown[], path, place, live);
    } else if (kind === 'map') {
      this.map(a as Map<unknown, unknown>, b as Map<unknown, unknown>, path, place);
    } else if (kind === 'object' && isPlainObject(a) && isPlainObject(b)) {
      this.object(a, b, path, place);
    } else if (!equal(a, b, host)) {
      this.leaf(path, a, b, place);
    }
  }

  /** A subdocument replaced by another: its fields before against the new one's. */
  private subdocuments(a: object, b: object, path: string): void {
    const { host } = this;
    const before = host.keepsOriginals(a) ? host.originalFields(a) : (a as Record<string, unknown>);
    const now = host.currentFields(b);
    // Emptied, it is stored as nothing at all; not so in an array, where it keeps its place.
    if (
      this.rules.minimize &&
      this.isEmpty(now) &&
      !this.isEmpty(before) &&
      host.vanishesEmpty(a, b) &&
      !/\.\d+$/.test(path)
    ) {
      this.leaf(path, a, b, { ordered: false, guarded: true });
      return;
    }
    const edited = host.carriesOn(a, b);
    const placeOf = (key: string): Place => {
      const place = host.placeOf(b, key);
      if (!edited) return within(place, path);
      return place.guarded ? place : within(place, join(path, key));
    };
    for (const key of storedKeys(before)) this.value(before[key], now[key], join(path, key), placeOf(key));
    for (const key of storedKeys(now)) {
      if (isAbsent(before[key]) && !host.isUnloadedDefault(a, b, key))
        this.value(undefined, now[key], join(path, key), placeOf(key));
    }
  }

  /** Plain objects: the keys that differ, or the whole object where keys alone cannot say it. */
  object(before: Record<string, unknown>, now: Record<string, unknown>, path: string, place: Place): void {
    if (this.isEmpty(now)) {
      if (!this.isEmpty(before)) this.leaf(path, before, now, place);
      return;
    }
    const mark = this.found.length;
    const keys = storedKeys(before);
    const present = storedKeys(now);
    let whole = this.isEmpty(before) || (place.ordered && !keepsOrder(keys, present));
    for (const key of keys) {
      if (whole || this.done) break;
      const from = before[key];
      const to = ownField(now, key);
      if (this.isPassed(from, to)) continue;
      const size = this.found.length;
      this.value(from, to, join(path, key), inside(place, key));
      whole = this.found.length > size && !isAddressable(key);
    }
    for (const key of present) {
      if (whole || this.done) break;
      if (!Object.hasOwn(before, key) || isAbsent(before[key])) {
        this.value(undefined, now[key], join(path, key), inside(place, key));
        whole = !isAddressable(key);
      }
    }
    // The nearest ancestor that can be addressed is this one, unless it has an unaddressable name itself: then the
    // caller's own check moves further up.
    if (whole) {
      this.found.length = mark;
      this.leaf(path, before, now, place);
    }
  }

  private map(before: Map<unknown, unknown>, now: Map<unknown, unknown>, path: string, place: Place): void {
    const a = fieldsOf(before);
    const b = fieldsOf(now);
    const keys = storedKeys(a);
    const present = storedKeys(b);
    const source = sourceOf(before);
    const replaced = source !== now;
    const assigned = replaced && !(isObject(source) && this.host.carriesOn(source, now));
    const emptied = present.length === 0 && keys.length > (assigned ? 0 : 1);
    const whole =
      emptied || (assigned && keys.length === 0 && present.length > 0) || (replaced && !keepsOrder(keys, present));
    // Other keys may be stored that were not loaded.
    if (whole && place.partial !== true) {
      this.leaf(path, before, now, place);
      return;
    }
    const values = (key: string): Place => {
      let inner = place.inner?.(key) ?? { ordered: true, guarded: place.guarded };
      if (place.partial === true && isOneValue(this.rules, join(path, key))) inner = { ...inner, partial: true };
      if (assigned || place.within !== undefined) return within(inner, place.within ?? path);
      return inner.guarded ? inner : within(inner, join(path, key));
    };
    const mark = this.found.length;
    const compare = (key: string): boolean => {
      const size = this.found.length;
      this.value(a[key], b[key], join(path, key), values(key));
      return this.found.length === size || isAddressable(key);
    };
    const added = present.filter((key) => isAbsent(a[key]));
    if (keys.every(compare) && added.every(compare)) return;
    // A key with a dot, possible in a native Map: its path would be another's.
    this.found.length = mark;
    this.leaf(path, before, now, place);
  }

  private items(before: unknown[], now: unknown[], path: string, place: Place, live: unknown): void {
    const common = Math.min(before.length, now.length);
    const inner = new Comparison(this.host, this.rules, this.firstOnly, this.inside);
    for (let i = 0; i < common && !inner.done; i++) {
      const from = before[i];
      const to = now[i];
      if (this.isPassed(from, to)) continue;
      // What was not loaded of one element is none of another's that took its place.
      if (place.partial === true && this.isAnother(from, to)) inner.leaf(join(path, String(i)), from, to, place);
      else inner.value(storedItem(from), storedItem(to), join(path, String(i)), place);
    }
    if (inner.found.length === 0 && before.length === now.length) return;
    this.found.push({
      kind: 'array',
      path,
      from: before,
      to: now,
      items: inner.found,
      moved: inner.found.length > 0 && this.hasMoved(before, now),
      inPlace: sourceOf(before) === now,
      guarded: place.guarded,
      partial: place.partial === true,
      within: place.within,
      solid:
        this.rules.minimize &&
        (inner.found.some((item) => item.kind === 'leaf' && isElementOf(path, item.path) && this.isHollow(item.to)) ||
          now.slice(common).some((item) => this.isHollow(item))),
      absent: place.absent === true,
      live,
    });
  }

  /** Is there surely nothing to find, wherever it stands? Told before a path is put together. */
  private isPassed(from: unknown, to: unknown): boolean {
    if (this.rules.byPath) return false;
    if (from === to) return from === null || typeof from !== 'object' || this.host.isQuiet(from);
    return (
      from !== null &&
      to !== null &&
      typeof from === 'object' &&
      typeof to === 'object' &&
      isSurelySame(from, to, this.host)
    );
  }

  /** Is an element stored as an empty object? */
  private isHollow(item: unknown): boolean {
    if (item === null || typeof item !== 'object') return false;
    const plain = this.host.plain(item);
    const subdocument = plain !== null && typeof plain === 'object' && this.host.keepsOriginals(plain);
    return this.isEmpty(subdocument ? this.host.currentFields(plain) : plain);
  }

  /** Are these elements with two `_id`s? One that was not loaded is taken for another than one that was given. */
  private isAnother(from: unknown, to: unknown): boolean {
    const { host } = this;
    const id = idOf(to, 'current', host);
    if (id === undefined || from === to) return false;
    const before = idOf(from, 'original', host);
    if (before !== undefined) return id !== before;
    const [a, b] = [from, to].map((item) => (typeof item === 'object' && item !== null ? host.plain(item) : undefined));
    return (
      typeof a === 'object' &&
      typeof b === 'object' &&
      host.keepsOriginals(b as object) &&
      !host.isUnloadedDefault(a as object, b as object, '_id')
    );
  }

  /** Does an element with an `_id` stand where another one stood? */
  private hasMoved(before: unknown[], now: unknown[]): boolean {
    const ids = before.map((item) => idOf(item, 'original', this.host));
    return now.some((item, i) => {
      const id = idOf(item, 'current', this.host);
      // An id that stands twice says nothing about places.
      return (
        id !== undefined &&
        i < ids.length &&
        id !== ids[i] &&
        ids.indexOf(id) === ids.lastIndexOf(id) &&
        ids.includes(id)
      );
    });
  }

  /** With `minimize`, an object that holds nothing is stored as nothing. */
  private bothEmpty(a: unknown, b: unknown): boolean {
    return (
      this.rules.minimize &&
      (a === undefined || isPlainObject(a)) &&
      (b === undefined || isPlainObject(b)) &&
      this.isEmpty(a) &&
      this.isEmpty(b)
    );
  }

  /** Is it an empty subdocument where there was none? With `minimize` it is not stored; as an element it keeps its place. */
  private isMadeEmpty(a: unknown, b: unknown, path: string): boolean {
    const { host } = this;
    if (!this.rules.minimize || a !== undefined || b === null || typeof b !== 'object') return false;
    return (
      host.keepsOriginals(b) && !/\.\d+$/.test(path) && this.isEmpty(host.currentFields(b)) && host.vanishesEmpty(b, b)
    );
  }

  /** Does a value hold nothing that is stored? With `minimize`, objects that hold only such objects count as well. */
  isEmpty(value: unknown): boolean {
    return holdsNothing(value, this.rules.minimize);
  }

  /** Adds a difference that the caller found itself. */
  leaf(path: string, from: unknown, to: unknown, place: Place): void {
    this.found.push({ kind: 'leaf', path, from, to, within: place.within });
  }

  /** Adds a value that has no known original. */
  unknown(path: string, to: unknown, assigned = false): void {
    this.found.push({ kind: 'unknown', path, to, assigned });
  }

  /** A comparison of its own with the same rules, to ask whether something differs at all. */
  differs(original: unknown, current: unknown, path: string, place: Place): boolean {
    const question = new Comparison(this.host, this.rules, true);
    question.value(original, current, path, place);
    return question.done;
  }
}

function isElementOf(array: string, path: string): boolean {
  return /^\d+$/.test(path.slice(array.length + 1));
}

/** Not what every object inherits: a removed field may be called `toString`. */
function ownField(fields: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/**
 * Do removals and additions of single keys lead to the order that the object has now? Kept keys must stand in their
 * old order, new ones after them, and several new ones sorted by name: MongoDB appends the fields of one update in
 * lexicographic order.
 */
function keepsOrder(before: readonly string[], now: readonly string[]): boolean {
  if (before.length === now.length && before.every((key, i) => key === now[i])) return true;
  const known = new Set(before);
  let last = -1;
  let added: string | undefined;
  const rank = new Map(before.map((key, i) => [key, i]));
  for (const key of now) {
    if (known.has(key)) {
      const place = rank.get(key) ?? -1;
      if (added !== undefined || place < last) return false;
      last = place;
    } else {
      if (added !== undefined && added > key) return false;
      added = key;
    }
  }
  return true;
}

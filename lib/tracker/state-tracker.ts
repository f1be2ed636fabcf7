import { inspect, type InspectOptions } from 'node:util';
import { fail } from '../errors';
import type { PathOf, StoredAt, ValueAt } from '../typed-paths';
import type {
  ChangedValues,
  ChangeOf,
  JsonPatchOperation,
  PathArgument,
  Savepoint,
  Tracker,
  UpdateOperators,
} from '../types';
import { detach, keep, put } from '../values/clone';
import { plainHost } from '../values/host';
import { isMutable, kindOf } from '../values/kind';
import { describe, describeInstance, isAddressable, isAtOrBelow, parsePath } from '../values/path';
import { changesOf } from './changes';
import { Comparison, FREE, noRules, plainComparingHost, type Difference } from './differences';
import { describeChanges } from './inspect';
import { inversePatchOf, patchOf } from './json-patch';
import { askedPaths, touches } from './paths';
import {
  checkWritable,
  child,
  dropAbsent,
  has,
  isContainer,
  read,
  remove,
  restore,
  revertOrder,
  revive,
  write,
} from './plain-data';
import { noArrays, operatorsOf, writesOf } from './update';

/** What a savepoint remembers, by savepoint: only the tracker that made it can go back to it. */
interface Remembered {
  readonly owner: StateTracker;
  readonly data: unknown;
  readonly originals: Map<string, unknown>;
}

const savepoints = new WeakMap<object, Remembered>();

/**
 * Tracks the changes of a plain object, for example of a `lean()` result, by copy-on-write: nothing is copied when the
 * tracker is made, the first write to a field keeps its original, and a field that was neither written nor read as a mutable
 * value costs nothing.
 *
 * @example
 * ```ts
 * const lean = await User.findById(_id).lean();
 * const tracker = new StateTracker(lean);
 * tracker.set('address.city', 'Oslo');
 * console.log(tracker.getUpdate()); // { '$set': { 'address.city': 'Oslo' } }
 * await User.updateOne({ _id }, tracker.getUpdate() ?? {});
 * ```
 */
export class StateTracker<T extends object = Record<string, unknown>> implements Tracker<T> {
  readonly #data: Record<string, unknown>;
  /** Originals by path, none above or below another; a missing value is kept as `undefined`. */
  readonly #originals = new Map<string, unknown>();

  /**
   * Takes the object as the baseline and copies nothing. The object stays yours, and is changed by `set()` and `unset()`.
   * @throws CowTrackingError `ERR_INVALID_ARGUMENT` if `data` is not an object with fields of its own
   * @example
   * ```ts
   * const tracker = new StateTracker({ name: 'Ada' });
   * console.log(tracker.isModified()); // false
   * ```
   */
  constructor(data: T) {
    // Arrays, Maps, Dates and the like have no fields to address, and a hydrated document has a tracker already.
    if (kindOf(data) !== 'object') {
      throw fail(
        'ERR_INVALID_ARGUMENT',
        `The data of a StateTracker must be a plain object, such as a lean() result or a request body, got ${describeInstance(data)}. ` +
          'A hydrated document has its tracker at doc.$tracker.',
      );
    }
    this.#data = data as Record<string, unknown>;
  }

  /**
   * The live object that was given to the constructor. Edits made to it directly are not seen, but inside of what was read
   * through `get()`.
   * @example
   * ```ts
   * tracker.set('name', 'Countess');
   * console.log(tracker.data.name); // Countess
   * ```
   */
  get data(): T {
    return this.#data as T;
  }

  /**
   * The value at a path. A value that can be changed in place keeps its original now, so that such changes are found.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * tracker.get('tags').push('editor');
   * console.log(tracker.getChanges()); // { 'tags.1': 'editor' }
   * ```
   */
  get<Path extends PathOf<T>>(path: Path): ValueAt<T, Path> {
    const parts = parsePath(path);
    const value = read(this.#data, parts);
    if (isMutable(value)) this.#keep(parts);
    return value as ValueAt<T, Path>;
  }

  /**
   * Sets the value at a path; missing objects on the way are made, and the next free index appends to an array.
   * @throws CowTrackingError `ERR_INVALID_PATH`, also when the path leads below a value that has no fields, or by something
   *   else than an index into an array
   * @example
   * ```ts
   * tracker.set('address.city', 'Oslo').set('tags.1', 'editor');
   * console.log(tracker.getChanges()); // { 'address.city': 'Oslo', 'tags.1': 'editor' }
   * ```
   */
  set<Path extends PathOf<T>>(path: Path, value: StoredAt<T, Path>): this {
    const parts = parsePath(path);
    checkWritable(this.#data, parts, path);
    this.#keep(parts, true);
    write(this.#data, parts, value);
    return this;
  }

  /**
   * Takes the value at a path away; an element of an array becomes null, as MongoDB's `$unset` leaves it.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * tracker.unset('address.zip');
   * console.log(tracker.diff()); // [ { path: 'address.zip', type: 'remove', from: 'N1', to: undefined } ]
   * ```
   */
  unset(path: PathOf<T>): this {
    const parts = parsePath(path);
    if (!has(this.#data, parts)) return this;
    checkWritable(this.#data, parts, path);
    this.#keep(parts, true);
    remove(this.#data, parts);
    return this;
  }

  /**
   * Does anything (at, above or below the paths) differ from the baseline? What was taken back does not.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * tracker.set('address.city', 'Oslo');
   * console.log(tracker.isModified('address'), tracker.isModified('name')); // true false
   * ```
   */
  isModified(path?: PathArgument<T>): boolean {
    const paths = askedPaths(path);
    if (paths === undefined) return this.#differences(true).length > 0;
    return this.#differences().some((difference) => paths.some((asked) => touches(difference, asked, plainHost)));
  }

  /**
   * The changed leaf paths with their current values; `undefined` for what was removed; `{}` when clean.
   * @example
   * ```ts
   * tracker.set('name', 'Countess').unset('visits');
   * console.log(tracker.getChanges()); // { name: 'Countess', visits: undefined }
   * ```
   */
  getChanges(): ChangedValues<T> {
    return Object.fromEntries(this.diff().map(({ path, to }) => [path, to])) as ChangedValues<T>;
  }

  /**
   * The changes with old and new values, plain and detached, sorted by path.
   * @example
   * ```ts
   * tracker.set('visits', 2);
   * console.log(tracker.diff()); // [ { path: 'visits', type: 'update', from: 1, to: 2 } ]
   * ```
   */
  diff(): ChangeOf<T>[] {
    return changesOf(this.#differences(), plainHost) as ChangeOf<T>[];
  }

  /**
   * The whole object at the baseline, a detached copy.
   * @example
   * ```ts
   * tracker.set('name', 'Countess');
   * console.log(tracker.original().name); // Ada
   * ```
   */
  original(): T;
  /**
   * The value at the baseline, a detached copy; `undefined` if there was none.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * tracker.set('address.city', 'Oslo');
   * console.log(tracker.original('address')); // { city: 'London', zip: 'N1' }
   * ```
   */
  original<Path extends PathOf<T>>(path: Path): ValueAt<T, Path>;
  original(path?: string): unknown {
    if (path === undefined) {
      const whole = detach(this.#data) as Record<string, unknown>;
      for (const [key, value] of this.#originals) restore(whole, key.split('.'), detach(value));
      return whole;
    }
    const parts = parsePath(path);
    for (const [key, value] of this.#originals) {
      if (isAtOrBelow(path, key)) return detach(read(value, parts.slice(key.split('.').length)));
    }
    const current = detach(read(this.#data, parts));
    for (const [key, value] of this.#originals) {
      if (isAtOrBelow(key, path)) restore(current as object, key.split('.').slice(parts.length), detach(value));
    }
    return current;
  }

  /**
   * The update that brings a stored copy of the baseline to the current state, or `null` if nothing differs.
   * @example
   * ```ts
   * tracker.set('name', 'Countess').unset('meta.theme');
   * console.log(tracker.getUpdate()); // { '$set': { name: 'Countess' }, '$unset': { 'meta.theme': 1 } }
   * ```
   */
  getUpdate(): UpdateOperators | null {
    return dropAbsent(operatorsOf(writesOf(this.#differences(), plainHost, noArrays), plainHost));
  }

  /**
   * Puts the original values back; without a path, all of them. Objects, arrays and Maps that were there come back as the
   * same instances, so that a reference to one stays good.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * tracker.set('name', 'Countess').set('visits', 2);
   * tracker.revert('name');
   * console.log(tracker.getChanges()); // { visits: 2 }
   * ```
   */
  revert(path?: PathArgument<T>): void {
    const paths = askedPaths(path);
    for (const [key, value] of [...this.#originals]) {
      if (paths === undefined || paths.some((asked) => isAtOrBelow(key, asked))) {
        this.#putBack(key, value);
        continue;
      }
      const depth = key.split('.').length;
      const below = paths.filter((asked) => isAtOrBelow(asked, key));
      const { present, added } = revertOrder(below, (asked) => has(value, asked.split('.').slice(depth)));
      for (const asked of [...present, ...added]) this.#putBackBelow(key, value, asked);
    }
  }

  /**
   * Takes the object as it is now as the new baseline; call it when the update was stored.
   * @example
   * ```ts
   * tracker.set('name', 'Countess');
   * await User.updateOne({ _id }, tracker.getUpdate());
   * tracker.reset();
   * console.log(tracker.getUpdate()); // null
   * ```
   */
  reset(): void {
    for (const key of [...this.#originals.keys()]) {
      const value = read(this.#data, key.split('.'));
      // The user may hold a reference to what was read, so it stays watched.
      if (isMutable(value)) this.#originals.set(key, keep(value, plainHost));
      else this.#originals.delete(key);
    }
  }

  /**
   * Remembers the values and the changes, for `rollback()`.
   * @example
   * ```ts
   * const point = tracker.savepoint();
   * tracker.set('name', 'Countess');
   * tracker.rollback(point);
   * console.log(tracker.data.name); // Ada
   * ```
   */
  savepoint(): Savepoint {
    const savepoint = Object.freeze({ createdAt: new Date() });
    savepoints.set(savepoint, {
      owner: this as unknown as StateTracker,
      data: keep(this.#data, plainHost),
      originals: new Map(this.#originals),
    });
    return savepoint;
  }

  /**
   * Puts values and changes back to a savepoint, which stays usable.
   * @throws CowTrackingError `ERR_SAVEPOINT` for a savepoint of another tracker
   * @example
   * ```ts
   * tracker.set('name', 'Countess');
   * const point = tracker.savepoint();
   * tracker.set('name', 'Lady');
   * tracker.rollback(point);
   * console.log(tracker.getChanges()); // { name: 'Countess' }
   * ```
   */
  rollback(savepoint: Savepoint): void {
    const remembered = typeof savepoint === 'object' ? savepoints.get(savepoint) : undefined;
    if (remembered?.owner !== (this as unknown as StateTracker)) {
      throw fail(
        'ERR_SAVEPOINT',
        `rollback() needs a savepoint made by savepoint() of the same tracker, got ${describe(savepoint)}.`,
      );
    }
    const before = remembered.data as Record<string, unknown>;
    // What was read since then may still be held, and edited.
    const watched = [...this.#originals.keys()];
    for (const key of Object.keys(this.#data)) if (!Object.hasOwn(before, key)) remove(this.#data, [key]);
    for (const key of Object.keys(before)) {
      const comparison = new Comparison(plainComparingHost, noRules, true);
      comparison.value(before[key], this.#data[key], key, FREE);
      if (comparison.done) put(this.#data, key, revive(before[key]));
    }
    this.#originals.clear();
    for (const [key, value] of remembered.originals) this.#originals.set(key, value);
    for (const key of watched) {
      const parts = key.split('.');
      if (isMutable(read(this.#data, parts))) this.#keep(parts);
    }
  }

  /**
   * The changes as RFC 6902 operations; values as relaxed Extended JSON.
   * @example
   * ```ts
   * tracker.set('tags.1', 'editor');
   * console.log(tracker.patch()); // [ { op: 'add', path: '/tags/1', value: 'editor' } ]
   * ```
   */
  patch(): JsonPatchOperation[] {
    return patchOf(this.diff());
  }

  /**
   * The RFC 6902 operations that undo the changes.
   * @example
   * ```ts
   * tracker.set('tags.1', 'editor');
   * console.log(tracker.inversePatch()); // [ { op: 'remove', path: '/tags/1' } ]
   * ```
   */
  inversePatch(): JsonPatchOperation[] {
    return inversePatchOf(this.diff());
  }

  /** A short, readable list of the changes. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    return describeChanges('StateTracker', this.diff(), options);
  }

  #differences(firstOnly = false): readonly Difference[] {
    const comparison = new Comparison(plainComparingHost, noRules, firstOnly);
    for (const [path, original] of this.#originals) {
      comparison.value(original, read(this.#data, path.split('.')), path, FREE);
    }
    return comparison.found;
  }

  /** Keeps the original at a path, once: not if something above it is kept already. */
  #keep(parts: readonly string[], writing = false): void {
    const keeping = this.#keepingParts(parts, writing);
    for (let n = keeping.length; n > 0; n--) if (this.#originals.has(keeping.slice(0, n).join('.'))) return;
    const path = keeping.join('.');
    const original = keep(read(this.#data, keeping), plainHost);
    // A value without inner paths has none that are kept; a search for them at every write would add up.
    if (isContainer(original)) {
      for (const [key, value] of this.#originals) {
        if (!isAtOrBelow(key, path)) continue;
        restore(original, key.split('.').slice(keeping.length), value);
        this.#originals.delete(key);
      }
    }
    this.#originals.set(path, original);
  }

  /**
   * The path whose original says all: a missing parent is made as a whole, a new element changes its array, and what has
   * a name that no update can address is written with its parent.
   */
  #keepingParts(parts: readonly string[], writing: boolean): readonly string[] {
    let current: unknown = this.#data;
    for (const [i, key] of parts.entries()) {
      const newElement = writing && Array.isArray(current) && Number(key) >= current.length;
      if (i > 0 && (newElement || !isAddressable(key))) return parts.slice(0, i);
      current = child(current, key);
      if (current === null || current === undefined) return parts.slice(0, i + 1);
    }
    return parts;
  }

  #putBack(key: string, value: unknown): void {
    const live = revive(value);
    restore(this.#data, key.split('.'), live);
    if (isMutable(live)) this.#originals.set(key, keep(live, plainHost));
    else this.#originals.delete(key);
  }

  /** A part of what was kept. Where the way to it is gone, the nearest that can stand comes back with it. */
  #putBackBelow(key: string, kept: unknown, path: string): void {
    const parts = path.split('.');
    let original = kept;
    let n = key.split('.').length;
    let current = read(this.#data, parts.slice(0, n));
    for (const part of parts.slice(n)) {
      // An element cannot stand behind a gap.
      if (!isContainer(current) || (Array.isArray(current) && Number(part) > current.length)) break;
      n++;
      if (n === parts.length && Array.isArray(current) && !has(original, [part])) {
        current.splice(Number(part), 1);
        return;
      }
      original = child(original, part);
      current = child(current, part);
    }
    restore(this.#data, parts.slice(0, n), revive(original));
  }
}

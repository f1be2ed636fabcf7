import { inspect, type InspectOptions } from 'node:util';
import { fail } from '../errors';
import type { Change, JsonPatchOperation, PathArgument, Savepoint, Tracker, UpdateOperators } from '../types';
import { detach, keep, put } from '../values/clone';
import { plainHost } from '../values/host';
import { isMutable, isPlainObject } from '../values/kind';
import { isAtOrBelow, isIndex, parsePath, describe } from '../values/path';
import { changesOf } from './changes';
import { Comparison, FREE, noRules, plainComparingHost, type Difference } from './differences';
import { describeChanges } from './inspect';
import { inversePatchOf, patchOf } from './json-patch';
import { askedPaths, checkObject, touches } from './paths';
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
 * const user = await User.findById(id).lean();
 * const tracker = new StateTracker(user);
 * tracker.set('address.city', 'Oslo');
 * tracker.getChanges(); // { 'address.city': 'Oslo' }
 * await User.updateOne({ _id: id }, tracker.getUpdate() ?? {});
 * ```
 */
export class StateTracker<T extends object = Record<string, unknown>> implements Tracker {
  readonly #data: Record<string, unknown>;
  /** Originals by path, none above or below another; a missing value is kept as `undefined`. */
  readonly #originals = new Map<string, unknown>();

  /** @throws CowTrackingError `ERR_INVALID_ARGUMENT` if `data` is not an object */
  constructor(data: T) {
    checkObject(data, 'The data of a StateTracker');
    this.#data = data;
  }

  /** The live object that was given to the constructor. Edits made to it directly are not seen. */
  get data(): T {
    return this.#data as T;
  }

  /**
   * The value at a path. A value that can be changed in place keeps its original now, so that such changes are found.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  get(path: string): unknown {
    const parts = parsePath(path);
    const value = read(this.#data, parts);
    if (isMutable(value)) this.#keep(parts);
    return value;
  }

  /**
   * Sets the value at a path; missing objects on the way are made.
   * @throws CowTrackingError `ERR_INVALID_PATH`, also when the path leads below a value that has no fields
   */
  set(path: string, value: unknown): this {
    const parts = parsePath(path);
    checkWritable(this.#data, parts, path);
    this.#keep(parts, true);
    write(this.#data, parts, value);
    return this;
  }

  /**
   * Takes the value at a path away.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  unset(path: string): this {
    const parts = parsePath(path);
    if (read(this.#data, parts) === undefined && !has(this.#data, parts)) return this;
    this.#keep(parts, true);
    remove(this.#data, parts);
    return this;
  }

  /** Does anything (at, above or below the paths) differ from the baseline? */
  isModified(path?: PathArgument): boolean {
    const paths = askedPaths(path);
    if (paths === undefined) return this.#differences(true).length > 0;
    return this.#differences().some((difference) => paths.some((asked) => touches(difference, asked)));
  }

  /** The changed leaf paths with their current values; `undefined` for what was removed. */
  getChanges(): Record<string, unknown> {
    return Object.fromEntries(this.diff().map(({ path, to }) => [path, to]));
  }

  /** The changes with old and new values, sorted by path. */
  diff(): Change[] {
    return changesOf(this.#differences(), plainHost);
  }

  /** The value at the baseline, a detached copy; without a path the whole object. */
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
      if (isAtOrBelow(key, path))
        restore(current as Record<string, unknown>, key.split('.').slice(parts.length), detach(value));
    }
    return current;
  }

  /** The update that brings a stored copy of the baseline to the current state, or `null` if nothing differs. */
  getUpdate(): UpdateOperators | null {
    return operatorsOf(writesOf(this.#differences(), plainHost, noArrays), plainHost);
  }

  /** Puts the original values back; without a path, all of them. */
  revert(path?: PathArgument): void {
    const paths = askedPaths(path);
    for (const [key, value] of [...this.#originals]) {
      if (paths === undefined || paths.some((asked) => isAtOrBelow(key, asked))) this.#putBack(key, value);
      else for (const asked of paths) if (isAtOrBelow(asked, key)) this.#putBackBelow(key, asked);
    }
  }

  /** Takes the object as it is now as the new baseline. */
  reset(): void {
    for (const key of [...this.#originals.keys()]) {
      const value = read(this.#data, key.split('.'));
      // The user may hold a reference to what was read, so it stays watched.
      if (isMutable(value)) this.#originals.set(key, keep(value, plainHost));
      else this.#originals.delete(key);
    }
  }

  /** Remembers the values and the changes, for `rollback()`. */
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
    for (const key of Object.keys(this.#data)) if (!Object.hasOwn(before, key)) remove(this.#data, [key]);
    for (const key of Object.keys(before)) {
      const comparison = new Comparison(plainComparingHost, noRules, true);
      comparison.value(before[key], this.#data[key], key, FREE);
      if (comparison.done) put(this.#data, key, revive(this.#data[key], before[key]));
    }
    this.#originals.clear();
    for (const [key, value] of remembered.originals) this.#originals.set(key, value);
  }

  /** The changes as RFC 6902 operations; values as relaxed Extended JSON. */
  patch(): JsonPatchOperation[] {
    return patchOf(this.diff());
  }

  /** The RFC 6902 operations that undo the changes. */
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
    const path = this.#keepingPath(parts, writing);
    const below: [string, unknown][] = [];
    for (const [key, value] of this.#originals) {
      if (isAtOrBelow(path, key)) return;
      if (isAtOrBelow(key, path)) below.push([key, value]);
    }
    const original = keep(read(this.#data, path.split('.')), plainHost);
    for (const [key, value] of below) {
      restore(original as Record<string, unknown>, key.split('.').slice(path.split('.').length), value);
      this.#originals.delete(key);
    }
    this.#originals.set(path, original);
  }

  /** The path whose original says all: a missing parent is made as a whole, and a new element changes its array. */
  #keepingPath(parts: readonly string[], writing: boolean): string {
    let current: unknown = this.#data;
    for (let i = 0; i < parts.length; i++) {
      const key = parts[i] as string;
      if (
        writing &&
        Array.isArray(current) &&
        !(isIndex(key) && Number(key) < current.length && i < parts.length - 1)
      ) {
        if (!isIndex(key) || Number(key) >= current.length) return parts.slice(0, i).join('.');
      }
      const next = child(current, key);
      if (next === null || next === undefined) return parts.slice(0, i + 1).join('.');
      current = next;
    }
    return parts.join('.');
  }

  #putBack(key: string, value: unknown): void {
    const parts = key.split('.');
    const live = revive(read(this.#data, parts), value);
    restore(this.#data, parts, live);
    if (isMutable(live)) this.#originals.set(key, keep(live, plainHost));
    else this.#originals.delete(key);
  }

  #putBackBelow(key: string, path: string): void {
    const inner = path.split('.').slice(key.split('.').length);
    const value = read(this.#originals.get(key), inner);
    restore(this.#data, path.split('.'), revive(read(this.#data, path.split('.')), value));
  }
}

/** A live value from a kept one: arrays and Maps that are still there are filled again, so that held references stay good. */
function revive(current: unknown, kept: unknown): unknown {
  const fresh = detach(kept);
  if (Array.isArray(current) && Array.isArray(fresh)) {
    current.splice(0, current.length, ...(fresh as unknown[]));
    return current;
  }
  return fresh;
}

function child(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  if (value instanceof Map) return value.get(key);
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function read(value: unknown, parts: readonly string[]): unknown {
  let current = value;
  for (const part of parts) current = child(current, part);
  return current;
}

function has(value: unknown, parts: readonly string[]): boolean {
  const parent = read(value, parts.slice(0, -1));
  const key = parts[parts.length - 1] as string;
  if (parent === null || typeof parent !== 'object') return false;
  return parent instanceof Map ? parent.has(key) : Object.hasOwn(parent, key);
}

function checkWritable(data: unknown, parts: readonly string[], path: string): void {
  let current = data;
  for (let i = 0; i < parts.length - 1; i++) {
    current = child(current, parts[i] as string);
    if (current === null || current === undefined) return;
    if (!isPlainObject(current) && !Array.isArray(current) && !(current instanceof Map)) {
      throw fail(
        'ERR_INVALID_PATH',
        `Cannot set '${path}': '${parts.slice(0, i + 1).join('.')}' is ${describe(current)}, which has no fields. Set that path first.`,
      );
    }
  }
  if (Array.isArray(current) && !isIndex(parts[parts.length - 1] as string)) {
    throw fail(
      'ERR_INVALID_PATH',
      `Cannot set '${path}': '${parts.slice(0, -1).join('.')}' is an array, its elements are addressed by index.`,
    );
  }
}

function write(data: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  let parent: object = data;
  for (const part of parts.slice(0, -1)) {
    let next = child(parent, part);
    if (next === null || next === undefined) {
      next = {};
      assign(parent, part, next);
    }
    parent = next as object;
  }
  assign(parent, parts[parts.length - 1] as string, value);
}

function assign(parent: object, key: string, value: unknown): void {
  if (parent instanceof Map) parent.set(key, value);
  else put(parent as Record<string, unknown>, key, value);
}

function remove(data: Record<string, unknown>, parts: readonly string[]): void {
  const parent = read(data, parts.slice(0, -1));
  const key = parts[parts.length - 1] as string;
  if (parent instanceof Map) parent.delete(key);
  else if (Array.isArray(parent)) parent[Number(key)] = null;
  else if (parent !== null && typeof parent === 'object') delete (parent as Record<string, unknown>)[key];
}

/** Writes a value or, for `undefined`, takes the key away. */
function restore(data: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  if (parts.length === 0 || (data as unknown) === null || typeof data !== 'object') return;
  if (value === undefined) remove(data, parts);
  else write(data, parts, value);
}

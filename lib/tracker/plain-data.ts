/** Paths through plain data: objects, arrays by index, Maps by key. */
import { types } from 'node:util';
import { fail } from '../errors';
import { detach, put, sourceOf } from '../values/clone';
import { isAbsent } from '../values/equal';
import { plainHost, type Host } from '../values/host';
import { isPlainObject, kindOf } from '../values/kind';
import { describe, isIndex } from '../values/path';

/** MongoDB fills a gap in an array with nulls, but not a longer one than this. */
const LONGEST_GAP = 1_500_000;

/** Has a value fields or elements that a path can lead to? Instances of classes are values, whatever they hold. */
export function isContainer(value: unknown): value is object {
  return Array.isArray(value) || isPlainObject(value) || kindOf(value) === 'map';
}

/**
 * Paths in the order in which they can be put back one by one: what was there before from the first on, so that no element stands
 * behind a gap, then what was added from the last on, as taking one out moves those behind it.
 */
export function revertOrder(
  paths: readonly string[],
  wasThere: (path: string) => boolean,
): { present: string[]; added: string[] } {
  const sorted = [...paths].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { present: sorted.filter(wasThere), added: sorted.filter((path) => !wasThere(path)).reverse() };
}

export function keysOf(container: object): string[] {
  return types.isMap(container) ? [...container.keys()].map(String) : Object.keys(container);
}

/** The field, element or entry of a container; `undefined` for anything else, also for what objects inherit. */
export function child(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  if (types.isMap(value)) return value.get(key);
  if (Array.isArray(value) && !isIndex(key)) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

export function read(value: unknown, parts: readonly string[]): unknown {
  let current = value;
  for (const part of parts) current = child(current, part);
  return current;
}

/** Is there anything at the path, be it `undefined`? */
export function has(value: unknown, parts: readonly string[]): boolean {
  const parent = read(value, parts.slice(0, -1));
  const key = parts[parts.length - 1] as string;
  if (parent === null || typeof parent !== 'object') return false;
  return types.isMap(parent) ? parent.has(key) : Object.hasOwn(parent, key);
}

/**
 * Can a value be put at a path, with objects made for what is missing on the way?
 * @throws CowTrackingError `ERR_INVALID_PATH` if the path leads into a value that has no fields, or past an array
 */
export function checkWritable(data: unknown, parts: readonly string[], path: string): void {
  let current = data;
  for (const [i, key] of parts.entries()) {
    if (current === null || current === undefined) return;
    const above = (): string => parts.slice(0, i).join('.');
    if (i > 0 && !isContainer(current)) {
      throw fail(
        'ERR_INVALID_PATH',
        `Cannot write '${path}': '${above()}' is ${describe(current)}, which has no fields. Set that path first.`,
      );
    }
    if (Array.isArray(current) && !(isIndex(key) && Number(key) - current.length <= LONGEST_GAP)) {
      throw fail(
        'ERR_INVALID_PATH',
        `Cannot write '${path}': '${above()}' is an array of ${String(current.length)}, and '${key}' is no index of it. ` +
          `Use 0, 1, 2, ...; the next free one appends.`,
      );
    }
    current = child(current, key);
  }
}

/** Puts a value at a path; whatever cannot hold the next part is replaced by an object. */
export function write(data: object, parts: readonly string[], value: unknown): void {
  let parent = data;
  for (const part of parts.slice(0, -1)) {
    let next = child(parent, part);
    if (next === null || typeof next !== 'object') {
      next = {};
      assign(parent, part, next);
    }
    parent = next as object;
  }
  assign(parent, parts[parts.length - 1] as string, value);
}

function assign(parent: object, key: string, value: unknown): void {
  if (types.isMap(parent)) parent.set(key, value);
  else put(parent as Record<string, unknown>, key, value);
}

/** Takes the value at a path away. An element becomes null, as `$unset` leaves it: the others keep their places. */
export function remove(data: object, parts: readonly string[]): void {
  const parent = read(data, parts.slice(0, -1));
  const key = parts[parts.length - 1] as string;
  if (types.isMap(parent)) parent.delete(key);
  else if (Array.isArray(parent)) parent[Number(key)] = null;
  else if (parent !== null && typeof parent === 'object') delete (parent as Record<string, unknown>)[key];
}

/** Writes a value or, for `undefined`, takes what is there away. */
export function restore(data: object, parts: readonly string[], value: unknown): void {
  if (value === undefined) remove(data, parts);
  else write(data, parts, value);
}

/**
 * Takes keys without a value out of a detached one: to the tracker they are not there, and the driver would store null.
 */
export function dropAbsent<T>(detached: T): T {
  drop(detached, new Set());
  return detached;
}

function drop(value: unknown, seen: Set<object>): void {
  if (!isContainer(value) || seen.has(value)) return;
  seen.add(value);
  if (types.isMap(value)) {
    const map = value;
    for (const [key, item] of map) {
      if (isAbsent(item)) map.delete(key);
      else drop(item, seen);
    }
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    // An element without a value keeps its place.
    if (isAbsent(fields[key]) && !Array.isArray(value)) delete fields[key];
    else drop(fields[key], seen);
  }
}

/**
 * A live value from a kept one: the containers that it was copied from, filled again, so that references to them stay good
 * and those that stand there now are left as they are.
 */
export function revive(kept: unknown, host: Host = plainHost, done = new Map<unknown, unknown>()): unknown {
  if (!isContainer(kept)) return detach(kept, host, 'original');
  const known = done.get(kept);
  if (known !== undefined) return known;
  const live = sourceOf(kept);
  // What the user froze cannot have been changed in place, nor be filled again.
  if (live === undefined || !Object.isExtensible(live)) return detach(kept, host, 'original');
  done.set(kept, live);
  if (Array.isArray(live)) {
    live.length = 0;
    live.length = (kept as unknown[]).length;
    // `forEach` leaves holes out: they stay holes.
    (kept as unknown[]).forEach((item, i) => (live[i] = revive(item, host, done)));
  } else if (types.isMap(live)) {
    // `Map.prototype` directly: Mongoose's own methods would cast and mark.
    Map.prototype.clear.call(live);
    for (const [key, item] of kept as Map<unknown, unknown>)
      Map.prototype.set.call(live, key, revive(item, host, done));
  } else {
    const fields = live as Record<string, unknown>;
    for (const key of Object.keys(fields)) delete fields[key];
    for (const key of Object.keys(kept)) put(fields, key, revive((kept as Record<string, unknown>)[key], host, done));
  }
  return live;
}

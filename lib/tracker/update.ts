import { detach } from '../values/clone';
import { isAbsent, storedItem } from '../values/equal';
import type { Host } from '../values/host';
import { join } from '../values/path';
import { sizeOf, sizeOfField } from '../values/size';
import type { UpdateOperators } from '../types';
import type { ArrayDifference, Difference } from './differences';
import { shapeOf } from './changes';

/**
 * What protects a write to an array against a concurrent change of it.
 * - `none`: nothing (plain data, Mixed)
 * - `path`: whatever Mongoose asks for an update of this path with this operator
 * - `all`: the version key in the filter, and its increment: the write stands for a whole array
 */
export type Guard = 'none' | 'path' | 'all';

/**
 * One operator on one path. `value` is the live value for `$set`, the live elements for `$push`. The operator `own` leaves
 * it to Mongoose: the operation that an array's methods have pending, or a value that cannot be compared.
 */
export interface Write {
  readonly op: '$set' | '$unset' | '$push' | 'own';
  readonly path: string;
  readonly value: unknown;
  readonly guard: Guard;
}

/** How arrays of a schema may be written where these differences stand. */
export interface ArrayPolicy {
  /** Is there a version key that guards this path? */
  isVersioned(path: string): boolean;
  /**
   * What the array methods called on the live array have left for Mongoose to send: nothing (index writes, edits of
   * elements), an append, an operation of Mongoose's own that says all that differs (`$pull`, `$pop`, `$addToSet`), or
   * one that stands for the whole array.
   */
  pending(array: ArrayDifference): 'none' | 'append' | 'own' | 'structural';
}

/** Plain data: nothing is guarded, nothing pending. */
export const noArrays: ArrayPolicy = { isVersioned: () => false, pending: () => 'none' };

/** The smallest set of writes, free of conflicting paths, that turns the originals into the current values. */
export function writesOf(differences: readonly Difference[], host: Host, arrays: ArrayPolicy): Write[] {
  const writes: Write[] = [];
  for (const difference of differences) {
    if (difference.kind === 'array') writeArray(difference, host, arrays, writes);
    else if (difference.kind === 'unknown')
      writes.push({ op: 'own', path: difference.path, value: difference.to, guard: 'path' });
    else writes.push(write(difference.path, difference.to, difference.guarded ? 'path' : 'none'));
  }
  return writes;
}

function write(path: string, value: unknown, guard: Guard): Write {
  return isAbsent(value) ? { op: '$unset', path, value: undefined, guard } : { op: '$set', path, value, guard };
}

function writeArray(array: ArrayDifference, host: Host, arrays: ArrayPolicy, writes: Write[]): void {
  const { path, from, to } = array;
  const shape = shapeOf(array);
  if (!array.guarded) {
    // Nothing guards it: narrow only what was edited in place, as its author saw the elements where they are.
    if (array.inPlace && shape === 'append') writes.push(push(array, 'none'));
    else if (array.inPlace && shape === 'elements') writes.push(...elements(array, host, arrays, 'none'));
    else writes.push(write(path, to, 'none'));
    return;
  }
  if (array.replaced && !array.partial) {
    writes.push(write(path, to, 'none'));
    return;
  }
  if (array.partial) {
    // What was not loaded in the elements must survive: leaves, or whatever Mongoose dares to write.
    if (shape === 'elements') writes.push(...elements(array, host, arrays, 'path'));
    else writes.push({ op: 'own', path, value: array.live, guard: 'path' });
    return;
  }
  const versioned = arrays.isVersioned(path);
  const pending = arrays.pending(array);
  const edited = !array.moved && to.length >= from.length;
  if (pending === 'none' && edited) {
    // Index writes and edited elements: Mongoose writes them one by one as well.
    writes.push(...elements(array, host, arrays, 'path'), ...appended(array, 'path'));
  } else if (pending === 'append' && shape === 'append') {
    writes.push(push(array, 'path'));
  } else if (pending === 'own') {
    writes.push({ op: 'own', path, value: array.live, guard: 'path' });
  } else if (versioned && edited && from.length > 0) {
    if (shape === 'append') writes.push(push(array, 'all'));
    else writes.push(...smaller(array, [...elements(array, host, arrays, 'all'), ...appended(array, 'all')], host));
  } else {
    writes.push({ op: '$set', path, value: to, guard: 'all' });
  }
}

function push(array: ArrayDifference, guard: Guard): Write {
  return { op: '$push', path: array.path, value: array.to.slice(array.from.length).map(storedItem), guard };
}

function elements(array: ArrayDifference, host: Host, arrays: ArrayPolicy, guard: Guard): Write[] {
  const writes = writesOf(array.items, host, arrays);
  return guard === 'all' ? writes.map((item) => ({ ...item, guard })) : writes;
}

function appended(array: ArrayDifference, guard: Guard): Write[] {
  const writes: Write[] = [];
  for (let i = array.from.length; i < array.to.length; i++) {
    writes.push({ op: '$set', path: join(array.path, String(i)), value: storedItem(array.to[i]), guard });
  }
  return writes;
}

/** Under the same guard both say the same, so the shorter one goes. */
function smaller(array: ArrayDifference, writes: Write[], host: Host): Write[] {
  const narrow = writes.reduce(
    (sum, item) => sum + sizeOfField(item.path, item.op === '$unset' ? 1 : item.value, host),
    0,
  );
  const whole = array.path.length + 2 + sizeOf(array.to, host);
  return narrow <= whole ? writes : [{ op: '$set', path: array.path, value: array.to, guard: 'all' }];
}

/** Writes as MongoDB's update operators with detached values, or null when there are none. */
export function operatorsOf(writes: readonly Write[], host: Host): UpdateOperators | null {
  if (writes.length === 0) return null;
  const update: Record<string, Record<string, unknown>> = {};
  for (const { op, path, value } of writes) {
    if (op === 'own') continue;
    const operator = (update[op] ??= {});
    operator[path] = op === '$unset' ? 1 : op === '$push' ? { $each: detach(value, host) } : detach(value, host);
  }
  return update;
}

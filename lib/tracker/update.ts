import { detach } from '../values/clone';
import { isAbsent, storedItem } from '../values/equal';
import type { Host } from '../values/host';
import { join } from '../values/path';
import { sizeOf, sizeOfField } from '../values/size';
import type { UpdateOperators } from '../types';
import type { ArrayDifference, Difference } from './differences';
import { shapeOf } from './changes';

/**
 * One operator on one path. `value` is the live value for `$set`, the live elements for `$push`. The operator `own` leaves
 * it to Mongoose: the operation that an array's methods have pending, or a value that cannot be compared.
 */
export interface Write {
  readonly op: '$set' | '$unset' | '$push' | 'own';
  readonly path: string;
  readonly value: unknown;
  /** The original of a value that is set. */
  readonly from: unknown;
  /** It stands for a whole array: the version key goes into the filter and is incremented. */
  readonly whole: boolean;
  /** Otherwise it has the guard that Mongoose would give to a `$set` of this path, or to itself if there is none. */
  readonly within: string | undefined;
  /** Why it has this form, for tracing. */
  readonly why: string;
}

/** How arrays of a schema may be written where these differences stand. */
export interface ArrayPolicy {
  /** Is there a version key that guards this path? */
  isVersioned(path: string): boolean;
  /**
   * What the array methods called on the live array have left for Mongoose to send: nothing (index writes, edits of
   * elements), an append, an operation of Mongoose's own that says all that differs (`$pull`, `$pop`, `$addToSet`), or
   * one that stands for the whole array. `whole`: it must go as one value, as nobody knows whether it went already.
   */
  pending(array: ArrayDifference): 'none' | 'append' | 'own' | 'structural' | 'whole';
}

/** Plain data: nothing is guarded, nothing pending. */
export const noArrays: ArrayPolicy = { isVersioned: () => false, pending: () => 'none' };

/** The smallest set of writes, free of conflicting paths, that turns the originals into the current values. */
export function writesOf(differences: readonly Difference[], host: Host, arrays: ArrayPolicy): Write[] {
  const writes: Write[] = [];
  for (const difference of differences) {
    if (difference.kind === 'array') writes.push(...arrayWrites(difference, host, arrays));
    else if (difference.kind === 'unknown')
      writes.push({ ...own(difference.path, difference.to, 'its original is not known'), whole: difference.assigned });
    else writes.push(set(difference.path, difference.to, difference.within, difference.from));
  }
  return writes;
}

const CHANGED = 'changed';

function set(path: string, value: unknown, within?: string, from?: unknown, why = CHANGED): Write {
  return { op: isAbsent(value) ? '$unset' : '$set', path, value, from, whole: false, within, why };
}

function own(path: string, value: unknown, why: string): Write {
  return { op: 'own', path, value, from: undefined, whole: false, within: undefined, why };
}

function push({ path, from, to, within }: ArrayDifference): Write {
  const value = itemsFrom(to, from.length);
  return { op: '$push', path, value, from: undefined, whole: false, within, why: 'narrowed: elements were appended' };
}

/** The same writes as a stand-in for the whole array. */
function asWhole(writes: readonly Write[]): Write[] {
  return writes.map((write) => ({ ...write, whole: true, within: undefined }));
}

function arrayWrites(array: ArrayDifference, host: Host, arrays: ArrayPolicy): Write[] {
  const { path, from, to } = array;
  const shape = shapeOf(array);
  if (array.partial) return partialWrites(array, host, arrays);
  if (!array.guarded) {
    // Nothing guards it: narrow only what was edited in place, as its author saw the elements where they are.
    // Mongoose would write it whole, and guard that.
    if (array.inPlace && shape === 'append' && arrays.pending(array) !== 'whole') return asWhole([push(array)]);
    if (array.inPlace && shape === 'elements' && !array.solid) return elementWrites(array, host, arrays);
    return [set(path, to, array.within, undefined, 'whole: nothing guards its elements, and it was replaced or cut')];
  }
  if (array.within !== undefined)
    return [set(path, to, array.within, undefined, `whole: it came with '${array.within}', which was assigned`)];
  const pending = arrays.pending(array);
  if (pending === 'own') return [own(path, array.live, 'what its methods were called for says all')];
  if (pending === 'append' && shape === 'append') return [push(array)];
  const narrow = !array.solid && !array.absent && to.length >= from.length;
  const elements = narrow ? [...elementWrites(array, host, arrays), ...appended(array)] : [];
  // Index writes and edited elements: Mongoose writes them one by one as well.
  if (pending === 'none' && narrow) return elements;
  const whole = (why: string): Write[] => asWhole([set(path, to, undefined, from, why)]);
  if (pending === 'whole') return whole('whole: its elements were moved, or nobody knows whether it was written');
  if (!narrow) return whole('whole: elements were taken away, or single ones cannot be written');
  if (array.moved) return whole('whole: elements stand at other places');
  if (from.length === 0) return whole('whole: it was empty');
  if (!arrays.isVersioned(path)) return whole('whole: it was assigned, and no version key guards parts of it');
  if (shape === 'append') return asWhole([push(array)]);
  // Under the same guard both say the same, so the shorter one goes.
  return sizeOfWrites(elements, host) <= path.length + 2 + sizeOf(to, host)
    ? asWhole(elements)
    : whole('whole: that is shorter than its parts');
}

/** What was not loaded in the elements must survive: leaves, or whatever Mongoose dares to write. */
function partialWrites(array: ArrayDifference, host: Host, arrays: ArrayPolicy): Write[] {
  const { path, from, to, live, items, moved } = array;
  if (shapeOf(array) === 'elements' && !moved) return elementWrites(array, host, arrays);
  const why = 'its elements were loaded in part';
  const pending = arrays.pending(array);
  if (shapeOf(array) === 'append') {
    // One was added to it as a set and then replaced: what is pending has the old one.
    if (pending === 'structural') return asWhole([push(array)]);
    // Appended a second time they would stand there twice.
    if (pending === 'whole') return asWhole(appended(array));
  }
  // Its methods say nothing of elements that were edited besides.
  if (items.length === 0 || pending === 'own' || pending === 'none') return [own(path, live, why)];
  return to.length > from.length && !moved && arrays.isVersioned(path)
    ? asWhole([...elementWrites(array, host, arrays), ...appended(array)])
    : asWhole([set(path, to, undefined, from, `whole, as by Mongoose: ${why}`)]);
}

function elementWrites({ items }: ArrayDifference, host: Host, arrays: ArrayPolicy): Write[] {
  return writesOf(items, host, arrays).map((write) =>
    write.why === CHANGED ? { ...write, why: 'narrowed: elements changed where they stand' } : write,
  );
}

function appended(array: ArrayDifference): Write[] {
  return itemsFrom(array.to, array.from.length).map((item, i) =>
    set(
      join(array.path, String(array.from.length + i)),
      item,
      undefined,
      undefined,
      'narrowed: elements were appended',
    ),
  );
}

/** `Array.from`: `map` would leave holes out, which are stored as null. */
function itemsFrom(items: readonly unknown[], start: number): unknown[] {
  return Array.from(items.slice(start), storedItem);
}

function sizeOfWrites(writes: readonly Write[], host: Host): number {
  return writes.reduce((sum, { op, path, value }) => sum + sizeOfField(path, op === '$unset' ? 1 : value, host), 0);
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

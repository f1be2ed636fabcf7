import { equal } from '../values/equal';
import { shapeOf } from '../tracker/changes';
import type { ArrayPolicy } from '../tracker/update';
import type { ArrayDifference } from '../tracker/differences';
import { isPlainObject } from '../values/kind';
import { existingRootState } from './capture';
import { prefixes } from './coverage';
import { mongooseHost } from './host';
import { asMongooseArray, isSubdocument, markedPaths, type Doc } from './internals';
import { isVersioned } from './schema-facts';

interface PopulateOptions {
  readonly match?: unknown;
  readonly select?: unknown;
  readonly options?: { readonly skip?: number; readonly limit?: number };
}

/** How the arrays of a document may be written: its version key, and what its arrays have pending. */
export function arrayPolicy(root: Doc): ArrayPolicy {
  return {
    isVersioned: (path) =>
      isVersioned(root.$__schema, path) && root.$__isSelected(root.$__schema.options.versionKey as string),
    pending: (array) => pending(root, array),
  };
}

function pending(root: Doc, array: ArrayDifference): ReturnType<ArrayPolicy['pending']> {
  if (isFiltered(root, array.path)) return 'own';
  if (existingRootState(root)?.doubts !== undefined) return 'whole';
  const live = asMongooseArray(array.live);
  if (live === undefined) return array.inPlace ? 'none' : 'structural';
  const atomics = live.$atomics();
  const operators = Object.keys(atomics);
  // A new inner array of an array of arrays has nothing pending, but stands for a whole one; so has one that was assigned
  // equal, which does not.
  if (operators.length === 0) {
    if (!array.inPlace && isMarked(root, array.path)) return 'structural';
    // Pushed while a `bulkSave()` was under way, which clears what is pending only when the answer comes.
    return shapeOf(array) === 'append' && !hasMarkBelow(root, array.path) ? 'append' : 'none';
  }
  // `splice()`, `sort()` and the like move elements: they overwrite, as in Mongoose. An assigned array may be narrowed.
  if (operators.length > 1 || operators[0] === '$set') {
    // Cast along with something that was assigned equal: only the marks of single elements, from before, count.
    if (!array.inPlace && !isMarked(root, array.path) && hasMarkBelow(root, array.path)) return 'none';
    return array.inPlace ? 'whole' : 'structural';
  }
  const operator = operators[0] as string;
  const value = atomics[operator];
  if (operator === '$push') {
    // An array that was pushed was edited since: the whole goes, in the eyes of Mongoose, with the guard of that.
    if (hasMarkBelow(root, array.path)) return 'structural';
    const { $each, $position, $sort, $slice } = value as Record<string, unknown>;
    // Others were put behind the end by their index: Mongoose writes it whole.
    if ($position === undefined && $sort === undefined && $slice === undefined)
      return ($each as unknown[]).length < array.to.length - array.from.length ? 'structural' : 'append';
    // The server sorts and cuts; memory only appended.
    if ($position === undefined) return shapeOf(array) === 'append' ? 'own' : 'structural';
  }
  return explains(array, operator, value) ? 'own' : 'structural';
}

/**
 * Populated in a way that left documents out: Mongoose refuses to write such an array (`DivergentArrayError`, gh-1334), so it
 * must see the array itself. Its own rule, `checkDivergentArray()`.
 */
function isFiltered(root: Doc, path: string): boolean {
  const populated = root.$populated(path, true) as { options?: PopulateOptions } | undefined;
  const options = populated?.options;
  if (options === undefined) return false;
  const { match, select } = options;
  const query = options.options;
  const deselected =
    select !== undefined &&
    (typeof select === 'string' ? /\s?-_id\s?/.test(select) : (select as { _id?: unknown })._id === 0);
  return Boolean(match) || Boolean(query?.skip) || (query !== undefined && Object.hasOwn(query, 'limit')) || deselected;
}

function hasMarkBelow(root: Doc, path: string): boolean {
  return markedPaths(root.$__.activePaths).some((mark) => mark.startsWith(`${path}.`));
}

function isMarked(root: Doc, path: string): boolean {
  const modify = root.$__.activePaths.states['modify'] ?? {};
  return prefixes(path).some((prefix) => modify[prefix] === true);
}

/** Does the pending operation, applied to the original, give what is in memory? Then it says all that differs. */
function explains({ from, to }: ArrayDifference, operator: string, value: unknown): boolean {
  if (operator === '$push') {
    const { $each, $position } = value as { $each: unknown[]; $position: number };
    const at = $position < 0 ? Math.max(0, from.length + $position) : Math.min($position, from.length);
    // The pushed values are the very elements.
    return (
      $each.every((item, i) => Object.is(plain(item), plain(to[at + i]))) &&
      sameItems(from, [...to.slice(0, at), ...to.slice(at + $each.length)])
    );
  }
  if (operator === '$addToSet') {
    const added = value as unknown[];
    // One may have been replaced since by its index: what is pending is then no element any more.
    return (
      to.length === from.length + added.length &&
      sameItems(from, to.slice(0, from.length)) &&
      added.every((item, i) => Object.is(plain(item), plain(to[from.length + i])))
    );
  }
  const expected = remaining(from, operator, value);
  return expected !== undefined && sameItems(expected, to);
}

function sameItems(expected: readonly unknown[], items: readonly unknown[]): boolean {
  return expected.length === items.length && expected.every((item, i) => equal(item, items[i], mongooseHost));
}

/** What the operators that take elements away leave of an array. */
function remaining(from: readonly unknown[], operator: string, value: unknown): readonly unknown[] | undefined {
  switch (operator) {
    case '$pop':
      return value === -1 ? from.slice(1) : from.slice(0, -1);
    case '$pullAll':
      return from.filter((item) => !(value as unknown[]).some((pulled) => equal(item, plain(pulled), mongooseHost)));
    case '$pull':
      return pull(from, value as Record<string, unknown>);
    default:
      return undefined;
  }
}

function plain(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? mongooseHost.plain(value) : value;
}

function pull(from: readonly unknown[], query: Record<string, unknown>): readonly unknown[] | undefined {
  const ids = (query['_id'] as { $in?: unknown[] } | undefined)?.$in;
  const either = query['$or'] as unknown[] | undefined;
  return from.filter((item) => {
    const fields = isSubdocument(item) ? mongooseHost.originalFields(item) : isPlainObject(item) ? item : undefined;
    if (fields === undefined) return true;
    if (ids?.some((id) => equal(fields['_id'], id, mongooseHost)) === true) return false;
    return either?.some((selector) => equal(fields, selector, mongooseHost)) !== true;
  });
}

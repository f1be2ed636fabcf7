/** What came out equal: nothing is pending for it, and another instance of the same value is the baseline from now on. */
import type { Entry } from '../document/state';
import { keep, sourceOf } from '../values/clone';
import { isPlainObject } from '../values/kind';
import { getRaw, holdsOthers, mongooseHost, originalFields, valueAt } from './host';
import { STATE, asMongooseArray, clearMarks, isSubdocument, setPathState, type Doc } from './internals';
import { refresh } from './sending';

export function adopt(doc: Doc, path: string, entry: Entry): void {
  const increments = doc.$__.primitiveAtomics;
  if (increments !== undefined && Object.hasOwn(increments, path)) delete increments[path];
  const { activePaths } = doc.$__;
  const raw = getRaw(doc, path);
  if (entry.prior === 'default' && raw !== undefined && activePaths.paths[path] !== 'default')
    setPathState(activePaths, path, 'default');
  const before = entry.original;
  if (before === null || typeof before !== 'object') return;
  clearAtomics(raw);
  if (!isReplaced(before, raw) || !knowsAsMuch(entry, raw)) return;
  // Otherwise an element edited next would look like one of a replaced array, with a guard of its own.
  entry.original = keep(raw, mongooseHost);
  takeOver(before, raw);
  copyDefaults(doc, path, raw);
}

/** Is it another instance than the one that the original was kept from? */
function isReplaced(original: object, raw: unknown): boolean {
  if (raw === null || typeof raw !== 'object') return false;
  const source = isSubdocument(original) ? undefined : sourceOf(original);
  return (source !== undefined && source !== mongooseHost.plain(raw)) || holdsOthers(original, raw);
}

/**
 * Subdocuments that were loaded in part know what was not loaded, and must not give way to others that do not: Mongoose tells
 * it to a single nested one that is assigned, and not to elements and Map values.
 */
function knowsAsMuch({ original, partial }: Entry, raw: unknown): boolean {
  if (isSubdocument(original)) return !isUnloaded(original) || isUnloaded(raw);
  const first: unknown = Array.isArray(original)
    ? original[0]
    : original instanceof Map
      ? [...original.values()][0]
      : original;
  return !partial && !isUnloaded(first);
}

function isUnloaded(value: unknown): boolean {
  return isSubdocument(value) && value.$__.selected !== undefined && value.$__.selected !== null;
}

/** Subdocuments that become the baseline: what they hold is stored, but for the defaults that were pending before. */
function takeOver(before: unknown, now: unknown, depth = 0): void {
  if (now === null || typeof now !== 'object' || depth > 50) return;
  const plain = mongooseHost.plain(now);
  if (plain === null || typeof plain !== 'object') return;
  const fields = fieldsBefore(before);
  if (isSubdocument(plain)) {
    const state = plain.$__[STATE];
    if (state !== undefined) refresh(plain, state);
    clearMarks(plain);
    if (before !== plain) takeOverDefaults(before, plain);
    plain.$isNew = false;
    for (const [key, item] of Object.entries(plain._doc)) {
      takeOver(fields?.[key], item, depth + 1);
      if (before !== plain) copyDefaults(plain, key, item);
    }
  } else if (Array.isArray(plain)) {
    clearAtomics(now);
    (plain as unknown[]).forEach((item, i) => {
      takeOver(fields?.[i], item, depth + 1);
    });
  } else if (plain instanceof Map) {
    Map.prototype.forEach.call(plain, (item: unknown, key: unknown) => {
      takeOver(before instanceof Map ? before.get(key) : undefined, item, depth + 1);
    });
  } else if (isPlainObject(plain)) {
    for (const [key, item] of Object.entries(plain)) takeOver(fields?.[key], item, depth + 1);
  }
}

function fieldsBefore(value: unknown): Record<string, unknown> | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  return isSubdocument(value) ? originalFields(value) : (value as Record<string, unknown>);
}

/** Mongoose counts what was assigned as a default where it equals one. */
function takeOverDefaults(before: unknown, now: Doc): void {
  const { activePaths } = now.$__;
  for (const path of Object.keys(activePaths.states['default'] ?? {}))
    if (!isPending(before, path) && now.$__isSelected(path)) setPathState(activePaths, path, 'init');
  for (const path of pendingDefaults(before))
    if (valueAt(now, path) !== undefined) setPathState(activePaths, path, 'default');
}

/** A parent knows of the defaults that are pending in a single nested subdocument, and in nothing else. */
export function copyDefaults(parent: Doc, path: string, value: unknown): void {
  // A nested object is no holder of defaults of its own: its fields are the parent's.
  if (parent.$__schema.nested[path] === true) {
    if (isPlainObject(value))
      for (const [key, item] of Object.entries(value)) copyDefaults(parent, `${path}.${key}`, item);
    return;
  }
  const { activePaths } = parent.$__;
  for (const below of Object.keys(activePaths.states['default'] ?? {}))
    if (below.startsWith(`${path}.`)) setPathState(activePaths, below, undefined);
  for (const below of pendingDefaults(value)) setPathState(activePaths, `${path}.${below}`, 'default');
}

function pendingDefaults(value: unknown): string[] {
  return isSubdocument(value) ? Object.keys(value.$__.activePaths.states['default'] ?? {}) : [];
}

function isPending(value: unknown, path: string): boolean {
  return isSubdocument(value) && value.$__.activePaths.paths[path] === 'default';
}

function clearAtomics(value: unknown): void {
  const atomics = asMongooseArray(value)?.$atomics();
  if (atomics !== undefined) for (const key of Object.keys(atomics)) delete atomics[key];
}

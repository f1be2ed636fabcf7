/** What a save had made the baseline, taken back; or put in force after all. */
import type { DocumentState, Entry, Sent } from '../document/state';
import { existingRootState } from './capture';
import { getRaw } from './host';
import { STATE, asMongooseArray, markPath, setPathState, type Doc } from './internals';

/**
 * Replaces an original by the value that is stored now. A value that can change in place stays watched, as its reference
 * may be held by the user; a scalar that nobody has changed since needs no original.
 */
export function put(
  state: DocumentState,
  path: string,
  entry: Entry,
  raw: unknown,
  value: unknown,
  unloaded = false,
): void {
  if ((value === null || typeof value !== 'object') && Object.is(raw, value)) {
    state.originals.delete(path);
    return;
  }
  state.originals.set(path, {
    original: value,
    known: true,
    assigned: false,
    forced: false,
    partial: entry.partial || unloaded,
    unloaded,
    prior: 'init',
    dirty: false,
  });
}

/** In `$__undoReset`, or after an insert that failed: the originals from before come back, in-flight edits stay. */
export function takeBack(doc: Doc): void {
  const root = existingRootState(doc);
  if (root === undefined) return;
  for (const advanced of root.advanced) {
    const sent = (advanced as Doc).$__[STATE]?.pending;
    restore(advanced as Doc, sent);
  }
  root.advanced.clear();
  for (const subdocument of root.newborn.splice(0)) (subdocument as Doc).$isNew = true;
}

/** Puts originals back that a save had replaced. The older one wins: what came in between was relative to what was not stored. */
export function restore(doc: Doc, sent: Sent | undefined): void {
  const state = doc.$__[STATE];
  if (state === undefined || sent === undefined) return;
  for (const [path, { entry }] of sent.entries) {
    const newer = state.originals.get(path);
    if (newer?.forced === true) entry.forced = true;
    state.originals.set(path, entry);
  }
  if (sent.assigned !== undefined) state.assigned = new Set([...sent.assigned, ...(state.assigned ?? [])]);
  if (sent.increments !== undefined) {
    const now = doc.$__.primitiveAtomics ?? {};
    for (const [path, { $inc }] of Object.entries(sent.increments)) {
      now[path] = { $inc: Number($inc) + Number(now[path]?.['$inc'] ?? 0) };
    }
    doc.$__.primitiveAtomics = now;
  }
  for (const [path, atomics] of sent.atomics) restoreAtomics(getRaw(doc, path), atomics);
  const { activePaths } = doc.$__;
  for (const mark of sent.marks) markPath(activePaths, mark);
  for (const path of sent.defaults)
    if (activePaths.paths[path] === undefined) setPathState(activePaths, path, 'default');
  if (state.pending === sent) state.pending = undefined;
}

/** What an array had pending, joined with what was called on it since. */
export function restoreAtomics(raw: unknown, before: Record<string, unknown>): void {
  const array = asMongooseArray(raw);
  if (array === undefined) return;
  const now = array.$atomics();
  const operators = Object.keys(now);
  // Mongoose's own `$__undoReset` has put them back already.
  if (
    operators.length === Object.keys(before).length &&
    operators.every((operator) => now[operator] === before[operator])
  )
    return;
  if (operators.length === 0) Object.assign(now, before);
  else if (
    operators.some((operator) => !(operator in before)) ||
    Object.keys(before).length !== operators.length ||
    operators[0] !== '$push'
  ) {
    for (const operator of operators) delete now[operator];
    now['$set'] = array;
  }
}

/** Increments that are stored are no longer pending; others of the same paths are. */
export function dropIncrements(doc: Doc, stored: Sent['increments']): void {
  const now = doc.$__.primitiveAtomics;
  if (now === undefined || stored === undefined) return;
  const left = { ...now };
  for (const [path, { $inc }] of Object.entries(stored)) {
    const rest = Number(now[path]?.['$inc'] ?? $inc) - Number($inc);
    if (rest === 0) delete left[path];
    else left[path] = { $inc: rest };
  }
  doc.$__.primitiveAtomics = Object.keys(left).length === 0 ? undefined : left;
}

/** The other way round: what was taken back was stored after all. */
export function reapply(doc: Doc, sent: Sent): void {
  const state = doc.$__[STATE];
  if (state === undefined) return;
  for (const mark of sent.marks) setPathState(doc.$__.activePaths, mark, 'init');
  for (const [path, { entry, value, unloaded }] of sent.entries) {
    if (state.originals.get(path) === entry) put(state, path, entry, getRaw(doc, path), value, unloaded);
  }
  dropIncrements(doc, sent.increments);
  for (const path of sent.atomics.keys()) {
    const atomics = asMongooseArray(getRaw(doc, path))?.$atomics();
    if (atomics !== undefined) for (const key of Object.keys(atomics)) delete atomics[key];
  }
}

/** What was chosen to be sent and never came as far as `$__reset`. */
export function forgetSent(documents: Iterable<object>): void {
  for (const doc of documents) {
    const state = (doc as Doc).$__[STATE];
    if (state !== undefined) state.sent = undefined;
  }
}

/**
 * What was sent becomes the baseline, not the document as it is when the answer comes. Chosen in `$__delta`, put in force
 * in `$__reset`, taken back in `$__undoReset`.
 */
import type { DocumentState } from '../document/state';
import { nothingSent, type Entry, type RootState, type Sent, type Survey, type Writing } from '../document/state';
import { changesOf } from '../tracker/changes';
import type { Difference, LeafDifference } from '../tracker/differences';
import { leaveOut } from '../tracker/exclude';
import type { Change } from '../types';
import { detach, keep, put as putField, setSource, sourceOf } from '../values/clone';
import { isAbsent } from '../values/equal';
import { isAtOrBelow, join, overlaps } from '../values/path';
import { isObject, isPlainObject } from '../values/kind';
import { existingRootState, rootStateOf, settingsOf, stateOf } from './capture';
import { getRaw, mongooseHost, rootOf, valueAt } from './host';
import { STATE, asMongooseArray, clearMarks, isSubdocument, markedPaths, type Doc } from './internals';
import { typeAt } from './schema-facts';
import { dropIncrements, put, restoreAtomics } from './taking-back';
import { joiningOf } from './transactions';

/**
 * Remembers what leaves with the update that was just built.
 * @param paths with `pathsToSave`: those
 */
export function prepareSend(
  doc: Doc,
  root: RootState,
  found: Survey,
  delta: readonly unknown[],
  paths: readonly string[] | undefined,
): void {
  const update = (delta[1] ?? null) as Record<string, Record<string, unknown>> | null;
  const sent = new Map<object, Sent>();
  // A document that sends nothing but defaults, or `increment()`, was met nowhere.
  root.sending = found.plain ? [doc] : [...new Set([doc, ...found.visited.keys()])];
  root.newborn = [];
  for (const visited of root.sending) chooseSent(visited as Doc, found, sent, root.newborn);
  const detached = found.plain && paths === undefined;
  root.writing = {
    isNew: false,
    changes: detached
      ? plainChanges(found, sent.get(doc))
      : leavingChanges(found, paths === undefined ? undefined : update),
    update,
    paths,
    chosen: false,
    detached,
    sent,
    joining: joiningOf(doc),
  };
}

/** @param update with `pathsToSave`: what leaves */
function leavingChanges({ differences }: Survey, update: Writing['update'] | undefined): () => readonly Change[] {
  const changes = changesOf(differences, mongooseHost);
  if (update === undefined) return () => changes;
  const leaving = Object.values(update ?? {}).flatMap((values) => Object.keys(values));
  const left = changes.filter(({ path }) => leaving.some((key) => overlaps(key, path)));
  return () => left;
}

/** Made when somebody asks. The document's own dates may change until then; what was kept of them does not. */
function plainChanges({ differences }: Survey, sent: Sent | undefined): () => readonly Change[] {
  const kept: Difference[] = [];
  for (const { path, from } of differences as readonly LeafDifference[])
    kept.push({ kind: 'leaf', path, from, to: sent?.entries.get(path)?.value, within: undefined });
  return changesWhenAsked(kept);
}

/** A function of its own: a closure holds on to everything that others beside it use. */
function changesWhenAsked(differences: readonly Difference[]): () => readonly Change[] {
  return () => changesOf(differences, mongooseHost);
}

function chooseSent(doc: Doc, { visited, differences }: Survey, all: Map<object, Sent>, newborn: object[]): void {
  const state = doc.$__[STATE];
  if (state === undefined) return;
  const sent = unsent(doc, state);
  for (const [path, entry] of state.originals) {
    // A pending default is written along with everything else.
    const pending = entry.prior === 'default' && doc.$__.activePaths.paths[path] === 'default';
    if (entry.known && !entry.dirty && !entry.forced && !pending) continue;
    const raw = getRaw(doc, path);
    rememberAtomics(sent, path, raw);
    const full = join(visited.get(doc) ?? '', path);
    const value = patched(entry, raw, full, differences) ?? keep(raw, mongooseHost);
    sent.entries.set(path, { entry, value, unloaded: staysUnloaded(doc, path, entry) });
    // There are none in Mixed, which may be large.
    if (typeAt(doc.$__schema, path)?.instance !== 'Mixed') refreshNew(raw, visited, newborn);
  }
  if (doc === rootOf(doc)) sent.increments = copyIncrements(doc);
  if (doc.$isNew) newborn.push(doc);
  state.sent = sent;
  all.set(doc, sent);
}

/** Is only something below a path sent that was not selected? */
function staysUnloaded(doc: Doc, path: string, entry: Entry): boolean {
  if (entry.known && entry.unloaded !== true) return false;
  if (entry.assigned || entry.forced || doc.$__isSelected(path)) return false;
  return doc.$__.activePaths.states['modify']?.[path] !== true;
}

/**
 * A kept copy of a large value of which little has changed: the original with what differs put in, sharing all the rest with
 * it. Kept copies are never changed.
 * @returns undefined if it has to be copied
 */
function patched(entry: Entry, raw: unknown, full: string, differences: readonly Difference[]): unknown {
  const { original, known, partial, prior } = entry;
  if (!known || partial || prior === 'default' || !isPlainObject(original) || sourceOf(original) !== raw)
    return undefined;
  const own = differences.filter(({ path }) => isAtOrBelow(path, full));
  if (own.length === 0 || own.some(({ path, kind }) => path === full || kind === 'unknown')) return undefined;
  const fresh = new Set<object>();
  const copyOf = (kept: Record<string, unknown>): Record<string, unknown> => {
    if (fresh.has(kept)) return kept;
    // With the symbol that tells where it came from.
    const copy = { ...kept };
    fresh.add(copy);
    return copy;
  };
  const result = copyOf(original);
  for (const { path } of own) {
    const keys = path.slice(full.length + 1).split('.');
    const last = keys.pop() as string;
    let kept = result;
    let live: unknown = raw;
    for (const key of keys) {
      const inner = kept[key];
      live = (live as Record<string, unknown>)[key];
      // Not through arrays and Maps.
      if (!isPlainObject(inner) || !isPlainObject(live)) return undefined;
      kept = kept[key] = copyOf(inner);
    }
    const value = (live as Record<string, unknown>)[last];
    if (isAbsent(value)) delete kept[last];
    else putField(kept, last, keep(value, mongooseHost));
  }
  return result;
}

/** Subdocuments that are new where they stand: what they hold now goes with the whole value, so it is their baseline. */
function refreshNew(value: unknown, visited: ReadonlyMap<object, string>, newborn: object[], depth = 0): void {
  if (value === null || typeof value !== 'object' || depth > 50) return;
  const plain = mongooseHost.plain(value);
  if (plain === null || typeof plain !== 'object') return;
  if (isSubdocument(plain)) {
    if (visited.has(plain)) return;
    if (plain.$isNew) newborn.push(plain);
    const late = existingRootState(plain)?.bulk === true;
    const state = late ? stateOf(plain) : plain.$__[STATE];
    if (state !== undefined && plain.$isNew) {
      refresh(plain, state);
      state.sent = nothingSent();
    } else if (state !== undefined) {
      // It was there before, within a value that goes as one: its originals come back if the save fails.
      state.sent = everything(plain, state);
    }
    // Reset only after the answer: what is written meanwhile must not look like a part of what was sent.
    if (late) clearMarks(plain);
    for (const item of Object.values(plain._doc)) refreshNew(item, visited, newborn, depth + 1);
  } else if (Array.isArray(plain)) {
    for (const item of plain) refreshNew(item, visited, newborn, depth + 1);
  } else if (plain instanceof Map) {
    Map.prototype.forEach.call(plain, (item: unknown) => {
      refreshNew(item, visited, newborn, depth + 1);
    });
  } else if (isPlainObject(plain)) {
    for (const item of Object.values(plain)) refreshNew(item, visited, newborn, depth + 1);
  }
}

function unsent(doc: Doc, { assigned }: DocumentState): Sent {
  const { activePaths } = doc.$__;
  return nothingSent(assigned, markedPaths(activePaths), Object.keys(activePaths.states['default'] ?? {}));
}

function rememberAtomics(sent: Sent, path: string, raw: unknown): void {
  const atomics = asMongooseArray(raw)?.$atomics();
  if (atomics !== undefined && Object.keys(atomics).length > 0) sent.atomics.set(path, { ...atomics });
}

/** All originals become what the (sub)document holds now. */
export function refresh(doc: Doc, state: DocumentState): void {
  for (const [path, entry] of [...state.originals])
    put(state, path, entry, getRaw(doc, path), keep(getRaw(doc, path), mongooseHost));
  state.assigned = state.nested = undefined;
}

/** In `$__reset`: what was sent is the baseline now. Called for the root and for each subdocument. */
export function advance(doc: Doc): void {
  const state = doc.$__[STATE];
  const top = rootOf(doc);
  const root = existingRootState(top);
  if (state === undefined || root === undefined) return;
  if (root.writing?.isNew === true) stored(state);
  const sent = state.sent ?? (goesWhole(doc, root) ? everything(doc, state) : undefined);
  if (sent === undefined) return;
  state.sent = undefined;
  const { paths } = root.writing ?? { paths: undefined };
  if (paths !== undefined) keepUnsent(doc, sent, root, paths);
  if (doc === top) takeIncrements(doc, sent, root);
  for (const [path, { entry, value, unloaded }] of sent.entries)
    put(state, path, entry, getRaw(doc, path), value, unloaded);
  if (paths === undefined) state.assigned = state.nested = undefined;
  state.pending = sent;
  root.writing?.sent.set(doc, sent);
  root.advanced.add(doc);
}

/** Is what the (sub)document holds at the reset what was sent? So with the insert of a `save()`, which resets as it leaves. */
function goesWhole(doc: Doc, { writing }: RootState): boolean {
  if (writing?.chosen === true) return false;
  return doc.$isNew || writing?.isNew === true;
}

/** Defaults go with an insert, also those whose original was kept while it was under way. */
function stored(state: DocumentState): void {
  for (const entry of state.originals.values()) entry.prior = 'init';
}

/** Upstream never clears increments: a second save would repeat them. Those made since it left are for the next one. */
function takeIncrements(doc: Doc, sent: Sent, root: RootState): void {
  if (root.writing?.paths !== undefined) {
    const leaving = Object.values(root.writing.update ?? {}).flatMap((values) => Object.keys(values));
    sent.increments = Object.fromEntries(
      Object.entries(sent.increments ?? {}).filter(([path]) => leaving.includes(path)),
    );
  }
  dropIncrements(doc, sent.increments);
}

function copyIncrements(doc: Doc): Sent['increments'] {
  const increments = doc.$__.primitiveAtomics;
  // `$inc()` adds to what is there.
  return increments && Object.fromEntries(Object.entries(increments).map(([path, value]) => [path, { ...value }]));
}

function everything(doc: Doc, state: DocumentState): Sent {
  const sent = unsent(doc, state);
  if (doc === rootOf(doc)) sent.increments = copyIncrements(doc);
  for (const [path, entry] of state.originals) {
    const raw = getRaw(doc, path);
    rememberAtomics(sent, path, raw);
    sent.entries.set(path, { entry, value: keep(raw, mongooseHost), unloaded: false });
  }
  return sent;
}

/** With `pathsToSave`: what did not leave keeps its original, also where a part of an entry did. */
function keepUnsent(doc: Doc, sent: Sent, { writing }: RootState, paths: readonly string[]): void {
  const prefix = doc === rootOf(doc) ? '' : prefixOf(doc);
  const leaving = Object.values(writing?.update ?? {}).flatMap((values) => Object.keys(values));
  for (const [path, item] of [...sent.entries]) {
    const full = join(prefix, path);
    // All of it left, if perhaps in parts.
    if ([...leaving, ...paths].some((key) => isAtOrBelow(full, key))) continue;
    const atomics = sent.atomics.get(path);
    sent.atomics.delete(path);
    const parts = leaving.filter((key) => isAtOrBelow(key, full));
    if (parts.length === 0) {
      sent.entries.delete(path);
      if (atomics !== undefined) restoreAtomics(getRaw(doc, path), atomics);
    } else {
      const value = withParts(item.entry.original, parts, full, rootOf(doc));
      const raw = getRaw(doc, path);
      if (Array.isArray(value) && Array.isArray(raw)) setSource(value, mongooseHost.plain(raw) as object);
      sent.entries.set(path, { ...item, value });
    }
  }
}

/** An original with those parts that were sent, as they are now: nothing can have changed since they left. */
function withParts(original: unknown, keys: readonly string[], path: string, root: Doc): unknown {
  const value = detach(original, mongooseHost, 'original');
  for (const key of keys) {
    const to = detach(valueAt(root, key), mongooseHost);
    const parts = key.slice(path.length + 1).split('.');
    let parent: unknown = value;
    for (const part of parts.slice(0, -1))
      parent = parent instanceof Map ? parent.get(part) : (parent as Record<string, unknown> | undefined)?.[part];
    const last = parts[parts.length - 1] as string;
    if (parent instanceof Map) {
      if (to === undefined) parent.delete(last);
      else parent.set(last, to);
    } else if (isObject(parent)) {
      if (to === undefined) Reflect.deleteProperty(parent, last);
      else putField(parent as Record<string, unknown>, last, to);
    }
  }
  return value;
}

function prefixOf(doc: Doc): string {
  const full = (doc as unknown as { $__fullPathWithIndexes?: () => string }).$__fullPathWithIndexes?.();
  return full ?? '';
}

/** The changes of an insert: everything that is not excluded, from nothing. */
export function insertChanges(doc: Doc): Change[] {
  const changes: Change[] = [];
  const settings = settingsOf(doc);
  const rules = settings?.hasPathRules === true ? settings.rules : undefined;
  const above = rules === undefined || doc === rootOf(doc) ? '' : prefixOf(doc);
  const walk = (fields: Record<string, unknown>, prefix: string): void => {
    for (const key of Object.keys(fields)) {
      const path = join(prefix, key);
      const value = fields[key];
      if (value === undefined || rules?.isExcluded(join(above, path)) === true) continue;
      if (doc.$__schema.nested[path] === true && isPlainObject(value)) {
        walk(value, path);
        continue;
      }
      const to = detach(value, mongooseHost);
      if (rules !== undefined) leaveOut(to, join(above, path), rules);
      changes.push({ path, type: 'add', from: undefined, to });
    }
  };
  walk(doc._doc, '');
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Before an insert leaves: there is no delta, so what is written is the document.
 * @param chosen see `Writing`
 */
export function prepareInsert(doc: Doc, chosen = false): void {
  const root = rootStateOf(doc);
  // Chosen before its answer, and perhaps edited since.
  if (!chosen && root.writing?.isNew === true) return;
  const changes = insertChanges(doc);
  root.writing = {
    isNew: true,
    changes: () => changes,
    update: null,
    paths: undefined,
    chosen,
    detached: false,
    sent: new Map(),
    joining: joiningOf(doc),
  };
}

/** An insert of `bulkSave()` or `insertMany()` leaves now, and is reset after its answer: edits in between are none of it. */
export function chooseInsert(doc: Doc): void {
  prepareInsert(doc, true);
  const root = rootStateOf(doc);
  const tree = [doc, ...(doc as unknown as { $getAllSubdocs(): Doc[] }).$getAllSubdocs()];
  // A subdocument that is replaced in between is out of reach for Mongoose's reset.
  root.sending = [...tree];
  for (const item of tree) {
    const state = item.$__[STATE];
    if (state === undefined) continue;
    state.sent = everything(item, state);
    root.writing?.sent.set(item, state.sent);
  }
}

import { DocumentState, RootState, type Entry } from '../document/state';
import type { Settings } from '../options';
import { FREE } from '../tracker/differences';
import { keep } from '../values/clone';
import { isPlainObject, isMutable } from '../values/kind';
import { isAtOrBelow } from '../values/path';
import { getRaw, mongooseHost, nestedAt, rootOf } from './host';
import { STATE, asMongooseArray, isSubdocument, setPathState, type Doc } from './internals';
import { isLoadedByOperator, isPartlySelected, pathsBelow, placeOfKey } from './schema-facts';

/** On the prototype of every instrumented constructor: the settings of the model it belongs to. */
export const SETTINGS: unique symbol = Symbol('mongoose-cow-tracking#settings');

interface Instrumented {
  readonly [SETTINGS]?: Settings;
}

/** The settings that hold for a document: those of the model at its root. */
export function settingsOf(doc: Doc): Settings | undefined {
  return (rootOf(doc) as Doc & Instrumented)[SETTINGS];
}

/** Why an original is kept: decides whether the value can be trusted to be still the original. */
export type Reason = 'set' | 'read' | 'mark' | 'array';

export function stateOf(doc: Doc): DocumentState {
  let state = doc.$__[STATE];
  if (state === undefined) {
    state = new DocumentState();
    // Not enumerable: two loads of one document are deeply equal, tracked or not (gh-7700).
    Object.defineProperty(doc.$__, STATE, { value: state, configurable: true, writable: true, enumerable: false });
  }
  return state;
}

/** The state that a document has only once. */
export function rootStateOf(root: Doc): RootState {
  const state = stateOf(root);
  return (state.root ??= new RootState());
}

/** The root state if there is one: a document that was never touched has none. */
export function existingRootState(doc: Doc): RootState | undefined {
  return rootOf(doc).$__[STATE]?.root;
}

/**
 * Keeps the originals that a write to `path` (or a read, or a mark) could overwrite, in the (sub)document that owns them.
 * Routes through live values: a path may lead through nested objects, arrays, Maps and subdocuments.
 */
export function capture(doc: Doc, path: string, reason: Reason): void {
  const schema = doc.$__schema;
  // `m.$*` is the schema type of a Map's values, and what Mongoose takes for their path in a clone: the Map is meant.
  const star = path.indexOf('.$*');
  if (star !== -1) {
    captureEntry(doc, path.slice(0, star), reason, true);
    return;
  }
  if (Object.hasOwn(schema.paths, path)) {
    captureEntry(doc, path, reason);
    return;
  }
  const parts = path.split('.');
  const alias = schema.aliases[parts[0] as string];
  if (typeof alias === 'string') {
    capture(doc, [alias, ...parts.slice(1)].join('.'), reason);
    return;
  }
  if (schema.nested[path] === true) {
    captureNested(doc, path, reason);
    return;
  }
  let prefix = '';
  for (let i = 0; i < parts.length; i++) {
    prefix = i === 0 ? (parts[0] as string) : `${prefix}.${parts[i] as string}`;
    if (Object.hasOwn(schema.paths, prefix)) break;
    if (schema.nested[prefix] === true) continue;
    if (Object.hasOwn(schema.virtuals, prefix)) return;
    // Not in the schema: strict:false data, kept from its top key on.
    break;
  }
  const rest = parts.slice(prefix.split('.').length);
  const raw = getRaw(doc, prefix);
  if (rest.length > 0 && reason === 'mark') {
    // A Map or array that is still being built marks paths in itself; it is not in the document yet.
    if (raw === undefined || raw === null) return;
    // So does the Map that `populate()` puts in place of the one that is there, which is still as it was loaded: a Map that
    // was changed through the document has been read, and so kept, before.
    if (raw instanceof Map && settingsOf(doc)?.detects(schemaPathFromRoot(doc, prefix)) === true) {
      captureEntry(doc, prefix, 'array', true);
      return;
    }
  }
  captureEntry(doc, prefix, reason, rest.length > 0 ? 'within' : false);
  if (rest.length > 0) descend(raw, rest, reason);
}

function descend(value: unknown, rest: readonly string[], reason: Reason): void {
  if (rest.length === 0 || value === null || typeof value !== 'object') return;
  if (isSubdocument(value)) {
    capture(value, rest.join('.'), reason);
  } else if (Array.isArray(value)) {
    const items = mongooseHost.plain(value) as unknown[];
    descend(items[Number(rest[0])], rest.slice(1), reason);
  } else if (value instanceof Map) {
    descend(Map.prototype.get.call(value, rest[0]), rest.slice(1), reason);
  }
}

/** Before a nested object is assigned: everything below it. */
function captureNested(doc: Doc, nested: string, reason: Reason): void {
  const before = getRaw(doc, nested);
  for (const path of pathsBelow(doc.$__schema, nested)) captureEntry(doc, path, reason, true);
  // Mongoose marks it once more after it was assigned, when it holds the new keys.
  if (isPlainObject(before) && doc.$__[STATE]?.assigned?.has(nested) !== true) {
    for (const key of Object.keys(before)) {
      const path = `${nested}.${key}`;
      if (!Object.hasOwn(doc.$__schema.paths, path) && doc.$__schema.nested[path] !== true)
        captureEntry(doc, path, reason, true);
    }
  }
  if (reason === 'set') {
    const state = stateOf(doc);
    (state.assigned ??= new Set()).add(nested);
    keepNested(doc, state, nested);
    if (doc.$__.primitiveAtomics !== undefined) dropIncrementsBelow(doc, nested);
  }
}

function keepNested(doc: Doc, state: DocumentState, nested: string): void {
  const kept = (state.nested ??= new Map<string, boolean | null>());
  for (const path of Object.keys(doc.$__schema.nested)) {
    if (!isAtOrBelow(path, nested) || kept.has(path)) continue;
    kept.set(path, nestedAt(doc, path));
  }
}

/** A replaced parent takes its fields' pending `$inc` with it (gh-11915). */
export function dropIncrementsBelow(doc: Doc, path: string): void {
  const increments = doc.$__.primitiveAtomics;
  if (increments === undefined) return;
  for (const key of Object.keys(increments)) {
    if (key.startsWith(`${path}.`)) delete increments[key];
  }
}

/**
 * Keeps the original of one schema path, once.
 * Hot: called before every write and at every first read of a mutable value.
 * @param below the path is not written itself: something above it is (`true`), or something in its value (`within`)
 */
export function captureEntry(
  doc: Doc,
  path: string,
  reason: Reason,
  below: boolean | 'within' = false,
): Entry | undefined {
  let state = doc.$__[STATE];
  const existing = state?.originals.get(path);
  if (existing !== undefined) {
    // A parent that is assigned says nothing about what it does not hold; what is set within takes no assignment back.
    if (reason === 'set' && below !== 'within' && (!existing.known || existing.unloaded === true))
      existing.assigned = !below;
    return existing;
  }
  if (!isTracked(doc, path, reason)) return undefined;
  linkToParent(doc);
  keepParents(doc, path);
  state = stateOf(doc);
  const raw = getRaw(doc, path);
  const prior = priorState(doc, path);
  const known = isKnown(doc, path, raw, reason, prior);
  const entry: Entry = {
    original: keep(raw, mongooseHost),
    known,
    assigned: !known && reason === 'set' && !below,
    forced: false,
    partial: isPartlySelected(doc, path),
    prior: prior === 'modify' ? 'init' : prior,
    dirty: false,
  };
  state.originals.set(path, entry);
  return entry;
}

/** `$__undoReset()` leaves paths that say `modify` and are not marked: Mongoose would not mark them again. */
function priorState(doc: Doc, path: string): string | undefined {
  const { activePaths } = doc.$__;
  const prior = activePaths.paths[path];
  if (prior !== 'modify' || activePaths.states['modify']?.[path] === true) return prior;
  setPathState(activePaths, path, 'init');
  return 'init';
}

/** Keys of an assigned nested object that the schema does not know; in a subdocument Mongoose keeps them. They were absent. */
export function captureNewKeys(doc: Doc, state: DocumentState): void {
  for (const nested of state.assigned ?? []) {
    const raw = getRaw(doc, nested);
    if (!isPlainObject(raw)) continue;
    for (const key of Object.keys(raw)) {
      const path = `${nested}.${key}`;
      if (placeOfKey(doc.$__schema, path) === FREE && !state.originals.has(path)) captureAbsent(doc, path);
    }
  }
}

/** A key that was not there at the baseline. */
function captureAbsent(doc: Doc, path: string): void {
  const { paths } = doc.$__schema;
  if (Object.hasOwn(paths, path)) return;
  const { originals } = stateOf(doc);
  const known = doc.$__.selected === undefined || doc.$__.selected === null || doc.$__isSelected(path);
  originals.set(path, {
    original: undefined,
    known,
    assigned: !known,
    forced: false,
    partial: false,
    prior: undefined,
    dirty: false,
  });
}

/** `_id` of the root and the version key are Mongoose's; excluded paths are left to it; ignored ones are not saved. */
function isTracked(doc: Doc, path: string, reason: Reason): boolean {
  if (doc.$isSubdocument !== true && (path === '_id' || path === doc.$__schema.options.versionKey)) return false;
  if (doc.$__.activePaths.paths[path] === 'ignore') return false;
  const settings = settingsOf(doc);
  if (settings === undefined) return false;
  if (settings.hasPathRules) {
    const full = schemaPathFromRoot(doc, path);
    if (settings.rules.isExcluded(full)) return false;
    if (reason === 'read' && !settings.detects(full)) return false;
    return true;
  }
  return reason !== 'read' || settings.detects(path);
}

function isKnown(doc: Doc, path: string, raw: unknown, reason: Reason, prior: string | undefined): boolean {
  if (doc.$isNew) return true;
  // Marked before we ever saw it: by Mongoose while it built the document, or by a restored snapshot.
  if (prior === 'modify' || hasOwnMarkBelow(doc, path, raw)) return false;
  if (
    doc.$__.selected !== undefined &&
    doc.$__.selected !== null &&
    (!doc.$__isSelected(path) || isLoadedByOperator(doc, path))
  )
    return false;
  if (reason === 'mark') return !isMutable(raw) && Object.hasOwn(doc.$__schema.paths, path);
  // `sort()` and assignments mark after they have changed the array; the pending `$set` gives them away.
  return reason !== 'array' || asMongooseArray(raw)?.$atomics()['$set'] === undefined;
}

/** Was something within the value marked before it was met? Marks of subdocuments are theirs, and they know better. */
function hasOwnMarkBelow(doc: Doc, path: string, raw: unknown): boolean {
  const modify = doc.$__.activePaths.states['modify'];
  if (modify === undefined || raw === null || typeof raw !== 'object') return false;
  for (const mark in modify) {
    if (mark.startsWith(`${path}.`) && !leadsToSubdocument(raw, mark.slice(path.length + 1).split('.'))) return true;
  }
  return false;
}

function leadsToSubdocument(value: unknown, parts: readonly string[]): boolean {
  let current = value;
  for (const part of parts) {
    if (isSubdocument(current)) return true;
    if (Array.isArray(current)) current = (mongooseHost.plain(current) as unknown[])[Number(part)];
    else if (current instanceof Map) current = Map.prototype.get.call(current, part);
    else return false;
  }
  return false;
}

/** MongoDB cannot set a path below null: remember that a nested parent was null, so that it is written whole. */
function keepParents(doc: Doc, path: string): void {
  let dot = path.indexOf('.');
  while (dot !== -1) {
    const parent = path.slice(0, dot);
    const raw = getRaw(doc, parent);
    if (raw === undefined) return;
    if (!isPlainObject(raw)) {
      const { originals } = stateOf(doc);
      if (!originals.has(parent)) {
        originals.set(parent, {
          original: keep(raw, mongooseHost),
          known: true,
          assigned: false,
          forced: false,
          partial: false,
          prior: doc.$__.activePaths.paths[parent],
          dirty: false,
        });
      }
      return;
    }
    dot = path.indexOf('.', dot + 1);
  }
}

/** A subdocument's originals are found from above: its parent must have kept the container that holds it. */
function linkToParent(doc: Doc): void {
  if (doc.$isSubdocument !== true) return;
  const parent = doc.$parent?.();
  const path = pathInParent(doc);
  if (parent === undefined || parent === null || path === undefined) return;
  const { originals } = parent.$__[STATE] ?? { originals: undefined };
  if (originals?.has(path) === true) return;
  capture(parent, path, 'array');
}

/** Where a subdocument stands in its parent: the path of its array, of its Map value, or its own. */
export function pathInParent(doc: Doc): string | undefined {
  if (doc.$isDocumentArrayElement === true) {
    const array = doc.__parentArray as { $path?: () => string } | undefined;
    return array?.$path?.();
  }
  return doc.$basePath;
}

/** A path with those of all parents before it, without indexes. */
export function schemaPathFromRoot(doc: Doc, path: string): string {
  let current = doc;
  let full = path;
  for (let depth = 0; current.$isSubdocument === true && depth < 1000; depth++) {
    const own = pathInParent(current);
    const parent = current.$parent?.();
    if (own === undefined || parent === undefined || parent === null) break;
    full = `${own}.${full}`;
    current = parent;
  }
  return full;
}

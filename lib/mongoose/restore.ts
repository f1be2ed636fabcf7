/** Putting values back as Mongoose holds them, without casting through setters and without validators. */
import type { DocumentState } from '../document/state';
import { child, has, isContainer, keysOf, read, revertOrder, revive as refill } from '../tracker/plain-data';
import { detach, keep, put } from '../values/clone';
import { equal, holdsNothing } from '../values/equal';
import { isPlainObject, kindOf } from '../values/kind';
import { isAtOrBelow } from '../values/path';
import { copyDefaults } from './adopt';
import { captureEntry, captureNewKeys, stateOf } from './capture';
import { getRaw, holdsOthers, idKey, mongooseHost, putRaw } from './host';
import {
  STATE,
  asMongooseArray,
  isDocument,
  isSubdocument,
  setPathState,
  type Doc,
  type MongooseArrayInternals,
  type SchemaTypeInternals,
} from './internals';
import { fieldsBefore } from './part';
import { typeAt, valuePaths } from './schema-facts';

/** How much of what stands at a path is wanted back. */
export type Wanted = (path: string) => 'all' | 'below' | 'no';

interface Caster extends SchemaTypeInternals {
  cast(value: unknown, doc: Doc, init: boolean): unknown;
}

function casterAt(doc: Doc, path: string): Caster | undefined {
  return typeAt(doc.$__schema, path) as Caster | undefined;
}

/** A live value for a path from a kept one. Arrays and Maps that still stand there are filled again. */
export function revive(doc: Doc, path: string, kept: unknown): unknown {
  const live = getRaw(doc, path);
  if (kept === null || typeof kept !== 'object') return kept;
  if (isSubdocument(kept)) {
    attach(kept, doc);
    return kept;
  }
  const type = casterAt(doc, path);
  const kind = kindOf(kept);
  // Plain data where a subdocument stands: put together from what a partial save sent.
  if (type?.$isSingleNested === true) return type.cast(detach(kept, mongooseHost, 'original'), doc, true);
  if (kind === 'array' && type !== undefined) {
    const array = asMongooseArray(live) ?? asMongooseArray(type.cast([], doc, true));
    if (array === undefined) return detach(kept, mongooseHost, 'original');
    fillArray(array, kept as unknown[], doc);
    return array;
  }
  if (kind === 'map' && type !== undefined) {
    const map = live instanceof Map ? live : (type.cast({}, doc, true) as Map<unknown, unknown>);
    fillMap(map, kept as Map<unknown, unknown>, doc, `${path}.`);
    return map;
  }
  if (kind === 'binary' && type !== undefined) return type.cast(detach(kept), doc, true);
  return refill(kept, mongooseHost);
}

function fillArray(array: MongooseArrayInternals, kept: readonly unknown[], doc: Doc): void {
  const raw = array.__array ?? array;
  const documents = populatedById(raw);
  raw.length = 0;
  kept.forEach((item, i) => {
    raw[i] = reviveElement(item, i, array, documents, doc);
  });
  const atomics = array.$atomics();
  for (const key of Object.keys(atomics)) delete atomics[key];
}

function reviveElement(
  item: unknown,
  index: number,
  array: MongooseArrayInternals,
  documents: ReadonlyMap<string | undefined, unknown>,
  doc: Doc,
): unknown {
  const known = documents.get(idKey(item));
  if (known !== undefined) return known;
  const element = isPlainObject(item) ? castElement(item, array, doc) : item;
  if (!isSubdocument(element)) return reviveItem(item, array, doc);
  (element as unknown as { __parentArray: unknown }).__parentArray = array;
  setIndex(element, index);
  attach(element, doc);
  return element;
}

/** Plain data where subdocuments stand: put together from what a partial save sent. */
function castElement(item: Record<string, unknown>, array: MongooseArrayInternals, doc: Doc): unknown {
  const type = casterAt(doc, array.$path());
  if (type?.$isMongooseDocumentArray !== true) return undefined;
  return (type.cast([detach(item, mongooseHost, 'original')], doc, true) as unknown[])[0];
}

function setIndex(element: unknown, index: number): void {
  (element as { $setIndex?: (index: number) => void } | null | undefined)?.$setIndex?.(index);
}

/** An element that is an array itself must be one of Mongoose's again. */
function reviveItem(item: unknown, array: MongooseArrayInternals, doc: Doc): unknown {
  if (!Array.isArray(item)) return refill(item, mongooseHost);
  const cast = (array as unknown as { _cast?: (value: unknown, index: number) => unknown })._cast;
  const made = cast?.call(array, [], 0);
  const inner = asMongooseArray(made);
  if (inner === undefined) return refill(item, mongooseHost);
  fillArray(inner, item as unknown[], doc);
  return inner;
}

function populatedById(items: readonly unknown[]): Map<string | undefined, unknown> {
  const documents = new Map<string | undefined, unknown>();
  for (const item of items)
    if (isDocument(item) && item.$isSubdocument !== true) documents.set(idKey(item._doc['_id']), item);
  documents.delete(undefined);
  return documents;
}

function fillMap(map: Map<unknown, unknown>, kept: Map<unknown, unknown>, doc: Doc, prefix: string): void {
  // `Map.prototype` directly: Mongoose's own methods would cast and mark.
  Map.prototype.clear.call(map);
  const type = mapType(map);
  for (const [key, item] of kept)
    Map.prototype.set.call(map, key, reviveMapValue(type, item, doc, prefix + String(key)));
}

function mapType(map: Map<unknown, unknown>): Caster | undefined {
  return (map as unknown as { $__schemaType?: Caster }).$__schemaType;
}

function reviveMapValue(type: Caster | undefined, item: unknown, doc: Doc, path: string): unknown {
  if (isSubdocument(item)) {
    attach(item, doc);
    return item;
  }
  // Free data has nothing to be cast to, and is the user's own object.
  if (item === null || typeof item !== 'object' || type === undefined || type.instance === 'Mixed')
    return refill(item, mongooseHost);
  return castMapValue(type, detach(item, mongooseHost, 'original'), doc, path);
}

function castMapValue(type: Caster, value: unknown, doc: Doc, path: string): unknown {
  return (type.cast as (...args: unknown[]) => unknown).call(type, value, doc, true, undefined, { path });
}

function attach(subdocument: Doc, parent: Doc): void {
  const set = (subdocument as unknown as { $__setParent?: (parent: Doc) => void }).$__setParent;
  if (subdocument.$parent?.() !== parent) set?.call(subdocument, parent);
}

/**
 * Puts the originals of a (sub)document back that a filter lets through, with everything that hangs on them: marks, pending
 * array operations and increments, validation errors, populated documents.
 */
export function revertDocument(doc: Doc, wanted: Wanted): void {
  const state = doc.$__[STATE];
  if (state === undefined) return;
  captureNewKeys(doc, state);
  for (const path of [...state.originals.keys()].sort()) {
    const entry = state.originals.get(path);
    const scope = wanted(path);
    if (entry === undefined || scope === 'no') continue;
    if (scope === 'all' || !hasParts(getRaw(doc, path))) {
      revertEntry(doc, path, entry.known ? entry.original : undefined);
      setState(doc, path, entry.prior);
      const raw = getRaw(doc, path);
      if (entry.known && raw !== null && typeof raw === 'object') {
        state.originals.set(path, {
          ...entry,
          original: keep(raw, mongooseHost),
          forced: false,
          assigned: false,
          dirty: false,
        });
      } else {
        state.originals.delete(path);
      }
      state.assigned?.delete(path);
    } else {
      revertBelow(doc, path, wanted);
    }
  }
  if (state.assigned !== undefined)
    for (const nested of [...state.assigned]) if (wanted(nested) === 'all') state.assigned.delete(nested);
  revertNested(doc, state, wanted);
  for (const mark of Object.keys(doc.$__.activePaths.states['modify'] ?? {})) {
    if (doc.$__schema.nested[mark] === true && wanted(mark) === 'all' && !doc.$isNew)
      setPathState(doc.$__.activePaths, mark, undefined);
  }
}

/** Nested objects that no field of theirs has brought back, or taken away: null, or empty. Parents come first. */
function revertNested(doc: Doc, state: DocumentState, wanted: Wanted): void {
  for (const path of [...(state.nested?.keys() ?? [])].sort()) {
    if (wanted(path) !== 'all') continue;
    const was = state.nested?.get(path);
    // Null has an original of its own.
    if (was !== undefined && was !== null) putNested(doc, path, was);
    state.nested?.delete(path);
  }
}

/** Makes a nested object, or takes an empty one away, as it was; `before` is called if there is something to do. */
export function putNested(doc: Doc, path: string, was: boolean | null, before?: () => void): void {
  const raw = getRaw(doc, path);
  const value = was === null ? null : was ? {} : undefined;
  if (was === null ? raw === null : was ? isPlainObject(raw) : raw !== null && !holdsNothing(raw, true)) return;
  if (value === raw) return;
  before?.();
  putRaw(doc, path, value);
}

function revertEntry(doc: Doc, path: string, original: unknown): void {
  revertSubdocuments(original);
  const raw = getRaw(doc, path);
  if (!equal(original, raw, mongooseHost) || original !== raw) {
    if (!equal(original, raw, mongooseHost)) dropPopulated(doc, path, original);
    if (needsPutting(original, raw)) putRaw(doc, path, revive(doc, path, original));
  }
  const increments = doc.$__.primitiveAtomics;
  if (increments !== undefined) delete increments[path];
  const atomics = asMongooseArray(getRaw(doc, path))?.$atomics();
  if (atomics !== undefined) for (const key of Object.keys(atomics)) delete atomics[key];
  dropErrors(doc, path);
}

/** An equal value keeps its instance; but one that holds other subdocuments gets the old ones back. */
export function needsPutting(original: unknown, raw: unknown): boolean {
  return !equal(original, raw, mongooseHost) || holdsOthers(original, raw);
}

/** Subdocuments in a kept value are the very instances: they revert themselves. */
function revertSubdocuments(value: unknown, depth = 0): void {
  if (value === null || typeof value !== 'object' || depth > 50) return;
  if (isSubdocument(value)) revertDocument(value, () => 'all');
  else if (Array.isArray(value)) for (const item of value as unknown[]) revertSubdocuments(item, depth + 1);
  else if (value instanceof Map) for (const item of value.values()) revertSubdocuments(item, depth + 1);
}

export function dropPopulated(doc: Doc, path: string, original: unknown): void {
  const { populated } = doc.$__;
  if (populated === undefined || !Object.hasOwn(populated, path)) return;
  if (Array.isArray(original)) {
    const documents = populatedById(mongooseHost.plain(getRaw(doc, path) as object) as unknown[]);
    const all = original.every((item) => documents.has(idKey(item)));
    if (all) {
      const entry = populated[path];
      if (entry !== undefined) entry.value = original.slice();
      return;
    }
    // Some of the documents are gone: ids for all, not a mixture.
    const array = asMongooseArray(getRaw(doc, path));
    const raw = array?.__array;
    if (raw !== undefined) raw.length = 0;
  }
  delete populated[path];
}

export function dropErrors(doc: Doc, path: string): void {
  // Mongoose 8 casts a nested object before the fields in it: its error goes with what came of it.
  const restored = (key: string): boolean =>
    isAtOrBelow(key, path) || (doc.$__schema.nested[key] === true && isAtOrBelow(path, key));
  const errors = doc.$__.validationError?.errors;
  if (errors !== undefined) for (const key of Object.keys(errors)) if (restored(key)) doc.$markValid(key);
  doc.$markValid(path);
  // What a failed save left for the user to read; the next one would take it away.
  const { $errors } = doc;
  if ($errors === undefined) return;
  const left = Object.entries($errors).filter(([key]) => !restored(key));
  doc.$errors = left.length === 0 ? undefined : Object.fromEntries(left);
}

function setState(doc: Doc, path: string, prior: string | undefined): void {
  if (doc.$isNew) return;
  const { activePaths } = doc.$__;
  setPathState(activePaths, path, prior);
  for (const mark of Object.keys(activePaths.states['modify'] ?? {})) {
    if (mark.startsWith(`${path}.`)) setPathState(activePaths, mark, undefined);
  }
  // Defaults that a replaced subdocument brought along go with it; those that were pending are again.
  copyDefaults(doc, path, getRaw(doc, path));
}

/** Only something below an entry is wanted: within a subdocument, or within a container. */
function revertBelow(doc: Doc, path: string, wanted: Wanted): void {
  const entry = stateOf(doc).originals.get(path);
  if (entry?.known === true) walkBelow(getRaw(doc, path), entry.original, path, wanted, doc);
}

function hasParts(value: unknown): value is object {
  return isContainer(value) || isSubdocument(value);
}

function walkBelow(live: unknown, original: unknown, path: string, wanted: Wanted, doc: Doc): void {
  if (isSubdocument(live)) {
    const inner: Wanted = (item) => wanted(`${path}.${item}`);
    if (live === original) revertDocument(live, inner);
    else revertFields(live, fieldsBefore(original) ?? {}, inner);
    return;
  }
  const value = isContainer(live) ? mongooseHost.plain(live) : undefined;
  if (!isContainer(value)) return;
  const keys = new Set([...keysOf(value), ...(isContainer(original) ? keysOf(original) : [])]);
  const { present, added } = revertOrder([...keys], (key) => has(original, [key]));
  for (const key of [...present, ...added]) {
    const below = `${path}.${key}`;
    const scope = wanted(below);
    if (scope === 'no') continue;
    const from = child(original, key);
    const to = child(value, key);
    if (scope === 'below') {
      walkBelow(to, from, below, wanted, doc);
    } else if (isSubdocument(to) && to === from) {
      revertDocument(to, () => 'all');
    } else if (!putInto(live, key, original, doc, below)) {
      return;
    }
    if (scope === 'all') dropErrors(doc, below);
  }
}

/** Parts of a subdocument that another one, or none, stood in the place of. */
function revertFields(live: Doc, before: Record<string, unknown>, wanted: Wanted): void {
  for (const path of valuePaths(live)) {
    const scope = wanted(path);
    if (scope === 'no') continue;
    const from = read(before, path.split('.'));
    const to = getRaw(live, path);
    captureEntry(live, path, 'array');
    if (scope === 'all' || !hasParts(to)) revertEntry(live, path, from);
    else walkBelow(to, from, path, wanted, live);
  }
}

/** @returns false if the whole container came back, since the part cannot stand in it as it is */
function putInto(live: unknown, key: string, original: unknown, doc: Doc, path: string): boolean {
  const from = child(original, key);
  revertSubdocuments(from);
  const container = mongooseHost.plain(live as object);
  if (container instanceof Map) {
    if (has(original, [key]))
      Map.prototype.set.call(container, key, reviveMapValue(mapType(container), from, doc, path));
    else Map.prototype.delete.call(container, key);
  } else if (Array.isArray(container)) {
    return putElement(live as unknown[], container as unknown[], Number(key), original as unknown[], doc);
  } else if (from === undefined) {
    delete (container as Record<string, unknown>)[key];
  } else {
    put(container as Record<string, unknown>, key, refill(from, mongooseHost));
  }
  return true;
}

function putElement(live: unknown[], raw: unknown[], index: number, original: unknown[], doc: Doc): boolean {
  const array = asMongooseArray(live);
  if (index >= original.length) {
    const [taken] = raw.splice(index, 1);
    if (array !== undefined) dropPending(array, taken);
    for (let i = index; i < raw.length; i++) setIndex(raw[i], i);
    return true;
  }
  const documents = populatedById(raw);
  // Nothing can stand behind a gap, and ids cannot stand between documents.
  const whole = index > raw.length || (documents.size > 0 && !documents.has(idKey(original[index])));
  if (array === undefined) {
    if (whole) refill(original, mongooseHost);
    else raw[index] = refill(original[index], mongooseHost);
  } else if (whole) {
    revertSubdocuments(original);
    dropPopulated(doc, array.$path(), original);
    fillArray(array, original, doc);
  } else {
    raw[index] = reviveElement(original[index], index, array, documents, doc);
  }
  return !whole;
}

/** An element that is taken out of an array again is not pushed. */
function dropPending(array: MongooseArrayInternals, element: unknown): void {
  const atomics = array.$atomics();
  for (const [operator, pending] of Object.entries(atomics)) {
    const items =
      operator === '$push' ? (pending as { $each?: unknown }).$each : operator === '$addToSet' ? pending : [];
    const at = Array.isArray(items) ? items.findIndex((item) => isSamePushed(item, element)) : -1;
    if (at === -1) continue;
    (items as unknown[]).splice(at, 1);
    if ((items as unknown[]).length === 0) delete atomics[operator];
  }
}

function isSamePushed(item: unknown, element: unknown): boolean {
  return item === element || (!isSubdocument(element) && equal(item, element, mongooseHost));
}

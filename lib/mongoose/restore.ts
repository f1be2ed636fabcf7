/** Putting values back as Mongoose holds them, without casting through setters and without validators. */
import { detach, keep } from '../values/clone';
import { equal } from '../values/equal';
import { isPlainObject, kindOf } from '../values/kind';
import { isAtOrBelow } from '../values/path';
import { captureNewKeys, stateOf } from './capture';
import { getRaw, mongooseHost, putRaw } from './host';
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
import { typeAt } from './schema-facts';

interface Caster {
  cast(value: unknown, doc: Doc, init: boolean): unknown;
}

/** A live value for a path from a kept one. Arrays and Maps that still stand there are filled again. */
export function revive(doc: Doc, path: string, kept: unknown): unknown {
  const live = getRaw(doc, path);
  if (kept === null || typeof kept !== 'object') return kept;
  if (isSubdocument(kept)) {
    attach(kept, doc);
    return kept;
  }
  const type = typeAt(doc.$__schema, path) as unknown as (Caster & SchemaTypeInternals) | undefined;
  const kind = kindOf(kept);
  // Plain data where subdocuments stand: given to `rebase()`, or put together from what a partial save sent.
  const foreign =
    type?.$isSingleNested === true ||
    (type?.$isMongooseDocumentArray === true && (kept as unknown[]).some((item) => isPlainObject(item)));
  if (type !== undefined && foreign) return type.cast(detach(kept, mongooseHost, 'original'), doc, true);
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
  return detach(kept, mongooseHost, 'original');
}

function fillArray(array: MongooseArrayInternals, kept: readonly unknown[], doc: Doc): void {
  const raw = array.__array ?? array;
  const documents = populatedById(raw);
  raw.length = 0;
  kept.forEach((item, i) => {
    if (isSubdocument(item)) {
      const own = item as unknown as { __parentArray: unknown; $setIndex?: (index: number) => void };
      own.__parentArray = array;
      own.$setIndex?.(i);
      attach(item, doc);
      raw.push(item);
      return;
    }
    raw.push(documents.get(idKey(item)) ?? reviveItem(item, array, doc));
  });
  const atomics = array.$atomics();
  for (const key of Object.keys(atomics)) delete atomics[key];
}

/** An element that is an array itself must be one of Mongoose's again. */
function reviveItem(item: unknown, array: MongooseArrayInternals, doc: Doc): unknown {
  if (!Array.isArray(item)) return detach(item, mongooseHost, 'original');
  const cast = (array as unknown as { _cast?: (value: unknown, index: number) => unknown })._cast;
  const made = cast?.call(array, [], 0);
  const inner = asMongooseArray(made);
  if (inner === undefined) return detach(item, mongooseHost, 'original');
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

function idKey(value: unknown): string | undefined {
  return value === null || value === undefined || Array.isArray(value) || isPlainObject(value)
    ? undefined
    : // ObjectId, UUID and the like print as their value.
      // eslint-disable-next-line @typescript-eslint/no-base-to-string -- objects without a text of their own are no ids
      String(value);
}

function fillMap(map: Map<unknown, unknown>, kept: Map<unknown, unknown>, doc: Doc, prefix: string): void {
  // `Map.prototype` directly: Mongoose's own methods would cast and mark.
  Map.prototype.clear.call(map);
  const type = (map as unknown as { $__schemaType?: Caster }).$__schemaType;
  for (const [key, item] of kept) {
    let value: unknown;
    if (isSubdocument(item)) {
      attach(item, doc);
      value = item;
    } else {
      const plain = detach(item, mongooseHost, 'original');
      value =
        plain !== null && typeof plain === 'object' && type !== undefined
          ? castMapValue(type, plain, doc, prefix + String(key))
          : plain;
    }
    Map.prototype.set.call(map, key, value);
  }
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
export function revertDocument(doc: Doc, wanted: (path: string) => 'all' | 'below' | 'no'): void {
  const state = doc.$__[STATE];
  if (state === undefined) return;
  captureNewKeys(doc, state);
  for (const path of [...state.originals.keys()].sort()) {
    const entry = state.originals.get(path);
    const scope = wanted(path);
    if (entry === undefined || scope === 'no') continue;
    if (scope === 'all' || !isContainer(getRaw(doc, path))) {
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
      } else if (entry.unsure) {
        // Perhaps the database holds what was sent, and not this original.
        state.originals.set(path, { ...entry, forced: false, assigned: false, dirty: false });
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
  for (const mark of Object.keys(doc.$__.activePaths.states['modify'] ?? {})) {
    if (doc.$__schema.nested[mark] === true && wanted(mark) === 'all' && !doc.$isNew)
      setPathState(doc.$__.activePaths, mark, undefined);
  }
}

function isContainer(value: unknown): boolean {
  return value !== null && typeof value === 'object' && ['array', 'map', 'object'].includes(kindOf(value));
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
function needsPutting(original: unknown, raw: unknown): boolean {
  if (!equal(original, raw, mongooseHost)) return true;
  if (isSubdocument(original)) return original !== raw;
  if (Array.isArray(original) && Array.isArray(raw)) {
    const items = mongooseHost.plain(raw) as unknown[];
    return original.some((item, i) => isSubdocument(item) && item !== items[i]);
  }
  if (original instanceof Map && raw instanceof Map) {
    return [...original].some(([key, item]) => isSubdocument(item) && item !== Map.prototype.get.call(raw, key));
  }
  return false;
}

/** Subdocuments in a kept value are the very instances: they revert themselves. */
function revertSubdocuments(value: unknown, depth = 0): void {
  if (value === null || typeof value !== 'object' || depth > 50) return;
  if (isSubdocument(value)) revertDocument(value, () => 'all');
  else if (Array.isArray(value)) for (const item of value as unknown[]) revertSubdocuments(item, depth + 1);
  else if (value instanceof Map) for (const item of value.values()) revertSubdocuments(item, depth + 1);
}

function dropPopulated(doc: Doc, path: string, original: unknown): void {
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

function dropErrors(doc: Doc, path: string): void {
  const errors = doc.$__.validationError?.errors;
  if (errors !== undefined) for (const key of Object.keys(errors)) if (isAtOrBelow(key, path)) doc.$markValid(key);
  doc.$markValid(path);
}

function setState(doc: Doc, path: string, prior: string | undefined): void {
  if (doc.$isNew) return;
  const { activePaths } = doc.$__;
  setPathState(activePaths, path, prior);
  for (const mark of Object.keys(activePaths.states['modify'] ?? {})) {
    if (mark.startsWith(`${path}.`)) setPathState(activePaths, mark, undefined);
  }
  // Defaults that a replaced subdocument brought along go with it.
  for (const below of Object.keys(activePaths.states['default'] ?? {})) {
    if (below.startsWith(`${path}.`)) setPathState(activePaths, below, undefined);
  }
}

/** Only something below an entry is wanted: within a subdocument, or within a container. */
function revertBelow(doc: Doc, path: string, wanted: (path: string) => 'all' | 'below' | 'no'): void {
  const entry = stateOf(doc).originals.get(path);
  const raw = getRaw(doc, path);
  if (entry === undefined) return;
  if (!entry.known) return;
  walkBelow(mongooseHost.plain(raw as object), entry.original, path, wanted, doc);
}

function walkBelow(
  value: unknown,
  original: unknown,
  path: string,
  wanted: (path: string) => 'all' | 'below' | 'no',
  doc: Doc,
): void {
  if (value === null || typeof value !== 'object') return;
  if (isSubdocument(value)) {
    revertDocument(value, (inner) => wanted(`${path}.${inner}`));
    return;
  }
  const keys = value instanceof Map ? [...value.keys()].map(String) : Object.keys(value);
  const before = original !== null && typeof original === 'object' ? original : {};
  const known = before instanceof Map ? [...before.keys()].map(String) : Object.keys(before);
  for (const key of new Set([...keys, ...known])) {
    const scope = wanted(`${path}.${key}`);
    if (scope === 'no') continue;
    const from: unknown = before instanceof Map ? before.get(key) : (before as Record<string, unknown>)[key];
    const to =
      value instanceof Map ? (Map.prototype.get.call(value, key) as unknown) : (value as Record<string, unknown>)[key];
    if (isSubdocument(to) && to === from) {
      if (scope === 'all') revertDocument(to, () => 'all');
      else walkBelow(to, from, `${path}.${key}`, wanted, doc);
    } else if (scope === 'all') {
      putInto(value, key, from, doc);
    } else {
      const inner = to !== null && typeof to === 'object' ? mongooseHost.plain(to) : to;
      walkBelow(inner, from, `${path}.${key}`, wanted, doc);
    }
  }
}

function putInto(container: object, key: string, from: unknown, doc: Doc): void {
  if (isSubdocument(from)) {
    revertDocument(from, () => 'all');
    attach(from, doc);
  }
  const value = isSubdocument(from) ? from : detach(from, mongooseHost, 'original');
  if (container instanceof Map) {
    if (value === undefined) Map.prototype.delete.call(container, key);
    else Map.prototype.set.call(container, key, value);
  } else if (Array.isArray(container)) {
    if (Number(key) < container.length) container[Number(key)] = value;
  } else if (value === undefined) {
    delete (container as Record<string, unknown>)[key];
  } else {
    (container as Record<string, unknown>)[key] = value;
  }
}

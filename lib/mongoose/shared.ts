/**
 * A subdocument is held by reference where it is a part of an original, and keeps originals of its own. Once it is no longer in
 * the document nobody reads it, but what it holds may live on: `doc.sub = { ...doc.sub }` takes over its very Map, Mixed value and
 * Date, `toObject()` copies a Map shallowly, and the user may put the subdocument itself back. So when it leaves it keeps all
 * that could change in place. It costs what keeping its values as one original would.
 */
import type { Entry } from '../document/state';
import { isObject } from '../values/kind';
import { isIndex, overlaps } from '../values/path';
import { captureEntry, captureNewKeys } from './capture';
import { getRaw, mongooseHost, valueAt } from './host';
import { STATE, isSubdocument, type Doc, type SchemaInternals } from './internals';
import { baselineOf } from './part';
import { isMutableType } from './schema-facts';

/** Subdocuments that were made from a value, not loaded. */
const made = new WeakSet<object>();

/** Called where a document is made from a value. */
export function remember(doc: Doc): void {
  if (doc.$isSubdocument === true) made.add(doc);
}

/** A Map marks nothing when it gets an equal value: the subdocument that stood there keeps its values when the new one is read. */
export function keepBefore(doc: Doc): void {
  if (!made.has(doc)) return;
  const before = baselineOf(doc);
  if (before !== doc && isSubdocument(before)) keepAll(before);
}

/** Before a path is marked: an array marks an index and then writes to it. */
export function keepLeaving(doc: Doc, path: string): void {
  if (isIndex(path.slice(path.lastIndexOf('.') + 1))) keepAll(valueAt(doc, path));
}

/** After something was written at a path, by an assignment or by a method of a container: what is no longer there. */
export function keepLeft(doc: Doc, path: string): void {
  const originals = doc.$__[STATE]?.originals;
  if (originals === undefined) return;
  const entry = originals.get(path);
  if (entry !== undefined) keepReplaced(doc, path, entry);
  else for (const [key, other] of originals) if (overlaps(key, path)) keepReplaced(doc, key, other);
}

function keepReplaced(doc: Doc, path: string, { original }: Entry): void {
  if (isObject(original)) keepMissing(original, getRaw(doc, path));
}

function keepMissing(original: unknown, now: unknown): void {
  if (!isObject(original) || original === now) return;
  if (Array.isArray(original)) {
    const items = Array.isArray(now) ? (mongooseHost.plain(now) as unknown[]) : [];
    keepMissingItems(original, items);
  } else if (original instanceof Map) {
    for (const [key, item] of original) {
      if (!isObject(item)) return;
      keepMissing(item, now instanceof Map ? Map.prototype.get.call(now, key) : undefined);
    }
  } else keepAll(original);
}

function keepMissingItems(original: readonly unknown[], items: readonly unknown[]): void {
  let present: Set<unknown> | undefined;
  for (let i = 0; i < original.length; i++) {
    const item = original[i];
    if (item === items[i] || item === null || item === undefined) continue;
    // Kept copies of arrays are others than those in the document; all else is no array of subdocuments.
    if (Array.isArray(item)) keepMissing(item, items[i]);
    else if (!isSubdocument(item)) return;
    // Moved, it is still read where it is.
    else if (!(present ??= new Set(items)).has(item)) keepAll(item);
  }
}

/** Keeps all that can change in place in the subdocuments in a value. */
export function keepAll(value: unknown): void {
  if (!isObject(value)) return;
  if (isSubdocument(value)) {
    const state = value.$__[STATE];
    if (state !== undefined) captureNewKeys(value, state);
    const { inPlace, inside } = pathsOf(value.$__schema);
    for (const path of inPlace) if (isObject(getRaw(value, path))) captureEntry(value, path, 'read');
    for (const path of inside) keepAll(getRaw(value, path));
  } else if (Array.isArray(value)) {
    for (const item of mongooseHost.plain(value) as unknown[]) {
      if (item === null || item === undefined) continue;
      // Either all of them are subdocuments, or none is.
      if (!isSubdocument(item) && !Array.isArray(item)) return;
      keepAll(item);
    }
  } else if (value instanceof Map) {
    Map.prototype.forEach.call(value, keepAll);
  }
}

interface SubdocumentPaths {
  /** Paths whose values can be changed in place. */
  readonly inPlace: readonly string[];
  /** Paths that can hold subdocuments. */
  readonly inside: readonly string[];
}

const known = new WeakMap<SchemaInternals, SubdocumentPaths>();

function pathsOf(schema: SchemaInternals): SubdocumentPaths {
  let paths = known.get(schema);
  if (paths === undefined) {
    const own = Object.keys(schema.paths).filter((path) => !path.endsWith('.$*'));
    const inPlace = own.filter((path) => isMutableType(schema.paths[path]));
    const inside = own.filter((path) => {
      const type = schema.paths[path];
      return type?.$isSingleNested === true || type?.$isMongooseArray === true || type?.$isSchemaMap === true;
    });
    paths = { inPlace, inside };
    known.set(schema, paths);
  }
  return paths;
}

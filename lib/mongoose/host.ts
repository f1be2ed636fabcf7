import type { Host } from '../values/host';
import { isPlainObject } from '../values/kind';
import { STATE, isDocument, isSubdocument, type Doc } from './internals';

/** Values as Mongoose holds them: array proxies, subdocuments, populated documents. */
export const mongooseHost: Host = {
  plain(value) {
    if (Array.isArray(value)) return (value as unknown as { __array?: unknown[] }).__array ?? (value as unknown[]);
    if (!isDocument(value) || value.$isSubdocument === true) return value;
    // A populated document stands for its id; any other document inside Mixed is stored by its `toBSON()`.
    const populated = value.$__.wasPopulated as { value?: unknown } | boolean | undefined;
    if (!populated) return value;
    // A subdocument with a `ref` may be populated as well: it stands for itself then (gh-10856).
    return (typeof populated === 'object' ? populated.value : undefined) ?? value._doc['_id'] ?? value;
  },
  keepsOriginals: (value) => isSubdocument(value),
  currentFields: (value) => (value as Doc)._doc,
  originalFields: (value) => originalFields(value as Doc),
};

/** Does a value hold other instances of subdocuments than its kept original? */
export function holdsOthers(original: unknown, raw: unknown): boolean {
  if (isSubdocument(original)) return original !== raw;
  if (Array.isArray(original) && Array.isArray(raw)) {
    const items = mongooseHost.plain(raw) as unknown[];
    return original.some((item, i) => isSubdocument(item) && item !== items[i]);
  }
  return (
    original instanceof Map &&
    raw instanceof Map &&
    [...original].some(([key, item]) => isSubdocument(item) && item !== Map.prototype.get.call(raw, key))
  );
}

/** The raw value at a path of one (sub)document, through nested objects only: never into another subdocument. */
export function getRaw(doc: Doc, path: string): unknown {
  if (!path.includes('.')) return doc._doc[path];
  let current: unknown = doc._doc;
  for (const part of path.split('.')) {
    if (!isPlainObject(current)) return undefined;
    current = current[part];
  }
  return current;
}

/** The value at a path, through subdocuments, arrays and Maps. */
export function valueAt(doc: Doc, path: string): unknown {
  return (doc as unknown as { $__getValue(path: string): unknown }).$__getValue(path);
}

/** Puts a raw value at a path of one (sub)document, without setters; `undefined` takes the key away. */
export function putRaw(doc: Doc, path: string, value: unknown): void {
  const parts = path.split('.');
  let parent = doc._doc;
  for (let i = 0; i < parts.length - 1; i++) {
    const key = parts[i] as string;
    if (!isPlainObject(parent[key])) {
      if (value === undefined) return;
      parent[key] = {};
    }
    parent = parent[key] as Record<string, unknown>;
  }
  const last = parts[parts.length - 1] as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

/** Is there a nested object at a path (`true`), nothing (`false`), or null? */
export function nestedAt(doc: Doc, path: string): boolean | null {
  const raw = getRaw(doc, path);
  return isPlainObject(raw) ? true : raw === undefined ? false : null;
}

/** The fields of a (sub)document as they were at the baseline: what it holds, with its originals laid over. */
export function originalFields(doc: Doc): Record<string, unknown> {
  const state = doc.$__[STATE];
  if (state === undefined || state.originals.size === 0) return doc._doc;
  const { originals } = state;
  const fields = { ...doc._doc };
  const copied = new Set<object>([fields]);
  // No field says of an empty nested object whether it was there before null took its place.
  for (const [path, was] of state.nested ?? [])
    if (was !== null && getRaw(doc, path) === null) layOver(fields, path.split('.'), was ? {} : undefined, copied);
  for (const [path, entry] of originals) {
    if (path.includes('.') && hasParentEntry(originals, path)) continue;
    layOver(fields, path.split('.'), entry.known ? entry.original : undefined, copied);
  }
  return fields;
}

/** Was a nested object above the path not an object (null)? Then there was nothing below it. */
function hasParentEntry(originals: ReadonlyMap<string, unknown>, path: string): boolean {
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1))
    if (originals.has(path.slice(0, dot))) return true;
  return false;
}

function layOver(fields: Record<string, unknown>, parts: readonly string[], value: unknown, copied: Set<object>): void {
  let parent = fields;
  for (let i = 0; i < parts.length - 1; i++) {
    const key = parts[i] as string;
    let next = parent[key];
    if (!isPlainObject(next)) {
      if (value === undefined) return;
      next = {};
    }
    if (!copied.has(next as object)) {
      next = { ...(next as object) };
      copied.add(next as object);
      parent[key] = next;
    }
    parent = next as Record<string, unknown>;
  }
  const last = parts[parts.length - 1] as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

/** The document at the top of a tree of subdocuments. Not `ownerDocument()`: it caches, also while `$clone()` builds (gh-15954). */
export function rootOf(doc: Doc): Doc {
  let current = doc;
  for (let depth = 0; current.$isSubdocument === true && depth < 1000; depth++) {
    const parent = current.$parent?.();
    if (parent === undefined || parent === null) break;
    current = parent;
  }
  return current;
}

/** What tells documents and ids apart: an `_id`, or an id that stands for its document, as text. */
export function idKey(value: unknown): string | undefined {
  return value === null || value === undefined || Array.isArray(value) || isPlainObject(value)
    ? undefined
    : // ObjectId, UUID and the like print as their value.
      // eslint-disable-next-line @typescript-eslint/no-base-to-string -- objects without a text of their own are no ids
      String(value);
}

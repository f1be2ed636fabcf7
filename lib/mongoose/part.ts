/** A subdocument as a part of its root: where it stands, and what stood there at the baseline. */
import { changesOf } from '../tracker/changes';
import { Comparison, noRules, plainComparingHost } from '../tracker/differences';
import { child, read } from '../tracker/plain-data';
import type { Change } from '../types';
import { plainHost } from '../values/host';
import { isPlainObject } from '../values/kind';
import { isAtOrBelow, join } from '../values/path';
import { pathInParent } from './capture';
import { idKey, mongooseHost, originalFields } from './host';
import { isDocument, type Doc } from './internals';
import { placeOfKey } from './schema-facts';

/** The path of a subdocument from its root, with the indexes where elements really stand; `__index` can be stale (gh-16282). */
export function pathFromRoot(doc: Doc): string {
  const parts: string[] = [];
  let current = doc;
  for (let depth = 0; current.$isSubdocument === true && depth < 1000; depth++) {
    const parent = current.$parent?.();
    if (parent === undefined || parent === null) break;
    parts.unshift(placeInParent(current));
    current = parent;
  }
  return parts.join('.');
}

/** The same from its parent. */
export function placeInParent(doc: Doc): string {
  const path = pathInParent(doc) ?? '';
  return doc.$isDocumentArrayElement === true ? `${path}.${String(indexOf(doc))}` : path;
}

function itemsAround(element: Doc): unknown[] {
  const array = element.__parentArray;
  return array?.__array ?? array ?? [];
}

function indexOf(element: Doc): number {
  return Array.prototype.indexOf.call(itemsAround(element), element);
}

/**
 * What stood in the place of a (sub)document at the baseline: itself, the one that it replaced, or nothing. An element follows
 * its place: where others were added or taken away, it is compared with itself.
 */
export function baselineOf(doc: Doc): unknown {
  const parent = doc.$isSubdocument === true ? doc.$parent?.() : undefined;
  if (parent === undefined || parent === null) return doc;
  let before = baselineOf(parent);
  for (const key of (pathInParent(doc) ?? '').split('.')) before = childBefore(before, key);
  if (doc.$isDocumentArrayElement !== true) return before;
  if (!Array.isArray(before)) return undefined;
  if (before.includes(doc)) return doc;
  const now = itemsAround(doc);
  const replaced: unknown = before[indexOf(doc)];
  return before.length === now.length && !now.includes(replaced) ? replaced : undefined;
}

/** The fields of a value at the baseline, if it has any. */
export function fieldsBefore(value: unknown): Record<string, unknown> | undefined {
  if (isDocument(value)) return originalFields(value);
  return isPlainObject(value) ? value : undefined;
}

/** A child in the state of the baseline. */
export function childBefore(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  const plain = mongooseHost.plain(value);
  return child(isDocument(plain) ? originalFields(plain) : plain, key);
}

/** The fields of a subdocument against those of another one, or of none, in its place. */
export function compareFields(
  doc: Doc,
  before: Record<string, unknown>,
  now: Record<string, unknown>,
  prefix: string,
  nested: string,
  comparison: Comparison,
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const path = join(nested, key);
    const [from, to] = [before[key], now[key]];
    if (doc.$__schema.nested[path] === true && (isPlainObject(from) || isPlainObject(to)))
      compareFields(doc, fieldsBefore(from) ?? {}, fieldsBefore(to) ?? {}, prefix, path, comparison);
    else comparison.value(from, to, join(prefix, path), placeOfKey(doc.$__schema, path));
  }
}

/** Recorded changes as a subdocument sees them: those below it, and its fields where something above changed as a whole. */
export function changesWithin(changes: readonly Change[], doc: Doc, prefix: string): Change[] {
  const depth = prefix.length + 1;
  const own = changes
    .filter(({ path }) => path !== prefix && isAtOrBelow(path, prefix))
    .map((change) => ({ ...change, path: change.path.slice(depth) }));
  const whole = changes.find(({ path }) => isAtOrBelow(prefix, path));
  if (whole === undefined) return own;
  const inner = prefix === whole.path ? [] : prefix.slice(whole.path.length + 1).split('.');
  const to = fieldsBefore(read(whole.to, inner));
  if (to === undefined) return own;
  const comparison = new Comparison(plainComparingHost, noRules);
  compareFields(doc, fieldsBefore(partBefore(whole, inner, to)) ?? {}, to, '', '', comparison);
  return changesOf(comparison.found, plainHost);
}

/** An element is found again by its `_id`. */
function partBefore({ from, to }: Change, inner: readonly string[], now: Record<string, unknown>): unknown {
  if (!Array.isArray(from) || !Array.isArray(to)) return read(from, inner);
  const id = idKey(inner.length === 1 ? now['_id'] : fieldsBefore(to[Number(inner[0])])?.['_id']);
  const element: unknown =
    id === undefined
      ? from.length === to.length && from[Number(inner[0])]
      : from.find((item) => idKey(fieldsBefore(item)?.['_id']) === id);
  return read(element, inner.slice(1));
}

/** The list of dirty paths that Mongoose makes an update from: narrowed to what has to be written. */
import type { DirtyItem } from '../document/state';
import type { Write } from '../tracker/update';
import { detach } from '../values/clone';
import { holdsNothing } from '../values/equal';
import { isAtOrBelow, overlaps } from '../values/path';
import { existingRootState } from './capture';
import { isCovered, prefixes } from './coverage';
import { getRaw, mongooseHost, valueAt } from './host';
import { STATE, asMongooseArray, isDocument, isSubdocument, markedPaths, type Doc } from './internals';
import { isStamped } from './schema-facts';

/** What Mongoose converts documents with before it sends them (`internalToObjectOptions` in `lib/options.js`). */
const TO_OBJECT = {
  depopulate: true,
  transform: false,
  virtuals: false,
  getters: false,
  flattenDecimals: false,
  useProjection: false,
  _isNested: true,
};

export function minimizes(doc: Doc): boolean {
  return doc.$__schema.options.minimize !== false;
}

/** The dirty items for Mongoose: our writes, and the marks of what we know nothing about. */
export function itemsOf(doc: Doc, writes: readonly Write[]): DirtyItem[] {
  const items: DirtyItem[] = [];
  const marks = markedPaths(doc.$__.activePaths);
  for (const write of writes) {
    if (write.op === 'own') items.push(...ownItems(doc, write, marks));
    else items.push({ path: write.path, value: itemValue(doc, write), schema: typeOf(doc, write.path) });
  }
  for (const mark of marks) {
    // Settled, so what we know of and is marked is among the writes, or left for a later save (`pathsToSave`).
    if (items.some((item) => overlaps(item.path, mark)) || isCovered(doc, mark)) continue;
    items.push({ path: mark, value: valueAt(doc, mark), schema: typeOf(doc, mark) });
  }
  for (const path of Object.keys(doc.$__.activePaths.states['default'] ?? {})) {
    const value = valueAt(doc, path);
    if (path === '_id' || value === undefined || value === null || isBelowReplaced(doc, path)) continue;
    if (items.some((item) => overlaps(item.path, path))) continue;
    items.push({ path, value, schema: typeOf(doc, path) });
  }
  const left = withoutNested(items);
  // Mongoose takes such a value out of a finished update, and may leave an empty operator: MongoDB 4.4 refuses that.
  if (minimizes(doc)) for (const item of left) if (isLeftOut(item.value)) item.value = undefined;
  return left;
}

/** A default of a subdocument that replaced another: it was compared with what was there before. */
function isBelowReplaced(doc: Doc, path: string): boolean {
  const originals = doc.$__[STATE]?.originals;
  return prefixes(path).some((prefix) => {
    const entry = prefix === path ? undefined : originals?.get(prefix);
    return entry?.known === true && entry.original !== getRaw(doc, prefix);
  });
}

/** Prefix-free: a path below another one that is written says nothing more. */
function withoutNested(items: DirtyItem[]): DirtyItem[] {
  if (items.length < 2) return items;
  const paths = new Set(items.map((item) => item.path));
  return items.filter((item) => {
    let dot = item.path.indexOf('.');
    while (dot !== -1) {
      if (paths.has(item.path.slice(0, dot))) {
        const top = items.find((other) => other.path === item.path.slice(0, dot));
        // As Mongoose does: an array with pending operations and a change below it can only be written whole.
        const atomics = asMongooseArray(top?.value)?.$atomics();
        if (atomics !== undefined && Object.keys(atomics).length > 0 && top !== undefined)
          top.value = wholeArray(top.value);
        return false;
      }
      dot = item.path.indexOf('.', dot + 1);
    }
    return true;
  });
}

function ownItems(doc: Doc, write: Write, marks: readonly string[]): DirtyItem[] {
  if (write.whole) {
    const value = valueAt(doc, write.path);
    return [{ path: write.path, value: wholeArray(value), schema: typeOf(doc, write.path) }];
  }
  const exact = marks.includes(write.path);
  const below = exact ? [] : marks.filter((mark) => isAtOrBelow(mark, write.path));
  if (below.length === 0)
    return [{ path: write.path, value: valueAt(doc, write.path), schema: typeOf(doc, write.path) }];
  return below.map((path) => ({ path, value: valueAt(doc, path), schema: typeOf(doc, path) }));
}

function itemValue(doc: Doc, write: Write): unknown {
  switch (write.op) {
    case '$unset':
      return undefined;
    case '$push':
      return new Operation('$push', { $each: (write.value as unknown[]).map(toStored) });
    default: {
      const live = valueAt(doc, write.path);
      if (write.value instanceof Map) return new Operation('$set', storedMap(write.value));
      if (Array.isArray(write.value))
        return asMongooseArray(live) === undefined ? detach(write.value, mongooseHost) : wholeArray(live);
      return exactIncrement(doc, write) ? write.value : withoutIncrement(write);
    }
  }
}

/** A container that Mongoose asks for its pending operation (custom containers, gh-15817). */
class Operation {
  constructor(
    private readonly operator: string,
    private readonly value: unknown,
  ) {}

  getAtomics(): [string, unknown][] {
    return [[this.operator, this.value]];
  }
}

/** The array as one `$set`, whatever its methods have pending; an array with nothing else pending says that itself. */
function wholeArray(live: unknown): unknown {
  const array = asMongooseArray(live);
  if (array === undefined) return live;
  const atomics = array.$atomics();
  // An array that was cast from another one has that one's pending `$set`, with the other's elements.
  if (Object.keys(atomics).length === 0 || atomics['$set'] === array) return live;
  return new Operation('$set', (array as unknown as { toObject(options: unknown): unknown }).toObject(TO_OBJECT));
}

/** A Map as it is now: its subdocuments would be read only when the driver serializes it. */
function storedMap(map: Map<unknown, unknown>): Map<unknown, unknown> {
  const stored = new Map<unknown, unknown>();
  Map.prototype.forEach.call(map, (value: unknown, key: unknown) => {
    stored.set(key, toStored(value));
  });
  return stored;
}

function toStored(value: unknown): unknown {
  if (isDocument(value)) {
    const plain = mongooseHost.plain(value);
    if (plain !== value) return plain;
    return (value as unknown as { toObject(options: unknown): unknown }).toObject(TO_OBJECT);
  }
  return detach(value, mongooseHost);
}

/** Is the whole difference of a number what `$inc()` was called for? Not if its parent was replaced as well (gh-11915). */
function exactIncrement(doc: Doc, write: Write): boolean {
  const increments = doc.$__.primitiveAtomics;
  const pending =
    increments !== undefined && Object.hasOwn(increments, write.path) ? increments[write.path] : undefined;
  if (pending === undefined) return true;
  if (existingRootState(doc)?.doubts !== undefined) return false;
  return write.within === undefined && Number(write.from ?? 0) + Number(pending['$inc']) === Number(write.value);
}

/** The value was assigned and then incremented: only a `$set` says both. */
function withoutIncrement(write: Write): unknown {
  return new Operation('$set', detach(write.value, mongooseHost));
}

function typeOf(doc: Doc, path: string): unknown {
  return (doc as unknown as { $__path(path: string): unknown }).$__path(path);
}

function isLeftOut(value: unknown): boolean {
  if (!isSubdocument(value)) return holdsNothing(value, true);
  return !isFilledLater(value) && holdsNothing(mongooseHost.currentFields(value), true);
}

/** It is asked for before the timestamps hooks have run. */
export function isFilledLater(value: unknown): boolean {
  return isDocument(value) && isStamped(value.$__schema);
}

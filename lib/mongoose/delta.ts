/**
 * The update that leaves. Mongoose's own `$__delta` builds it: it clones, depopulates, versions, checks divergent arrays and
 * filters `pathsToSave`. We only narrow the list of dirty paths that it starts from, and tell it which guards the writes
 * need that survive.
 */
import type { DirtyItem, RootState, Survey } from '../document/state';
import { writesOf, type Write } from '../tracker/update';
import type { UpdateOperators } from '../types';
import { detach } from '../values/clone';
import { holdsNothing } from '../values/equal';
import { isAtOrBelow, overlaps } from '../values/path';
import { isPlainObject } from '../values/kind';
import { arrayPolicy } from './arrays';
import { existingRootState, rootStateOf, settingsOf } from './capture';
import { getRaw, mongooseHost, putRaw, rootOf, valueAt } from './host';
import {
  STATE,
  VERSION_ALL,
  VERSION_INC,
  VERSION_WHERE,
  asMongooseArray,
  isDocument,
  isSubdocument,
  markedPaths,
  type Doc,
} from './internals';
import { isStamp } from './doubts';
import { override, type Method } from './prototypes';
import { expectationsOf } from './expectations';
import { prepareSend } from './sending';
import { isStamped, isVersioned } from './schema-facts';
import { isCovered, prefixes } from './coverage';
import { survey } from './settle';
import { trace } from './trace';

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

type Delta = [
  where: Record<string, unknown>,
  update: Record<string, Record<string, unknown>> | null,
  ...rest: unknown[],
];

export function installDelta(prototype: object): void {
  override(
    prototype,
    '$__dirty',
    (base) =>
      function $__dirty(this: Doc) {
        const narrowed = this.$__[STATE]?.root?.narrowed;
        return narrowed ?? base().call(this);
      },
  );

  override(
    prototype,
    '$__version',
    (base) =>
      function $__version(this: Doc, where: unknown, update: unknown) {
        const root = this.$__[STATE]?.root;
        if (root?.version !== undefined) {
          // `operand()` has or-ed flags for every path that it saw; only those of surviving writes count.
          this.$__.version = root.version;
          if (root.version === 0) return undefined;
        }
        return base().call(this, where, update);
      },
  );

  override(
    prototype,
    '$__delta',
    (base) =>
      function $__delta(this: Doc, ...args: unknown[]) {
        if (this.$isSubdocument === true) return base().apply(this, args);
        return narrowedDelta(this, args, base());
      },
  );

  override(
    prototype,
    'increment',
    (base) =>
      function increment(this: Doc) {
        if (this.$isSubdocument !== true) rootStateOf(this).incremented = true;
        return base().call(this);
      },
  );

  for (const name of ['$getChanges', 'getChanges']) {
    if (!(name in prototype)) continue;
    override(
      prototype,
      name,
      (base) =>
        function (this: Doc) {
          return preview(this, () => base().call(this));
        },
    );
  }
}

/** Runs something that asks for the update without sending it; upstream it leaves version flags behind. */
function preview<T>(doc: Doc, ask: () => T): T {
  const root = rootStateOf(rootOf(doc));
  const before = root.preview;
  root.preview = true;
  try {
    return ask();
  } finally {
    root.preview = before;
  }
}

/** The operators that the next save will send, or null. */
export function pendingUpdate(doc: Doc): UpdateOperators | null {
  if (doc.$isNew) return null;
  const delta = preview(doc, () => (doc as unknown as { $__delta(): Delta | undefined | Error }).$__delta());
  if (delta === undefined || delta instanceof Error) {
    if (delta instanceof Error) throw delta;
    return null;
  }
  const update = delta[1];
  if (update === null) return null;
  if (minimizes(doc)) minimizeUpdate(doc, update);
  return copyUpdate(update);
}

function minimizes(doc: Doc): boolean {
  return doc.$__schema.options.minimize !== false;
}

/** A detached copy of an update, without empty operators; documents in it as they are stored. */
export function copyUpdate(update: Record<string, Record<string, unknown>>): UpdateOperators | null {
  const copy: Record<string, Record<string, unknown>> = {};
  for (const [operator, values] of Object.entries(update)) {
    if (Object.keys(values).length > 0) copy[operator] = detach(values) as Record<string, unknown>;
  }
  return Object.keys(copy).length === 0 ? null : copy;
}

/** As `Model#save()` does between `$__delta()` and the driver. */
function minimizeUpdate(doc: Doc, update: Record<string, Record<string, unknown>>): void {
  for (const values of Object.values({ ...update })) {
    for (const key of Object.keys(values)) {
      const value = values[key];
      if (!isPlainObject(value)) continue;
      minimize(value);
      if (Object.keys(value).length > 0 || isFilledLater(valueAt(doc, key))) continue;

      delete values[key];
      (update['$unset'] ??= {})[key] = 1;
    }
  }
}

function isLeftOut(value: unknown): boolean {
  if (!isSubdocument(value)) return holdsNothing(value, true);
  return !isFilledLater(value) && holdsNothing(mongooseHost.currentFields(value), true);
}

/** It is asked for before the timestamps hooks have run. */
function isFilledLater(value: unknown): boolean {
  return isDocument(value) && isStamped(value.$__schema);
}

function minimize(value: Record<string, unknown>): void {
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (isPlainObject(item)) minimize(item);

    if (item === undefined || (isPlainObject(item) && Object.keys(item).length === 0)) delete value[key];
  }
}

function narrowedDelta(doc: Doc, args: unknown[], base: Method): unknown {
  const state = doc.$__[STATE];
  const detects = settingsOf(doc)?.conflicts === 'detect';
  if (state === undefined || doc.$isNew || settingsOf(doc) === undefined) {
    const delta = base.apply(doc, args);
    if (detects && !doc.$isNew) expect(doc, delta);
    // Defaults alone: an abort leaves them to the next save.
    if (Array.isArray(delta) && settingsOf(doc) !== undefined)
      prepareSend(doc, rootStateOf(doc), survey(doc), delta, args);
    return delta;
  }
  const root = rootStateOf(doc);
  const before = doc.$__.version;
  let found = survey(doc);
  if (!root.preview && takeBackStamps(doc, root, found)) found = survey(doc);
  const own = before !== root.autoVersion ? before : undefined;
  doc.$__.version = root.incremented ? VERSION_ALL : own;
  const delta = isAsMarked(doc, root, found, args)
    ? markedDelta(doc, root, found, args, base)
    : narrow(doc, root, found, args, base, own);
  if (root.preview) {
    doc.$__.version = before;
    return delta;
  }
  root.autoVersion = doc.$__.version;
  root.clean = delta === undefined;
  // First, as long as the originals are those that the update was made from.
  if (detects) expect(doc, delta);
  if (delta === undefined) dropPathsToSave(doc);
  else if (!(delta instanceof Error)) prepareSend(doc, root, found, delta as Delta, args);
  return delta;
}

/** Would Mongoose make the same update of its marks? The usual save: a few fields of the document were set. */
function isAsMarked(doc: Doc, root: RootState, found: Survey, args: unknown[]): boolean {
  if (!found.plain || root.doubts !== undefined || pathsToSave(doc, args) !== undefined) return false;
  // A pending default that holds nothing would leave an empty operator behind.
  for (const path in doc.$__.activePaths.states['default']) if (path !== '_id') return false;
  return true;
}

function markedDelta(doc: Doc, root: RootState, found: Survey, args: unknown[], base: Method): unknown {
  if (!root.preview) root.guards = NO_GUARDS;
  const delta = base.apply(doc, args);
  if (!root.preview) {
    trace(doc, () => {
      const writes = writesOf(found.differences, mongooseHost, arrayPolicy(doc));
      const sent = writes.map((write) => write.path);
      return { found, writes, chosen: undefined, sent, clean: delta === undefined };
    });
  }
  return delta;
}

const NO_GUARDS: Readonly<Record<string, unknown>> = Object.freeze({});

/** Lets Mongoose make the update of the writes that are left, in place of its marks. */
function narrow(
  doc: Doc,
  root: RootState,
  found: Survey,
  args: unknown[],
  base: Method,
  own: number | undefined,
): unknown {
  const paths = pathsToSave(doc, args);
  const all = withStamps(doc, root, writesOf(found.differences, mongooseHost, arrayPolicy(doc)));
  const chosen = chosenOf(all, paths);
  const writes = chosen ?? all;
  const occ = doc.$__schema.options.optimisticConcurrency;
  const items = (root.narrowed = itemsOf(doc, found, writes));
  // With `conflicts: 'detect'` all that is set has a condition already.
  const guarded = root.doubts !== undefined && settingsOf(doc)?.conflicts !== 'detect';
  if (!root.preview) root.guards = guarded ? uncertainGuards(doc, writes) : NO_GUARDS;
  const pushes = pendingPushes(items);
  if (!occ) {
    const leaving =
      paths === undefined ? items : items.filter((item) => paths.some((path) => isAtOrBelow(item.path, path)));
    root.version = (doc.$__.version ?? 0) | flagsOf(doc, writes, leaving);
    if (root.version !== 0) doc.$__.version = root.version;
  }
  let delta: unknown;
  try {
    delta = base.apply(doc, args);
    if (!occ) doc.$__.version = root.version === 0 ? own : root.version;
  } finally {
    root.narrowed = undefined;
    root.version = undefined;
    for (const { push, each } of pushes) push.$each = each;
  }
  if (!root.preview) {
    const sent = items.map((item) => item.path);
    trace(doc, () => ({ found, writes: all, chosen, sent, clean: delta === undefined }));
  }
  return delta;
}

/** With `pathsToSave`: the writes that it lets through. */
function chosenOf(writes: readonly Write[], paths: readonly string[] | undefined): Write[] | undefined {
  return paths && writes.filter((write) => paths.some((path) => isAtOrBelow(write.path, path)));
}

/** Notes what a delta that is about to leave takes for stored. */
function expect(doc: Doc, delta: unknown): void {
  const update = Array.isArray(delta) ? (delta as unknown as Delta)[1] : null;
  const expected = update === null ? [] : expectationsOf(doc, update);
  if (expected.length > 0 || existingRootState(doc) !== undefined) rootStateOf(doc).expected = expected;
}

/** A date in doubt goes with the rest if the timestamps hooks do not set it (`timestamps: false`). */
function withStamps(doc: Doc, root: RootState, writes: Write[]): Write[] {
  if (root.doubts === undefined || root.preview || writes.length === 0) return writes;
  const stamps = [...root.doubts.paths].filter(
    (path) => isStamp(doc, path) && !writes.some((write) => overlaps(write.path, path)),
  );
  return [
    ...writes,
    ...stamps.map((path): Write => {
      const value = valueAt(doc, path);
      return {
        op: value === undefined ? '$unset' : '$set',
        path,
        value,
        from: value,
        whole: false,
        within: undefined,
        why: 'written again: its last write had no answer',
      };
    }),
  ];
}

/**
 * After a write without an answer: what `$inc` would repeat, or a whole array without a version key would overwrite, is written
 * only over the value from before, or over its own.
 */
function uncertainGuards(doc: Doc, writes: readonly Write[]): Record<string, unknown> {
  const guards: Record<string, unknown> = {};
  const increments = doc.$__.primitiveAtomics ?? {};
  for (const { path, op, value, from } of writes) {
    const original = detach(from, mongooseHost, 'original') ?? null;
    if (op !== '$set') continue;
    if (Object.hasOwn(increments, path) || (Array.isArray(value) && !isVersioned(doc.$__schema, path))) {
      guards[path] = { $in: [original, detach(value, mongooseHost)] };
    }
  }
  return guards;
}

interface Push {
  $each: unknown;
}

/** Upstream `getAtomics()` turns the pending elements of an array into plain objects; they must stay the elements. */
function pendingPushes(items: readonly DirtyItem[]): { push: Push; each: unknown }[] {
  return items.flatMap(({ value }) => {
    const push = asMongooseArray(value)?.$atomics()['$push'] as Push | undefined;
    return push === undefined ? [] : [{ push, each: push.$each }];
  });
}

/** The option of the running save; 9 hands it to `$__delta`, 8 looks at it afterwards, and only for `$set`. */
function pathsToSave(doc: Doc, args: readonly unknown[]): readonly string[] | undefined {
  const paths = Array.isArray(args[0]) ? args[0] : doc.$__.saveOptions?.pathsToSave;
  return Array.isArray(paths) ? (paths as string[]) : undefined;
}

/** Mongoose 8 reads `delta[1].$set` for `pathsToSave` before it looks whether there is a delta at all. */
function dropPathsToSave(doc: Doc): void {
  if (doc.$__.saveOptions?.pathsToSave !== undefined) delete doc.$__.saveOptions.pathsToSave;
}

/** If `updatedAt` is all that is left to write, the edit it stands for was taken back: the old date comes back too. */
function takeBackStamps(doc: Doc, root: RootState, found: Survey): boolean {
  // Each date is one difference at most.
  const count = found.differences.length;
  if (root.stamped.length === 0 || count === 0 || count > root.stamped.length) return false;
  const stamped = new Set(
    root.stamped.map((stamp) => {
      const prefix = found.visited.get(stamp.doc);
      return prefix === undefined || prefix === '' ? stamp.path : `${prefix}.${stamp.path}`;
    }),
  );
  const leaves = (items: Survey['differences']): boolean =>
    items.every((item) =>
      item.kind === 'array' ? item.from.length === item.to.length && leaves(item.items) : stamped.has(item.path),
    );
  if (!leaves(found.differences)) return false;
  restoreStamps(root);
  return true;
}

/** Puts back the dates that the timestamps hooks of a save wrote which did not happen. */
export function restoreStamps(root: RootState): void {
  for (const { doc, path, before, after } of root.stamped.reverse()) {
    if (isDocument(doc) && getRaw(doc, path) === after) putRaw(doc, path, before);
  }
  root.stamped = [];
}

/** The dirty items for Mongoose: our writes, and the marks of what we know nothing about. */
function itemsOf(doc: Doc, found: Survey, writes: readonly Write[]): DirtyItem[] {
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

/**
 * The version flags that Mongoose's `operand()` asks for, over the writes that are left: a narrowed write has the guard of the
 * write that it replaces.
 */
function flagsOf(doc: Doc, writes: readonly Write[], items: readonly DirtyItem[]): number {
  let flags = 0;
  const modify = doc.$__.activePaths.states['modify'] ?? {};
  const ours = new Set<string>();
  for (const write of writes) {
    if (write.op === 'own') continue;
    ours.add(write.path);
    const top = topMark(modify, write.path);
    if (top !== undefined && top !== write.path) flags |= flagsOfWrite(doc, top, '$set', valueAt(doc, top));
    else if (write.whole && isVersioned(doc.$__schema, write.path)) flags |= VERSION_ALL;
    else flags |= flagsOfWrite(doc, write.path, write.op, write.value);
    if (top === undefined) flags |= flagsOfMarksBelow(doc, modify, write.path);
  }
  for (const item of items) {
    if (ours.has(item.path)) continue;
    const top = topMark(modify, item.path);
    if (top === undefined || top === item.path) flags |= flagsOfItem(doc, item);
    else flags |= flagsOfWrite(doc, top, '$set', valueAt(doc, top));
  }
  return flags;
}

/** Mongoose would have written single paths, such as the keys of a Map, where one write stands for all of them now. */
function flagsOfMarksBelow(doc: Doc, modify: Record<string, true>, path: string): number {
  let flags = 0;
  for (const mark of Object.keys(modify))
    if (isAtOrBelow(mark, path)) flags |= flagsOfItem(doc, { path: mark, value: valueAt(doc, mark) });
  return flags;
}

/** The topmost marked path at or above a path: what Mongoose would have written, as one, in place of a narrowed write. */
function topMark(modify: Record<string, true>, path: string): string | undefined {
  return prefixes(path).find((prefix) => modify[prefix] === true);
}

function flagsOfItem(doc: Doc, { path, value }: Pick<DirtyItem, 'path' | 'value'>): number {
  if (value === undefined) return flagsOfWrite(doc, path, '$unset', 1);
  const { getAtomics } = (value ?? {}) as { getAtomics?: () => [string, unknown][] };
  if (typeof getAtomics !== 'function') return flagsOfWrite(doc, path, '$set', value);
  return getAtomics
    .call(value)
    .reduce((flags, [operator, operand]) => flags | flagsOfWrite(doc, path, operator, operand), 0);
}

/** Mongoose's rule, `operand()` in `lib/document.js`. */
function flagsOfWrite(doc: Doc, path: string, operator: string, value: unknown): number {
  if (!isVersioned(doc.$__schema, path)) return 0;
  const positional = /\.\d+(\.|$)/.test(path);
  switch (operator) {
    case '$push':
    case '$addToSet':
    case '$pull':
    case '$pullAll':
      return positional ? VERSION_ALL : VERSION_INC;
    case '$pop':
      return VERSION_ALL;
    default:
      if (Array.isArray(value)) return VERSION_ALL;
      return positional ? VERSION_WHERE : 0;
  }
}

/** Would the next save write anything? */
export function hasPendingUpdate(doc: Doc): boolean {
  return existingRootState(doc) !== undefined && pendingUpdate(doc) !== null;
}

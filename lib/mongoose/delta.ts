/**
 * The update that leaves. Mongoose's own `$__delta` builds it: it clones, depopulates, versions, checks divergent arrays and
 * filters `pathsToSave`. We only narrow the list of dirty paths that it starts from, and tell it which guards the writes
 * need that survive.
 */
import type { DirtyItem, RootState, Survey } from '../document/state';
import { writesOf, type Write } from '../tracker/update';
import type { UpdateOperators } from '../types';
import { detach } from '../values/clone';
import { isAtOrBelow, overlaps } from '../values/path';
import { isPlainObject } from '../values/kind';
import { arrayPolicy } from './arrays';
import { existingRootState, rootStateOf, settingsOf } from './capture';
import { getRaw, mongooseHost, putRaw, rootOf, valueAt } from './host';
import { STATE, VERSION_ALL, asMongooseArray, isDocument, isEmptyState, type Doc } from './internals';
import { isFilledLater, itemsOf, minimizes } from './dirty-items';
import { isStamp } from './doubts';
import { override, type Method } from './prototypes';
import { expectationsOf } from './expectations';
import { prepareSend } from './sending';
import { isVersioned } from './schema-facts';
import { survey } from './settle';
import { trace } from './trace';
import { flagsOf } from './version-flags';

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
      prepareSend(doc, rootStateOf(doc), survey(doc), delta, pathsToSave(doc, args));
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
  else if (!(delta instanceof Error)) prepareSend(doc, root, found, delta as Delta, pathsToSave(doc, args));
  return delta;
}

/** Would Mongoose make the same update of its marks? The usual save: a few fields of the document were set. */
function isAsMarked(doc: Doc, root: RootState, found: Survey, args: unknown[]): boolean {
  if (!found.plain || root.doubts !== undefined || pathsToSave(doc, args) !== undefined) return false;
  // A pending default that holds nothing would leave an empty operator behind.
  return isEmptyState(doc.$__.activePaths, 'default');
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
  const items = (root.narrowed = itemsOf(doc, writes));
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

/** Would the next save write anything? */
export function hasPendingUpdate(doc: Doc): boolean {
  return existingRootState(doc) !== undefined && pendingUpdate(doc) !== null;
}

/** Before a value is written: its original is kept. Everything here runs for every write, so it does little. */
import type { Entry, RootState } from '../document/state';
import { capture, dropIncrementsBelow, rootStateOf } from './capture';
import { assignmentOf, carry } from './carried';
import { getRaw, mongooseHost, rootOf } from './host';
import { STATE, isDocument, isSubdocument, setPathState, type Doc } from './internals';
import { override, type Method } from './prototypes';
import { equal } from '../values/equal';
import { isMutable, isObject } from '../values/kind';
import { isIndex } from '../values/path';
import { prefixes } from './coverage';
import { typeAt } from './schema-facts';
import { settleOwn } from './settle';
import { keepAll, keepLeaving, keepLeft, remember } from './shared';

/** `$set`, its alias, `markModified`, `unmarkModified`, `$inc`, `increment`. */
export function installWrites(prototype: object, late: (doc: Doc) => void): void {
  const set = (base: () => Method): Method =>
    function $set(this: Doc, path: unknown, value: unknown, type: unknown, options: unknown) {
      // `type === true`: the document is being constructed, there is nothing to keep.
      if (type === true) {
        late(this);
        remember(this);
        return base().call(this, path, value, type, options);
      }
      return tracked(this, base(), path, value, type, options);
    };
  override(prototype, '$set', set);
  override(prototype, 'set', set);

  override(
    prototype,
    'markModified',
    (base) =>
      function markModified(this: Doc, path: unknown, ...scope: unknown[]) {
        // A new document is written as it is; Mongoose marks everything while it constructs one.
        if (typeof path !== 'string' || path === '' || this.$isNew) return base().call(this, path, ...scope);
        beforeMark(this, path, scope.length > 0);
        keepLeaving(this, path);
        // A subdocument asks its parent whether it is marked, in the middle of an array method.
        const result = busy(this, () => base().call(this, path, ...scope));
        keepLeft(this, path);
        return result;
      },
  );

  override(
    prototype,
    'unmarkModified',
    (base) =>
      function unmarkModified(this: Doc, path: unknown) {
        const result = base().call(this, path);
        if (typeof path === 'string') rebaseTo(this, path);
        return result;
      },
  );

  override(
    prototype,
    '$inc',
    (base) =>
      function $inc(this: Doc, ...args: unknown[]) {
        const root = rootStateOf(rootOf(this));
        root.incrementing = true;
        try {
          // Marks of a new document keep nothing; but it may be on its way as an insert.
          for (const path of [args[0]].flat()) if (typeof path === 'string') capture(this, path, 'set');
          return base().apply(this, args);
        } finally {
          root.incrementing = false;
        }
      },
  );
}

/** Runs something during which values are half set, so that no question settles anything. */
function busy<T>(doc: Doc, action: () => T): T {
  const state = rootStateOf(rootOf(doc));
  state.setting++;
  try {
    return action();
  } finally {
    state.setting--;
  }
}

/** As `busy()`, without a closure: hot. */
function setWithin(
  doc: Doc,
  state: RootState,
  set: Method,
  path: unknown,
  value: unknown,
  type: unknown,
  options: unknown,
): unknown {
  state.setting++;
  try {
    return set.call(doc, path, value, type, options);
  } finally {
    state.setting--;
  }
}

function tracked(doc: Doc, set: Method, path: unknown, value: unknown, type: unknown, options: unknown): unknown {
  const root = rootOf(doc);
  const state = rootStateOf(root);
  // Mongoose's own snapshot of saved values is not needed, and would unmark by comparing with changed values.
  if (doc.$__.savedState !== undefined) doc.$__.savedState = undefined;
  if (typeof path === 'string' && path !== '') {
    if (doc.$__.primitiveAtomics !== undefined) dropIncrementsBelow(doc, path);
    capture(doc, path, 'set');
  }
  const entry = typeof path === 'string' ? doc.$__[STATE]?.originals.get(path) : undefined;
  const raw = entry?.known === false ? getRaw(doc, path as string) : undefined;
  const assigned =
    isObject(value) && !(value instanceof Date) && typeof path === 'string'
      ? assignmentOf(doc, path, ownerOf(doc, path))
      : undefined;
  // It stands in two places from now on, or will.
  if (isSubdocument(value)) keepAll(value);
  const stamp = isStamp(doc, root, state, path);
  const before = stamp ? getRaw(doc, path as string) : undefined;
  try {
    const result = setWithin(doc, state, set, path, value, type, options);
    if (typeof path === 'string') keepLeft(doc, path);
    if (assigned !== undefined) carry(assigned);
    if (state.setting === 0 && !root.$isNew) settleEqual(doc, path);
    return result;
  } finally {
    if (entry?.known === false && entry.assigned && getRaw(doc, path as string) === raw)
      refused(doc, path as string, entry);
    if (stamp) state.stamped.push({ doc, path: path as string, before, after: getRaw(doc, path as string) });
  }
}

/**
 * Where Mongoose finds what was assigned equal to what was there, it leaves no mark: nothing is pending, and the new value is
 * what later edits start from. Left alone, an edit of it would look like one of a value that was replaced. The same goes for
 * an array that is put back as it was: whether somebody asks in between must not decide what an edit of it sends.
 */
function settleEqual(doc: Doc, path: unknown): void {
  if (typeof path === 'string') {
    if (isSetEqual(doc, path)) settleOwn(doc, [path]);
  } else if (path !== null && typeof path === 'object') {
    const paths = Object.keys(isDocument(path) ? path._doc : path).filter((key) => isSetEqual(doc, key));
    if (paths.length > 0) settleOwn(doc, paths);
  }
}

/** Is there an original at the path that another instance of the same value may have replaced, with no mark or as it was? */
function isSetEqual(doc: Doc, path: string): boolean {
  const owner = path.includes('.') ? ownerOf(doc, path) : undefined;
  return owner === undefined ? isReplaceable(doc, path) : isReplaceable(owner.doc, owner.path);
}

function isReplaceable(doc: Doc, path: string): boolean {
  if (doc.$__schema.nested[path] !== true) {
    const entry = doc.$__[STATE]?.originals.get(path);
    if (entry?.known !== true || entry.original === null || typeof entry.original !== 'object') return false;
    if (Array.isArray(entry.original) && equal(entry.original, getRaw(doc, path), mongooseHost)) return true;
  }
  return doc.$__.activePaths.states['modify']?.[path] !== true;
}

/** An assignment that changed nothing: Mongoose marks an immutable path that was not selected all the same, and would unset it. */
function refused(doc: Doc, path: string, entry: Entry): void {
  const { activePaths } = doc.$__;
  if (typeAt(doc.$__schema, path)?.options?.immutable) setPathState(activePaths, path, entry.prior);
  entry.assigned = activePaths.states['modify']?.[path] === true;
}

/** Is it the timestamps hook of a running save that writes `updatedAt`? If nothing is saved, the old date comes back. */
function isStamp(doc: Doc, root: Doc, state: RootState, path: unknown): boolean {
  if (typeof path !== 'string' || path !== doc.$__schema.$timestamps?.updatedAt) return false;
  const saving = state.bulk || (root.$__.saving !== undefined && root.$__.saving !== null);
  if (!saving || root.$isNew) return false;
  // A date that the user has set himself is his.
  const entry = doc.$__[STATE]?.originals.get(path);
  return entry !== undefined && equal(entry.original, getRaw(doc, path));
}

function beforeMark(doc: Doc, path: string, byContainer: boolean): void {
  if (doc.$__.savedState !== undefined) doc.$__.savedState = undefined;
  const state = rootOf(doc).$__[STATE]?.root;
  const setting = state !== undefined && state.setting > 0;
  const incrementing = state?.incrementing === true;
  capture(doc, path, byContainer || setting || incrementing ? (setting || incrementing ? 'set' : 'array') : 'mark');
  if (byContainer || setting || incrementing) return;
  // The user says "written": for a value that cannot change in place there is nothing to look at, so it is believed.
  const own = doc.$__[STATE]?.originals;
  const owner = prefixes(path).find((prefix) => own?.has(prefix) === true);
  const entry = owner === undefined ? undefined : own?.get(owner);
  if (owner === undefined || entry?.known !== true) return;
  const raw = getRaw(doc, owner);
  if (
    owner === path ? !isMutable(entry.original) && !isMutable(raw) : isScalarElement(raw, path.slice(owner.length + 1))
  )
    entry.forced = true;
}

/** Does a path lead to an element of an array that cannot change in place? */
function isScalarElement(array: unknown, index: string): boolean {
  return Array.isArray(array) && isIndex(index) && !isMutable((mongooseHost.plain(array) as unknown[])[Number(index)]);
}

/** `unmarkModified(path)` by the user: what the path holds now is taken as saved. Mongoose calls it within `$set` as well. */
function rebaseTo(doc: Doc, path: string): void {
  const root = rootOf(doc);
  const state = doc.$__[STATE];
  if ((root.$__[STATE]?.root?.setting ?? 0) > 0) {
    withdraw(doc, path);
    return;
  }
  if (state === undefined) return;
  for (const key of [...state.originals.keys()]) {
    if (key === path || key.startsWith(`${path}.`) || path.startsWith(`${key}.`)) state.originals.delete(key);
  }
}

/** Within `$set`: a parent that was not selected had to be made for a path below it; it is not written itself (gh-5800). */
function withdraw(doc: Doc, path: string): void {
  const owner = ownerOf(doc, path);
  if (owner === undefined) return;
  const entry = owner.doc.$__[STATE]?.originals.get(owner.path);
  if (entry?.known === false) entry.assigned = false;
}

/** The (sub)document that has a path, and the path in it. */
function ownerOf(doc: Doc, path: string): { doc: Doc; path: string } | undefined {
  if (doc.$__[STATE]?.originals.has(path) === true) return { doc, path };
  const parts = path.split('.');
  let value: unknown = doc._doc;
  for (let i = 0; i < parts.length; i++) {
    if (value instanceof Map) value = Map.prototype.get.call(value, parts[i]);
    else if (value !== null && typeof value === 'object')
      value = (mongooseHost.plain(value) as Record<string, unknown>)[parts[i] as string];
    else return undefined;
    if (isSubdocument(value) && i < parts.length - 1) return ownerOf(value, parts.slice(i + 1).join('.'));
  }
  return undefined;
}

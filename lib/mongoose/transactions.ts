/**
 * Until a commit is acknowledged, the baseline from before the transaction is kept beside the one that its saves left. The
 * driver has no events for commit and abort, so the three methods of each session object that we meet are wrapped, once.
 */
import type { RootState, Sent, SentEntry, Stamp } from '../document/state';
import type { SaveRecord, UpdateOperators } from '../types';
import { rootStateOf, settingsOf } from './capture';
import { getRaw, putRaw } from './host';
import { setPathState, type Doc } from './internals';
import { doubt, reapply, restore } from './sending';

interface Session {
  readonly transaction?: { readonly isActive: boolean };
  readonly hasEnded?: boolean;
  startTransaction(...args: unknown[]): unknown;
  commitTransaction(...args: unknown[]): Promise<unknown>;
  abortTransaction(...args: unknown[]): Promise<unknown>;
}

/** What one document was before the transaction touched it, and what it is if the transaction commits. */
interface Enlisted {
  readonly isNew: boolean;
  readonly version: unknown;
  readonly incremented: boolean;
  readonly uncertain: boolean;
  readonly unanswered: UpdateOperators[];
  readonly lastSave: SaveRecord | null;
  isDeleted: boolean | undefined;
  /** Per (sub)document: the first original of each path, and the value last sent for it. */
  readonly sent: Map<Doc, Sent>;
  /** Subdocuments that were new. */
  readonly newborn: Set<Doc>;
  readonly stamps: Stamp[];
}

interface Attempt {
  readonly documents: Map<Doc, Enlisted>;
  /** In the order of their acknowledgement, for `onSaved`. */
  readonly records: { readonly doc: Doc; readonly record: SaveRecord }[];
  /** A commit without an answer: rolled back for now, and put in force again if a repeated commit succeeds. */
  redo: (() => void) | undefined;
}

const attempts = new WeakMap<object, Attempt>();

/** The session that a document's running save takes part in. */
export function sessionOf(root: Doc): Session | undefined {
  const options = root.$__.saveOptions;
  const bulk = rootStateOf(root).session;
  const own = (bulk ?? root.$session()) as Session | null | undefined;
  if (own !== undefined && own !== null) return own;
  if (options !== undefined && options !== null && Object.hasOwn(options, 'session')) return undefined;
  const store = (
    root as unknown as {
      db?: { base?: { transactionAsyncLocalStorage?: { getStore(): { session?: Session } | undefined } } };
    }
  ).db?.base?.transactionAsyncLocalStorage?.getStore();
  return store?.session;
}

function attemptOf(root: Doc): Attempt | undefined {
  const session = sessionOf(root);
  if (session?.transaction?.isActive !== true) return undefined;
  return attempts.get(session) ?? wrap(session);
}

function wrap(session: Session): Attempt {
  const attempt: Attempt = { documents: new Map(), records: [], redo: undefined };
  attempts.set(session, attempt);
  const { startTransaction, commitTransaction, abortTransaction } = session;
  const own = (name: string, value: unknown): void => {
    Object.defineProperty(session, name, { value, writable: true, configurable: true, enumerable: false });
  };
  own('startTransaction', function (this: Session, ...args: unknown[]) {
    // A new attempt while documents of the last one are still listed: that one did not commit.
    rollBack(attempt, false);
    attempt.redo = undefined;
    return startTransaction.apply(this, args);
  });
  own('commitTransaction', async function (this: Session, ...args: unknown[]) {
    let result: unknown;
    try {
      result = await commitTransaction.apply(this, args);
    } catch (error) {
      // The driver says COMMITTED after a failed commit as well: only the answer counts.
      const unanswered =
        hasLabel(error, 'UnknownTransactionCommitResult') ||
        // Thrown by the driver's second try, without the label, when the answer to the first was lost.
        (error as { name?: string } | null)?.name === 'MongoServerSelectionError';
      const redo = unanswered ? memorize(attempt) : undefined;
      rollBack(attempt, unanswered);
      attempt.redo = redo ?? attempt.redo;
      throw error;
    }
    attempt.redo?.();
    attempt.redo = undefined;
    attempt.documents.clear();
    for (const { doc, record } of attempt.records.splice(0)) await settingsOf(doc)?.onSaved?.(record, doc);
    return result;
  });
  own('abortTransaction', async function (this: Session, ...args: unknown[]) {
    try {
      return await abortTransaction.apply(this, args);
    } finally {
      rollBack(attempt, false);
    }
  });
  return attempt;
}

function hasLabel(error: unknown, label: string): boolean {
  return (error as { hasErrorLabel?: (label: string) => boolean } | null)?.hasErrorLabel?.(label) === true;
}

function listed(root: Doc, attempt: Attempt): Enlisted {
  let document = attempt.documents.get(root);
  if (document === undefined) {
    const state = rootStateOf(root);
    const key = root.$__schema.options.versionKey;
    const isNew = root.$isNew || state.writing?.isNew === true;
    document = {
      isNew,
      version: key && !isNew ? getRaw(root, key) : undefined,
      incremented: state.incremented,
      uncertain: state.uncertain,
      unanswered: state.unanswered,
      lastSave: state.lastSave,
      isDeleted: undefined,
      sent: new Map(),
      newborn: new Set(),
      stamps: [],
    };
    attempt.documents.set(root, document);
  }
  return document;
}

/** A (sub)document's baseline moves: if that happens in a transaction, the one before is kept until the commit. */
export function enlist(root: Doc, doc: Doc, sent: Sent): void {
  const attempt = attemptOf(root);
  if (attempt === undefined) return;
  const document = listed(root, attempt);
  if (doc.$isNew) document.newborn.add(doc);
  const known = document.sent.get(doc);
  if (known === undefined) {
    document.sent.set(doc, { ...sent, entries: new Map(sent.entries), atomics: new Map(sent.atomics) });
    return;
  }
  for (const [path, item] of sent.entries) {
    const first = known.entries.get(path);
    known.entries.set(
      path,
      first === undefined ? item : ({ entry: first.entry, value: item.value } satisfies SentEntry),
    );
  }
  for (const [path, atomics] of sent.atomics) {
    const before = known.atomics.get(path);
    known.atomics.set(path, before === undefined ? atomics : { ...before, ...atomics });
  }
  known.increments = addIncrements(known.increments, sent.increments);
}

function addIncrements(a: Sent['increments'], b: Sent['increments']): Sent['increments'] {
  if (a === undefined || b === undefined) return a ?? b;
  const sum = { ...a };
  for (const [path, { $inc }] of Object.entries(b))
    sum[path] = { $inc: Number(sum[path]?.['$inc'] ?? 0) + Number($inc) };
  return sum;
}

/** Even a save without originals of ours (an insert, `increment()` alone) takes part. */
export function enlistRoot(root: Doc): void {
  const attempt = attemptOf(root);
  if (attempt === undefined) return;
  const document = listed(root, attempt);
  for (const doc of rootStateOf(root).newborn) document.newborn.add(doc as Doc);
}

/** A document is deleted in a transaction: after an abort it is not. */
export function enlistDeletion(root: Doc, before: boolean): void {
  const attempt = attemptOf(root);
  if (attempt === undefined) return;
  const document = listed(root, attempt);
  document.isDeleted ??= before;
}

/** An acknowledged save: is its record to wait for a commit? */
export function holdRecord(root: Doc, record: SaveRecord, stamps: readonly Stamp[]): boolean {
  const attempt = attemptOf(root);
  if (attempt === undefined) return false;
  listed(root, attempt).stamps.push(...stamps);
  attempt.records.push({ doc: root, record });
  return true;
}

function rollBack(attempt: Attempt, uncertain: boolean): void {
  const records = attempt.records.splice(0);
  for (const [root, document] of attempt.documents) {
    const state = rootStateOf(root);
    for (const [doc, sent] of document.sent) restore(doc, sent);
    for (const { doc, path, before, after } of [...document.stamps].reverse()) {
      if (getRaw(doc as Doc, path) === after) putRaw(doc as Doc, path, before);
    }
    if (document.isNew) setNew(root, true);
    for (const doc of document.newborn) doc.$isNew = true;
    if (document.isDeleted !== undefined)
      (root as unknown as { $isDeleted(value: boolean): void }).$isDeleted(document.isDeleted);
    restoreVersion(root, document.version);
    state.incremented = document.incremented;
    state.lastSave = document.lastSave;
    state.uncertain = document.uncertain || uncertain;
    const sent = records.flatMap(({ doc, record }) => (doc === root && record.update !== null ? [record.update] : []));
    state.unanswered = uncertain ? [...document.unanswered, ...sent] : document.unanswered;
    if (uncertain) doubt(document.sent.keys());
  }
  attempt.documents.clear();
}

/** How to put a rolled back attempt in force after all: its commit had no answer, and a repeated one has. */
function memorize(attempt: Attempt): () => void {
  const records = [...attempt.records];
  const documents = [...attempt.documents].map(([root, document]) => {
    const key = root.$__schema.options.versionKey;
    return { root, document, version: key ? getRaw(root, key) : undefined, lastSave: rootStateOf(root).lastSave };
  });
  return () => {
    attempt.records.push(...records);
    for (const { root, document, version, lastSave } of documents) {
      const state: RootState = rootStateOf(root);
      for (const [doc, sent] of document.sent) reapply(doc, sent);
      for (const { doc, path, before, after } of document.stamps) {
        if (getRaw(doc as Doc, path) === before) putRaw(doc as Doc, path, after);
      }
      for (const doc of document.newborn) doc.$isNew = false;
      if (document.isNew) setNew(root, false);
      restoreVersion(root, version);
      state.incremented = false;
      state.uncertain = false;
      state.unanswered = [];
      state.lastSave = lastSave;
    }
  };
}

function restoreVersion(root: Doc, version: unknown): void {
  const key = root.$__schema.options.versionKey;
  if (!key) return;
  putRaw(root, key, version);
  // `connection.transaction()` sets it by `doc.set()`, which would send it.
  setPathState(root.$__.activePaths, key, 'init');
  root.$__.version = undefined;
}

function setNew(root: Doc, isNew: boolean): void {
  root.$isNew = isNew;
  if (isNew) root.$__.inserting = false;
  for (const doc of (root as unknown as { $getAllSubdocs(): Doc[] }).$getAllSubdocs()) doc.$isNew = isNew;
}

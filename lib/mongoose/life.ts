/** The life of a save: sent, acknowledged or failed. */
import type { RootState, Sent, Writing } from '../document/state';
import type { SaveRecord } from '../types';
import { lazy } from '../values/lazy';
import { isUnanswered } from './answers';
import { rootStateOf, settingsOf, existingRootState } from './capture';
import { copyUpdate, restoreStamps } from './delta';
import { doubtsAbout, doubtsLeft, joined } from './doubts';
import { rootOf } from './host';
import { STATE, clearMarks, isEmptyState, type Doc } from './internals';
import { override, overrideAlias, type Method } from './prototypes';
import { advance, prepareInsert } from './sending';
import { settle } from './settle';
import { forgetSent, takeBack } from './taking-back';
import { enlistDeletion, join, joinClean, joinInDoubt, joiningOf } from './transactions';

/** `save()` is running, not `bulkSave()`, `insertMany()` or a call from outside. */
function isSaving(doc: Doc): boolean {
  return doc.$__.saving !== undefined && doc.$__.saving !== null;
}

/** Documents whose second save is being refused: the first one is still under way. */
const refusing = new WeakSet<Doc>();

export function installLife(prototype: object): void {
  override(
    prototype,
    '$__reset',
    (base) =>
      function $__reset(this: Doc, skipBackup: unknown, onlyPrimitives: unknown) {
        if (this.$isSubdocument !== true || this === rootOf(this))
          return resetRoot(this, base(), skipBackup, onlyPrimitives);
        if (isUntouched(this)) {
          this.$__.backup = undefined;
          return this;
        }
        const result = base().call(this, skipBackup, onlyPrimitives);
        if (this.$__[STATE] !== undefined) advance(this);
        return result;
      },
  );

  override(
    prototype,
    '$__undoReset',
    (base) =>
      function $__undoReset(this: Doc) {
        const root = rootOf(this);
        const state = existingRootState(this);
        // A clean save of a deleted document sent nothing; upstream restores the marks of the save before it.
        if (state?.clean === true && this === root) return undefined;
        const result = base().call(this);
        if (this === root) {
          takeBack(this);
          settle(this);
        }
        return result;
      },
  );
}

/** On models only: subdocuments are saved with their parents. */
export function installModelLife(prototype: object): void {
  const save = (base: () => Method): Method =>
    function save(this: Doc, ...args: unknown[]) {
      if (isSaving(this)) refusing.add(this);
      let saved: unknown;
      try {
        // Mongoose refuses a parallel save before it waits for anything.
        saved = base().apply(this, args);
      } finally {
        refusing.delete(this);
      }
      return settingsOf(this)?.onSaved === undefined ? saved : delivered(this, saved);
    };
  overrideAlias(prototype, '$save', 'save', save);

  overrideAlias(
    prototype,
    '$emit',
    'emit',
    (_, above) =>
      function $emit(this: Doc, event: unknown, ...rest: unknown[]) {
        if (event === 'save' && settingsOf(this) !== undefined) acknowledge(this, true);
        return above().$emit.call(this, event, ...rest);
      },
  );

  override(
    prototype,
    '$__handleReject',
    (base) =>
      function $__handleReject(this: Doc, error: unknown) {
        if (!refusing.has(this)) failed(this, error);
        return base().call(this, error);
      },
  );

  override(
    prototype,
    '$isDeleted',
    (base) =>
      function $isDeleted(this: Doc, ...args: unknown[]) {
        if (args.length > 0 && args[0] === true && settingsOf(this) !== undefined)
          enlistDeletion(this, this.$__.isDeleted === true);
        return base().apply(this, args);
      },
  );
}

/**
 * Has a subdocument nothing that a reset would clear? Mongoose resets every subdocument with every save, which is much of the
 * price of a save where there are many. What it would remember for `$__undoReset()` is nothing as well.
 */
function isUntouched(doc: Doc): boolean {
  const { activePaths, validationError } = doc.$__;
  if (doc.$__[STATE] !== undefined || validationError !== undefined || doc.$errors !== undefined) return false;
  for (const state in activePaths.states) if (state !== 'init' && !isEmptyState(activePaths, state)) return false;
  return doc.$__schema.requiredPaths().length === 0;
}

async function delivered(doc: Doc, saved: unknown): Promise<unknown> {
  try {
    return await saved;
  } finally {
    await deliver(doc);
  }
}

function resetRoot(doc: Doc, base: Method, skipBackup: unknown, onlyPrimitives: unknown): unknown {
  const wasNew = doc.$isNew;
  const tracked = settingsOf(doc) !== undefined;
  if (tracked && (wasNew || rootState(doc)?.inserting === true)) {
    prepareInsert(doc);
    rootStateOf(doc).inserting = false;
  }
  const result = base.call(doc, skipBackup, onlyPrimitives);
  if (!tracked) return result;
  const state = rootState(doc);
  if (state !== undefined) {
    // Mongoose does not find what stands in arrays of arrays, nor what a hook added since it listed the subdocuments.
    for (const item of state.sending.splice(0) as Doc[])
      if (item !== doc && item.$__[STATE]?.sent !== undefined)
        (item as ResettableDoc).$__reset(skipBackup, onlyPrimitives);
    advance(doc);
  }
  // `bulkSave()` and `insertMany()` reset only after the answer.
  if (!isSaving(doc)) acknowledge(doc, false);
  return result;
}

type ResettableDoc = Doc & { $__reset(skipBackup: unknown, onlyPrimitives: unknown): unknown };

function rootState(doc: Doc): RootState | undefined {
  return doc.$__[STATE]?.root;
}

/** The server has answered: what was sent is stored. */
function acknowledge(doc: Doc, bySave: boolean): void {
  const state = rootState(doc);
  if (state === undefined && !bySave) return;
  const root = rootStateOf(doc);
  const { writing, newborn } = root;
  if (writing === undefined) joinClean(doc, joiningOf(doc));
  const sent: [Doc, Sent][] = [];
  for (const item of root.advanced) {
    const own = (item as Doc).$__[STATE];
    if (own?.pending === undefined) continue;
    sent.push([item as Doc, own.pending]);
    own.pending = undefined;
  }
  root.advanced.clear();
  // A subdocument in an array of arrays is stored now; Mongoose leaves it new, and all of it marked.
  for (const item of root.newborn as Doc[]) {
    if (!item.$isNew) continue;
    item.$isNew = false;
    clearMarks(item);
  }
  root.newborn = [];
  root.writing = undefined;
  root.incremented = false;
  if (writing !== undefined) root.doubts = doubtsLeft(root.doubts, writing);
  root.clean = false;
  const stamps = root.stamped;
  root.stamped = [];
  const record = writing === undefined ? nothingWritten : recordOf(writing.isNew, writing.changes, writing.update);
  // Rarely asked for; but what shares values with the document must be copied before they change.
  if (writing?.detached === false) record();
  root.lastSave = record;
  if (writing === undefined) return;
  const written = writing.joining === undefined ? undefined : doubtsAbout(doc, writing);
  const held = join(doc, writing.joining, { record, sent, newborn, stamps, written });
  if (!held && settingsOf(doc)?.onSaved !== undefined) root.outbox.push(record);
}

const nothingWritten = (): SaveRecord => ({ isNew: false, changes: [], update: null });

/** Holds on to what it is made from, not to all that the save needed. */
function recordOf(isNew: boolean, changes: Writing['changes'], update: Writing['update']): () => SaveRecord {
  return lazy(() => ({ isNew, changes: changes(), update: update === null ? null : copyUpdate(update) }));
}

/** `onSaved`, once per record and in order; its errors reach whoever awaits the save. */
export async function deliver(doc: Doc): Promise<void> {
  const outbox = rootState(doc)?.outbox;
  const onSaved = settingsOf(doc)?.onSaved;
  if (outbox === undefined || onSaved === undefined) return;
  for (let record = outbox.shift(); record !== undefined; record = outbox.shift()) await onSaved(record(), doc);
}

/** A save was refused, or nobody knows: everything that was not acknowledged is a change again. */
export function failed(doc: Doc, error: unknown): void {
  const state = rootState(doc);
  if (state === undefined) return;
  if (state.writing !== undefined) {
    const { sent, joining } = state.writing;
    takeBack(doc);
    forgetSent(sent.keys());
    if (isUnanswered(error)) {
      const written = doubtsAbout(doc, state.writing);
      state.doubts = joined(state.doubts, written);
      if (joining !== undefined) joinInDoubt(doc, joining, written);
    }
  }
  state.writing = undefined;
  state.clean = false;
  restoreStamps(state);
}

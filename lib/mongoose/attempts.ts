/**
 * One attempt at a transaction: what its documents were before it touched them. Until its commit is acknowledged that is kept
 * beside the baselines that its saves left.
 */
import type { Doubts, Joining, RootState, Sent, SentEntry, Stamp } from '../document/state';
import type { SaveRecord } from '../types';
import { rootStateOf } from './capture';
import { joined } from './doubts';
import { getRaw, putRaw } from './host';
import { setPathState, type Doc } from './internals';
import { reapply, restore } from './taking-back';

/** A document that takes part. */
interface Member {
  readonly before: Joining;
  isDeleted: boolean | undefined;
  /** Per (sub)document: the first original of each path, and the value last sent for it. */
  readonly sent: Map<Doc, Sent>;
  /** Subdocuments that were new. */
  readonly newborn: Set<Doc>;
  readonly stamps: Stamp[];
  /** What is in doubt if the answer to the commit does not come. */
  written: Doubts | undefined;
}

/** A write that the server has acknowledged. */
export interface Part {
  readonly record: () => SaveRecord;
  readonly sent: Iterable<readonly [Doc, Sent]>;
  readonly newborn: Iterable<object>;
  readonly stamps: readonly Stamp[];
  readonly written: Doubts | undefined;
}

/** How a transaction ends: `unknown` if the answer to its commit never came. */
export type End = 'committed' | 'aborted' | 'unknown';

export class Attempt {
  private readonly members = new Map<Doc, Member>();
  /** In the order of their acknowledgement, for `onSaved`. */
  private records: { readonly doc: Doc; readonly record: () => SaveRecord }[] = [];
  private end: End | undefined = undefined;
  /** Puts in force what was rolled back after a commit that failed. */
  private redo: (() => void) | undefined = undefined;
  private committing = 0;
  private raced = false;

  /** Takes a document in, if it is not in yet. */
  member(root: Doc, before: Joining): Member {
    let member = this.members.get(root);
    if (member === undefined) {
      member = {
        before,
        isDeleted: undefined,
        sent: new Map(),
        newborn: new Set(),
        stamps: [],
        written: undefined,
      };
      this.members.set(root, member);
    }
    return member;
  }

  /**
   * A write of a document was acknowledged.
   * @returns is its record to wait for the commit? Not if that has come already; nobody waits for one that never will.
   */
  add(root: Doc, before: Joining, part: Part): boolean {
    const { end } = this;
    if (end === 'committed') return false;
    const member = this.member(root, before);
    for (const [doc, sent] of part.sent) merge(member.sent, doc, sent);
    for (const doc of part.newborn) member.newborn.add(doc as Doc);
    member.stamps.push(...part.stamps);
    member.written = joined(member.written, part.written);
    this.records.push({ doc: root, record: part.record });
    // The answer came after the end: `Promise.all()` in a transaction whose other half has failed.
    if (end !== undefined) this.rollBack(end === 'unknown');
    return true;
  }

  /** A write of a document had no answer: so it stays, unless the transaction is aborted. */
  doubt(root: Doc, before: Joining, written: Doubts): void {
    if (this.end !== undefined && this.end !== 'aborted') return;
    const member = this.member(root, before);
    member.written = joined(member.written, written);
    if (this.end === 'aborted') this.rollBack(false);
  }

  /** @returns the records that `onSaved` is to hear of */
  commit(): { readonly doc: Doc; readonly record: () => SaveRecord }[] {
    this.redo?.();
    this.redo = undefined;
    this.end = 'committed';
    this.members.clear();
    return this.records.splice(0);
  }

  startCommit(): void {
    this.committing += 1;
  }

  endCommit(): void {
    this.committing -= 1;
  }

  abort(): void {
    // Sent while a commit is under way it says nothing: whichever came first holds, and the driver no longer tells which.
    if (this.committing > 0) this.raced = true;
    // The driver refuses to abort what it has tried to commit.
    if (this.committing > 0 || this.end !== undefined) return;
    this.end = 'aborted';
    this.rollBack(false);
  }

  /**
   * A commit was refused, or its answer did not come. It may be repeated, and then succeed.
   * @param unanswered does nobody know whether it was carried out?
   */
  failCommit(unanswered: boolean): void {
    const unknown = unanswered || this.raced;
    this.end = unknown ? 'unknown' : 'aborted';
    if (this.members.size > 0) this.redo = this.memorize();
    this.rollBack(unknown);
  }

  private rollBack(uncertain: boolean): void {
    this.records = [];
    for (const [root, member] of this.members) {
      const { before } = member;
      const state = rootStateOf(root);
      for (const [doc, sent] of member.sent) restore(doc, sent);
      for (const { doc, path, before: old, after } of [...member.stamps].reverse()) {
        if (getRaw(doc as Doc, path) === after) putRaw(doc as Doc, path, old);
      }
      if (before.isNew) setNew(root, true);
      for (const doc of member.newborn) doc.$isNew = true;
      if (member.isDeleted !== undefined)
        (root as unknown as { $isDeleted(value: boolean): void }).$isDeleted(member.isDeleted);
      restoreVersion(root, before.version);
      state.incremented = before.incremented;
      state.lastSave = before.lastSave;
      state.doubts = uncertain ? joined(before.doubts, member.written) : before.doubts;
    }
    this.members.clear();
  }

  private memorize(): () => void {
    const { records } = this;
    const members = [...this.members].map(([root, member]) => {
      const key = root.$__schema.options.versionKey;
      const { lastSave, doubts } = rootStateOf(root);
      return { root, member, version: key ? getRaw(root, key) : undefined, lastSave, doubts };
    });
    return () => {
      this.records.push(...records);
      for (const { root, member, version, lastSave, doubts } of members) {
        const state: RootState = rootStateOf(root);
        const { before } = member;
        for (const [doc, sent] of member.sent) reapply(doc, sent);
        for (const { doc, path, before: old, after } of member.stamps) {
          if (getRaw(doc as Doc, path) === old) putRaw(doc as Doc, path, after);
        }
        for (const doc of member.newborn) doc.$isNew = false;
        if (before.isNew) setNew(root, false);
        // Not over that of a save that was made meanwhile.
        const key = root.$__schema.options.versionKey;
        if (key && getRaw(root, key) === before.version) restoreVersion(root, version);
        state.incremented = false;
        state.doubts = doubts;
        state.lastSave = lastSave;
      }
    };
  }
}

/** Several saves of one document: the originals from before the first, the values of the last. */
function merge(all: Map<Doc, Sent>, doc: Doc, sent: Sent): void {
  const known = all.get(doc);
  if (known === undefined) {
    all.set(doc, { ...sent, entries: new Map(sent.entries), atomics: new Map(sent.atomics) });
    return;
  }
  for (const [path, item] of sent.entries) {
    const first = known.entries.get(path);
    known.entries.set(path, first === undefined ? item : ({ ...item, entry: first.entry } satisfies SentEntry));
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

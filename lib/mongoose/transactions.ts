/** The part that a document takes in a transaction: joined when a write leaves, and counted when it is acknowledged. */
import type { Doubts, Joining } from '../document/state';
import type { Attempt, Part } from './attempts';
import { rootStateOf } from './capture';
import { getRaw } from './host';
import type { Doc } from './internals';
import { attemptOf } from './sessions';

/** What a document is before a write that leaves now, if that is in a transaction. */
export function joiningOf(root: Doc): Joining | undefined {
  const attempt = attemptOf(root);
  if (attempt === undefined) return undefined;
  const { incremented, doubts, lastSave } = rootStateOf(root);
  const key = root.$__schema.options.versionKey;
  const isNew = root.$isNew;
  return { attempt, isNew, version: key && !isNew ? getRaw(root, key) : undefined, incremented, doubts, lastSave };
}

/**
 * A write was acknowledged, perhaps when the transaction was over already.
 * @returns is its record to wait for a commit?
 */
export function join(root: Doc, joining: Joining | undefined, part: Part): boolean {
  return joining !== undefined && (joining.attempt as Attempt).add(root, joining, part);
}

/** A save that had nothing to write: only what it says of the last save is to be put back. */
export function joinClean(root: Doc, joining: Joining | undefined): void {
  if (joining !== undefined) (joining.attempt as Attempt).member(root, joining);
}

/** A write had no answer. */
export function joinInDoubt(root: Doc, joining: Joining, written: Doubts): void {
  (joining.attempt as Attempt).doubt(root, joining, written);
}

/** A document is deleted in a transaction: after an abort it is not. */
export function enlistDeletion(root: Doc, before: boolean): void {
  const joining = joiningOf(root);
  if (joining === undefined) return;
  const member = (joining.attempt as Attempt).member(root, joining);
  member.isDeleted ??= before;
}

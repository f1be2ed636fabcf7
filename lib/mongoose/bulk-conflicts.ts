/**
 * `conflicts: 'detect'` in `bulkSave()`: the server counts how many of the updates met their document, and does not say which.
 * If some did not, one read tells.
 */
import type { Conflict } from '../types';
import type { CowTrackingError } from '../errors';
import { storedCopy } from './baseline';
import {
  GuardedUpdate,
  bulkConflictError,
  guardedBy,
  isOtherVersion,
  rawAt,
  readOptions,
  type Guarded,
  type UpdateResult,
} from './conflicts';
import { withConditions, writtenBy, type Update } from './expectations';
import { modelOf, type CollectionInternals, type Doc } from './internals';
import { sameStored } from './same-stored';

type Fields = Record<string, unknown>;

interface UpdateOne {
  filter: Fields;
  readonly update: Update;
}

/** An update of a running `bulkSave()`, with the filter as Mongoose made it. */
interface Sent {
  readonly index: number;
  readonly guard: Guarded;
  readonly filter: Fields;
  readonly update: Update;
}

/** What became of the updates that did not meet their document at first. */
export interface Outcome {
  /** Operations that were not written. */
  readonly refused: ReadonlySet<number>;
  /** How many were written after all. */
  readonly repeated: number;
  /** If some were refused because someone else has written their paths. */
  readonly conflict: CowTrackingError | undefined;
}

const sentBy = new WeakMap<object, readonly Sent[]>();

/** Puts the conditions into the operations of a `bulkSave()`. */
export function guardOperations(operations: readonly unknown[]): void {
  const sent: Sent[] = [];
  operations.forEach((operation, index) => {
    const { updateOne } = operation as { updateOne?: UpdateOne };
    if (updateOne === undefined) return;
    const { filter, update } = updateOne;
    const guard = guardedBy(filter, update);
    if (guard === undefined) return;
    updateOne.filter = withConditions(filter, guard.expected);
    sent.push({ index, guard, filter, update });
  });
  if (sent.length > 0) sentBy.set(operations, sent);
}

/**
 * After a bulk write of which fewer documents were met than there are updates.
 * @param isSent was the operation sent, and not refused with an error?
 */
export async function resolveMisses(
  collection: CollectionInternals,
  operations: readonly unknown[],
  options: unknown,
  isSent: (index: number) => boolean,
): Promise<Outcome | undefined> {
  const sent = (sentBy.get(operations) ?? []).filter(({ index }) => isSent(index));
  if (sent.length === 0) return undefined;
  const ids = sent.map(({ filter }) => filter['_id']);
  const found = await collection.find({ _id: { $in: ids } }, readOptions(options)).toArray();
  const byId = new Map(found.map((fields) => [keyOf(sent[0]?.guard.doc, fields['_id']), fields]));
  const refused = new Set<number>();
  const conflicts: [Doc, readonly Conflict[]][] = [];
  let repeated = 0;
  for (const item of sent) {
    const { doc } = item.guard;
    const stored = byId.get(keyOf(doc, item.filter['_id'])) ?? null;
    if (stored !== null && isWritten(item, stored)) continue;
    try {
      const { matchedCount } = await repeat(collection, item, options, stored);
      if (matchedCount > 0) repeated++;
      else refused.add(item.index);
    } catch (error) {
      const own = (error as Partial<CowTrackingError>).conflicts;
      if (own === undefined) throw error;
      refused.add(item.index);
      conflicts.push([doc, own]);
    }
  }
  return { refused, repeated, conflict: conflicts.length === 0 ? undefined : bulkConflictError(conflicts) };
}

/** An id may be any value. */
function keyOf(doc: Doc | undefined, id: unknown): string {
  if (doc === undefined) return '';
  const bytes = modelOf(doc).base.mongo.BSON.serialize({ id }, { ignoreUndefined: true });
  return Buffer.from(bytes).toString('base64');
}

/** Does the document hold everything that the update set, dates and version included? */
function isWritten({ guard: { doc }, filter, update }: Sent, stored: Fields): boolean {
  const { versionKey } = doc.$__schema.options;
  const version = versionKey ? (doc as unknown as { $__getValue(path: string): unknown }).$__getValue(versionKey) : 0;
  if (versionKey && update['$inc']?.[versionKey] !== undefined) {
    if (rawAt(stored, versionKey) !== Number(version ?? 0) + 1) return false;
  } else if (isOtherVersion(doc, filter, stored)) return false;
  for (const [path, value] of writtenBy(update)) {
    if (!sameStored(doc, storedCopy(value, doc), rawAt(stored, path), { ordered: true })) return false;
  }
  return true;
}

function repeat(
  collection: CollectionInternals,
  { guard, filter, update }: Sent,
  options: unknown,
  stored: Fields | null,
): Promise<UpdateResult> {
  const { session } = (options ?? {}) as { session?: unknown };
  const settings = session === undefined ? {} : { session };
  return new GuardedUpdate(guard, filter, update, settings, collection, (where, changes) =>
    collection.updateOne(where, changes, settings),
  ).resume(stored);
}

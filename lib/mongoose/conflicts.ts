/**
 * `conflicts: 'detect'`: the filter of an update holds what it takes for stored. If it meets nothing, one read tells why; what
 * turns out to be no conflict is sent again with what was read as the condition. The place is the collection: the last one
 * before the driver, and the same one in Mongoose 8 and 9.
 */
import type { Expectation } from '../document/state';
import { fail, type CowTrackingError } from '../errors';
import type { Conflict } from '../types';
import { baselineAt, storedCopy } from './baseline';
import { overrideCollection } from './collections';
import { conditionFor } from './conditions';
import { existingRootState } from './capture';
import { withConditions, writtenBy, type Update } from './expectations';
import { modelOf, type CollectionInternals, type Doc } from './internals';
import { sameFrom, sameStored } from './same-stored';
import { possibleValues } from './unanswered';

type Filter = Readonly<Record<string, unknown>>;
type Fields = Record<string, unknown>;

/** A save on its way that has expectations, by the filter that Mongoose made for it. */
export interface Guarded {
  readonly doc: Doc;
  readonly expected: readonly Expectation[];
}

export interface UpdateResult {
  readonly acknowledged?: boolean;
  readonly matchedCount: number;
}

const guarded = new WeakMap<object, Guarded>();

/** The filter of a running save was made: the update that leaves with it gets the conditions. */
export function guardFilter(doc: Doc, filter: object): void {
  const expected = existingRootState(doc)?.expected ?? [];
  if (expected.length === 0) return;
  guarded.set(filter, { doc, expected });
  const { collection } = modelOf(doc);
  if (collection !== undefined) prepare(collection);
}

/** What was registered for a filter, without what Mongoose took out of the update since (`pathsToSave`). */
export function guardedBy(filter: object, update: Update): Guarded | undefined {
  const found = guarded.get(filter);
  if (found === undefined) return undefined;
  const written = writtenBy(update);
  return { ...found, expected: found.expected.filter(({ needed }) => written.has(needed)) };
}

function prepare(collection: CollectionInternals): void {
  overrideCollection(
    collection,
    'updateOne',
    (base) =>
      function updateOne(this: CollectionInternals, filter: unknown, update: unknown, ...rest: unknown[]) {
        const guard = filter !== null && typeof filter === 'object' ? guardedBy(filter, update as Update) : undefined;
        if (guard === undefined) return base().call(this, filter, update, ...rest);
        const attempt = new GuardedUpdate(guard, filter as Filter, update as Update, rest[0], this, (where, changes) =>
          base().call(this, where, changes, ...rest),
        );
        return attempt.send();
      },
  );
}

/** After so many misses without a conflict the server does not find what it gave us itself. */
const TRIES = 8;

/** One update, sent until it is written or refused. */
export class GuardedUpdate {
  private expected: readonly Expectation[];
  /** Someone else's values, as they were read last. */
  private readonly theirs = new Map<string, unknown>();

  constructor(
    private readonly guard: Guarded,
    private readonly filter: Filter,
    private update: Update,
    private readonly options: unknown,
    private readonly collection: CollectionInternals,
    private readonly write: (filter: Fields, update: Update) => Promise<unknown>,
  ) {
    this.expected = guard.expected;
  }

  /** @throws CowTrackingError `ERR_CONFLICT` */
  async send(): Promise<UpdateResult> {
    for (let tries = 0; tries < TRIES; tries++) {
      const result = await this.once();
      if (result.acknowledged === false || result.matchedCount > 0) return result;
      const stored = (await this.collection.findOne(
        withoutVersion(this.guard.doc, this.filter),
        readOptions(this.options),
      )) as Fields | null;
      if (!this.mayRepeat(stored)) return result;
    }
    throw conflictError(
      this.guard.doc,
      this.expected.map((item) => this.conflictOf(item)),
    );
  }

  /** The same, where a miss is known and the document was read already. */
  async resume(stored: Fields | null): Promise<UpdateResult> {
    return this.mayRepeat(stored) ? this.send() : { acknowledged: true, matchedCount: 0 };
  }

  private async once(): Promise<UpdateResult> {
    // All that was left were defaults, which gave way.
    if (Object.keys(this.update).length === 0) return { acknowledged: true, matchedCount: 1 };
    return (await this.write(withConditions(this.filter, this.expected), this.update)) as UpdateResult;
  }

  /**
   * Looks into what is stored: gone and another version are Mongoose's errors; what holds what was expected after all, as
   * Mongoose would load it, or what is to be written anyway, is expected as it is stored.
   * @throws CowTrackingError `ERR_CONFLICT`
   */
  private mayRepeat(stored: Fields | null): boolean {
    const { doc } = this.guard;
    if (stored === null) {
      // With the flag still up Mongoose would call a deleted document one of another version.
      doc.$__.version = undefined;
      return false;
    }
    if (isOtherVersion(doc, this.filter, stored)) return false;
    // Loading may cast values in place.
    const raw = new Map(this.expected.map(({ path }) => [path, storedCopy(rawAt(stored, path), doc)]));
    const twin = modelOf(doc).hydrate(stored);
    const next: Expectation[] = [];
    const conflicts: Conflict[] = [];
    for (const item of this.expected) {
      this.theirs.set(item.path, storedCopy(baselineAt(twin, item.path)?.value, twin));
      if (this.isFulfilled(item)) next.push(asRead(item, raw.get(item.path)));
      else if (item.yields) this.giveWay(item);
      else conflicts.push(this.conflictOf(item));
    }
    if (conflicts.length > 0) throw conflictError(doc, conflicts);
    this.expected = next;
    return true;
  }

  private isFulfilled(item: Expectation): boolean {
    const { doc } = this.guard;
    const theirs = this.theirs.get(item.path);
    const unanswered = existingRootState(doc)?.doubts?.updates ?? [];
    return [item.mine, ...possibleValues(item.base, item.path, unanswered)].some((value) =>
      item.length
        ? sameFrom(doc, (item.base as unknown[]).length, value, theirs)
        : sameStored(doc, value, theirs, item),
    );
  }

  private giveWay({ path }: Expectation): void {
    const { [path]: _left, ...rest } = this.update['$set'] ?? {};
    const { $set: _set, ...others } = this.update;
    this.update = Object.keys(rest).length === 0 ? others : { ...others, $set: rest };
  }

  private conflictOf({ path, base, mine }: Expectation): Conflict {
    return { path, base, mine, theirs: this.theirs.get(path) };
  }
}

/** The condition for what was read, exactly as it is stored. */
function asRead(item: Expectation, raw: unknown): Expectation {
  const condition = item.length ? { $size: (raw as unknown[]).length } : conditionFor(raw, undefined, false);
  return { ...item, condition };
}

/** From the primary, and what it holds now: a secondary or a majority may not have seen yet what refused the update. */
export function readOptions(options: unknown): Record<string, unknown> {
  const { session } = (options ?? {}) as { session?: { transaction?: { isActive: boolean } } };
  if (session === undefined) return { readPreference: 'primary', readConcern: { level: 'local' } };
  // Within a transaction its own settings hold.
  if (session.transaction?.isActive === true) return { session };
  return { session, readPreference: 'primary', readConcern: { level: 'local' } };
}

export function withoutVersion(doc: Doc, filter: Filter): Fields {
  const { versionKey } = doc.$__schema.options;
  const rest = { ...filter };
  if (versionKey) Reflect.deleteProperty(rest, versionKey);
  return rest;
}

/** Did Mongoose ask for another version than the stored one? */
export function isOtherVersion(doc: Doc, filter: Filter, stored: Fields): boolean {
  const { versionKey } = doc.$__schema.options;
  if (!versionKey || !Object.hasOwn(filter, versionKey)) return false;
  return filter[versionKey] !== rawAt(stored, versionKey);
}

/** The value at a path of a raw document. */
export function rawAt(stored: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' && Object.hasOwn(value, key) ? (value as Fields)[key] : undefined,
      stored,
    );
}

/** Of one document, with its conflicts in any order. */
export function conflictError(doc: Doc, conflicts: readonly Conflict[]): CowTrackingError {
  const sorted = [...conflicts].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return errorFor(`${named(doc, sorted)} since it was loaded, so nothing was written`, sorted);
}

/** Of several documents of one `bulkSave()`. */
export function bulkConflictError(found: readonly (readonly [Doc, readonly Conflict[]])[]): CowTrackingError {
  const names = found.map(([doc, conflicts]) => named(doc, conflicts)).join(', ');
  return errorFor(
    `${names} since they were loaded, so these documents were not written`,
    found.flatMap(([doc, conflicts]) => conflicts.map((item) => ({ ...item, documentId: doc._doc['_id'] }))),
  );
}

function named(doc: Doc, conflicts: readonly Conflict[]): string {
  const paths = conflicts.map(({ path }) => `'${path}'`).join(', ');
  return `${paths} of ${modelOf(doc).modelName ?? 'document'} ${String(doc._doc['_id'])}`;
}

function errorFor(what: string, conflicts: readonly Conflict[]): CowTrackingError {
  return fail(
    'ERR_CONFLICT',
    `Someone else has written ${what}. The changes are kept: look at \`conflicts\`, call \`doc.$tracker.refresh()\` to take ` +
      `over what is stored, and save again.`,
    { conflicts },
  );
}

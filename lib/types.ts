import type { HydratedDocument } from 'mongoose';
import type { ChangedAt, PathOf, SchemaPathOf, ValueAt } from './typed-paths';

export type { ChangedAt, PathOf, RawTypeOf, SchemaPathOf, StoredAt, ValueAt } from './typed-paths';

/* eslint-disable @typescript-eslint/no-explicit-any -- a document or tracker of a type that nobody named: all its paths will do */

/** One value that differs: where, how, and both values, plain and detached. */
export interface Change<Path extends string = string, Value = unknown> {
  /** The leaf path: `address.city`, `items.1.qty`, `prices.eur`. */
  readonly path: Path;
  readonly type: 'add' | 'update' | 'remove';
  /** The value at the baseline; `undefined` if there was none. */
  readonly from: Value;
  /** The value now; `undefined` if there is none. */
  readonly to: Value;
}

/** One path that two writers have changed since the baseline: the three values, plain and detached, `undefined` where there is none. */
export interface Conflict<Path extends string = string, Value = unknown> {
  /** The path as it was to be written: `address.city`, `items.1.qty`, or a whole value, `tags`. */
  readonly path: Path;
  /** The value at the baseline: what both started from. */
  readonly base: Value;
  /** The value in memory, which was to be written. */
  readonly mine: Value;
  /** The value that is stored now. */
  readonly theirs: Value;
  /** In the error of a `bulkSave()`: the `_id` of the document. */
  readonly documentId?: unknown;
}

/** A change of a document of a given raw type: `path` tells the type of `from` and `to`. */
export type ChangeOf<RawDocType> = {
  [Path in PathOf<RawDocType>]: Change<Path, ChangedAt<RawDocType, Path>>;
}[PathOf<RawDocType>];

/** The current values of what changed, by leaf path. */
export type ChangedValues<RawDocType> = { [Path in PathOf<RawDocType>]?: ChangedAt<RawDocType, Path> };

/** MongoDB's update operators, by operator and path: `{ $set: { 'address.city': 'Oslo' } }`. */
export type UpdateOperators = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What one acknowledged save wrote. */
export interface SaveRecord<RawDocType = any> {
  /** Was the document inserted? */
  readonly isNew: boolean;
  /** What changed, old and new values; for an insert every `from` is `undefined`. Empty if there was nothing to write. */
  readonly changes: readonly ChangeOf<RawDocType>[];
  /** The operators that were sent; `null` for an insert and for a save with nothing to write. */
  readonly update: UpdateOperators | null;
}

/** One operation of a JSON Patch (RFC 6902). Values follow MongoDB's relaxed Extended JSON. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A remembered state; only `rollback()` of the tracker that made it can read it. */
export interface Savepoint {
  readonly createdAt: Date;
}

/**
 * The options of `schema.plugin(cowTracking, options)`. Named with a raw document type, `satisfies CowTrackingOptions<User>`,
 * their paths are completed and checked as well.
 */
export interface CowTrackingOptions<RawDocType = any> {
  /**
   * What `save()` does when nothing differs from the baseline: no database call at all, or Mongoose's existence check.
   * @defaultValue `'skip'`
   */
  readonly cleanSave?: 'skip' | 'check';
  /**
   * Find changes made inside Mixed, Date, Buffer and array values without `markModified`; or only for these paths.
   * @defaultValue `true`
   */
  readonly detectInPlace?: boolean | readonly SchemaPathOf<RawDocType>[];
  /** Paths written whole as soon as anything below them changes. @defaultValue `[]` */
  readonly wholePaths?: readonly SchemaPathOf<RawDocType>[];
  /** Paths left to Mongoose's own tracking. @defaultValue `[]` */
  readonly exclude?: readonly SchemaPathOf<RawDocType>[];
  /** Own equality for a path; gets plain, detached values. @defaultValue `{}` */
  readonly equals?: Readonly<Partial<Record<SchemaPathOf<RawDocType>, (original: any, current: any) => boolean>>>;
  /** Called once for each write that the server acknowledged; in a transaction after its commit. */
  readonly onSaved?: (
    record: SaveRecord<RawDocType>,
    doc: HydratedDocument<RawDocType> & CowTracked<RawDocType>,
  ) => void | Promise<void>;
  /**
   * What an update does when someone else has written one of its paths since the baseline. `'detect'`: it succeeds only while
   * every path that it sets or unsets still holds, in the database, the value it had at the baseline; otherwise nothing is
   * written, the changes stay, and a `CowTrackingError` `ERR_CONFLICT` lists the paths. Other paths do not matter, and neither
   * does what the server merges itself (`$push`, `$addToSet`, `$pull`, `$inc`). A path that was not loaded has no known baseline.
   * The condition is part of the update's filter: a save that succeeds costs no other round trip.
   * @defaultValue `'ignore'`
   * @example
   * ```ts
   * articleSchema.plugin(cowTracking, { conflicts: 'detect' });
   *
   * try {
   *   await article.save();
   * } catch (error) {
   *   if (!(error instanceof CowTrackingError) || error.code !== 'ERR_CONFLICT') throw error;
   *   for (const { path, base, mine, theirs } of error.conflicts) show(path, base, mine, theirs);
   * }
   * ```
   */
  readonly conflicts?: 'ignore' | 'detect';
}

/** A path as given to `isModified()`, `revert()`: one or several. */
export type PathArgument<RawDocType = any> = PathOf<RawDocType> | readonly PathOf<RawDocType>[];

/** What both trackers can do: for documents (`doc.$tracker`) and for plain objects (`StateTracker`). */
export interface Tracker<RawDocType = any> {
  /**
   * Does anything at, above or below the paths (or anything at all) differ from the baseline? What was taken back does not.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  isModified(path?: PathArgument<RawDocType>): boolean;
  /** The changed leaf paths with their current values, `undefined` for what was removed; `{}` when clean. */
  getChanges(): ChangedValues<RawDocType>;
  /** The changes with old and new values, plain and detached, sorted by path. */
  diff(): ChangeOf<RawDocType>[];
  /** The document at the last load or acknowledged save, as a detached plain object. */
  original(): RawDocType;
  /**
   * The value at the last load or acknowledged save, a detached copy; `undefined` if there was none.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  original<Path extends PathOf<RawDocType>>(path: Path): ValueAt<RawDocType, Path>;
  /** The update operators that bring what is stored to the current state, or `null` if nothing differs. */
  getUpdate(): UpdateOperators | null;
  /**
   * Puts the original values back, in memory; without a path, all of them.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  revert(path?: PathArgument<RawDocType>): void;
  /** Takes the current state as the new baseline. */
  reset(): void;
  /** Remembers the values and the changes, for `rollback()`. */
  savepoint(): Savepoint;
  /**
   * Puts values and changes back to a savepoint, which stays usable.
   * @throws CowTrackingError `ERR_SAVEPOINT` for a savepoint of another tracker
   */
  rollback(savepoint: Savepoint): void;
  /** The changes as RFC 6902 operations; values as relaxed Extended JSON. */
  patch(): JsonPatchOperation[];
  /** The RFC 6902 operations that undo the changes. */
  inversePatch(): JsonPatchOperation[];
}

/** `doc.$tracker`. */
export interface DocumentTracker<RawDocType = any> extends Tracker<RawDocType> {
  /**
   * Takes `original` (what a cache or a form held) as the baseline: what differs from it is now a change.
   * @throws CowTrackingError `ERR_INVALID_ARGUMENT` if it is no object, or does not fit the schema
   */
  rebase(original: object): void;
  /**
   * Writes the value with the next save even though it equals the original.
   * @throws CowTrackingError `ERR_UNKNOWN_PATH`, `ERR_INVALID_PATH`
   */
  markModified(path: PathOf<RawDocType>): void;
  /** What the last acknowledged save of this instance wrote; `null` before the first. */
  readonly lastSave: SaveRecord<RawDocType> | null;
  /**
   * The question of `isModified()`, asked of `lastSave`.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   */
  wasModified(path?: PathArgument<RawDocType>): boolean;
  /** Did the last acknowledged save insert the document? */
  readonly wasNew: boolean;
}

/** `HydratedDocument<User> & CowTracked<User>`: a document with its tracker. */
export interface CowTracked<RawDocType = any> {
  readonly $tracker: DocumentTracker<RawDocType>;
}

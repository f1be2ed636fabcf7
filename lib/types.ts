import type { HydratedDocument } from 'mongoose';
import type { ChangedAt, PathOf, SchemaPathOf, ValueAt } from './typed-paths';

export type { ChangedAt, PathOf, RawTypeOf, SchemaPathOf, StoredAt, ValueAt } from './typed-paths';

/* eslint-disable @typescript-eslint/no-explicit-any -- a document or tracker of a type that nobody named: all its paths will do */

/**
 * One value that differs: where, how, and both values, plain and detached.
 *
 * @example
 * ```ts
 * user.address.city = 'Oslo';
 * const [change] = user.$tracker.diff();
 * console.log(change); // { path: 'address.city', type: 'update', from: 'London', to: 'Oslo' }
 * ```
 */
export interface Change<Path extends string = string, Value = unknown> {
  /** The leaf path: `address.city`, `items.1.qty`, `prices.eur`. */
  readonly path: Path;
  /** `'add'`: there was no value; `'remove'`: there is none any more. */
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

/**
 * What one acknowledged save wrote: `doc.$tracker.lastSave`, and what `onSaved` is given.
 *
 * @example
 * ```ts
 * user.name = 'Countess';
 * await user.save();
 * const { isNew, changes, update } = user.$tracker.lastSave;
 * console.log(isNew, changes.length); // false 1
 * console.log(update); // { '$set': { name: 'Countess' } }
 * ```
 */
export interface SaveRecord<RawDocType = any> {
  /** Was the document inserted? */
  readonly isNew: boolean;
  /** What changed, old and new values; for an insert every `from` is `undefined`. Empty if there was nothing to write. */
  readonly changes: readonly ChangeOf<RawDocType>[];
  /** The operators that were sent; `null` for an insert and for a save with nothing to write. */
  readonly update: UpdateOperators | null;
}

/** How `refresh()` settles what both sides have changed. */
export interface RefreshOptions {
  /**
   * For each path in conflict: keep the value in memory, take the stored one, or a value of your own (it is cast, but no
   * setter or validator runs).
   * @defaultValue `'mine'`
   * @throws CowTrackingError `ERR_INVALID_ARGUMENT`
   * @example
   * ```ts
   * user.visits += 1;
   * await User.updateOne({ _id }, { $set: { visits: 7 } }); // somebody else
   * await user.$tracker.refresh({ resolve: ({ base, mine, theirs }) => theirs + (mine - base) });
   * console.log(user.visits); // 8
   * ```
   */
  readonly resolve?: 'mine' | 'theirs' | ((conflict: Conflict) => unknown);
}

/** One operation of a JSON Patch (RFC 6902). Values are MongoDB's relaxed Extended JSON, so a Date is `{ $date: '...' }`. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A remembered state; only `rollback()` of the tracker that made it can read it. */
export interface Savepoint {
  /** When `savepoint()` was called. */
  readonly createdAt: Date;
}

/**
 * The options of `schema.plugin(cowTracking, options)`. Named with a raw document type, `satisfies CowTrackingOptions<User>`,
 * their paths are completed and checked as well.
 */
export interface CowTrackingOptions<RawDocType = any> {
  /**
   * What `save()` does when nothing differs from the baseline. `'skip'`: no database call. `'check'`: Mongoose's look whether
   * the document still exists, which rejects with `DocumentNotFoundError` if it does not. With `optimisticConcurrency` the
   * version is always checked. Hooks run either way.
   * @defaultValue `'skip'`
   * @throws CowTrackingError `ERR_INVALID_OPTION` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { cleanSave: 'check' });
   * ```
   */
  readonly cleanSave?: 'skip' | 'check';
  /**
   * Find changes made inside Mixed, Date, Buffer and array values without `markModified()`; an array of paths: only there.
   * @defaultValue `true`
   * @throws CowTrackingError `ERR_INVALID_OPTION`, `ERR_UNKNOWN_PATH` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { detectInPlace: ['meta'] });
   * ```
   */
  readonly detectInPlace?: boolean | readonly SchemaPathOf<RawDocType>[];
  /**
   * Paths written whole as soon as anything below them changes: for values whose fields only make sense together.
   * @defaultValue `[]`
   * @throws CowTrackingError `ERR_INVALID_OPTION`, `ERR_UNKNOWN_PATH` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { wholePaths: ['address'] });
   * const user = await mongoose.model('Person', schema, 'users').findById(_id);
   * user.address.city = 'Oslo';
   * console.log(user.$tracker.getUpdate()); // { '$set': { address: { city: 'Oslo', zip: 'N1' } } }
   * ```
   */
  readonly wholePaths?: readonly SchemaPathOf<RawDocType>[];
  /**
   * Paths left to Mongoose's own tracking. Of a stored document they are in no answer of the tracker but
   * `getUpdate()`.
   * @defaultValue `[]`
   * @throws CowTrackingError `ERR_INVALID_OPTION`, `ERR_UNKNOWN_PATH` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { exclude: ['visits'] });
   * const user = await mongoose.model('Person', schema, 'users').findById(_id);
   * user.visits = 2;
   * console.log(user.$tracker.diff(), user.$tracker.getUpdate()); // [] { '$set': { visits: 2 } }
   * ```
   */
  readonly exclude?: readonly SchemaPathOf<RawDocType>[];
  /**
   * Own equality, by path. The functions get plain, detached values.
   * @defaultValue `{}`
   * @throws CowTrackingError `ERR_INVALID_OPTION`, `ERR_UNKNOWN_PATH` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { equals: { name: (a, b) => a?.toLowerCase() === b?.toLowerCase() } });
   * const user = await mongoose.model('Person', schema, 'users').findById(_id);
   * user.name = 'ADA';
   * console.log(user.isModified()); // false
   * ```
   */
  readonly equals?: Readonly<Partial<Record<SchemaPathOf<RawDocType>, (original: any, current: any) => boolean>>>;
  /**
   * Called once for each write that the server acknowledged; in a transaction after its commit, and never for an attempt
   * that was aborted. `save()` waits for it. If it throws, the save (or the commit) rejects with its error, and what was
   * written stays written.
   * @throws CowTrackingError `ERR_INVALID_OPTION` when the plugin is applied
   * @example
   * ```ts
   * const trail = [];
   * schema.plugin(cowTracking, { onSaved: (record, doc) => trail.push([doc.id, record.changes]) });
   * ```
   */
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
   * @throws CowTrackingError `ERR_INVALID_OPTION` when the plugin is applied
   * @example
   * ```ts
   * schema.plugin(cowTracking, { conflicts: 'detect' });
   * const Person = mongoose.model('Person', schema, 'users');
   * const [mine, theirs] = await Promise.all([Person.findById(_id), Person.findById(_id)]);
   * theirs.name = 'Grace';
   * await theirs.save();
   * mine.name = 'Countess';
   * const error = await mine.save().catch((reason) => reason);
   * console.log(error.code); // ERR_CONFLICT
   * console.log(error.conflicts); // [ { path: 'name', base: 'Ada', mine: 'Countess', theirs: 'Grace' } ]
   * ```
   */
  readonly conflicts?: 'ignore' | 'detect';
}

/** A path as given to `isModified()`, `revert()`: one or several. */
export type PathArgument<RawDocType = any> = PathOf<RawDocType> | readonly PathOf<RawDocType>[];

/**
 * What both trackers can do: for documents (`doc.$tracker`) and for plain objects (`StateTracker`). The baseline is the
 * document as it was last loaded or saved, or the object as the `StateTracker` was given it.
 */
export interface Tracker<RawDocType = any> {
  /**
   * Does anything at, above or below the paths (or anything at all) differ from the baseline? What was taken back does not.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * user.address.city = 'Oslo';
   * console.log(user.$tracker.isModified('address')); // true
   * user.address.city = 'London';
   * console.log(user.$tracker.isModified()); // false
   * ```
   */
  isModified(path?: PathArgument<RawDocType>): boolean;
  /**
   * The changed leaf paths with their current values, `undefined` for what was removed; `{}` when clean.
   * @example
   * ```ts
   * user.name = 'Countess';
   * user.tags.push('editor');
   * console.log(user.$tracker.getChanges()); // { name: 'Countess', 'tags.1': 'editor' }
   * ```
   */
  getChanges(): ChangedValues<RawDocType>;
  /**
   * The changes with old and new values, plain and detached, sorted by path. A populated document stands as its id.
   * @example
   * ```ts
   * user.name = 'Countess';
   * console.log(user.$tracker.diff()); // [ { path: 'name', type: 'update', from: 'Ada', to: 'Countess' } ]
   * ```
   */
  diff(): ChangeOf<RawDocType>[];
  /**
   * The document at the last load or acknowledged save, as a detached plain object.
   * @example
   * ```ts
   * user.meta.theme = 'light';
   * console.log(user.$tracker.original().meta); // { theme: 'dark' }
   * ```
   */
  original(): RawDocType;
  /**
   * The value at the last load or acknowledged save, a detached copy; `undefined` if there was none.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * user.address.city = 'Oslo';
   * console.log(user.$tracker.original('address.city')); // London
   * ```
   */
  original<Path extends PathOf<RawDocType>>(path: Path): ValueAt<RawDocType, Path>;
  /**
   * The update operators that bring what is stored to the current state, or `null` if nothing differs. For a document it is
   * what the next `save()` will send, so `updatedAt` is in it only once a save has set it.
   * @example
   * ```ts
   * user.address = { city: 'Oslo', zip: 'N1' };
   * console.log(user.$tracker.getUpdate()); // { '$set': { 'address.city': 'Oslo' } }
   * ```
   */
  getUpdate(): UpdateOperators | null;
  /**
   * Puts the original values back, in memory; without a path, all of them. Setters and validators do not run.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * user.name = 'Countess';
   * user.meta.theme = 'light';
   * user.$tracker.revert('meta');
   * console.log(user.meta.theme, user.$tracker.getChanges()); // dark { name: 'Countess' }
   * ```
   */
  revert(path?: PathArgument<RawDocType>): void;
  /**
   * Takes the current state as the new baseline. Nothing is sent, and nothing of it will be.
   * @example
   * ```ts
   * user.name = 'Countess';
   * user.$tracker.reset();
   * console.log(user.$tracker.isModified(), user.$tracker.original('name')); // false Countess
   * ```
   */
  reset(): void;
  /**
   * Remembers the values and the changes, for `rollback()`.
   * @example
   * ```ts
   * const point = user.$tracker.savepoint();
   * user.tags.push('editor');
   * user.$tracker.rollback(point);
   * console.log(user.tags.length); // 1
   * ```
   */
  savepoint(): Savepoint;
  /**
   * Puts values and changes back to a savepoint, which stays usable.
   * @throws CowTrackingError `ERR_SAVEPOINT` for a savepoint of another tracker
   * @example
   * ```ts
   * user.name = 'Countess';
   * const point = user.$tracker.savepoint();
   * user.name = 'Lady';
   * user.$tracker.rollback(point);
   * console.log(user.$tracker.getChanges()); // { name: 'Countess' }
   * ```
   */
  rollback(savepoint: Savepoint): void;
  /**
   * The changes as RFC 6902 operations; values as relaxed Extended JSON. Applied to the original, they give the current state.
   * @example
   * ```ts
   * user.name = 'Countess';
   * console.log(user.$tracker.patch()); // [ { op: 'replace', path: '/name', value: 'Countess' } ]
   * ```
   */
  patch(): JsonPatchOperation[];
  /**
   * The RFC 6902 operations that undo the changes: applied to the current state, they give the original.
   * @example
   * ```ts
   * user.name = 'Countess';
   * console.log(user.$tracker.inversePatch()); // [ { op: 'replace', path: '/name', value: 'Ada' } ]
   * ```
   */
  inversePatch(): JsonPatchOperation[];
}

/** `doc.$tracker`: of a document, or of a subdocument with paths relative to it. */
export interface DocumentTracker<RawDocType = any> extends Tracker<RawDocType> {
  /**
   * Takes `original` (what a cache or a form held) as the baseline: what differs from it is now a change.
   * @throws CowTrackingError `ERR_INVALID_ARGUMENT` if it is no object, or does not fit the schema
   * @example
   * ```ts
   * const { name, visits, address, tags, meta } = user.toObject();
   * user.$tracker.rebase({ name: 'Grace', visits, address, tags, meta }); // what a form was filled from
   * console.log(user.$tracker.diff()); // [ { path: 'name', type: 'update', from: 'Grace', to: 'Ada' } ]
   * ```
   */
  rebase(original: object): void;
  /**
   * Writes the value with the next save even though it equals the original.
   * @throws CowTrackingError `ERR_UNKNOWN_PATH`, `ERR_INVALID_PATH`
   * @example
   * ```ts
   * user.$tracker.markModified('name');
   * console.log(user.$tracker.getUpdate()); // { '$set': { name: 'Ada' } }
   * ```
   */
  markModified(path: PathOf<RawDocType>): void;
  /**
   * Reads the stored document (one query, in the document's session and with its projection) and takes it as the baseline.
   * What only others have changed appears in memory; what only you have changed stays a change; what both have changed is a
   * conflict, settled as asked. Paths are compared leaf by leaf, elements of arrays by `_id`. No setter and no validator runs;
   * instances of subdocuments stay the same where they still exist, and populated paths stay populated if their id did not
   * change.
   *
   * @returns the conflicts, sorted by path; `[]` if there was none
   * @throws CowTrackingError `ERR_INVALID_ARGUMENT`, `ERR_NOT_STORED` for a new document, `ERR_SAVING` beside a running `save()`,
   *   `ERR_CONFLICT` if the stored document has become another discriminator; Mongoose's `DocumentNotFoundError` if it is gone.
   *   The document is as it was then.
   * @example
   * ```ts
   * user.name = 'Countess';
   * await User.updateOne({ _id }, { $set: { name: 'Grace', visits: 7 } }); // somebody else
   * const conflicts = await user.$tracker.refresh();
   * console.log(conflicts); // [ { path: 'name', base: 'Ada', mine: 'Countess', theirs: 'Grace' } ]
   * console.log(user.visits, user.$tracker.getChanges()); // 7 { name: 'Countess' }
   * ```
   */
  refresh(options?: RefreshOptions): Promise<Conflict[]>;
  /**
   * What the last acknowledged save of this instance wrote; `null` before the first. It can be read in every `post('save')`
   * hook. A save that had nothing to write leaves a record without changes.
   * @example
   * ```ts
   * user.name = 'Countess';
   * await user.save();
   * console.log(user.$tracker.lastSave.changes[0]); // { path: 'name', type: 'update', from: 'Ada', to: 'Countess' }
   * ```
   */
  readonly lastSave: SaveRecord<RawDocType> | null;
  /**
   * The question of `isModified()`, asked of `lastSave`.
   * @throws CowTrackingError `ERR_INVALID_PATH`
   * @example
   * ```ts
   * schema.plugin(cowTracking);
   * schema.post('save', (doc) => {
   *   if (doc.$tracker.wasModified('name')) console.log('renamed to', doc.name); // renamed to Countess
   * });
   * const user = await mongoose.model('Person', schema, 'users').findById(_id);
   * user.name = 'Countess';
   * await user.save();
   * ```
   */
  wasModified(path?: PathArgument<RawDocType>): boolean;
  /**
   * Did the last acknowledged save insert the document?
   * @example
   * ```ts
   * const grace = await User.create({ name: 'Grace' });
   * console.log(grace.$tracker.wasNew); // true
   * ```
   */
  readonly wasNew: boolean;
}

/**
 * `HydratedDocument<Person> & CowTracked<Person>`: a document with its tracker. `trackerOf(doc)` needs no such type.
 *
 * @example
 * ```ts
 * interface Person {
 *   name: string;
 * }
 * type PersonDocument = HydratedDocument<Person> & CowTracked<Person>;
 * const previousName = (person: PersonDocument) => person.$tracker.original('name');
 * console.log(previousName(user)); // Ada
 * ```
 */
export interface CowTracked<RawDocType = any> {
  /** The tracker of this document: always the same object. */
  readonly $tracker: DocumentTracker<RawDocType>;
}

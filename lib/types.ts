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

/** MongoDB's update operators, by operator and path: `{ $set: { 'address.city': 'Oslo' } }`. */
export type UpdateOperators = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What one acknowledged save wrote. */
export interface SaveRecord {
  /** Was the document inserted? */
  readonly isNew: boolean;
  /** What changed, old and new values; for an insert every `from` is `undefined`. Empty if there was nothing to write. */
  readonly changes: readonly Change[];
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

/** The options of `schema.plugin(cowTracking, options)`. */
export interface CowTrackingOptions {
  /**
   * What `save()` does when nothing differs from the baseline: no database call at all, or Mongoose's existence check.
   * @defaultValue `'skip'`
   */
  readonly cleanSave?: 'skip' | 'check';
  /**
   * Find changes made inside Mixed, Date, Buffer and array values without `markModified`; or only for these paths.
   * @defaultValue `true`
   */
  readonly detectInPlace?: boolean | readonly string[];
  /** Paths written whole as soon as anything below them changes. @defaultValue `[]` */
  readonly wholePaths?: readonly string[];
  /** Paths left to Mongoose's own tracking. @defaultValue `[]` */
  readonly exclude?: readonly string[];
  /** Own equality for a path; gets plain, detached values. @defaultValue `{}` */
  readonly equals?: Readonly<Record<string, (original: unknown, current: unknown) => boolean>>;
  /** Called once for each write that the server acknowledged; in a transaction after its commit. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the user's own document type, which only they know
  readonly onSaved?: (record: SaveRecord, doc: any) => void | Promise<void>;
}

/** A path as given to `isModified()`, `revert()`: one or several. */
export type PathArgument = string | readonly string[];

/** What both trackers can do: for documents (`doc.$tracker`) and for plain objects (`StateTracker`). */
export interface Tracker {
  isModified(path?: PathArgument): boolean;
  getChanges(): Record<string, unknown>;
  diff(): Change[];
  original(path?: string): unknown;
  getUpdate(): UpdateOperators | null;
  revert(path?: PathArgument): void;
  reset(): void;
  savepoint(): Savepoint;
  rollback(savepoint: Savepoint): void;
  patch(): JsonPatchOperation[];
  inversePatch(): JsonPatchOperation[];
}

/** `doc.$tracker`. */
export interface DocumentTracker extends Tracker {
  rebase(original: object): void;
  markModified(path: string): void;
  readonly lastSave: SaveRecord | null;
  wasModified(path?: PathArgument): boolean;
  readonly wasNew: boolean;
}

/** `HydratedDocument<User> & CowTracked<User>`: a document with its tracker. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- the raw type will give the paths
export interface CowTracked<RawDocType = unknown> {
  readonly $tracker: DocumentTracker;
}

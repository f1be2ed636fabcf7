import type { Difference } from '../tracker/differences';
import type { Change, SaveRecord, UpdateOperators } from '../types';

/** The original of one schema path of a (sub)document, kept at the first write or the first read of a mutable value. */
export interface Entry {
  /** The kept copy; subdocuments in it are held by reference and speak for themselves. */
  original: unknown;
  /**
   * Is `original` what the database holds? Not for a path that was not selected, and not for a mutable value first met in
   * a `markModified()`, when it may have been changed already. Unknown values are never compared and never narrowed.
   */
  known: boolean;
  /** An unknown path that was written explicitly. */
  assigned: boolean;
  /** Written with the next save even if it equals the original: `$tracker.markModified()`. */
  forced: boolean;
  /** Elements or fields below it were not selected. */
  partial: boolean;
  /** It was not selected, and only what was set below it is known: assigned as a whole it is compared with nothing. */
  unloaded?: boolean | undefined;
  /** The state that Mongoose had the path in before: `init`, `default`, `require`, ... `default` is absent in the database. */
  prior: string | undefined;
  /** Did it differ when it was last compared? */
  dirty: boolean;
  /** The keys that lead, within the value, to a leaf that differed then: while it does, the value need not be walked. */
  witness?: readonly string[] | undefined;
  /** What the document held when the original was last seen to be kept from it: an array's proxy, say. */
  holder?: object | undefined;
}

/** A value on its way to the server: the entry it had, and the value that becomes the baseline. */
export interface SentEntry {
  readonly entry: Entry;
  readonly value: unknown;
  /** Only what was set below it was sent, see {@link Entry.unloaded}. */
  readonly unloaded: boolean;
}

/** What one (sub)document has sent and not yet heard of. */
export interface Sent {
  readonly entries: Map<string, SentEntry>;
  readonly assigned: Set<string> | undefined;
  increments: Record<string, Record<string, unknown>> | undefined;
  readonly atomics: Map<string, Record<string, unknown>>;
  /** The marks of what was sent: `$set` of an index and `push()` differ in nothing else. */
  readonly marks: readonly string[];
  /** Defaults that were not stored before. */
  readonly defaults: readonly string[];
}

/** Nothing on its way. */
export function nothingSent(
  assigned?: Set<string>,
  marks: readonly string[] = [],
  defaults: readonly string[] = [],
): Sent {
  return { entries: new Map(), assigned, increments: undefined, atomics: new Map(), marks, defaults };
}

/** The tracking state of one document or subdocument. Made at the first capture, never at load. */
export class DocumentState {
  /** The one record that everything else is a function of: originals by schema path of this (sub)document. */
  readonly originals = new Map<string, Entry>();
  /** Nested objects that were assigned as a whole: written whole if they were empty before. */
  assigned: Set<string> | undefined = undefined;
  /** Nested objects at and below those: were they there? No field says so of an empty one. Null has an original of its own. */
  nested: Map<string, boolean | null> | undefined = undefined;
  /** Chosen when an update was made to be sent; becomes the baseline when it leaves. */
  sent: Sent | undefined = undefined;
  /** Made the baseline; taken back if the save fails. */
  pending: Sent | undefined = undefined;
  /** `$tracker` of this (sub)document. */
  tracker: unknown = undefined;
  /** Only on the root of a tree of documents. */
  root: RootState | undefined = undefined;
}

/** What is known once per document, not per subdocument. */
export class RootState {
  /** Running `$set` calls: Mongoose asks `isModified()` in between, when values are half set. */
  setting = 0;
  /** A running `$inc()`: its `markModified()` is no user's wish to write an equal value. */
  incrementing = false;
  /** While an update is made: the dirty paths that it is made from. */
  narrowed: DirtyItem[] | undefined = undefined;
  /** While an update is made: the version flags that the surviving writes need. */
  version: number | undefined = undefined;
  /** An update is made only to tell what would be sent. */
  preview = false;
  /** The version flags as the last update left them. */
  autoVersion: number | undefined = undefined;
  /** Did the user call `increment()`? */
  incremented = false;
  /** The save that is running has nothing to write. */
  clean = false;
  /** What the running save writes, until it is acknowledged or has failed. */
  writing: Writing | undefined = undefined;
  /** The documents of this tree whose baseline the running save has moved. */
  advanced = new Set<object>();
  /** Subdocuments that the running save writes for the first time. */
  newborn: object[] = [];
  /** The documents of this tree that the running save writes something of. */
  sending: object[] = [];
  lastSave: (() => SaveRecord) | null = null;
  /** Acknowledged records that `onSaved` has not seen. */
  outbox: (() => SaveRecord)[] = [];
  /** The dates that the timestamps hooks of the running save wrote, and those before them. */
  stamped: Stamp[] = [];
  /** Writes whose answer never came, until one of the same paths is acknowledged; `undefined`: there are none. */
  doubts: Doubts | undefined = undefined;
  /** What the filter of the running save demands of the stored values, by path. */
  guards: Readonly<Record<string, unknown>> = {};
  /** With `conflicts: 'detect'`: what the running save takes for stored at the paths that it writes. */
  expected: readonly Expectation[] = [];
  /** A `bulkSave()` of this document is running. */
  bulk = false;
  /** The session that `bulkSave()` was given; not every version puts it on the document. */
  session: unknown = undefined;
  /** The document goes out as an insert of `bulkSave()`, which clears `$isNew` before it resets. */
  inserting = false;
}

/** What an update takes for stored at a path. Values are detached, as they are stored; `undefined` is absent. */
export interface Expectation {
  readonly path: string;
  /** The path of the update that needs it. */
  readonly needed: string;
  readonly base: unknown;
  /** What the path is to hold. */
  readonly mine: unknown;
  /** Only the length of the array at the path counts: elements are written behind its end. */
  readonly length: boolean;
  /** A default that nobody chose: it gives way to whatever is stored. */
  readonly yields: boolean;
  /** Does the order of keys count? */
  readonly ordered: boolean;
  /** The condition for the filter. */
  readonly condition: unknown;
}

/** An `updatedAt` written by a hook, of the document or of a subdocument. */
export interface Stamp {
  readonly doc: object;
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Writes whose answer never came: the database holds what was there, or what was sent. Their paths are written again in any
 * case, and what is not idempotent goes as a guarded whole value.
 */
export interface Doubts {
  readonly paths: ReadonlySet<string>;
  readonly updates: readonly UpdateOperators[];
}

/** What a document was before a write, to be put back if the transaction of the write does not commit. */
export interface Joining {
  /** The transaction: an `Attempt` of `mongoose/sessions.ts`. */
  readonly attempt: object;
  readonly isNew: boolean;
  readonly version: unknown;
  readonly incremented: boolean;
  readonly doubts: Doubts | undefined;
  readonly lastSave: (() => SaveRecord) | null;
}

/** A save on its way. */
export interface Writing {
  readonly isNew: boolean;
  readonly changes: () => readonly Change[];
  /** The update as Mongoose hands it to the driver; it is still changed until then. */
  readonly update: Record<string, Record<string, unknown>> | null;
  /** Only these are saved (`pathsToSave`). */
  readonly paths: readonly string[] | undefined;
  /** An insert whose values were chosen when it left, while Mongoose resets only after the answer: edits since are no part of it. */
  readonly chosen: boolean;
  /** Are neither `changes` nor `update` touched by what happens to the document after it left? */
  readonly detached: boolean;
  /** What each document of the tree sends. */
  readonly sent: Map<object, Sent>;
  /** Written in a transaction. Kept from when it left: at its answer the transaction may be over. */
  readonly joining: Joining | undefined;
}

/** A dirty path, as Mongoose makes an update from. */
export interface DirtyItem {
  path: string;
  value: unknown;
  schema: unknown;
}

/** Differences of a document, with what the writing of them has to know. */
export interface Survey {
  readonly differences: readonly Difference[];
  /** Subdocuments that were compared with their own originals, by instance. */
  readonly visited: ReadonlyMap<object, string>;
  /** Only fields of the document itself differ, from scalar or Date to scalar or Date, and each of them has its own mark. */
  readonly plain: boolean;
}

/** `bulkSave()` and `insertMany()`: many documents, one answer, and hooks that may be missing. */
import { rootStateOf, settingsOf } from './capture';
import { restoreStamps } from './delta';
import { overrideCollection } from './collections';
import { guardOperations, resolveMisses, type Outcome } from './bulk-conflicts';
import { isDocument, type CollectionInternals, type ConstructorInternals, type Doc } from './internals';
import { deliver, failed } from './life';
import { chooseInsert } from './sending';

/** The operations of a running `bulkSave()`, with the options that Mongoose runs it with. */
const ours = new WeakMap<object, BulkOptions>();
/** Errors that Mongoose was shown in place of the real ones. */
const replaced = new WeakMap<object, unknown>();

interface BulkOptions {
  ordered?: boolean;
  readonly session?: unknown;
}

interface BulkError {
  readonly name?: string;
  readonly writeErrors?: unknown;
  readonly insertedCount?: number;
  readonly matchedCount?: number;
  readonly result?: { getWriteConcernError?: () => unknown };
}

/**
 * A bulk write that failed as a whole (a broken connection, an error of the command) names no operation, and Mongoose takes
 * that for a success of them all; Mongoose 8 also takes those for written that stand behind the first refused one of an ordered
 * bulk write. It is shown the same error with all operations that have no answer.
 */
function withRefused(error: unknown, operations: readonly unknown[], options: unknown): unknown {
  const { name, writeErrors, insertedCount = 0, matchedCount = 0, result } = error as BulkError;
  if (name !== 'MongoBulkWriteError') return error;
  const named = (Array.isArray(writeErrors) ? writeErrors : writeErrors === undefined ? [] : [writeErrors]) as {
    index: number;
  }[];
  const ordered = (options as { ordered?: boolean } | undefined)?.ordered !== false;
  // Applied, but perhaps not for good: as with `save()`, none of it counts as written.
  const unreplicated = (result?.getWriteConcernError?.() ?? undefined) !== undefined;
  if (named.length > 0 && !ordered && !unreplicated) return error;
  const done = unreplicated ? 0 : (named[0]?.index ?? (ordered ? insertedCount + matchedCount : 0));
  const refused = operations
    .map(
      (operation, index) => named.find((item) => item.index === index) ?? { index, err: { op: selectorOf(operation) } },
    )
    .slice(done);
  if (refused.length === 0) return error;
  const shown = Object.create(error as object, { writeErrors: { value: refused } }) as object;
  replaced.set(shown, error);
  return shown;
}

interface BulkResult {
  readonly insertedCount?: number;
  readonly matchedCount?: number;
}

interface WriteError {
  readonly index: number;
}

/**
 * A bulk write without an error, but perhaps with updates that did not meet their document.
 * @throws what Mongoose takes for an error of the operations in conflict; the others count as written
 */
async function withRepeated(
  { collection }: ConstructorInternals,
  result: BulkResult,
  operations: readonly unknown[],
  options: unknown,
): Promise<unknown> {
  const { insertedCount = 0, matchedCount = 0 } = result;
  if (collection === undefined || insertedCount + matchedCount >= operations.length) return result;
  const outcome = await resolveMisses(collection, operations, options, () => true);
  if (outcome === undefined) return result;
  // Those that are gone, or of another version, are Mongoose's to report.
  if (outcome.conflict !== undefined) throw showRefused(outcome.conflict, [], operations, outcome) as Error;
  return Object.create(result, { matchedCount: { value: matchedCount + outcome.repeated } }) as unknown;
}

/** An update that met nothing has no error of its own, so beside those of others Mongoose would take it for written. */
async function withConflicts(
  { collection }: ConstructorInternals,
  error: unknown,
  operations: readonly unknown[],
  options: unknown,
): Promise<unknown> {
  const { name, writeErrors } = error as BulkError;
  if (collection === undefined || name !== 'MongoBulkWriteError' || !Array.isArray(writeErrors)) return error;
  const named = writeErrors as WriteError[];
  const outcome = await resolveMisses(
    collection,
    operations,
    options,
    (index) => !named.some((item) => item.index === index),
  );
  if (outcome === undefined || outcome.refused.size === 0) return error;
  return showRefused(replaced.get(error as object) ?? error, named, operations, outcome);
}

/** The error as Mongoose finds refused operations in it. */
function showRefused(
  error: unknown,
  named: readonly WriteError[],
  operations: readonly unknown[],
  { refused }: Outcome,
): object {
  const writeErrors = [
    ...named,
    ...[...refused].map((index) => ({ index, err: { op: selectorOf(operations[index]) } })),
  ];
  // In an ordered one Mongoose 9.12 takes all operations behind the first refused one for not sent.
  const options = ours.get(operations);
  if (options !== undefined) options.ordered = false;
  const shown = Object.create(error as object, {
    name: { value: 'MongoBulkWriteError' },
    writeErrors: { value: writeErrors },
  }) as object;
  replaced.set(shown, error);
  return shown;
}

/** What Mongoose 8 finds the document of a refused operation by. */
function selectorOf(operation: unknown): unknown {
  const { insertOne, updateOne } = operation as { insertOne?: { document: Doc }; updateOne?: { filter: unknown } };
  return insertOne === undefined ? { q: updateOne?.filter } : { _id: insertOne.document._doc['_id'] };
}

type Static = (this: unknown, ...args: unknown[]) => unknown;

/** Puts statics over the inherited ones, on the model itself. */
export function installStatics(model: object): void {
  overrideStatic(
    model,
    'bulkSave',
    (base) =>
      async function bulkSave(this: unknown, documents: unknown, options: unknown, ...rest: unknown[]) {
        const docs = trackedOf(documents);
        for (const doc of docs) {
          const root = rootStateOf(doc);
          root.bulk = true;
          root.session = (options as BulkOptions | undefined)?.session;
        }
        try {
          // A copy, since `showRefused()` changes it.
          return await base().call(this, documents, { ...(options as BulkOptions | undefined) }, ...rest);
        } catch (thrown) {
          const error = replaced.get(thrown as object) ?? thrown;
          // Written or not, document by document: whoever was not acknowledged keeps its changes.
          for (const doc of docs) if (rootStateOf(doc).writing !== undefined) failed(doc, error);
          throw error;
        } finally {
          for (const doc of docs) {
            const root = rootStateOf(doc);
            root.bulk = false;
            root.session = undefined;
            restoreStamps(root);
          }
          for (const doc of docs) await deliver(doc);
        }
      },
  );

  overrideStatic(
    model,
    'buildBulkWriteOperations',
    (base) =>
      function buildBulkWriteOperations(this: unknown, documents: unknown, options: unknown, ...rest: unknown[]) {
        for (const doc of trackedOf(documents)) if (doc.$isNew) rootStateOf(doc).inserting = true;
        const operations = base().call(this, documents, options, ...rest);
        for (const doc of trackedOf(documents)) if (doc.$isNew) chooseInsert(doc);
        if (Array.isArray(operations)) {
          ours.set(operations, options ?? {});
          guardOperations(operations);
        }
        return operations;
      },
  );

  overrideStatic(
    model,
    'bulkWrite',
    (base) =>
      async function bulkWrite(this: unknown, operations: unknown, options: unknown, ...rest: unknown[]) {
        const own = Array.isArray(operations) && ours.has(operations);
        let result: unknown;
        try {
          result = await base().call(this, operations, options, ...rest);
        } catch (error) {
          if (!own) throw error;
          const shown = withRefused(error, operations, options);
          throw await withConflicts(this as ConstructorInternals, shown, operations, options);
        }
        return own ? withRepeated(this as ConstructorInternals, result as BulkResult, operations, options) : result;
      },
  );

  overrideStatic(
    model,
    'insertMany',
    (base) =>
      async function insertMany(this: unknown, documents: unknown, ...rest: unknown[]) {
        const given = trackedOf(Array.isArray(documents) ? documents : [documents]).filter((doc) => doc.$isNew);
        const forget = expectInserts((this as ConstructorInternals).collection, given);
        let result: unknown;
        try {
          result = await base().call(this, documents, ...rest);
        } catch (error) {
          // Those that Mongoose counts as inserted have been acknowledged.
          for (const doc of given) failed(doc, error);
          const { insertedDocs } = (error ?? {}) as { insertedDocs?: unknown };
          for (const doc of trackedOf(insertedDocs)) await deliver(doc);
          throw error;
        } finally {
          forget();
        }
        // With `lean: true` documents are inserted as well, and stay new.
        for (const doc of given) failed(doc, undefined);
        const docs = Array.isArray(result)
          ? result
          : ((result as { mongoose?: { results?: unknown } } | null)?.mongoose?.results ?? given);
        for (const doc of trackedOf(docs)) await deliver(doc);
        return result;
      },
  );
}

/** The documents of each running `insertMany()`, by collection. */
const leaving = new WeakMap<CollectionInternals, Set<readonly Doc[]>>();

/**
 * Chooses what documents send at the moment they are sent: Mongoose has no hook between the last one and the driver.
 * @returns to be called when it is over
 */
function expectInserts(collection: CollectionInternals | undefined, documents: readonly Doc[]): () => void {
  if (collection === undefined || documents.length === 0) return () => undefined;
  const running = leaving.get(collection) ?? new Set();
  leaving.set(collection, running);
  running.add(documents);
  overrideCollection(
    collection,
    'insertMany',
    (base) =>
      function insertMany(this: CollectionInternals, ...args: unknown[]) {
        // Those of another call that still validates choose again when theirs are sent.
        for (const doc of [...running].flat()) chooseInsert(doc);
        return base().apply(this, args);
      },
  );
  return () => running.delete(documents);
}

function trackedOf(documents: unknown): Doc[] {
  return Array.isArray(documents)
    ? documents.filter((doc): doc is Doc => isDocument(doc) && settingsOf(doc) !== undefined)
    : [];
}

function overrideStatic(model: object, name: string, build: (base: () => Static) => Static): void {
  const own = Object.getOwnPropertyDescriptor(model, name);
  const previous = own !== undefined && typeof own.value === 'function' ? (own.value as Static) : undefined;
  const base = (): Static => previous ?? ((Object.getPrototypeOf(model) as Record<string, unknown>)[name] as Static);
  Object.defineProperty(model, name, { value: build(base), writable: true, configurable: true, enumerable: false });
}

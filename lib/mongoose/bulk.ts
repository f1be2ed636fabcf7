/** `bulkSave()` and `insertMany()`: many documents, one answer, and hooks that may be missing. */
import { rootStateOf, settingsOf } from './capture';
import { restoreStamps } from './delta';
import { isDocument, type Doc } from './internals';
import { deliver, failed } from './life';

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
          root.session = (options as { session?: unknown } | undefined)?.session;
        }
        try {
          return await base().call(this, documents, options, ...rest);
        } catch (error) {
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
      function buildBulkWriteOperations(this: unknown, documents: unknown, ...rest: unknown[]) {
        for (const doc of trackedOf(documents)) if (doc.$isNew) rootStateOf(doc).inserting = true;
        return base().call(this, documents, ...rest);
      },
  );

  overrideStatic(
    model,
    'insertMany',
    (base) =>
      async function insertMany(this: unknown, ...args: unknown[]) {
        const result = await base().apply(this, args);
        const docs = Array.isArray(result)
          ? result
          : ((result as { mongoose?: { results?: unknown } } | null)?.mongoose?.results ?? []);
        for (const doc of trackedOf(docs)) await deliver(doc);
        return result;
      },
  );
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

import { fail } from '../errors';
import type { Doc } from './internals';
import { sessionOf } from './sessions';

interface ReadingModel {
  readonly modelName: string;
  readonly base: { readonly Error: { readonly DocumentNotFoundError: new (...args: unknown[]) => Error } };
  readonly collection: { findOne(filter: object, options: object): Promise<Record<string, unknown> | null> };
  new (values: undefined, selected: unknown, options: object): Doc & { init(values: object): void };
}

/**
 * Reads the stored document, as a second document of its class. One query, past hooks and plugins of queries: they may
 * filter or populate, and what is stored is asked for.
 * @throws CowTrackingError `ERR_NOT_STORED`; DocumentNotFoundError of the document's own Mongoose
 */
export async function readStored(doc: Doc): Promise<Doc> {
  const model = doc.constructor as unknown as ReadingModel;
  if (doc.$isNew) {
    throw fail('ERR_NOT_STORED', 'refresh() needs a document that is stored; this one is new. Save it first.');
  }
  const filter = { _id: doc._doc['_id'], ...doc.$__.shardval };
  const stored = await model.collection.findOne(filter, optionsOf(doc));
  if (stored === null) throw new model.base.Error.DocumentNotFoundError(filter, model.modelName);
  // As Mongoose makes one for a query's result.
  const twin = new model(undefined, doc.$__.selected ?? undefined, { skipId: true, isNew: false, willInit: true });
  twin.init(stored);
  return twin;
}

/** As the document was loaded: its session, its projection, the read concern of its schema. */
function optionsOf(doc: Doc): object {
  const own = sessionOf(doc);
  const session = own?.hasEnded === true ? undefined : own;
  const level = doc.$__schema.options.readConcern?.level;
  const projection = projectionOf(doc.$__.selected);
  return {
    ...(session === undefined ? {} : { session }),
    // A transaction has one read concern, given when it starts.
    ...(level === undefined || session?.transaction?.isActive === true ? {} : { readConcern: { level } }),
    ...(projection === undefined ? {} : { projection }),
  };
}

/**
 * The projection that a document was loaded with, but for what only its own query could select: the matched element
 * (`items.$`) and metadata. Those paths stay as they are.
 */
function projectionOf(selected: Record<string, unknown> | null | undefined): Record<string, unknown> | undefined {
  if (selected === undefined || selected === null) return undefined;
  const own = Object.entries(selected).filter(
    ([path, value]) =>
      !path.endsWith('.$') && !(value !== null && typeof value === 'object' && Object.hasOwn(value, '$meta')),
  );
  if (own.length === Object.keys(selected).length) return selected;
  const included = Object.entries(selected).some(([path, value]) => path !== '_id' && (value === 1 || value === true));
  return own.length === 0 && included ? { _id: 1 } : Object.fromEntries(own);
}

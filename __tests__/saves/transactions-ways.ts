// The five ways into a transaction, and what may be done to documents in it.
import mongoose, { Schema } from 'mongoose';
import type { ClientSession } from 'mongoose';
import type { Documents, Doc, Plain } from '../helpers/documents';
import { answersOf } from '../helpers/answers';

export interface Way {
  readonly way: string;
  /** Runs `attempt` in a transaction, again after a transient error. `session` is undefined where it is implied. */
  run(attempt: (session: ClientSession | undefined) => Promise<unknown>): Promise<unknown>;
}

const isTransient = (error: unknown): boolean =>
  error instanceof mongoose.mongo.MongoError && error.hasErrorLabel('TransientTransactionError');

/** `mongoose.connection` has to be open. */
export const ways: readonly Way[] = [
  {
    way: 'withTransaction() of a session of the driver',
    run: (attempt) => mongoose.connection.getClient().withSession((session) => session.withTransaction(attempt)),
  },
  {
    way: 'start, commit and abort by hand',
    async run(attempt) {
      const session = await mongoose.connection.startSession();
      try {
        for (;;) {
          session.startTransaction();
          try {
            await attempt(session);
            await session.commitTransaction();
            return;
          } catch (error) {
            if (session.inTransaction()) await session.abortTransaction();
            if (!isTransient(error)) throw error;
          }
        }
      } finally {
        await session.endSession();
      }
    },
  },
  {
    way: 'connection.transaction()',
    run: (attempt) => mongoose.connection.transaction(attempt),
  },
  {
    way: 'mongoose.startSession()',
    async run(attempt) {
      const session = await mongoose.startSession();
      try {
        await session.withTransaction(attempt);
      } finally {
        await session.endSession();
      }
    },
  },
  {
    way: 'transactionAsyncLocalStorage',
    async run(attempt) {
      mongoose.set('transactionAsyncLocalStorage', true);
      try {
        await mongoose.connection.transaction(() => attempt(undefined));
      } finally {
        mongoose.set('transactionAsyncLocalStorage', false);
      }
    },
  },
];

export const orderSchema = (): Schema<Doc> =>
  new Schema<Doc>(
    {
      status: String,
      count: Number,
      tags: [String],
      mixed: {},
      items: [new Schema<Doc>({ q: Number }, { _id: false })],
    },
    { timestamps: true },
  );

export const old = new Date('2020-01-01');
export const rawOrder = (): Plain => ({
  status: 'a',
  count: 1,
  tags: ['x'],
  mixed: { a: 1 },
  items: [{ q: 1 }],
  createdAt: old,
  updatedAt: old,
});

export function editOrder(doc: Doc): void {
  doc.status = 'b';
  doc.$inc('count', 2);
  doc.tags.push('y');
  doc.mixed.a = 2;
  doc.items[0].q = 2;
}

export const editedOrder = (): Plain => ({
  ...rawOrder(),
  status: 'b',
  count: 3,
  tags: ['x', 'y'],
  mixed: { a: 2 },
  items: [{ q: 2 }],
});

export interface Scenario {
  readonly what: string;
  /** The documents, with their changes from before the transaction. */
  prepare(documents: Documents, model: mongoose.Model<Doc>): Promise<Doc[]>;
  /** One attempt; must end in the same state however often it runs. */
  work(docs: Doc[], session: ClientSession | undefined): Promise<unknown>;
  /** What is stored of each document before and after the commit, without its dates; `null`: none. */
  readonly before: readonly (Plain | null)[];
  readonly after: readonly (Plain | null)[];
  readonly deletes?: boolean;
  /** Does the attempt itself change values? Then a second one starts from them. */
  readonly edits?: boolean;
}

/** Without the key where the session is implied: `session: undefined` would mean none. */
export const within = (session: ClientSession | undefined): { session?: ClientSession } =>
  session === undefined ? {} : { session };

const loaded = (documents: Documents, model: mongoose.Model<Doc>): Promise<Doc> => documents.load(model, rawOrder());

const unchanged = rawOrder();

export const scenarios: readonly Scenario[] = [
  {
    what: 'a document that exists',
    async prepare(documents, model) {
      const doc = await loaded(documents, model);
      editOrder(doc);
      return [doc];
    },
    work: ([doc], session) => doc.save(within(session)),
    before: [rawOrder()],
    after: [editedOrder()],
  },
  {
    what: 'a new document',
    prepare: async (_documents, model) => [new model(editedOrder())],
    work: ([doc], session) => doc.save(within(session)),
    before: [null],
    after: [editedOrder()],
  },
  {
    what: 'a new document, inserted and then updated',
    prepare: async (_documents, model) => [new model({ ...rawOrder(), updatedAt: undefined })],
    async work([doc], session) {
      await doc.save(within(session));
      doc.status = 'b';
      doc.tags = ['x', 'y'];
      doc.mixed = { a: 2 };
      doc.count = 3;
      doc.items[0].q = 2;
      await doc.save(within(session));
    },
    before: [null],
    after: [editedOrder()],
    edits: true,
  },
  {
    what: 'several saves of one document',
    async prepare(documents, model) {
      const doc = await loaded(documents, model);
      doc.tags.push('y');
      doc.$inc('count', 2);
      return [doc];
    },
    async work([doc], session) {
      await doc.save(within(session));
      doc.status = 'b';
      await doc.save(within(session));
      doc.mixed.a = 2;
      doc.items[0].q = 2;
      await doc.save(within(session));
    },
    before: [rawOrder()],
    after: [editedOrder()],
    edits: true,
  },
  {
    what: 'several documents',
    async prepare(documents, model) {
      const docs = [await loaded(documents, model), await loaded(documents, model), new model(editedOrder())];
      for (const doc of docs.slice(0, 2)) editOrder(doc);
      return docs;
    },
    async work(docs, session) {
      for (const doc of docs) await doc.save(within(session));
    },
    before: [rawOrder(), rawOrder(), null],
    after: [editedOrder(), editedOrder(), editedOrder()],
  },
  {
    what: 'bulkSave() of a new, a changed and an unchanged document',
    async prepare(documents, model) {
      const docs: Doc[] = [new model(editedOrder()), await loaded(documents, model), await loaded(documents, model)];
      editOrder(docs[1]);
      return docs;
    },
    work: (docs, session) => docs[0].constructor.bulkSave(docs, within(session)),
    before: [null, rawOrder(), unchanged],
    after: [editedOrder(), editedOrder(), unchanged],
  },
  {
    what: 'a document that is changed and deleted',
    async prepare(documents, model) {
      const doc = await loaded(documents, model);
      editOrder(doc);
      return [doc];
    },
    async work([doc], session) {
      await doc.save(within(session));
      await doc.deleteOne(within(session));
    },
    before: [rawOrder()],
    after: [null],
    deletes: true,
  },
  {
    what: 'a document with increment()',
    async prepare(documents, model) {
      const doc = await loaded(documents, model);
      doc.increment();
      editOrder(doc);
      return [doc];
    },
    work: ([doc], session) => doc.save(within(session)),
    before: [rawOrder()],
    after: [editedOrder()],
  },
];

/** What is stored of documents, without the dates that a save writes. */
export async function storedOf(docs: Doc[]): Promise<(Plain | null)[]> {
  return Promise.all(
    docs.map(async (doc) => {
      const raw = await doc.constructor.collection.findOne({ _id: doc._id });
      if (raw === null) return null;
      const { _id, __v, createdAt, updatedAt, ...rest } = raw as Plain;
      return rest;
    }),
  );
}

export const withoutDates = (plain: Plain | null): Plain | null => {
  if (plain === null) return null;
  const { createdAt, updatedAt, ...rest } = plain;
  return rest;
};

/** Everything that the documents answer, without what only a save of a new document sets. */
export function answersOfAll(docs: Doc[]): Plain[] {
  return docs.map((doc) => ({ ...answersOf(doc), newItem: doc.items[0].isNew }));
}

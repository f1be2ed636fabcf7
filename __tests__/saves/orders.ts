/** Orders for the tests of the ways to write: one change of every kind, and what it is on the wire and in the database. */
import { Schema, type Model, type SchemaDefinition } from 'mongoose';
import { expectClean } from '../helpers/answers';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

export const old = new Date('2020-01-01');

export const raw = (): Plain => ({
  name: 'a',
  other: 'o',
  count: 1,
  tags: ['x'],
  mixed: { a: 1, b: 1 },
  items: [{ q: 1 }],
  createdAt: old,
  updatedAt: old,
});

/** Changes of every kind, and what they are in the database. */
export function edit(doc: Doc): void {
  doc.name = 'b';
  doc.tags.push('y');
  doc.mixed.a = 2;
  doc.items[0].q = 2;
}
export const edited = (): Plain => ({
  ...raw(),
  name: 'b',
  tags: ['x', 'y'],
  mixed: { a: 2, b: 1 },
  items: [{ q: 2 }],
});
export const update = {
  $set: { name: 'b', 'mixed.a': 2, 'items.0.q': 2 },
  $push: { tags: { $each: ['y'] } },
  $inc: { __v: 1 },
};

interface Orders {
  readonly documents: ReturnType<typeof useDocuments>;
  readonly Order: Model<Doc>;
  /** What `onSaved` was called with in the running test. */
  saved: { doc: Doc; record: Plain }[];
  load(): Promise<Doc>;
  expectStored(doc: Doc, plain: Plain): Promise<void>;
}

/** To be called at the top of a test file. */
export function useOrders(fields: SchemaDefinition<Doc>): Orders {
  const documents = useDocuments();
  let model: Model<Doc>;
  const orders: Orders = {
    documents,
    get Order() {
      return model;
    },
    saved: [],
    load: () => documents.load(model, raw()),
    async expectStored(doc, plain) {
      const { updatedAt, ...rest } = plain;
      const { updatedAt: stamp, ...stored } = await documents.stored(doc);
      expect(stored).toEqual(rest);
      expect(doc.updatedAt).toEqual(stamp);
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
      expect(doc.__v).toBe((await documents.again(model, doc)).__v);
    },
  };
  beforeAll(async () => {
    const schema = new Schema<Doc>(
      {
        name: String,
        other: String,
        count: Number,
        tags: [String],
        mixed: {},
        items: [new Schema<Doc>({ q: Number }, { _id: false })],
        ...fields,
      },
      { timestamps: true },
    );
    model = await documents.model(schema, {
      onSaved: (record, doc) => {
        orders.saved.push({ doc, record: record as unknown as Plain });
      },
    });
  });
  beforeEach(() => (orders.saved = []));
  return orders;
}

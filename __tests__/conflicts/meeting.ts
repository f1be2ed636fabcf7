/** Two writers of one document: what both the tests of `conflicts: 'detect'` and of its ways to write need. */
import { Schema, Types } from 'mongoose';
import type { Model, SchemaOptions } from 'mongoose';
import { CowTrackingError, type CowTrackingOptions } from '../../lib';
import { rejection, type Doc, type Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

export const ids = [new Types.ObjectId(), new Types.ObjectId()];

export const raw = (): Plain => ({
  name: 'a',
  other: 'o',
  count: 1,
  nick: null,
  address: { city: 'Bergen', zip: '5003' },
  tags: ['x', 'y'],
  mixed: { a: 1, 'b.c': 1, deep: { c: 1 } },
  items: [
    { q: 1, r: 1, _id: ids[0] },
    { q: 2, r: 2, _id: ids[1] },
  ],
  prices: { eur: 1, usd: 2 },
  single: { a: 1, b: 1, _id: ids[0] },
});

const fields = (): Plain => ({
  name: String,
  other: String,
  count: Number,
  nick: String,
  address: { city: String, zip: String, extra: String },
  tags: [String],
  mixed: {},
  items: [new Schema<Doc>({ q: Number, r: Number })],
  prices: { type: Map, of: Number },
  single: new Schema<Doc>({ a: Number, b: Number }),
});

export interface Meeting {
  /** What this writer does. */
  readonly mine: (doc: Doc) => void;
  /** What another one has written meanwhile, past Mongoose and its version. */
  readonly theirs: Plain;
  readonly model?: Model<Doc>;
  readonly base?: Plain;
  readonly projection?: Plain;
}

/** To be called at the top of a test file. */
export function useMeetings() {
  const documents = useDocuments();
  let order: Model<Doc>;
  const meetings = {
    documents,
    /** The model that is meant unless another one is named. */
    get Order() {
      return order;
    },
    /** A model with these fields that detects conflicts. */
    detecting: (options: CowTrackingOptions = {}, schema: SchemaOptions = {}, more: Plain = {}): Promise<Model<Doc>> =>
      documents.model(new Schema<Doc>({ ...fields(), ...more }, schema as never), {
        ...options,
        conflicts: 'detect',
      }),
    /** One writer has loaded the document and edited it, the other one has written. */
    async meet({ mine, theirs, model = order, base = raw(), projection }: Meeting): Promise<Doc> {
      const doc = await documents.load(model, base, projection);
      mine(doc);
      await model.collection.updateOne({ _id: doc._id }, theirs);
      return doc;
    },
    /** The conflicts of a save that is refused; nothing is written, and no change is lost. */
    async conflictsOf(doc: Doc, save: () => Promise<unknown> = () => doc.save()): Promise<Plain[]> {
      const before = doc.$tracker.diff();
      const stored = await documents.stored(doc);
      const error = await rejection(save());
      expect(error).toBeInstanceOf(CowTrackingError);
      expect(error.code).toBe('ERR_CONFLICT');
      expect(await documents.stored(doc)).toEqual(stored);
      expect(doc.$tracker.diff()).toEqual(before);
      return error.conflicts;
    },
  };
  beforeAll(async () => {
    order = await meetings.detecting();
  });
  return meetings;
}

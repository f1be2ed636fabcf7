// Section 13: edits while a save is under way, and saves in parallel.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    code: { type: String, unique: true, sparse: true },
    name: String,
    other: String,
    tags: [String],
    items: [{ _id: false, q: Number }],
    mixed: {},
    at: Date,
    map: { type: Map, of: Number },
  });

const raw = (): Plain => ({
  name: 'a',
  other: 'o',
  tags: ['x'],
  items: [{ q: 1 }],
  mixed: { a: 1 },
  at: new Date(1),
  map: { k: 1 },
});

interface Case {
  edit: string;
  before: (doc: Doc) => unknown;
  inFlight: (doc: Doc) => unknown;
  /** What the save after a successful one sends. */
  afterSuccess: Plain | null;
  /** The values that both saves together leave in the database. */
  stored: Plain;
}

const cases: Case[] = [
  {
    edit: 'the same path',
    before: (doc) => {
      doc.name = 'b';
    },
    inFlight: (doc) => {
      doc.name = 'c';
    },
    afterSuccess: { $set: { name: 'c' } },
    stored: { name: 'c' },
  },
  {
    edit: 'the same path, back to its old value',
    before: (doc) => {
      doc.name = 'b';
    },
    inFlight: (doc) => {
      doc.name = 'a';
    },
    afterSuccess: { $set: { name: 'a' } },
    stored: { name: 'a' },
  },
  {
    edit: 'another path',
    before: (doc) => {
      doc.name = 'b';
    },
    inFlight: (doc) => {
      doc.other = 'p';
    },
    afterSuccess: { $set: { other: 'p' } },
    stored: { name: 'b', other: 'p' },
  },
  {
    edit: 'another path, and back',
    before: (doc) => {
      doc.name = 'b';
    },
    inFlight: (doc) => {
      doc.other = 'p';
      doc.other = 'o';
    },
    afterSuccess: null,
    stored: { name: 'b', other: 'o' },
  },
  {
    edit: 'push, after a push',
    before: (doc) => doc.tags.push('y'),
    inFlight: (doc) => doc.tags.push('z'),
    afterSuccess: { $push: { tags: { $each: ['z'] } }, $inc: { __v: 1 } },
    stored: { tags: ['x', 'y', 'z'] },
  },
  {
    edit: 'pop of what was pushed',
    before: (doc) => doc.tags.push('y'),
    inFlight: (doc) => doc.tags.pop(),
    afterSuccess: { $set: { tags: ['x'] }, $inc: { __v: 1 } },
    stored: { tags: ['x'] },
  },
  {
    edit: 'a leaf of an element',
    before: (doc) => {
      doc.items[0].q = 2;
    },
    inFlight: (doc) => {
      doc.items[0].q = 3;
    },
    afterSuccess: { $set: { 'items.0.q': 3 } },
    stored: { items: [{ q: 3 }] },
  },
  {
    edit: 'Mixed in place',
    before: (doc) => {
      doc.mixed.a = 2;
    },
    inFlight: (doc) => {
      doc.mixed.a = 3;
    },
    afterSuccess: { $set: { 'mixed.a': 3 } },
    stored: { mixed: { a: 3 } },
  },
  {
    edit: 'Mixed in place, back to its old value',
    before: (doc) => {
      doc.mixed.a = 2;
    },
    inFlight: (doc) => {
      doc.mixed.a = 1;
    },
    afterSuccess: { $set: { 'mixed.a': 1 } },
    stored: { mixed: { a: 1 } },
  },
  {
    edit: 'a Date in place',
    before: (doc) => {
      doc.name = 'b';
    },
    inFlight: (doc) => doc.at.setTime(9),
    afterSuccess: { $set: { at: new Date(9) } },
    stored: { name: 'b', at: new Date(9) },
  },
  {
    edit: 'a key of a Map',
    before: (doc) => doc.map.set('k', 2),
    inFlight: (doc) => doc.map.set('k', 1),
    afterSuccess: { $set: { 'map.k': 1 } },
    stored: { map: { k: 1 } },
  },
];

describe.each(['loaded', 'saved before'])(
  'gh-9327 gh-10011 gh-9249 an edit in flight, on an instance that was %s',
  (state) => {
    const ready = async (): Promise<Doc> => {
      const Model = await documents.model(schema());
      await documents.load(Model, { code: 'taken' });
      const doc = await documents.load(Model, { ...raw(), code: state === 'loaded' ? 'mine' : 'first' });
      if (state === 'saved before') {
        doc.code = 'mine';
        await doc.save();
      }
      return doc;
    };

    it.each(cases)('$edit: the next save sends it', async ({ before, inFlight, afterSuccess, stored }) => {
      const doc = await ready();
      before(doc);
      await documents.saveWhile(doc, () => {
        inFlight(doc);
      });
      expect(doc.isModified()).toBe(afterSuccess !== null);
      expect(await documents.updateOf(doc)).toEqual(afterSuccess);
      expect(await documents.stored(doc)).toEqual({ ...raw(), code: 'mine', ...stored });
      expect(await documents.save(doc)).toBeNull();
    });

    it.each(cases)('$edit: the next save sends it after one that failed, too', async ({ before, inFlight, stored }) => {
      const doc = await ready();
      before(doc);
      doc.code = 'taken';
      const error = await rejection(
        documents.saveWhile(doc, () => {
          inFlight(doc);
        }),
      );
      expect(error.code).toBe(11000);
      doc.code = 'mine';
      await doc.save();
      expect(await documents.stored(doc)).toEqual({ ...raw(), code: 'mine', ...stored });
      expect(await documents.save(doc)).toBeNull();
    });
  },
);

it('gh-9327 an edit in flight during the insert is written by the next save', async () => {
  const Model = await documents.model(schema());
  const doc: Doc = new Model({ name: 'a', mixed: { a: 1 } });
  await documents.saveWhile(doc, () => {
    doc.name = 'b';
    doc.mixed.a = 2;
  });
  expect(doc.$tracker.lastSave.isNew).toBe(true);
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b', 'mixed.a': 2 } });
});

it('gh-6456 gh-4064 gh-6511 gh-8000 a second save() in parallel is refused as before, and loses nothing', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  const running = doc.save();
  expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.ParallelSaveError);
  await running;
  expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'b' });
});

it('gh-6456 a clean save() in parallel with another one is refused as before', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  const running = doc.save();
  expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.ParallelSaveError);
  await running;
  doc.name = 'b';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
});

it('gh-4432 one push is sent by one save only', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  doc.tags.push('y');
  await doc.save();
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'] });
});

it('gh-8132 two instances of one document save in parallel', async () => {
  const Model = await documents.model(schema());
  const one = await documents.load(Model, raw());
  const two = await documents.again(Model, one);
  one.name = 'b';
  two.mixed.a = 2;
  await Promise.all([one.save(), two.save()]);
  expect(await documents.stored(one)).toEqual({ ...raw(), name: 'b', mixed: { a: 2 } });
});

it('gh-9249 edits while bulkSave() is under way are written by the next save', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  doc.tags.push('y');
  const client = documents.connection.getClient();
  const edit = ({ commandName }: { commandName: string }): void => {
    if (commandName !== 'update') return;
    client.off('commandStarted', edit);
    doc.name = 'a';
    doc.other = 'p';
  };
  client.on('commandStarted', edit);
  await Model.bulkSave([doc]);
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'a', other: 'p' } });
  expect(await documents.stored(doc)).toEqual({ ...raw(), other: 'p', tags: ['x', 'y'] });
});

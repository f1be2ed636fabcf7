// What is taken out and put back, shared, assigned and then edited: the database holds in the end what it holds with plain Mongoose.
import { Schema, type Model } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const sub = (fields: Plain): Schema<Doc> => new Schema<Doc>(fields, { _id: false });
const mixedSub = (): Plain => ({ sub: sub({ n: Number, mixed: {} }) });
const y = { type: Number, default: 3 };

interface Script {
  readonly fields: () => Plain;
  readonly raw: Plain;
  readonly projection?: string;
  readonly run: (doc: Doc) => unknown;
}

const scripts: Readonly<Record<string, Script>> = {
  'a subdocument taken out and put back': {
    fields: mixedSub,
    raw: { sub: { n: 1, mixed: { a: 1 } } },
    run(doc) {
      const taken: unknown = doc.sub;
      doc.sub = null;
      doc.sub = taken;
      doc.sub.mixed.a = 9;
    },
  },
  'a subdocument replaced and put back': {
    fields: mixedSub,
    raw: { sub: { n: 1, mixed: { a: 1 } } },
    run(doc) {
      const taken: unknown = doc.sub;
      doc.sub = { n: 7 };
      doc.sub = taken;
      doc.sub.mixed.a = 9;
    },
  },
  'an element replaced by its own values after a push': {
    fields: () => ({ items: [sub({ n: Number, date: Date })] }),
    raw: { items: [{ n: 1, date: new Date(1) }] },
    run(doc) {
      doc.items.push({ n: 2 });
      doc.items[0] = { ...doc.items[0]._doc };
      doc.items[0].date.setTime(9);
    },
  },
  'a value of a Map deleted and put back': {
    fields: () => ({ map: { type: Map, of: sub({ mixed: {} }) } }),
    raw: { map: { a: { mixed: { a: 1 } } } },
    run(doc) {
      const taken: unknown = doc.map.get('a');
      doc.map.delete('a');
      doc.map.set('a', taken);
      doc.map.get('a').mixed.a = 9;
    },
  },
  'an element replaced by its toObject(), which copies a Map shallowly': {
    fields: () => ({ items: [sub({ n: Number, map: { type: Map, of: {} } })] }),
    raw: { items: [{ n: 1, map: { k: { z: 1 } } }] },
    run(doc) {
      doc.items[0] = doc.items[0].toObject();
      doc.items[0].map.get('k').z = 9;
    },
  },
  'an element replaced, with the old elements of an array in it': {
    fields: () => ({ items: [sub({ n: Number, list: [{}] })] }),
    raw: { items: [{ n: 1, list: [{ a: 1 }] }] },
    run(doc) {
      const fields = doc.items[0]._doc as { list: unknown[] };
      doc.items[0] = { ...fields, list: [...fields.list] };
      doc.items[0].list[0].a = 9;
    },
  },
  'an array edited and appended to, saved with pathsToSave': {
    fields: () => ({ n: Number, items: [sub({ n: Number })] }),
    raw: { n: 1, items: [{ n: 1 }] },
    async run(doc) {
      doc.items.push({ n: 3 });
      doc.items[0].n = 9;
      await doc.save({ pathsToSave: ['items'] });
    },
  },
  'a subdocument in an array of arrays edited after a save': {
    fields: () => ({ grid: [[sub({ n: Number, m: Number })]] }),
    raw: {
      grid: [
        [
          { n: 1, m: 1 },
          { n: 2, m: 2 },
        ],
      ],
    },
    async run(doc) {
      doc.grid[0][0].n = 8;
      await doc.save();
      doc.grid[0][0].n = 9;
      doc.grid[0][0].n = 8;
      doc.grid[0].reverse();
    },
  },
  'a default that is not stored, set by hand in subdocuments': {
    fields: () => ({ sub: sub({ y }), items: [sub({ y })] }),
    raw: { sub: {}, items: [{}] },
    run(doc) {
      doc.sub.y = 3;
      doc.items[0].y = 3;
    },
  },
  'a nested object that was not selected, assigned and then edited': {
    fields: () => ({ n: Number, nested: { a: Number, arr: [Number], m: {} } }),
    raw: { n: 1, nested: { a: 1, arr: [1], m: { q: 1 } } },
    projection: 'n',
    run(doc) {
      doc.nested = { a: 8, arr: [5], m: { t: 1 } };
      doc.nested.arr.push(6);
      doc.set('nested.m.k', 5);
    },
  },
};

describe.each(Object.entries(scripts))('%s', (_, { fields, raw, projection, run }) => {
  it('is stored as with plain Mongoose, and sent once', async () => {
    const stored: Plain[] = [];
    for (const tracked of [false, true]) {
      const schema = new Schema<Doc>(fields());
      const Model = tracked
        ? await documents.model(schema)
        : (documents.connection.model('Plain', schema, 'plain') as unknown as Model<Doc>);
      const doc = await documents.load(Model, raw, projection);
      await run(doc);
      await doc.save();
      stored.push(await documents.stored(doc));
      if (tracked) expect(await documents.updateOf(doc)).toBeNull();
      else documents.connection.deleteModel('Plain');
    }
    expect(stored[1]).toEqual(stored[0]);
  });
});

it('what get() finds in a subdocument of a model with nothing else to change in place is saved', async () => {
  const Model = await documents.model(new Schema<Doc>({ n: Number, sub: sub({ mixed: {}, date: Date }) }));
  const doc = await documents.load(Model, { n: 1, sub: { mixed: { a: 1 }, date: new Date(0) } });
  (doc.get('sub.mixed') as Plain)['a'] = 2;
  (doc.get('sub.date') as Date).setTime(5);
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.mixed.a': 2, 'sub.date': new Date(5) } });
});

it('a subdocument in two places: the one from before is reverted as it was loaded', async () => {
  const Model = await documents.model(new Schema<Doc>({ one: sub({ mixed: {} }), two: sub({ mixed: {} }) }));
  const doc = await documents.load(Model, { one: { mixed: { a: 1 } } });
  doc.two = doc.one;
  doc.two.mixed.a = 9;
  doc.$tracker.revert();
  expect(doc.toObject().one).toEqual({ mixed: { a: 1 } });
  expect(doc.$tracker.original('one')).toEqual({ mixed: { a: 1 } });
});

it('a change in an array of arrays knows from what after a save, and is reverted', async () => {
  const Model = await documents.model(new Schema<Doc>({ grid: [[sub({ n: Number, m: Number })]] }));
  const doc = await documents.load(Model, { grid: [[{ n: 1, m: 1 }]] });
  doc.grid[0][0].n = 8;
  await doc.save();
  doc.grid[0][0].n = 9;
  expect(doc.$tracker.diff()).toEqual([{ path: 'grid.0.0.n', type: 'update', from: 8, to: 9 }]);
  doc.$tracker.revert();
  expect(doc.toObject().grid).toEqual([[{ n: 8, m: 1 }]]);
  expect(await documents.updateOf(doc)).toBeNull();
});

it('what was assigned in place of something that was not selected, and then edited, goes as it is', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }, { strict: false }));
  const doc = await documents.load(Model, { name: 'a', extra: { z: 1 } }, 'name');
  doc.set('extra.b.c', { a: 1 });
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ name: 'a', extra: { z: 1, b: { c: { a: 1 } } } });
  doc.set('extra', '');
  doc.set('extra.a', 1);
  await doc.save();
  // Plain Mongoose writes `extra.a` beside what is stored.
  expect(await documents.stored(doc)).toEqual({ name: 'a', extra: { a: 1 } });
});

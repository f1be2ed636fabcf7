// What Mongoose sends for an everyday edit, and what reaches the server with the plugin: one row each.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const first = new mongoose.Types.ObjectId();
const second = new mongoose.Types.ObjectId();

function everyKindOfPath(): Schema<Doc> {
  return new Schema<Doc>({
    name: String,
    nested: { a: String, b: String, c: { d: String } },
    deep: { a: Number, c: { d: Number, e: Number } },
    sub: new Schema({ k: String, n: Number }, { _id: false }),
    tags: [String],
    items: [{ q: Number, label: String }],
    mixed: Schema.Types.Mixed,
    at: Date,
    buf: Buffer,
    map: { type: Map, of: Number },
    texts: { type: Map, of: String },
    subs: { type: Map, of: new Schema({ n: Number, s: String }, { _id: false }) },
  });
}

function asStored(): Plain {
  return {
    name: 'n',
    nested: { a: 'a', b: 'b', c: { d: 'd' } },
    deep: { a: 1, c: { d: 1, e: 2 } },
    sub: { k: 'k', n: 1 },
    tags: ['x', 'y', 'z'],
    items: [
      { _id: first, q: 1, label: 'one' },
      { _id: second, q: 2, label: 'two' },
    ],
    mixed: { x: { y: 1 }, list: [1, 2], z: 1 },
    at: new Date(1000),
    buf: Buffer.from([1, 2, 3]),
    map: { p: 1, q: 2 },
    texts: { p: '1', r: '2' },
    subs: { one: { n: 1, s: 's' }, two: { n: 2, s: 't' } },
  };
}

interface Row {
  action: string;
  edit: (doc: Doc) => unknown;
  sends: Plain | null;
  /** Mongoose's own filter on the version key goes with the write. */
  guarded?: boolean;
}

const rows: Row[] = [
  {
    action: 'a value set and set back',
    edit: (doc) => {
      doc.name = 'z';
      doc.name = 'n';
    },
    sends: null,
  },
  {
    action: 'a nested leaf set and set back',
    edit: (doc) => {
      doc.nested.a = 'q';
      doc.nested.a = 'a';
    },
    sends: null,
  },
  {
    action: 'a nested object reassigned, one leaf differs',
    edit: (doc) => {
      doc.nested = { a: 'a', b: 'CHANGED', c: { d: 'd' } };
    },
    sends: { $set: { 'nested.b': 'CHANGED' } },
  },
  {
    action: 'a nested object reassigned, a leaf at the second level differs',
    edit: (doc) => {
      doc.nested = { a: 'a', b: 'b', c: { d: 'CHANGED' } };
    },
    sends: { $set: { 'nested.c.d': 'CHANGED' } },
  },
  {
    action: 'a nested object reassigned without one of its keys',
    edit: (doc) => {
      doc.nested = { a: 'a', c: { d: 'd' } };
    },
    sends: { $unset: { 'nested.b': 1 } },
  },
  {
    action: 'an equal nested object in another key order',
    edit: (doc) => {
      doc.deep = { c: { e: 2, d: 1 }, a: 1 };
    },
    sends: null,
  },
  {
    action: 'a subdocument reassigned, one leaf differs',
    edit: (doc) => {
      doc.sub = { k: 'k', n: 2 };
    },
    sends: { $set: { 'sub.n': 2 } },
  },
  {
    action: 'a subdocument reassigned without one of its keys',
    edit: (doc) => {
      doc.sub = { k: 'k' };
    },
    sends: { $unset: { 'sub.n': 1 } },
  },
  {
    action: 'an equal subdocument in another key order',
    edit: (doc) => {
      doc.sub = { n: 1, k: 'k' };
    },
    sends: null,
  },
  {
    action: 'push',
    edit: (doc) => doc.tags.push('w'),
    sends: { $push: { tags: { $each: ['w'] } }, $inc: { __v: 1 } },
  },
  {
    action: 'push, then pop',
    edit: (doc) => {
      doc.tags.push('w');
      doc.tags.pop();
    },
    sends: null,
  },
  {
    action: 'an array reassigned with one more at its end',
    edit: (doc) => {
      doc.tags = [...doc.tags, 'w'];
    },
    sends: { $push: { tags: { $each: ['w'] } }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'an array reassigned, one element differs',
    edit: (doc) => {
      doc.tags = ['x', 'Q', 'z'];
    },
    sends: { $set: { 'tags.1': 'Q' }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'an array reassigned with equal elements',
    edit: (doc) => {
      doc.tags = ['x', 'y', 'z'];
    },
    sends: null,
  },
  {
    action: 'an index set',
    edit: (doc) => doc.tags.set(1, 'Q'),
    sends: { $set: { 'tags.1': 'Q' } },
    guarded: true,
  },
  {
    action: 'push and an index set',
    edit: (doc) => {
      doc.tags.push('w');
      doc.tags.set(0, 'F');
    },
    sends: { $set: { 'tags.0': 'F', 'tags.3': 'w' }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'a leaf of an element',
    edit: (doc) => {
      doc.items[0].q = 7;
    },
    sends: { $set: { 'items.0.q': 7 } },
    guarded: true,
  },
  {
    action: 'a leaf of an element and push',
    edit: (doc) => {
      doc.items[0].q = 7;
      doc.items.push({ _id: first, q: 9 });
    },
    sends: { $set: { 'items.0.q': 7, 'items.2': { _id: first, q: 9 } }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'push, then an edit of the pushed element',
    edit: (doc) => {
      doc.items.push({ _id: first, q: 8 });
      doc.items[2].q = 9;
    },
    sends: { $push: { items: { $each: [{ _id: first, q: 9 }] } }, $inc: { __v: 1 } },
  },
  {
    action: 'a document array reassigned with the same ids, one leaf differs',
    edit: (doc) => {
      doc.items = [
        { _id: first, q: 1, label: 'one' },
        { _id: second, q: 9, label: 'two' },
      ];
    },
    sends: { $set: { 'items.1.q': 9 }, $inc: { __v: 1 } },
    guarded: true,
  },
  { action: 'sort of what is sorted', edit: (doc) => doc.tags.sort(), sends: null },
  {
    action: 'splice',
    edit: (doc) => doc.tags.splice(1, 1),
    sends: { $set: { tags: ['x', 'z'] }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'pull',
    edit: (doc) => doc.tags.pull('y'),
    sends: { $pullAll: { tags: ['y'] }, $inc: { __v: 1 } },
  },
  {
    action: 'addToSet',
    edit: (doc) => doc.tags.addToSet('x', 'w'),
    sends: { $addToSet: { tags: { $each: ['w'] } }, $inc: { __v: 1 } },
  },
  {
    action: '$pop',
    edit: (doc) => doc.tags.$pop(),
    sends: { $pop: { tags: 1 }, $inc: { __v: 1 } },
    guarded: true,
  },
  {
    action: 'push at a position',
    edit: (doc) => doc.tags.push({ $each: ['w'], $position: 0 }),
    sends: { $push: { tags: { $each: ['w'], $position: 0 } }, $inc: { __v: 1 } },
  },
  {
    action: 'an array reassigned in another order',
    edit: (doc) => {
      doc.items = [...doc.items].reverse();
    },
    sends: {
      $set: {
        items: [
          { _id: second, q: 2, label: 'two' },
          { _id: first, q: 1, label: 'one' },
        ],
      },
      $inc: { __v: 1 },
    },
    guarded: true,
  },
  {
    action: 'Mixed in place',
    edit: (doc) => {
      doc.mixed.x.y = 2;
    },
    sends: { $set: { 'mixed.x.y': 2 } },
  },
  {
    action: 'Mixed in place and markModified',
    edit: (doc) => {
      doc.mixed.x.y = 2;
      doc.markModified('mixed');
    },
    sends: { $set: { 'mixed.x.y': 2 } },
  },
  {
    action: 'a key of Mixed deleted',
    edit: (doc) => {
      delete doc.mixed.z;
    },
    sends: { $unset: { 'mixed.z': 1 } },
  },
  {
    action: 'Mixed reassigned, one leaf differs',
    edit: (doc) => {
      doc.mixed = { x: { y: 3 }, list: [1, 2], z: 1 };
    },
    sends: { $set: { 'mixed.x.y': 3 } },
  },
  {
    action: 'Mixed reassigned without one of its keys',
    edit: (doc) => {
      doc.mixed = { x: { y: 1 }, list: [1, 2] };
    },
    sends: { $unset: { 'mixed.z': 1 } },
  },
  {
    action: 'an array in Mixed, an element and an append: nothing guards it, so it goes whole',
    edit: (doc) => {
      doc.mixed.list[0] = 9;
      doc.mixed.list.push(3);
    },
    sends: { $set: { 'mixed.list': [9, 2, 3] } },
  },
  { action: 'a Date in place', edit: (doc) => doc.at.setTime(5), sends: { $set: { at: new Date(5) } } },
  {
    action: 'a Buffer in place',
    edit: (doc) => {
      doc.buf[0] = 9;
    },
    sends: { $set: { buf: Buffer.from([9, 2, 3]) } },
  },
  {
    action: 'an equal Map',
    edit: (doc) => {
      doc.map = new Map([
        ['p', 1],
        ['q', 2],
      ]);
    },
    sends: null,
  },
  {
    action: 'a Map reassigned, one value differs',
    edit: (doc) => {
      doc.map = new Map([
        ['p', 1],
        ['q', 3],
      ]);
    },
    sends: { $set: { 'map.q': 3 } },
  },
  { action: 'a key of a Map set', edit: (doc) => doc.map.set('r', 3), sends: { $set: { 'map.r': 3 } } },
  { action: 'a key of a Map deleted', edit: (doc) => doc.map.delete('p'), sends: { $unset: { 'map.p': 1 } } },
  {
    action: 'a key of a Map set and set back',
    edit: (doc) => {
      doc.texts.set('p', '9');
      doc.texts.set('p', '1');
    },
    sends: null,
  },
  {
    action: 'a leaf of a subdocument in a Map',
    edit: (doc) => {
      doc.subs.get('one').n = 5;
    },
    sends: { $set: { 'subs.one.n': 5 } },
  },
  {
    action: 'a subdocument of a Map replaced, one leaf differs',
    edit: (doc) => doc.subs.set('two', { n: 7, s: 't' }),
    sends: { $set: { 'subs.two.n': 7 } },
  },
  { action: 'set() with the document as a form returns it', edit: (doc) => doc.set(asStored()), sends: null },
  { action: 'overwrite() with equal data', edit: (doc) => doc.overwrite(asStored()), sends: null },
  { action: 'nothing', edit: () => undefined, sends: null },
];

describe('what reaches the server for each edit (facts 0b)', () => {
  let Article: Model<Doc>;

  beforeAll(async () => {
    Article = await documents.model(everyKindOfPath());
  });

  it.each(rows)('$action', async ({ edit, sends, guarded = false }) => {
    const doc = await documents.load(Article, asStored());
    edit(doc);

    expect(doc.isModified()).toBe(sends !== null);
    expect(doc.$tracker.isModified()).toBe(sends !== null);
    const announced = onWire(doc.$tracker.getUpdate());
    const sent = await documents.save(doc);
    expect(sent?.update ?? null).toEqual(sends);
    expect(announced).toEqual(sends);
    if (sent !== null) expect(sent.filter).toEqual(guarded ? { _id: doc._id, __v: 0 } : { _id: doc._id });

    const { _id, __v, ...inMemory } = onWire(doc.toObject({ flattenMaps: true })) as Plain;
    expect(await documents.stored(doc)).toEqual(inMemory);
    expect({ _id, __v }).toEqual({ _id: doc._id, __v: sends !== null && '$inc' in sends ? 1 : 0 });
    expect(doc.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it.each(rows)('$action, on an instance that was saved before', async ({ edit, sends }) => {
    const doc = await documents.load(Article, { ...asStored(), name: 'before' });
    doc.name = 'n';
    await doc.save();
    edit(doc);
    expect(await documents.updateOf(doc)).toEqual(sends);
  });
});

describe('what is written although nobody changed anything (facts 0b)', () => {
  it('writes a default that was filled at load, and does not call it a change', async () => {
    const Counter = await documents.model(new Schema<Doc>({ name: String, x: { type: Number, default: 5 } }));
    const doc = await documents.load(Counter, { name: 'n' });
    expect(doc.isModified()).toBe(false);
    expect(doc.$tracker.isModified()).toBe(false);
    expect(doc.$tracker.diff()).toEqual([]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { x: 5 } });
    expect(await documents.updateOf(doc)).toBeNull();
  });

  it('sends no operation for a clean document in bulkSave()', async () => {
    const Note = await documents.model(new Schema<Doc>({ name: String }));
    const clean = await documents.load(Note, { name: 'clean' });
    const taken = await documents.load(Note, { name: 'back' });
    taken.name = 'other';
    taken.name = 'back';
    expect(await documents.commands(Note, () => Note.bulkSave([clean, taken]))).toEqual([]);
  });

  it('sends nothing for a clean save', async () => {
    const Note = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Note, { name: 'clean' });
    expect(await documents.commands(Note, () => doc.save())).toEqual([]);
  });
});

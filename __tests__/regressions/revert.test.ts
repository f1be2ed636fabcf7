// Section 5: undoing what was not saved.
import mongoose, { Schema } from 'mongoose';
import { onWire, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    nick: String,
    nested: { a: Number, deep: { b: Number } },
    sub: new Schema({ k: String, n: Number }, { _id: false }),
    tags: [String],
    items: [{ q: Number }],
    map: { type: Map, of: Number },
    subs: { type: Map, of: new Schema({ n: Number }, { _id: false }) },
    mixed: Schema.Types.Mixed,
    at: Date,
    buf: Buffer,
  });

const ids = [new mongoose.Types.ObjectId(), new mongoose.Types.ObjectId()];
const raw = (): Plain => ({
  name: 'n',
  nested: { a: 1, deep: { b: 1 } },
  sub: { k: 'k', n: 1 },
  tags: ['x', 'y'],
  items: [
    { _id: ids[0], q: 1 },
    { _id: ids[1], q: 2 },
  ],
  map: { p: 1, q: 2 },
  subs: { one: { n: 1 } },
  mixed: { a: { b: 1 }, c: [1, 2] },
  at: new Date(1000),
  buf: Buffer.from([1, 2]),
});

const edits: [title: string, path: string, edit: (doc: Doc) => unknown][] = [
  [
    'a value',
    'name',
    (doc) => {
      doc.name = 'm';
    },
  ],
  [
    'a removed value',
    'name',
    (doc) => {
      doc.name = undefined;
    },
  ],
  [
    'an added value',
    'nick',
    (doc) => {
      doc.nick = 'added';
    },
  ],
  [
    'a nested leaf',
    'nested.deep.b',
    (doc) => {
      doc.nested.deep.b = 5;
    },
  ],
  [
    'a nested object',
    'nested',
    (doc) => {
      doc.nested = { a: 9 };
    },
  ],
  [
    'a leaf of a subdocument',
    'sub.n',
    (doc) => {
      doc.sub.n = 5;
    },
  ],
  [
    'a replaced subdocument',
    'sub',
    (doc) => {
      doc.sub = { k: 'other', n: 9 };
    },
  ],
  [
    'a removed subdocument',
    'sub',
    (doc) => {
      doc.sub = undefined;
    },
  ],
  ['push', 'tags', (doc) => doc.tags.push('z')],
  ['splice', 'tags', (doc) => doc.tags.splice(0, 1)],
  [
    'a replaced array',
    'tags',
    (doc) => {
      doc.tags = ['q'];
    },
  ],
  [
    'a leaf of an element',
    'items',
    (doc) => {
      doc.items[0].q = 9;
    },
  ],
  ['pull of an element', 'items', (doc) => doc.items.pull(ids[0])],
  ['elements in another order', 'items', (doc) => doc.items.reverse()],
  [
    'a replaced document array',
    'items',
    (doc) => {
      doc.items = [{ q: 7 }];
    },
  ],
  [
    'a key of a Map',
    'map',
    (doc) => {
      doc.map.set('p', 5);
      doc.map.delete('q');
      doc.map.set('r', 1);
    },
  ],
  ['a cleared Map', 'map', (doc) => doc.map.clear()],
  [
    'a subdocument in a Map',
    'subs',
    (doc) => {
      doc.subs.get('one').n = 5;
    },
  ],
  [
    'Mixed in place',
    'mixed',
    (doc) => {
      doc.mixed.a.b = 5;
      doc.mixed.c.push(3);
    },
  ],
  ['a Date in place', 'at', (doc) => doc.at.setTime(5)],
  [
    'a Buffer in place',
    'buf',
    (doc) => {
      doc.buf[0] = 9;
    },
  ],
];

describe('gh-8714 revert()', () => {
  it.each(edits)('gives %s back by its path', async (_title, path, edit) => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    edit(doc);
    expect(doc.isModified()).toBe(true);
    doc.$tracker.revert(path);
    expect(doc.isModified()).toBe(false);
    expect(doc.$tracker.getUpdate()).toBeNull();
    const { _id, __v, ...inMemory } = onWire(doc.toObject({ flattenMaps: true })) as Plain;
    expect({ _id, __v }).toEqual({ _id: doc._id, __v: 0 });
    expect(inMemory).toEqual(raw());
    expect(await documents.save(doc)).toBeNull();
  });

  it('gives everything back without a path', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    for (const [, , edit] of edits.slice(0, 6)) edit(doc);
    doc.tags.push('z');
    doc.mixed.a.b = 5;
    doc.$tracker.revert();
    expect(onWire(doc.toObject({ flattenMaps: true }))).toEqual({ _id: doc._id, __v: 0, ...raw() });
    expect(await documents.save(doc)).toBeNull();
  });

  it('leaves the other changes', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.name = 'm';
    doc.nested.a = 5;
    doc.sub.n = 7;
    doc.$tracker.revert(['name', 'nested']);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.n': 7 } });
  });

  it('runs no setter and no validator', async () => {
    let calls = 0;
    const Model = await documents.model(
      new Schema<Doc>({
        name: {
          type: String,
          set: (value: unknown) => {
            calls++;
            return value;
          },
          validate: () => {
            calls++;
            return true;
          },
        },
      }),
    );
    const doc = await documents.load(Model, { name: 'n' });
    doc.name = 'm';
    calls = 0;
    doc.$tracker.revert();
    expect(calls).toBe(0);
    expect(doc.name).toBe('n');
  });

  it('drops the atomics: a later push sends only itself', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.tags.push('taken back');
    doc.$tracker.revert('tags');
    doc.tags.push('sent');
    expect(await documents.updateOf(doc)).toEqual({ $push: { tags: { $each: ['sent'] } }, $inc: { __v: 1 } });
  });

  it('drops the version guard of an array', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.tags.splice(0, 1);
    doc.$tracker.revert();
    doc.name = 'm';
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id }, update: { $set: { name: 'm' } } });
  });

  it('clears the error of a value that could not be cast', async () => {
    const Model = await documents.model(new Schema<Doc>({ age: Number, name: String }));
    const doc = await documents.load(Model, { age: 1, name: 'n' });
    doc.age = 'not a number';
    expect(await rejection(doc.validate())).toBeInstanceOf(mongoose.Error.ValidationError);
    doc.$tracker.revert();
    await expect(doc.validate()).resolves.toBeUndefined();
    doc.name = 'm';
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'm' } });
  });

  it('keeps a subdocument that the user holds', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const held = doc.sub;
    held.n = 5;
    doc.$tracker.revert();
    expect(held.n).toBe(1);
    held.n = 6;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.n': 6 } });
  });

  it('keeps to what was selected', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw(), { 'nested.a': 1 });
    doc.nested = { a: 5 };
    doc.$tracker.revert();
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.stored(doc)).toEqual(raw());
  });

  it('gives the id of a populated path back', async () => {
    const Author = await documents.model(new Schema<Doc>({ name: String }));
    const Book = await documents.model(
      new Schema<Doc>({ author: { type: Schema.Types.ObjectId, ref: Author.modelName } }),
    );
    const [one, two] = await Author.create([{ name: 'one' }, { name: 'two' }]);
    const stored = await documents.load(Book, { author: one?._id });
    const doc: Doc = await Book.findById(stored._id).populate('author').orFail();
    doc.author = two;
    expect(doc.isModified('author')).toBe(true);
    doc.$tracker.revert();
    expect(doc.isModified()).toBe(false);
    expect(String(doc.author._id ?? doc.author)).toBe(String(one?._id));
    expect(await documents.save(doc)).toBeNull();
  });
});

it('gh-16347 revert() of a document that was saved goes back to the save, not to the load', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  doc.name = 'saved';
  doc.tags.push('saved');
  await doc.save();
  doc.name = 'm';
  doc.tags.pop();
  doc.$tracker.revert();
  expect(doc.name).toBe('saved');
  expect([...doc.tags]).toEqual(['x', 'y', 'saved']);
});

it('gh-5348 an old copy can be written over what is stored now', async () => {
  const Model = await documents.model(schema());
  const old = await documents.load(Model, raw());
  const newer = await documents.again(Model, old);
  newer.name = 'newer';
  newer.nested.a = 2;
  await newer.save();
  old.$tracker.rebase((await documents.again(Model, old)).toObject());
  expect(await documents.updateOf(old)).toEqual({ $set: { name: 'n', 'nested.a': 1 } });
  expect(await documents.stored(old)).toEqual(raw());
});

it('gh-8765 overwrite() of a discriminator and back keeps its key', async () => {
  const Shape = await documents.model(new Schema<Doc>({ name: String, size: Number }, { discriminatorKey: 'kind' }));
  const Square = Shape.discriminator<Doc>(`${Shape.modelName}Square`, new Schema<Doc>({ side: Number }));
  const doc: Doc = await Square.create({ name: 's', size: 1, side: 2 });
  doc.overwrite({ name: 't' });
  doc.$tracker.revert();
  expect(doc.kind).toBe(Square.modelName);
  expect(await documents.save(doc)).toBeNull();
  expect(await documents.stored(doc)).toEqual({ kind: Square.modelName, name: 's', size: 1, side: 2 });
});

it('gh-9549 overwrite() of a Map writes the keys that differ, and revert() gives them back', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String, map: { type: Map, of: String } }));
  const doc = await documents.load(Model, { name: 'n', map: { a: '1', b: '2' } });
  doc.overwrite({ name: 'n', map: { b: '2', c: '3' } });
  expect(doc.$tracker.getUpdate()).toEqual({ $set: { 'map.c': '3' }, $unset: { 'map.a': 1 } });
  doc.$tracker.revert();
  expect(onWire(doc.toObject({ flattenMaps: true })).map).toEqual({ a: '1', b: '2' });
  doc.overwrite({ name: 'n', map: { b: '2', c: '3' } });
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ name: 'n', map: { b: '2', c: '3' } });
});

it('gh-10139 an immutable path that was assigned is no change', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }, { timestamps: true }));
  const old = new Date('2020-01-01');
  const doc = await documents.load(Model, { name: 'n', createdAt: old, updatedAt: old });
  doc.createdAt = new Date();
  expect(doc.createdAt).toEqual(old);
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

// Section 14: Maps, of values, subdocuments, arrays and Maps.
import mongoose, { Schema } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const item = (): Schema<Doc> =>
  new Schema<Doc>({ name: String, num: Number, tags: { type: [String], default: undefined } }, { _id: false });
const group = (): Schema<Doc> =>
  new Schema<Doc>(
    {
      items: { type: Map, of: item() },
      num: Number,
      tags: { type: [String], default: undefined },
      lists: { type: Map, of: [String] },
    },
    { _id: false },
  );
const session = (): Schema<Doc> =>
  new Schema<Doc>(
    { title: String, speakers: { type: Map, of: item() }, ratings: { type: Map, of: Number } },
    { _id: false },
  );

interface Case {
  title: string;
  schema: () => Schema<Doc>;
  raw: Plain;
  edit: (doc: Doc) => unknown;
  sends: Plain | null;
}

const map = (of: unknown): Schema<Doc> => new Schema<Doc>({ map: { type: Map, of } });

const cases: Case[] = [
  {
    title: 'gh-9811 a new key with a subdocument',
    schema: () => map(item()),
    raw: { map: { a: { name: '1' } } },
    edit: (doc) => doc.map.set('b', { name: '2' }),
    sends: { $set: { 'map.b': { name: '2' } } },
  },
  {
    title: 'gh-9813 an element of an array in a Map',
    schema: () => map([Number]),
    raw: { map: { 2020: [100, 200, 300] } },
    edit: (doc) => doc.map.get('2020').set(2, 10),
    sends: { $set: { 'map.2020.2': 10 } },
  },
  {
    title: 'gh-15350 push to an array in a Map',
    schema: () => map([Number]),
    raw: { map: { key: [1, 2] } },
    edit: (doc) => doc.map.get('key').push(3),
    sends: { $push: { 'map.key': { $each: [3] } }, $inc: { __v: 1 } },
  },
  {
    title: 'gh-15350 a key of a Map in a Map',
    schema: () => map({ type: Map, of: Number }),
    raw: { map: { outer: { inner: 42 } } },
    edit: (doc) => doc.map.get('outer').set('inner2', 43),
    sends: { $set: { 'map.outer.inner2': 43 } },
  },
  {
    title: 'gh-15374 a key of a Map in a Map set and set back',
    schema: () => map({ type: Map, of: Number }),
    raw: { map: { outer: { inner: 42 } } },
    edit: (doc) => {
      doc.map.get('outer').set('inner', 1);
      doc.map.get('outer').set('inner', 42);
    },
    sends: null,
  },
  {
    title: 'gh-15678 a leaf, a new key and a push in Maps of subdocuments in Maps',
    schema: () => map(group()),
    raw: { map: { g1: { num: 1, tags: ['b'], items: { i1: { name: 'one', tags: ['a'] } } } } },
    edit: (doc) => {
      const g1 = doc.map.get('g1');
      g1.num = 42;
      g1.tags.push('c');
      g1.items.get('i1').name = 'other';
      g1.items.get('i1').tags.push('foo');
      g1.items.set('i2', { name: 'two' });
    },
    sends: {
      $set: { 'map.g1.num': 42, 'map.g1.items.i1.name': 'other', 'map.g1.items.i2': { name: 'two' } },
      $push: { 'map.g1.tags': { $each: ['c'] }, 'map.g1.items.i1.tags': { $each: ['foo'] } },
      $inc: { __v: 1 },
    },
  },
  {
    title: 'gh-15678 push, then pop, in a subdocument of a Map',
    schema: () => map(item()),
    raw: { map: { a: { tags: ['x', 'y'] } } },
    edit: (doc) => {
      doc.map.get('a').tags.push('z');
      doc.map.get('a').tags.pop();
    },
    sends: null,
  },
  {
    title: 'gh-15678 pop in a subdocument of a Map',
    schema: () => map(item()),
    raw: { map: { a: { tags: ['x', 'y'] } } },
    edit: (doc) => doc.map.get('a').tags.pop(),
    sends: { $set: { 'map.a.tags': ['x'] }, $inc: { __v: 1 } },
  },
  {
    title: 'gh-15678 arrays in a Map in a subdocument in a Map',
    schema: () => map(group()),
    raw: { map: { c1: { lists: { l1: ['a'], l2: ['x', 'y'] } } } },
    edit: (doc) => {
      doc.map.get('c1').lists.get('l1').push('c');
      doc.map.get('c1').lists.get('l2').set(1, 'z');
    },
    sends: { $push: { 'map.c1.lists.l1': { $each: ['c'] } }, $set: { 'map.c1.lists.l2.1': 'z' }, $inc: { __v: 1 } },
  },
  {
    title: 'gh-15983 an element of a document array in a Map in a Map',
    schema: () => map({ type: Map, of: [item()] }),
    raw: { map: { a: { b: [{ name: '1' }, { name: '2' }] } } },
    edit: (doc) => {
      doc.map.get('a').get('b')[1].name = '3';
    },
    sends: { $set: { 'map.a.b.1.name': '3' } },
  },
  {
    title: 'gh-15461 paths below Maps given to set()',
    schema: () => map(item()),
    raw: { map: { m1: { name: '1', tags: ['a'] }, m2: { name: '2', tags: [] } } },
    edit: (doc) => {
      doc.set('map.m1.name', 'changed');
      doc.set('map.m2.num', 5);
      doc.set('map.m3', { name: '3', tags: ['b'] });
    },
    sends: { $set: { 'map.m1.name': 'changed', 'map.m2.num': 5, 'map.m3': { name: '3', tags: ['b'] } } },
  },
  {
    title: 'gh-8652 a value set to a spread copy of another one',
    schema: () => map(item()),
    raw: { map: { captain: { name: 'Picard' }, first: { name: 'Riker' } } },
    edit: (doc) => doc.map.set('captain', { ...doc.map.get('first').toObject() }),
    sends: { $set: { 'map.captain.name': 'Riker' } },
  },
  {
    title: 'gh-9628 null in a Map of subdocuments',
    schema: () => map(item()),
    raw: { map: { a: { name: '1' }, b: null } },
    edit: (doc) => {
      doc.map.get('a').name = '2';
      doc.map.set('c', null);
    },
    sends: { $set: { 'map.a.name': '2', 'map.c': null } },
  },
  {
    title: 'gh-9628 null to a subdocument',
    schema: () => map(item()),
    raw: { map: { b: null } },
    edit: (doc) => doc.map.set('b', { name: '1' }),
    sends: { $set: { 'map.b': { name: '1' } } },
  },
  {
    title: 'gh-13386 set() below a Map of Mixed',
    schema: () => map(Schema.Types.Mixed),
    raw: { map: { a: { b: { c: 1 }, d: 1 } } },
    edit: (doc) => doc.set('map.a.b.c', 2),
    sends: { $set: { 'map.a.b.c': 2 } },
  },
];

it.each(cases)('$title', async ({ schema, raw, edit, sends }) => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw);
  edit(doc);
  expect(doc.isModified()).toBe(sends !== null);
  expect(await documents.updateOf(doc)).toEqual(sends);
  const { map: inMemory } = onWire(doc.toObject({ flattenMaps: true })) as Plain;
  expect(await documents.stored(doc)).toEqual({ map: inMemory });
  expect(await documents.save(doc)).toBeNull();
});

it('gh-15682 gh-15970 Maps in an element of a document array in a Map', async () => {
  const Model = await documents.model(map([session()]));
  const doc = await documents.load(Model, {
    map: { conf: [{ title: 'k', speakers: { host: { name: 'Alice' } }, ratings: { overall: 4 } }] },
  });
  const [talk] = doc.map.get('conf');
  talk.ratings.set('content', 5);
  talk.speakers.set('panelist', { name: 'Bob' });
  talk.speakers.get('host').name = 'Alicia';
  const update = await documents.updateOf(doc);
  // Mongoose 8 marks paths of its own that do not exist, and unsets them: only what is set is compared.
  expect(update?.['$set']).toEqual({
    'map.conf.0.ratings.content': 5,
    'map.conf.0.speakers.panelist': { name: 'Bob' },
    'map.conf.0.speakers.host.name': 'Alicia',
  });
  expect(await documents.stored(doc)).toEqual({
    map: {
      conf: [
        {
          title: 'k',
          speakers: { host: { name: 'Alicia' }, panelist: { name: 'Bob' } },
          ratings: { overall: 4, content: 5 },
        },
      ],
    },
  });
});

it('gh-13657 a Map of UUIDs: a key set, and the whole Map assigned with equal values', async () => {
  const { UUID } = mongoose.mongo.BSON;
  const [one, two, three] = [new UUID(), new UUID(), new UUID()];
  const Model = await documents.model(map(Schema.Types.UUID));
  const doc = await documents.load(Model, { map: { one, two } });
  doc.map.set('two', three.toHexString());
  const update = await documents.updateOf(doc);
  expect(Object.keys(update?.['$set'] ?? {})).toEqual(['map.two']);
  // Mongoose 8 keeps a UUID as a Buffer in memory: what counts is the type that is stored.
  const { map: stored } = (await Model.collection.findOne({ _id: doc._id })) as Doc;
  expect([stored.one.sub_type, stored.two.sub_type, String(stored.two)]).toEqual([4, 4, String(three)]);
  doc.map = new Map([
    ['one', one.toHexString()],
    ['two', three.toHexString()],
  ]);
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it.each<[string, (doc: Doc) => unknown]>([
  ['clear()', (doc) => doc.map.clear()],
  [
    'an empty Map',
    (doc) => {
      doc.map = new Map();
    },
  ],
])('gh-9493 %s empties the Map', async (_title, edit) => {
  const Model = await documents.model(map(Number));
  const doc = await documents.load(Model, { map: { a: 1, b: 2 } });
  edit(doc);
  expect(doc.isModified('map')).toBe(true);
  await doc.save();
  const again = await documents.again(Model, doc);
  expect(again.map?.size ?? 0).toBe(0);
  expect(await documents.save(doc)).toBeNull();
  expect(await documents.save(again)).toBeNull();
});

it('gh-9493 clear() and the same keys set again in their order is no change', async () => {
  const Model = await documents.model(map(Number));
  const doc = await documents.load(Model, { map: { a: 1, b: 2 } });
  doc.map.clear();
  doc.map.set('a', 1);
  doc.map.set('b', 2);
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-15519 a Map that was absent, set and removed again is no change', async () => {
  const Model = await documents.model(map(String));
  const doc = await documents.load(Model, {});
  doc.map = new Map();
  doc.map.set('test', 'value');
  doc.map = undefined;
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-15519 a Map set to null after an edit inside it', async () => {
  const Model = await documents.model(map(item()));
  const doc = await documents.load(Model, { map: { a: { name: '1' } } });
  doc.map.get('a').name = '2';
  doc.map = null;
  expect(await documents.updateOf(doc)).toEqual({ $set: { map: null } });
  expect(await documents.stored(doc)).toEqual({ map: null });
});

it('gh-15542 a Map of required values can be saved', async () => {
  const Model = await documents.model(map({ type: String, required: true }));
  const doc = await documents.load(Model, { map: { a: '1', b: '2' } });
  doc.map.set('a', '3');
  doc.map.set('c', '4');
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'map.a': '3', 'map.c': '4' } });
});

it('gh-10295 a Map set below a subdocument below a subdocument', async () => {
  const second = new Schema<Doc>({ data: { type: Map, of: Number, default: {} } }, { _id: false });
  const nested = new Schema<Doc>({ data: { type: Map, of: second, default: {} } }, { _id: false });
  const Model = await documents.model(new Schema<Doc>({ nested: { type: nested, default: {} } }));
  const doc: Doc = await Model.create({});
  doc.nested.data.set('second', {});
  expect(doc.modifiedPaths()).toContain('nested.data.second');
  await doc.save();
  doc.nested.data.get('second').data.set('final', 3);
  expect(doc.modifiedPaths()).toContain('nested.data.second.data.final');
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ nested: { data: { second: { data: { final: 3 } } } } });
});

it('gh-10486 toObject() and toJSON() with getters and flattenMaps are no read that tracks', async () => {
  const Model = await documents.model(map(item()));
  const doc = await documents.load(Model, { map: { a: { name: '1' } } });
  for (const options of [{ getters: true, flattenMaps: true }, { flattenMaps: true }]) {
    expect(doc.toObject(options).map.a.name).toBe('1');
    expect(doc.toJSON(options).map.a.name).toBe('1');
  }
  expect(doc.toJSON({ getters: true, flattenMaps: false }).map.get('a').name).toBe('1');
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-7470 a key with a dot is refused as Mongoose refuses it, and changes nothing', async () => {
  const Model = await documents.model(map(Number));
  const doc = await documents.load(Model, { map: { a: 1 } });
  expect(() => doc.map.set('b.c', 1)).toThrow();
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-14654 a Map below a nested path of an element', async () => {
  const Model = await documents.model(
    new Schema<Doc>({
      list: [new Schema<Doc>({ n: { map: { type: Map, of: item() } } }, { _id: false })],
    }),
  );
  const doc = await documents.load(Model, { list: [{ n: { map: { a: { name: '1' } } } }] });
  doc.list[0].n.map.get('a').name = '2';
  doc.list[0].n.map.set('b', { name: '3' });
  expect(await documents.updateOf(doc)).toEqual({
    $set: { 'list.0.n.map.a.name': '2', 'list.0.n.map.b': { name: '3' } },
  });
});

// Section 1: Mixed, the most repeated complaint in Mongoose's tracker.
import { Schema } from 'mongoose';
import { onWire, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

interface Case {
  title: string;
  raw: Plain;
  edit: (doc: Doc) => unknown;
  /** The exact update, where the contract fixes it; else only the stored document is compared. */
  sends?: Plain;
}

const cases: Case[] = [
  {
    title: 'gh-296 an inner value changed in place is written',
    raw: { data: { a: { b: 1 }, c: 1 } },
    edit: (doc) => {
      doc.data.a.b = 2;
    },
    sends: { $set: { 'data.a.b': 2 } },
  },
  {
    title: 'gh-734 a new key in place is written',
    raw: { data: { a: 1 } },
    edit: (doc) => {
      doc.data.b = { c: 1 };
    },
    sends: { $set: { 'data.b': { c: 1 } } },
  },
  {
    title: 'gh-822 a deleted key is unset',
    raw: { data: { a: 1, b: 1 } },
    edit: (doc) => delete doc.data.a,
    sends: { $unset: { 'data.a': 1 } },
  },
  {
    title: 'gh-1050 a key set through the path of the document',
    raw: { data: { a: 1, b: 1 } },
    edit: (doc) => doc.set('data.a', 2),
    sends: { $set: { 'data.a': 2 } },
  },
  {
    title: 'gh-2000 an array inside Mixed, one element changed',
    raw: { data: { list: [{ n: 1 }, { n: 2 }] } },
    edit: (doc) => {
      doc.data.list[1].n = 3;
    },
  },
  {
    title: 'gh-2249 a value changed and a whole object assigned afterwards',
    raw: { data: { a: 1, b: { c: 1 } } },
    edit: (doc) => {
      doc.data.a = 2;
      doc.data = { a: 2, b: { c: 2 } };
    },
    sends: { $set: { 'data.a': 2, 'data.b.c': 2 } },
  },
  {
    title: 'gh-3658 an element of [Mixed] changed, then a push: both are written',
    raw: { list: [{ n: 1 }] },
    edit: (doc) => {
      doc.list[0].n = 2;
      doc.list.push({ n: 3 });
    },
    sends: { $set: { 'list.0.n': 2, 'list.1': { n: 3 } }, $inc: { __v: 1 } },
  },
  {
    title: 'gh-3658 a push, then an element of [Mixed] changed: both are written',
    raw: { list: [{ n: 1 }] },
    edit: (doc) => {
      doc.list.push({ n: 3 });
      doc.list[0].n = 2;
    },
    sends: { $set: { 'list.0.n': 2, 'list.1': { n: 3 } }, $inc: { __v: 1 } },
  },
  {
    title: 'gh-4815 push on an array inside Mixed',
    raw: { data: { list: [1] } },
    edit: (doc) => doc.data.list.push(2),
  },
  {
    title: 'gh-7189 an object inside an object without a schema',
    raw: { data: { a: { b: { c: { d: 1 } } }, e: 1 } },
    edit: (doc) => {
      doc.data.a.b.c.d = 2;
    },
    sends: { $set: { 'data.a.b.c.d': 2 } },
  },
  {
    title: 'gh-7779 touched first, then assigned as a whole',
    raw: { data: { a: 1, b: { c: 1 } } },
    edit: (doc) => {
      doc.data.b = { c: 2 };
      doc.data = { a: 1, b: { c: 2 } };
    },
    sends: { $set: { 'data.b.c': 2 } },
  },
  {
    title: "gh-9165 '2' to 2",
    raw: { data: { key: '2' } },
    edit: (doc) => {
      doc.data = { key: 2 };
    },
    sends: { $set: { 'data.key': 2 } },
  },
  ...(
    [
      ['', 0],
      ['', false],
      [0, false],
      [0, ''],
      [false, ''],
      [null, 0],
      ['1', 1],
      [1, true],
    ] as const
  ).map(([from, to]): Case => ({
    title: `gh-5785 ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
    raw: { data: { key: from, other: 1 } },
    edit: (doc) => {
      doc.data.key = to;
    },
    sends: { $set: { 'data.key': to } },
  })),
  {
    title: 'null to an object: the parent is written whole',
    raw: { data: { a: null } },
    edit: (doc) => {
      doc.data.a = { b: 1 };
    },
    sends: { $set: { 'data.a': { b: 1 } } },
  },
  {
    title: 'an object to an array with the same keys: written whole',
    raw: { data: { a: { 0: 'x' } } },
    edit: (doc) => {
      doc.data.a = ['x'];
    },
    sends: { $set: { 'data.a': ['x'] } },
  },
  {
    title: 'a key that looks like an index, on an object',
    raw: { data: { 207: { read: 0 }, 208: { read: 0 } } },
    edit: (doc) => {
      doc.data[207].read = 1;
    },
    sends: { $set: { 'data.207.read': 1 } },
  },
  {
    title: 'Mixed below a subdocument, an array element and a Map',
    raw: { sub: { any: { a: 1 } }, items: [{ any: { a: 1 } }], map: { k: { any: { a: 1 } } } },
    edit: (doc) => {
      doc.sub.any.a = 2;
      doc.items[0].any.a = 2;
      doc.map.get('k').any.a = 2;
    },
    sends: { $set: { 'sub.any.a': 2, 'items.0.any.a': 2, 'map.k.any.a': 2 } },
  },
];

const withMixed = (): Schema<Doc> => {
  const holder = (): Schema<Doc> => new Schema<Doc>({ any: Schema.Types.Mixed }, { _id: false });
  return new Schema<Doc>({
    data: Schema.Types.Mixed,
    list: { type: [Schema.Types.Mixed], default: undefined },
    sub: holder(),
    items: { type: [holder()], default: undefined },
    map: { type: Map, of: holder() },
  });
};

it.each(cases)('$title', async ({ raw, edit, sends }) => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, raw);
  edit(doc);
  expect(doc.isModified()).toBe(true);
  const update = await documents.updateOf(doc);
  expect(update).not.toBeNull();
  if (sends !== undefined) expect(update).toEqual(sends);
  // gh-5488: what save() resolves to must be what is stored, and not only look so.
  const { _id, __v, ...inMemory } = onWire(doc.toObject({ flattenMaps: true })) as Plain;
  expect(_id).toEqual(doc._id);
  expect(__v).toBe(sends !== undefined && '$inc' in sends ? 1 : 0);
  expect(await documents.stored(doc)).toEqual(inMemory);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-5488 a change in place is a change in every answer of the document before it is saved', async () => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: { b: 1 } } });
  doc.data.a.b = 2;
  expect(doc.isModified('data')).toBe(true);
  expect(doc.modifiedPaths()).toContain('data');
  expect(doc.$tracker.diff()).toEqual([{ path: 'data.a.b', type: 'update', from: 1, to: 2 }]);
});

it('gh-1107 Mixed stays what the user put in: no proxy, no wrapper', async () => {
  class Shape {
    constructor(readonly side: number) {}
  }
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: 1 } });
  const shape = new Shape(2);
  const value = { shape, when: new Date(0), set: new Set([1]) };
  doc.data = value;
  expect(doc.data.shape).toBe(shape);
  expect(doc.data.when).toBe(value.when);
  expect(doc.data.set.has(1)).toBe(true);
});

it('gh-2249 a reference held across a save is still watched', async () => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: { b: 1 } } });
  const held = doc.data.a;
  held.b = 2;
  await doc.save();
  held.b = 3;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'data.a.b': 3 } });
});

it('a value shared by two keys is written for both', async () => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: { n: 1 }, b: { n: 1 } } });
  const shared = { n: 2 };
  doc.data.a = shared;
  doc.data.b = shared;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'data.a.n': 2, 'data.b.n': 2 } });
});

it('a cycle fails with an error, pollutes nothing and can be taken back', async () => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: 1 } });
  doc.data.self = doc.data;
  const commands = await documents.commands(Model, async () => {
    expect(await rejection(doc.save())).toBeInstanceOf(Error);
  });
  expect(commands).toEqual([]);
  delete doc.data.self;
  doc.data.a = 2;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'data.a': 2 } });
});

it('a key named __proto__ pollutes nothing', async () => {
  const Model = await documents.model(withMixed());
  const doc = await documents.load(Model, { data: { a: 1 } });
  doc.data = JSON.parse('{"a":2,"__proto__":{"polluted":true}}');
  doc.$tracker.diff();
  await doc.save().catch((error: unknown) => {
    expect(error).toBeInstanceOf(Error);
  });
  expect(({} as Plain)['polluted']).toBeUndefined();
  expect((doc.$tracker.original('data') as Plain)['polluted']).toBeUndefined();
});

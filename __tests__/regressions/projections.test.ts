// Section 14: what was not selected is neither compared nor written.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { applied, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

interface Case {
  title: string;
  schema: () => Schema<Doc>;
  raw: Plain;
  select: Plain | string;
  edit: (doc: Doc) => unknown;
  sends: Plain | null;
}

const nested = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    tags: [String],
    n: { a: Number, b: Number, deep: { c: Number, d: Number } },
    sub: new Schema<Doc>(
      { a: Number, b: Number, more: new Schema<Doc>({ c: Number, d: Number }, { _id: false }) },
      { _id: false },
    ),
    items: [new Schema<Doc>({ q: Number, label: String }, { _id: false })],
    mixed: {},
    map: { type: Map, of: Number },
  });

const raw = (): Plain => ({
  name: 'n',
  tags: ['x'],
  n: { a: 1, b: 2, deep: { c: 3, d: 4 } },
  sub: { a: 1, b: 2, more: { c: 3, d: 4 } },
  items: [
    { q: 1, label: 'one' },
    { q: 2, label: 'two' },
  ],
  mixed: { a: 1, b: 2 },
  map: { a: 1, b: 2 },
});

const cases: Case[] = [
  {
    title: 'gh-12414 no change at all',
    schema: nested,
    raw: raw(),
    select: 'name',
    edit: () => undefined,
    sends: null,
  },
  {
    title: 'gh-13043 a change beside an array that was not selected',
    schema: nested,
    raw: raw(),
    select: 'name n.a',
    edit: (doc) => {
      doc.name = 'm';
    },
    sends: { $set: { name: 'm' } },
  },
  {
    title: 'a nested object replaced, one leaf of it selected',
    schema: nested,
    raw: raw(),
    select: { 'n.a': 1 },
    edit: (doc) => {
      doc.n = { a: 9 };
    },
    sends: { $set: { 'n.a': 9 } },
  },
  {
    title: 'a nested object replaced, one leaf two levels down selected',
    schema: nested,
    raw: raw(),
    select: { 'n.deep.c': 1 },
    edit: (doc) => {
      doc.n = { deep: { c: 9 } };
    },
    sends: { $set: { 'n.deep.c': 9 } },
  },
  {
    title: 'a subdocument replaced, one leaf of it excluded',
    schema: nested,
    raw: raw(),
    select: { 'sub.b': 0 },
    edit: (doc) => {
      doc.sub = { a: 9, more: { c: 3, d: 4 } };
    },
    sends: { $set: { 'sub.a': 9 } },
  },
  {
    title: 'a subdocument replaced, one leaf two levels down excluded',
    schema: nested,
    raw: raw(),
    select: { 'sub.more.d': 0 },
    edit: (doc) => {
      doc.sub = { a: 1, b: 2, more: { c: 9 } };
    },
    sends: { $set: { 'sub.more.c': 9 } },
  },
  {
    title: 'a selected leaf left out of the new parent is unset',
    schema: nested,
    raw: raw(),
    select: { 'n.a': 1, 'n.b': 1 },
    edit: (doc) => {
      doc.n = { a: 1 };
    },
    sends: { $unset: { 'n.b': 1 } },
  },
  {
    title: 'a parent set back under a projection',
    schema: nested,
    raw: raw(),
    select: { 'n.a': 1 },
    edit: (doc) => {
      doc.n = { a: 9 };
      doc.n = { a: 1 };
    },
    sends: null,
  },
  {
    title: 'Mixed in place, one key of it selected',
    schema: nested,
    raw: raw(),
    select: { 'mixed.a': 1 },
    edit: (doc) => {
      doc.mixed.a = 9;
    },
    sends: { $set: { 'mixed.a': 9 } },
  },
  {
    title: 'a key of a Map, one key of it selected',
    schema: nested,
    raw: raw(),
    select: { 'map.a': 1 },
    edit: (doc) => doc.map.set('a', 9),
    sends: { $set: { 'map.a': 9 } },
  },
  {
    title: 'the selected leaves of elements',
    schema: nested,
    raw: raw(),
    select: { 'items.q': 1 },
    edit: (doc) => {
      doc.items[1].q = 9;
    },
    sends: { $set: { 'items.1.q': 9 } },
  },
];

it.each(cases)('$title', async ({ schema, raw: stored, select, edit, sends }) => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, stored, select);
  edit(doc);
  expect(await documents.updateOf(doc)).toEqual(sends);
  expect(await documents.stored(doc)).toEqual(applied(stored, sends));
  expect(await documents.save(doc)).toBeNull();
});

it('gh-12414 the default of an array that was not selected is not written', async () => {
  const Model = await documents.model(nested());
  const doc = await documents.load(Model, raw(), 'name');
  doc.name = 'm';
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'm' });
});

it('gh-13145 a path that was not selected and is set is written', async () => {
  const Model = await documents.model(nested());
  const doc = await documents.load(Model, raw(), 'name');
  doc.set('tags', ['only']);
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['only'] });
});

// Plain Mongoose forgets the second assignment when the document was saved before: its snapshot holds undefined too.
it.each([false, true])(
  'a path that was not selected, set and then set to undefined, is removed; saved before: %s',
  async (saved) => {
    const Model = await documents.model(nested());
    const doc = await documents.load(Model, raw(), '-mixed');
    if (saved) await doc.save();
    doc.mixed = { of: 'mine' };
    doc.mixed = undefined;
    expect(await documents.updateOf(doc)).toEqual({ $unset: { mixed: 1 } });
    doc.mixed = { of: 'mine' };
    doc.$tracker.revert();
    expect(await documents.save(doc)).toBeNull();
  },
);

it('gh-13720 gh-13763 defaults of a subdocument whose leaves were selected', async () => {
  const sub = new Schema<Doc>({ a: { type: String, default: 'A' }, b: { type: String, default: 'B' } }, { _id: false });
  const Model = await documents.model(new Schema<Doc>({ name: String, sub: { type: sub, default: () => ({}) } }));
  const doc = await documents.load(Model, { name: 'n', sub: { b: 'stored' } }, { 'sub.a': 1, 'sub.b': 1 });
  expect(doc.sub.a).toBe('A');
  expect(doc.isModified()).toBe(false);
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ name: 'n', sub: { a: 'A', b: 'stored' } });
});

it('gh-1334 an array selected by $elemMatch gets no positional write of its own index', async () => {
  const [one, two] = [new mongoose.Types.ObjectId(), new mongoose.Types.ObjectId()];
  const Model = await documents.model(new Schema<Doc>({ ids: [Schema.Types.ObjectId] }));
  const doc = await documents.load(Model, { ids: [two, one] }, { ids: { $elemMatch: { $in: [one] } } });
  expect(doc.ids).toHaveLength(1);
  doc.ids.set(0, two);
  await doc.save();
  // Mongoose writes `ids.$` with the match in the filter: the element that was shown, wherever it stands.
  expect(await documents.stored(doc)).toEqual({ ids: [two, two] });
});

it.each<[string, Plain, (doc: Doc) => unknown]>([
  ['pull, $elemMatch', { list: { $elemMatch: { q: 2 } } }, (doc) => doc.list.pull(doc.list[0])],
  ['pop, $elemMatch', { list: { $elemMatch: { q: 2 } } }, (doc) => doc.list.pop()],
  [
    'an array assigned, $elemMatch',
    { list: { $elemMatch: { q: 2 } } },
    (doc) => {
      doc.list = [{ _id: 2, q: 9 }];
    },
  ],
])('gh-1334 %s is refused with DivergentArrayError, nothing is written', async (_title, select, edit) => {
  const Model = await documents.model(new Schema<Doc>({ list: [new Schema<Doc>({ _id: Number, q: Number })] }));
  const stored = {
    list: [
      { _id: 1, q: 1 },
      { _id: 2, q: 2 },
    ],
  };
  const doc = await documents.load(Model, stored, select);
  edit(doc);
  const commands = await documents.commands(Model, async () => {
    expect((await rejection(doc.save())).name).toBe('DivergentArrayError');
  });
  expect(commands).toEqual([]);
  expect(await documents.stored(doc)).toEqual(stored);
});

it.each<[string, (doc: Doc) => unknown]>([
  ['a leaf', (doc) => (doc.list[0].q = 9)],
  ['a push', (doc) => doc.list.push({ _id: 4, q: 4 })],
  ['a pull', (doc) => doc.list.pull(doc.list[0])],
  ['a pop', (doc) => doc.list.pop()],
  ['another array', (doc) => (doc.list = [{ _id: 2, q: 9 }])],
  ['an index', (doc) => doc.list.set(0, { _id: 2, q: 9 })],
])('an array selected by list.$, %s: stored or refused as by Mongoose', async (_title, edit) => {
  const schema = (): Schema<Doc> => new Schema<Doc>({ list: [new Schema<Doc>({ _id: Number, q: Number })] });
  const raw = { list: [1, 2, 3].map((n) => ({ _id: n, q: n })) };
  const outcome = async (Model: Model<Doc>): Promise<unknown> => {
    const { _id } = await documents.load(Model, raw);
    const doc: Doc = await Model.findOne({ _id, 'list.q': 2 }, { 'list.$': 1 }).orFail();
    edit(doc);
    const error = await doc.save().then(
      () => 'saved',
      ({ name }: Error) => name,
    );
    return [error, await documents.stored(doc)];
  };
  const tracked = await outcome(await documents.model(schema()));
  expect(tracked).toEqual(await outcome(await documents.plainModel(schema())));
});

it('gh-2432 a $slice of an array: whatever is done, no other element is harmed', async () => {
  for (const edit of [
    (doc: Doc): void => {
      doc.list = [9];
    },
    (doc: Doc): void => {
      doc.list.splice(0, 1);
    },
    (doc: Doc): void => {
      doc.list.pop();
    },
    (doc: Doc): void => {
      doc.list.length = 0;
    },
  ]) {
    const Model = await documents.model(new Schema<Doc>({ list: [Number], name: String }));
    const doc = await documents.load(Model, { list: [1, 2, 3], name: 'n' }, { list: { $slice: [1, 1] } });
    expect([...doc.list]).toEqual([2]);
    edit(doc);
    const plainModel = await documents.plainModel(new Schema<Doc>({ list: [Number], name: String }));
    const plain = await documents.load(plainModel, { list: [1, 2, 3], name: 'n' }, { list: { $slice: [1, 1] } });
    edit(plain);
    // An edit of the length alone is invisible to plain Mongoose; with the plugin it must not be worse than that.
    const outcome = async (one: Doc): Promise<unknown> =>
      one.save().then(
        () => documents.stored(one),
        (error: Error) => error.name,
      );
    const [mine, theirs] = [await outcome(doc), await outcome(plain)];
    if (typeof mine !== 'string') expect(mine).toEqual(theirs);
  }
});

it('gh-1389 push to a $slice of an array is written as a push', async () => {
  const Model = await documents.model(new Schema<Doc>({ list: [Number], name: String }));
  const doc = await documents.load(Model, { list: [1, 2, 3], name: 'n' }, { list: { $slice: 1 } });
  doc.list.push(4);
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ list: [1, 2, 3, 4], name: 'n' });
});

it('elements of which one leaf was selected: any change of their number is written as Mongoose writes it', async () => {
  const Model = await documents.model(nested());
  const doc = await documents.load(Model, raw(), { 'items.q': 1 });
  doc.items.push({ q: 3, label: 'three' });
  expect(await documents.updateOf(doc)).toEqual({ $push: { items: { $each: [{ q: 3, label: 'three' }] } } });
  expect((await documents.stored(doc))['items']).toEqual([
    { q: 1, label: 'one' },
    { q: 2, label: 'two' },
    { q: 3, label: 'three' },
  ]);
});

it('select: false in the schema: neither compared nor unset', async () => {
  const Model = await documents.model(
    new Schema<Doc>({ user: { name: String, secret: { type: String, select: false } } }),
  );
  const doc = await documents.load(Model, { user: { name: 'n', secret: 's' } });
  doc.user = { name: 'm' };
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'user.name': 'm' } });
  expect(await documents.stored(doc)).toEqual({ user: { name: 'm', secret: 's' } });
});

// `wholePaths`, `exclude`, `equals` and `detectInPlace` hold wherever the path stands.
import { isDeepStrictEqual } from 'node:util';
import { Schema } from 'mongoose';
import type { CowTrackingOptions } from '../../lib';
import { applied, onWire } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const fields = (): Doc => ({
  any: Schema.Types.Mixed,
  other: Schema.Types.Mixed,
  at: Date,
  amount: Number,
  tags: [String],
});
const box = (): Schema<Doc> => new Schema<Doc>(fields(), { _id: false });
const content = (): Plain => ({
  any: { a: 1, b: { c: 1 } },
  other: { a: 1, b: { c: 1 } },
  at: new Date(1),
  amount: 1,
  tags: ['x', 'y'],
});

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    ...fields(),
    nested: { deep: fields() },
    sub: box(),
    items: [box()],
    map: { type: Map, of: box() },
    tree: new Schema<Doc>(
      {
        list: [
          new Schema<Doc>({ map: { type: Map, of: new Schema<Doc>({ sub: box() }, { _id: false }) } }, { _id: false }),
        ],
      },
      { _id: false },
    ),
  });
const raw = (): Plain => ({
  ...content(),
  nested: { deep: content() },
  sub: content(),
  items: [content(), content()],
  map: { k: content(), l: content() },
  tree: { list: [{ map: { k: { sub: content() } } }] },
});

/** Where the fields stand: in the names of the options, in a document, and the object that has them. */
const places: { rule: string; path: string; of: (doc: Doc) => Doc }[] = [
  { rule: '', path: '', of: (doc) => doc },
  { rule: 'nested.deep.', path: 'nested.deep.', of: (doc) => doc.nested.deep },
  { rule: 'sub.', path: 'sub.', of: (doc) => doc.sub },
  { rule: 'items.', path: 'items.1.', of: (doc) => doc.items[1] },
  { rule: 'map.$*.', path: 'map.k.', of: (doc) => doc.map.get('k') },
  { rule: 'tree.list.map.$*.sub.', path: 'tree.list.0.map.k.sub.', of: (doc) => doc.tree.list[0].map.get('k').sub },
];

const load = async (options: CowTrackingOptions): Promise<Doc> =>
  documents.load(await documents.model(schema(), options), raw());

/** Saves, and compares what was sent, announced and stored. */
async function expectSent(doc: Doc, sends: Plain | null): Promise<void> {
  const announced = onWire(doc.$tracker.getUpdate());
  expect(announced).toEqual(sends);
  expect(await documents.updateOf(doc)).toEqual(sends);
  const { $inc: _version, ...values } = sends ?? {};
  expect(await documents.stored(doc)).toEqual(applied(raw(), values));
  expect(await documents.save(doc)).toBeNull();
}

describe.each(places)('at $rule', ({ rule, path, of }) => {
  describe('wholePaths', () => {
    it('writes Mixed as one, changed in place or assigned', async () => {
      const doc = await load({ wholePaths: [`${rule}any`] });
      of(doc).any.b.c = 2;
      of(doc).other = { a: 1, b: { c: 2 } };
      await expectSent(doc, { $set: { [`${path}any`]: { a: 1, b: { c: 2 } }, [`${path}other.b.c`]: 2 } });
    });

    it('writes an array as one, with the guard of a whole array', async () => {
      const doc = await load({ wholePaths: [`${rule}tags`] });
      of(doc).tags.set(1, 'z');
      const sent = await documents.save(doc);
      expect(sent?.update).toEqual({ $set: { [`${path}tags`]: ['x', 'z'] }, $inc: { __v: 1 } });
      expect(sent?.filter).toEqual({ _id: doc._id, __v: 0 });
    });

    it('a change that was taken back is none', async () => {
      const doc = await load({ wholePaths: [`${rule}any`, `${rule}tags`] });
      of(doc).any.b.c = 2;
      of(doc).tags.push('z');
      of(doc).any = { a: 1, b: { c: 1 } };
      of(doc).tags.pop();
      await expectSent(doc, null);
    });
  });

  describe('exclude', () => {
    it('leaves a value to Mongoose: it is sent as it was assigned, and is in no other answer', async () => {
      const doc = await load({ exclude: [`${rule}amount`] });
      of(doc).amount = 2;
      expect([doc.$tracker.isModified(), doc.$tracker.diff()]).toEqual([false, []]);
      await expectSent(doc, { $set: { [`${path}amount`]: 2 } });
    });

    it('leaves Mixed to Mongoose: only markModified() tells of a change in place, and all of it is written', async () => {
      const doc = await load({ exclude: [`${rule}any`] });
      of(doc).any.a = 2;
      of(doc).other.a = 2;
      expect(doc.$tracker.getChanges()).toEqual({ [`${path}other.a`]: 2 });
      expect(doc.isModified(`${path}any`)).toBe(false);
      doc.markModified(`${path}any`);
      await expectSent(doc, { $set: { [`${path}any`]: { a: 2, b: { c: 1 } }, [`${path}other.a`]: 2 } });
    });
  });

  describe('equals', () => {
    const near = (a: unknown, b: unknown): boolean => Math.abs(Number(a) - Number(b)) < 0.1;

    it('decides for a value', async () => {
      const doc = await load({ equals: { [`${rule}amount`]: near } });
      of(doc).amount = 1.01;
      expect(doc.isModified()).toBe(false);
      expect(await documents.save(doc)).toBeNull();
      of(doc).amount = 1.5;
      expect(await documents.updateOf(doc)).toEqual({ $set: { [`${path}amount`]: 1.5 } });
    });

    it('decides for Mixed as a whole, changed in place as well', async () => {
      const a = (value: unknown): unknown => (value as Plain)['a'];
      const doc = await load({ equals: { [`${rule}any`]: (before, now) => a(before) === a(now) } });
      of(doc).any.b.c = 2;
      expect(await documents.save(doc)).toBeNull();
      of(doc).any.a = 2;
      expect(await documents.updateOf(doc)).toEqual({ $set: { [`${path}any`]: { a: 2, b: { c: 2 } } } });
    });
  });

  describe('detectInPlace', () => {
    it('names the paths that are watched', async () => {
      const doc = await load({ detectInPlace: [`${rule}any`] });
      of(doc).any.a = 2;
      of(doc).other.a = 2;
      of(doc).at.setTime(2);
      expect(doc.$tracker.getChanges()).toEqual({ [`${path}any.a`]: 2 });
      expect(await documents.updateOf(doc)).toEqual({ $set: { [`${path}any.a`]: 2 } });
    });

    it('false watches none: markModified() is needed, and writes the value as one', async () => {
      const doc = await load({ detectInPlace: false });
      of(doc).any.a = 2;
      of(doc).at.setTime(2);
      expect(doc.$tracker.isModified()).toBe(false);
      doc.markModified(`${path}any`);
      expect(await documents.updateOf(doc)).toEqual({ $set: { [`${path}any`]: { a: 2, b: { c: 1 } } } });
    });

    it('false still finds what is assigned, and what array methods do', async () => {
      const doc = await load({ detectInPlace: false });
      of(doc).any = { a: 2, b: { c: 1 } };
      of(doc).tags.push('z');
      const { $set, ...rest } = (await documents.updateOf(doc)) ?? {};
      expect($set).toEqual({ [`${path}any.a`]: 2 });
      expect(rest).toEqual({ $push: { [`${path}tags`]: { $each: ['z'] } }, $inc: { __v: 1 } });
    });
  });
});

const containers: [title: string, rule: 'nested' | 'sub' | 'map' | 'items' | 'tree', of: (doc: Doc) => Doc][] = [
  ['a nested object', 'nested', (doc) => doc.nested.deep],
  ['a subdocument', 'sub', (doc) => doc.sub],
  ['a Map', 'map', (doc) => doc.map.get('k')],
  ['a document array', 'items', (doc) => doc.items[1]],
  ['what holds all of it', 'tree', (doc) => doc.tree.list[0].map.get('k').sub],
];

describe.each(containers)('equals of %s', (_title, rule, of) => {
  const edits: [string, (doc: Doc) => unknown][] = [
    ['a leaf', (doc) => (of(doc).amount = 2)],
    ['a change in place', (doc) => (of(doc).any.a = 2)],
    ['all of it assigned', (doc) => (doc[rule] = changed()[rule])],
  ];
  const changed = (): Plain => JSON.parse(JSON.stringify(raw()).replaceAll('"amount":1', '"amount":2')) as Plain;

  it.each(edits)('%s: asked with all of it, before and now', async (_edit, edit) => {
    const asked: unknown[] = [];
    const doc = await load({
      equals: {
        [rule]: (before, now) => {
          asked.push(onWire(before), onWire(now));
          return true;
        },
      },
    });
    edit(doc);
    expect([doc.isModified(), doc.$tracker.diff()]).toEqual([false, []]);
    expect(asked.slice(0, 2)).toEqual([raw()[rule], onWire(doc.toObject({ flattenMaps: true })[rule])]);
    expect(await documents.save(doc)).toBeNull();
  });

  it.each(edits)('%s: written as one if it is called different', async (_edit, edit) => {
    const doc = await load({ equals: { [rule]: (before, now) => isDeepStrictEqual(before, now) } });
    edit(doc);
    const all = onWire(doc.toObject({ flattenMaps: true })) as Plain;
    expect((await documents.updateOf(doc))?.['$set']).toEqual({ [rule]: all[rule] });
    expect(await documents.save(doc)).toBeNull();
  });
});

describe('what was not selected survives, though all of it shall be written', () => {
  const rows: [rule: string, select: string, edit: (doc: Doc) => unknown, path: string][] = [
    ['any', 'any.a', (doc) => (doc.any.a = 2), 'any.a'],
    ['nested', 'nested.deep.amount', (doc) => (doc.nested.deep.amount = 2), 'nested.deep.amount'],
    ['nested.deep.any', 'nested.deep.any.a', (doc) => (doc.nested.deep.any.a = 2), 'nested.deep.any.a'],
    ['sub', 'sub.amount', (doc) => (doc.sub.amount = 2), 'sub.amount'],
    ['sub.any', 'sub.any.a', (doc) => (doc.sub.any.a = 2), 'sub.any.a'],
    ['items', 'items.amount', (doc) => (doc.items[1].amount = 2), 'items.1.amount'],
    ['items.any', 'items.any.a', (doc) => (doc.items[1].any.a = 2), 'items.1.any.a'],
    ['map', 'map.k.amount', (doc) => (doc.map.get('k').amount = 2), 'map.k.amount'],
    ['map.$*', 'map.k.amount', (doc) => (doc.map.get('k').amount = 2), 'map.k.amount'],
  ];

  it.each(rows)('wholePaths and equals of %s, %s selected', async (rule, select, edit, path) => {
    for (const options of [{ wholePaths: [rule] }, { equals: { [rule]: () => false } }]) {
      const doc = await documents.load(await documents.model(schema(), options), raw(), { [select]: 1 });
      edit(doc);
      expect((await documents.updateOf(doc))?.['$set']).toEqual({ [path]: 2 });
      expect(await documents.stored(doc)).toEqual(applied(raw(), { $set: { [path]: 2 } }));
    }
  });
});

describe.each(containers)('exclude of %s', (_title, rule, of) => {
  const edits: [string, (doc: Doc) => unknown][] = [
    ['a leaf', (doc) => (of(doc).amount = 2)],
    ['a leaf set to what it is', (doc) => (of(doc).amount = 1)],
    ['an array method', (doc) => of(doc).tags.push('z')],
    ['Mixed assigned', (doc) => (of(doc).any = { a: 2 })],
    ['all of it assigned', (doc) => (doc[rule] = raw()[rule])],
    ['a change in place', (doc) => (of(doc).any.a = 2)],
    ['nothing', (doc) => of(doc).at],
  ];

  it.each(edits)('%s is sent as by Mongoose, beside what is tracked', async (_edit, edit) => {
    const tracked = await load({ exclude: [rule] });
    const plain = await documents.load(await documents.plainModel(schema()), raw());
    const updates: unknown[] = [];
    for (const doc of [tracked, plain]) {
      edit(doc);
      doc.amount = 9;
      const [command] = await documents.commands(doc.constructor, () => doc.save());
      updates.push({ ...command, filter: Object.keys(command?.filter ?? {}) });
    }
    expect(updates[0]).toEqual(updates[1]);
    expect(await documents.stored(tracked)).toEqual(await documents.stored(plain));
    expect(tracked.$tracker.lastSave.changes.map(({ path }: Doc) => path)).toEqual(['amount']);
  });
});

it.each<[string, (doc: Doc) => unknown, Plain]>([
  ['a nested object', (doc) => (doc.nested.deep.amount = 2), { nested: { deep: { ...content(), amount: 2 } } }],
  ['a subdocument', (doc) => (doc.sub.amount = 2), { sub: { ...content(), amount: 2 } }],
  ['a Map', (doc) => (doc.map.get('k').amount = 2), { map: { k: { ...content(), amount: 2 }, l: content() } }],
  ['a document array', (doc) => (doc.items[0].amount = 2), { items: [{ ...content(), amount: 2 }, content()] }],
  [
    'what holds all of it',
    (doc) => (doc.tree.list[0].map.get('k').sub.any.a = 2),
    { tree: { list: [{ map: { k: { sub: { ...content(), any: { a: 2, b: { c: 1 } } } } } }] } },
  ],
])('wholePaths of %s: a change below it writes all of it', async (_title, edit, $set) => {
  const doc = await load({ wholePaths: Object.keys($set) });
  edit(doc);
  expect((await documents.updateOf(doc))?.['$set']).toEqual($set);
  expect(await documents.save(doc)).toBeNull();
});

it('wholePaths of a nested object: a change below it that was taken back is none, an edit after a save is one', async () => {
  const doc = await load({ wholePaths: ['nested'] });
  doc.nested.deep.amount = 2;
  doc.nested.deep.any.a = 2;
  doc.nested.deep.any.a = 1;
  doc.nested.deep.amount = 1;
  expect([doc.isModified(), doc.modifiedPaths(), doc.$tracker.diff()]).toEqual([false, [], []]);
  doc.nested.deep.any.a = 2;
  await doc.save();
  expect([doc.isModified(), doc.modifiedPaths(), doc.$tracker.diff()]).toEqual([false, [], []]);
  doc.nested.deep.any.a = 3;
  expect(await documents.updateOf(doc)).toEqual({
    $set: { nested: { deep: { ...content(), any: { a: 3, b: { c: 1 } } } } },
  });
});

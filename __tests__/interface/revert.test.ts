// revert(), reset(), rebase(), savepoint() and rollback() of documents, beyond the reports in regressions/revert.
import mongoose, { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { onWire, rejection } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const ids = [1, 2, 3].map((n) => new mongoose.Types.ObjectId(`abcabcabcabcabcabcabcab${String(n)}`));

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    age: { type: Number, min: 0 },
    nested: { a: Number, deep: { b: Number } },
    sub: new Schema<Doc>({ k: String, list: [String] }, { _id: false }),
    tags: [String],
    items: [{ q: Number, inner: [{ n: Number }] }],
    map: { type: Map, of: Number },
    subs: { type: Map, of: new Schema<Doc>({ n: Number }, { _id: false }) },
    mixed: Schema.Types.Mixed,
    at: Date,
  });
const raw = (): Plain => ({
  name: 'a',
  age: 1,
  nested: { a: 1, deep: { b: 2 } },
  sub: { k: 'k', list: ['s'] },
  tags: ['x', 'y'],
  items: [
    { _id: ids[0], q: 1, inner: [{ _id: ids[2], n: 1 }] },
    { _id: ids[1], q: 2, inner: [] },
  ],
  map: { p: 1 },
  subs: { one: { n: 1 } },
  mixed: { a: { b: 1 }, list: [1] },
  at: new Date(0),
});
const inMemory = (doc: Doc): Plain => {
  const { _id, __v, ...rest } = onWire(doc.toObject({ flattenMaps: true, depopulate: true })) as Plain;
  return rest;
};

const editAll = (doc: Doc): void => {
  doc.name = 'b';
  doc.age = undefined;
  doc.nested.deep = { b: 3 };
  doc.sub.k = 'l';
  doc.sub.list.push('t');
  doc.tags.push('z');
  doc.items[0].q = 5;
  doc.items[0].inner[0].n = 5;
  doc.items.push({ q: 9 });
  doc.map.set('q', 2);
  doc.subs.get('one').n = 5;
  doc.mixed.a.b = 5;
  doc.mixed.list.push(2);
  doc.at.setTime(5);
};

/** Clean in every answer that Mongoose gives. */
async function expectClean(doc: Doc): Promise<void> {
  expect([doc.isModified(), doc.modifiedPaths(), doc.directModifiedPaths()]).toEqual([false, [], []]);
  const changes = typeof doc.$getChanges === 'function' ? doc.$getChanges() : doc.getChanges();
  expect(changes).toEqual({});
  expect(doc.$tracker.isModified()).toBe(false);
  expect(doc.$tracker.diff()).toEqual([]);
  expect(doc.$tracker.getUpdate()).toBeNull();
  expect(await documents.save(doc)).toBeNull();
}

describe('revert()', () => {
  it('gives back everything and the same instances that the user holds', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const held = [doc.sub, doc.tags, doc.items, doc.items[0], doc.items[0].inner[0], doc.map, doc.subs.get('one')];
    editAll(doc);
    doc.$tracker.revert();
    expect(inMemory(doc)).toEqual(raw());
    const now = [doc.sub, doc.tags, doc.items, doc.items[0], doc.items[0].inner[0], doc.map, doc.subs.get('one')];
    expect(now.map((value, i) => value === held[i])).toEqual(held.map(() => true));
    await expectClean(doc);
    // What is held still belongs to the document.
    held[0].k = 'held';
    held[3].q = 7;
    held[4].n = 8;
    held[6].n = 9;
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'sub.k': 'held', 'items.0.q': 7, 'items.0.inner.0.n': 8, 'subs.one.n': 9 },
    });
  });

  it('gives removed and replaced subdocuments back as the same instances', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const { sub } = doc;
    const [first, second] = doc.items;
    const one = doc.subs.get('one');
    sub.k = 'edited before it was replaced';
    doc.sub = { k: 'other' };
    doc.items.pull(ids[0]);
    second.q = 7;
    doc.subs.set('one', { n: 5 });
    doc.$tracker.revert();
    expect([doc.sub === sub, doc.items[0] === first, doc.items[1] === second, doc.subs.get('one') === one]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(inMemory(doc)).toEqual(raw());
    expect([first.parent() === doc, doc.sub.parent() === doc]).toEqual([true, true]);
    await expectClean(doc);
  });

  it.each<[string, string | string[], (doc: Doc) => unknown]>([
    ['a leaf of a nested object', 'nested.deep.b', (doc) => (doc.nested.deep.b = 5)],
    ['a nested object', 'nested', (doc) => (doc.nested = { a: 7 })],
    ['a leaf of a subdocument', 'sub.k', (doc) => (doc.sub.k = 'l')],
    ['an array in a subdocument', 'sub.list', (doc) => doc.sub.list.push('t')],
    ['a leaf of an element', 'items.1.q', (doc) => (doc.items[1].q = 9)],
    ['an element', 'items.0', (doc) => doc.items[0].set({ q: 9, inner: [] })],
    ['a leaf two arrays deep', 'items.0.inner.0.n', (doc) => (doc.items[0].inner[0].n = 9)],
    ['an element of scalars', 'tags.1', (doc) => doc.tags.set(1, 'z')],
    ['an appended element', 'tags.2', (doc) => doc.tags.push('z')],
    ['an appended subdocument', 'items.2', (doc) => doc.items.push({ q: 3 })],
    ['a key of a Map', 'map.p', (doc) => doc.map.set('p', 5)],
    ['a new key of a Map', 'map.q', (doc) => doc.map.set('q', 5)],
    ['a removed key of a Map', 'map.p', (doc) => doc.map.delete('p')],
    ['a subdocument of a Map', 'subs.one', (doc) => (doc.subs.get('one').n = 5)],
    ['a leaf in Mixed', 'mixed.a.b', (doc) => (doc.mixed.a.b = 5)],
    ['a new key in Mixed', 'mixed.c', (doc) => (doc.mixed.c = 5)],
    ['several', ['name', 'at'], (doc) => [(doc.name = 'b'), doc.at.setTime(5)]],
  ])('of one path: %s, and nothing else', async (_title, path, edit) => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    edit(doc);
    doc.age = 2;
    doc.$tracker.revert(path);
    expect(inMemory(doc)).toEqual({ ...raw(), age: 2 });
    expect(doc.$tracker.isModified(path)).toBe(false);
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id }, update: { $set: { age: 2 } } });
  });

  it.each<[string, string[], (doc: Doc) => unknown, Plain | null]>([
    [
      'one of two pushed',
      ['tags.3'],
      (doc) => doc.tags.push('z', 'w'),
      { $push: { tags: { $each: ['z'] } }, $inc: { __v: 1 } },
    ],
    ['both of two pushed', ['tags.2', 'tags.3'], (doc) => doc.tags.push('z', 'w'), null],
    ['one added to a set', ['tags.2'], (doc) => doc.tags.addToSet('z'), null],
    ['removed ones', ['tags.0', 'tags.1'], (doc) => doc.tags.splice(0, 2), null],
    ['one behind a gap, and with it what is missing before', ['tags.1'], (doc) => doc.tags.splice(0, 2), null],
    ['removed subdocuments', ['items.0', 'items.1'], (doc) => doc.items.splice(0, 2), null],
    ['pushed subdocuments', ['items.2', 'items.3'], (doc) => doc.items.push({ q: 3 }, { q: 4 }), null],
  ])('of elements: %s', async (_title, paths, edit, update) => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const held = [...doc.items];
    edit(doc);
    doc.$tracker.revert(paths);
    expect(await documents.updateOf(doc)).toEqual(update);
    if (update === null) expect(inMemory(doc)).toEqual(raw());
    expect(doc.items.map((item: Doc, i: number) => item === held[i])).toEqual([true, true]);
    doc.items[1].q = 9;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'items.1.q': 9 } });
  });

  it('an element put before others that stay keeps them addressable', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.items.push({ q: 3 }, { q: 4 });
    const last = doc.items[3];
    doc.$tracker.revert('items.2');
    expect(doc.items[2]).toBe(last);
    await doc.save();
    last.q = 5;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'items.2.q': 5 } });
  });

  it('objects in Mixed that the user holds come back as the same instances, filled again', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const { mixed } = doc;
    const { a, list } = mixed;
    a.b = 5;
    list.push(2);
    mixed.more = 1;
    const savepoint = doc.$tracker.savepoint();
    doc.mixed = { other: 1 };
    doc.$tracker.rollback(savepoint);
    expect([doc.mixed === mixed, mixed]).toEqual([true, { a: { b: 5 }, list: [1, 2], more: 1 }]);
    doc.mixed = 5;
    doc.$tracker.revert();
    expect([doc.mixed === mixed, mixed.a === a, mixed.list === list]).toEqual([true, true, true]);
    expect(mixed).toEqual(raw()['mixed']);
    a.b = 7;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a.b': 7 } });
  });

  it('drops the validation errors of what it restores, and only those', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.age = -1;
    doc.set('nested.a', 'no number');
    doc.sub = 'no object';
    const error = await rejection(doc.validate());
    expect(Object.keys(error.errors).sort()).toEqual(['age', 'nested.a', 'sub']);
    doc.$tracker.revert(['nested', 'sub']);
    expect(Object.keys((await rejection(doc.validate())).errors)).toEqual(['age']);
    doc.$tracker.revert('age');
    await expect(doc.validate()).resolves.toBeUndefined();
    await expectClean(doc);
  });

  it('drops what a failed save left in doc.errors, of the document and of its subdocuments', async () => {
    const numbers = new Schema<Doc>({
      age: { type: Number, min: 0 },
      sub: new Schema<Doc>({ n: { type: Number, min: 0 } }, { _id: false }),
      items: [{ _id: false, q: { type: Number, min: 0 } }],
    });
    const doc = await documents.load(await documents.model(numbers), { age: 1, sub: { n: 1 }, items: [{ q: 1 }] });
    const errors = (): (string[] | undefined)[] =>
      [doc, doc.sub, doc.items[0]].map(
        (one: Doc) => (one.errors as object | undefined) && Object.keys(one.errors).sort(),
      );
    doc.age = doc.sub.n = doc.items[0].q = -1;
    await rejection(doc.save());
    expect(errors()).toEqual([['age', 'items.0.q', 'sub.n'], ['n'], ['q']]);
    doc.$tracker.revert('age');
    expect(errors()).toEqual([['items.0.q', 'sub.n'], ['n'], ['q']]);
    doc.$tracker.revert();
    expect(errors()).toEqual([undefined, undefined, undefined]);
    await expectClean(doc);
  });

  describe('of nested objects that hold nothing', () => {
    const nested = (): Schema<Doc> =>
      new Schema<Doc>({ name: String, dims: { a: Number, inner: { x: Number } } }, { minimize: false });
    const loads: [Plain, Plain?][] = [
      [{}],
      [{ dims: {} }],
      [{ dims: null }],
      [{ dims: { a: 1 } }],
      [{ dims: { a: 1 } }, { name: 1 }],
      [{ dims: { a: 1 } }, { dims: 0 }],
    ];
    const cases = loads.flatMap(([stored, select]) =>
      [null, undefined, {}, { a: 5 }].map((value) => ({ stored, select, value })),
    );
    it.each(cases)(
      '$stored loaded with $select, dims = $value: revert() and rollback()',
      async ({ stored, select, value }) => {
        const doc = await documents.load(await documents.model(nested()), { name: 'n', ...stored }, select);
        const before = inMemory(doc);
        const savepoint = doc.$tracker.savepoint();
        doc.dims = value;
        doc.$tracker.revert();
        expect(inMemory(doc)).toEqual(before);
        await expectClean(doc);
        doc.dims = value;
        doc.$tracker.rollback(savepoint);
        expect(inMemory(doc)).toEqual(before);
        await expectClean(doc);
        doc.dims = value;
        const edited = inMemory(doc);
        const later = doc.$tracker.savepoint();
        doc.dims = { a: 7, inner: { x: 7 } };
        doc.$tracker.rollback(later);
        expect(inMemory(doc)).toEqual(edited);
      },
    );
  });

  it('drops operators and version flags: $inc, $pull, increment()', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.$inc('age', 5);
    doc.tags.pull('x');
    doc.items.addToSet({ q: 5 });
    doc.increment();
    doc.$tracker.revert();
    expect(inMemory(doc)).toEqual(raw());
    await expectClean(doc);
    doc.name = 'b';
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id }, update: { $set: { name: 'b' } } });
    expect(doc.__v).toBe(0);
  });

  it('runs neither setters nor validators nor defaults, anywhere', async () => {
    let calls = 0;
    const count = (value: unknown): unknown => {
      calls++;
      return value;
    };
    const counted = {
      set: count,
      validate: () => Boolean(++calls),
      default: () => {
        calls++;
      },
    };
    const Model = await documents.model(
      new Schema<Doc>({
        name: { type: String, ...counted },
        sub: new Schema<Doc>({ k: { type: String, ...counted } }, { _id: false }),
        items: [new Schema<Doc>({ q: { type: Number, ...counted } }, { _id: false })],
        list: { type: [{ type: String, set: count }], set: count },
      }),
    );
    const doc = await documents.load(Model, { name: 'a', sub: { k: 'k' }, items: [{ q: 1 }], list: ['x'] });
    doc.name = 'b';
    doc.sub = { k: 'l' };
    doc.items = [{ q: 2 }, { q: 3 }];
    doc.list.set(0, 'y');
    expect(calls).toBeGreaterThan(4);
    calls = 0;
    doc.$tracker.revert();
    expect(calls).toBe(0);
    expect(inMemory(doc)).toEqual({ name: 'a', sub: { k: 'k' }, items: [{ q: 1 }], list: ['x'] });
  });

  it('leaves what was not selected out', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw(), { name: 1, 'nested.a': 1, 'items.q': 1, 'sub.k': 1 });
    doc.name = 'b';
    doc.nested.a = 5;
    doc.items[0].q = 5;
    doc.sub.k = 'l';
    doc.age = 5;
    doc.$tracker.revert();
    expect(doc.toObject()).not.toHaveProperty('age');
    expect(doc.nested.toObject?.() ?? doc.nested).not.toHaveProperty('deep');
    await expectClean(doc);
    expect(await documents.stored(doc)).toEqual(raw());
  });

  it('populated paths: edits in the populated document stay, another document goes', async () => {
    const Author = await documents.model(new Schema<Doc>({ name: String }));
    const Book = await documents.model(
      new Schema<Doc>({
        author: { type: Schema.Types.ObjectId, ref: Author.modelName },
        readers: [{ type: Schema.Types.ObjectId, ref: Author.modelName }],
      }),
    );
    const [one, two, three] = (await Author.create([{ name: '1' }, { name: '2' }, { name: '3' }])) as Doc[];
    const { _id } = await documents.load(Book, { author: one._id, readers: [one._id, two._id] });
    const doc: Doc = await Book.findById(_id).populate(['author', 'readers']).orFail();
    doc.author.name = 'edited';
    expect(doc.$tracker.isModified()).toBe(false);
    doc.readers.push(three);
    doc.readers.pull(one._id);
    doc.$tracker.revert();
    expect(doc.author.name).toBe('edited');
    expect(doc.$tracker.diff()).toEqual([]);
    expect(doc.readers.map((reader: Doc) => String(reader._id ?? reader))).toEqual([String(one._id), String(two._id)]);
    doc.author = three;
    expect(doc.$tracker.diff()).toEqual([{ path: 'author', type: 'update', from: one._id, to: three._id }]);
    doc.$tracker.revert('author');
    expect(String(doc.author._id ?? doc.author)).toBe(String(one._id));
    await expectClean(doc);
  });

  it('a new document reverts to what it was constructed with', async () => {
    const Model = await documents.model(schema());
    const doc: Doc = new Model({ name: 'a', tags: ['x'], nested: { a: 1 }, sub: { k: 'k' }, mixed: { a: 1 } });
    const before = onWire(doc.toObject());
    doc.name = 'b';
    doc.age = 5;
    doc.tags.push('y');
    doc.nested.a = 2;
    doc.sub.k = 'l';
    doc.mixed.a = 2;
    doc.items.push({ q: 1 });
    doc.$tracker.revert();
    expect(onWire(doc.toObject())).toEqual(before);
    expect(doc.$isNew).toBe(true);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({
      name: 'a',
      tags: ['x'],
      nested: { a: 1 },
      sub: { k: 'k', list: [] },
      mixed: { a: 1 },
      items: [],
    });
  });

  it('of nothing that changed does nothing', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.$tracker.revert();
    doc.$tracker.revert('name');
    doc.$tracker.revert([]);
    doc.$tracker.revert('nothing.of.the.kind');
    await expectClean(doc);
  });
});

describe('reset()', () => {
  it('takes the document as it is as the baseline, and sends nothing', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    editAll(doc);
    doc.increment();
    const edited = inMemory(doc);
    doc.$tracker.reset();
    await expectClean(doc);
    expect(await documents.stored(doc)).toEqual(raw());
    expect(inMemory(doc)).toEqual(edited);
    expect(doc.$tracker.original('name')).toBe('b');
    doc.name = 'a';
    doc.tags.push('zz');
    expect(doc.$tracker.diff()).toEqual([
      { path: 'name', type: 'update', from: 'b', to: 'a' },
      { path: 'tags.3', type: 'add', from: undefined, to: 'zz' },
    ]);
  });
});

describe('rebase()', () => {
  it('what differs from the given original is a change; what it lacks was absent', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const { age, map, ...rest } = raw();
    doc.$tracker.rebase({ ...rest, name: 'z', nested: { a: 1, deep: { b: 9 } }, tags: ['x'] });
    expect(doc.$tracker.diff()).toEqual([
      { path: 'age', type: 'add', from: undefined, to: age },
      { path: 'map', type: 'add', from: undefined, to: new Map(Object.entries(map as object)) },
      { path: 'name', type: 'update', from: 'z', to: 'a' },
      { path: 'nested.deep.b', type: 'update', from: 9, to: 2 },
      { path: 'tags.1', type: 'add', from: undefined, to: 'y' },
    ]);
    expect(doc.isModified('name')).toBe(true);
    doc.$tracker.revert();
    expect(doc.name).toBe('z');
    expect(doc.age).toBeUndefined();
    await expectClean(doc);
  });

  it('what the user gave is not kept: later edits of it change nothing', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const given = raw() as Doc;
    doc.$tracker.rebase(given);
    given.mixed.a.b = 9;
    given.tags.push('w');
    expect(doc.$tracker.isModified()).toBe(false);
  });

  it('what does not fit throws, and leaves the document and its baseline', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.name = 'b';
    const before = doc.$tracker.diff();
    for (const bad of [
      null,
      undefined,
      'text',
      5,
      [],
      { nested: 'text' },
      { age: 'no number' },
      { items: [{ q: 'x' }] },
      { items: 'text' },
      { items: [{ inner: [{ n: {} }] }] },
      { sub: 'text' },
      { subs: { one: { n: 'x' } } },
      { map: { p: 'x' } },
      new Map(),
      new Date(),
    ]) {
      expect(() => doc.$tracker.rebase(bad)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
      expect(doc.$tracker.diff()).toEqual(before);
    }
    const { map, subs, ...others } = raw();
    expect(doc.$tracker.original()).toMatchObject(others);
    await expect(doc.validate()).resolves.toBeUndefined();
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
  });

  it('the subdocuments that the user holds are those of the baseline, wherever they stand', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const held = [doc.sub, doc.items[0], doc.items[0].inner[0], doc.items[1], doc.subs.get('one')];
    doc.sub.k = 'edited';
    const [first, second] = raw()['items'] as Plain[];
    doc.$tracker.rebase({
      ...raw(),
      sub: { k: 'edited', list: ['other'] },
      items: [second, { ...first, q: 7 }],
      subs: { one: { n: 5 } },
    });
    expect(doc.$tracker.getChanges()).toEqual({
      'sub.list.0': 's',
      items: [expect.objectContaining({ q: 1 }), expect.objectContaining({ q: 2 })],
      'subs.one.n': 1,
    });
    expect(doc.modifiedPaths()).not.toContain('sub.k');
    doc.$tracker.revert();
    const now = [doc.sub, doc.items[1], doc.items[1].inner[0], doc.items[0], doc.subs.get('one')];
    expect(now.map((value, i) => value === held[i])).toEqual(held.map(() => true));
    expect([doc.sub.list[0], doc.items[1].q, doc.subs.get('one').n]).toEqual(['other', 7, 5]);
    await expectClean(doc);
  });

  it('a nested object that was null is one change', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.$tracker.rebase({ ...raw(), nested: null });
    expect(doc.$tracker.diff()).toEqual([{ path: 'nested', type: 'update', from: null, to: { a: 1, deep: { b: 2 } } }]);
    doc.$tracker.rebase(raw());
    await expectClean(doc);
  });

  it('takes another document, and what a strict schema does not know is no change', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, { ...raw(), unknown: 1 });
    const other = await documents.load(Model, { ...raw(), name: 'other' });
    doc.$tracker.rebase(other);
    expect(doc.$tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'other', to: 'a' }]);
  });

  it('of a loose schema: keys that it does not know as well', async () => {
    const Model = await documents.model(new Schema<Doc>({ name: String }, { strict: false }));
    const doc = await documents.load(Model, { name: 'a', extra: 1, more: 2 });
    doc.$tracker.rebase({ name: 'a', extra: 5 });
    expect(doc.$tracker.getChanges()).toEqual({ extra: 1, more: 2 });
  });
});

describe('savepoint() and rollback()', () => {
  it('put values and changes back, as often as wanted', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.name = 'b';
    doc.tags.push('z');
    doc.sub.k = 'l';
    const savepoint = doc.$tracker.savepoint();
    const [changes, values, update] = [doc.$tracker.diff(), inMemory(doc), doc.$tracker.getUpdate()];
    for (let round = 0; round < 2; round++) {
      editAll(doc);
      doc.sub = undefined;
      doc.items.splice(0, 1);
      doc.mixed = 5;
      doc.$tracker.rollback(savepoint);
      expect(inMemory(doc)).toEqual(values);
      expect(doc.$tracker.diff()).toEqual(changes);
      expect(doc.$tracker.getUpdate()).toEqual(update);
    }
    expect(await documents.updateOf(doc)).toEqual(update);
    expect(await documents.stored(doc)).toEqual(values);
  });

  it('of a clean document: clean again, also for Mongoose, with the same subdocuments', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const savepoint = doc.$tracker.savepoint();
    const held = [doc.sub, ...doc.items];
    editAll(doc);
    doc.increment();
    doc.$tracker.markModified('name');
    doc.items.reverse();
    doc.$tracker.rollback(savepoint);
    expect(inMemory(doc)).toEqual(raw());
    expect([doc.sub, ...doc.items].map((value, i) => value === held[i])).toEqual([true, true, true]);
    await expectClean(doc);
  });

  it('a forced write is part of what is remembered', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.$tracker.markModified('name');
    const savepoint = doc.$tracker.savepoint();
    doc.$tracker.revert();
    expect(doc.$tracker.getUpdate()).toBeNull();
    doc.$tracker.rollback(savepoint);
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'a' } });
  });

  it('only with a savepoint of the same document', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const other = await documents.load(Model, raw());
    doc.name = 'b';
    for (const bad of [
      undefined,
      null,
      'x',
      {},
      { createdAt: new Date() },
      other.$tracker.savepoint(),
      doc.sub.$tracker.savepoint(),
    ]) {
      expect(() => doc.$tracker.rollback(bad)).toThrow(expect.objectContaining({ code: 'ERR_SAVEPOINT' }));
      expect(doc.name).toBe('b');
    }
  });
});

// Every member of the tracker called on a subdocument: paths are relative to it.
import mongoose, { Schema } from 'mongoose';
import { trackerOf } from '../../lib';
import type { Doc, Plain } from '../helpers/documents';
import { onWire } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const ids = [1, 2, 3].map((n) => new mongoose.Types.ObjectId(`abcabcabcabcabcabcabcab${String(n)}`));

const schema = (): Schema<Doc> => {
  const child = (): Schema<Doc> =>
    new Schema<Doc>({ k: String, n: Number, list: [String], inner: { x: Number }, mixed: {} }, { _id: false });
  return new Schema<Doc>({
    name: String,
    sub: child(),
    items: [new Schema<Doc>({ q: Number, sub: child() })],
    map: { type: Map, of: child() },
  });
};
const child = (): Plain => ({ k: 'k', n: 1, list: ['a'], inner: { x: 1 }, mixed: { a: 1 } });
const raw = (): Plain => ({
  name: 'a',
  sub: child(),
  items: [
    { _id: ids[0], q: 1, sub: child() },
    { _id: ids[1], q: 2, sub: child() },
  ],
  map: { one: child(), two: child() },
});

/** Where subdocuments can stand, and the path of each. */
const places: [string, (doc: Doc) => Doc][] = [
  ['sub', (doc) => doc.sub],
  ['items.1.sub', (doc) => doc.items[1].sub],
  ['map.two', (doc) => doc.map.get('two')],
];

async function loaded(): Promise<Doc> {
  return documents.load(await documents.model(schema()), raw());
}
const plain = (doc: Doc): Plain => {
  const { _id, __v, ...rest } = onWire(doc.toObject({ flattenMaps: true })) as Plain;
  return rest;
};
const edit = (sub: Doc): void => {
  sub.k = 'l';
  sub.n = undefined;
  sub.list.push('b');
  sub.inner.x = 2;
  sub.mixed.a = 2;
};
const changes = [
  { path: 'inner.x', type: 'update', from: 1, to: 2 },
  { path: 'k', type: 'update', from: 'k', to: 'l' },
  { path: 'list.1', type: 'add', from: undefined, to: 'b' },
  { path: 'mixed.a', type: 'update', from: 1, to: 2 },
  { path: 'n', type: 'remove', from: 1, to: undefined },
];

describe.each(places)('%s', (path, at) => {
  it('questions', async () => {
    const doc = await loaded();
    const sub = at(doc);
    doc.name = 'b';
    doc.items[0].q = 5;
    expect([sub.$tracker.isModified(), sub.$tracker.diff(), sub.$tracker.getChanges()]).toEqual([false, [], {}]);
    edit(sub);
    expect(sub.$tracker.diff()).toEqual(changes);
    expect(sub.$tracker.getChanges()).toEqual(Object.fromEntries(changes.map(({ path: leaf, to }) => [leaf, to])));
    for (const asked of ['k', 'list', 'inner', 'inner.x', ['name', 'k']])
      expect(sub.$tracker.isModified(asked)).toBe(true);
    for (const asked of ['name', 'list.0', path, 'items']) expect(sub.$tracker.isModified(asked)).toBe(false);
    expect(sub.$tracker.original('k')).toBe('k');
    expect(sub.$tracker.original('inner')).toEqual({ x: 1 });
    expect(sub.$tracker.original()).toEqual(child());
    expect(doc.$tracker.diff().map(({ path: leaf }: Doc) => leaf)).toEqual(
      expect.arrayContaining(['name', ...changes.map(({ path: leaf }) => `${path}.${leaf}`)]),
    );
    expect(trackerOf(sub)).toBe(sub.$tracker);
  });

  it('getUpdate() and patches', async () => {
    const doc = await loaded();
    doc.name = 'b';
    const sub = at(doc);
    expect(sub.$tracker.getUpdate()).toBeNull();
    sub.k = 'l';
    sub.n = undefined;
    expect(sub.$tracker.getUpdate()).toEqual({ $set: { k: 'l' }, $unset: { n: 1 } });
    expect(sub.$tracker.patch()).toEqual([
      { op: 'replace', path: '/k', value: 'l' },
      { op: 'remove', path: '/n' },
    ]);
    expect(sub.$tracker.inversePatch()).toEqual([
      { op: 'replace', path: '/k', value: 'k' },
      { op: 'add', path: '/n', value: 1 },
    ]);
  });

  it('revert() of everything, and of a path', async () => {
    const doc = await loaded();
    const sub = at(doc);
    doc.name = 'b';
    edit(sub);
    sub.$tracker.revert(['k', 'inner.x']);
    expect(sub.$tracker.diff().map(({ path: leaf }: Doc) => leaf)).toEqual(['list.1', 'mixed.a', 'n']);
    sub.$tracker.revert();
    expect(plain(doc)).toEqual({ ...raw(), name: 'b' });
    expect(sub.isModified()).toBe(false);
    expect(doc.modifiedPaths()).toEqual(['name']);
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id }, update: { $set: { name: 'b' } } });
  });

  it('reset(): its changes are the baseline, those around it stay', async () => {
    const doc = await loaded();
    const sub = at(doc);
    doc.name = 'b';
    edit(sub);
    sub.$tracker.reset();
    expect(sub.$tracker.diff()).toEqual([]);
    expect(sub.$tracker.original('k')).toBe('l');
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { name: 'b' } });
    expect(doc.modifiedPaths()).toEqual(['name']);
    sub.k = 'k';
    expect(sub.$tracker.diff()).toEqual([{ path: 'k', type: 'update', from: 'l', to: 'k' }]);
  });

  it('rebase()', async () => {
    const doc = await loaded();
    const sub = at(doc);
    doc.name = 'b';
    sub.$tracker.rebase({ ...child(), k: 'z', inner: { x: 5 } });
    expect(sub.$tracker.diff()).toEqual([
      { path: 'inner.x', type: 'update', from: 5, to: 1 },
      { path: 'k', type: 'update', from: 'z', to: 'k' },
    ]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b', [`${path}.k`]: 'k', [`${path}.inner.x`]: 1 } });
  });

  it('savepoint() and rollback()', async () => {
    const doc = await loaded();
    const sub = at(doc);
    sub.k = 'l';
    const savepoint = sub.$tracker.savepoint();
    edit(sub);
    doc.name = 'b';
    sub.$tracker.rollback(savepoint);
    expect(sub.$tracker.diff()).toEqual([{ path: 'k', type: 'update', from: 'k', to: 'l' }]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b', [`${path}.k`]: 'l' } });
  });

  it('markModified()', async () => {
    const doc = await loaded();
    const sub = at(doc);
    sub.$tracker.markModified('k');
    expect([sub.$tracker.isModified('k'), doc.$tracker.isModified(`${path}.k`), doc.$tracker.isModified()]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { [`${path}.k`]: 'k' } });
    expect(await documents.save(doc)).toBeNull();
  });

  it('lastSave, wasModified(), wasNew', async () => {
    const doc = await loaded();
    const sub = at(doc);
    expect(sub.$tracker.lastSave).toBeNull();
    doc.name = 'b';
    edit(sub);
    await doc.save();
    expect(sub.$tracker.lastSave.changes).toEqual(changes);
    expect([sub.$tracker.wasModified(), sub.$tracker.wasModified('k'), sub.$tracker.wasModified('name')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([sub.$tracker.wasNew, sub.$tracker.lastSave.isNew]).toEqual([false, false]);
    doc.name = 'c';
    await doc.save();
    expect([sub.$tracker.wasModified(), doc.$tracker.wasModified()]).toEqual([false, true]);
  });
});

it('rebase() asks no default for what was not given: it may need the parent', async () => {
  const strict = (): Schema<Doc> =>
    new Schema<Doc>({
      k: String,
      label: {
        type: String,
        default(this: Doc) {
          return this.ownerDocument().name.toUpperCase() as string;
        },
      },
    });
  const Model = await documents.model(new Schema<Doc>({ name: String, sub: strict(), items: [strict()] }));
  const doc = await documents.load(Model, {
    name: 'a',
    sub: { k: 'k', label: 'L' },
    items: [{ _id: ids[0], k: 'k', label: 'L' }],
  });
  for (const [path, sub] of [
    ['sub', doc.sub],
    ['items.0', doc.items[0]],
  ]) {
    sub.$tracker.rebase({ k: 'z' });
    expect(doc.$tracker.diff()).toEqual([
      { path: `${path as string}.k`, type: 'update', from: 'z', to: 'k' },
      { path: `${path as string}.label`, type: 'add', from: undefined, to: 'L' },
    ]);
    sub.$tracker.reset();
  }
  expect(() => doc.sub.$tracker.rebase({ k: {} })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  await expect(doc.validate()).resolves.toBeUndefined();
});

it('a subdocument that was replaced has the old one as its original', async () => {
  const doc = await loaded();
  doc.sub = { ...child(), k: 'l' };
  expect(doc.sub.$tracker.diff()).toEqual([{ path: 'k', type: 'update', from: 'k', to: 'l' }]);
  expect(doc.$tracker.original('sub.k')).toBe('k');
});

describe('a subdocument that was not there, or not the same', () => {
  it('of a new document: everything it holds, from nothing', async () => {
    const Model = await documents.model(schema());
    const doc: Doc = new Model({ sub: { k: 'k', inner: { x: 1 } }, items: [{ _id: ids[0], q: 1 }] });
    const found = [
      { path: 'inner.x', type: 'add', from: undefined, to: 1 },
      { path: 'k', type: 'add', from: undefined, to: 'k' },
      { path: 'list', type: 'add', from: undefined, to: [] },
    ];
    expect(doc.sub.$tracker.diff()).toEqual(found);
    expect([doc.sub.$tracker.original(), doc.sub.$tracker.getUpdate()]).toEqual([{}, null]);
    expect(doc.items[0].$tracker.getChanges()).toEqual({ _id: ids[0], q: 1 });
    await doc.save();
    expect(doc.sub.$tracker.lastSave.changes).toEqual(found);
    expect(['k', 'inner', 'inner.x', 'n', 'inner.y'].map((asked) => doc.sub.$tracker.wasModified(asked))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(doc.items[0].$tracker.wasModified('q')).toBe(true);
  });

  it('pushed, or put where nothing was: from nothing', async () => {
    const doc = await loaded();
    doc.items.push({ _id: ids[2], q: 3 });
    const pushed = doc.items[2];
    expect(pushed.$tracker.getChanges()).toEqual({ _id: ids[2], q: 3 });
    expect(pushed.$tracker.getUpdate()).toEqual({ $set: { _id: ids[2], q: 3 } });
    expect([pushed.$tracker.original(), pushed.$tracker.original('q')]).toEqual([{}, undefined]);
    expect(pushed.$tracker.patch()).toContainEqual({ op: 'add', path: '/q', value: 3 });
    pushed.q = 4;
    pushed.$tracker.revert();
    expect([pushed.q, doc.items.length]).toEqual([3, 3]);
  });

  it('moved: compared with itself', async () => {
    const doc = await loaded();
    const [first, second] = doc.items;
    doc.items.unshift({ _id: ids[2], q: 0 });
    first.q = 5;
    expect([first.$tracker.diff(), second.$tracker.diff()]).toEqual([
      [{ path: 'q', type: 'update', from: 1, to: 5 }],
      [],
    ]);
    expect([first.$tracker.isModified(), second.$tracker.isModified(), second.$tracker.getUpdate()]).toEqual([
      true,
      false,
      null,
    ]);
    await doc.save();
    expect(first.$tracker.lastSave.changes).toEqual([{ path: 'q', type: 'update', from: 1, to: 5 }]);
    expect([second.$tracker.wasModified(), doc.items[0].$tracker.wasModified('q')]).toEqual([false, true]);
  });

  it('replaced: the one from before is its original, which comes back as a whole or in parts', async () => {
    const doc = await loaded();
    const before = doc.items[1].sub;
    doc.items.unshift({ q: 0 });
    doc.items[2].sub = { k: 'l', n: 5, list: ['x', 'y'] };
    const { $tracker } = doc.items[2].sub;
    expect($tracker.original()).toEqual(child());
    expect([$tracker.original('k'), $tracker.getChanges().k]).toEqual(['k', 'l']);
    $tracker.revert(['k', 'list']);
    expect($tracker.getChanges()).toEqual({ n: 5, 'inner.x': undefined, 'mixed.a': undefined });
    $tracker.revert();
    expect(doc.items[2].sub).toBe(before);
    expect(doc.items[2].$tracker.isModified()).toBe(false);
  });
});

it.each(places)('%s: reverting one of its fields through the document leaves the others', async (path, at) => {
  const doc = await loaded();
  const sub = at(doc);
  edit(sub);
  doc.$tracker.revert([`${path}.k`, `${path}.list.1`]);
  expect(sub.$tracker.diff().map(({ path: leaf }: Doc) => leaf)).toEqual(['inner.x', 'mixed.a', 'n']);
});

it('reverting one field of a subdocument that was replaced leaves the others', async () => {
  const doc = await loaded();
  doc.sub = { ...child(), k: 'l', n: 5 };
  doc.$tracker.revert('sub.k');
  expect(doc.$tracker.diff()).toEqual([{ path: 'sub.n', type: 'update', from: 1, to: 5 }]);
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.n': 5 } });
});

it('an element follows the place where it stands', async () => {
  const doc = await loaded();
  const second = doc.items[1];
  doc.items.shift();
  await doc.save();
  second.q = 9;
  expect(second.$tracker.diff()).toEqual([{ path: 'q', type: 'update', from: 2, to: 9 }]);
  expect(doc.$tracker.diff()).toEqual([{ path: 'items.0.q', type: 'update', from: 2, to: 9 }]);
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'items.0.q': 9 } });
});

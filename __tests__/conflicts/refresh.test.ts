// `$tracker.refresh()`: what others have stored appears, what the user changed stays a change, and both is a conflict.
import mongoose, { Schema, type Model } from 'mongoose';
import type { Conflict } from '../../lib';
import { expectClean } from '../helpers/answers';
import { failCommand } from '../helpers/db';
import { onWire, rejection, type Doc, type Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const ids = [1, 2, 3, 4].map((n) => new mongoose.Types.ObjectId(String(n).repeat(24)));

let Order: Model<Doc>;
let Person: Model<Doc>;

const raw = (): Plain => ({
  name: 'a',
  count: 5,
  when: new Date('2020-01-01'),
  address: { city: 'Oslo', zip: '0150' },
  sub: { x: 1, y: 1, _id: ids[3] },
  tags: ['x', 'y'],
  mixed: { a: 1, deep: { b: 1, list: [1, 2] } },
  prices: { eur: 1, usd: 1 },
  lines: { one: { q: 1 }, two: { q: 1 } },
  items: [
    { _id: ids[0], q: 1, note: 'one', parts: [] },
    { _id: ids[1], q: 1, note: 'two', parts: [] },
    { _id: ids[2], q: 1, note: 'three', parts: [] },
  ],
  plain: [],
  owners: [],
});

beforeAll(async () => {
  const line = new Schema({ q: Number }, { _id: false });
  Person = await documents.model(new Schema<Doc>({ name: String }));
  Order = await documents.model(
    new Schema<Doc>({
      name: {
        type: String,
        set: (value?: string | null) => value?.trim() ?? value,
        validate: (value: string) => value !== 'invalid',
      },
      count: Number,
      when: Date,
      data: Buffer,
      address: { city: String, zip: String },
      sub: new Schema({ x: Number, y: Number }),
      tags: [String],
      mixed: Schema.Types.Mixed,
      prices: { type: Map, of: Number },
      lines: { type: Map, of: line },
      items: [new Schema({ q: Number, note: String, parts: [String] })],
      plain: [line],
      owner: { type: Schema.Types.ObjectId, ref: Person.modelName },
      owners: [{ type: Schema.Types.ObjectId, ref: Person.modelName }],
      secret: { type: String, select: false },
    }),
  );
});

const load = (projection?: Plain): Promise<Doc> => documents.load(Order, raw(), projection);

/** Another program's write, past Mongoose. */
const other = (doc: Doc, update: Plain): Promise<unknown> =>
  Order.collection.updateOne(
    { _id: doc._id },
    '$set' in update || Object.keys(update)[0]?.startsWith('$') === true ? update : { $set: update },
  );

const changes = (doc: Doc): Plain => onWire(doc.$tracker.getChanges());

describe('what only others have changed', () => {
  const edits: [string, Plain, (doc: Doc) => unknown, unknown][] = [
    ['a scalar', { name: 'b' }, (doc) => doc.name, 'b'],
    ['a Date', { when: new Date('2021-01-01') }, (doc) => doc.when, new Date('2021-01-01')],
    ['a nested field', { 'address.city': 'Bergen' }, (doc) => doc.address.city, 'Bergen'],
    ['a nested object, null', { address: null }, (doc) => doc.toObject().address, null],
    ['a field of a subdocument', { 'sub.x': 2 }, (doc) => doc.sub.x, 2],
    ['an array', { tags: ['z'] }, (doc) => doc.toObject().tags, ['z']],
    ['Mixed', { 'mixed.deep.b': 2 }, (doc) => doc.mixed.deep.b, 2],
    ['a Map key', { 'prices.sek': 9 }, (doc) => doc.prices.get('sek'), 9],
    ['a Map of subdocuments', { 'lines.one.q': 2 }, (doc) => doc.lines.get('one').q, 2],
    ['an element', { 'items.1.q': 2 }, (doc) => doc.items[1].q, 2],
    ['a removed field', { $unset: { name: 1 } }, (doc) => doc.name, undefined],
    ['a removed element', { $pull: { items: { _id: ids[0] } } }, (doc) => doc.items.length, 2],
    ['an added element', { $push: { items: { _id: ids[3], q: 4, parts: [] } } }, (doc) => doc.items[3].q, 4],
    ['a buffer', { data: Buffer.from('ab') }, (doc) => doc.data.toString(), 'ab'],
    ['an unknown key in a subdocument', { 'sub.more': 1 }, (doc) => doc.sub.get('more'), 1],
  ];

  it.each(edits)('%s appears, and is no change', async (_name, update, read, expected) => {
    const doc = await load();
    await other(doc, update);
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(read(doc)).toEqual(expected);
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });

  it.each(edits)('%s appears beside a change of another path', async (_name, update, read, expected) => {
    const doc = await load();
    doc.count = 6;
    doc.plain.push({ q: 1 });
    await other(doc, update);
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(read(doc)).toEqual(expected);
    expect(Object.keys(changes(doc)).sort()).toEqual(['count', 'plain.0']);
    await doc.save();
    expectClean(doc);
    const fresh = await documents.again(Order, doc);
    expect(onWire(read(fresh))).toEqual(onWire(expected));
    expect(fresh.count).toBe(6);
  });

  it.each(edits)('%s appears when everything was read before', async (_name, update, read, expected) => {
    const doc = await load();
    doc.toObject();
    JSON.stringify(doc);
    for (const path of Object.keys(raw())) doc.get(path);
    await other(doc, update);
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(read(doc)).toEqual(expected);
    expectClean(doc);
  });

  it('the version key is the stored one', async () => {
    const doc = await load();
    await other(doc, { __v: 7 });
    await doc.$tracker.refresh();
    doc.items[0].q = 9;
    doc.items.push({ q: 8 });
    const sent = await documents.save(doc);
    expect(sent?.filter['__v']).toBe(7);
    expect(doc.__v).toBe(8);
  });
});

describe('what the user has changed stays a change', () => {
  const edits: [string, (doc: Doc) => void, Plain][] = [
    ['a scalar', (doc) => (doc.name = 'mine'), { $set: { name: 'mine' } }],
    ['a removed field', (doc) => (doc.name = undefined), { $unset: { name: 1 } }],
    ['a nested field', (doc) => (doc.address.zip = '1'), { $set: { 'address.zip': '1' } }],
    ['a subdocument field', (doc) => (doc.sub.y = 2), { $set: { 'sub.y': 2 } }],
    ['Mixed in place', (doc) => (doc.mixed.a = 2), { $set: { 'mixed.a': 2 } }],
    ['a Map key', (doc) => doc.prices.set('eur', 2), { $set: { 'prices.eur': 2 } }],
    ['a Map subdocument', (doc) => (doc.lines.get('two').q = 2), { $set: { 'lines.two.q': 2 } }],
    ['an element', (doc) => (doc.items[2].q = 2), { $set: { 'items.2.q': 2 } }],
    ['a push', (doc) => doc.tags.push('mine'), { $push: { tags: { $each: ['mine'] } }, $inc: { __v: 1 } }],
    ['an element of an array', (doc) => doc.tags.set(1, 'mine'), { $set: { 'tags.1': 'mine' } }],
    ['a Date in place', (doc) => doc.when.setFullYear(2022), { $set: { when: new Date('2022-01-01') } }],
    ['$inc', (doc) => doc.$inc('count', 2), { $inc: { count: 2 } }],
  ];

  it.each(edits)('%s, and is sent as before', async (_name, edit, update) => {
    const doc = await load();
    edit(doc);
    await other(doc, {
      'address.city': 'Bergen',
      'sub.x': 5,
      'mixed.deep.b': 5,
      'prices.usd': 5,
      'lines.one.q': 5,
      'items.0.note': 'theirs',
    });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(onWire(await documents.updateOf(doc))).toEqual(onWire(update));
    const stored = await documents.stored(doc);
    expect(stored).toMatchObject({
      address: { city: 'Bergen' },
      sub: { x: 5 },
      mixed: { deep: { b: 5 } },
      prices: { usd: 5 },
      lines: { one: { q: 5 } },
    });
    expect(onWire(doc.toObject({ flattenMaps: true, versionKey: false }))).toMatchObject(onWire(stored));
    expectClean(doc);
  });

  it('$inc adds to what others made of it', async () => {
    const doc = await load();
    doc.$inc('count', 2);
    await other(doc, { count: 100 });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.count).toBe(102);
    expect(await documents.updateOf(doc)).toEqual({ $inc: { count: 2 } });
    expect((await documents.stored(doc))['count']).toBe(102);
  });

  it('a push goes after those of others', async () => {
    const doc = await load();
    doc.tags.push('mine');
    await other(doc, { $push: { tags: 'theirs' } });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.toObject().tags).toEqual(['x', 'y', 'theirs', 'mine']);
    expect(await documents.updateOf(doc)).toEqual({ $push: { tags: { $each: ['mine'] } }, $inc: { __v: 1 } });
  });

  it('$pull and $addToSet merge', async () => {
    const doc = await load();
    doc.tags.pull('x');
    await other(doc, { $push: { tags: 'theirs' } });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.toObject().tags).toEqual(['y', 'theirs']);
    await doc.save();
    doc.tags.addToSet('new', 'both');
    await other(doc, { $push: { tags: 'both' } });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.toObject().tags).toEqual(['y', 'theirs', 'both', 'new']);
  });

  it('an edit over a hole of the array stays one, beside what others changed in it', async () => {
    const doc = await load();
    const list: unknown[] = [1, 2, 3];
    Reflect.deleteProperty(list, 0);
    doc.mixed = { list };
    await doc.save();
    await other(doc, { 'mixed.list.2': 30 });
    doc.mixed.list[0] = 10;
    await doc.$tracker.refresh();
    expect(doc.toObject().mixed.list).toEqual([10, 2, 30]);
    expect(changes(doc)).toEqual({ 'mixed.list.0': 10 });
  });

  it.each<[string, (doc: Doc) => unknown, number[]]>([
    ['alone', () => undefined, [2, 3, 4]],
    ['beside an edit: what was edited is taken out and added', (doc) => (doc.plain[0].q = 20), [3, 4, 20]],
  ])('$pull of an element without _id, %s', async (_title, edit, expected) => {
    const doc = await documents.load(Order, { ...raw(), plain: [{ q: 1 }, { q: 2 }, { q: 3 }] });
    doc.plain.pull({ q: 1 });
    edit(doc);
    await other(doc, { $push: { plain: { q: 4 } } });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.plain.map(({ q }: Doc) => q)).toEqual(expected);
    expect(new Set(doc.plain).size).toBe(3);
    await doc.save();
    expect((await documents.stored(doc))['plain']).toEqual(expected.map((q) => ({ q })));
  });

  it('elements are the same by their _id, wherever they stand', async () => {
    const doc = await load();
    doc.items.id(ids[2]).q = 3;
    doc.items.push({ q: 10, note: 'mine' });
    await other(doc, { $pull: { items: { _id: ids[0] } } });
    await other(doc, { 'items.1.note': 'theirs' });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.items.map(({ q, note }: Doc) => [q, note])).toEqual([
      [1, 'two'],
      [3, 'theirs'],
      [10, 'mine'],
    ]);
    await doc.save();
    expect((await documents.stored(doc))['items']).toMatchObject([
      { note: 'two' },
      { q: 3, note: 'theirs' },
      { q: 10, note: 'mine' },
    ]);
  });

  it('elements that the user moved keep their new order', async () => {
    const doc = await load();
    doc.items = [doc.items[2], doc.items[0], doc.items[1]];
    await other(doc, { 'items.0.q': 7 });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.items.map(({ q, note }: Doc) => [q, note])).toEqual([
      [1, 'three'],
      [7, 'one'],
      [1, 'two'],
    ]);
    expect(doc.isModified('items')).toBe(true);
  });

  it('a Map that was assigned with its keys in another order is written whole', async () => {
    const doc = await load();
    doc.prices = new Map([
      ['usd', 1],
      ['eur', 1],
    ]);
    await other(doc, { name: 'b' });
    expect(await doc.$tracker.refresh()).toEqual([]);
    await doc.save();
    expect(Object.keys((await documents.stored(doc))['prices'] as Plain)).toEqual(['usd', 'eur']);
  });

  it('elements that others gave an _id that is there already are different ones', async () => {
    const doc = await load();
    doc.items[0].q = 2;
    await other(doc, { $push: { items: { _id: ids[0], q: 5, parts: [] } } });
    await doc.$tracker.refresh();
    expect(doc.items.map(({ q }: Doc) => q)).toEqual([2, 1, 1, 5]);
    expect(new Set([...doc.items]).size).toBe(4);
  });

  it('markModified() of the tracker still writes', async () => {
    const doc = await load();
    doc.$tracker.markModified('name');
    await other(doc, { name: 'b' });
    await doc.$tracker.refresh();
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
  });

  it('increment() still counts', async () => {
    const doc = await load();
    doc.increment();
    await other(doc, { name: 'b' });
    await doc.$tracker.refresh();
    expect(await documents.updateOf(doc)).toEqual({ $inc: { __v: 1 } });
  });
});

describe('what both have changed', () => {
  const cases: [string, (doc: Doc) => void, Plain, Conflict[]][] = [
    [
      'a scalar',
      (doc) => (doc.name = 'mine'),
      { name: 'theirs' },
      [{ path: 'name', base: 'a', mine: 'mine', theirs: 'theirs' }],
    ],
    [
      'removed by others',
      (doc) => (doc.name = 'mine'),
      { $unset: { name: 1 } },
      [{ path: 'name', base: 'a', mine: 'mine', theirs: undefined }],
    ],
    [
      'removed by the user',
      (doc) => (doc.name = undefined),
      { name: 'theirs' },
      [{ path: 'name', base: 'a', mine: undefined, theirs: 'theirs' }],
    ],
    [
      'a leaf of a nested object',
      (doc) => (doc.address = { city: 'Rome', zip: '1' }),
      { 'address.city': 'Paris' },
      [{ path: 'address.city', base: 'Oslo', mine: 'Rome', theirs: 'Paris' }],
    ],
    [
      'a leaf of a subdocument',
      (doc) => (doc.sub.x = 2),
      { 'sub.x': 3, 'sub.y': 3 },
      [{ path: 'sub.x', base: 1, mine: 2, theirs: 3 }],
    ],
    [
      'a leaf inside Mixed',
      (doc) => (doc.mixed.deep.b = 2),
      { 'mixed.deep.b': 3, 'mixed.a': 3 },
      [{ path: 'mixed.deep.b', base: 1, mine: 2, theirs: 3 }],
    ],
    [
      'an element inside Mixed',
      (doc) => (doc.mixed.deep.list[0] = 8),
      { 'mixed.deep.list': [9, 3] },
      [{ path: 'mixed.deep.list.0', base: 1, mine: 8, theirs: 9 }],
    ],
    [
      'a Map key',
      (doc) => doc.prices.set('eur', 2),
      { 'prices.eur': 3 },
      [{ path: 'prices.eur', base: 1, mine: 2, theirs: 3 }],
    ],
    [
      'a field in a Map',
      (doc) => (doc.lines.get('one').q = 2),
      { 'lines.one.q': 3 },
      [{ path: 'lines.one.q', base: 1, mine: 2, theirs: 3 }],
    ],
    [
      'a field of an element',
      (doc) => (doc.items[1].q = 2),
      { 'items.1.q': 3, 'items.1.note': 'n' },
      [{ path: 'items.1.q', base: 1, mine: 2, theirs: 3 }],
    ],
    [
      'an array element',
      (doc) => doc.tags.set(0, 'm'),
      { 'tags.0': 't', 'tags.1': 'u' },
      [{ path: 'tags.0', base: 'x', mine: 'm', theirs: 't' }],
    ],
    [
      'a whole array',
      (doc) => (doc.tags = ['m']),
      { tags: ['t'] },
      [{ path: 'tags', base: ['x', 'y'], mine: ['m'], theirs: ['t'] }],
    ],
    [
      'null',
      (doc) => (doc.name = null),
      { name: 'theirs' },
      [{ path: 'name', base: 'a', mine: null, theirs: 'theirs' }],
    ],
  ];

  it.each(cases)('%s: mine is kept, against the new baseline', async (_name, edit, update, conflicts) => {
    const doc = await load();
    edit(doc);
    await other(doc, update);
    const mine = onWire(conflicts.map(({ path }) => doc.get(path)));
    expect(onWire(await doc.$tracker.refresh())).toEqual(onWire(conflicts));
    expect(onWire(conflicts.map(({ path }) => doc.get(path)))).toEqual(mine);
    for (const { path, theirs } of conflicts) expect(onWire(doc.$tracker.original(path))).toEqual(onWire(theirs));
    expect(doc.$tracker.isModified(conflicts.map(({ path }) => path))).toBe(true);
    await doc.save();
    expectClean(doc);
    const fresh = await documents.again(Order, doc);
    expect(onWire(fresh.toObject({ flattenMaps: true }))).toEqual(onWire(doc.toObject({ flattenMaps: true })));
  });

  it.each(cases)('%s: theirs is taken, and is no change', async (_name, edit, update, conflicts) => {
    const doc = await load();
    edit(doc);
    await other(doc, update);
    expect(onWire(await doc.$tracker.refresh({ resolve: 'theirs' }))).toEqual(onWire(conflicts));
    for (const { path, theirs } of conflicts) expect(onWire(doc.get(path))).toEqual(onWire(theirs));
    expect(doc.$tracker.isModified(conflicts.map(({ path }) => path))).toBe(false);
  });

  it('a function settles each, with a value that is cast', async () => {
    const doc = await load();
    doc.count = 7;
    doc.sub.x = 2;
    doc.name = 'mine';
    await other(doc, { count: 9, 'sub.x': 3 });
    const conflicts = await doc.$tracker.refresh({
      resolve: ({ mine, theirs }: Conflict) => String(Number(mine) + Number(theirs)),
    });
    expect(conflicts.map(({ path }: Conflict) => path)).toEqual(['count', 'sub.x']);
    expect([doc.count, doc.sub.x, doc.name]).toEqual([16, 5, 'mine']);
    expect(await documents.updateOf(doc)).toEqual({ $set: { count: 16, 'sub.x': 5, name: 'mine' } });
  });

  it('an element that others removed and the user changed', async () => {
    const edit = async (resolve: 'mine' | 'theirs'): Promise<[Doc, Conflict[]]> => {
      const doc = await load();
      doc.items[0].q = 2;
      await other(doc, { $pull: { items: { _id: ids[0] } } });
      return [doc, await doc.$tracker.refresh({ resolve })];
    };
    const [kept, conflicts] = await edit('mine');
    expect(onWire(conflicts)).toEqual(
      onWire([
        {
          path: 'items.0',
          base: (raw()['items'] as Plain[])[0],
          mine: { _id: ids[0], q: 2, note: 'one', parts: [] },
          theirs: undefined,
        },
      ]),
    );
    await kept.save();
    expect(((await documents.stored(kept))['items'] as Plain[]).map(({ q }) => q).sort()).toEqual([1, 1, 2]);
    const [gone] = await edit('theirs');
    expect(gone.items.map(({ note }: Doc) => note)).toEqual(['two', 'three']);
    expectClean(gone);
  });

  it('the same change on both sides is no conflict, and no change any more', async () => {
    const doc = await load();
    doc.name = 'same';
    doc.items[1].q = 4;
    await other(doc, { name: 'same', 'items.1.q': 4 });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });
});

describe('what the user holds', () => {
  it('subdocuments stay the same instances, as do arrays and Maps', async () => {
    const doc = await load();
    const { sub, items, tags, prices, lines } = doc;
    const held = [...items];
    const line = lines.get('one');
    await other(doc, { 'sub.x': 2, 'items.1.q': 2, 'lines.one.q': 2, 'prices.eur': 2 });
    await other(doc, { $pull: { items: { _id: ids[0] } } });
    await doc.$tracker.refresh();
    expect(doc.sub).toBe(sub);
    expect([...doc.items]).toEqual([held[1], held[2]]);
    expect(doc.items[0]).toBe(held[1]);
    expect(doc.items).toBe(items);
    expect(doc.tags).toBe(tags);
    expect(doc.prices).toBe(prices);
    expect(doc.lines.get('one')).toBe(line);
    held[1].q = 77;
    line.q = 78;
    sub.x = 79;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'items.0.q': 77, 'lines.one.q': 78, 'sub.x': 79 } });
  });

  it('new subdocuments of the user stay the same instances, and are stored', async () => {
    const doc = await load();
    doc.items.push({ q: 9 });
    const mine = doc.items[3];
    doc.items[0].parts.push('p');
    await other(doc, { $push: { items: { _id: ids[3], q: 4, parts: [] } } });
    await doc.$tracker.refresh();
    expect(doc.items[4]).toBe(mine);
    expect(mine.isNew).toBe(true);
    expect(mine.parent()).toBe(doc);
    mine.q = 10;
    await doc.save();
    expect(mine.isNew).toBe(false);
    expect(((await documents.stored(doc))['items'] as Plain[]).map(({ q }) => q)).toEqual([1, 1, 1, 4, 10]);
    expect(((await documents.stored(doc))['items'] as Plain[])[0]).toMatchObject({ parts: ['p'] });
  });

  it('a value that was read before and is changed afterwards is found', async () => {
    const doc = await load();
    const { mixed, when } = doc;
    await other(doc, { name: 'b' });
    await doc.$tracker.refresh();
    mixed.a = 5;
    when.setFullYear(2023);
    expect(Object.keys((await documents.updateOf(doc))?.['$set'] as Plain).sort()).toEqual(['mixed.a', 'when']);
  });

  it('populated paths stay populated while their ids stay', async () => {
    const [ann, bob] = await Person.create([{ name: 'Ann' }, { name: 'Bob' }]);
    const made = await Order.create({ ...raw(), owner: ann?._id, owners: [ann?._id, bob?._id] });
    const doc = await Order.findById(made._id).populate('owner owners').orFail();
    const { owner } = doc;
    await other(doc, { name: 'b', count: 1 });
    doc.count = 9;
    expect(onWire(await doc.$tracker.refresh())).toEqual([{ path: 'count', base: 5, mine: 9, theirs: 1 }]);
    expect(doc.owner).toBe(owner);
    expect(doc.owners[1].name).toBe('Bob');
    expect(await documents.updateOf(doc)).toEqual({ $set: { count: 9 } });
    await other(doc, { owner: bob?._id });
    await doc.$tracker.refresh();
    expect(doc.populated('owner')).toBeUndefined();
    expect(String(doc.owner)).toBe(String(bob?._id));
    expect(doc.owners[0].name).toBe('Ann');
    expectClean(doc);
  });
});

describe('how it reads', () => {
  it('once, with the projection that the document was loaded with', async () => {
    const doc = await load({ name: 1, count: 1 });
    doc.count = 6;
    await other(doc, { name: 'b', tags: ['z'] });
    const commands = await documents.commands(Order, () => doc.$tracker.refresh());
    expect(commands).toEqual([{ name: 'find', filter: { _id: doc._id }, projection: { name: 1, count: 1 } }]);
    expect([doc.name, doc.count, doc.get('tags')]).toEqual(['b', 6, undefined]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { count: 6 } });
  });

  it('a path that was not selected and was written all the same stays written', async () => {
    const doc = await load();
    doc.secret = 'mine';
    await other(doc, { secret: 'theirs', name: 'b' });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(doc.name).toBe('b');
    expect(await documents.updateOf(doc)).toEqual({ $set: { secret: 'mine' } });
  });

  it.each([{ items: { $elemMatch: { q: 1 } } }, { items: { $slice: 1 } }, { tags: { $slice: [1, 1] } }])(
    'with %j nothing is written by position',
    async (projection) => {
      const doc = await load(projection);
      await other(doc, { count: 8 });
      await doc.$tracker.refresh();
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
    },
  );

  it('an element loaded by position stays as it is', async () => {
    const { _id } = await load();
    const doc = (await Order.findOne({ _id, 'items.q': 1 }, { 'items.$': 1, name: 1 }).orFail()) as Doc;
    await other(doc, { name: 'b' });
    await doc.$tracker.refresh();
    expect([doc.name, doc.items.length]).toEqual(['b', 1]);
    expectClean(doc);
  });

  it('in the session of the document, also in a transaction', async () => {
    const doc = await load();
    await documents.inSession(async (session) => {
      session.startTransaction();
      await Order.collection.updateOne({ _id: doc._id }, { $set: { name: 'inside' } }, { session });
      doc.$session(session);
      doc.count = 6;
      await doc.$tracker.refresh();
      expect(doc.name).toBe('inside');
      await doc.save();
      await session.commitTransaction();
    });
    expect(await documents.stored(doc)).toMatchObject({ name: 'inside', count: 6 });
    expectClean(doc);
  });

  it('after an aborted transaction, for a retry with fresh data', async () => {
    const doc = await load();
    doc.count = 6;
    doc.tags.push('mine');
    await documents.inSession(async (session) => {
      session.startTransaction();
      await doc.save({ session });
      await session.abortTransaction();
    });
    await other(doc, { $set: { name: 'b' }, $push: { tags: 'theirs' } });
    expect(await doc.$tracker.refresh()).toEqual([]);
    expect(await documents.updateOf(doc)).toEqual({
      $set: { count: 6 },
      $push: { tags: { $each: ['mine'] } },
      $inc: { __v: 1 },
    });
    expect(await documents.stored(doc)).toMatchObject({ name: 'b', count: 6, tags: ['x', 'y', 'theirs', 'mine'] });
  });

  it('no setter, getter or validator of the schema runs', async () => {
    const doc = await load();
    await other(doc, { name: ' invalid ' });
    await doc.$tracker.refresh();
    expect(doc.name).toBe(' invalid ');
    expectClean(doc);
  });

  it('an edit made while it reads is a change', async () => {
    const doc = await load();
    await other(doc, { name: 'b' });
    const running = doc.$tracker.refresh();
    doc.count = 6;
    expect(await running).toEqual([]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { count: 6 } });
  });
});

describe('what goes wrong leaves everything as it was', () => {
  const edited = async (): Promise<Doc> => {
    const doc = await load();
    doc.name = 'mine';
    doc.items[0].q = 2;
    await other(doc, { name: 'theirs', count: 9 });
    return doc;
  };
  const expectUntouched = (doc: Doc): void => {
    expect(changes(doc)).toEqual({ name: 'mine', 'items.0.q': 2 });
    expect(doc.$tracker.original('name')).toBe('a');
    expect(doc.count).toBe(5);
  };

  it.each([
    ['an unknown option', { resolved: 'mine' }],
    ['a wrong value', { resolve: 'ours' }],
    ['no object', 'theirs'],
    ['null', null],
  ])('%s', async (_name, options) => {
    const doc = await edited();
    expect(await rejection(doc.$tracker.refresh(options))).toMatchObject({
      name: 'CowTrackingError',
      code: 'ERR_INVALID_ARGUMENT',
    });
    expectUntouched(doc);
  });

  it('a function that throws, returns a promise, or a value that does not fit', async () => {
    const doc = await edited();
    const thrown = new Error('mine');
    expect(
      await rejection(
        doc.$tracker.refresh({
          resolve: () => {
            throw thrown;
          },
        }),
      ),
    ).toBe(thrown);
    doc.count = 6;
    for (const value of [Promise.resolve(1), { not: 'a string' }]) {
      expect(await rejection(doc.$tracker.refresh({ resolve: () => value }))).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
      });
    }
    doc.count = 5;
    expectUntouched(doc);
  });

  it('a document that is gone, a new one, and one that is being saved', async () => {
    const doc = await edited();
    await Order.collection.deleteOne({ _id: doc._id });
    expect(await rejection(doc.$tracker.refresh())).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
    expectUntouched(doc);
    expect(await rejection(new Order({ name: 'n' } as Doc).$tracker.refresh())).toMatchObject({
      code: 'ERR_NOT_STORED',
    });
    const busy = await edited();
    const saving = busy.save();
    expect(await rejection(busy.$tracker.refresh())).toMatchObject({ code: 'ERR_SAVING' });
    await saving;
  });

  it('a server that fails', async () => {
    const doc = await edited();
    const off = await failCommand(documents.connection, { failCommands: ['find'], errorCode: 2 });
    try {
      expect(await rejection(doc.$tracker.refresh())).toMatchObject({ code: 2 });
    } finally {
      await off();
    }
    expectUntouched(doc);
    expect((await doc.$tracker.refresh()).length).toBe(1);
  });
});

it('of a subdocument: the whole document, and the conflicts within it', async () => {
  const doc = await load();
  doc.sub.x = 2;
  doc.name = 'mine';
  await other(doc, { 'sub.x': 3, name: 'theirs' });
  expect(await doc.sub.$tracker.refresh({ resolve: 'theirs' })).toEqual([{ path: 'x', base: 1, mine: 2, theirs: 3 }]);
  expect([doc.sub.x, doc.name]).toEqual([3, 'theirs']);
});

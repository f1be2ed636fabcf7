// `conflicts: 'detect'` beside what schemas, queries and save options ask for.
import { Schema, Types, type Model } from 'mongoose';
import { rejection, type Doc, type Plain } from '../helpers/documents';
import { ids, raw, useMeetings } from './meeting';

const meetings = useMeetings();
const { documents, detecting, meet, conflictsOf } = meetings;
const old = new Date(0);

describe('dates that Mongoose keeps', () => {
  it('do not disturb, whoever wrote them', async () => {
    const Stamped = await detecting({}, { timestamps: true });
    const doc = await meet({
      model: Stamped,
      base: { ...raw(), createdAt: old, updatedAt: old },
      mine: (order) => (order.name = 'mine'),
      theirs: { $set: { other: 'theirs', updatedAt: new Date() } },
    });
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, name: 'a' });
  });

  it('neither do those of subdocuments', async () => {
    const part = new Schema<Doc>({ q: Number, r: Number }, { timestamps: true });
    const Stamped = await detecting({}, {}, { parts: [part], part });
    const stored = { q: 1, r: 1, _id: ids[0], updatedAt: old };
    const doc = await meet({
      model: Stamped,
      base: { ...raw(), parts: [stored], part: stored },
      mine: (order) => order.set({ 'parts.0.q': 2, 'part.q': 2 }),
      theirs: { $set: { 'parts.0.r': 3, 'parts.0.updatedAt': new Date(), 'part.r': 3, 'part.updatedAt': new Date() } },
    });
    expect((await documents.save(doc))?.filter).toEqual({
      _id: doc._id,
      __v: 0,
      'parts.0.q': 1,
      'parts.0._id': ids[0],
      'part.q': 1,
    });
  });

  it('are the old ones after a conflict', async () => {
    const Stamped = await detecting({}, { timestamps: true });
    const doc = await meet({
      model: Stamped,
      base: { ...raw(), updatedAt: old },
      mine: (order) => (order.name = 'mine'),
      theirs: { $set: { name: 'theirs' } },
    });
    expect(await conflictsOf(doc)).toMatchObject([{ path: 'name' }]);
    expect(doc.updatedAt).toEqual(old);
  });
});

describe('defaults that were never stored', () => {
  it('are absent at the baseline', async () => {
    const Late = await detecting({}, {}, { level: { type: Number, default: 1 } });
    const doc = await documents.load(Late, raw());
    doc.level = 5;
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, level: { $exists: false } });
  });

  it('that nobody chose give way to what someone else has chosen', async () => {
    const Late = await detecting({}, {}, { level: { type: Number, default: 1 }, rank: { type: Number, default: 2 } });
    const doc = await meet({
      model: Late,
      mine: (order) => (order.name = 'mine'),
      theirs: { $set: { level: 5 } },
    });
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ name: 'mine', level: 5, rank: 2 });
  });

  it('of an untouched document, too', async () => {
    const Late = await detecting({}, {}, { level: { type: Number, default: 1 } });
    const doc = await meet({
      model: Late,
      base: { tags: [], items: [] },
      mine: () => undefined,
      theirs: { $set: { level: 5 } },
    });
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ level: 5 });
  });
});

describe('projections', () => {
  it('what was loaded is compared, what was not has no known value', async () => {
    const doc = await meet({
      projection: { name: 1, 'address.city': 1 },
      mine: (order) => order.set({ name: 'mine', count: 5, 'address.city': 'Oslo' }),
      theirs: { $set: { count: 3, 'address.zip': '1' } },
    });
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, name: 'a', 'address.city': 'Bergen' });
  });

  it('elements of which a part was loaded', async () => {
    const doc = await meet({
      projection: { 'items.q': 1 },
      mine: (order) => (order.items[0].q = 5),
      theirs: { $set: { 'items.0.q': 6 } },
    });
    expect(await conflictsOf(doc)).toEqual([{ path: 'items.0.q', base: 1, mine: 5, theirs: 6 }]);
  });

  it('a slice of an array, whose places are others than those stored', async () => {
    const doc = await documents.load(meetings.Order, raw(), { items: { $slice: 1 } });
    const second = await documents.again(meetings.Order, doc, { items: { $slice: [1, 1] } });
    second.items[0].q = 5;
    expect(await conflictsOf(second)).toMatchObject([
      { path: 'items.0._id', base: ids[1], theirs: ids[0] },
      { path: 'items.0.q', base: 2, mine: 5, theirs: 1 },
    ]);
  });
});

describe('options of the plugin', () => {
  it('wholePaths: what is below belongs together', async () => {
    const Whole = await detecting({ wholePaths: ['address', 'mixed'] });
    const doc = await meet({
      model: Whole,
      mine: (order) => (order.address.city = 'Oslo'),
      theirs: { $set: { 'address.zip': '1' } },
    });
    expect(await conflictsOf(doc)).toEqual([
      {
        path: 'address',
        base: { city: 'Bergen', zip: '5003' },
        mine: { city: 'Oslo', zip: '5003' },
        theirs: { city: 'Bergen', zip: '1' },
      },
    ]);
    const again = await documents.again(Whole, doc);
    again.address.city = 'Oslo';
    again.mixed.deep.c = 2;
    expect(await documents.save(again)).not.toBeNull();
  });

  it('exclude: Mongoose’s own, without a condition', async () => {
    const Partly = await detecting({ exclude: ['other'] });
    const doc = await meet({
      model: Partly,
      mine: (order) => order.set({ name: 'mine', other: 'mine' }),
      theirs: { $set: { other: 'theirs' } },
    });
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, name: 'a' });
  });
});

describe('options of schemas and saves', () => {
  it('discriminators, in the collection and in arrays', async () => {
    const Base = await detecting({}, {}, { parts: [new Schema<Doc>({ q: Number }, { discriminatorKey: 'kind' })] });
    const parts: Doc = Base.schema.path('parts');
    parts.discriminator('Heavy', new Schema<Doc>({ weight: Number }));
    const Special = Base.discriminator('Special', new Schema<Doc>({ extra: { a: Number, b: Number } })) as Model<Doc>;
    const base = {
      ...raw(),
      __t: 'Special',
      extra: { a: 1, b: 1 },
      parts: [{ kind: 'Heavy', weight: 1, _id: ids[0] }],
    };
    const theirs = { $set: { 'extra.b': 2, 'parts.0.weight': 3 } };
    const doc = await meet({ model: Special, base, mine: (order) => (order.extra.a = 5), theirs });
    expect((await documents.save(doc))?.filter).toMatchObject({ _id: doc._id, 'extra.a': 1 });
    const other = await meet({ model: Special, base, mine: (order) => (order.parts[0].weight = 5), theirs });
    expect(await conflictsOf(other)).toEqual([{ path: 'parts.0.weight', base: 1, mine: 5, theirs: 3 }]);
  });

  it('a shard key stays in the filter', async () => {
    const Sharded = await detecting({}, { shardKey: { other: 1 } });
    const doc = await meet({
      model: Sharded,
      mine: (order) => order.set({ name: 'mine', other: 'p' }),
      theirs: { $set: { count: 5 } },
    });
    const sent = await documents.save(doc);
    expect(sent?.filter).toMatchObject({ _id: doc._id, name: 'a', other: 'o' });
    await Sharded.collection.updateOne({ _id: doc._id }, { $set: { name: 'theirs' } });
    doc.name = 'again';
    expect(await conflictsOf(doc)).toMatchObject([{ path: 'name' }]);
  });

  it('conditions of doc.$where stay', async () => {
    const doc = await documents.load(meetings.Order, raw());
    doc.$where = { name: { $in: ['a', 'b'] } };
    doc.name = 'mine';
    expect((await documents.save(doc))?.filter).toEqual({
      _id: doc._id,
      name: { $in: ['a', 'b'] },
      $and: [{ name: 'a' }],
    });
    doc.$where = { count: 99 };
    doc.other = 'mine';
    expect((await rejection(doc.save())).name).toBe('DocumentNotFoundError');
  });

  it('pathsToSave: only what leaves is compared', async () => {
    const doc = await meet({
      mine: (order) => order.set({ name: 'mine', other: 'mine' }),
      theirs: { $set: { other: 'theirs' } },
    });
    expect((await documents.save(doc, { pathsToSave: ['name'] }))?.filter).toEqual({ _id: doc._id, name: 'a' });
    expect(await conflictsOf(doc)).toMatchObject([{ path: 'other' }]);
  });

  it('without a version key', async () => {
    const Unversioned = await detecting({}, { versionKey: false });
    const doc = await meet({
      model: Unversioned,
      mine: (order) => (order.items = [...order.items, { q: 3 }]),
      theirs: { $set: { 'items.0.q': 5 } },
    });
    expect(await conflictsOf(doc)).toMatchObject([{ path: 'items' }]);
    const other = await meet({
      model: Unversioned,
      mine: (order) => (order.items[1].q = 5),
      theirs: { $pop: { items: -1 } },
    });
    expect(await conflictsOf(other)).toMatchObject([{ path: 'items.1._id' }, { path: 'items.1.q' }]);
  });

  it('a write concern without an answer is not asked about', async () => {
    const doc = await meet({ mine: (order) => (order.name = 'mine'), theirs: { $set: { name: 'theirs' } } });
    const commands = await documents.commands(meetings.Order, () => doc.save({ writeConcern: { w: 0 } }));
    expect(commands.map(({ name }) => name)).toEqual(['update']);
  });

  it('values that a hook changes as they are loaded', async () => {
    const schema = new Schema<Doc>({ secret: String, other: String });
    schema.post('init', (doc: Doc) => {
      doc._doc.secret = doc._doc.secret.split('').reverse().join('');
    });
    const Hidden = await documents.model(schema, { conflicts: 'detect' });
    const doc = await documents.load(Hidden, { secret: 'abc' });
    doc.secret = 'mine';
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ secret: 'mine' });
    const other = await meet({
      model: Hidden,
      base: { secret: 'abc' },
      mine: (item) => (item.secret = 'mine'),
      theirs: { $set: { secret: 'xyz' } },
    });
    expect(await conflictsOf(other)).toEqual([{ path: 'secret', base: 'cba', mine: 'mine', theirs: 'zyx' }]);
  });

  it('references, populated or not', async () => {
    const Friend = await documents.plainModel(new Schema<Doc>({ name: String }));
    const [first, second] = (await Friend.create([{ name: '1' }, { name: '2' }])) as Doc[];
    const Linked = await detecting({}, {}, { friend: { type: Types.ObjectId, ref: Friend.modelName } });
    const doc = await documents.load(Linked, { ...raw(), friend: first._id });
    await doc.populate('friend');
    doc.friend = second;
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, friend: first._id });
    await Linked.collection.updateOne({ _id: doc._id }, { $unset: { friend: 1 } });
    doc.friend = first;
    expect(await conflictsOf(doc)).toEqual([{ path: 'friend', base: second._id, mine: first._id, theirs: undefined }]);
  });
});

describe('arrays that others make longer or shorter', () => {
  it.each<[string, Plain]>([
    ['longer', { $push: { tags: 'theirs' } }],
    ['shorter', { $pop: { tags: 1 } }],
  ])('%s', async (_title, theirs) => {
    const doc = await meet({
      theirs,
      mine: (order) => {
        order.tags.set(0, 'mine');
        order.tags.set(2, 'new');
      },
    });
    const [conflict] = await conflictsOf(doc);
    expect(conflict).toMatchObject({ path: 'tags', base: ['x', 'y'], mine: ['mine', 'y', 'new'] });
  });

  it('elements behind the end in one round trip', async () => {
    const doc = await documents.load(meetings.Order, raw());
    doc.tags.set(0, 'mine');
    doc.tags.set(2, 'new');
    expect((await documents.save(doc))?.filter).toEqual({ _id: doc._id, __v: 0, 'tags.0': 'x', tags: { $size: 2 } });
  });
});

it('an unknown value of the option is refused', async () => {
  const schema = new Schema({ name: String });
  await expect(meetings.documents.model(schema as never, { conflicts: 'find' } as never)).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  });
});

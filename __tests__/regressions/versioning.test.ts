// Section 10: the version key, its filter and its increment.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const { VersionError } = mongoose.Error;

describe('two writers of one array', () => {
  it('gh-1844 elements edited one after the other are fine', async () => {
    const Product = await documents.model(new Schema<Doc>({ variations: [{ _id: false, code: String }] }));
    const { _id } = await documents.load(Product, { variations: [{ code: 'a' }, { code: 'b' }, { code: 'c' }] });
    for (const [index, code] of ['foo', 'bar', 'baz'].entries()) {
      const doc = await documents.again(Product, { _id });
      doc.variations[index].code = code;
      await doc.save();
    }
    const doc = await documents.again(Product, { _id });
    expect(await documents.stored(doc)).toEqual({ variations: [{ code: 'foo' }, { code: 'bar' }, { code: 'baz' }] });
  });

  const conflicts: [string, (doc: Doc) => unknown][] = [
    ['an index', (doc) => doc.tags.set(0, 'other')],
    [
      'an array assigned with one element changed',
      (doc) => {
        doc.tags = ['other', 'y', 'z'];
      },
    ],
    [
      'an array assigned with one more at its end',
      (doc) => {
        doc.tags = ['x', 'y', 'z', 'w'];
      },
    ],
    [
      'an index and a push',
      (doc) => {
        doc.tags.set(0, 'other');
        doc.tags.push('w');
      },
    ],
    ['a splice', (doc) => doc.tags.splice(0, 1)],
    [
      'a leaf of an element',
      (doc) => {
        doc.items[1].q = 9;
      },
    ],
    [
      'a document array assigned with one leaf changed',
      (doc) => {
        doc.items = doc.items.map((item: Doc, index: number) => ({ _id: item._id, q: index === 1 ? 9 : item.q }));
      },
    ],
  ];

  it.each(conflicts)('gh-1844 %s after another writer removed an element is refused', async (_title, edit) => {
    const Model = await documents.model(new Schema<Doc>({ tags: [String], items: [{ q: Number }] }));
    const ids = [new mongoose.Types.ObjectId(), new mongoose.Types.ObjectId()];
    const mine = await documents.load(Model, {
      tags: ['x', 'y', 'z'],
      items: [
        { _id: ids[0], q: 1 },
        { _id: ids[1], q: 2 },
      ],
    });
    const other = await documents.again(Model, mine);
    other.tags.splice(0, 1);
    await other.save();
    edit(mine);
    const before = mine.$tracker.getChanges();
    expect(await rejection(mine.save())).toBeInstanceOf(VersionError);
    expect(mine.$tracker.getChanges()).toEqual(before);
    expect(mine.__v).toBe(0);
  });

  it('gh-6112 pushes do not disturb each other', async () => {
    const Model = await documents.model(new Schema<Doc>({ baz: [String] }));
    const one = await documents.load(Model, { baz: [] });
    const two = await documents.again(Model, one);
    one.baz.push('it');
    two.baz.push('real');
    await one.save();
    await two.save();
    expect(await documents.stored(one)).toEqual({ baz: ['it', 'real'] });
    expect((await documents.again(Model, one)).__v).toBe(2);
  });

  it('gh-11108 a push to an array inside an element filters on the version', async () => {
    const Model = await documents.model(new Schema<Doc>({ comments: [{ _id: false, likedBy: [String] }] }));
    const one = await documents.load(Model, { comments: [{ likedBy: ['Friends', 'Family'] }] });
    const two = await documents.again(Model, one);
    one.comments = [{ likedBy: ['test'] }];
    await one.save();
    two.comments[0].likedBy.push('Some User');
    expect(await rejection(two.save())).toBeInstanceOf(VersionError);
    const three = await documents.again(Model, one);
    three.comments[0].likedBy.push('Some User');
    await three.save();
    expect(three.__v).toBe(2);
  });

  it.each<[string, (doc: Doc) => unknown, Plain]>([
    [
      'pull, then an index of another array',
      (doc) => {
        doc.items.pull(1);
        doc.tags[0] = 'm';
      },
      { $pull: { items: { _id: { $in: [1] } } }, $set: { 'tags.0': 'm' }, $inc: { __v: 1 } },
    ],
    [
      'an index, then push to another array',
      (doc) => {
        doc.tags[0] = 'm';
        doc.items.push({ _id: 4, name: '4' });
      },
      { $push: { items: { $each: [{ _id: 4, name: '4' }] } }, $set: { 'tags.0': 'm' }, $inc: { __v: 1 } },
    ],
  ])('gh-15888 gh-15893 %s: filter and increment', async (_title, edit, update) => {
    const Model = await documents.model(
      new Schema<Doc>({ items: [new Schema<Doc>({ _id: Number, name: String })], tags: [String] }),
    );
    const doc = await documents.load(Model, {
      items: [1, 2, 3].map((n) => ({ _id: n, name: String(n) })),
      tags: ['t', 'u'],
    });
    edit(doc);
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id, __v: 0 }, update });
    expect(doc.__v).toBe(1);
  });

  it('gh-4211 a net-zero array lets a change of another path through, whatever others did to the array', async () => {
    const Model = await documents.model(new Schema<Doc>({ one: [Number], two: [Number], name: String }));
    const mine = await documents.load(Model, { one: [1, 2], two: [1, 2], name: 'n' });
    const other = await documents.again(Model, mine);
    other.one.splice(0, 1);
    await other.save();
    mine.two.splice(0, 1);
    mine.two.unshift(1);
    mine.name = 'm';
    expect(await documents.save(mine)).toEqual({ filter: { _id: mine._id }, update: { $set: { name: 'm' } } });
  });
});

describe('schemas with another version key, or none', () => {
  it('versionKey: false, a reassigned array is written whole', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ tags: [String], items: [{ _id: false, q: Number }] }, { versionKey: false }),
    );
    const doc = await documents.load(Model, { tags: ['x', 'y'], items: [{ q: 1 }] });
    doc.tags = ['x', 'Q'];
    doc.items = [{ q: 2 }];
    expect(await documents.updateOf(doc)).toEqual({ $set: { tags: ['x', 'Q'], items: [{ q: 2 }] } });
  });

  it('versionKey: false, indexes, elements and pushes stay what they are', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ tags: [String], items: [{ _id: false, q: Number }], more: [String] }, { versionKey: false }),
    );
    const doc = await documents.load(Model, { tags: ['x', 'y'], items: [{ q: 1 }], more: ['m'] });
    doc.tags.set(1, 'Q');
    doc.items[0].q = 2;
    doc.more.push('n');
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'tags.1': 'Q', 'items.0.q': 2 },
      $push: { more: { $each: ['n'] } },
    });
  });

  it('versionKey: false, an element edited and another one appended: nothing guards them, so the array is written whole', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ tags: [String], items: [{ _id: false, q: Number }] }, { versionKey: false }),
    );
    const doc = await documents.load(Model, { tags: ['x', 'y'], items: [{ q: 1 }] });
    doc.tags.push('z');
    doc.tags.set(0, 'X');
    doc.items[0].q = 2;
    doc.items.push({ q: 3 });
    expect(await documents.updateOf(doc)).toEqual({ $set: { tags: ['X', 'y', 'z'], items: [{ q: 2 }, { q: 3 }] } });
  });

  it('gh-10980 a version key in a nested object survives the object being replaced', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ meta: { text: String, more: String }, tags: [String] }, { versionKey: 'meta.version' }),
    );
    const { _id } = await Model.create({ meta: { text: 'a', more: 'b' }, tags: ['x'] });
    const doc = await documents.again(Model, { _id });
    expect(doc.meta.version).toBe(0);
    doc.meta = { text: 'changed' };
    doc.tags.push('y');
    await doc.save();
    const { meta } = (await documents.stored(doc)) as Doc;
    expect(meta).toEqual({ text: 'changed', version: 1 });
  });

  it('skipVersioning: a push has no increment, a reassigned array no guard and so is written whole', async () => {
    const Model = await documents.model(new Schema<Doc>({ dont: [String] }, { skipVersioning: { dont: true } }));
    const doc = await documents.load(Model, { dont: ['a', 'b'] });
    doc.dont.push('c');
    expect(await documents.save(doc)).toEqual({
      filter: { _id: doc._id },
      update: { $push: { dont: { $each: ['c'] } } },
    });
    doc.dont = ['a', 'B', 'c'];
    expect(await documents.save(doc)).toEqual({
      filter: { _id: doc._id },
      update: { $set: { dont: ['a', 'B', 'c'] } },
    });
  });

  it('gh-5218 a stored document without a version key can be saved', async () => {
    const Model = await documents.model(new Schema<Doc>({ tags: [String] }));
    const _id = new mongoose.Types.ObjectId();
    await Model.collection.insertOne({ _id, tags: ['x', 'y'] });
    const doc = await documents.again(Model, { _id });
    doc.tags.set(0, 'z');
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ tags: ['z', 'y'] });
  });
});

describe('bulkSave()', () => {
  it('gh-15800 moves the version in memory and in the database with a guarded array', async () => {
    const Model = await documents.model(new Schema<Doc>({ names: [String], email: String }));
    const doc = await documents.load(Model, { names: ['a', 'b'], email: 'e' });
    doc.names.splice(0, 1);
    await Model.bulkSave([doc]);
    expect([doc.__v, (await documents.again(Model, doc)).__v]).toEqual([1, 1]);
    doc.email = 'f';
    await Model.bulkSave([doc]);
    expect([doc.__v, (await documents.again(Model, doc)).__v]).toEqual([1, 1]);
  });

  it('gh-15800 increment() on a new document does not lose the next update', async () => {
    const Model = await documents.model(new Schema<Doc>({ items: [{ name: String }] }));
    const doc: Doc = new Model({ items: [{ name: '1' }] });
    doc.increment();
    await Model.bulkSave([doc]);
    doc.items[0].name = '2';
    const second = Model.bulkSave([doc]);
    if (mongoose.version.startsWith('8.')) {
      // Fixed in 9.8.0 only: in 8 the version in memory is one ahead, and the write is refused.
      expect((await rejection(second)).name).toBe('MongooseBulkSaveIncompleteError');
      expect(doc.$tracker.getChanges()).toEqual({ 'items.0.name': '2' });
      return;
    }
    await second;
    const stored = await documents.again(Model, doc);
    expect(stored.items[0].name).toBe('2');
    expect(stored.__v).toBe(doc.__v);
  });
});

it('gh-8040 after a VersionError the same document can be saved once the version fits', async () => {
  const Model = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(Model, { tags: ['x', 'y'] });
  await Model.updateOne({ _id: doc._id }, { $inc: { __v: 1 } });
  doc.tags.set(0, 'z');
  expect(await rejection(doc.save())).toBeInstanceOf(VersionError);
  await Model.updateOne({ _id: doc._id }, { $inc: { __v: -1 } });
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ tags: ['z', 'y'] });
});

it('gh-2835 an array changed by a pre-validate hook: no save after it is refused', async () => {
  const schema = new Schema<Doc>({ log: [String], items: [{ _id: false, n: Number }], name: String });
  schema.pre('validate', function (this: Doc) {
    this.log.push(this.name);
    this.items = this.items.map((item: Doc) => ({ n: Number(item.n) + 1 }));
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, { log: [], items: [{ n: 1 }], name: 'a' });
  for (const name of ['b', 'c', 'd']) {
    doc.name = name;
    await doc.save();
  }
  expect(await documents.stored(doc)).toEqual({ log: ['b', 'c', 'd'], items: [{ n: 4 }], name: 'd' });
});

it.each<[string, (doc: Doc) => unknown]>([
  ['a reassigned array', (doc) => (doc.tags = ['x', 'Y'])],
  ['an index', (doc) => doc.tags.set(1, 'Y')],
  ['a push', (doc) => doc.tags.push('z')],
])('gh-7565 %s of a document that was deleted is refused as Mongoose refuses it', async (_title, edit) => {
  const schema = (): Schema<Doc> => new Schema<Doc>({ tags: [String] });
  const names: string[] = [];
  for (const Model of [await documents.model(schema()), await documents.plainModel(schema())]) {
    const doc = await documents.load(Model, { tags: ['x', 'y'] });
    await Model.deleteOne({ _id: doc._id });
    edit(doc);
    names.push((await rejection(doc.save())).name);
    expect(await Model.countDocuments()).toBe(0);
  }
  expect(names[0]).toBe(names[1]);
});

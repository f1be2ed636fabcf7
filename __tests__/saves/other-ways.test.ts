// Other ways to write than a plain save(): none of them leaves a tracker that is silently wrong.
import mongoose from 'mongoose';
import { expectClean } from '../helpers/answers';
import { failCommand } from '../helpers/db';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { edit, edited, old, raw, update, useOrders } from './orders';

const orders = useOrders({ name: { type: String, validate: (value: string) => value !== 'invalid' } });
const { documents, load, expectStored } = orders;

describe('insertMany() and create()', () => {
  const inserted = (): Plain => ({ name: 'a', tags: ['x'], mixed: { a: 1 }, items: [{ q: 1 }] });

  const makers: [string, () => Promise<Doc>][] = [
    ['create()', () => orders.Order.create(inserted())],
    ['create() of an array', async () => (await orders.Order.create([inserted()]))[0]],
    ['insertMany()', async () => (await orders.Order.insertMany([inserted()]))[0]],
    ['insertMany() of documents', async () => (await orders.Order.insertMany([new orders.Order(inserted())]))[0]],
    [
      'insertMany({ ordered: false })',
      async () => (await orders.Order.insertMany([inserted()], { ordered: false }))[0],
    ],
    [
      'insertMany({ rawResult: true })',
      async () => {
        const doc = new orders.Order(inserted());
        await orders.Order.insertMany([doc], { rawResult: true });
        return doc;
      },
    ],
    [
      'bulkSave() of a new document',
      async () => {
        const doc = new orders.Order(inserted());
        await orders.Order.bulkSave([doc]);
        return doc;
      },
    ],
    ['new and save()', () => new orders.Order(inserted()).save()],
  ];

  it.each(makers)('%s: clean, and every later change is found', async (_name, make) => {
    const doc = await make();
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
    doc.mixed.a = 2;
    doc.items[0].q = 2;
    doc.tags.push('y');
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'mixed.a': 2, 'items.0.q': 2, updatedAt: expect.any(Date) },
      $push: { tags: { $each: ['y'] } },
      $inc: { __v: 1 },
    });
    await expectStored(doc, {
      ...inserted(),
      createdAt: doc.createdAt,
      tags: ['x', 'y'],
      mixed: { a: 2 },
      items: [{ q: 2 }],
    });
  });

  it('insertMany() with one that fails leaves that one new', async () => {
    const [one, two, three] = [
      new orders.Order(inserted()),
      new orders.Order(inserted()),
      new orders.Order(inserted()),
    ] as [Doc, Doc, Doc];
    two._id = one._id;
    await rejection(orders.Order.insertMany([one, two, three]));
    // Ordered: the third was never tried.
    expect([one, two, three].map((doc) => doc.isNew)).toEqual([false, true, true]);
    two._id = new mongoose.Types.ObjectId();
    await two.save();
    await three.save();
    for (const doc of [one, two, three]) expect(await orders.Order.countDocuments({ _id: doc._id })).toBe(1);
  });

  it('insertMany() tells onSaved of those that were written, also when another one fails', async () => {
    const [one, two, three] = [1, 2, 3].map(() => new orders.Order(inserted())) as [Doc, Doc, Doc];
    two._id = one._id;
    await rejection(orders.Order.insertMany([one, two, three], { ordered: false }));
    expect(orders.saved.map(({ doc }) => doc)).toEqual([one, three]);
    two._id = new mongoose.Types.ObjectId();
    await orders.Order.insertMany([two], { rawResult: true });
    expect(orders.saved.map(({ doc, record }) => [doc, record['isNew']])).toEqual([
      [one, true],
      [three, true],
      [two, true],
    ]);
  });

  it('insertMany({ lean: true }) leaves documents new, as in Mongoose, and what they hold is untouched', async () => {
    const doc: Doc = new orders.Order(inserted());
    await orders.Order.insertMany([doc], { lean: true });
    expect(doc.isNew).toBe(true);
    expect(doc.$tracker.lastSave).toBeNull();
    expect(orders.saved).toEqual([]);
    doc._id = new mongoose.Types.ObjectId();
    doc.mixed.a = 2;
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ ...inserted(), mixed: { a: 2 } });
  });
});

describe('save() with options', () => {
  it.each<[string, Plain]>([
    ['validateBeforeSave: false', { validateBeforeSave: false }],
    ['middleware: false', { middleware: false }],
    ['timestamps: false', { timestamps: false }],
  ])('%s sends the least, once', async (_name, options) => {
    const doc = await load();
    edit(doc);
    const sent = await documents.updateOf(doc, options);
    const { updatedAt, ...set } = sent?.['$set'] as Plain;
    expect({ ...sent, $set: set }).toEqual(update);
    expect(doc.$tracker.wasModified('mixed.a')).toBe(true);
    await expectStored(doc, edited());
    expect(orders.saved.map(({ doc: one }) => one)).toEqual([doc]);
    doc.tags.push('z');
    expect(await documents.updateOf(doc)).toMatchObject({ $push: { tags: { $each: ['z'] } } });
  });

  it.each<[string, Plain]>([
    ['validateBeforeSave: false', { validateBeforeSave: false }],
    ['middleware: false', { middleware: false }],
    ['timestamps: false', { timestamps: false }],
  ])('%s that fails leaves the changes', async (_name, options) => {
    const doc = await load();
    edit(doc);
    await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
    await rejection(doc.save(options));
    expect(doc.$tracker.getUpdate()).toEqual(update);
    expect(doc.updatedAt).toEqual(old);
    await doc.save();
    await expectStored(doc, edited());
  });

  it('validateBeforeSave: false writes what validation would refuse, and timestamps: false leaves the date', async () => {
    const doc = await load();
    doc.name = 'invalid';
    expect(await documents.updateOf(doc, { validateBeforeSave: false, timestamps: false })).toEqual({
      $set: { name: 'invalid' },
    });
    expect(doc.updatedAt).toEqual(old);
    expectClean(doc);
  });

  it('pathsToSave: the rest stays a change, array operators included', async () => {
    const doc = await load();
    edit(doc);
    doc.$inc('count', 2);
    await doc.save({ pathsToSave: ['name'] });
    expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'b', updatedAt: expect.any(Date) });
    expect(doc.$tracker.getChanges()).toMatchObject({ 'tags.1': 'y', 'mixed.a': 2, 'items.0.q': 2, count: 3 });
    expect(doc.$tracker.isModified('name')).toBe(false);
    expect(doc.$tracker.lastSave.changes).toContainEqual({ path: 'name', type: 'update', from: 'a', to: 'b' });
    expect(doc.$tracker.wasModified('tags')).toBe(false);
    await doc.save();
    await expectStored(doc, { ...edited(), count: 3 });
  });

  it('pathsToSave of a save that fails: everything stays a change', async () => {
    const doc = await load();
    edit(doc);
    await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
    await rejection(doc.save({ pathsToSave: ['name', 'tags'] }));
    expect(doc.$tracker.getUpdate()).toEqual(update);
    await doc.save();
    await expectStored(doc, edited());
  });
});

describe('a second copy of a document', () => {
  it('$clone() has the changes of the first, and each saves on its own', async () => {
    const doc = await load();
    doc.name = 'b';
    doc.mixed.a = 2;
    const clone = doc.$clone();
    clone.other = 'p';
    clone.mixed.b = 2;
    expect(clone.$tracker.isModified(['name', 'other', 'mixed'])).toBe(true);
    expect(doc.$tracker.getChanges()).toEqual({ name: 'b', 'mixed.a': 2 });
    await clone.save();
    expect(await documents.stored(doc)).toMatchObject({ name: 'b', other: 'p', mixed: { a: 2, b: 2 } });
    expectClean(clone);
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { name: 'b', 'mixed.a': 2 } });
  });

  it('overwrite() is narrowed to what differs', async () => {
    const doc = await load();
    doc.overwrite({ ...raw(), mixed: { a: 1, b: 2 }, other: undefined });
    const sent = await documents.updateOf(doc);
    expect(sent).toEqual({ $set: { 'mixed.b': 2, updatedAt: expect.any(Date) }, $unset: { other: 1 } });
    expectClean(doc);
  });

  it('init() again takes what it is given as the baseline, and forgets the changes', async () => {
    const doc = await load();
    edit(doc);
    doc.init({ ...raw(), _id: doc._id, __v: 0, name: 'fresh', mixed: { a: 9 } });
    expect(doc.$tracker.isModified()).toBe(false);
    expect(doc.$tracker.original('name')).toBe('fresh');
    doc.mixed.a = 10;
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { 'mixed.a': 10 } });
  });
});

describe('a document that was deleted or updated past itself', () => {
  it('deleteOne() and then save(): a change is refused, not lost silently', async () => {
    const doc = await load();
    await doc.deleteOne();
    doc.name = 'b';
    const error: unknown = await doc.save().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
    expect(doc.$tracker.getChanges()).toEqual({ name: 'b' });
    expect(await orders.Order.countDocuments({ _id: doc._id })).toBe(0);
  });

  it('deleteOne(), isNew = true and save() inserts the document again', async () => {
    const doc = await load();
    edit(doc);
    await doc.deleteOne();
    doc.isNew = true;
    await doc.save();
    await expectStored(doc, { ...edited(), createdAt: doc.createdAt });
  });

  it('doc.updateOne() leaves the changes and the originals of the document alone', async () => {
    const doc = await load();
    doc.mixed.a = 2;
    await doc.updateOne({ $set: { other: 'written past it' } });
    expect(doc.$tracker.getChanges()).toEqual({ 'mixed.a': 2 });
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ other: 'written past it', mixed: { a: 2, b: 1 } });
    expectClean(doc);
  });
});

describe('$inc()', () => {
  it('F16 is not repeated by the second save', async () => {
    const doc = await load();
    doc.$inc('count', 2);
    expect(await documents.updateOf(doc)).toMatchObject({ $inc: { count: 2 } });
    doc.$inc('count', 1);
    expect(await documents.updateOf(doc)).toMatchObject({ $inc: { count: 1 } });
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.stored(doc)).toMatchObject({ count: 4 });
  });

  it.each<[string, (doc: Doc) => Promise<unknown>]>([
    ['bulkSave()', (doc) => orders.Order.bulkSave([doc])],
    ['save({ middleware: false })', (doc) => doc.save({ middleware: false })],
    ['a transaction', (doc) => documents.connection.transaction((session) => doc.save({ session }))],
  ])('F16 is not repeated after %s', async (_name, save) => {
    const doc = await load();
    doc.$inc('count', 2);
    await save(doc);
    doc.$inc('count', 1);
    await save(doc);
    expect(await documents.stored(doc)).toMatchObject({ count: 4 });
    expectClean(doc);
  });

  it('twice before one save is the sum, also when that save fails first', async () => {
    const doc = await load();
    doc.$inc('count', 2);
    doc.$inc('count', 3);
    await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
    await rejection(doc.save());
    doc.$inc('count', 1);
    expect(await documents.updateOf(doc)).toMatchObject({ $inc: { count: 6 } });
    expect(await documents.stored(doc)).toMatchObject({ count: 7 });
  });
});

describe('parallel saves', () => {
  it('of one document: the second is refused, and the first one is not disturbed', async () => {
    const doc = await load();
    edit(doc);
    const running = doc.save();
    expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.ParallelSaveError);
    await running;
    await expectStored(doc, edited());
    expect(orders.saved).toHaveLength(1);
  });

  it('of one document, when the first one fails: nothing is lost', async () => {
    const doc = await load();
    edit(doc);
    await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
    const running = doc.save();
    expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.ParallelSaveError);
    expect((await rejection(running)).code).toBe(8000);
    expect(doc.$tracker.getUpdate()).toEqual(update);
    await doc.save();
    await expectStored(doc, edited());
  });

  it('of many documents do not touch each other', async () => {
    const docs = await Promise.all(Array.from({ length: 10 }, load));
    for (const [i, doc] of docs.entries()) {
      edit(doc);
      doc.name = `b${String(i)}`;
    }
    await Promise.all(docs.map((doc) => doc.save()));
    for (const [i, doc] of docs.entries()) await expectStored(doc, { ...edited(), name: `b${String(i)}` });
  });
});

// The reports about transactions that Mongoose has had, by number (section 11), with the raw session of the driver, which
// nothing resets on abort.
import mongoose, { Schema } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { rejection, transientError } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

/** Runs `attempt` until it has been run `times` times; all but the last are aborted. */
async function retried(times: number, attempt: (session: mongoose.ClientSession) => Promise<unknown>): Promise<void> {
  let attempts = 0;
  await documents.connection.getClient().withSession((session) =>
    session.withTransaction(async () => {
      attempts += 1;
      await attempt(session);
      if (attempts < times) throw transientError();
    }),
  );
  expect(attempts).toBe(times);
}

/** Aborts by hand. */
async function aborted(attempt: (session: mongoose.ClientSession) => Promise<unknown>): Promise<void> {
  await documents.inSession(async (session) => {
    session.startTransaction();
    await attempt(session);
    await session.abortTransaction();
  });
}

it('gh-8740 a document loaded outside and assigned inside is written by the attempt that commits', async () => {
  const Account = await documents.model(new Schema<Doc>({ name: String, balance: Number }));
  const doc = await documents.load(Account, { name: 'a', balance: 100 });
  const sent: unknown[] = [];
  await retried(3, async (session) => {
    doc.balance = 50;
    sent.push(await documents.updateOf(doc, { session }));
  });
  const update = { $set: { balance: 50 } };
  expect(sent).toEqual([update, update, update]);
  expect(await documents.stored(doc)).toEqual({ name: 'a', balance: 50 });
  expectClean(doc);
});

it('gh-8852 a new document is inserted by every attempt, not updated by the second', async () => {
  const Character = await documents.model(new Schema<Doc>({ name: String, items: [{ q: Number }] }));
  const doc: Doc = new Character({ name: 'Tyrion', items: [{ q: 1 }] });
  const sent: string[] = [];
  await retried(3, async (session) => {
    expect(doc.isNew).toBe(true);
    const commands = await documents.commands(Character, () => doc.save({ session }));
    sent.push(...commands.map(({ name }) => name));
    expect(doc.isNew).toBe(false);
  });
  expect(sent).toEqual(['insert', 'insert', 'insert']);
  expect(await Character.countDocuments()).toBe(1);
  expectClean(doc);
});

it('gh-8852 after an abort isNew is true again, for the document and its subdocuments', async () => {
  const Character = await documents.model(
    new Schema<Doc>({ name: String, items: [{ q: Number }], home: new Schema({ n: Number }) }),
  );
  const doc: Doc = new Character({ name: 'Tyrion', items: [{ q: 1 }], home: { n: 1 } });
  await aborted((session) => doc.save({ session }));
  expect([doc.isNew, doc.items[0].isNew, doc.home.isNew]).toEqual([true, true, true]);
  await doc.save();
  expect(await Character.countDocuments()).toBe(1);
  expect([doc.isNew, doc.items[0].isNew, doc.home.isNew]).toEqual([false, false, false]);
});

it('gh-8852 a subdocument pushed to an existing document is new again after an abort', async () => {
  const Character = await documents.model(new Schema<Doc>({ items: [new Schema<Doc>({ q: Number })] }));
  const doc = await documents.load(Character, { items: [] });
  doc.items.push({ q: 1 });
  await aborted((session) => doc.save({ session }));
  expect(doc.items[0].isNew).toBe(true);
  await doc.save();
  expect(doc.items[0].isNew).toBe(false);
  expect(await documents.stored(doc)).toEqual({ items: [{ _id: doc.items[0]._id, q: 1 }] });
});

it('gh-10381 the version key goes back, so that the next save finds its document', async () => {
  const Order = await documents.model(new Schema<Doc>({ items: [String] }));
  const doc = await documents.load(Order, { items: ['a', 'b'] });
  doc.items = ['c'];
  await aborted(async (session) => {
    await doc.save({ session });
    expect(doc.__v).toBe(1);
  });
  expect(doc.__v).toBe(0);
  expect(await documents.save(doc)).toEqual({
    filter: { _id: doc._id, __v: 0 },
    update: { $set: { items: ['c'] }, $inc: { __v: 1 } },
  });
  expect(doc.__v).toBe(1);
});

it('gh-10381 several saves in one attempt, each with a version: none is out of step after a retry', async () => {
  const Order = await documents.model(new Schema<Doc>({ items: [String] }));
  const doc = await documents.load(Order, { items: ['a', 'b'] });
  const filters: unknown[] = [];
  await retried(2, async (session) => {
    doc.items = ['c'];
    filters.push((await documents.save(doc, { session }))?.filter['__v']);
    doc.items = ['d', 'e'];
    filters.push((await documents.save(doc, { session }))?.filter['__v']);
  });
  expect(filters).toEqual([0, 1, 0, 1]);
  expect(await documents.stored(doc)).toEqual({ items: ['d', 'e'] });
  expect((await documents.again(Order, doc)).__v).toBe(2);
  expect(doc.__v).toBe(2);
});

it('gh-10381 increment() counts once, however many attempts there are', async () => {
  const Order = await documents.model(new Schema<Doc>({ n: Number }));
  const doc = await documents.load(Order, { n: 1 });
  doc.increment();
  await retried(3, (session) => doc.save({ session }));
  expect([doc.__v, (await documents.again(Order, doc)).__v]).toEqual([1, 1]);
});

it('gh-14268 a wrapper of its own around a session: the update of an aborted attempt is sent again', async () => {
  const User = await documents.model(new Schema<Doc>({ name: String }, { timestamps: true }));
  const doc = await documents.load(User, { name: 'a' });
  const transaction = async (work: (session: mongoose.ClientSession) => Promise<unknown>): Promise<void> => {
    const session = await documents.connection.startSession();
    try {
      session.startTransaction();
      await work(session);
      await session.commitTransaction();
    } catch (error) {
      await session.abortTransaction();
      throw error;
    } finally {
      await session.endSession();
    }
  };
  doc.name = 'b';
  let fails = true;
  const work = async (session: mongoose.ClientSession): Promise<void> => {
    await doc.save({ session });
    if (fails) throw new Error('the test fails this attempt');
  };
  await rejection(transaction(work));
  expect(doc.isModified('name')).toBe(true);
  fails = false;
  const commands = await documents.commands(User, () => transaction(work));
  expect(commands.map(({ name }) => name)).toEqual(['update']);
  expect(await documents.stored(doc)).toMatchObject({ name: 'b' });
});

it('gh-14460 an attempt that is retried never reports success without a write', async () => {
  const Order = await documents.model(new Schema<Doc>({ status: String, meta: {} }));
  const docs: Doc[] = [];
  for (let i = 0; i < 3; i++) docs.push(await documents.load(Order, { status: 'open', meta: { n: i } }));
  await retried(4, async (session) => {
    for (const doc of docs) {
      doc.status = 'paid';
      doc.meta.paid = true;
      await doc.save({ session });
    }
  });
  for (const [i, doc] of docs.entries()) {
    expect(await documents.stored(doc)).toEqual({ status: 'paid', meta: { n: i, paid: true } });
    expectClean(doc);
  }
});

it.each<[string, (doc: Doc) => unknown]>([
  ['push()', (doc) => doc.tags.push('b')],
  ['addToSet()', (doc) => doc.tags.addToSet('b')],
  ['an assigned array', (doc) => (doc.tags = ['a', 'b'])],
  ['set() of the next index', (doc) => doc.tags.set(1, 'b')],
])('gh-14848 one element of %s before the transaction, three attempts: one element stored', async (_name, edit) => {
  const User = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(User, { tags: ['a'] });
  edit(doc);
  const sent: (Plain | null)[] = [];
  await retried(3, async (session) => sent.push(await documents.updateOf(doc, { session })));
  expect(sent).toEqual([sent[0], sent[0], sent[0]]);
  expect(await documents.stored(doc)).toEqual({ tags: ['a', 'b'] });
  expectClean(doc);
});

it('gh-14848 push() inside the callback: every attempt pushes in memory, and what is stored is what memory holds', async () => {
  const User = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(User, { tags: ['a'] });
  await retried(3, async (session) => {
    doc.tags.push('b');
    await doc.save({ session });
  });
  expect([...doc.tags]).toEqual(['a', 'b', 'b', 'b']);
  expect(await documents.stored(doc)).toEqual({ tags: ['a', 'b', 'b', 'b'] });
  expectClean(doc);
});

it('gh-14848 addToSet() inside the callback, three attempts: one element', async () => {
  const User = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(User, { tags: ['a'] });
  await retried(3, async (session) => {
    doc.tags.addToSet('b');
    await doc.save({ session });
  });
  expect(await documents.stored(doc)).toEqual({ tags: ['a', 'b'] });
  expectClean(doc);
});

it.each<[string, (doc: Doc) => unknown, Plain]>([
  ['pull()', (doc) => doc.tags.pull('a'), { tags: ['b'], n: 1 }],
  ['$pop()', (doc) => doc.tags.$pop(), { tags: ['a'], n: 1 }],
  ['$inc()', (doc) => doc.$inc('n', 2), { tags: ['a', 'b'], n: 3 }],
])('gh-14848 %s before the transaction, three attempts: applied once', async (_name, edit, stored) => {
  const User = await documents.model(new Schema<Doc>({ tags: [String], n: Number }));
  const doc = await documents.load(User, { tags: ['a', 'b'], n: 1 });
  edit(doc);
  await retried(3, (session) => doc.save({ session }));
  expect(await documents.stored(doc)).toEqual(stored);
  expectClean(doc);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-14340 gh-14346 gh-14359 an array that is assigned before a transient error stays an array', async () => {
  const User = await documents.model(new Schema<Doc>({ tags: [String], items: [{ _id: false, q: Number }] }));
  const doc = await documents.load(User, { tags: ['a'], items: [{ q: 1 }] });
  doc.tags = ['b', 'c'];
  doc.items = [{ q: 2 }, { q: 3 }];
  await retried(3, (session) => doc.save({ session }));
  expect(await documents.stored(doc)).toEqual({ tags: ['b', 'c'], items: [{ q: 2 }, { q: 3 }] });
});

it('gh-9457 a new document with arrays and Maps is inserted by the second attempt', async () => {
  const User = await documents.model(new Schema<Doc>({ tags: [String], map: { type: Map, of: Number } }));
  const doc: Doc = new User({ tags: ['a'], map: { k: 1 } });
  await retried(2, (session) => doc.save({ session }));
  doc.tags.push('b');
  doc.map.set('k', 2);
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ tags: ['a', 'b'], map: { k: 2 } });
});

it('gh-14736 session: null outside of a transaction that is implied is an ordinary save', async () => {
  mongoose.set('transactionAsyncLocalStorage', true);
  try {
    const User = await documents.model(new Schema<Doc>({ name: String }));
    const inside = await documents.load(User, { name: 'a' });
    const outside = await documents.load(User, { name: 'a' });
    inside.name = outside.name = 'b';
    const run = documents.connection.transaction(async () => {
      await inside.save();
      await outside.save({ session: null });
      throw new Error('the test aborts');
    });
    await rejection(run);
    expectClean(outside);
    expect(await documents.stored(outside)).toEqual({ name: 'b' });
    expect(inside.$tracker.getChanges()).toEqual({ name: 'b' });
    expect(await documents.stored(inside)).toEqual({ name: 'a' });
  } finally {
    mongoose.set('transactionAsyncLocalStorage', false);
  }
});

it('gh-16433 deleteOne() of an aborted attempt leaves a document that can be changed and saved', async () => {
  const User = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await documents.load(User, { name: 'a' });
  await aborted((session) => doc.deleteOne({ session }));
  expect(doc.$isDeleted()).toBe(false);
  doc.name = 'b';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
});

it('create() and insertMany() in an aborted transaction leave new documents, which can be saved', async () => {
  const User = await documents.model(new Schema<Doc>({ name: String, tags: [String] }));
  const docs: Doc[] = [];
  await aborted(async (session) => {
    docs.push(...(await User.create([{ name: 'a', tags: ['x'] }], { session })));
    docs.push(...(await User.insertMany([{ name: 'b', tags: ['y'] }], { session })));
  });
  expect(await User.countDocuments()).toBe(0);
  expect(docs.map((doc) => doc.isNew)).toEqual([true, true]);
  for (const doc of docs) await doc.save();
  expect(await User.countDocuments()).toBe(2);
  for (const doc of docs) expectClean(doc);
});

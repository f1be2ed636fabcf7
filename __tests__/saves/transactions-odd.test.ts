// Transactions that do not go by the book: answers after the end, ends at the same time, errors half way, and hooks that save.
import { Schema } from 'mongoose';
import type { ClientSession, Connection, Model } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { connect } from '../helpers/db';
import { Documents, rejection, transientError } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';

let proxy: Proxy;
let connection: Connection;
let Order: Model<Doc>;
const documents = new Documents(() => connection);
const told: Plain[] = [];
/** What hooks do with documents. */
const before = new WeakMap<object, (doc: Doc) => unknown>();
const after = new WeakMap<object, (doc: Doc) => unknown>();

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
  const schema = new Schema<Doc>(
    {
      status: String,
      count: Number,
      tags: [String],
      extra: { type: [String], default: ['d'] },
      sub: new Schema<Doc>({ n: Number }, { _id: false }),
      items: [new Schema<Doc>({ q: Number }, { _id: false })],
    },
    { timestamps: true },
  );
  schema.pre('save', async function (this: Doc) {
    const hook = before.get(this);
    before.delete(this);
    await hook?.(this);
  });
  schema.post('save', async function (this: Doc) {
    const hook = after.get(this);
    after.delete(this);
    await hook?.(this);
  });
  Order = await documents.model(schema, {
    onSaved: (record, doc: Doc) => {
      told.push(record as unknown as Plain);
      if (doc.status === 'onSaved throws') throw new Error('the test fails in onSaved');
    },
  });
});
beforeEach(() => told.splice(0));
afterEach(() => proxy.heal());
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

const old = new Date('2020-01-01');
const raw = (): Plain => ({
  status: 'a',
  count: 1,
  tags: ['x'],
  extra: [],
  sub: { n: 1 },
  items: [{ q: 1 }],
  createdAt: old,
  updatedAt: old,
});
function edit(doc: Doc): void {
  doc.status = 'b';
  doc.$inc('count', 2);
  doc.tags.push('y');
  doc.items.push({ q: 2 });
}
const edited = (): Plain => ({
  ...raw(),
  status: 'b',
  count: 3,
  tags: ['x', 'y'],
  items: [{ q: 1 }, { q: 2 }],
  updatedAt: expect.any(Date),
});
const update = {
  $set: { status: 'b' },
  $inc: { count: 2, __v: 1 },
  $push: { tags: { $each: ['y'] }, items: { $each: [{ q: 2 }] } },
};

async function changed(): Promise<Doc> {
  const doc = await documents.load(Order, raw());
  edit(doc);
  return doc;
}

/** Nothing of a transaction is stored: the next save stores everything, once. */
async function expectPending(doc: Doc, stored = edited()): Promise<void> {
  expect(doc.$tracker.getUpdate()).toEqual(update);
  expect(doc.$tracker.lastSave).toBeNull();
  expect(doc.updatedAt).toEqual(old);
  expect(doc.items[1].isNew).toBe(true);
  expect(await documents.stored(doc)).toEqual(raw());
  await expectStoredBySave(doc, stored);
}

async function expectStoredBySave(doc: Doc, stored = edited()): Promise<void> {
  await doc.save();
  expect(await documents.stored(doc)).toEqual(stored);
  await expectSettled(doc);
}

async function expectSettled(doc: Doc): Promise<void> {
  expectClean(doc);
  expect(await documents.save(doc)).toBeNull();
  const fresh: Doc = await documents.again(Order, doc);
  expect({ version: doc.__v, at: doc.updatedAt }).toEqual({ version: fresh.__v, at: fresh.updatedAt });
}

const started = (session: ClientSession): ClientSession => {
  session.startTransaction();
  return session;
};

describe('an answer that comes after the abort', () => {
  // `Promise.all()` in a transaction: the other half has failed, and nobody waits for this one.
  const writes: [string, (doc: Doc, session: ClientSession) => Promise<unknown>][] = [
    ['save()', (doc, session) => doc.save({ session })],
    ['bulkSave()', (doc, session) => Order.bulkSave([doc], { session })],
  ];
  it.each(writes)('%s: the changes are pending again, and onSaved hears nothing', async (_way, write) => {
    const doc = await changed();
    await documents.inSession(async (session) => {
      started(session);
      const held = proxy.holdAnswer('update');
      const writing = write(doc, session);
      await held.arrived;
      await session.abortTransaction();
      held.release();
      await writing;
    });
    expect(told).toEqual([]);
    await expectPending(doc);
  });

  it.each(writes)('%s of a new document: it is new', async (_way, write) => {
    const doc: Doc = new Order(raw());
    await documents.inSession(async (session) => {
      started(session);
      const held = proxy.holdAnswer('insert');
      const writing = write(doc, session);
      await held.arrived;
      await session.abortTransaction();
      held.release();
      await writing;
    });
    expect({ isNew: doc.isNew, lastSave: doc.$tracker.lastSave, told }).toEqual({
      isNew: true,
      lastSave: null,
      told: [],
    });
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), updatedAt: expect.any(Date) });
    await expectSettled(doc);
  });

  it('is the end of it also when the transaction is tried again', async () => {
    const [doc, other] = [await changed(), await changed()];
    let late: (() => Promise<unknown>) | undefined;
    await connection.transaction(async (session) => {
      if (late !== undefined) {
        // The second attempt: the first one was aborted, and its answer comes only now.
        await late();
        await doc.save({ session });
        await other.save({ session });
        return;
      }
      const held = proxy.holdAnswer('update');
      const saving: Promise<unknown> = doc.save({ session });
      await held.arrived;
      late = () => {
        held.release();
        return saving;
      };
      await Promise.all([saving, Promise.reject(transientError())]);
    });
    for (const one of [doc, other]) {
      expect(await documents.stored(one)).toEqual(edited());
      await expectSettled(one);
    }
    expect(told).toHaveLength(2);
  });
});

describe('two ends at once', () => {
  // The driver then reports an error of its own, also for a commit that was carried out.
  it('an abort sent while a commit is under way decides nothing: what is written next is refused or right', async () => {
    const doc = await changed();
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      const held = proxy.holdAnswer('commitTransaction');
      const committing = session.commitTransaction();
      await held.arrived;
      await session.abortTransaction();
      held.release();
      await rejection(committing);
    });
    expect(await documents.stored(doc)).toEqual(edited());
    expect(told).toEqual([]);
    expect(doc.isModified()).toBe(true);
    expect((await rejection(doc.save())).name).toBe('VersionError');
    expect(await documents.stored(doc)).toEqual(edited());
  });

  it('startTransaction() in an open one throws, and what that has written is committed with it', async () => {
    const doc = await changed();
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      expect(() => session.startTransaction()).toThrow();
      await session.commitTransaction();
    });
    expect(await documents.stored(doc)).toEqual(edited());
    await expectSettled(doc);
  });

  it('an abort after a commit is refused, and takes nothing back', async () => {
    const doc = await changed();
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      await session.commitTransaction();
      await rejection(session.abortTransaction());
    });
    await expectSettled(doc);
  });

  it('a session that ends without a commit is an abort', async () => {
    const doc = await changed();
    const session = started(await connection.startSession());
    await doc.save({ session });
    await session.endSession();
    await expectPending(doc);
  });
});

describe('an error half way', () => {
  it('a VersionError and then an abort: the operators go once', async () => {
    const doc = await changed();
    doc.items[0].q = 5;
    await Order.collection.updateOne({ _id: doc._id }, { $inc: { __v: 1 } });
    await documents.inSession(async (session) => {
      started(session);
      expect((await rejection(doc.save({ session }))).name).toBe('VersionError');
      await session.abortTransaction();
    });
    await Order.collection.updateOne({ _id: doc._id }, { $inc: { __v: -1 } });
    expect(doc.$tracker.getUpdate()).toMatchObject({ $inc: { count: 2 }, $push: { tags: { $each: ['y'] } } });
    await expectStoredBySave(doc, { ...edited(), items: [{ q: 5 }, { q: 2 }] });
  });

  it("of one document of two: the commit is the other one's alone", async () => {
    const [doc, stale] = [await changed(), await changed()];
    stale.items[0].q = 5;
    await Order.collection.updateOne({ _id: stale._id }, { $inc: { __v: 1 } });
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      expect((await rejection(stale.save({ session }))).name).toBe('VersionError');
      await session.commitTransaction();
    });
    expect(told).toHaveLength(1);
    expect(await documents.stored(doc)).toEqual(edited());
    await expectSettled(doc);
    await Order.collection.updateOne({ _id: stale._id }, { $inc: { __v: -1 } });
    expect(await documents.stored(stale)).toEqual(raw());
    await expectStoredBySave(stale, { ...edited(), items: [{ q: 5 }, { q: 2 }] });
  });

  it('of one document of two, and an abort: both are as before', async () => {
    const [doc, stale] = [await changed(), await changed()];
    await Order.collection.deleteOne({ _id: stale._id });
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      await rejection(stale.save({ session }));
      await session.abortTransaction();
    });
    await expectPending(doc);
    expect(stale.$tracker.getUpdate()).toEqual(update);
  });

  it('in a post-save hook: what was acknowledged before the abort is pending again', async () => {
    const doc = await changed();
    after.set(doc, () => {
      throw new Error('the test fails in a post hook');
    });
    await rejection(connection.transaction((session) => doc.save({ session })));
    expect(told).toEqual([]);
    await expectPending(doc);
  });

  it('in onSaved after the commit: the others are told, and the commit stands', async () => {
    const [doc, bad, last] = [await changed(), await changed(), await changed()];
    bad.status = 'onSaved throws';
    await documents.inSession(async (session) => {
      started(session);
      for (const one of [doc, bad, last]) await one.save({ session });
      expect((await rejection(session.commitTransaction())).message).toBe('the test fails in onSaved');
    });
    expect(told).toHaveLength(3);
    for (const one of [doc, bad, last]) await expectSettled(one);
  });
});

describe('a document', () => {
  it('that is saved three times with edits in between, in each of three attempts', async () => {
    const doc = await changed();
    const attempts: unknown[] = [];
    await connection.transaction(async (session) => {
      const sent: unknown[] = [];
      for (const status of ['one', 'two', 'three']) {
        doc.status = status;
        sent.push((await documents.save(doc, { session }))?.update['$push'] ?? null);
        doc.sub = { n: 7 };
      }
      attempts.push(sent);
      if (attempts.length < 3) throw transientError();
    });
    expect(attempts).toEqual([attempts[0], attempts[0], attempts[0]]);
    expect(doc.isModified()).toBe(false);
    expect(await documents.stored(doc)).toEqual({ ...edited(), status: 'three', sub: { n: 7 } });
    await expectSettled(doc);
  });

  it('with a replaced subdocument, aborted after a bulkSave()', async () => {
    const doc = await changed();
    doc.sub = { n: 2 };
    await documents.inSession(async (session) => {
      started(session);
      await Order.bulkSave([doc], { session });
      doc.sub.n = 3;
      await session.abortTransaction();
    });
    expect(doc.$tracker.original('sub')).toEqual({ n: 1 });
    expect(doc.$tracker.getUpdate()).toEqual({ ...update, $set: { status: 'b', 'sub.n': 3 } });
    doc.sub.n = 1;
    await expectPending(doc);
  });

  it('with defaults that are not stored yet: an abort leaves them to the next save, with the version they need', async () => {
    const { extra, ...rest } = raw();
    const doc = await documents.load(Order, rest);
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      await session.abortTransaction();
    });
    expect(doc.__v).toBe(0);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), extra: ['d'], updatedAt: doc.updatedAt });
    doc.extra.set(0, 'e');
    await doc.save();
    expect((await documents.stored(doc))['extra']).toEqual(['e']);
  });

  it('that had nothing to write keeps its last save through an abort', async () => {
    const doc = await changed();
    await doc.save();
    const { lastSave } = doc.$tracker;
    await documents.inSession(async (session) => {
      started(session);
      await doc.save({ session });
      expect(doc.$tracker.wasModified()).toBe(false);
      await session.abortTransaction();
    });
    expect(doc.$tracker.lastSave).toEqual(lastSave);
  });

  it('that saves itself again in a post-save hook', async () => {
    const doc = await changed();
    const session = started(await connection.startSession());
    after.set(doc, () => {
      doc.tags.push('z');
      return doc.save({ session });
    });
    await doc.save({ session });
    await session.abortTransaction();
    await session.endSession();
    expect(doc.$tracker.getUpdate()).toMatchObject({ $push: { tags: { $each: ['y', 'z'] } }, $inc: { count: 2 } });
    await expectStoredBySave(doc, { ...edited(), tags: ['x', 'y', 'z'] });
  });

  it('whose pre-save hook saves another one in the same session', async () => {
    const [doc, other] = [await changed(), await changed()];
    const session = started(await connection.startSession());
    before.set(doc, () => other.save({ session }));
    await doc.save({ session });
    await session.abortTransaction();
    await session.endSession();
    await expectPending(doc);
    await expectPending(other);
  });

  it('whose pre-save hook runs into the save of another one keeps its date', async () => {
    const [doc, other] = [await changed(), await changed()];
    const saving: Promise<unknown> = other.save();
    before.set(doc, () => other.save());
    expect((await rejection(doc.save())).name).toBe('ParallelSaveError');
    await saving;
    await expectPending(doc);
    expect(await documents.stored(other)).toEqual(edited());
    await expectSettled(other);
  });
});

// `conflicts: 'detect'` after a write that had no answer, and in transactions: whatever of one's own is stored is no conflict.
import { Schema } from 'mongoose';
import type { Connection, Model } from 'mongoose';
import { CowTrackingError } from '../../lib';
import { expectClean } from '../helpers/answers';
import { connect } from '../helpers/db';
import { Documents, rejection, transientError, type Doc, type Plain } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';

let proxy: Proxy;
let connection: Connection;
let Order: Model<Doc>;
const documents = new Documents(() => connection);
const raw = (): Plain => ({ name: 'a', other: 'o', count: 1, tags: ['x'], items: [{ q: 1 }], mixed: { a: 1 } });

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
  Order = await documents.model(
    new Schema<Doc>({
      name: String,
      other: String,
      count: Number,
      tags: [String],
      items: [new Schema<Doc>({ q: Number }, { _id: false })],
      mixed: {},
    }),
    { conflicts: 'detect' },
  );
});
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

/** A save whose answer is lost, and with it that of the driver's own second try. */
async function saveUnanswered(doc: Doc, applied: boolean): Promise<void> {
  if (applied) proxy.dropAnswers('update', 2);
  else proxy.dropRequests('update', 2);
  expect((await rejection(doc.save())).name).toBe('MongoNetworkError');
  proxy.heal();
}

function edit(doc: Doc): void {
  doc.name = 'b';
  doc.$inc('count', 2);
  doc.tags.push('y');
  doc.items[0].q = 2;
  doc.mixed.a = 2;
}

const edited = { name: 'b', count: 3, tags: ['x', 'y'], items: [{ q: 2 }], mixed: { a: 2 } };

const stored = async (doc: Doc): Promise<Plain> => documents.stored(doc);
const write = (doc: Doc, update: Plain): Promise<unknown> => Order.collection.updateOne({ _id: doc._id }, update);

describe.each([true, false])('an update without an answer (applied: %s)', (applied) => {
  it('can be sent again', async () => {
    const doc = await documents.load(Order, raw());
    doc.name = 'b';
    doc.mixed.a = 2;
    await saveUnanswered(doc, applied);
    await doc.save();
    expectClean(doc);
    expect(await stored(doc)).toMatchObject({ name: 'b', mixed: { a: 2 } });
  });

  it('can be edited further first', async () => {
    const doc = await documents.load(Order, raw());
    doc.set({ name: 'b', mixed: { a: 2 } });
    await saveUnanswered(doc, applied);
    doc.set({ name: 'c', 'mixed.a': 3 });
    await doc.save();
    expectClean(doc);
    expect(await stored(doc)).toMatchObject({ name: 'c', mixed: { a: 3 } });
  });

  it('twice', async () => {
    const doc = await documents.load(Order, raw());
    for (const name of ['b', 'c']) {
      doc.name = name;
      await saveUnanswered(doc, applied);
    }
    doc.name = 'd';
    await doc.save();
    expect(await stored(doc)).toMatchObject({ name: 'd' });
  });

  it('that pushed and added does so once', async () => {
    const doc = await documents.load(Order, raw());
    edit(doc);
    await saveUnanswered(doc, applied);
    const error = await doc.save().then(
      () => undefined,
      (thrown: Error) => thrown.name,
    );
    // What is versioned is refused where the version has moved, as without the option.
    expect([undefined, 'VersionError']).toContain(error);
    if (error === undefined) expectClean(doc);
    expect(await stored(doc)).toMatchObject(applied || error === undefined ? edited : raw());
  });

  it('does not hide what someone else has written', async () => {
    const doc = await documents.load(Order, raw());
    doc.set({ name: 'b', other: 'p' });
    await saveUnanswered(doc, applied);
    await write(doc, { $set: { name: 'theirs' } });
    const error = await rejection(doc.save());
    expect(error).toBeInstanceOf(CowTrackingError);
    expect(error.conflicts).toEqual([{ path: 'name', base: 'a', mine: 'b', theirs: 'theirs' }]);
    expect(doc.$tracker.isModified()).toBe(true);
  });
});

describe('transactions', () => {
  it('see their own writes', async () => {
    const doc = await documents.load(Order, raw());
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        for (const name of ['b', 'c']) {
          doc.name = name;
          await doc.save({ session });
        }
      }),
    );
    expectClean(doc);
    expect(await stored(doc)).toMatchObject({ name: 'c' });
  });

  it('are repeated with the baseline from before', async () => {
    const doc = await documents.load(Order, raw());
    let attempts = 0;
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        doc.name = `attempt ${String(++attempts)}`;
        doc.mixed.a++;
        await doc.save({ session });
        if (attempts === 1) throw transientError();
      }),
    );
    expectClean(doc);
    expect(await stored(doc)).toMatchObject({ name: 'attempt 2', mixed: { a: 3 } });
  });

  it('abort at a conflict, and every change stays', async () => {
    const [doc, other] = await Promise.all([documents.load(Order, raw()), documents.load(Order, raw())]);
    await write(other, { $set: { name: 'theirs' } });
    const error = await documents.inSession((session) =>
      rejection(
        session.withTransaction(async () => {
          doc.name = 'mine';
          await doc.save({ session });
          other.name = 'mine';
          await other.save({ session });
        }),
      ),
    );
    expect(error.conflicts).toEqual([{ path: 'name', base: 'a', mine: 'mine', theirs: 'theirs' }]);
    expect([doc, other].map((item) => item.$tracker.getChanges() as Plain)).toEqual([
      { name: 'mine' },
      { name: 'mine' },
    ]);
    expect(await stored(doc)).toMatchObject({ name: 'a' });
  });

  it('the read that tells why is part of them', async () => {
    const doc = await documents.load(Order, raw());
    await documents.inSession(async (session) => {
      session.startTransaction();
      await Order.collection.updateOne({ _id: doc._id }, { $set: { name: 'theirs, inside' } }, { session });
      doc.name = 'mine';
      expect((await rejection(doc.save({ session }))).conflicts).toMatchObject([{ theirs: 'theirs, inside' }]);
      await session.abortTransaction();
    });
    doc.$session(null);
    await doc.save();
    expect(await stored(doc)).toMatchObject({ name: 'mine' });
  });

  it.each([true, false])('a commit without an answer (applied: %s)', async (applied) => {
    const doc = await documents.load(Order, raw());
    await documents.inSession(async (session) => {
      session.startTransaction();
      doc.name = 'b';
      doc.mixed.a = 2;
      await doc.save({ session });
      if (applied) proxy.dropAnswers('commitTransaction', 2);
      else proxy.dropRequests('commitTransaction', 2);
      await rejection(session.commitTransaction());
      proxy.heal();
    });
    if (!applied)
      await connection
        .getClient()
        .db('admin')
        .command({ killAllSessions: [] })
        .catch(() => undefined);
    doc.$session(null);
    doc.mixed.a = 3;
    await doc.save();
    expectClean(doc);
    expect(await stored(doc)).toMatchObject({ name: 'b', mixed: { a: 3 } });
  });
});

// Transactions that the server makes fail: attempts that are retried, commits that fail, commits whose answer is lost.
import type mongoose from 'mongoose';
import type { ClientSession, Connection } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { connect, failCommand } from '../helpers/db';
import type { FailPoint } from '../helpers/db';
import { Documents, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';
import { editOrder, editedOrder, orderSchema, rawOrder, storedOf, withoutDates } from './transactions-ways';

let proxy: Proxy;
let connection: Connection;
let Order: mongoose.Model<Doc>;
let saved: Doc[] = [];
const documents = new Documents(() => connection);

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
  Order = await documents.model(orderSchema(), {
    onSaved: (_record, doc) => {
      saved.push(doc);
    },
  });
});
beforeEach(() => (saved = []));
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

const transient = { errorCode: 112, errorLabels: ['TransientTransactionError'] };
const edited = withoutDates(editedOrder());
const unedited = withoutDates(rawOrder());

const off = (): Promise<unknown> =>
  connection.getClient().db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });

/** A commit that did not arrive leaves the transaction open at the server, which would hold its locks for a minute. */
async function endAtServer(session: ClientSession): Promise<void> {
  await off();
  proxy.heal();
  await connection
    .getClient()
    .db('admin')
    .command({ killSessions: [session.id] });
}

/** A document with changes, and one that is new. */
async function prepare(): Promise<[Doc, Doc]> {
  const doc = await documents.load(Order, rawOrder());
  editOrder(doc);
  return [doc, new Order(editedOrder())];
}

async function expectStoredOnce(docs: Doc[]): Promise<void> {
  expect(await storedOf(docs)).toEqual(docs.map(() => edited));
  for (const doc of docs) {
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
    expect(doc.__v).toBe((await documents.again(Order, doc)).__v);
  }
}

function expectPending([doc, inserted]: Doc[]): void {
  expect(doc.$tracker.getChanges()).toMatchObject({
    status: 'b',
    count: 3,
    'tags.1': 'y',
    'mixed.a': 2,
    'items.0.q': 2,
  });
  expect(doc.isModified()).toBe(true);
  expect(doc.__v).toBe(0);
  expect(doc.$tracker.lastSave).toBeNull();
  expect(inserted.isNew).toBe(true);
  expect(inserted.$tracker.lastSave).toBeNull();
}

const runners: [string, (attempt: (session: ClientSession) => Promise<unknown>) => Promise<unknown>][] = [
  ['session.withTransaction()', (attempt) => documents.inSession((session) => session.withTransaction(attempt))],
  ['connection.transaction()', (attempt) => connection.transaction(attempt)],
];

describe.each(runners)('%s runs its callback again', (_name, run) => {
  const faults: [string, FailPoint, number, number][] = [
    ['after a transient error of an update', { failCommands: ['update'], ...transient }, 1, 2],
    ['after two transient errors of an update', { failCommands: ['update'], ...transient }, 2, 3],
    ['after a transient error of an insert', { failCommands: ['insert'], ...transient }, 1, 2],
    ['after a connection that the server closes', { failCommands: ['update'], closeConnection: true }, 1, 2],
    ['after a transient error of the commit', { failCommands: ['commitTransaction'], ...transient }, 1, 2],
    ['after two transient errors of the commit', { failCommands: ['commitTransaction'], ...transient }, 2, 3],
  ];

  it.each(faults)('%s: stored once', async (_fault, data, times, expected) => {
    const docs = await prepare();
    await failCommand(connection, data, { times });
    let attempts = 0;
    await run(async (session) => {
      attempts += 1;
      for (const doc of docs) await doc.save({ session });
    });
    await off();
    expect(attempts).toBe(expected);
    expect(saved).toEqual(docs);
    await expectStoredOnce(docs);
  });

  it.each(faults)('%s: bulkSave(), stored once', async (_fault, data, times, expected) => {
    const docs = await prepare();
    await failCommand(connection, data, { times });
    let attempts = 0;
    await run((session) => {
      attempts += 1;
      return Order.bulkSave(docs, { session });
    });
    await off();
    expect(attempts).toBe(expected);
    expect(new Set(saved)).toEqual(new Set(docs));
    expect(saved).toHaveLength(2);
    await expectStoredOnce(docs);
  });

  it('after a conflict with another transaction: stored once, and the other one too', async () => {
    const docs = await prepare();
    const [doc] = docs;
    let attempts = 0;
    await documents.inSession(async (other) => {
      other.startTransaction();
      await Order.updateOne({ _id: doc._id }, { $set: { 'mixed.b': 1 } }, { session: other, timestamps: false });
      await run(async (session) => {
        attempts += 1;
        if (attempts === 2) await other.commitTransaction();
        for (const one of docs) await one.save({ session });
      });
    });
    expect(attempts).toBeGreaterThan(1);
    expect(await storedOf(docs)).toEqual([{ ...edited, mixed: { a: 2, b: 1 } }, edited]);
    for (const one of docs) expectClean(one);
  });
});

describe('a commit that the server refuses', () => {
  const refusals: [string, FailPoint][] = [
    ['with an error', { failCommands: ['commitTransaction'], errorCode: 8000 }],
    ['with a transient error', { failCommands: ['commitTransaction'], ...transient }],
  ];

  it.each(refusals)('%s is not taken for a commit, although the driver calls it one', async (_name, data) => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      session.startTransaction();
      for (const doc of docs) await doc.save({ session });
      await failCommand(connection, data);
      await rejection(session.commitTransaction());
      await endAtServer(session);
    });
    expect(await storedOf(docs)).toEqual([unedited, null]);
    expectPending(docs);
    expect(docs[0].$tracker.getUpdate()).toEqual({
      $set: { status: 'b', 'mixed.a': 2, 'items.0.q': 2 },
      $push: { tags: { $each: ['y'] } },
      $inc: { count: 2, __v: 1 },
    });
    expect(saved).toEqual([]);
    for (const doc of docs) await doc.save();
    await expectStoredOnce(docs);
  });

  it('in withTransaction() leaves the changes', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      const run = session.withTransaction(async () => {
        for (const doc of docs) await doc.save({ session });
        await failCommand(connection, { failCommands: ['commitTransaction'], errorCode: 8000 });
      });
      expect((await rejection(run)).code).toBe(8000);
      await endAtServer(session);
    });
    expectPending(docs);
    for (const doc of docs) await doc.save();
    await expectStoredOnce(docs);
  });
});

interface Unknown {
  readonly commit: string;
  readonly applied: boolean;
  readonly arrange: () => unknown;
}

/** The answer to a commit, and to the driver's own second try, never comes. */
const unknown: Unknown[] = [
  { commit: 'was run', applied: true, arrange: () => proxy.dropAnswers('commitTransaction', 2) },
  {
    commit: 'was run, but not replicated in time',
    applied: true,
    arrange: () =>
      failCommand(connection, {
        failCommands: ['commitTransaction'],
        writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
      }),
  },
  { commit: 'never arrived', applied: false, arrange: () => proxy.dropRequests('commitTransaction', 2) },
  {
    commit: 'met a server that had no time left for it',
    applied: false,
    arrange: () =>
      failCommand(connection, {
        failCommands: ['commitTransaction'],
        errorCode: 50,
        errorLabels: ['UnknownTransactionCommitResult'],
      }),
  },
];

describe.each(unknown)('a commit without an answer, which $commit', ({ applied, arrange }) => {
  const commitInVain = async (docs: Doc[], session: ClientSession): Promise<void> => {
    session.startTransaction();
    for (const doc of docs) await doc.save({ session });
    await arrange();
    const error = await rejection(session.commitTransaction());
    expect(error.hasErrorLabel('UnknownTransactionCommitResult')).toBe(true);
    await off();
    proxy.heal();
  };

  it('leaves the changes pending, and tells onSaved nothing', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      await endAtServer(session);
    });
    expect(await storedOf(docs)).toEqual(applied ? [edited, edited] : [unedited, null]);
    expectPending(docs);
    expect(saved).toEqual([]);
  });

  it('the next save is refused or right, and doubles nothing', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      await endAtServer(session);
    });
    for (const doc of docs) {
      const error: unknown = await doc.save().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      // Refused only because of what the transaction itself has stored.
      expect(error !== null).toBe(applied);
      if (error === null) expectClean(doc);
    }
    expect(await storedOf(docs)).toEqual([edited, edited]);
  });

  it.each<[string, (doc: Doc) => unknown, Plain]>([
    ['push()', (doc) => doc.tags.push('y'), { tags: ['x', 'y'] }],
    ['$inc()', (doc) => doc.$inc('count', 2), { count: 3 }],
  ])('the next save does not double %s alone', async (_name, edit, changed) => {
    const doc = await documents.load(Order, rawOrder());
    edit(doc);
    await documents.inSession(async (session) => {
      await commitInVain([doc], session);
      await endAtServer(session);
    });
    await doc.save().catch(() => null);
    expect(await storedOf([doc])).toEqual([{ ...unedited, ...changed }]);
  });

  it('is a commit once it is repeated and answered', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      await session.commitTransaction();
    });
    expect(saved).toEqual(docs);
    await expectStoredOnce(docs);
  });

  it('keeps an edit made before it is repeated and answered', async () => {
    const docs = await prepare();
    const [doc] = docs;
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      doc.status = 'c';
      doc.tags.push('z');
      doc.mixed.a = 3;
      await session.commitTransaction();
    });
    expect(doc.$tracker.getChanges()).toEqual({ status: 'c', 'tags.2': 'z', 'mixed.a': 3 });
    await doc.save();
    expect(await storedOf([doc])).toEqual([{ ...edited, status: 'c', tags: ['x', 'y', 'z'], mixed: { a: 3 } }]);
    expectClean(doc);
  });

  it('keeps an edit of a document that was inserted, too', async () => {
    const docs = await prepare();
    const [, inserted] = docs;
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      inserted.status = 'c';
      inserted.tags.push('z');
      inserted.mixed.a = 3;
      await session.commitTransaction();
    });
    expect(inserted.isNew).toBe(false);
    expect(inserted.$tracker.getChanges()).toEqual({ status: 'c', 'tags.2': 'z', 'mixed.a': 3 });
    await inserted.save();
    expect(await storedOf([inserted])).toEqual([{ ...edited, status: 'c', tags: ['x', 'y', 'z'], mixed: { a: 3 } }]);
  });

  it('an attempt that follows in the same session is refused or right', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      await commitInVain(docs, session);
      if (!applied) await endAtServer(session);
    });
    const run = connection.transaction(async (session) => {
      for (const doc of docs) await doc.save({ session });
    });
    const error: unknown = await run.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error !== null).toBe(applied);
    expect(await storedOf(docs)).toEqual([edited, edited]);
  });
});

describe('a commit whose answer is lost and that the driver repeats by itself', () => {
  const losses: [string, (times: number) => void][] = [
    ['the answer', (times) => proxy.dropAnswers('commitTransaction', times)],
    ['the command', (times) => proxy.dropRequests('commitTransaction', times)],
  ];

  it.each(losses)('%s lost once: a commit', async (_name, lose) => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      session.startTransaction();
      for (const doc of docs) await doc.save({ session });
      lose(1);
      await session.commitTransaction();
    });
    expect(saved).toEqual(docs);
    await expectStoredOnce(docs);
  });

  // withTransaction() calls commitTransaction() again, and that asks twice each time.
  it.each(losses)(
    '%s lost three times in withTransaction(): a commit, without a second attempt',
    async (_name, lose) => {
      const docs = await prepare();
      let attempts = 0;
      await documents.inSession((session) =>
        session.withTransaction(async () => {
          attempts += 1;
          for (const doc of docs) await doc.save({ session });
          lose(3);
        }),
      );
      expect(attempts).toBe(1);
      expect(saved).toEqual(docs);
      await expectStoredOnce(docs);
    },
  );
});

describe('an abort that the server refuses', () => {
  it.each<[string, FailPoint]>([
    ['with an error', { failCommands: ['abortTransaction'], errorCode: 8000 }],
    ['by closing the connection', { failCommands: ['abortTransaction'], closeConnection: true }],
  ])('%s is an abort: the driver does not wait for it', async (_name, data) => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      session.startTransaction();
      for (const doc of docs) await doc.save({ session });
      await failCommand(connection, data, { times: 2 });
      await session.abortTransaction();
      await endAtServer(session);
    });
    expectPending(docs);
    for (const doc of docs) await doc.save();
    await expectStoredOnce(docs);
  });

  it('a session that ends in the middle of a transaction aborts it', async () => {
    const docs = await prepare();
    await documents.inSession(async (session) => {
      session.startTransaction();
      for (const doc of docs) await doc.save({ session });
    });
    expectPending(docs);
    for (const doc of docs) await doc.save();
    await expectStoredOnce(docs);
  });
});

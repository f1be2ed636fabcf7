// Documents and sessions are not kept alive by the plugin once nobody else has them. `gc()` is what `--expose-gc` gives.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { failCommand } from '../helpers/db';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const documents = useDocuments();
let Order: Model<Doc>;

beforeAll(async () => {
  const schema = new Schema<Doc>(
    { name: String, count: Number, tags: [String], mixed: {}, items: [{ _id: false, q: Number }] },
    { timestamps: true },
  );
  Order = await documents.model(schema, { onSaved: () => undefined });
});

const raw = (): Plain => ({ name: 'a', count: 1, tags: ['x'], mixed: { a: 1 }, items: [{ q: 1 }] });

async function load(): Promise<Doc> {
  const doc = await documents.load(Order, raw());
  doc.name = 'b';
  doc.$inc('count', 2);
  doc.tags.push('y');
  doc.mixed.a = 2;
  doc.items[0].q = 2;
  return doc;
}

/** Are the targets gone after some collections? Several: a promise or a timer may hold one for another turn. */
async function collected(refs: readonly WeakRef<object>[], rounds = 20): Promise<boolean[]> {
  for (let i = 0; i < rounds; i++) {
    // What the driver's pool remembers of its last command goes with the next one.
    await Order.findOne({ name: 'nobody' }).lean();
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
    if (refs.every((ref) => ref.deref() === undefined)) break;
  }
  return refs.map((ref) => ref.deref() === undefined);
}

it('the test itself can tell: what is held is not collected, what is not held is', async () => {
  const held = await load();
  const make = async (): Promise<WeakRef<object>> => new WeakRef<object>(await load());
  expect(await collected([new WeakRef<object>(held), await make()], 5)).toEqual([false, true]);
  expect(held.name).toBe('b');
});

type Use = (doc: Doc) => Promise<unknown>;

describe('a document is not kept alive', () => {
  const uses: [string, Use][] = [
    ['by its changes', async (doc) => doc.$tracker.diff()],
    ['by a save', (doc) => doc.save()],
    [
      'by two saves',
      async (doc) => {
        await doc.save();
        doc.mixed.a = 3;
        await doc.save();
      },
    ],
    [
      'by a clean save',
      async (doc) => {
        await doc.save();
        await doc.save();
      },
    ],
    ['by bulkSave()', (doc) => Order.bulkSave([doc])],
    [
      'by a save that failed',
      async (doc) => {
        await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
        await doc.save().catch(() => undefined);
      },
    ],
    [
      'by a write concern error',
      async (doc) => {
        const writeConcernError = { code: 64, errmsg: 'late' };
        await failCommand(documents.connection, { failCommands: ['update'], writeConcernError });
        await doc.save().catch(() => undefined);
      },
    ],
    [
      'by a savepoint',
      async (doc) => {
        doc.$tracker.rollback(doc.$tracker.savepoint());
      },
    ],
    [
      'by a transaction that was committed',
      (doc) => documents.inSession((session) => session.withTransaction(() => doc.save({ session }))),
    ],
    [
      'by a transaction that was aborted',
      (doc) =>
        documents.inSession(async (session) => {
          session.startTransaction();
          await doc.save({ session });
          await session.abortTransaction();
        }),
    ],
    [
      'by a commit that was refused',
      (doc) =>
        documents.inSession(async (session) => {
          session.startTransaction();
          await doc.save({ session });
          await failCommand(documents.connection, { failCommands: ['commitTransaction'], errorCode: 8000 });
          await session.commitTransaction().catch(() => undefined);
        }),
    ],
    ['by a commit without an answer', (doc) => documents.inSession((session) => commitInVain(session, doc))],
    ['by connection.transaction()', (doc) => documents.connection.transaction((session) => doc.save({ session }))],
  ];

  it('by any of these', async () => {
    const refs: WeakRef<object>[] = [];
    // One after the other, as they share the fail point; but collected at once, as a collection takes its time.
    for (const [, use] of uses) refs.push(await refTo(use));
    const gone = await collected(refs);
    expect(uses.filter((_use, i) => !gone[i]).map(([name]) => name)).toEqual([]);
  });
});

/** A document that only the plugin could still hold. */
async function refTo(use: Use): Promise<WeakRef<object>> {
  const doc = await load();
  await use(doc);
  return new WeakRef<object>(doc);
}

async function commitInVain(
  session: Parameters<Parameters<typeof documents.inSession>[0]>[0],
  doc: Doc,
): Promise<void> {
  session.startTransaction();
  await doc.save({ session });
  const errorLabels = ['UnknownTransactionCommitResult'];
  await failCommand(documents.connection, { failCommands: ['commitTransaction'], errorCode: 50, errorLabels });
  await session.commitTransaction().catch(() => undefined);
}

describe('a session that goes on', () => {
  type Session = Parameters<typeof commitInVain>[0];
  const ends: [string, (session: Session, doc: Doc) => Promise<unknown>][] = [
    [
      'a commit',
      async (session, doc) => {
        session.startTransaction();
        await doc.save({ session });
        await session.commitTransaction();
      },
    ],
    [
      'an abort',
      async (session, doc) => {
        session.startTransaction();
        await doc.save({ session });
        await session.abortTransaction();
      },
    ],
    [
      'a commit without an answer, and the next transaction',
      async (session, doc) => {
        await commitInVain(session, doc);
        session.startTransaction();
        await Order.findOne({ name: 'nobody' }).session(session);
        await session.abortTransaction();
      },
    ],
  ];

  it('does not keep the documents of any of these', async () => {
    const sessions: Session[] = [];
    const refs: WeakRef<object>[] = [];
    for (const [, run] of ends) {
      const session = await documents.connection.startSession();
      sessions.push(session);
      // Mongoose lets the document refer to the session, never the other way round.
      refs.push(await refTo((doc) => run(session, doc)));
    }
    const gone = await collected(refs);
    expect(ends.filter((_end, i) => !gone[i]).map(([name]) => name)).toEqual([]);
    expect(sessions.map(({ hasEnded }) => hasEnded)).toEqual([false, false, false]);
    for (const session of sessions) await session.endSession();
  });
});

describe('a session that has ended is not kept alive', () => {
  it('however its transaction ended', async () => {
    const ends = ['a commit', 'an abort', 'neither', 'a commit without an answer'];
    const refs: WeakRef<object>[] = [];
    for (const end of ends) refs.push(await sessionEndedBy(end));
    const gone = await collected(refs);
    expect(ends.filter((_end, i) => !gone[i])).toEqual([]);
  });

  async function sessionEndedBy(end: string): Promise<WeakRef<object>> {
    // Mongoose lets a document keep its session until it is asked for it: it has to go as well.
    const doc = await load();
    const session = await documents.connection.startSession();
    if (end === 'a commit without an answer') await commitInVain(session, doc);
    else {
      session.startTransaction();
      await doc.save({ session });
      if (end === 'a commit') await session.commitTransaction();
      if (end === 'an abort') await session.abortTransaction();
    }
    await session.endSession();
    return new WeakRef<object>(session);
  }

  it('by a document that bulkSave() wrote, as long as Mongoose itself lets go of it', async () => {
    const doc = await load();
    const make = async (): Promise<WeakRef<object>> => {
      const session = await documents.connection.startSession();
      await session.withTransaction(() => Order.bulkSave([doc], { session }));
      await session.endSession();
      // Mongoose forgets an ended session when it is asked for it, in each subdocument by itself.
      expect([doc.$session() ?? null, doc.items[0].$session() ?? null]).toEqual([null, null]);
      return new WeakRef<object>(session);
    };
    expect(await collected([await make()])).toEqual([true]);
    expect(doc.name).toBe('b');
  });
});

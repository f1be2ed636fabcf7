// A way to the server that loses, breaks and holds back messages.
import type { Connection } from 'mongoose';
import { connect } from '../helpers/db';
import { Proxy } from '../helpers/proxy';
import { ledgers } from './ledger';
import type { Ledger } from './ledger';

let proxy: Proxy;
let connection: Connection;

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
});
afterEach(() => proxy.heal());
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

const losses: [string, (command: string, times: number) => void][] = [
  ['the command', (command, times) => proxy.dropRequests(command, times)],
  ['the answer', (command, times) => proxy.dropAnswers(command, times)],
];

async function stored(): Promise<Ledger> {
  const [ledger] = (await ledgers(connection, 1)) as [Ledger];
  ledger.add();
  expect(await ledger.save()).toBeNull();
  return ledger;
}

describe.each(losses)('%s lost', (_what, lose) => {
  it('once: the driver asks again, and it is applied once', async () => {
    const ledger = await stored();
    for (let i = 0; i < 3; i++) {
      ledger.add();
      lose('update', 1);
      expect(await ledger.save()).toBeNull();
      await ledger.expectPromisesKept();
    }
    await ledger.expectCompleteAfterRecovery();
  });

  it('twice: an error, and nothing is doubled or lost', async () => {
    const ledger = await stored();
    for (let i = 0; i < 3; i++) {
      ledger.add();
      lose('update', 2);
      expect(await ledger.save()).not.toBeNull();
      await ledger.expectPromisesKept();
      await ledger.recover();
    }
    await ledger.expectCompleteAfterRecovery();
  });

  it('in two saves in a row, with entries in between', async () => {
    const ledger = await stored();
    for (let i = 0; i < 2; i++) {
      ledger.add();
      lose('update', 2);
      await ledger.save();
      proxy.heal();
      await ledger.expectPromisesKept();
    }
    ledger.add();
    await ledger.expectCompleteAfterRecovery();
  });

  it('of an insert', async () => {
    const [ledger] = (await ledgers(connection, 1)) as [Ledger];
    ledger.add();
    lose('insert', 2);
    expect(await ledger.save()).not.toBeNull();
    await ledger.expectPromisesKept();
    ledger.add();
    await ledger.expectCompleteAfterRecovery();
  });

  it.each([1, 2, 3])('of a commit, %s times in connection.transaction(): a commit in the end', async (times) => {
    const ledger = await stored();
    ledger.add();
    const sent = [...ledger.pending];
    lose('commitTransaction', times);
    await connection.transaction(async (session) => {
      const error = await ledger.save(session);
      if (error !== null) throw error as Error;
    });
    ledger.confirm(sent);
    await ledger.expectPromisesKept();
    expect(ledger.doc.isModified()).toBe(false);
    await ledger.expectCompleteAfterRecovery();
  });

  it('of an update in a transaction: another attempt, applied once', async () => {
    const ledger = await stored();
    ledger.add();
    const sent = [...ledger.pending];
    lose('update', 1);
    let attempts = 0;
    await connection.transaction(async (session) => {
      attempts += 1;
      const error = await ledger.save(session);
      if (error !== null) throw error as Error;
    });
    expect(attempts).toBe(2);
    ledger.confirm(sent);
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  });
});

describe('an answer that is lost by a server that is gone afterwards', () => {
  // Longer than the half second after which the driver looks again.
  let impatient: Connection;
  beforeAll(async () => {
    ({ connection: impatient } = await connect({ uri: proxy.uri, driver: { serverSelectionTimeoutMS: 800 } }));
  });

  it.each(['update', 'insert', 'commitTransaction'])('%s: nothing is doubled or lost', async (command) => {
    const [ledger] = (await ledgers(impatient, 1)) as [Ledger];
    ledger.add();
    if (command !== 'insert') await ledger.save();
    ledger.add();
    const sent = [...ledger.pending];
    proxy.vanishAfter(command);
    if (command === 'commitTransaction') {
      const session = await impatient.startSession();
      session.startTransaction();
      await ledger.save(session);
      await expect(session.commitTransaction()).rejects.toThrow();
      await session.endSession().catch(() => undefined);
    } else {
      // The driver looks for a server to ask again, and that is the error it reports.
      expect(await ledger.save()).toMatchObject({ name: 'MongoServerSelectionError' });
    }
    proxy.heal();
    expect((await ledger.stored())?.['entries']).toEqual(expect.arrayContaining(sent));
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  });
});

describe('an answer that comes late', () => {
  it('entries made meanwhile are changes, and leave with the next save', async () => {
    const ledger = await stored();
    ledger.add();
    const held = proxy.holdAnswer('update');
    const saving = ledger.save();
    await held.arrived;
    // The server has applied it, and the application does not know yet.
    expect((await ledger.stored())?.['last']).toBe(2);
    ledger.add();
    ledger.add();
    held.release();
    expect(await saving).toBeNull();
    await ledger.expectPromisesKept();
    expect(ledger.doc.$tracker.getUpdate()).toMatchObject({
      $push: { entries: { $each: [3, 4] } },
      $inc: { sum: 7 },
      $set: { last: 4, 'details.n': 4 },
    });
    await ledger.expectCompleteAfterRecovery();
  });

  it('entries made during an insert, too', async () => {
    const [ledger] = (await ledgers(connection, 1)) as [Ledger];
    ledger.add();
    const held = proxy.holdAnswer('insert');
    const saving = ledger.save();
    await held.arrived;
    ledger.add();
    held.release();
    expect(await saving).toBeNull();
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  });

  it('and an entry made while a commit is under way is a change after it', async () => {
    const ledger = await stored();
    ledger.add();
    const sent = [...ledger.pending];
    const held = proxy.holdAnswer('commitTransaction');
    const running = connection.transaction((session) => ledger.save(session));
    await held.arrived;
    ledger.add();
    held.release();
    await running;
    ledger.confirm(sent);
    await ledger.expectPromisesKept();
    expect(ledger.doc.$tracker.getChanges()).toMatchObject({ 'entries.2': 3, last: 3, sum: 6 });
    await ledger.expectCompleteAfterRecovery();
  });

  it('and is lost after all: everything is pending, what was added meanwhile included', async () => {
    const ledger = await stored();
    ledger.add();
    proxy.dropAnswers('update', 2);
    const saving = ledger.save();
    ledger.add();
    expect(await saving).not.toBeNull();
    proxy.heal();
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  });
});

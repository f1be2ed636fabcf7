// Failures that the server makes: error codes, labels, closed connections, write concern errors, at every write of a
// document's life. At the end the stored document is compared with what the acknowledgements promise.
import type { Connection } from 'mongoose';
import { connect, failCommand } from '../helpers/db';
import type { FailPoint } from '../helpers/db';
import { ledgers } from './ledger';
import type { Ledger } from './ledger';

let connection: Connection;
beforeAll(async () => {
  ({ connection } = await connect());
});

const off = (): Promise<unknown> =>
  connection.getClient().db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });

const writes = { failCommands: ['insert', 'update'] };
const faults: [string, FailPoint, number][] = [
  ['an error code that nobody retries', { ...writes, errorCode: 8000 }, 1],
  ['no permission', { ...writes, errorCode: 13 }, 1],
  ['a time limit', { ...writes, errorCode: 50 }, 1],
  ['a write conflict', { ...writes, errorCode: 112 }, 1],
  ['a transient error', { ...writes, errorCode: 251, errorLabels: ['TransientTransactionError'] }, 1],
  ['an error that the driver retries once', { ...writes, errorCode: 89 }, 1],
  ['an error that the driver retries in vain', { ...writes, errorCode: 89 }, 2],
  ['a connection closed once', { ...writes, closeConnection: true }, 1],
  ['a connection closed twice', { ...writes, closeConnection: true }, 2],
  ['a write concern error', { ...writes, writeConcernError: { code: 64, errmsg: 'late' } }, 1],
  [
    'a write concern error of a server that shuts down',
    { ...writes, writeConcernError: { code: 91, errmsg: 'bye' } },
    1,
  ],
];

const moments: [string, number][] = [
  ['the insert', 0],
  ['the first update', 1],
  ['a later update', 3],
];

describe.each(faults)('%s', (_fault, data, times) => {
  it.each(moments)('at %s: every acknowledgement is kept, and all is stored in the end', async (_moment, at) => {
    const [ledger] = (await ledgers(connection, 1)) as [Ledger];
    for (let i = 0; i < 5; i++) {
      ledger.add();
      if (i === at) await failCommand(connection, data, { times });
      await ledger.save();
      await off();
      await ledger.expectPromisesKept();
    }
    await ledger.expectCompleteAfterRecovery();
  });

  it('at the commit of a transaction: the same', async () => {
    const [ledger] = (await ledgers(connection, 1)) as [Ledger];
    ledger.add();
    await ledger.save();
    for (let i = 0; i < 2; i++) {
      ledger.add();
      const sent = [...ledger.pending];
      await failCommand(connection, { ...data, failCommands: ['commitTransaction'] }, { times });
      const error: unknown = await connection
        .transaction(async (session) => {
          const failed = await ledger.save(session);
          if (failed !== null) throw failed as Error;
        })
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      await off();
      if (error === null) ledger.confirm(sent);
      // A commit that did not arrive would hold the document for a minute.
      await connection.getClient().db('admin').command({ killAllSessions: [] });
      await ledger.expectPromisesKept();
      await ledger.recover();
    }
    await ledger.expectCompleteAfterRecovery();
  });
});

it('one fault after another, on several documents at once: every acknowledgement is kept', async () => {
  const all = await ledgers(connection, 5);
  for (const [, data, times] of faults) {
    await failCommand(connection, data, { times });
    await Promise.all(
      all.map(async (ledger) => {
        ledger.add();
        const saving = ledger.save();
        await saving;
      }),
    );
    await off();
    for (const ledger of all) await ledger.expectPromisesKept();
  }
  for (const ledger of all) await ledger.expectCompleteAfterRecovery();
});

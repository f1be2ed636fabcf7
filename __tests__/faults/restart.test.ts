// A server that is killed while documents are being saved, and started again on what it had stored.
import mongoose from 'mongoose';
import type { Connection } from 'mongoose';
import { startPrivateServer } from '../../scripts/server/index.cjs';
import { ledgers } from './ledger';
import type { Ledger } from './ledger';

let server: Awaited<ReturnType<typeof startPrivateServer>>;
let connection: Connection;

beforeAll(async () => {
  server = await startPrivateServer();
  const options = { dbName: 'restart', serverSelectionTimeoutMS: 300, heartbeatFrequencyMS: 500 };
  connection = await mongoose.createConnection(server.uri, options).asPromise();
}, 60_000);

afterAll(async () => {
  await connection.close();
  await server.stop();
});

async function restart(): Promise<void> {
  await server.restart();
  // The driver looks again every half second.
  for (let tries = 0; tries < 40; tries++) {
    try {
      await connection.getClient().db('admin').command({ ping: 1 });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function stored(count: number): Promise<Ledger[]> {
  const all = await ledgers(connection, count);
  for (const ledger of all) {
    ledger.add();
    expect(await ledger.save()).toBeNull();
  }
  return all;
}

it('saves against a server that is down fail, and all of it is stored once it is back', async () => {
  const all = await stored(3);
  const [, fresh] = [all, (await ledgers(connection, 1))[0]!];
  await server.kill();
  for (const ledger of [...all, fresh]) {
    ledger.add();
    expect(await ledger.save()).not.toBeNull();
    ledger.add();
    expect(ledger.doc.isModified()).toBe(true);
  }
  expect(fresh.doc.isNew).toBe(true);
  await restart();
  for (const ledger of [...all, fresh]) {
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  }
}, 60_000);

it('a server that is killed in the middle of many saves: every acknowledgement is kept', async () => {
  const all = await stored(6);
  let down = false;
  const working = Promise.all(
    all.map(async (ledger) => {
      while (!down) {
        ledger.add();
        await ledger.save();
      }
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.kill();
  down = true;
  await working;
  await restart();
  for (const ledger of all) {
    expect(ledger.acknowledged.size).toBeGreaterThan(0);
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  }
}, 60_000);

it('a server that is killed before a commit: the transaction is as if it had never been', async () => {
  const all = await stored(3);
  const session = await connection.startSession();
  session.startTransaction();
  for (const ledger of all) {
    ledger.add();
    expect(await ledger.save(session)).toBeNull();
    expect(ledger.doc.isModified()).toBe(false);
  }
  await server.kill();
  await expect(session.commitTransaction()).rejects.toThrow();
  await session.endSession();
  for (const ledger of all) {
    expect(ledger.doc.isModified()).toBe(true);
    expect(ledger.doc.__v).toBe(0);
  }
  await restart();
  for (const ledger of all) {
    await ledger.expectPromisesKept();
    await ledger.expectCompleteAfterRecovery();
  }
}, 60_000);

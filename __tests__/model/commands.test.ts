// Random sequences of edits, saves, faults and transactions against a simple model. Set MODEL_SEED to repeat a run and
// MODEL_RUNS for another number of sequences; `npm run test:model` runs for as long as you like.
import fc from 'fast-check';
import type { Connection, Model as MongooseModel } from 'mongoose';
import { connect, failCommand } from '../helpers/db';
import { Documents } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';
import { commands, start } from './commands';
import { initial, schema } from './edits';
import type { Faults, Real } from './model';

const runs = Number(process.env['MODEL_RUNS'] ?? 200);
const minutes = Number(process.env['MODEL_MINUTES'] ?? 0);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let proxy: Proxy;
let connection: Connection;
let model: MongooseModel<Doc>;
const documents = new Documents(() => connection);

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
  model = await documents.model(schema());
});
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

const admin = (command: Record<string, unknown>): Promise<unknown> =>
  connection.getClient().db('admin').command(command);

let armed = false;
const faults: Faults = {
  async arm(fault, command) {
    const failCommands = [command];
    armed = fault !== 'none';
    switch (fault) {
      case 'none':
        return;
      case 'refused':
        await failCommand(connection, { failCommands, errorCode: 8000 });
        return;
      case 'connection closed':
        await failCommand(connection, { failCommands, closeConnection: true }, { times: 2 });
        return;
      case 'never run':
        await failCommand(connection, {
          failCommands,
          errorCode: 50,
          errorLabels: ['UnknownTransactionCommitResult'],
        });
        return;
      case 'late replication':
        await failCommand(connection, { failCommands, writeConcernError: { code: 64, errmsg: 'late' } });
        return;
      case 'answer lost':
        proxy.dropAnswers(command, 2);
    }
  },
  async disarm() {
    if (!armed) return;
    armed = false;
    proxy.heal();
    await admin({ configureFailPoint: 'failCommand', mode: 'off' });
  },
  async kill(session) {
    await admin({ killSessions: [session.id] });
  },
};

async function runOne(sequence: Parameters<typeof fc.asyncModelRun>[1]): Promise<void> {
  const docs: [Doc, Doc] = [await documents.load(model, initial()), new model(initial())];
  let real: Real | undefined;
  try {
    await fc.asyncModelRun(() => {
      real = { model, docs, session: undefined, faults };
      return { model: start(), real };
    }, sequence);
  } finally {
    await faults.disarm();
    await real?.session?.endSession();
  }
}

it(
  'what is acknowledged is stored, everything else is still a change',
  async () => {
    const property = fc.asyncProperty(commands(25), (sequence) => runOne(sequence as never));
    const end = Date.now() + minutes * 60_000;
    let next = seed;
    let sequences = 0;
    try {
      do {
        // A failure is made smaller, but not for ever: each try costs a few dozen round trips.
        await fc.assert(property, {
          seed: next,
          numRuns: runs,
          // Else most sequences are too short to get anywhere.
          unbiased: true,
          interruptAfterTimeLimit: 240_000,
          markInterruptAsFailure: true,
        });
        sequences += runs;
        next += 1;
      } while (Date.now() < end);
    } finally {
      process.stdout.write(
        `model: ${String(sequences)} sequences, MODEL_SEED=${String(next === seed ? seed : next - 1)}\n`,
      );
    }
  },
  300_000 + minutes * 60_000,
);

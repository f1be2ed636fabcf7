// Sequences of commands on a server of faults, for the tests that make them at random.
import fc from 'fast-check';
import type { Connection, Model as MongooseModel } from 'mongoose';
import { connect, failCommand } from '../helpers/db';
import { Documents } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';
import { commands, start } from './commands';
import { initial, schema } from './edits';
import type { Faults, Real } from './model';

type Sequence = Parameters<typeof fc.asyncModelRun>[1];

let proxy: Proxy;
let connection: Connection;
let model: MongooseModel<Doc>;
const documents = new Documents(() => connection);

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

async function runOne(sequence: Sequence): Promise<void> {
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

interface Sequences {
  /** Runs so many sequences, and makes the first that fails smaller. */
  check(seed: number, runs: number): Promise<fc.RunDetails<[Sequence]>>;
}

/** To be called at the top of a test file. */
export function useSequences(): Sequences {
  beforeAll(async () => {
    proxy = await Proxy.start();
    ({ connection } = await connect({ uri: proxy.uri }));
    model = await documents.model(schema());
  });
  // After the hook of the helper has dropped the database through it.
  afterAll(() => setImmediate(() => void proxy.stop()));
  const property = fc.asyncProperty(commands(25), runOne);
  return {
    check: (seed, runs) =>
      fc.check(property, {
        seed,
        numRuns: runs,
        // Else most sequences are too short to get anywhere.
        unbiased: true,
        // A failure is made smaller, but not for ever: each try costs a few dozen round trips.
        interruptAfterTimeLimit: 240_000,
        markInterruptAsFailure: true,
      }),
  };
}

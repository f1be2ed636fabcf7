import { basename } from 'node:path';
import mongoose from 'mongoose';
import type { Connection, ConnectOptions as ConnectionOptions, Schema } from 'mongoose';

const { BSON } = mongoose.mongo;

/** One command as it went to the server. */
export interface WireCommand {
  readonly name: string;
  readonly collection: string | undefined;
  /** What the server read: detached, so a later change of a document does not show in it. */
  readonly command: Readonly<Record<string, unknown>>;
  /** Its size as BSON, session fields included. */
  readonly bytes: number;
}

export interface CommandRecorder {
  readonly commands: readonly WireCommand[];
  clear(): void;
  stop(): void;
}

/** What the driver sends for itself. */
const NOISE = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions', 'killCursors', 'configureFailPoint']);

const open: Connection[] = [];

export interface ConnectOptions {
  /** Another way to the server of the run, or another server. */
  readonly uri?: string;
  /** Opens `mongoose.connection`, which `mongoose.startSession()` needs, instead of a connection of its own. */
  readonly asDefault?: boolean;
  /** Options of the driver. */
  readonly driver?: ConnectionOptions;
}

/** A connection to a database of its own, which is dropped after the tests of the file. */
export async function connect({ uri = serverUri(), asDefault = false, driver = {} }: ConnectOptions = {}) {
  const name = databaseName();
  const connection = await (asDefault ? mongoose.connection : mongoose.createConnection()).openUri(uri, {
    dbName: name,
    // What `failCommand` tells this connection from those of other tests by.
    appName: name,
    monitorCommands: true,
    // A monitor that streams would leave a client waiting for up to 10 seconds after an injected error.
    serverMonitoringMode: 'poll',
    // mongoose 8's driver leaves the timer of a retried write behind, and jest waits for it.
    serverSelectionTimeoutMS: 5000,
    ...driver,
  });
  open.push(connection);
  let models = 0;
  return {
    connection,
    /** A model whose collection and indexes exist: SecantusDB can hang when an insert creates a collection meanwhile. */
    async model<TSchema extends Schema>(schema: TSchema, name = `Model${String(++models)}`) {
      const model = connection.model(name, schema);
      await model.init();
      return model;
    },
  };
}

afterAll(async () => {
  for (const connection of open.splice(0)) {
    await connection.dropDatabase();
    await connection.close();
  }
});

/** The commands that a connection sends from now on, in order. */
export function recordCommands(connection: Connection): CommandRecorder {
  const commands: WireCommand[] = [];
  const listener = (event: { commandName: string; command: Record<string, unknown> }): void => {
    const { commandName: name, command } = event;
    if (NOISE.has(name)) return;
    const bytes = BSON.serialize(command, { ignoreUndefined: false });
    const target = command[name];
    commands.push({
      name,
      collection: typeof target === 'string' ? target : undefined,
      command: BSON.deserialize(bytes, { promoteBuffers: true }),
      bytes: bytes.byteLength,
    });
  };
  const client = connection.getClient();
  client.on('commandStarted', listener);
  return {
    commands,
    clear: () => commands.splice(0),
    stop: () => client.off('commandStarted', listener),
  };
}

export interface FailPoint {
  failCommands: string[];
  errorCode?: number;
  errorLabels?: string[];
  /** Instead of an answer, and of running the command. */
  closeConnection?: boolean;
  /** Lets the command wait, and then run or fail. */
  blockConnection?: boolean;
  blockTimeMS?: number;
  /** The command runs; its answer carries this. */
  writeConcernError?: { code: number; errmsg: string };
}

/** Lets the server fail commands of this connection, the next one unless told; answers how to end that. */
export async function failCommand(
  connection: Connection,
  data: FailPoint,
  mode: 'alwaysOn' | { times: number } = { times: 1 },
): Promise<() => Promise<void>> {
  const client = connection.getClient();
  const admin = client.db('admin');
  const { appName } = client.options;
  await admin.command({ configureFailPoint: 'failCommand', mode, data: { ...data, ...(appName && { appName }) } });
  return async () => {
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  };
}

export function serverUri(): string {
  const uri = process.env['MONGODB_URI'];
  if (!uri) throw new Error('MONGODB_URI is set by the global setup of jest; run the tests through it');
  return uri;
}

/** Of one test file on one major, and of one run: a server that outlives the run may hold an earlier one's. */
function databaseName(): string {
  const file = basename(expect.getState().testPath ?? 'test')
    .replace(/\.test\.ts$/, '')
    .replace(/\W/g, '_');
  const major = mongoose.version.split('.')[0] ?? '';
  const unique = new mongoose.Types.ObjectId().toHexString();
  return `cow_${file.slice(0, 20)}_${major}_${unique}`;
}

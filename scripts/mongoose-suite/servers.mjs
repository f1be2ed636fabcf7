import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { UsageError } from './usage-error.mjs';

/**
 * One server that runs one test file at a time. Mongoose's tests have their database names written into them, so
 * files are kept apart by the server's state and not by a database per file.
 *
 * @typedef {object} TestServer
 * @property {string} uri
 * @property {() => Promise<void>} fresh empties the server, before a file runs
 * @property {() => Promise<void>} stop
 * @property {() => void} kill the same at once, when the process has to end
 *
 * @typedef {object} ServerInfo
 * @property {string} name what the server says it is
 * @property {string | undefined} replicaSet
 */

/** A server that was emptied by us carries this database; any other that holds data is left alone. */
const MARK = 'mongoose_suite_scratch';
const SYSTEM_DATABASES = new Set(['admin', 'config', 'local']);

/**
 * The checkout's own driver: the project has none of its own, and this one fits what the tests use.
 *
 * @param {string} checkout
 * @returns {any}
 */
function driverOf(checkout) {
  return createRequire(join(checkout, 'package.json'))('mongodb');
}

/**
 * @template T
 * @param {string} checkout
 * @param {string} uri
 * @param {(client: any) => Promise<T>} use
 * @param {number} [patience] how long to wait for the server, in milliseconds
 * @returns {Promise<T>}
 */
async function withClient(checkout, uri, use, patience = 5000) {
  const { MongoClient } = driverOf(checkout);
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: patience, connectTimeoutMS: patience });
  try {
    await client.connect().catch((/** @type {Error} */ { message }) => {
      throw new UsageError(`no server answers at ${uri}: ${message}`);
    });
    return await use(client);
  } finally {
    await client.close(true);
  }
}

/**
 * @param {string} checkout
 * @param {string} uri
 * @returns {Promise<ServerInfo>}
 */
export function serverInfo(checkout, uri) {
  return withClient(checkout, uri, async (client) => {
    const admin = client.db('admin');
    const build = await admin.command({ buildInfo: 1 });
    const hello = await admin.command({ hello: 1 });
    // Servers that only speak MongoDB's protocol name their own version in a field such as `secantusVersion`.
    const own = Object.keys(build).find(
      (key) => /^(?!version$).+version$/i.test(key) && typeof build[key] === 'string' && key !== 'gitVersion',
    );
    const compiler = String(build.buildEnvironment?.cc ?? '').trim();
    const name = [build.version, own && `${own} ${build[own]}`, compiler].filter(Boolean).join(', ');
    return { name, replicaSet: hello.setName };
  });
}

/**
 * A server that somebody else runs. It is emptied before every file, so it must be one that may be.
 *
 * @param {string} checkout
 * @param {string} uri
 * @returns {Promise<TestServer>}
 */
export async function borrowServer(checkout, uri) {
  await withClient(checkout, uri, async (client) => {
    const names = await databaseNames(client);
    if (names.length > 0 && !names.includes(MARK)) {
      throw new UsageError(
        `the server at ${uri} holds databases (${names.join(', ')}) and would be emptied: ` +
          `give a server of its own, or create a database "${MARK}" in it to say that it may be emptied`,
      );
    }
    await mark(client);
  });
  return {
    uri,
    fresh: () =>
      withClient(checkout, uri, async (client) => {
        for (const name of await databaseNames(client)) {
          await client.db(name).dropDatabase();
        }
        await mark(client);
      }),
    stop: async () => {},
    kill: () => {},
  };
}

/** @param {any} client */
async function databaseNames(client) {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  return databases
    .map((/** @type {{ name: string }} */ { name }) => name)
    .filter((/** @type {string} */ name) => !SYSTEM_DATABASES.has(name));
}

/** @param {any} client */
function mark(client) {
  return client
    .db(MARK)
    .collection('mark')
    .updateOne({ _id: 'mark' }, { $set: { at: new Date() } }, { upsert: true });
}

/**
 * A server of our own: a new process with an empty folder for every file, so that neither data nor a hanging
 * transaction, index build or cursor reaches the next one.
 *
 * @param {string} checkout
 * @param {string} command with `{port}` and `{dir}` in it; split at blanks, no shell
 * @param {string} logFile
 * @returns {TestServer}
 */
export function ownServer(checkout, command, logFile) {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  /** @type {string | undefined} */
  let dir;

  const server = {
    uri: '',
    async fresh() {
      await server.stop();
      const port = await freePort();
      dir = await mkdtemp(join(tmpdir(), 'mongoose-suite-'));
      const [program, ...args] = command
        .split(/\s+/)
        .map((word) => word.replaceAll('{port}', String(port)).replaceAll('{dir}', /** @type {string} */ (dir)));
      const log = openSync(logFile, 'a');
      child = spawn(program, args, { stdio: ['ignore', log, log] });
      closeSync(log);
      const failed = new Promise((_, reject) => {
        child?.once('error', (error) => {
          child = undefined;
          reject(new UsageError(`"${command}" could not be started: ${error.message}`));
        });
        child?.once('exit', (code, signal) =>
          reject(new UsageError(`"${command}" ended at once (${signal ?? code}), see ${logFile}`)),
        );
      });
      failed.catch(() => {});
      server.uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
      await Promise.race([failed, ready(checkout, server.uri)]);
    },
    async stop() {
      if (child && child.exitCode === null && child.signalCode === null) {
        // Not SIGTERM: the data is thrown away, and a server that hangs must not be waited for.
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
      child = undefined;
      if (dir) {
        await rm(dir, { recursive: true, force: true });
        dir = undefined;
      }
    },
    kill() {
      child?.kill('SIGKILL');
      if (dir) {
        rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
  return server;
}

/**
 * @param {string} checkout
 * @param {string} uri
 */
async function ready(checkout, uri) {
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      await withClient(checkout, uri, (client) => client.db('admin').command({ ping: 1 }), 300);
      return;
    } catch (error) {
      if (Date.now() > until) {
        throw error;
      }
      await sleep(50);
    }
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

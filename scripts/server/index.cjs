// @ts-check
'use strict';

/**
 * The server that tests, demo and benchmarks run on, found without asking: MONGODB_URI; else a mongod through
 * mongodb-memory-server; else SecantusDB from PyPI. TEST_SERVER=mongod or TEST_SERVER=secantus skips the search.
 */
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { describeServer } = require('./describe.cjs');
const { MisconfiguredError, messageOf } = require('./errors.cjs');
const { startMongod } = require('./mongod.cjs');
const { discard } = require('./process.cjs');
const { startSecantus } = require('./secantus.cjs');

/**
 * Where a server of ours puts itself.
 *
 * @typedef {object} Place
 * @property {string | undefined} [storagePath] kept when the server ends; without it nothing is kept
 * @property {number | 'restartable' | undefined} [port] any; `'restartable'`: one that stays free while it is down
 * @property {boolean | undefined} [temporary] `storagePath` goes when this process goes
 */

/**
 * @typedef {object} Running
 * @property {string} uri
 * @property {number} port
 * @property {number} pid
 * @property {string} origin where its program comes from
 * @property {() => Promise<void>} kill SIGKILL; what is stored stays
 * @property {() => Promise<Running>} restart after `kill`
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} Server
 * @property {string} uri
 * @property {'external' | Kind} kind
 * @property {string} label what it is, its version and where it comes from
 * @property {() => Promise<void>} stop
 */

/**
 * @typedef {object} PrivateServer
 * @property {string} uri the same after a restart
 * @property {Kind} kind
 * @property {string} label
 * @property {number} port
 * @property {string} storagePath
 * @property {() => number | null} pid null while it is down
 * @property {() => Promise<void>} kill SIGKILL, as a crash would
 * @property {() => Promise<void>} restart on the same storage and port; kills it first if it runs
 * @property {() => Promise<void>} stop for good; a storage folder that was not the caller's is removed
 */

/** @typedef {'mongod' | 'secantus'} Kind */

/** @type {Record<Kind, (place: Place) => Promise<Running>>} */
const STARTERS = { mongod: startMongod, secantus: startSecantus };

/**
 * The server of this run. Writes one line about it to standard error.
 *
 * @param {{ announce?: boolean }} [options]
 * @returns {Promise<Server>}
 */
async function startServer({ announce = true } = {}) {
  const server = (await externalServer()) ?? (await ownServer());
  if (announce) process.stderr.write(`server: ${server.label}\n`);
  return server;
}

/** @returns {Promise<Server | null>} */
async function externalServer() {
  const uri = process.env['MONGODB_URI'];
  if (!uri) return null;
  try {
    return { uri, kind: 'external', label: await describeServer(uri, 'MONGODB_URI'), stop: () => Promise.resolve() };
  } catch (error) {
    throw new MisconfiguredError(`MONGODB_URI is set, but that server cannot be used: ${messageOf(error)}`);
  }
}

/** @returns {Promise<Server>} */
async function ownServer() {
  const { kind, label, running } = await startOne({});
  return { uri: running.uri, kind, label, stop: running.stop };
}

/**
 * A server of the caller's own, to kill and to start again: MONGODB_URI is not used for it.
 *
 * @param {{ storagePath?: string, port?: number }} [place]
 * @returns {Promise<PrivateServer>}
 */
async function startPrivateServer(place = {}) {
  const temporary = place.storagePath === undefined;
  const storagePath = place.storagePath ?? mkdtempSync(path.join(tmpdir(), 'cow-storage-'));
  const discardStorage = () => {
    if (temporary) discard(storagePath);
  };
  process.once('exit', discardStorage);

  try {
    const first = await startOne({ storagePath, temporary, port: place.port ?? 'restartable' });
    const { kind, label } = first;
    const { uri, port } = first.running;
    let running = first.running;
    let up = true;
    const kill = async () => {
      if (!up) return;
      up = false;
      await running.kill();
    };
    return {
      uri,
      kind,
      port,
      storagePath,
      label,
      pid: () => (up ? running.pid : null),
      kill,
      async restart() {
        await kill();
        running = await running.restart();
        up = true;
      },
      async stop() {
        up = false;
        await running.stop();
        process.off('exit', discardStorage);
        discardStorage();
      },
    };
  } catch (error) {
    process.off('exit', discardStorage);
    discardStorage();
    throw error;
  }
}

/** @param {Place} place */
async function startOne(place) {
  /** @type {Partial<Record<Kind, string>>} */
  const reasons = {};
  for (const kind of kindsToTry()) {
    /** @type {Running | undefined} */
    let running;
    try {
      running = await STARTERS[kind](place);
      return { kind, running, label: await describeServer(running.uri, running.origin) };
    } catch (error) {
      await running?.stop();
      if (error instanceof MisconfiguredError) throw error;
      reasons[kind] = messageOf(error);
    }
  }
  throw new Error(
    [
      'No MongoDB server for this run. Three ways to give it one:',
      `  1. MONGODB_URI=mongodb://..., a replica set so that transactions work (${process.env['MONGODB_URI'] ? 'set, but this needs a server of its own' : 'not set'})`,
      `  2. a mongod through mongodb-memory-server: MONGOMS_SYSTEM_BINARY=path, or a way to its download host (${reasons.mongod ?? 'not tried'})`,
      `  3. SecantusDB: Python 3.10 or newer and a way to PyPI, or SECANTUS_BINARY=path (${reasons.secantus ?? 'not tried'})`,
    ].join('\n'),
  );
}

/** @returns {Kind[]} */
function kindsToTry() {
  const kinds = /** @type {Kind[]} */ (Object.keys(STARTERS));
  const wanted = process.env['TEST_SERVER'];
  if (!wanted) return kinds;
  const kind = kinds.find((one) => one === wanted);
  if (!kind) throw new MisconfiguredError(`TEST_SERVER is "${wanted}"; it can be ${kinds.join(' or ')}`);
  return [kind];
}

module.exports = { startPrivateServer, startServer };

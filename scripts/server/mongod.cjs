// @ts-check
'use strict';

const { createRequire } = require('node:module');
const http = require('node:http');
const https = require('node:https');
const { mkdirSync } = require('node:fs');
const { MisconfiguredError, messageOf } = require('./errors.cjs');
const { freePort } = require('./ports.cjs');
const { discard, guard, makeScratch } = require('./process.cjs');

/** @typedef {import('./index.cjs').Running} Running */
/** @typedef {import('./index.cjs').Place} Place */

/** How long the download host may take to say that it has the file. */
const PROBE_PATIENCE = 3000;

/**
 * @param {Place} place
 * @returns {Promise<Running>}
 */
async function startMongod(place) {
  try {
    return await withoutWarnings(async () => {
      await findBinary();
      return place.port === 'restartable'
        ? freePort((port) => launch({ ...place, port }))
        : launch({ ...place, port: place.port });
    });
  } catch (error) {
    if (!process.env['MONGOMS_SYSTEM_BINARY']) throw error;
    throw new MisconfiguredError(`MONGOMS_SYSTEM_BINARY cannot be used: ${messageOf(error)}`);
  }
}

/** Leaves a mongod where mongodb-memory-server finds it, or rejects within seconds. */
async function findBinary() {
  const { DryMongoBinary, MongoBinary } = require('mongodb-memory-server');
  const options = DryMongoBinary.getEnsuredOptions();
  if (await DryMongoBinary.locateBinary(options)) return;
  // Its own attempts take far longer to find out that there is no way out to the download host.
  await probe(await downloadUrl());
  await MongoBinary.getPath(options);
}

/** @returns {Promise<URL>} of the archive that would be downloaded */
async function downloadUrl() {
  const { DryMongoBinary } = require('mongodb-memory-server');
  const core = createRequire(require.resolve('mongodb-memory-server'));
  const { ResolveConfigVariables, envToBool, resolveConfig } = core(
    'mongodb-memory-server-core/lib/util/resolveConfig',
  );
  if (!envToBool(resolveConfig(ResolveConfigVariables.RUNTIME_DOWNLOAD))) throw new Error('downloads are switched off');
  const { MongoBinaryDownloadUrl } = core('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl');
  const options = await DryMongoBinary.generateOptions();
  return new URL(await new MongoBinaryDownloadUrl(options).getDownloadUrl());
}

/** @param {URL} url */
async function probe(url) {
  const proxy = [
    ...['https_proxy', 'http_proxy', 'HTTPS_PROXY', 'HTTP_PROXY'],
    ...['npm_config_https-proxy', 'npm_config_proxy'],
  ].find((name) => process.env[name]);
  const { HttpsProxyAgent } = proxy ? require('https-proxy-agent') : { HttpsProxyAgent: undefined };
  const agent = HttpsProxyAgent && new HttpsProxyAgent(/** @type {string} */ (process.env[String(proxy)]));
  const { request } = url.protocol === 'http:' ? http : https;
  /** @type {number | undefined} */
  const status = await new Promise((resolve, reject) => {
    const head = request(url, { method: 'HEAD', ...(agent && { agent }) }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    const timer = setTimeout(() => head.destroy(new Error('no answer')), PROBE_PATIENCE);
    head.on('error', reject).on('close', () => clearTimeout(timer));
    head.end();
  }).catch((error) => {
    throw new Error(`the download host cannot be reached (${messageOf(error)})`);
  });
  if (status === undefined || status >= 400) throw new Error(`the download host answers ${String(status)}`);
}

/**
 * @param {{ storagePath?: string | undefined, port?: number | undefined, temporary?: boolean | undefined }} place
 * @returns {Promise<Running>}
 */
async function launch({ storagePath, port, temporary }) {
  const { MongoMemoryReplSet } = require('mongodb-memory-server');
  const dbPath = storagePath ?? makeScratch();
  const throwaway = storagePath === undefined || temporary ? [dbPath] : [];
  mkdirSync(dbPath, { recursive: true });
  const set = new MongoMemoryReplSet({
    instanceOpts: [{ dbPath, storageEngine: 'wiredTiger', ...(port !== undefined && { port }) }],
    replSet: { name: 'rs0', count: 1, storageEngine: 'wiredTiger', args: ['--setParameter', 'enableTestCommands=1'] },
  });

  /** @returns {Promise<Running>} */
  const start = async () => {
    await set.start();
    const info = set.servers[0]?.instanceInfo;
    const mongod = info?.instance.mongodProcess;
    if (!info || mongod?.pid === undefined) throw new Error('mongod did not start');
    if (port !== undefined && info.port !== port) throw new Error(`port ${String(port)} is in use`);
    // None of these may keep a script alive that has nothing else to do.
    for (const stream of [mongod.stdout, mongod.stderr]) /** @type {import('node:net').Socket} */ (stream).unref();
    info.instance.killerProcess?.channel?.unref();
    const exited = new Promise((resolve) => mongod.once('exit', resolve));
    void exited.then(guard(mongod.pid, throwaway));
    return {
      uri: `mongodb://127.0.0.1:${String(info.port)}/?replicaSet=rs0&serverMonitoringMode=poll`,
      port: info.port,
      pid: mongod.pid,
      origin: process.env['MONGOMS_SYSTEM_BINARY'] ? 'MONGOMS_SYSTEM_BINARY' : 'mongodb-memory-server',
      async kill() {
        mongod.ref();
        mongod.kill('SIGKILL');
        await exited;
      },
      // The same set: a new one would not take this port again, for 10 seconds.
      restart: () =>
        withoutWarnings(async () => {
          await set.stop({ doCleanup: false });
          return start();
        }),
      async stop() {
        await withoutWarnings(() => set.stop({ doCleanup: false }));
        throwaway.forEach(discard);
      },
    };
  };

  try {
    return await start();
  } catch (error) {
    await set.stop({ doCleanup: false }).catch(() => {});
    throwaway.forEach(discard);
    throw error;
  }
}

/**
 * mongodb-memory-server writes to the console what we say better, or do not mind.
 *
 * @template T
 * @param {() => Promise<T>} work
 */
async function withoutWarnings(work) {
  const { warn } = console;
  console.warn = () => {};
  try {
    return await work();
  } finally {
    console.warn = warn;
  }
}

module.exports = { startMongod };

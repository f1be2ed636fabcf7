import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} FileResult
 * @property {Record<string, number>} passed full title -> how many tests of that title passed
 * @property {Record<string, string>} failed full title -> error
 * @property {string[]} pending
 * @property {Record<string, string>} hooks failed hooks: the tests after one did not run
 * @property {string} ended `''`, or why the file did not come to its end
 * @property {number} ms
 * @property {string[]} [unsteady] of a baseline: titles that passed here, and did not in a later run
 *
 * @typedef {object} PluginUse
 * @property {string} file
 * @property {object | null} options
 *
 * @typedef {object} RunOptions
 * @property {string} checkout
 * @property {string} file relative to the checkout
 * @property {string} uri
 * @property {string | undefined} replicaSet its name, to run the tests that need one
 * @property {PluginUse | null} plugin
 * @property {number} timeout milliseconds for the whole file
 * @property {number} testTimeout milliseconds for one test
 * @property {string} logFile
 * @property {Set<() => void>} running ways to kill what runs now
 */

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Runs one test file in a mocha of its own.
 *
 * @param {RunOptions} options
 * @returns {Promise<FileResult>}
 */
export async function runFile(options) {
  const { checkout, file, timeout, testTimeout, logFile, running } = options;
  const mochaPackage = createRequire(join(checkout, 'package.json')).resolve('mocha/package.json');
  const eventsFile = `${logFile}.ndjson`;
  await mkdir(dirname(logFile), { recursive: true });
  await rm(eventsFile, { force: true });
  const log = openSync(logFile, 'w');
  const started = Date.now();

  const args = [
    join(dirname(mochaPackage), 'bin', 'mocha.js'),
    '--exit',
    '--timeout',
    String(testTimeout),
    '--reporter',
    join(here, 'reporter.cjs'),
    '--require',
    join(here, 'preload.cjs'),
  ];
  const child = spawn(process.execPath, [...args, file], {
    cwd: checkout,
    env: environment(options, eventsFile),
    stdio: ['ignore', log, log],
    // A group of its own: mocha starts a second process, and a kill has to reach both.
    detached: true,
  });
  closeSync(log);
  const kill = () => {
    try {
      process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  running.add(kill);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeout);
  const [code, signal] = await once(child, 'exit');
  clearTimeout(timer);
  kill();
  running.delete(kill);

  const result = collect(await readFile(eventsFile, 'utf8').catch(() => ''));
  if (late) {
    result.ended = `killed after ${timeout / 1000} s`;
  } else if (result.ended) {
    result.ended = `mocha ended early (${signal ?? code}), see ${logFile}`;
  }
  result.ms = Date.now() - started;
  return result;
}

/**
 * @param {RunOptions} options
 * @param {string} eventsFile
 */
function environment({ uri, replicaSet, plugin }, eventsFile) {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env };
  // What the tests look at must come from the options alone, or two runs could differ for no visible reason.
  for (const name of Object.keys(env)) {
    if (/^(MONGOOSE_|MONGOMS_|START_REPLICA_SET$|REPLICA_SET$|IS_ATLAS$|CI$|D$|NODE_OPTIONS$)/.test(name)) {
      delete env[name];
    }
  }
  env.MONGOOSE_TEST_URI = uri;
  env.MONGOOSE_SUITE_EVENTS = eventsFile;
  if (replicaSet) {
    env.START_REPLICA_SET = '1';
    env.REPLICA_SET = replicaSet;
    env.MONGOOSE_TEST_URI = env.MONGOOSE_REPLSET_URI = replicaSetUri(uri, replicaSet);
  }
  if (plugin) {
    env.MONGOOSE_SUITE_PLUGIN = plugin.file;
    env.MONGOOSE_SUITE_OPTIONS = JSON.stringify(plugin.options);
  }
  return env;
}

/**
 * The transaction tests skip themselves on a direct connection, which looks like a single server to the driver.
 *
 * @param {string} uri
 * @param {string} name
 */
function replicaSetUri(uri, name) {
  const [address, query = ''] = uri.split('?');
  const parameters = new URLSearchParams(query);
  parameters.delete('directConnection');
  parameters.set('replicaSet', name);
  return `${address}${/[^/]\/[^/]*$/.test(address) ? '' : '/'}?${parameters}`;
}

/**
 * @param {string} events
 * @returns {FileResult}
 */
function collect(events) {
  /** @type {FileResult} */
  const result = { passed: {}, failed: {}, pending: [], hooks: {}, ended: 'no end', ms: 0 };
  for (const line of events.split('\n')) {
    if (!line) {
      continue;
    }
    const { state, title, error } = JSON.parse(line);
    if (state === 'passed') {
      result.passed[title] = (result.passed[title] ?? 0) + 1;
    } else if (state === 'failed') {
      result.failed[title] = error;
    } else if (state === 'pending') {
      result.pending.push(title);
    } else if (state === 'hook failed') {
      result.hooks[title] = error;
    } else {
      result.ended = '';
    }
  }
  return result;
}

// @ts-check
'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

/**
 * A server process that does not outlive this one.
 *
 * @typedef {object} ServerProcess
 * @property {number} pid
 * @property {RegExpMatchArray} ready what the line said that announced the server
 * @property {(signal?: NodeJS.Signals) => Promise<void>} kill resolves when the process is gone; SIGKILL unless told
 */

/** A folder for what a server writes, removed when the server ends. */
function makeScratch() {
  return mkdtempSync(path.join(tmpdir(), 'cow-server-'));
}

/** @param {string} scratch */
function discard(scratch) {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Sees to it that `pid` and `folders` go when this process goes, however it goes. A handler of our own cannot run
 * after SIGKILL, so a watchdog does it: its standard input ends with us.
 *
 * @param {number} pid
 * @param {string[]} folders
 * @returns {() => void} ends the watch; the caller has ended the server
 */
function guard(pid, folders) {
  const watchdog = spawn(process.execPath, [path.join(__dirname, 'watchdog.cjs'), String(pid), ...folders], {
    // Its own process group: Ctrl-C in a terminal must reach us first, and the watchdog not at all.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  watchdog.on('error', () => {});
  watchdog.unref();
  /** @type {import('node:net').Socket} */ (watchdog.stdin).unref();
  const atExit = () => {
    kill(pid);
    folders.forEach(discard);
  };
  process.once('exit', atExit);
  return () => {
    process.off('exit', atExit);
    watchdog.kill('SIGKILL');
  };
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went before us.
  }
}

/**
 * @param {object} start
 * @param {string} start.command
 * @param {string[]} start.args
 * @param {NodeJS.ProcessEnv} [start.env]
 * @param {RegExp} start.ready matches what the server prints once it accepts connections
 * @param {string} start.scratch its working folder, removed when it ends
 * @param {string[]} [start.temporary] what else is removed when we die
 * @param {number} [start.patience] milliseconds
 * @returns {Promise<ServerProcess>}
 */
async function startProcess({ command, args, env = process.env, ready, scratch, temporary = [], patience = 30_000 }) {
  const child = spawn(command, args, { cwd: scratch, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    discard(scratch);
    throw error;
  }
  const unguard = guard(child.pid, [scratch, ...temporary]);
  const exited = once(child, 'exit').then(() => {
    unguard();
    discard(scratch);
  });

  let output = '';
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    /** @type {RegExpMatchArray} */
    const match = await new Promise((resolve, reject) => {
      /** @param {string} why */
      const fail = (why) => reject(new Error(`${path.basename(command)} ${why}${output && `:\n${output.trim()}`}`));
      /** @param {Buffer} chunk */
      const read = (chunk) => {
        output = (output + chunk.toString()).slice(-4000);
        const found = ready.exec(output);
        if (found) resolve(found);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code, signal) => fail(`ended at once with ${String(signal ?? code)}`));
      timer = setTimeout(() => fail(`did not accept connections within ${String(patience / 1000)} s`), patience);
    });
    // From here on it must not keep a script alive that has nothing else to do; its output is still drained.
    for (const stream of [child.stdout, child.stderr]) {
      stream.removeAllListeners('data').resume();
      /** @type {import('node:net').Socket} */ (stream).unref();
    }
    child.unref();
    return {
      pid: child.pid,
      ready: match,
      async kill(signal = 'SIGKILL') {
        child.ref();
        child.kill(signal);
        await exited;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { discard, guard, makeScratch, startProcess };

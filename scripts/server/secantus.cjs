// @ts-check
'use strict';

const { mkdirSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { MisconfiguredError, messageOf } = require('./errors.cjs');
const { freePort } = require('./ports.cjs');
const { makeScratch, startProcess } = require('./process.cjs');
const { installSecantus } = require('./python.cjs');

/** @typedef {import('./index.cjs').Running} Running */
/** @typedef {import('./index.cjs').Place} Place */

/**
 * @typedef {object} Build
 * @property {string} command
 * @property {string[]} args
 * @property {boolean} inMemory whether it can keep its data in memory
 * @property {string} origin
 */

/** @returns {Promise<Build>} */
async function findBuild() {
  const binary = process.env['SECANTUS_BINARY'];
  if (!binary) {
    const { python, folder } = await installSecantus();
    return { command: python, args: ['-m', 'secantus'], inMemory: true, origin: `python, ${folder}` };
  }
  return {
    command: path.resolve(binary),
    args: ['--log-file-max', '32MB'],
    inMemory: false,
    origin: 'native, SECANTUS_BINARY',
  };
}

/**
 * @param {Place} place
 * @returns {Promise<Running>}
 */
async function startSecantus({ storagePath, port, temporary }) {
  const build = await findBuild();
  if (storagePath) mkdirSync(storagePath, { recursive: true });

  /** @param {number} wanted zero lets the kernel choose, so that no other process can get in between */
  const start = (wanted) => {
    const scratch = makeScratch();
    // Without a file of its own it would obey whichever one lies in the user's home.
    const config = path.join(scratch, 'secantusd.toml');
    writeFileSync(config, '');
    const storage = storagePath ?? (build.inMemory ? ':memory:' : path.join(scratch, 'data'));
    return startProcess({
      command: build.command,
      args: [
        ...build.args,
        ...['--config', config, '--host', '127.0.0.1', '--port', String(wanted)],
        ...['--storage-path', storage, '--enable-test-commands'],
        // What was acknowledged has to survive SIGKILL: without this it may still lie in the server's own buffer.
        ...(storagePath ? ['--sync-on-commit'] : []),
      ],
      env: { ...process.env, TMPDIR: scratch, PYTHONUNBUFFERED: '1' },
      ready: /listening on 127\.0\.0\.1:(\d+)/,
      scratch,
      temporary: storagePath && temporary ? [storagePath] : [],
    });
  };

  /** @type {import('./process.cjs').ServerProcess} */
  let server;
  try {
    server = port === 'restartable' ? await freePort(start) : await start(port ?? 0);
  } catch (error) {
    if (!process.env['SECANTUS_BINARY']) throw error;
    throw new MisconfiguredError(`SECANTUS_BINARY cannot be used: ${messageOf(error)}`);
  }
  const actual = Number(server.ready[1]);
  return {
    // Polled, because a server that streams its state leaves a client that met an error waiting for up to 10 seconds.
    uri: `mongodb://127.0.0.1:${String(actual)}/?directConnection=true&serverMonitoringMode=poll`,
    port: actual,
    pid: server.pid,
    origin: build.origin,
    kill: () => server.kill(),
    restart: () => startSecantus({ storagePath, temporary, port: actual }),
    // Nobody reads thrown-away data again, so there is nothing to wait for.
    stop: () => server.kill(storagePath && !temporary ? 'SIGTERM' : 'SIGKILL'),
  };
}

module.exports = { startSecantus };

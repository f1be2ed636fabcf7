// @ts-check
'use strict';

const { execFile } = require('node:child_process');
const { existsSync } = require('node:fs');
const { mkdir, readFile, rename, rm, stat, writeFile } = require('node:fs/promises');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { promisify } = require('node:util');
const { messageOf } = require('./errors.cjs');

const VERSION = '0.7.0b3';
const ROOT = path.resolve(__dirname, '../..');
const FOLDER = path.join('.cache', `secantusdb-${VERSION}`);
const INSTALL_PATIENCE = 5 * 60_000;

const run = promisify(execFile);

/** @param {string} environment a virtual environment */
function pythonOf(environment) {
  return process.platform === 'win32'
    ? path.join(environment, 'Scripts', 'python.exe')
    : path.join(environment, 'bin', 'python');
}

/**
 * SecantusDB in a virtual environment of the project, installed by the first run that needs it. Several runs may start
 * at once: one installs, the others wait.
 *
 * @returns {Promise<{ python: string, folder: string }>} `folder` is relative to the project
 */
async function installSecantus() {
  const environment = path.join(ROOT, FOLDER);
  const python = pythonOf(environment);
  const lock = `${environment}.installing`;
  await mkdir(path.dirname(environment), { recursive: true });
  while (!existsSync(python)) {
    if (!(await takeLock(lock))) {
      await sleep(200);
      continue;
    }
    try {
      if (existsSync(python)) break;
      process.stderr.write(`server: installing SecantusDB ${VERSION} into ${FOLDER}, once\n`);
      await install(path.join(lock, 'venv'));
      // What lies there has no working python: one that was updated or removed since.
      await rm(environment, { recursive: true, force: true });
      // Moved only when complete, so an environment that is there is one that works. Its scripts name the old place,
      // its python does not.
      await rename(path.join(lock, 'venv'), environment);
    } finally {
      await rm(lock, { recursive: true, force: true });
    }
  }
  return { python, folder: FOLDER };
}

/**
 * @param {string} lock a folder, because making one either succeeds or finds it there
 * @returns {Promise<boolean>}
 */
async function takeLock(lock) {
  try {
    await mkdir(lock);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if (await isStale(lock)) {
      const stale = `${lock}.stale-${String(process.pid)}`;
      await rename(lock, stale).catch(() => {});
      await rm(stale, { recursive: true, force: true });
    }
    return false;
  }
  await writeFile(path.join(lock, 'pid'), String(process.pid));
  return true;
}

/** @param {string} lock */
async function isStale(lock) {
  try {
    const age = Date.now() - (await stat(lock)).mtimeMs;
    const holder = Number(await readFile(path.join(lock, 'pid'), 'utf8').catch(() => ''));
    // Between making the folder and writing into it there is a moment without a holder.
    if (!holder) return age > 10_000;
    if (age > 2 * INSTALL_PATIENCE) return true;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/** @param {string} environment */
async function install(environment) {
  const base = await findPython();
  const python = pythonOf(environment);
  const pip = ['-m', 'pip'];
  let installer = python;
  try {
    await run(base, ['-m', 'venv', environment]);
  } catch (error) {
    // Debian packs the part that puts pip into an environment separately; an installed pip can do without it.
    await rm(environment, { recursive: true, force: true });
    await run(base, ['-m', 'venv', '--without-pip', environment])
      .then(() => run(base, [...pip, '--version']))
      .catch(() => {
        throw new Error(`no virtual environment could be made, on Debian that needs python3-venv (${lastLine(error)})`);
      });
    installer = base;
    pip.push('--python', python);
  }
  try {
    await run(
      installer,
      [
        ...[...pip, 'install', '--quiet', '--no-input', '--disable-pip-version-check'],
        ...['--only-binary', ':all:', '--retries', '2', '--timeout', '20', `secantusdb==${VERSION}`],
      ],
      { timeout: INSTALL_PATIENCE, env: { ...process.env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' } },
    );
  } catch (error) {
    throw new Error(`pip could not install secantusdb ${VERSION} (${lastLine(error)})`, { cause: error });
  }
}

async function findPython() {
  const check = 'import sys; sys.exit(sys.version_info < (3, 10))';
  for (const name of process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', 'python']) {
    try {
      await run(name, ['-c', check]);
      return name;
    } catch {
      // The next one.
    }
  }
  throw new Error('there is no Python 3.10 or newer');
}

/** @param {unknown} error */
function lastLine(error) {
  const { stderr, stdout } = /** @type {{ stderr?: string, stdout?: string }} */ (error);
  return (stderr?.trim() || stdout?.trim() || messageOf(error)).split('\n').at(-1);
}

module.exports = { installSecantus };

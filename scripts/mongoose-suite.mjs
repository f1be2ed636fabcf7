/*
 * Runs Mongoose's own mocha suite with the plugin on every schema, and prints the tests that only pass without it.
 * `node scripts/mongoose-suite.mjs --help` tells how; docs/deliberate-differences.md tells what may be lost.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { differencesOf } from './mongoose-suite/compare.mjs';
import { parseDifferences } from './mongoose-suite/differences.mjs';
import { judgeFile } from './mongoose-suite/judge.mjs';
import {
  addToReport,
  newReport,
  printBaseline,
  printReport,
  summary,
  tally,
  totals,
} from './mongoose-suite/report.mjs';
import { runFile } from './mongoose-suite/run-file.mjs';
import { borrowServer, ownServer, serverInfo } from './mongoose-suite/servers.mjs';
import { UsageError } from './mongoose-suite/usage-error.mjs';

/** @typedef {import('./mongoose-suite/run-file.mjs').FileResult} FileResult */
/** @typedef {import('./mongoose-suite/servers.mjs').TestServer} TestServer */
/** @typedef {import('./mongoose-suite/differences.mjs').Mode} Mode */
/** @typedef {import('./mongoose-suite/differences.mjs').Difference} Difference */

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const cacheDir = join(project, '.cache', 'mongoose-suite');

const HELP = `
Runs Mongoose's own mocha suite file by file, without and with the plugin as a global plugin.

  node scripts/mongoose-suite.mjs --checkout DIR (--server URI | --server-command COMMAND) [options]

  --checkout DIR          a Mongoose checkout in which "npm install" was run
  --server URI            a throwaway server, EMPTIED before every file; one per job (repeat the option)
  --server-command CMD    starts a server for every file; {port} and {dir} are filled in, for example
                          "mongod --port {port} --dbpath {dir}"
  --replica-set           also run the tests that need a replica set (the server must be one)
  --mode MODE             check    cleanSave: 'check'
                          default  no options ("skip" is the same)
                          both     one after the other (the default)
                          none     only the baseline
  --files GLOB...         only these test files, for example "test/document*.test.js" or "**/model.*"
  --jobs N                files at the same time (the default: 1)
  --baseline FILE         results without the plugin; what is missing there is run and added
                          (the default: .cache/mongoose-suite/baseline-VERSION[-rs].json)
  --fresh-baseline        run the baseline again, and forget which tests were unsteady in it
  --differences FILE      the list of deliberate differences (the default: docs/deliberate-differences.md)
  --plugin FILE           the plugin (the default: dist/index.js)
  --no-retry              call a test lost after one run, without looking whether it is only unsteady
  --timeout SECONDS       for one file, which is killed then (the default: 300)
  --test-timeout SECONDS  for one test (the default: 10)
  --out FILE              the result as JSON

Exit code: 0 as the list says, 1 a test is lost that is not listed or one is listed that passes, 2 could not run.
`;

/** What each mode hands to `mongoose.plugin(cowTracking, options)`. */
const PLUGIN_OPTIONS = /** @type {const} */ ({ check: { cleanSave: 'check' }, default: null });

/** @type {Set<() => void>} */
const running = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    for (const kill of running) {
      kill();
    }
    process.exit(2);
  });
}

async function main() {
  const options = readOptions();
  if (!options) {
    console.log(HELP.trim());
    return 0;
  }
  const { checkout, modes } = options;
  const version = /** @type {string} */ (JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')).version);
  const major = Number(version.split('.')[0]);
  const differences = await readDifferences(options.differences);
  const files = await testFiles(checkout, options.files);
  checkListedFiles(differences, major, modes, checkout);

  await mkdir(cacheDir, { recursive: true });
  const servers = await startServers(options);
  try {
    const info = await identify(checkout, servers[0]);
    if (options.replicaSet && !info.replicaSet) {
      throw new UsageError('--replica-set, but the server is not a member of one');
    }
    const header = {
      mongoose: version,
      server: info.name,
      replicaSet: options.replicaSet,
      testTimeout: options.testTimeout,
    };
    const baselineFile =
      options.baseline ?? join(cacheDir, `baseline-${version}${options.replicaSet ? '-rs' : ''}.json`);
    const baseline = await readBaseline(baselineFile, header, options.freshBaseline);
    console.log(
      `Mongoose ${version}, ${files.length} files, server ${info.name}${options.replicaSet ? ' as a replica set' : ''}`,
    );

    /**
     * @param {TestServer} server
     * @param {string} file
     * @param {Mode | null} mode
     */
    const run = async (server, file, mode) => {
      await server.fresh();
      return runFile({
        checkout,
        file,
        uri: server.uri,
        replicaSet: options.replicaSet ? info.replicaSet : undefined,
        plugin: mode && { file: options.plugin, options: PLUGIN_OPTIONS[mode] },
        timeout: options.timeout,
        testTimeout: options.testTimeout,
        logFile: join(cacheDir, 'logs', `${version}-${mode ?? 'baseline'}`, `${file.replaceAll('/', '__')}.log`),
        running,
      });
    };

    // A file that did not come to its end is no reference: it may have been this machine's fault.
    const missing = files.filter((file) => !baseline.files[file] || baseline.files[file].ended);
    const slowestFirst = (/** @type {string} */ a, /** @type {string} */ b) =>
      (baseline.files[b]?.ms ?? 0) - (baseline.files[a]?.ms ?? 0);
    await forEachFile(missing, servers, async (server, file, progress) => {
      const result = await run(server, file, null);
      baseline.files[file] = result;
      await writeJson(baselineFile, baseline);
      progress('baseline', file, tally(result));
    });

    const reports = [];
    for (const mode of modes) {
      const report = newReport(mode);
      await forEachFile([...files].sort(slowestFirst), servers, async (server, file, progress) => {
        const outcome = await judgeFile(
          file,
          mode,
          baseline.files[file],
          differencesOf(differences, major, mode, file),
          options.retry,
          (m) => run(server, file, m),
        );
        addToReport(report, outcome);
        if (outcome.unsteady.length > 0) {
          await writeJson(baselineFile, baseline);
        }
        progress(mode, file, `${tally(outcome.result)}${summary(outcome)}`);
      });
      report.ms = Date.now() - report.started;
      reports.push(report);
    }

    const total = totals(files.map((file) => baseline.files[file]));
    printBaseline(total, files, baseline.files);
    for (const report of reports) {
      printReport(report, version, major);
    }
    if (options.out) {
      await writeJson(options.out, { ...header, files: files.length, baseline: total, modes: reports });
    }
    return reports.every((report) => report.lost.length === 0 && report.stale.length === 0) ? 0 : 1;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/* ------------------------------------------------------------------ options */

function readOptions() {
  const { values, positionals } = parse();
  if (values.help) {
    return null;
  }
  if (!values.checkout) {
    throw new UsageError('--checkout is missing (see --help)');
  }
  const checkout = resolve(values.checkout);
  for (const needed of ['package.json', 'index.js', 'test/common.js', 'node_modules/mocha']) {
    if (!existsSync(join(checkout, needed))) {
      throw new UsageError(
        `${join(checkout, needed)} does not exist: --checkout needs a Mongoose checkout after "npm install"`,
      );
    }
  }
  if (positionals.length > 0 && !values.files) {
    throw new UsageError(`unexpected "${positionals[0]}" (see --help)`);
  }
  const jobs = wholeNumber('--jobs', values.jobs ?? '1');
  const uris = values.server ?? [];
  const command = values['server-command'];
  if (uris.length > 0 === (command !== undefined)) {
    throw new UsageError('give either --server or --server-command');
  }
  if (command !== undefined && !(command.includes('{port}') && command.includes('{dir}'))) {
    throw new UsageError('--server-command needs {port} and {dir} in it');
  }
  if (uris.length > 0 && uris.length < jobs) {
    // Two files on one server would share database names, which are written into the tests.
    throw new UsageError(`--jobs ${jobs} needs ${jobs} servers: repeat --server, or use --server-command`);
  }
  if (jobs > availableParallelism()) {
    console.warn(
      `mongoose-suite: more jobs than processors (${availableParallelism()}): tests that measure time will be unsteady`,
    );
  }
  const modes = modesOf(values.mode ?? 'both');
  const plugin = resolve(project, values.plugin ?? 'dist/index.js');
  if (modes.length > 0 && !existsSync(plugin)) {
    throw new UsageError(`${plugin} does not exist: run "npm run build" first, or give --plugin`);
  }
  return {
    checkout,
    uris: uris.slice(0, jobs),
    command,
    replicaSet: values['replica-set'] ?? false,
    modes,
    files: [...(values.files ?? []), ...positionals],
    jobs,
    baseline: values.baseline && resolve(values.baseline),
    freshBaseline: values['fresh-baseline'] ?? false,
    differences: resolve(values.differences ?? join(project, 'docs', 'deliberate-differences.md')),
    plugin,
    retry: !values['no-retry'],
    timeout: 1000 * wholeNumber('--timeout', values.timeout ?? '300'),
    testTimeout: 1000 * wholeNumber('--test-timeout', values['test-timeout'] ?? '10'),
    out: values.out && resolve(values.out),
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        checkout: { type: 'string' },
        server: { type: 'string', multiple: true },
        'server-command': { type: 'string' },
        'replica-set': { type: 'boolean' },
        mode: { type: 'string' },
        files: { type: 'string', multiple: true },
        jobs: { type: 'string' },
        baseline: { type: 'string' },
        'fresh-baseline': { type: 'boolean' },
        differences: { type: 'string' },
        plugin: { type: 'string' },
        'no-retry': { type: 'boolean' },
        timeout: { type: 'string' },
        'test-timeout': { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  if (!/^[1-9]\d*$/.test(text)) {
    throw new UsageError(`${name} is "${text}", not a whole number above 0`);
  }
  return Number(text);
}

/**
 * @param {string} name
 * @returns {Mode[]}
 */
function modesOf(name) {
  switch (name) {
    case 'check':
      return ['check'];
    case 'default':
    case 'skip':
      return ['default'];
    case 'both':
      return ['check', 'default'];
    case 'none':
      return [];
    default:
      throw new UsageError(`--mode is "${name}", none of check, default (or skip), both, none`);
  }
}

/* ------------------------------------------------------------- files and list */

/**
 * The suite as Mongoose runs it: every test file but those about encryption, which need a key service.
 *
 * @param {string} checkout
 * @param {string[]} globs
 */
async function testFiles(checkout, globs) {
  const entries = await readdir(join(checkout, 'test'), { recursive: true, withFileTypes: true });
  const all = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) =>
      relative(checkout, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .filter((file) => !file.startsWith('test/encryption/'))
    .sort();
  if (globs.length === 0) {
    return all;
  }
  // A shell that expands the globs inside of the checkout gives paths; both ways shall work.
  const patterns = globs.map((glob) => globToRegExp(glob.startsWith(checkout) ? relative(checkout, glob) : glob));
  const chosen = all.filter((file) => patterns.some((pattern) => pattern.test(file)));
  if (chosen.length === 0) {
    throw new UsageError(`no test file fits ${globs.join(' ')}`);
  }
  return chosen;
}

/**
 * `*`, `**` and `?`; Node 20 has no glob of its own.
 *
 * @param {string} glob
 */
function globToRegExp(glob) {
  const source = glob.replace(/\*\*\/?|\*|\?|[.+^${}()|[\]\\]/g, (match) => {
    switch (match) {
      case '**/':
        return '(?:.*/)?';
      case '**':
        return '.*';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      default:
        return `\\${match}`;
    }
  });
  return new RegExp(`^(?:test/)?${source}(?:\\.test\\.js)?$`);
}

/** @param {string} file */
async function readDifferences(file) {
  try {
    return parseDifferences(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${relative(process.cwd(), file)}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * @param {Difference[]} differences
 * @param {number} major
 * @param {Mode[]} modes
 * @param {string} checkout
 */
function checkListedFiles(differences, major, modes, checkout) {
  for (const { majors, modes: listed, file, line } of differences) {
    if (majors.includes(major) && listed.some((mode) => modes.includes(mode)) && !existsSync(join(checkout, file))) {
      throw new UsageError(`the list of differences, line ${line}: the checkout has no ${file}`);
    }
  }
}

/* -------------------------------------------------------------------- servers */

/**
 * @param {NonNullable<ReturnType<typeof readOptions>>} options
 * @returns {Promise<TestServer[]>}
 */
async function startServers({ checkout, uris, command, jobs }) {
  const servers =
    command === undefined
      ? await Promise.all(uris.map((uri) => borrowServer(checkout, uri)))
      : Array.from({ length: jobs }, (_, i) => ownServer(checkout, command, join(cacheDir, `server-${i + 1}.log`)));
  for (const server of servers) {
    running.add(server.kill);
  }
  return servers;
}

/**
 * @param {string} checkout
 * @param {TestServer} server
 */
async function identify(checkout, server) {
  await server.fresh();
  return serverInfo(checkout, server.uri);
}

/* ------------------------------------------------------------------- baseline */

/**
 * @typedef {object} Baseline
 * @property {string} mongoose
 * @property {string} server
 * @property {boolean} replicaSet
 * @property {number} testTimeout
 * @property {Record<string, FileResult>} files
 */

/**
 * @param {string} file
 * @param {Omit<Baseline, 'files'>} header what the run is about to use
 * @param {boolean} fresh
 * @returns {Promise<Baseline>}
 */
async function readBaseline(file, header, fresh) {
  if (fresh || !existsSync(file)) {
    return { ...header, files: {} };
  }
  const baseline = /** @type {Baseline} */ (JSON.parse(await readFile(file, 'utf8')));
  for (const key of /** @type {const} */ (['mongoose', 'server', 'replicaSet', 'testTimeout'])) {
    if (baseline[key] !== header[key]) {
      throw new UsageError(
        `${relative(process.cwd(), file)} was recorded with ${key} "${baseline[key]}", this run has "${header[key]}": give another --baseline, or --fresh-baseline`,
      );
    }
  }
  return baseline;
}

/** @type {Promise<void>} */
let writes = Promise.resolve();

/**
 * One write at a time, each through a rename, so that an interrupted run leaves a whole file.
 *
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  writes = writes.then(async () => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.part`, JSON.stringify(value, null, 1) + '\n');
    await rename(`${file}.part`, file);
  });
  return writes;
}

/* ---------------------------------------------------------------------- runs */

/**
 * @param {string[]} files
 * @param {TestServer[]} servers one job each
 * @param {(server: TestServer, file: string, progress: (what: string, file: string, text: string) => void) => Promise<void>} work
 */
async function forEachFile(files, servers, work) {
  const queue = [...files];
  let done = 0;
  const progress = (/** @type {string} */ what, /** @type {string} */ file, /** @type {string} */ text) => {
    done += 1;
    console.log(`[${String(done).padStart(String(files.length).length)}/${files.length}] ${what} ${file}: ${text}`);
  };
  const jobs = servers.map(async (server) => {
    try {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        await work(server, file, progress);
      }
    } catch (error) {
      queue.length = 0;
      throw error;
    }
  });
  // All of them end before an error goes up: a job must not start a server while the others are being stopped.
  await Promise.allSettled(jobs);
  await Promise.all(jobs);
}

try {
  process.exitCode = await main();
} catch (error) {
  for (const kill of running) {
    kill();
  }
  console.error(error instanceof UsageError ? `mongoose-suite: ${error.message}` : error);
  process.exit(2);
}

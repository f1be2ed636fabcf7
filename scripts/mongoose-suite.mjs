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

import { causeOf, differencesOf, findRow, lostTitles, referenceTitles } from './mongoose-suite/compare.mjs';
import { formatRow, parseDifferences } from './mongoose-suite/differences.mjs';
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
  --fresh-baseline        run the baseline again
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
        progress(mode, file, `${tally(outcome.result)}${summary(outcome)}`);
      });
      report.ms = Date.now() - report.started;
      reports.push(report);
    }

    const total = totals(files.map((file) => baseline.files[file]));
    printBaseline(total, files, baseline);
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

/**
 * @typedef {object} Outcome
 * @property {string} file
 * @property {FileResult} result of the first run
 * @property {number} reference
 * @property {{ file: string, title: string, cause: string }[]} lost not on the list
 * @property {{ file: string, title: string, cause: string, reason: string }[]} listed lost, and on the list
 * @property {{ file: string, title: string, problem: string }[]} stale on the list, and not lost
 * @property {{ file: string, title: string, cause: string, problem: string }[]} unsteady
 */

/**
 * @param {string} file
 * @param {Mode} mode
 * @param {FileResult} baseline
 * @param {Difference[]} rows
 * @param {boolean} retry
 * @param {(mode: Mode | null) => Promise<FileResult>} run
 * @returns {Promise<Outcome>}
 */
async function judgeFile(file, mode, baseline, rows, retry, run) {
  const result = await run(mode);
  const reference = referenceTitles(baseline);
  const notPassed = lostTitles(baseline, result);
  const unlisted = notPassed.filter((title) => !findRow(rows, title));
  let lost = unlisted;
  /** @type {Outcome['unsteady']} */
  const unsteady = [];

  /**
   * @param {Set<string>} out
   * @param {string} problem
   */
  const setAside = (out, problem) => {
    unsteady.push(
      ...lost
        .filter((title) => out.has(title))
        .map((title) => ({ file, title, cause: causeOf(result, title), problem })),
    );
    lost = lost.filter((title) => !out.has(title));
  };
  if (retry && lost.length > 0) {
    const again = new Set(lostTitles(baseline, await run(mode)));
    setAside(new Set(lost.filter((title) => !again.has(title))), 'passed with the plugin in a second run');
  }
  if (retry && lost.length > 0) {
    const still = new Set(referenceTitles(await run(null)));
    setAside(new Set(lost.filter((title) => !still.has(title))), 'did not pass without the plugin in a second run');
  }

  const listed = [];
  const stale = [];
  for (const row of rows) {
    const title = reference.find((candidate) => findRow([row], candidate));
    if (title === undefined) {
      stale.push({ file, title: row.title, problem: 'no such test passes without the plugin' });
    } else if (notPassed.includes(title)) {
      listed.push({ file, title, cause: causeOf(result, title), reason: row.reason });
    } else {
      stale.push({ file, title, problem: 'passes with the plugin' });
    }
  }
  return {
    file,
    result,
    reference: reference.length,
    lost: lost.map((title) => ({ file, title, cause: causeOf(result, title) })),
    listed,
    stale,
    unsteady,
  };
}

/* ------------------------------------------------------------------- reports */

/** @param {Mode} mode */
function newReport(mode) {
  return {
    mode,
    started: Date.now(),
    ms: 0,
    reference: 0,
    lost: /** @type {Outcome['lost']} */ ([]),
    listed: /** @type {Outcome['listed']} */ ([]),
    stale: /** @type {Outcome['stale']} */ ([]),
    unsteady: /** @type {Outcome['unsteady']} */ ([]),
    notEnded: /** @type {{ file: string, ended: string }[]} */ ([]),
  };
}

/** @typedef {ReturnType<typeof newReport>} Report */

/**
 * @param {Report} report
 * @param {Outcome} outcome
 */
function addToReport(report, outcome) {
  report.reference += outcome.reference;
  report.lost.push(...outcome.lost);
  report.listed.push(...outcome.listed);
  report.stale.push(...outcome.stale);
  report.unsteady.push(...outcome.unsteady);
  if (outcome.result.ended) {
    report.notEnded.push({ file: outcome.file, ended: outcome.result.ended });
  }
}

/** @param {FileResult} result */
function tally(result) {
  const { passed, failed, pending } = totals([result]);
  const parts = [
    `${passed} passed`,
    failed > 0 && `${failed} failed`,
    pending > 0 && `${pending} pending`,
    result.ended,
  ];
  return `${parts.filter(Boolean).join(', ')} (${(result.ms / 1000).toFixed(1)} s)`;
}

/** @param {Outcome} outcome */
function summary({ lost, listed, stale, unsteady }) {
  const counts = { LOST: lost.length, listed: listed.length, STALE: stale.length, unsteady: unsteady.length };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `, ${count} ${name}`)
    .join('');
}

/** @param {FileResult[]} results */
function totals(results) {
  const sum = (/** @type {(result: FileResult) => number} */ count) =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    passed: sum((result) => Object.values(result.passed).reduce((a, b) => a + b, 0)),
    failed: sum((result) => Object.keys(result.failed).length),
    failedHooks: sum((result) => Object.keys(result.hooks).length),
    pending: sum((result) => result.pending.length),
    reference: sum((result) => referenceTitles(result).length),
    seconds: Math.round(sum((result) => result.ms) / 1000),
  };
}

/**
 * @param {ReturnType<typeof totals>} total
 * @param {string[]} files
 * @param {Baseline} baseline
 */
function printBaseline({ passed, failed, failedHooks, pending, reference, seconds }, files, baseline) {
  console.log(
    `\nWithout the plugin: ${files.length} files, ${passed} passed, ${failed} failed, ${failedHooks} hooks failed, ${pending} pending, ` +
      `${reference} unique titles to hold on to (${seconds} s of work)`,
  );
  for (const file of files) {
    if (baseline.files[file].ended) {
      console.log(`  NOT ENDED ${file}: ${baseline.files[file].ended}`);
    }
  }
}

/**
 * @param {Report} report
 * @param {string} version
 * @param {number} major
 */
function printReport({ mode, reference, lost, listed, stale, unsteady, notEnded, ms }, version, major) {
  const setting = mode === 'check' ? "cleanSave: 'check'" : 'the default options';
  console.log(
    `\nMongoose ${version} with ${setting}: ${reference - lost.length - listed.length} of ${reference} pass, ` +
      `${lost.length} lost, ${listed.length} different on purpose, ${stale.length} listed in vain, ${unsteady.length} unsteady (${Math.round(ms / 1000)} s)`,
  );
  for (const { file, ended } of notEnded) {
    console.log(`  NOT ENDED ${file}: ${ended}`);
  }
  for (const { file, title, cause } of sorted(lost)) {
    console.log(`  LOST ${file}: ${title}\n    ${cause.replaceAll('\n', '\n    ')}`);
  }
  for (const { file, title, problem } of sorted(stale)) {
    console.log(`  LISTED IN VAIN ${file}: ${title}\n    ${problem}`);
  }
  for (const { file, title, cause, problem } of sorted(unsteady)) {
    console.log(`  unsteady ${file}: ${title}\n    ${problem}; ${cause.replaceAll('\n', '\n    ')}`);
  }
  for (const { file, title, reason } of sorted(listed)) {
    console.log(`  on purpose ${file}: ${title}\n    ${reason}`);
  }
  if (lost.length > 0) {
    console.log('  Rows for the list, for those that are meant to differ:');
    for (const { file, title } of sorted(lost)) {
      console.log(`  ${formatRow(major, mode, file, title)}`);
    }
  }
}

/**
 * @template {{ file: string, title: string }} T
 * @param {T[]} items
 */
function sorted(items) {
  return [...items].sort((a, b) => a.file.localeCompare(b.file) || a.title.localeCompare(b.title));
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

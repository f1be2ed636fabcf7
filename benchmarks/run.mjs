/**
 * `npm run bench`: what the plugin costs and what it saves, beside plain Mongoose and whatever else does its job.
 *
 *     npm run bench                         everything: about half an hour, the machine should have nothing else to do
 *     npm run bench -- reads hydrate        some of it
 *     npm run bench -- --heats=3            fewer processes per figure: sooner, and less sure
 *     npm run bench -- heap-growth --rounds=1000000
 *     npm run bench -- --charts             draws the charts again from the results
 *     npm run bench:quick                   only checks that every contender still gives the right answers
 *
 * Figures go to `results/<measure>.json`, charts to `results/<measure>.svg`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Bench } from './harness/bench.mjs';
import { environment } from './harness/environment.mjs';
import { quickCheck } from './harness/quick.mjs';
import { MEASURES, measureOf } from './harness/registry.mjs';
import { printResult, printSummary } from './harness/report.mjs';
import { startServer } from '../scripts/server/index.cjs';

const RESULTS = new URL('./results/', import.meta.url);
const DEFAULT_ROUNDS = 100_000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    charts: { type: 'boolean', default: false },
    heats: { type: 'string' },
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
  },
});

let server;
/** Only some measures need it. */
async function serverOfRun() {
  server ??= await startServer({ announce: false });
  return server;
}

function progress(line) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
}

/** @returns {Promise<import('./harness/bench.mjs').Result | null>} */
async function lastResult(name) {
  try {
    return JSON.parse(await readFile(new URL(`${name}.json`, RESULTS), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

async function draw(name, result) {
  const { chart } = await measureOf(name);
  await writeFile(new URL(`${name}.svg`, RESULTS), chart(result));
}

async function measureAll(names, bench) {
  await mkdir(RESULTS, { recursive: true });
  for (const name of names) {
    const { title, about, unit, measure } = await measureOf(name);
    const rows = await measure(bench);
    progress('');
    const base = rows.find((row) => row.base)?.contender ?? '';
    const result = { measure: name, title, about, unit, base, environment: environment(server?.label), rows };
    await writeFile(new URL(`${name}.json`, RESULTS), `${JSON.stringify(result, null, 2)}\n`);
    await draw(name, result);
    printResult(result);
  }
}

async function main() {
  const unknown = positionals.filter((name) => !MEASURES.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`No measure is called ${unknown.join(', ')}. There are: ${MEASURES.join(', ')}\n`);
    return 2;
  }
  const names = positionals.length > 0 ? positionals : MEASURES;
  try {
    if (options.quick) return await quickCheck(names, { server: serverOfRun });
    if (options.charts) {
      for (const name of names) {
        const result = await lastResult(name);
        if (result !== null) await draw(name, result);
      }
      return 0;
    }
    const heats = options.heats === undefined ? undefined : Number(options.heats);
    await measureAll(names, new Bench({ heats, rounds: Number(options.rounds), server: serverOfRun, progress }));
    const results = await Promise.all(MEASURES.map(lastResult));
    printSummary(results.filter((result) => result !== null));
    return 0;
  } finally {
    await server?.stop();
  }
}

process.exitCode = await main();

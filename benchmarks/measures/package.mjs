import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { exactRow } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { DIFF, PLUGIN, PLUGIN_DIFF, TS_PATCH } from '../harness/models.mjs';
import { spreadOf } from '../harness/statistics.mjs';

export const title = 'The package: size and load time';
export const about =
  'Bytes of everything that is loaded but Mongoose, minified and gzipped; time of import after Mongoose was loaded.';
export const unit = '';

const SIZE = 'bytes minified and gzipped';
const LOAD = 'milliseconds to load';
export const cases = [SIZE, LOAD];
const packages = {
  [PLUGIN]: PLUGIN,
  [TS_PATCH]: TS_PATCH,
  [PLUGIN_DIFF]: PLUGIN_DIFF,
  [DIFF]: DIFF,
  immer: 'immer',
  mutative: 'mutative',
};
export const contenders = Object.keys(packages);

const HERE = fileURLToPath(new URL('..', import.meta.url));
const LOADS = 15;
const MONGOOSE = 'mongoose itself';
/** Those that do not stand on Mongoose are loaded after it as well. */
const script = (name) => `
  ${name === 'mongoose' ? '' : "await import('mongoose');"}
  const before = performance.now();
  await import(${JSON.stringify(name)});
  process.stdout.write(String(performance.now() - before));
`;

async function sizeOf(name) {
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(name)};`, resolveDir: HERE },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    external: ['mongoose'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

async function loadTimeOf(name) {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script(name)], { cwd: HERE });
  return Number(stdout);
}

export async function quick() {
  const size = await sizeOf(PLUGIN);
  if (!(size > 1000)) throw new Error(`a bundle of ${size} bytes cannot be all of it`);
  if (!((await loadTimeOf(PLUGIN)) > 0)) throw new Error('not loaded');
}

export async function measure(bench) {
  bench.progress('package');
  const sizes = {};
  for (const [contender, name] of Object.entries(packages)) sizes[contender] = await sizeOf(name);
  const loaded = { ...packages, [MONGOOSE]: 'mongoose' };
  const loads = Object.fromEntries(Object.keys(loaded).map((contender) => [contender, []]));
  for (let i = 0; i < LOADS; i++) {
    for (const [contender, name] of Object.entries(loaded)) loads[contender].push(await loadTimeOf(name));
  }
  return [
    ...contenders.map((contender) =>
      exactRow({
        case: SIZE,
        contender,
        value: sizes[contender],
        base: sizes[PLUGIN],
        isBase: contender === PLUGIN,
      }),
    ),
    ...Object.keys(loaded).map((contender) => ({
      case: LOAD,
      contender,
      value: spreadOf(loads[contender]),
      ratio: spreadOf(loads[contender].map((time, i) => time / loads[PLUGIN][i])),
      base: contender === PLUGIN,
    })),
  ];
}

export const chart = (result) => barsOfCases(result);

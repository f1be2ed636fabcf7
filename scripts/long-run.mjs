/*
 * The random tests for as long as you like: `npm run test:property -- --minutes 60`, `npm run test:model -- --minutes 60`.
 * Half of the time on each major of Mongoose, on one server. Every failure is printed, one of the property test as a script
 * that __tests__/property/counterexamples.ts takes; the exit code is 1 if there was one.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TESTS = {
  property: 'scripts of edits against two copies of a document, one with the plugin and one without',
  model: 'sequences of edits, saves, faults and transactions against a model of what must be stored',
};

const help = (/** @type {string} */ test, /** @type {string} */ what) => `
Runs random ${what}.

  npm run test:${test} -- [options]

  --minutes N     how long, over both majors (the default: 10)
  --seed N        where to start; each batch takes the next seeds (the default: random)
  --mongoose N    only on this major, 8 or 9
  --help
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 30)) },
    mongoose: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [test, ...others] = positionals;
if (others.length > 0 || (test !== 'property' && test !== 'model'))
  throw new Error(`the test to run is property or model, not '${positionals.join(' ')}'`);
if (values.help) {
  process.stdout.write(help(test, TESTS[test]));
  process.exit(0);
}

const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0, not ${values.minutes}`);
const majors = values.mongoose === undefined ? ['9', '8'] : [values.mongoose];
if (majors.some((major) => !['8', '9'].includes(major)))
  throw new Error(`--mongoose is 8 or 9, not ${values.mongoose}`);

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const jest = resolve(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js');
const { status } = spawnSync(
  process.execPath,
  [
    jest,
    '--runInBand',
    '--selectProjects',
    ...majors.map((major) => `mongoose ${major}`),
    '--testPathPatterns',
    `__tests__/${test}/long-run`,
  ],
  {
    cwd: project,
    stdio: 'inherit',
    env: {
      ...process.env,
      [`${test.toUpperCase()}_MINUTES`]: String(minutes / majors.length),
      [`${test.toUpperCase()}_SEED`]: values.seed,
    },
  },
);
process.exitCode = status ?? 1;

// The compile tests of __tests__/types with the other compilers that users may have; the newest that our tools accept runs
// them in `npm run typecheck`. On both majors of Mongoose, two at a time.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const COMPILERS = ['typescript5', 'typescript7'];
const PROJECTS = { 'mongoose 9': '__tests__/types/tsconfig.json', 'mongoose 8': 'tsconfig.mongoose8.json' };

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

function check(compiler, major) {
  const manifest = require.resolve(`${compiler}/package.json`);
  const tsc = join(dirname(manifest), 'bin/tsc');
  const title = `TypeScript ${require(manifest).version}, ${major}`;
  const started = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', PROJECTS[major], '--noEmit'], { cwd: root }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${error ? 'failed' : 'passed'}  ${title} (${seconds} s)`);
      if (error) console.log(stdout + stderr);
      resolve(!error);
    });
  });
}

const results = [];
for (const compiler of COMPILERS) {
  results.push(...(await Promise.all(Object.keys(PROJECTS).map((major) => check(compiler, major)))));
}
if (results.includes(false)) process.exitCode = 1;

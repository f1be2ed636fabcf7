// The compile tests of __tests__/types with the other compilers that users may have; the newest that our tools accept runs
// them in `npm run typecheck`. On both majors of Mongoose, two at a time. And what an editor offers inside the quotes.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const COMPILERS = ['typescript5', 'typescript7'];
const PROJECTS = { 'mongoose 9': '__tests__/types/tsconfig.json', 'mongoose 8': 'tsconfig.mongoose8.json' };

/** A user's file, with the place where an editor is asked, and what it has to offer there. */
const EDITED = [
  "import type { HydratedDocument, Types } from 'mongoose';",
  "import cowTracking, { StateTracker, type CowTracked } from 'mongoose-cow-tracking';",
  'interface User { name: string; age: number; address: { city: string; geo: { lat: number } }; boss: Types.ObjectId }',
  'declare const user: HydratedDocument<User> & CowTracked<User>;',
  'declare const schema: import("mongoose").Schema<User>;',
].join('\n');
const PATHS = ['address', 'address.city', 'address.geo', 'address.geo.lat', 'age', 'boss', 'name'];
const COMPLETIONS = {
  "user.$tracker.isModified('|');": PATHS,
  "user.$tracker.revert(['|']);": PATHS,
  "user.$tracker.original('|');": PATHS,
  "user.$tracker.getChanges()['|'];": PATHS,
  "new StateTracker({ a: { b: 1 } }).set('|', 1);": ['a', 'a.b'],
  "schema.plugin(cowTracking, { cleanSave: '|' });": ['check', 'skip'],
};

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

/** What the language service of an editor offers, for each of the lines. */
function checkCompletions() {
  const ts = require('typescript');
  const file = join(root, '__tests__/types/edited.ts');
  const { config } = ts.readConfigFile(join(root, '__tests__/types/tsconfig.json'), (name) => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, '__tests__/types'));
  let text = '';
  let version = 0;
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? String(version) : '1'),
    getScriptSnapshot: (name) => {
      const content = name === file ? text : ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
    directoryExists: (name) => ts.sys.directoryExists(name),
    getDirectories: (name) => ts.sys.getDirectories(name),
  });
  return Object.entries(COMPLETIONS).map(([line, wanted]) => {
    version++;
    text = `${EDITED}\n${line.replace('|', '')}\n`;
    const at = EDITED.length + 1 + line.indexOf('|');
    const offered = service.getCompletionsAtPosition(file, at, {})?.entries.map(({ name }) => name) ?? [];
    const passed = JSON.stringify(offered.sort()) === JSON.stringify(wanted);
    console.log(`${passed ? 'passed' : 'failed'}  completion of ${line}`);
    if (!passed) console.log(`        offered: ${offered.join(', ')}`);
    return passed;
  });
}

const results = checkCompletions();
for (const compiler of COMPILERS) {
  results.push(...(await Promise.all(Object.keys(PROJECTS).map((major) => check(compiler, major)))));
}
if (results.includes(false)) process.exitCode = 1;

// The package as it is published: packed, unpacked beside a Mongoose, loaded and compiled as users do it.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const NAME = 'mongoose-cow-tracking';
const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const modules = join(root, 'node_modules');
const failures = [];

function report(title, problems) {
  console.log(`${problems.length === 0 ? 'passed' : 'failed'}  ${title}`);
  for (const problem of problems) console.log(`        ${problem.trim().replaceAll('\n', '\n        ')}`);
  if (problems.length > 0) failures.push(title);
}

/** Runs a program and reports what it said if it failed. */
function run(title, file, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  report(title, status === 0 ? [] : [`${stdout}${stderr}${error ?? ''}`]);
  return stdout;
}

const node = (title, args, cwd) => run(title, process.execPath, args, cwd);

/** As `node()`, but others may run meanwhile. */
function nodeMeanwhile(title, args, cwd) {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, encoding: 'utf8' }, (error, stdout, stderr) => {
      report(title, error ? [`${stdout}${stderr || error}`] : []);
      resolve();
    });
  });
}
/** npm knows where its own program lies; on Windows `npm` cannot be started without a shell. */
const npm = process.env.npm_execpath;

function pack(folder) {
  const args = ['pack', '--json', '--pack-destination', folder];
  const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
  const output = npm ? execFileSync(process.execPath, [npm, ...args], options) : execFileSync('npm', args, options);
  // Before it stands what the build prints.
  return JSON.parse(output.slice(output.indexOf('[\n')))[0];
}

/** A user's project with the package and one Mongoose. */
function install(folder, tarball, mongoose) {
  const target = join(folder, 'node_modules', NAME);
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  symlinkSync(join(modules, mongoose), join(folder, 'node_modules/mongoose'), 'junction');
  symlinkSync(join(modules, '@types'), join(folder, 'node_modules/@types'), 'junction');
  cpSync(join(root, '__tests__/package'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  return target;
}

/** A user's tsconfig: strict, and nothing that only we would set. */
function configure(folder, resolution) {
  const bundler = resolution === 'bundler';
  const config = {
    compilerOptions: {
      strict: true,
      target: 'es2022',
      module: bundler ? 'esnext' : resolution,
      moduleResolution: resolution,
      types: ['node'],
      esModuleInterop: true,
      rootDir: '.',
      outDir: `out-${resolution}`,
      // Where it is off, our declarations are checked too, and not only used.
      skipLibCheck: resolution !== 'nodenext',
    },
    files: bundler ? ['bundled.ts'] : ['consumer.cts', 'consumer.mts'],
  };
  const file = join(folder, `tsconfig.${resolution}.json`);
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function checkFiles(packed, target) {
  const files = packed.files.map(({ path }) => path);
  const wanted = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
  report('files', [
    ...wanted.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files
      .filter((file) => !wanted.includes(file) && !/^dist\/.+\.(js|mjs|d\.ts|d\.mts|js\.map|mjs\.map)$/.test(file))
      .map((file) => `${file} does not belong there`),
  ]);

  const maps = files
    .filter((file) => /\.m?js$/.test(file))
    .flatMap((file) => {
      if (!files.includes(`${file}.map`)) return [`${file} has no source map`];
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(target, `${file}.map`), 'utf8'));
      if (sourcesContent?.length !== sources.length) return [`the source map of ${file} is without the sources`];
      return sources.filter((source) => !source.startsWith('../')).map((source) => `${file}: source ${source}`);
    });
  report('source maps', maps);

  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare'].filter((script) => manifest.scripts?.[script]);
  report('manifest', [
    ...hooks.map((script) => `the script ${script} would run at install time`),
    ...Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).map((name) => `depends on ${name}`),
    ...Object.keys(manifest.peerDependencies).filter((name) => name !== 'mongoose'),
  ]);

  // Also what nobody declared: a file of the package may ask for nothing but Node and its own files.
  const loads = /^(?:.* = require\("([^"]+)"\)|(?:import|export) .*from ['"]([^'"]+)['"])/gm;
  const foreign = files
    .filter((file) => /\.m?js$/.test(file))
    .flatMap((file) => {
      const names = [...readFileSync(join(target, file), 'utf8').matchAll(loads)].map((found) => found[1] ?? found[2]);
      return names.filter((name) => !/^(?:node:|\.)/.test(name)).map((name) => `${file} loads ${name}`);
    });
  report('no run-time dependency', foreign);
}

const folder = mkdtempSync(join(tmpdir(), 'cow-package-'));
try {
  const packed = pack(folder);
  const tarball = join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.tgz')),
  );
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${packed.size} bytes, ${packed.unpackedSize} unpacked`,
  );

  const nine = join(folder, 'nine');
  const target = install(nine, tarball, 'mongoose');
  const eight = join(folder, 'eight');
  install(eight, tarball, 'mongoose8');

  checkFiles(packed, target);
  node('publint', [join(modules, 'publint/src/cli.js'), 'run', target, '--strict', '--pack', 'false'], root);
  node('are the types wrong', [join(modules, '@arethetypeswrong/cli/dist/index.js'), tarball, '--no-color'], root);
  for (const project of [nine, eight]) {
    const said = node('one implementation behind both entries', ['identity.mjs'], project);
    console.log(`        ${said.trim()}`);
  }

  for (const compiler of ['typescript5', 'typescript', 'typescript7']) {
    const manifest = require.resolve(`${compiler}/package.json`);
    const tsc = join(dirname(manifest), 'bin/tsc');
    const compiling = ['node16', 'nodenext', 'bundler'].map((resolution) => {
      const title = `TypeScript ${require(manifest).version}, ${resolution}`;
      return nodeMeanwhile(title, [tsc, '-p', configure(nine, resolution)], nine);
    });
    await Promise.all(compiling);
  }
  // What the last of them emitted.
  for (const file of ['consumer.cjs', 'consumer.mjs']) node(`running ${file}`, [join('out-nodenext', file)], nine);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(`\nfailed: ${failures.join('; ')}`);
  process.exitCode = 1;
}

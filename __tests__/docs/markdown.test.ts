// Every js and ts code block of the documents runs, and prints what its comments say; commands name what is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, markdownBlocks, ROOT } from './blocks';
import { expectToPrint, useBlocks } from './run-block';

/** Made from the doc comments, whose examples run in a test of their own. */
const GENERATED = 'docs/reference.md';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'examples/README.md',
  ...filesBelow('docs', '.md'),
].filter((path) => path !== GENERATED && existsSync(join(ROOT, path)));
const blocks = pages.flatMap(markdownBlocks);
const programs = blocks.filter(({ language }) => language === 'js' || language === 'ts');

useBlocks();

it('has blocks to run', () => {
  expect(programs.length).toBeGreaterThan(5);
});

it.each(programs)('$place', expectToPrint);

it('the first block of the README is pasteable: fifteen lines, with all that it needs', () => {
  const first = programs.find(({ place }) => place.startsWith('README.md'));
  expect(first!.code.trimEnd().split('\n')).toHaveLength(15);
  expect(first!.code).toContain("from 'mongoose-cow-tracking'");
});

it('every block is of a language that is checked', () => {
  const languages = new Set(blocks.map(({ language }) => language));
  expect(
    [...languages].filter((language) => !['js', 'ts', 'sh', 'json', 'text', 'markdown'].includes(language)),
  ).toEqual([]);
});

it('the commands name scripts and files that there are', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
  const named = commands.flatMap((code) =>
    [...code.matchAll(/\bnpm (?:run )?([a-z]+(?::[a-z]+)*)/g)].map(([, name]) => name!),
  );
  expect(named.filter((name) => !['install', 'ci', 'pack'].includes(name) && scripts[name] === undefined)).toEqual([]);
  const files = commands.flatMap((code) => [
    ...code.matchAll(/\b((?:scripts|__tests__|benchmarks|examples)\/[\w/.-]+)/g),
  ]);
  expect(files.map(([, file]) => file!).filter((file) => !existsAsGiven(file))).toEqual([]);
});

it('links to files lead somewhere', () => {
  const dead = [...pages, 'CHANGELOG.md'].flatMap((page) => {
    const links = readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g);
    return [...links]
      .map(([, link]) => `${page}: ${link!}`)
      .filter((link) => {
        const [from, to] = link.split(': ') as [string, string];
        return !existsSync(join(ROOT, from, '..', to));
      });
  });
  expect(dead).toEqual([]);
});

it('the picture has the figures of the table', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const picture = readFileSync(join(ROOT, 'docs/figures/edits.svg'), 'utf8');
  const rows = [...readme.matchAll(/^\| ([a-z ]+?) +\| +([\d,]+) \| +([\d,]+) \|$/gm)].map(([, ...row]) => row);
  const drawn = [...picture.matchAll(/<text class="(?:name|value)"[^>]*>([^<]+)</g)].map(([, text]) => text);
  expect(rows).toHaveLength(5);
  expect(drawn).toEqual(rows.flat());
});

it('the README tells every error code', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const codes = readFileSync(join(ROOT, 'lib/errors.ts'), 'utf8').match(/'ERR_\w+'/g) ?? [];
  expect(codes.length).toBeGreaterThan(9);
  expect(codes.map((code) => code.replaceAll("'", '`')).filter((code) => !readme.includes(code))).toEqual([]);
});

it('the table of the traffic has the figures of the last run', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const { rows } = JSON.parse(readFileSync(join(ROOT, 'benchmarks/results/traffic.json'), 'utf8')) as {
    rows: { case: string; contender: string; value: { median: number } }[];
  };
  const valueOf = (name: string, unit: string): string =>
    rows.find((row) => row.contender === name && row.case.startsWith(unit))!.value.median.toLocaleString('en');
  const told = [...readme.matchAll(/^\| ([\w-][^|]*?) +\| +(\d+) \| +([\d,]+) \|$/gm)].map(([, ...row]) => row);
  const contenders = told.filter(([name]) => rows.some(({ contender }) => contender === name));
  expect(contenders).toHaveLength(6);
  expect(contenders).toEqual(contenders.map(([name]) => [name, valueOf(name!, 'commands'), valueOf(name!, 'bytes')]));
});

/** Jest takes a part of a path. */
function existsAsGiven(file: string): boolean {
  return existsSync(join(ROOT, file)) || existsSync(join(ROOT, `${file}.test.ts`));
}

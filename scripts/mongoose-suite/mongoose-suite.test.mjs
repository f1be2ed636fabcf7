/* `npm run test:scripts`: the gate itself must not be what is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { causeOf, lostTitles, referenceTitles } from './compare.mjs';
import { formatRow, parseDifferences, titleKey } from './differences.mjs';

const HEAD = '| Mongoose | mode | file | test | reason |\n| --- | :-: | --- | --- | --- |\n';

/** @param {Partial<import('./run-file.mjs').FileResult>} some */
const result = (some) => ({ passed: {}, failed: {}, pending: [], hooks: {}, ended: '', ms: 1, ...some });

test('reads rows, and no examples in fenced code', () => {
  const text = `# Title\n\n\`\`\`markdown\n${HEAD}| 7 | both | a | b | c |\n\`\`\`\n\n${HEAD}| 8, 9 | both | \`test/a.test.js\` | \`a  \\| b\` | Because. |\n`;
  assert.deepEqual(parseDifferences(text), [
    {
      majors: [8, 9],
      modes: ['check', 'default'],
      file: 'test/a.test.js',
      title: 'a  | b',
      reason: 'Because.',
      line: 11,
    },
  ]);
});

test('an empty table is no row', () => {
  assert.deepEqual(parseDifferences(HEAD), []);
});

test('a row that the runner prints is read back', () => {
  for (const title of [
    'plain',
    'a | b',
    '`code` first',
    'has `code` inside',
    'ends with `code`',
    'two `` ticks',
    'line\nbreak  and blanks',
  ]) {
    const row = formatRow(9, 'check', 'test/a.test.js', title).replace(/\|\s+\|$/, '| Because. |');
    const [read] = parseDifferences(`${HEAD}${row}`);
    assert.equal(read.title, titleKey(title));
    assert.equal(read.file, 'test/a.test.js');
  }
});

test('a mistake in the list is an error, never an excuse', () => {
  assert.throws(() => parseDifferences('no table'), /expected one table/);
  assert.throws(() => parseDifferences(HEAD + '\n' + HEAD), /found 2/);
  assert.throws(() => parseDifferences(`${HEAD}| nine | both | a | b | c |`), /line 3: "nine"/);
  assert.throws(() => parseDifferences(`${HEAD}| 9 | always | a | b | c |`), /line 3: mode "always"/);
  assert.throws(() => parseDifferences(`${HEAD}| 9 | both | a | b |  |`), /must not be empty/);
  assert.throws(() => parseDifferences(`${HEAD}| 9 | both | a | b \\| c |`), /4 cells instead of 5/);
  assert.throws(
    () => parseDifferences(`${HEAD}| 9 | both | a | b | c |\n| 8, 9 | check | a | b | d |`),
    /lines 3 and 4/,
  );
});

test('lost: failed, skipped, gone, or passing less often; but only what passed before', () => {
  const before = result({ passed: { a: 1, b: 1, c: 1, twice: 2, mixed: 1 }, failed: { mixed: 'Error', bad: 'Error' } });
  const after = result({
    passed: { a: 1, twice: 1 },
    failed: { b: 'AssertionError: 1 == 2' },
    hooks: { '"before each" hook': 'Error: no' },
  });
  assert.deepEqual(referenceTitles(before), ['a', 'b', 'c', 'twice']);
  assert.deepEqual(lostTitles(before, after), ['b', 'c', 'twice']);
  assert.equal(causeOf(after, 'b'), 'AssertionError: 1 == 2');
  assert.equal(causeOf(after, 'c'), 'did not run; "before each" hook: Error: no');
  assert.deepEqual(lostTitles(before, before), []);
  assert.deepEqual(lostTitles({ ...before, unsteady: ['b', 'c'] }, after), ['twice']);
});

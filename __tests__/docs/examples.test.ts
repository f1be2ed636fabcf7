// Every example runs, and prints what its comments say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, ROOT } from './blocks';
import { expectToPrint, useBlocks } from './run-block';

const examples = filesBelow('examples', '.mjs').map((place) => ({
  place,
  language: 'js',
  code: readFileSync(join(ROOT, place), 'utf8'),
}));

useBlocks();

it.each(examples)('$place', expectToPrint);

it('the list names each', () => {
  const list = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');
  expect(examples.length).toBeGreaterThan(4);
  expect(examples.filter(({ place }) => !list.includes(`(${place.replace('examples/', '')})`))).toEqual([]);
});

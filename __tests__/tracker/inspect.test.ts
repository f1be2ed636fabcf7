// Changes printed for people. What trackers print is tested in `interface/printing.test.ts`.
import { describeChanges } from '../../lib/tracker/inspect';
import type { Change } from '../../lib/types';

const add = (path: string, to: unknown): Change => ({ path, type: 'add', from: undefined, to });
const update = (path: string, from: unknown, to: unknown): Change => ({ path, type: 'update', from, to });
const numbers = (count: number): Change[] => Array.from({ length: count }, (_, i) => add(`f${String(i)}`, i));

/** The lines between the brackets, at a width of so many columns. */
function linesOf(changes: readonly Change[], columns: number | undefined = 100): string[] {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true, writable: true });
  try {
    return describeChanges('X', changes, {}).split('\n').slice(1, -1);
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.stdout, 'columns');
    else Object.defineProperty(process.stdout, 'columns', before);
  }
}

it('the first line says how many there are', () => {
  expect(describeChanges('X', [], {})).toBe('X { no changes }');
  expect(describeChanges('X', numbers(1), {})).toBe('X { 1 change\n  + f0: 0\n}');
  expect(describeChanges('X', numbers(2), {})).toBe('X { 2 changes\n  + f0: 0\n  + f1: 1\n}');
});

it('each change has a line with its sign and values', () => {
  expect(linesOf([add('a', 1), update('b', 1, 2), { path: 'c', type: 'remove', from: 3, to: undefined }])).toEqual([
    '  + a: 1',
    '  ~ b: 1 -> 2',
    '  - c: 3',
  ]);
});

it('twenty are listed, the others counted', () => {
  expect(linesOf(numbers(20))).toHaveLength(20);
  const lines = linesOf(numbers(23));
  expect(lines).toHaveLength(21);
  expect(lines.slice(-2)).toEqual(['  + f19: 19', '  ... 3 more']);
});

describe('values', () => {
  it('stand on one line, two levels deep, with five elements', () => {
    expect(linesOf([add('a', { b: { c: { d: { e: 1 } } } })])).toEqual(['  + a: { b: { c: { d: [Object] } } }']);
    expect(linesOf([add('a', [1, 2, 3, 4, 5, 6, 7])])).toEqual(['  + a: [ 1, 2, 3, 4, 5, ... 2 more items ]']);
    expect(linesOf([add('a', new Map([['k', { x: [1] }]]))])).toEqual(["  + a: Map(1) { 'k' => { x: [ 1 ] } }"]);
  });

  it('whose own printing takes several lines stand on one', () => {
    const printed = { [Symbol.for('nodejs.util.inspect.custom')]: () => 'one,  \n\n   two' };
    expect(linesOf([add('a', printed)])).toEqual(['  + a: one, two']);
  });

  it('are cut to 60 characters', () => {
    expect(linesOf([add('a', 'x'.repeat(58))])).toEqual([`  + a: '${'x'.repeat(58)}'`]);
    expect(linesOf([add('a', 'x'.repeat(59))])).toEqual([`  + a: '${'x'.repeat(56)}...`]);
    expect(linesOf([add('a', 'x'.repeat(1000))])).toEqual([`  + a: '${'x'.repeat(56)}...`]);
  });
});

describe('a line', () => {
  it('is cut to the width of the terminal, between 30 and 160', () => {
    const long = update('a', 'x'.repeat(200), 'y'.repeat(200));
    const width = (columns: number | undefined): number => (linesOf([long], columns)[0] as string).length;
    expect(width(40)).toBe(40);
    expect(width(10)).toBe(30);
    // Both values have their 60 characters.
    expect(width(500)).toBe('  ~ a: '.length + 60 + ' -> '.length + 60);
    const path = 'p'.repeat(300);
    expect((linesOf([add(path, 1)], 500)[0] as string).length).toBe(160);
    expect((linesOf([add(path, 1)], undefined)[0] as string).length).toBe(100);
    expect((linesOf([add(path, 1)], 0)[0] as string).length).toBe(100);
  });

  it('is 120 wide where the reader asks for no limit', () => {
    const [, line] = describeChanges('X', [add('p'.repeat(300), 1)], { breakLength: Infinity }).split('\n');
    expect(line).toBe(`  + ${'p'.repeat(113)}...`);
  });

  it('leaves a value 8 characters, however long its path', () => {
    const path = 'p'.repeat(24);
    expect(linesOf([add(path, 'value')], 30)).toEqual([`  + ${'p'.repeat(23)}...`]);
    expect(linesOf([update('p'.repeat(12), 'old value', 'new value')], 30)).toEqual(["  ~ pppppppppppp: 'old ... ..."]);
  });

  it('shares its room between the old value and the new one', () => {
    const [short, long] = ['x', 'y'.repeat(80)];
    expect(linesOf([update('a', long, long)], 50)).toEqual([`  ~ a: '${'y'.repeat(15)}... -> '${'y'.repeat(16)}...`]);
    expect(linesOf([update('a', short, long)], 50)).toEqual([`  ~ a: 'x' -> '${'y'.repeat(32)}...`]);
    expect(linesOf([update('a', long, short)], 50)).toEqual([`  ~ a: '${'y'.repeat(32)}... -> 'x'`]);
  });
});

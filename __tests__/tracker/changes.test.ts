// Differences as a reader is told them.
import { changesOf, shapeOf } from '../../lib/tracker/changes';
import { Comparison, FREE, noRules, type ArrayDifference, type Difference } from '../../lib/tracker/differences';
import type { Change } from '../../lib/types';
import { hostOf, Part } from './hosts';

const host = hostOf();

function differencesOf(before: unknown, now: unknown): readonly Difference[] {
  const comparison = new Comparison(host, noRules);
  comparison.value(before, now, 'at', FREE);
  return comparison.found;
}

const changes = (before: unknown, now: unknown): Change[] => changesOf(differencesOf(before, now), host);

it('a change is an addition, a removal or an update', () => {
  expect(changes({ a: 1, b: 1, c: null }, { a: 2, c: 1, d: null })).toEqual([
    { path: 'at.a', type: 'update', from: 1, to: 2 },
    { path: 'at.b', type: 'remove', from: 1, to: undefined },
    { path: 'at.c', type: 'update', from: null, to: 1 },
    { path: 'at.d', type: 'add', from: undefined, to: null },
  ]);
});

it('a function is no value', () => {
  expect(changes({ z: 1, b: 1, a: () => 1 }, { z: 1, b: () => 1, a: 1 })).toEqual([
    { path: 'at.a', type: 'add', from: undefined, to: 1 },
    { path: 'at.b', type: 'remove', from: 1, to: undefined },
  ]);
});

it('changes are sorted by path', () => {
  const leaf = (path: string): Difference => ({ kind: 'leaf', path, from: 1, to: 2, within: undefined });
  const paths = (...given: string[]): string[] => changesOf(given.map(leaf), host).map(({ path }) => path);
  expect(paths('b', 'a', 'c', 'B', 'a.b')).toEqual(['B', 'a', 'a.b', 'b', 'c']);
  expect(paths('a', 'b', 'a')).toEqual(['a', 'a', 'b']);
});

it('values are copies: what it was, and what it is', () => {
  const part = new Part({ a: 1 }, { a: 2 });
  const leaf: Difference = { kind: 'leaf', path: 'at', from: part, to: part, within: undefined };
  expect(changesOf([leaf], host)).toEqual([{ path: 'at', type: 'update', from: { a: 1 }, to: { a: 2 } }]);
  expect(changes([part], [])).toEqual([{ path: 'at', type: 'update', from: [{ a: 1 }], to: [] }]);
  expect(changes([], [part])).toEqual([{ path: 'at.0', type: 'add', from: undefined, to: { a: 2 } }]);
  expect(changes([1, 2], [part])).toEqual([{ path: 'at', type: 'update', from: [1, 2], to: [{ a: 2 }] }]);
});

it('a value whose original is not known is an update, or gone', () => {
  const unknown = (to: unknown): Change[] => changesOf([{ kind: 'unknown', path: 'at', to, assigned: false }], host);
  expect(unknown(new Part({ a: 1 }, { a: 2 }))).toEqual([
    { path: 'at', type: 'update', from: undefined, to: { a: 2 } },
  ]);
  for (const to of [undefined, () => 1])
    expect(unknown(to)).toEqual([{ path: 'at', type: 'remove', from: undefined, to: undefined }]);
});

describe('an array', () => {
  const shape = (before: unknown[], now: unknown[]): string =>
    shapeOf(differencesOf(before, now)[0] as ArrayDifference);

  it('of the same length is told by its elements', () => {
    expect(shape([1, 2], [1, 3])).toBe('elements');
    expect(changes([{ a: 1 }, 2], [{ a: 2 }, 3])).toEqual([
      { path: 'at.0.a', type: 'update', from: 1, to: 2 },
      { path: 'at.1', type: 'update', from: 2, to: 3 },
    ]);
  });

  it('that was appended to is told by the new elements', () => {
    expect(shape([1], [1, 2, 3])).toBe('append');
    const now = [1, 2, 3, 4];
    Reflect.deleteProperty(now, 2);
    expect(changes([1], now)).toEqual([
      { path: 'at.1', type: 'add', from: undefined, to: 2 },
      { path: 'at.2', type: 'add', from: undefined, to: null },
      { path: 'at.3', type: 'add', from: undefined, to: 4 },
    ]);
  });

  it('is told as a whole otherwise', () => {
    const [a, b] = [{ _id: 1 }, { _id: 2 }];
    for (const [before, now] of [
      [[1, 2], [1]],
      [[1], [2, 3]],
      [
        [a, b],
        [b, a],
      ],
    ] as const) {
      expect(shape([...before], [...now])).toBe('whole');
      expect(changes(before, now)).toEqual([{ path: 'at', type: 'update', from: before, to: now }]);
    }
  });
});

// What a user asks about, and which changes touch it.
import type { Change } from '../../lib/types';
import { CowTrackingError } from '../../lib/errors';
import { Comparison, FREE, noRules, plainComparingHost, type Difference } from '../../lib/tracker/differences';
import { askedPaths, changesTouch, checkObject, touches } from '../../lib/tracker/paths';
import { plainHost } from '../../lib/values/host';
import { hostOf, Part } from './hosts';

function differencesOf(before: unknown, now: unknown): readonly Difference[] {
  const comparison = new Comparison(plainComparingHost, noRules);
  comparison.value(before, now, 'at', FREE);
  return comparison.found;
}

const leaf = (from: unknown, to: unknown): Difference => ({ kind: 'leaf', path: 'at', from, to, within: undefined });

describe('asked paths', () => {
  it('are one, several, or undefined for everything', () => {
    expect(askedPaths('a.b')).toEqual(['a.b']);
    expect(askedPaths(['a', 'b'])).toEqual(['a', 'b']);
    expect(askedPaths([])).toEqual([]);
    expect(askedPaths(undefined)).toBeUndefined();
  });

  it.each([null, 1, '', ['a', 1], ['a', 'b..c'], [['a']]])('are refused: %p', (path) => {
    expect(() => askedPaths(path)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }));
  });
});

describe('a changed value touches', () => {
  it('its own path and all above, not those beside it', () => {
    const [difference] = differencesOf({ a: { b: 1 } }, { a: { b: 2 } }) as [Difference];
    for (const path of ['at.a.b', 'at.a', 'at'])
      expect([path, touches(difference, path, plainHost)]).toEqual([path, true]);
    for (const path of ['at.a.c', 'at.b', 'b', 'at.a.bb'])
      expect([path, touches(difference, path, plainHost)]).toEqual([path, false]);
  });

  it('below it only what has changed with it', () => {
    const difference = leaf({ a: 1, b: { c: 1 } }, { a: 2, b: { c: 1 } });
    expect(touches(difference, 'at.a', plainHost)).toBe(true);
    expect(touches(difference, 'at.b', plainHost)).toBe(false);
    expect(touches(difference, 'at.b.c', plainHost)).toBe(false);
    expect(touches(difference, 'at.nothing', plainHost)).toBe(false);
    expect(touches(leaf(undefined, { a: { b: 1 } }), 'at.a.b', plainHost)).toBe(true);
  });

  it('below a subdocument what is another than it was before, not than it is now', () => {
    const difference = leaf(new Part({ a: 1, b: 1 }, { a: 2, b: 1 }), new Part({ a: 5, b: 5 }, { a: 2, b: 3 }));
    expect(touches(difference, 'at.a', hostOf())).toBe(true);
    expect(touches(difference, 'at.b', hostOf())).toBe(true);
    expect(touches(difference, 'at.c', hostOf())).toBe(false);
  });

  it('all below it where nobody may look into it', () => {
    expect(touches(leaf({ a: 1 }, { a: 2 }), 'at.b')).toBe(true);
  });

  it('all below it if it is written without a change, as it was marked as a whole', () => {
    expect(touches(leaf({ a: 1 }, { a: 1 }), 'at.a', plainHost)).toBe(true);
  });

  it('all below it if its original is not known', () => {
    const unknown: Difference = { kind: 'unknown', path: 'at', to: { a: 1 }, assigned: false };
    for (const path of ['at', 'at.a', 'at.a.b']) expect(touches(unknown, path, plainHost)).toBe(true);
    expect(touches(unknown, 'b', plainHost)).toBe(false);
  });
});

describe('a changed array touches', () => {
  const touched = (before: unknown[], now: unknown[], paths: readonly string[]): string[] => {
    const [difference] = differencesOf(before, now) as [Difference];
    return paths.filter((path) => touches(difference, path, plainHost));
  };

  it('its own path', () => {
    expect(touched([1], [2], ['at'])).toEqual(['at']);
    expect(touched([1], [1, 2], ['at'])).toEqual(['at']);
    expect(touched([1, 2], [1], ['at'])).toEqual(['at']);
  });

  it('the elements that were edited', () => {
    const paths = ['at.0', 'at.1', 'at.1.a', 'at.1.b', 'at.1.a.x', 'at.2'];
    expect(touched([{}, { a: 1, b: 1 }], [{}, { a: 2, b: 1 }], paths)).toEqual(['at.1', 'at.1.a']);
    expect(touched([1, 2, 3], [4, 5, 3], ['at.0', 'at.1', 'at.2'])).toEqual(['at.0', 'at.1']);
  });

  it('only these, also where nobody may look into values', () => {
    const [difference] = differencesOf([1, 2], [1, 3]) as [Difference];
    expect([touches(difference, 'at.0'), touches(difference, 'at.1')]).toEqual([false, true]);
  });

  it('the elements that were appended, and what they hold', () => {
    expect(touched([1], [1, { a: 1 }, 3], ['at.0', 'at.1', 'at.1.a', 'at.2', 'at.3'])).toEqual([
      'at.1',
      'at.1.a',
      'at.2',
    ]);
  });

  it('what differs in it, if it changed as a whole', () => {
    expect(touched([1, 2, 3], [1, 3], ['at.0', 'at.1', 'at.2'])).toEqual(['at.1', 'at.2']);
  });

  it('all below it, if it changed as a whole and nobody may look into it', () => {
    const [difference] = differencesOf([1, 2, 3], [1, 3]) as [Difference];
    expect(touches(difference, 'at.0')).toBe(true);
  });
});

describe('recorded changes touch', () => {
  const changes: Change[] = [
    { path: 'a.b', type: 'update', from: { x: 1, y: 1 }, to: { x: 2, y: 1 } },
    { path: 'c', type: 'add', from: undefined, to: 1 },
  ];

  it('anything, if there are any', () => {
    expect(changesTouch(changes, undefined)).toBe(true);
    expect(changesTouch([], undefined)).toBe(false);
  });

  it.each<[string | string[], boolean]>([
    ['a', true],
    ['a.b', true],
    ['a.b.x', true],
    ['a.b.y', false],
    ['a.c', false],
    ['d', false],
    [['d', 'c'], true],
    [['d', 'e'], false],
    [[], false],
  ])('%p: %p', (paths, answer) => {
    expect(changesTouch(changes, paths)).toBe(answer);
  });
});

describe('an object that a user must give', () => {
  it.each([{}, { a: 1 }, new Map(), new Date(0)])('%p is one', (value) => {
    expect(() => checkObject(value, 'The argument')).not.toThrow();
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [[], 'an array'],
    ['text', "'text'"],
    [() => 1, 'a function'],
  ])('%p is none', (value, described) => {
    const check = (): void => checkObject(value, 'The argument');
    expect(check).toThrow(CowTrackingError);
    expect(check).toThrow(`The argument must be an object, got ${described}.`);
    expect(check).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });
});

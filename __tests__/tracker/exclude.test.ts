import { noRules, type Rules } from '../../lib/tracker/differences';
import { leaveOut } from '../../lib/tracker/exclude';

const rules = (...excluded: string[]): Rules => ({ ...noRules, isExcluded: (path) => excluded.includes(path) });

describe('what is excluded is taken out of a detached value', () => {
  it.each<[string, unknown, string[], unknown]>([
    ['a field', { a: 1, b: 2 }, ['at.a'], { b: 2 }],
    ['a field of an inner object', { a: { b: 1, c: 2 } }, ['at.a.b'], { a: { c: 2 } }],
    ['an object with all that it holds', { a: { b: 1 }, c: 2 }, ['at.a'], { c: 2 }],
    ['a field of an element', { list: [{ a: 1, b: 2 }] }, ['at.list.0.a'], { list: [{ b: 2 }] }],
    ['a key of a Map', new Map([['a', 1], ['b', 2]]), ['at.a'], new Map([['b', 2]])], // prettier-ignore
    ['a field within a Map', new Map([['a', { b: 1, c: 2 }]]), ['at.a.b'], new Map([['a', { c: 2 }]])],
    ['nothing that lies elsewhere', { a: 1 }, ['a', 'other.a'], { a: 1 }],
  ])('%s', (_title, value, excluded, left) => {
    leaveOut(value, 'at', rules(...excluded));
    expect(value).toStrictEqual(left);
  });

  it('from the top, where paths have no prefix', () => {
    const value = { a: 1, b: 2 };
    leaveOut(value, '', rules('a'));
    expect(value).toEqual({ b: 2 });
  });

  it('not out of a value that has no fields', () => {
    for (const value of [undefined, null, 'text', 1]) expect(() => leaveOut(value, 'at', rules('at.0'))).not.toThrow();
    const bytes = Buffer.from([1]);
    leaveOut(bytes, 'at', rules('at.0'));
    expect(bytes[0]).toBe(1);
    const instance = new (class {
      a = 1;
    })();
    leaveOut(instance, 'at', rules('at.a'));
    expect(instance.a).toBe(1);
  });

  it('from a value that holds itself, once', () => {
    const loop: Record<string, unknown> = { a: 1, b: 2 };
    loop['self'] = loop;
    leaveOut(loop, 'at', rules('at.a', 'at.self.b'));
    expect(Object.keys(loop)).toEqual(['b', 'self']);
  });
});

// Paths through objects, arrays and Maps.
import {
  checkWritable,
  child,
  dropAbsent,
  has,
  isContainer,
  keysOf,
  read,
  remove,
  restore,
  revertOrder,
  revive,
  write,
} from '../../lib/tracker/plain-data';
import { keep } from '../../lib/values/clone';
import { hostOf, Part } from './hosts';

const host = hostOf();

it('objects, arrays and Maps are containers, instances of classes are values', () => {
  for (const value of [{}, [], new Map()]) expect(isContainer(value)).toBe(true);
  for (const value of [null, undefined, 1, new Date(0), new Set(), Object.create({ a: 1 })])
    expect(isContainer(value)).toBe(false);
});

it('keys are those of objects and arrays, and of Maps as text', () => {
  expect(keysOf({ a: 1, b: 1 })).toEqual(['a', 'b']);
  expect(keysOf([5, 6])).toEqual(['0', '1']);
  expect(keysOf(new Map<unknown, number>([['a', 1], [2, 1]]))).toEqual(['a', '2']); // prettier-ignore
});

it('a part of a value is a field, an element or an entry', () => {
  expect(child({ a: 1 }, 'a')).toBe(1);
  expect(child([5, 6], '1')).toBe(6);
  expect(child(new Map([['a', 1]]), 'a')).toBe(1);
  for (const [value, key] of [
    [null, 'a'],
    [undefined, 'a'],
    ['text', 'length'],
    [{}, 'toString'],
    [[1], 'length'],
    [[1], '01'],
    [new Map([['a', 1]]), 'size'],
  ] as const)
    expect(child(value, key)).toBeUndefined();
});

it('read() follows a path as long as it leads somewhere', () => {
  const data = { a: [new Map([['b', { c: 1 }]])] };
  expect(read(data, ['a', '0', 'b', 'c'])).toBe(1);
  expect(read(data, ['a', '1', 'b', 'c'])).toBeUndefined();
  expect(read(data, [])).toBe(data);
});

it('has() tells an undefined value from none', () => {
  expect(has({ a: undefined }, ['a'])).toBe(true);
  expect(has({ x: { a: 1 } }, ['x', 'a'])).toBe(true);
  expect(has(new Map([['a', undefined]]), ['a'])).toBe(true);
  expect(has([1], ['0'])).toBe(true);
  for (const [value, path] of [
    [{}, ['a']],
    [{}, ['toString']],
    [{ a: 1 }, ['a', 'b']],
    [{ a: null }, ['a', 'b']],
    [{ a: 'text' }, ['a', 'length']],
    [new Map(), ['a']],
    [new Map(), ['size']],
    [[1], ['1']],
  ] as const)
    expect([path, has(value, path)]).toEqual([path, false]);
});

describe('checkWritable()', () => {
  const check = (data: unknown, path: string) => () => checkWritable(data, path.split('.'), path);

  it.each<[string, unknown, string]>([
    ['a field', { a: 1 }, 'a'],
    ['a field of an instance, at the top', Object.create({ a: 1 }), 'b'],
    ['what is missing on the way', {}, 'a.b.c'],
    ['what is null on the way', { a: null }, 'a.b'],
    ['a key of a Map', { a: new Map() }, 'a.b.c'],
    ['an element', { a: [1] }, 'a.0'],
    ['the next element', { a: [1] }, 'a.1'],
    ['an element behind a gap that MongoDB still fills', { a: [1] }, 'a.1500001'],
  ])('%s can be written', (_title, data, path) => {
    expect(check(data, path)).not.toThrow();
  });

  it.each<[string, unknown, string, string]>([
    [
      'below a number',
      { a: { b: 1 } },
      'a.b.c',
      "Cannot write 'a.b.c': 'a.b' is 1, which has no fields. Set that path first.",
    ],
    ['below a Date', { a: new Date(0) }, 'a.b', "Cannot write 'a.b': 'a' is an object, which has no fields."],
    [
      'a field of an array',
      { a: [1, 2] },
      'a.length',
      "Cannot write 'a.length': 'a' is an array of 2, and 'length' is no index of it. Use 0, 1, 2, ...; the next free one appends.",
    ],
    ['a field of an inner array', { a: { b: [1] } }, 'a.b.x', "'a.b' is an array of 1, and 'x' is no index"],
    ['an element too far behind', { a: [1] }, 'a.1500002', "'1500002' is no index"],
  ])('%s cannot', (_title, data, path, message) => {
    // prettier-ignore
    expect(check(data, path)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_PATH' }));
    expect(check(data, path)).toThrow(message);
  });
});

it('write() makes objects on the way, also in place of what has no fields', () => {
  const data: Record<string, unknown> = { a: 1, map: new Map() };
  write(data, ['a', 'b'], 1);
  write(data, ['c', 'd', 'e'], 2);
  write(data, ['map', 'x', 'y'], 3);
  write(data, ['n'], null);
  write(data, ['n', 'm'], 4);
  expect(data).toEqual({ a: { b: 1 }, c: { d: { e: 2 } }, map: new Map([['x', { y: 3 }]]), n: { m: 4 } });
});

it('remove() takes fields and entries away, and leaves null in place of an element', () => {
  const data = { a: { b: 1, c: 1 }, list: [1, 2, 3], map: new Map([['x', 1]]), text: 'abc', none: null };
  remove(data, ['a', 'b']);
  remove(data, ['list', '1']);
  remove(data, ['map', 'x']);
  remove(data, ['text', '0']);
  remove(data, ['none', 'a']);
  remove(data, ['missing', 'a']);
  expect(data).toEqual({ a: { c: 1 }, list: [1, null, 3], map: new Map(), text: 'abc', none: null });
});

it('restore() writes a value, or takes it away', () => {
  const data = { a: 1, b: 2 };
  restore(data, ['a'], undefined);
  restore(data, ['b'], null);
  expect(data).toStrictEqual({ b: null });
});

it('paths are put back from the first on, and taken away from the last on', () => {
  const present = ['a.10', 'a.9', 'b', 'a'];
  expect(revertOrder(['a.2', ...present, 'a.11'], (path) => present.includes(path))).toEqual({
    present: ['a', 'a.9', 'a.10', 'b'],
    added: ['a.11', 'a.2'],
  });
});

describe('dropAbsent()', () => {
  it('takes keys without a value away, at any depth, and leaves elements their places', () => {
    const work = (): number => 1;
    expect(
      dropAbsent({ a: undefined, b: work, c: { d: undefined, e: 1 }, list: [undefined, { f: work, g: 1 }, work] }),
    ).toStrictEqual({ c: { e: 1 }, list: [undefined, { g: 1 }, work] });
    expect(dropAbsent(new Map<string, unknown>([['a', undefined], ['b', { c: work }]]))).toStrictEqual(new Map([['b', {}]])); // prettier-ignore
  });

  it('leaves values as they are, and ends in a cycle', () => {
    const instance = Object.assign(Object.create({ a: 1 }) as object, { x: undefined });
    const loop: Record<string, unknown> = { instance, gone: undefined };
    loop['self'] = loop;
    expect(Object.keys(dropAbsent(loop))).toEqual(['instance', 'self']);
    expect(Object.keys(instance)).toEqual(['x']);
    for (const value of [null, undefined, 1]) expect(dropAbsent(value)).toBe(value);
  });
});

describe('revive()', () => {
  const kept = <T>(live: T): T => keep(live, host) as T;

  it('fills the containers that were there with what they held', () => {
    const inner = { x: 1 };
    const live = { list: [inner, 2], map: new Map<string, unknown>([['k', inner]]), gone: 1 };
    const { list, map } = live;
    const before = kept(live);
    list.push(3);
    list[0] = { x: 5 };
    map.set('new', 1).delete('k');
    inner.x = 2;
    Object.assign(live, { list: null, added: 1 });
    Reflect.deleteProperty(live, 'gone');
    expect(revive(before, host)).toBe(live);
    expect(live).toStrictEqual({ list: [{ x: 1 }, 2], map: new Map([['k', { x: 1 }]]), gone: 1 });
    expect([live.list, live.map, live.list[0]]).toEqual([list, map, inner]);
    expect(live.list).toBe(list);
    expect(live.map).toBe(map);
    expect(live.list[0]).toBe(inner);
  });

  it('leaves holes holes', () => {
    const live = [1, 2, 3];
    Reflect.deleteProperty(live, 1);
    const before = kept(live);
    live.push(4);
    live[1] = 2;
    revive(before, host);
    expect([live.length, 1 in live, live[2]]).toEqual([3, false, 3]);
    const ending: unknown[] = [1];
    ending.length = 3;
    const gap = kept(ending);
    ending.length = 0;
    expect(revive(gap, host)).toHaveLength(3);
  });

  it('copies what has no live container, or one that cannot be filled', () => {
    expect(revive({ a: 1 }, host)).toEqual({ a: 1 });
    const frozen = Object.freeze({ a: 1 });
    const copy = revive(kept(frozen), host);
    expect(copy).toEqual({ a: 1 });
    expect(copy).not.toBe(frozen);
  });

  it('gives a value that is no container as it was', () => {
    const part = new Part({ a: 1 }, { a: 2 });
    expect(revive(5, host)).toBe(5);
    expect(revive(part, host)).toEqual({ a: 1 });
    expect(revive(kept([part]), host)).toEqual([{ a: 1 }]);
    expect(revive(Object.assign({}, { part }), host)).toEqual({ part: { a: 1 } });
  });

  it('ends in a cycle, with the same instance', () => {
    const live: Record<string, unknown> = { n: 1 };
    live['self'] = live;
    const before = kept(live);
    live['n'] = 2;
    const revived = revive(before, host) as typeof live;
    expect(revived).toBe(live);
    expect(revived['self']).toBe(live);
    expect(revived['n']).toBe(1);
  });
});

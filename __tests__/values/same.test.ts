// The quick yes: is a live value surely what its kept copy says?
import { keep } from '../../lib/values/clone';
import { isSurelySame } from '../../lib/values/same';
import { hostOf, Part } from '../tracker/hosts';

const host = hostOf();
const same = (kept: unknown, live: unknown): boolean => isSurelySame(kept, live, host);

/** The keys that lead to where a comparison stopped. */
function trailOf(kept: unknown, live: unknown): string[] {
  const trail: string[] = [];
  isSurelySame(kept, live, host, trail);
  return trail.reverse();
}

it.each<[string, () => unknown]>([
  ['text', () => 'a'],
  ['a number', () => 1],
  ['NaN', () => NaN],
  ['null', () => null],
  ['undefined', () => undefined],
  ['a Date', () => new Date(5)],
  ['an object', () => ({ a: 1, b: { c: [1, null, NaN] } })],
  ['an empty object', () => ({})],
  ['an array', () => [1, { a: null }, [], new Date(1)]],
])('%s is surely the same as a copy', (_title, make) => {
  expect(same(make(), make())).toBe(true);
  expect(same(keep(make(), host), make())).toBe(true);
});

it.each<[string, unknown, unknown]>([
  ['other text', 'a', 'b'],
  ['another number', 1, 2],
  ['NaN for a number', 1, NaN],
  ['a number for NaN', NaN, 1],
  ['null', {}, null],
  ['an object for null', null, {}],
  ['a number for an object', {}, 1],
  ['an object for a number', 1, {}],
  ['undefined for null', null, undefined],
  ['undefined for an object', {}, undefined],
  ['an object for undefined', undefined, {}],
  ['a Date for a Map', new Map(), new Date(5)],
  ['another Date', new Date(5), new Date(6)],
  ['something else than a Date', new Date(5), { getTime: () => 5 }],
  ['another field', { a: 1 }, { a: 2 }],
  ['a field of another name', { a: 1 }, { b: 1 }],
  ['a field more', { a: 1 }, { a: 1, b: 1 }],
  ['a field less', { a: 1, b: undefined }, { a: 1 }],
  ['another order', { a: 1, b: 1 }, { b: 1, a: 1 }],
  ['null for an inner object', { a: {} }, { a: null }],
  ['an inner object for null', { a: null }, { a: {} }],
  ['another element', [1, 2], [1, 3]],
  ['null for an element', [{}], [null]],
  ['an element for null', [null], [{}]],
  ['an element more', [1], [1, undefined]],
  ['an element less', [1, undefined], [1]],
  ['an object for an array', [], {}],
  ['an array for an object', {}, []],
  ['what is like an array', [1], { 0: 1, length: 1 }],
  ['an instance for an object', { a: 1 }, Object.assign(Object.create({ b: 1 }) as object, { a: 1 })],
])('%s is not', (_title, kept, live) => {
  expect(same(kept, live)).toBe(false);
});

it('what it does not know is left to the thorough comparison', () => {
  for (const make of [() => new Map(), () => new Set(), () => Buffer.from('a'), () => Object.create(null) as object])
    expect(same(make(), make())).toBe(false);
});

it('what is shared cannot have changed, unless it keeps originals of its own', () => {
  for (const value of [new Map(), Buffer.from('a'), /a/]) {
    expect(same(value, value)).toBe(true);
    expect(same({ a: value }, { a: value })).toBe(true);
    expect(same([value], [value])).toBe(true);
  }
  const part = new Part({ a: 1 }, { a: 2 });
  expect(same(part, part)).toBe(false);
  expect(same({ a: part }, { a: part })).toBe(false);
  expect(same([part], [part])).toBe(false);
});

it('an array is compared with what stands behind its proxy', () => {
  const [kept, proxy] = [[1], [2]];
  const behind = hostOf({ plain: (value) => (value === proxy ? [1] : value) });
  expect(isSurelySame(kept, proxy, behind)).toBe(true);
  expect(isSurelySame([2], proxy, behind)).toBe(false);
});

it('a value that is deeper than any, or holds itself, is left to the thorough comparison', () => {
  const nested = (depth: number): unknown => (depth === 0 ? {} : { a: [nested(depth - 2)] });
  expect(same(nested(100), nested(100))).toBe(true);
  expect(same(nested(102), nested(102))).toBe(false);
  const loop = (): object => {
    const object: Record<string, unknown> = {};
    return Object.assign(object, { object });
  };
  expect(same(loop(), loop())).toBe(false);
});

it('the trail leads to where it stopped, the innermost key first', () => {
  expect(trailOf({ x: 1, a: [0, { b: 1 }] }, { x: 1, a: [0, { b: 2 }] })).toEqual(['a', '1', 'b']);
  expect(trailOf({ a: { b: 1 } }, { a: { c: 1 } })).toEqual(['a']);
  expect(trailOf({ a: [1] }, { a: [1, 2] })).toEqual(['a']);
  expect(trailOf({ a: 1 }, { a: 1 })).toEqual([]);
  expect(same([[1]], [[2]])).toBe(false);
});

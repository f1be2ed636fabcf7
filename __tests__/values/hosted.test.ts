// Values that are more than plain data, as Mongoose has them: copied, compared and measured by what their host says of them.
import { detach, keep, sourceOf } from '../../lib/values/clone';
import { equal, holdsNothing } from '../../lib/values/equal';
import { plainHost } from '../../lib/values/host';
import { sizeOf, sizeOfField } from '../../lib/values/size';
import { hostOf, Part, StandIn } from '../tracker/hosts';

const host = hostOf();
const part = (): Part => new Part({ a: { n: 1 } }, { a: { n: 2 }, b: 1 });

describe('a value that keeps originals of its own', () => {
  it('is held by reference in a kept copy', () => {
    const one = part();
    expect(keep(one, host)).toBe(one);
    expect((keep([one], host) as unknown[])[0]).toBe(one);
    expect((keep({ one }, host) as { one: unknown }).one).toBe(one);
  });

  it('is a plain object in a detached one: as it was, or as it is', () => {
    const one = part();
    expect(detach({ one }, host, 'original')).toStrictEqual({ one: { a: { n: 1 } } });
    expect(detach({ one }, host, 'current')).toStrictEqual({ one: { a: { n: 2 }, b: 1 } });
    expect(detach({ one }, host)).toStrictEqual({ one: { a: { n: 2 }, b: 1 } });
    const copy = detach(one, host) as { a: object };
    expect(copy.a).not.toBe(one.now['a']);
    expect(sourceOf(copy)).toBeUndefined();
  });

  it('is compared by what it was on the left and what it is on the right, in any order of fields', () => {
    const one = part();
    expect(equal(one, new Part({}, { a: { n: 1 } }), host)).toBe(true);
    expect(equal(one, one, host)).toBe(false);
    expect(equal(new Part({ a: 1, b: 1 }), new Part({ b: 1, a: 1 }), host)).toBe(true);
    expect(equal(one, { a: { n: 1 } }, host)).toBe(true);
    expect(equal({ b: 1, a: { n: 2 } }, one, host)).toBe(true);
    expect(equal({ a: { n: 1 } }, one, host)).toBe(false);
    expect(equal(new Part({ a: 1, b: undefined }), new Part({ a: 1 }), host)).toBe(true);
    expect(equal(new Part({ a: 1 }), new Part({ b: 1 }), host)).toBe(false);
    expect(equal(new Part({ a: 1 }), new Part({ a: 1, b: 1 }), host)).toBe(false);
    // Below its fields the order counts.
    expect(equal(new Part({ a: { x: 1, y: 1 } }), new Part({ a: { y: 1, x: 1 } }), host)).toBe(false);
  });

  it('is not equal to a field that every object inherits', () => {
    expect(equal({ toString: 1 }, new Part({ a: 1 }), host)).toBe(false);
    expect(equal(new Part({ toString: undefined, valueOf: Object.prototype.valueOf, a: 1 }), { b: 1 }, host)).toBe(
      false,
    );
  });

  it('is as large as the fields that it has', () => {
    expect(sizeOf(part(), host)).toBe(sizeOf({ a: { n: 2 }, b: 1 }));
  });
});

it('a host is asked about objects only', () => {
  for (const value of [null, undefined, 1, 'text', true, 5n]) {
    expect(keep(value, host)).toBe(value);
    expect(detach(value, host)).toBe(value);
    expect(detach({ value, list: [value] }, host)).toStrictEqual({ value, list: [value] });
    expect(equal(value, value, host)).toBe(true);
    expect(equal([value], [value], host)).toBe(true);
    for (const other of [part(), { a: 1 }, [1], 'other'])
      expect([equal(value, other, host), equal(other, value, host)]).toEqual([false, false]);
    expect(sizeOf({ value }, host)).toBe(sizeOf({ value }));
    expect(sizeOf(new StandIn(value), host)).toBe(sizeOf(value));
    expect(equal(new StandIn(value), value, host)).toBe(true);
    expect(equal(new StandIn(value), part(), host)).toBe(false);
    expect(detach(new StandIn(value), host)).toBe(value);
  }
});

describe('a value that stands for another', () => {
  it('is copied as that', () => {
    expect(detach({ id: new StandIn(5) }, host)).toEqual({ id: 5 });
    expect((keep([new StandIn(null)], host) as unknown[])[0]).toBeNull();
    const list = [{ a: 1 }];
    const kept = keep(new StandIn(list), host) as object[];
    expect(kept[0]).toMatchObject({ a: 1 });
    expect(sourceOf(kept)).toBe(list);
  });

  it('is compared as that', () => {
    expect(equal(5, new StandIn(5), host)).toBe(true);
    expect(equal(new StandIn(5), 5, host)).toBe(true);
    expect(equal(new StandIn(5), new StandIn(6), host)).toBe(false);
    expect(equal([new StandIn({ a: 1 })], [{ a: 1 }], host)).toBe(true);
  });

  it('is as large as that', () => {
    expect(sizeOf(new StandIn('text'), host)).toBe(sizeOf('text'));
    expect(sizeOf(new StandIn(null), host)).toBe(0);
    expect(sizeOf(new StandIn({ a: 1 }), host)).toBe(sizeOf({ a: 1 }));
    expect(sizeOfField('name', new StandIn('text'), host)).toBe(sizeOfField('name', 'text'));
    expect(sizeOf({ inner: [new StandIn('text')] }, host)).toBe(sizeOf({ inner: ['text'] }));
  });
});

it('plain data knows no such values', () => {
  const value = part();
  expect(plainHost.plain(value)).toBe(value);
  expect(plainHost.keepsOriginals(value)).toBe(false);
  expect(plainHost.currentFields(value)).toBe(value);
  expect(plainHost.originalFields(value)).toBe(value);
});

describe('does a value hold nothing that is stored?', () => {
  it.each<[unknown, boolean, boolean]>([
    [undefined, true, true],
    [{}, true, true],
    [{ a: undefined, b: () => 1 }, true, true],
    [{ a: {} }, false, true],
    [{ a: { b: { c: undefined } } }, false, true],
    [{ a: {}, b: 1 }, false, false],
    [{ a: null }, false, false],
    [{ a: [] }, false, false],
    [null, false, false],
    [1, false, false],
    [[], false, false],
    [new Date(0), false, false],
    [Object.create({ a: 1 }), false, false],
  ])('%p: %p, with minimize %p', (value, plain, minimized) => {
    expect([holdsNothing(value, false), holdsNothing(value, true)]).toEqual([plain, minimized]);
  });

  it('not one that holds itself, nor one that is deeper than any', () => {
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    expect(holdsNothing(loop, true)).toBe(false);
    const nested = (depth: number): unknown => (depth === 0 ? {} : { a: nested(depth - 1) });
    expect(holdsNothing(nested(101), true)).toBe(true);
    expect(holdsNothing(nested(102), true)).toBe(false);
  });
});

import { runInNewContext } from 'node:vm';
import mongoose from 'mongoose';
import { detach, keep, sourceOf } from '../../lib/values/clone';
import { toJson } from '../../lib/values/ejson';
import { equal } from '../../lib/values/equal';
import { plainHost } from '../../lib/values/host';
import { isMutable, isObject, isPlainObject, kindOf } from '../../lib/values/kind';
import type { Doc } from '../helpers/documents';

const {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} = mongoose.mongo.BSON;

class Point {
  constructor(
    readonly x: number,
    readonly inner = { y: 1 },
  ) {}
}
class Money {
  constructor(readonly cents: number) {}
  toBSON(): unknown {
    return { cents: this.cents };
  }
}

const foreign = (code: string): unknown => runInNewContext(code);

const values: [string, unknown, string][] = [
  ['undefined', undefined, 'scalar'],
  ['null', null, 'scalar'],
  ['a string', 'a', 'scalar'],
  ['a number', NaN, 'scalar'],
  ['a bigint', 5n, 'scalar'],
  ['a symbol', Symbol('a'), 'scalar'],
  ['a function', () => 1, 'scalar'],
  ['a RegExp', /a/g, 'scalar'],
  ['ObjectId', new ObjectId(), 'scalar'],
  ['Decimal128', Decimal128.fromString('1'), 'scalar'],
  ['Long', Long.fromNumber(1), 'scalar'],
  ['Int32', new Int32(1), 'scalar'],
  ['Double', new Double(1), 'scalar'],
  ['Timestamp', new Timestamp({ t: 1, i: 1 }), 'scalar'],
  ['MinKey', new MinKey(), 'scalar'],
  ['MaxKey', new MaxKey(), 'scalar'],
  ['BSONRegExp', new BSONRegExp('a'), 'scalar'],
  ['BSONSymbol', new BSONSymbol('a'), 'scalar'],
  ['Code', new Code('a'), 'scalar'],
  ['DBRef', new DBRef('c', new ObjectId()), 'scalar'],
  ['a Date', new Date(), 'date'],
  ['a Date of another realm', foreign('new Date()'), 'date'],
  ['a Buffer', Buffer.from('a'), 'binary'],
  ['a Uint8Array', new Uint8Array(1), 'binary'],
  ['a Uint8Array of another realm', foreign('new Uint8Array(1)'), 'binary'],
  ['Binary', new Binary(Buffer.from('a')), 'binary'],
  ['UUID', new UUID(), 'binary'],
  ['an array', [], 'array'],
  ['an array of another realm', foreign('[]'), 'array'],
  ['a Map', new Map(), 'map'],
  ['a Map of another realm', foreign('new Map()'), 'map'],
  ['a Set', new Set(), 'set'],
  ['a Set of another realm', foreign('new Set()'), 'set'],
  ['a RegExp of another realm', foreign('/a/'), 'scalar'],
  ['an object', {}, 'object'],
  ['an object without prototype', Object.create(null), 'object'],
  ['an object of another realm', foreign('({})'), 'object'],
  ['an object with a field _bsontype', { _bsontype: 'ObjectId' }, 'object'],
  ['an object with a field toBSON', { toBSON: () => 1 }, 'object'],
  ['an instance of a class', new Point(1), 'object'],
  ['an instance of an unknown _bsontype', Object.create({ _bsontype: 'Unheard' }), 'object'],
  ['an instance with toBSON()', new Money(1), 'opaque'],
];

it.each(values)('kindOf() %s', (_title, value, kind) => {
  expect(kindOf(value)).toBe(kind);
  expect(isMutable(value)).toBe(kind !== 'scalar');
});

it("a Map and a Buffer with a toBSON() of their own, as Mongoose's have, are what they are", () => {
  const toBSON = (): unknown => ({});
  expect(kindOf(Object.assign(new Map(), { toBSON }))).toBe('map');
  expect(kindOf(Object.assign(Buffer.from('a'), { toBSON }))).toBe('binary');
});

it('isPlainObject() is true for objects whose keys are their content', () => {
  for (const value of [{}, Object.create(null), foreign('({})')]) expect(isPlainObject(value)).toBe(true);
  for (const value of [
    null,
    undefined,
    'a',
    [],
    foreign('[]'),
    new Map(),
    new Date(),
    new Point(1),
    new ObjectId(),
    Object.create({}),
    Object.create(Object.create(null)),
    Object.create({ isPrototypeOf: 1 }),
  ])
    expect(isPlainObject(value)).toBe(false);
});

it('isObject() is true for whatever is held by reference, but for functions', () => {
  for (const value of [{}, [], new Map(), new Point(1), Object.create(null)]) expect(isObject(value)).toBe(true);
  for (const value of [null, undefined, 0, 1, '', 'a', true, 5n, Symbol('a'), () => 1])
    expect(isObject(value)).toBe(false);
});

describe('copies', () => {
  it.each([
    ['detach', (value: unknown) => detach(value)],
    ['keep', (value: unknown) => keep(value, plainHost)],
  ])('%s(): every container is another one, every value that cannot change is shared', (_name, copy) => {
    const id = new ObjectId();
    const original: Doc = {
      id,
      at: new Date(5),
      buf: Buffer.from('ab'),
      bin: new Binary(Buffer.from('ab'), 128),
      uuid: new UUID('00000000-0000-4000-8000-000000000001'),
      list: [{ a: [1] }],
      map: new Map([['k', { n: 1 }]]),
      set: new Set([1]),
      point: new Point(1),
    };
    const result = copy(original) as Doc;
    expect(mongoose.mongo.BSON.serialize(result)).toEqual(mongoose.mongo.BSON.serialize(original));
    expect(result.id).toBe(id);
    expect(result.point).toBeInstanceOf(Point);
    for (const key of Object.keys(original)) if (key !== 'id') expect(result[key]).not.toBe(original[key]);
    const before = mongoose.mongo.BSON.serialize(result);
    original.at.setTime(9);
    original.buf[0] = 1;
    original.bin.buffer[0] = 1;
    original.uuid.buffer[0] = 1;
    original.list[0].a.push(2);
    original.map.get('k').n = 2;
    original.set.add(2);
    original.point.inner.y = 2;
    expect(mongoose.mongo.BSON.serialize(result)).toEqual(before);
    expect(result.set).toEqual(new Set([1]));
  });

  it('an instance with toBSON() is copied as what is stored', () => {
    expect(detach({ price: new Money(5) })).toEqual({ price: { cents: 5 } });
  });

  it('an instance whose toBSON() gives itself, or one that has another, is what the driver stores: asked once', () => {
    const own: object = Object.assign(Object.create({ toBSON: () => own }) as object, { a: 1 });
    const other = Object.create({ toBSON: () => new Money(5) }) as object;
    for (const value of [own, other]) {
      const stored = mongoose.mongo.BSON.deserialize(mongoose.mongo.BSON.serialize({ value }))['value'] as unknown;
      expect(detach(value)).toEqual(stored);
      expect(toJson(value)).toEqual(stored);
      expect([equal(value, stored), equal(value, { b: 2 }), equal(value, value)]).toEqual([true, false, true]);
    }
  });

  it('holes stay holes, keys keep their order, no prototype stays none', () => {
    // eslint-disable-next-line no-sparse-arrays -- what is tested
    const list = detach([1, , 3]) as unknown[];
    expect([1 in list, list.length]).toEqual([false, 3]);
    expect(Object.keys(detach({ z: 1, a: 1 }) as object)).toEqual(['z', 'a']);
    expect(Object.getPrototypeOf(detach(Object.create(null)))).toBeNull();
    expect(Object.keys(detach(JSON.parse('{"__proto__":{"x":1}}')) as object)).toEqual(['__proto__']);
  });

  it("a Buffer's subtype, as Mongoose keeps it, is copied", () => {
    const buffer = Object.assign(Buffer.from('a'), { _subtype: 4 });
    expect((detach(buffer) as Doc)._subtype).toBe(4);
    expect((detach(Buffer.from('a')) as Doc)._subtype).toBeUndefined();
    const copy = detach(buffer) as Doc;
    copy._subtype = 0;
    expect(copy._subtype).toBe(0);
    expect(Reflect.deleteProperty(copy, '_subtype')).toBe(true);
  });

  it('an own key __proto__ is a field like any other, that can be changed and removed', () => {
    const copy = detach(JSON.parse('{"__proto__":{"x":1}}')) as Record<string, unknown>;
    Reflect.set(copy, '__proto__', 5);
    expect(Object.entries(copy)).toEqual([['__proto__', 5]]);
    expect(Reflect.deleteProperty(copy, '__proto__')).toBe(true);
    expect(Object.keys(copy)).toEqual([]);
  });

  it('a Binary whose buffer is longer than its content is copied without the rest', () => {
    const binary = new Binary();
    binary.write(Buffer.from('abc'), 0);
    expect(binary.buffer.length).toBeGreaterThan(3);
    expect(Buffer.from((detach(binary) as Doc).buffer).toString()).toBe('abc');
  });

  it('only kept copies know where they come from, and do not show it', () => {
    const list = [{ a: 1 }];
    const kept = keep(list, plainHost) as object[];
    expect(sourceOf(kept)).toBe(list);
    expect(sourceOf(kept[0]!)).toBe(list[0]);
    expect(Object.keys(kept)).toEqual(['0']);
    expect(JSON.stringify(kept)).toBe('[{"a":1}]');
    expect(sourceOf(detach(list) as object)).toBeUndefined();
  });

  it('a cycle becomes the same cycle, what stands twice becomes two', () => {
    const shared = { n: 1 };
    const loop: Doc = { list: [], map: new Map(), set: new Set(), a: shared, b: shared };
    loop.list.push(loop, loop.list);
    loop.map.set('loop', loop);
    loop.set.add(loop);
    const result = detach(loop) as Doc;
    expect(result).not.toBe(loop);
    expect(result.list[0]).toBe(result);
    expect(result.list[1]).toBe(result.list);
    expect(result.map.get('loop')).toBe(result);
    expect(result.set.has(result)).toBe(true);
    expect(result.a).not.toBe(result.b);
  });
});

// Equality is "would be stored as the same BSON": the driver's own serializer is the oracle.
import mongoose from 'mongoose';
import { equal } from '../../lib/values/equal';

const { BSON } = mongoose.mongo;
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
} = BSON;

const id = 'abcabcabcabcabcabcabcabc';
const other = 'abcabcabcabcabcabcabcabd';
const uuid = '00000000-0000-4000-8000-00000000000';

/** Made anew each time, so that no two are equal by identity; no two of them are stored as the same. */
const values: [string, () => unknown][] = [
  ['null', () => null],
  ["''", () => ''],
  ["'5'", () => '5'],
  ['false', () => false],
  ['true', () => true],
  ['0', () => 0],
  ['5', () => 5],
  ['5.5', () => 5.5],
  ['NaN', () => NaN],
  ['Infinity', () => Infinity],
  ['2 ** 40', () => 2 ** 40],
  ['5n', () => 5n],
  ['Long above the safe range', () => Long.fromString('9007199254740993')],
  ['Long just below it', () => Long.fromString('9007199254740992')],
  ['Double 5', () => new Double(5)],
  ['Decimal128 5', () => Decimal128.fromString('5')],
  ['Decimal128 5.0', () => Decimal128.fromString('5.0')],
  ['Decimal128 NaN', () => Decimal128.fromString('NaN')],
  ['a Date', () => new Date(5)],
  ['another Date', () => new Date(6)],
  ['{}', () => ({})],
  ['[]', () => []],
  ['[null]', () => [null]],
  ['[[]]', () => [[]]],
  ['{ a, b }', () => ({ a: 1, b: 2 })],
  ['{ b, a }', () => ({ b: 2, a: 1 })],
  ['{ a: null, b }', () => ({ a: null, b: 2 })],
  ['{ a: { b } }', () => ({ a: { b: 2 } })],
  ['[1, 2]', () => [1, 2]],
  ['[2, 1]', () => [2, 1]],
  ['ObjectId', () => new ObjectId(id)],
  ['another ObjectId', () => new ObjectId(other)],
  ['the text of an ObjectId', () => id],
  ['Buffer', () => Buffer.from('a')],
  ['another Buffer', () => Buffer.from('b')],
  ['an empty Buffer', () => Buffer.alloc(0)],
  ['Binary of subtype 128', () => new Binary(Buffer.from('a'), 128)],
  ['UUID', () => new UUID(`${uuid}1`)],
  ['another UUID', () => new UUID(`${uuid}2`)],
  ['Timestamp', () => new Timestamp({ t: 1, i: 2 })],
  ['another Timestamp', () => new Timestamp({ t: 2, i: 1 })],
  ['/a/', () => /a/],
  ['/a/i', () => /a/i],
  ['/b/', () => /b/],
  ['BSONRegExp with an option of its own', () => new BSONRegExp('a', 'x')],
  ['Symbol', () => new BSONSymbol('a')],
  ['Code', () => new Code('a')],
  ['Code with scope', () => new Code('a', { n: 1 })],
  ['Code with another scope', () => new Code('a', { n: 2 })],
  ['DBRef', () => new DBRef('c', new ObjectId(id))],
  ['DBRef of another database', () => new DBRef('c', new ObjectId(id), 'db')],
  ['DBRef with fields', () => new DBRef('c', new ObjectId(id), undefined, { n: 1 })],
  ['MinKey', () => new MinKey()],
  ['MaxKey', () => new MaxKey()],
];

const stored = (value: unknown): string => Buffer.from(BSON.serialize({ value })).toString('hex');

describe.each(values)('%s', (name, make) => {
  it('equals itself made anew, and no other value of the table', () => {
    expect(equal(make(), make())).toBe(true);
    const others = values.filter(([otherName]) => otherName !== name);
    const mine = stored(make());
    const where = (is: (makeOther: () => unknown) => boolean): string[] =>
      others.filter(([, makeOther]) => is(makeOther)).map(([otherName]) => otherName);
    // The table itself is right: what it calls another value is stored as one.
    expect(where((makeOther) => stored(makeOther()) === mine)).toEqual([]);
    expect(where((makeOther) => equal(make(), makeOther()))).toEqual([]);
    expect(where((makeOther) => equal({ at: [make()] }, { at: [makeOther()] }))).toEqual([]);
    expect(equal({ at: [make()] }, { at: [make()] })).toBe(true);
    expect(equal(new Map([['at', make()]]), new Map([['at', make()]]))).toBe(true);
  });
});

class Money {
  constructor(readonly cents: unknown) {}
  toBSON(): unknown {
    return this.cents;
  }
}

/** As the `bson` package of old made it: `_bsontype` and `toString()` are all that both have. */
const oldId = (hex: string): object => ({ __proto__: { _bsontype: 'ObjectID', toString: () => hex } });
const oldCode = (fields: object): object => Object.assign(Object.create({ _bsontype: 'Code' }) as object, fields);

it.each<[string, unknown, unknown]>([
  ['5 and Int32 5', 5, new Int32(5)],
  ['5.5 and Double 5.5', 5.5, new Double(5.5)],
  ['NaN and Double NaN', NaN, new Double(NaN)],
  ['5n and Long 5', 5n, Long.fromNumber(5)],
  ['Buffer and Uint8Array', Buffer.from('a'), new Uint8Array([97])],
  ['Buffer and Binary of subtype 0', Buffer.from('a'), new Binary(Buffer.from('a'), 0)],
  ['UUID and Binary of subtype 4', new UUID(`${uuid}1`), new Binary(new UUID(`${uuid}1`).buffer, 4)],
  ['a Map and an object', new Map([['a', 1]]), { a: 1 }],
  ['objects with and without prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  ['an undefined field and none', { a: 1, b: undefined }, { a: 1 }],
  ['a function and nothing', { a: 1, f: () => 1 }, { a: 1 }],
  ['undefined and null in an array', [undefined], [null]],
  ['an instance and what it is stored as', new Money(5), 5],
  ['two instances', new Money(5), new Money(5)],
  ['an instance and the object it is stored as', new Money({ a: 1 }), { a: 1 }],
  ['two instances stored as objects', new Money({ a: 1 }), new Money({ a: 1 })],
  ['the largest int32', 2 ** 31 - 1, new Int32(2 ** 31 - 1)],
  ['the smallest int32', -(2 ** 31), new Int32(-(2 ** 31))],
  ['what is just larger', 2 ** 31, new Double(2 ** 31)],
  ['what is just smaller', -(2 ** 31) - 1, new Double(-(2 ** 31) - 1)],
  ['0 and Int32 0', 0, new Int32(0)],
  ['-0 and Double -0', -0, new Double(-0)],
])('%s are stored as the same, so they are equal', (_title, a, b) => {
  // Nothing and null differ for the driver unless told to leave undefined out; within arrays they do not.
  const bytes = (value: unknown) => BSON.serialize({ value }, { ignoreUndefined: true });
  expect(bytes(a)).toEqual(bytes(b));
  expect(equal(a, b)).toBe(true);
  expect(equal(b, a)).toBe(true);
});

it.each<[string, unknown, unknown]>([
  // As for MongoDB's own comparison and for Mongoose.
  ['0 and -0', 0, -0],
  ['invalid Dates', new Date(NaN), new Date(NaN)],
  ['nothing and nothing', undefined, () => 1],
  ['Sets', new Set([1, { a: 1 }]), new Set([1, { a: 1 }])],
])('%s are equal', (_title, a, b) => {
  expect(equal(a, b)).toBe(true);
  expect(equal(b, a)).toBe(true);
});

it.each<[string, unknown, unknown]>([
  ['undefined and null', undefined, null],
  ['an invalid Date and the epoch', new Date(NaN), new Date(0)],
  ['a Date and {}', new Date(0), {}],
  ['a Map and an array', new Map(), []],
  ['a Set and an array', new Set([1]), [1]],
  ['an inherited field', { a: 1 }, { b: 1, __proto__: { a: 1 } }],
  ['one instance more', new Money(5), new Money(6)],
  ['instances stored as other objects', new Money({ a: 1 }), new Money({ a: 2 })],
  ['Maps', new Map([['a', 1]]), new Map([['a', 2]])],
  ['Maps in another order', new Map([['a', 1], ['b', 1]]), new Map([['b', 1], ['a', 1]])], // prettier-ignore
  ['a Map and an object in another order', new Map([['a', 1], ['b', 1]]), { b: 1, a: 1 }], // prettier-ignore
  ['2 ** 31 and an Int32 of it', 2 ** 31, new Int32(2 ** 31)],
  ['ids of two versions of the driver', oldId(id), new ObjectId(other)],
  ['an id and Code that prints as it', new ObjectId(id), new Code(id)],
  ['Code without and with a scope', oldCode({ code: 'f' }), oldCode({ code: 'f', scope: { a: 1 } })],
  ['a RegExp and its text', /a/, '/a/'],
  ['an ObjectId and nothing', new ObjectId(id), undefined],
  ['an ObjectId and an object like it', new ObjectId(id), { _bsontype: 'ObjectId', id }],
])('%s are not equal', (_title, a, b) => {
  expect(equal(a, b)).toBe(false);
  expect(equal(b, a)).toBe(false);
});

it('a value deeper than MongoDB stores is never equal, and the comparison ends', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1), b: nested(0) });
  expect(equal(nested(90), nested(90))).toBe(true);
  expect(equal(nested(500), nested(500))).toBe(false);
  const loop = (): object => {
    const object: Record<string, unknown> = {};
    return Object.assign(object, { a: object, b: object });
  };
  expect(equal(loop(), loop())).toBe(false);
});

it('ids are equal across versions of the driver', () => {
  expect(equal(oldId(id), new ObjectId(id))).toBe(true);
  expect(equal(new ObjectId(id), oldId(id))).toBe(true);
  expect(equal(oldId(id), oldId(id))).toBe(true);
  expect(equal(oldId(id), oldId(other))).toBe(false);
});

it('a value that holds itself is equal to itself, to no other, and the comparison ends', () => {
  const array: unknown[] = [];
  array.push(array);
  const another: unknown[] = [];
  another.push(another);
  expect(equal(array, array)).toBe(true);
  expect(equal(array, another)).toBe(false);
  const set = (): Set<unknown> => {
    const items = new Set<unknown>();
    return items.add(items);
  };
  expect(equal(set(), set())).toBe(false);
});

it('an instance that is stored as something that holds it is equal to no other, and the comparison ends', () => {
  class Loop {
    toBSON(): unknown {
      return { self: this };
    }
  }
  const plain: Record<string, unknown> = {};
  plain['self'] = plain;
  expect(equal(new Loop(), new Loop())).toBe(false);
  expect(equal(new Loop(), plain)).toBe(false);
  expect(equal(plain, new Loop())).toBe(false);
});

it('200 levels are compared, more are not', () => {
  const nested = (depth: number): unknown => (depth === 0 ? {} : { a: nested(depth - 1) });
  expect(equal(nested(200), nested(200))).toBe(true);
  expect(equal(nested(201), nested(201))).toBe(false);
});

// Values of patches: relaxed Extended JSON, with the driver's own as the oracle.
import mongoose from 'mongoose';
import { toJson } from '../../lib/values/ejson';

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
  EJSON,
} = BSON;

const id = new ObjectId('abcabcabcabcabcabcabcabc');
const oracle = (value: unknown): unknown => EJSON.serialize(value, { relaxed: true, ignoreUndefined: true });

it.each<[string, unknown]>([
  ['null', null],
  ['text', 'äö "/~'],
  ['booleans', [true, false]],
  ['integers', [0, 5, -5, 2 ** 31, 2 ** 53]],
  ['fractions', [1.5, -0.1, 1e300]],
  ['NaN and the infinities', [NaN, Infinity, -Infinity]],
  ['BigInt', [5n, -5n]],
  ['Long', Long.fromString('-9007199254740991')],
  ['Int32', new Int32(5)],
  ['Double', [new Double(5), new Double(5.5), new Double(NaN), new Double(-Infinity)]],
  ['Decimal128', [Decimal128.fromString('1.00'), Decimal128.fromString('NaN')]],
  ['ObjectId', id],
  ['Date', [new Date(0), new Date(1), new Date(1e12), new Date('9999-12-31T23:59:59.999Z')]],
  ['Date before 1970 and after 9999', [new Date(-1), new Date('0001-01-01'), new Date('+010000-02-01')]],
  ['Binary', [new Binary(Buffer.from('a')), new Binary(Buffer.from('abc'), 128)]],
  ['UUID', new UUID('00000000-0000-4000-8000-000000000001')],
  ['RegExp', [/a/, /a/im]],
  ['BSONRegExp', new BSONRegExp('a', 'ix')],
  ['Symbol', new BSONSymbol('a')],
  ['Timestamp', new Timestamp({ t: 4294967295, i: 2 })],
  ['MinKey and MaxKey', [new MinKey(), new MaxKey()]],
  ['Code', [new Code('f'), new Code('f', { a: 1 })]],
  ['DBRef', [new DBRef('c', id), new DBRef('c', id, 'db'), new DBRef('c', id, 'db', { n: 1 })]],
  ['objects', { a: { b: [{ c: null }] }, empty: {}, list: [] }],
  ['a Map', new Map([['a', new Map([['b', id]])]])],
])('%s: as EJSON.serialize() does it', (_title, value) => {
  expect(toJson(value)).toEqual(oracle(value));
  // Nothing but JSON.
  expect(JSON.parse(JSON.stringify(toJson(value)))).toEqual(toJson(value));
});

it.each<[string, unknown, unknown]>([
  ['a Buffer, which the driver stores as Binary', Buffer.from('a'), { $binary: { base64: 'YQ==', subType: '00' } }],
  ['a Uint8Array', new Uint8Array([97]), { $binary: { base64: 'YQ==', subType: '00' } }],
  [
    'a Buffer with the subtype that Mongoose keeps on it',
    Object.assign(Buffer.from('a'), { _subtype: 4 }),
    { $binary: { base64: 'YQ==', subType: '04' } },
  ],
  // The driver's relaxed form loses digits here.
  ['a Long above the safe range', Long.fromString('9007199254740993'), { $numberLong: '9007199254740993' }],
  ['a BigInt above the safe range', -9007199254740993n, { $numberLong: '-9007199254740993' }],
  // No oracle: the driver refuses them, or makes something else of them.
  ['a RegExp with flags that BSON has not', /a/gu, { $regularExpression: { pattern: 'a', options: 'gu' } }],
  ['an invalid Date', new Date(NaN), { $date: { $numberLong: 'NaN' } }],
  ['an instance with toBSON()', { a: { __proto__: { toBSON: () => ({ b: 1 }) } } }, { a: { b: 1 } }],
  ['what is not stored', { a: undefined, f: () => 1, list: [undefined] }, { list: [null] }],
  ['a Set', new Set([1, undefined]), [1, null]],
  // eslint-disable-next-line no-sparse-arrays -- what is tested
  ['holes', [1, , 2], [1, null, 2]],
])('%s', (_title, value, json) => {
  expect(toJson(value)).toStrictEqual(json);
});

it('nothing, a function and a symbol are no values', () => {
  for (const value of [undefined, () => 1, Symbol('a')]) expect(toJson(value)).toBeUndefined();
});

it('an own key __proto__ stays a key', () => {
  const json = toJson(JSON.parse('{"__proto__":{"x":1}}'));
  expect(JSON.stringify(json)).toBe('{"__proto__":{"x":1}}');
  expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
});

it('a value that holds itself is refused', () => {
  const loop: Record<string, unknown> = {};
  loop['loop'] = [loop];
  expect(() => toJson(loop)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  expect(() => toJson(loop)).toThrow('A value that holds itself, or is nested more than 200 levels deep, cannot');
});

it('an instance that is stored as something that holds it is refused as well', () => {
  class Loop {
    toBSON(): unknown {
      return { self: this };
    }
  }
  expect(() => toJson(new Loop())).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

it('200 levels are written, more are not', () => {
  const nested = (depth: number): unknown => (depth === 0 ? {} : { a: nested(depth - 1) });
  expect(toJson(nested(200))).toEqual(nested(200));
  expect(() => toJson(nested(201))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

it("the result is the caller's to change", () => {
  const json = toJson({ a: 1, b: 2 }) as Record<string, unknown>;
  json['a'] = 3;
  Reflect.deleteProperty(json, 'b');
  expect(json).toEqual({ a: 3 });
});

it('values of other versions of the driver, which have not all fields', () => {
  const old = (type: string, fields: object): object =>
    Object.assign(Object.create({ _bsontype: type }) as object, fields);
  expect(toJson(old('ObjectID', { toHexString: () => 'abc' }))).toEqual({ $oid: 'abc' });
  expect(toJson(old('Code', { code: 'f' }))).toStrictEqual({ $code: 'f' });
  expect(toJson(old('Code', { code: 'f', scope: null }))).toStrictEqual({ $code: 'f' });
});

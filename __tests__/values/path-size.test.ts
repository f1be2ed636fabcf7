import mongoose from 'mongoose';
import { CowTrackingError } from '../../lib/errors';
import {
  describe as shortText,
  describeInstance,
  isAddressable,
  isAtOrBelow,
  isIndex,
  join,
  overlaps,
  parsePath,
} from '../../lib/values/path';
import { sizeOf, sizeOfField } from '../../lib/values/size';

const { BSON } = mongoose.mongo;

describe('paths', () => {
  it.each([
    ['a', ['a']],
    ['a.b.0', ['a', 'b', '0']],
    ['$a.b c', ['$a', 'b c']],
    ['toString.length', ['toString', 'length']],
  ])('parsePath(%p)', (path, parts) => {
    expect(parsePath(path)).toEqual(parts);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    [['a'], 'an array'],
    [{}, 'an object'],
    [() => 1, 'a function'],
    [Symbol('a'), 'a symbol'],
    ['', "''"],
    ['.', "'.'"],
    ['a.', "'a.'"],
    ['.a', "'.a'"],
    ['a..b', "'a..b'"],
    ['__proto__', "'__proto__'"],
    ['a.__proto__.b', "'a.__proto__.b'"],
    ['a.constructor', "'a.constructor'"],
    ['prototype.a', "'prototype.a'"],
  ])('parsePath(%p) throws, and says what it got', (path, given) => {
    const error = (() => {
      try {
        return parsePath(path);
      } catch (thrown) {
        return thrown as CowTrackingError;
      }
    })();
    expect(error).toBeInstanceOf(CowTrackingError);
    expect(error).toMatchObject({ code: 'ERR_INVALID_PATH', message: expect.stringContaining(given) as string });
  });

  it('join(), isAtOrBelow(), overlaps()', () => {
    expect([join('', 'a'), join('a', ''), join('a', 'b'), join('a.b', '0')]).toEqual(['a', 'a', 'a.b', 'a.b.0']);
    expect([isAtOrBelow('a', 'a'), isAtOrBelow('a.b', 'a'), isAtOrBelow('a.b', '')]).toEqual([true, true, true]);
    expect([isAtOrBelow('ab', 'a'), isAtOrBelow('a', 'a.b'), isAtOrBelow('b', 'a')]).toEqual([false, false, false]);
    expect([overlaps('a', 'a.b'), overlaps('a.b', 'a'), overlaps('ab', 'a'), overlaps('a.b', 'a.c')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('isIndex(): as MongoDB writes them', () => {
    for (const key of ['0', '7', '12', '1234567890']) expect([key, isIndex(key)]).toEqual([key, true]);
    for (const key of ['', '01', '-1', '1.5', 'a', '1a', ' 1', '12345678901', '٣'])
      expect([key, isIndex(key)]).toEqual([key, false]);
  });

  it('isAddressable(): can an update name the key?', () => {
    for (const key of ['a', '0', 'a b', 'ä', 'a$', 'toString']) expect([key, isAddressable(key)]).toEqual([key, true]);
    for (const key of ['', '$a', 'a.b', '.', '__proto__', 'constructor', 'prototype'])
      expect([key, isAddressable(key)]).toEqual([key, false]);
  });

  it('a short text for what was given', () => {
    expect([shortText('a'), shortText(1n), shortText(new Date())]).toEqual(["'a'", 'a bigint', 'an object']);
    expect([describeInstance(new Date()), describeInstance('a')]).toEqual(['an instance of Date', "'a'"]);
    const nameless = Object.create({ constructor: { name: '' } }) as object;
    expect([describeInstance(nameless), describeInstance(Object.create(null)), describeInstance(null)]).toEqual([
      'an object',
      'an object',
      'null',
    ]);
  });

  it('no path at all is told apart from one with an empty segment', () => {
    expect(() => parsePath('')).toThrow("A path must be a non-empty string such as 'address.city', got ''.");
    expect(() => parsePath('a..b')).toThrow("The path 'a..b' has an empty segment.");
  });
});

describe('sizes', () => {
  const bytes = (value: unknown): number => BSON.serialize({ v: value }).length - 5 - 3;

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'hello'],
    ['int32', 5],
    ['double', 5.5],
    ['BigInt', 5n],
    ['Boolean', true],
    ['Date', new Date()],
    ['Buffer', Buffer.from('abc')],
    ['Binary', new BSON.Binary(Buffer.from('abc'))],
    ['ObjectId', new BSON.ObjectId()],
    ['Decimal128', BSON.Decimal128.fromString('1')],
    ['an object', { a: 1, bc: { d: 'text' } }],
    ['an array', [1, 'a', [2]]],
    ['a Map', new Map([['a', 1]])],
  ])('%s: what the driver counts', (_title, value) => {
    expect(sizeOf(value)).toBe(bytes(value));
    expect(sizeOfField('name', value)).toBe(bytes(value) + 6);
  });

  it('what is not stored counts nothing', () => {
    expect(sizeOf(undefined)).toBe(0);
    expect(sizeOf({ a: undefined, f: () => 1 })).toBe(5);
  });

  it('what is stored as something else counts some', () => {
    expect(sizeOf(new Set([1]))).toBe(64);
    expect(sizeOf(Object.create({ toBSON: () => 1 }))).toBe(64);
  });

  it('an element without a value is stored as null', () => {
    expect(sizeOf([undefined, () => 1])).toBe(sizeOf([null, null]));
  });

  it('a cycle ends', () => {
    const loop: unknown[] = [];
    loop.push(loop, { loop });
    expect(sizeOf(loop)).toBeGreaterThan(0);
  });
});

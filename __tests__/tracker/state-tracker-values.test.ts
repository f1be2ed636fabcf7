// Every kind of value under a StateTracker: kept, compared, given back.
import mongoose from 'mongoose';
import { StateTracker } from '../../lib/tracker/state-tracker';
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

const id = 'abcabcabcabcabcabcabcabc';
const uuid = '00000000-0000-4000-8000-00000000000';

/** A type, a value of it made anew each time, and another one. */
const types: [string, () => unknown, () => unknown][] = [
  ['String', () => 'a', () => 'b'],
  ['empty String', () => '', () => ' '],
  ['Number', () => 1.5, () => 2.5],
  ['NaN', () => NaN, () => 0],
  ['Infinity', () => Infinity, () => -Infinity],
  ['Boolean', () => false, () => true],
  ['null', () => null, () => 0],
  ['BigInt', () => 5n, () => 6n],
  ['Date', () => new Date(5), () => new Date(6)],
  ['invalid Date', () => new Date(NaN), () => new Date(0)],
  ['RegExp', () => /a/i, () => /a/],
  ['RegExp by source', () => /a/, () => /b/],
  ['Buffer', () => Buffer.from('ab'), () => Buffer.from('ac')],
  ['Uint8Array', () => new Uint8Array([1, 2]), () => new Uint8Array([1])],
  ['ObjectId', () => new ObjectId(id), () => new ObjectId('abcabcabcabcabcabcabcabd')],
  ['Decimal128', () => Decimal128.fromString('1.0'), () => Decimal128.fromString('1.00')],
  ['Long', () => Long.fromString('9007199254740993'), () => Long.fromString('9007199254740992')],
  ['Int32', () => new Int32(1), () => new Int32(2)],
  ['Double', () => new Double(1), () => new Double(2)],
  ['UUID', () => new UUID(`${uuid}1`), () => new UUID(`${uuid}2`)],
  ['Binary', () => new Binary(Buffer.from('a'), 0), () => new Binary(Buffer.from('b'), 0)],
  ['Binary by subtype', () => new Binary(Buffer.from('a'), 128), () => new Binary(Buffer.from('a'), 129)],
  ['Timestamp', () => new Timestamp({ t: 1, i: 2 }), () => new Timestamp({ t: 1, i: 3 })],
  ['BSONRegExp', () => new BSONRegExp('a', 'i'), () => new BSONRegExp('a', 'm')],
  ['BSONSymbol', () => new BSONSymbol('a'), () => new BSONSymbol('b')],
  ['Code', () => new Code('f'), () => new Code('g')],
  ['Code with scope', () => new Code('f', { a: 1 }), () => new Code('f', { a: 2 })],
  ['DBRef', () => new DBRef('c', new ObjectId(id)), () => new DBRef('d', new ObjectId(id))],
  ['MinKey', () => new MinKey(), () => new MaxKey()],
  ['an object', () => ({ a: { b: 1 } }), () => ({ a: { b: 2 } })],
  ['an empty object', () => ({}), () => []],
  ['an array', () => [1, [2]], () => [1, [3]]],
  ['a Map', () => new Map([['a', 1]]), () => new Map([['a', 2]])],
  ['a Set', () => new Set([1, 2]), () => new Set([1])],
  ['an instance with toBSON()', () => ({ __proto__: { toBSON: () => 1 } }), () => ({ __proto__: { toBSON: () => 2 } })],
];

describe.each(types)('%s', (_type, make, other) => {
  const data = (): Doc => ({ at: { top: make(), list: [make()], map: new Map([['key', make()]]) } });

  it.each(['at.top', 'at.list.0', 'at.map.key'])(
    'an equal value at %s is no change, another one is, and comes back',
    (path) => {
      const tracker = new StateTracker<Doc>(data());
      tracker.get('at');
      expect(tracker.isModified()).toBe(false);
      tracker.set(path, make());
      expect(tracker.diff()).toEqual([]);
      tracker.set(path, other());
      expect(tracker.isModified(path)).toBe(true);
      expect(tracker.getUpdate()).not.toBeNull();
      tracker.revert();
      expect(tracker.diff()).toEqual([]);
      expect(mongoose.mongo.BSON.serialize({ x: tracker.get(path) })).toEqual(
        mongoose.mongo.BSON.serialize({ x: make() }),
      );
    },
  );

  it('the difference holds both', () => {
    const tracker = new StateTracker<Doc>({ field: make() });
    tracker.set('field', other());
    const [change] = tracker.diff();
    // A container is told by its leaves.
    if (change?.path === 'field') {
      const wire = (value: unknown) => mongoose.mongo.BSON.serialize({ x: value });
      expect([wire(change.from), wire(change.to)]).toEqual([wire(make()), wire(other())]);
    } else {
      expect(change?.path).toMatch(/^field\.(a\.b|1\.0|1|a)$/);
    }
  });
});

it.each<[string, unknown, unknown]>([
  ['5 and Long 5', 5, Long.fromNumber(5)],
  ['5 and Double 5', 5, new Double(5)],
  ["'5' and 5", '5', 5],
  ['null and nothing', null, undefined],
  ['an id and its text', new ObjectId(id), id],
  ['a Date and its number', new Date(5), 5],
  ['a Date and {}', new Date(5), {}],
  ['[] and {}', [], {}],
  ['{} and null', {}, null],
  ['false and 0', false, 0],
])('%s are two values', (_title, a, b) => {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ]) {
    const tracker = new StateTracker<Doc>({ field: from });
    tracker.set('field', to);
    expect(tracker.isModified('field')).toBe(true);
  }
});

it('0 and -0 are one value, also in place', () => {
  const tracker = new StateTracker<Doc>({ n: 0, list: [0] });
  tracker.set('n', -0);
  (tracker.get('list') as number[])[0] = -0;
  expect(tracker.isModified()).toBe(false);
});

it('key order counts below what was read or replaced', () => {
  const tracker = new StateTracker<Doc>({ a: { x: 1, y: 2 } });
  tracker.set('a', { y: 2, x: 1 });
  expect(JSON.stringify(tracker.getUpdate())).toBe('{"$set":{"a":{"y":2,"x":1}}}');
});

describe('sparse arrays', () => {
  it('holes, undefined and functions are stored as null, so they are null', () => {
    // eslint-disable-next-line no-sparse-arrays -- what is tested
    const tracker = new StateTracker<Doc>({ list: [1, , undefined, () => 1, null] });
    const list = tracker.get('list') as unknown[];
    list.fill(null, 1);
    expect(tracker.isModified()).toBe(false);
    list[1] = 'x';
    expect(tracker.diff()).toEqual([{ path: 'list.1', type: 'update', from: null, to: 'x' }]);
    tracker.revert();
    expect(1 in list).toBe(false);
    expect(list).toHaveLength(5);
  });

  it('an append behind a gap', () => {
    const tracker = new StateTracker<Doc>({ list: ['a'] });
    tracker.set('list.3', 'd');
    expect(tracker.diff()).toEqual([
      { path: 'list.1', type: 'add', from: undefined, to: null },
      { path: 'list.2', type: 'add', from: undefined, to: null },
      { path: 'list.3', type: 'add', from: undefined, to: 'd' },
    ]);
    expect(tracker.getUpdate()).toEqual({ $push: { list: { $each: [null, null, 'd'] } } });
  });
});

describe('what is not stored is nothing', () => {
  it('a function or symbol in place of a value removes it', () => {
    const tracker = new StateTracker<Doc>({ a: 1, b: 2 });
    tracker
      .set('a', () => 1)
      .set('b', Symbol('b'))
      .set('c', () => 1);
    expect(tracker.diff()).toEqual([
      { path: 'a', type: 'remove', from: 1, to: undefined },
      { path: 'b', type: 'remove', from: 2, to: undefined },
    ]);
    expect(tracker.getUpdate()).toEqual({ $unset: { a: 1, b: 1 } });
  });

  it('nor is it written inside of a value: the driver would store undefined as null', () => {
    const tracker = new StateTracker<Doc>({});
    tracker.set('a', { x: undefined, y: [{ z: undefined, f: () => 1, k: 1 }], m: new Map([['n', undefined]]) });
    expect(tracker.getUpdate()).toStrictEqual({ $set: { a: { y: [{ k: 1 }], m: new Map() } } });
    expect(Object.keys(tracker.data.a as object)).toEqual(['x', 'y', 'm']);
  });
});

describe('keys that mean something to JavaScript or MongoDB', () => {
  it('fields named like what objects inherit', () => {
    const tracker = new StateTracker<Doc>({ a: { toString: 'x', valueOf: 1, hasOwnProperty: 2 } });
    const a = tracker.get('a');
    delete a.toString;
    a.valueOf = 2;
    expect(tracker.diff()).toEqual([
      { path: 'a.toString', type: 'remove', from: 'x', to: undefined },
      { path: 'a.valueOf', type: 'update', from: 1, to: 2 },
    ]);
    tracker.revert();
    tracker.set('toString', 1);
    expect(tracker.diff()).toEqual([{ path: 'toString', type: 'add', from: undefined, to: 1 }]);
  });

  it('an own key __proto__, as JSON.parse makes them, is data and pollutes nothing', () => {
    const tracker = new StateTracker<Doc>({ a: JSON.parse('{"__proto__": {"x": 1}, "y": 1}') as object });
    const a = tracker.get('a');
    a.y = 2;
    expect(tracker.getUpdate()).toEqual({ $set: { 'a.y': 2 } });
    Object.defineProperty(a, '__proto__', { value: { x: 2 }, enumerable: true, configurable: true, writable: true });
    // No update can address such a key, so its parent goes whole.
    expect(JSON.stringify(tracker.getUpdate())).toBe('{"$set":{"a":{"__proto__":{"x":2},"y":2}}}');
    delete a.__proto__;
    expect(JSON.stringify(tracker.getUpdate())).toBe('{"$set":{"a":{"y":2}}}');
    tracker.revert();
    expect(JSON.stringify(tracker.data)).toBe('{"a":{"__proto__":{"x":1},"y":1}}');
    expect(({} as Doc).x).toBeUndefined();
  });

  it.each(['with.dot', '$dollar', ''])('the key %p is written with its parent', (key) => {
    const tracker = new StateTracker<Doc>({ a: { b: { [key]: 1, c: 1 } }, m: new Map([[key, 1]]) });
    tracker.get('a').b[key] = 2;
    (tracker.get('m') as Map<string, unknown>).set(key, 2);
    expect(tracker.getUpdate()).toEqual({ $set: { 'a.b': { [key]: 2, c: 1 }, m: new Map([[key, 2]]) } });
    tracker.reset();
    (tracker.get('m') as Map<string, unknown>).set(`${key}.new`, 3);
    expect(tracker.getUpdate()).toEqual({ $set: { m: new Map(Object.entries({ [key]: 2, [`${key}.new`]: 3 })) } });
  });

  it('also where it is named in a path', () => {
    const tracker = new StateTracker<Doc>({ a: { b: { $dollar: { x: 1 } } } });
    tracker.set('a.b.$dollar.x', 2);
    expect(tracker.getUpdate()).toEqual({ $set: { 'a.b': { $dollar: { x: 2 } } } });
    const read = new StateTracker<Doc>({ a: { $dollar: { x: 1 } } });
    read.get('a.$dollar').x = 2;
    expect(read.getUpdate()).toEqual({ $set: { a: { $dollar: { x: 2 } } } });
    expect(read.original('a.$dollar.x')).toBe(1);
  });

  it('a field of the object itself has no parent to be written with', () => {
    const tracker = new StateTracker<Doc>({ $dollar: 1, a: 1 });
    tracker.set('$dollar', 2);
    expect(tracker.getChanges()).toEqual({ $dollar: 2 });
    expect([tracker.original('$dollar'), tracker.original('a')]).toEqual([1, 1]);
  });

  it('numbers as keys of objects stay keys', () => {
    const tracker = new StateTracker<Doc>({ scores: { 1: 'a', 10: 'b' } });
    tracker.set('scores.10', 'B').set('scores.2', 'c').set('others.0', 'd');
    expect(tracker.getUpdate()).toEqual({ $set: { 'scores.10': 'B', 'scores.2': 'c', others: { 0: 'd' } } });
    expect(Array.isArray(tracker.data.others)).toBe(false);
  });
});

describe('cycles end', () => {
  /** Parents and children that point at each other: every level has two ways back. */
  const family = (): Doc => {
    const parent: Doc = { name: 'p', kids: [] };
    for (const name of ['a', 'b', 'c']) parent.kids.push({ name, parent, siblings: parent.kids });
    return { parent };
  };

  it('in the data', () => {
    const tracker = new StateTracker<Doc>(family());
    const parent = tracker.get('parent');
    expect(tracker.isModified()).toBe(false);
    expect(tracker.diff()).toEqual([]);
    parent.kids[1].name = 'B';
    expect(tracker.isModified('parent.kids.1.name')).toBe(true);
    const original = tracker.original('parent');
    expect(original.kids[1].name).toBe('b');
    expect(original.kids[1].parent).toBe(original);
    tracker.revert();
    expect(parent.kids[1].name).toBe('b');
    expect(tracker.isModified()).toBe(false);
  });

  it('in a value that was set, and in Sets and Maps', () => {
    const tracker = new StateTracker<Doc>({ a: 1, b: { c: 1 } });
    const loop: Doc = { map: new Map(), set: new Set() };
    loop.map.set('loop', loop);
    loop.set.add(loop);
    tracker.set('a', loop);
    tracker.get('b').self = tracker.get('b');
    expect(tracker.isModified()).toBe(true);
    expect(tracker.diff().map(({ path }) => path)).toEqual(['a', 'b.self']);
    expect(() => tracker.patch()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    tracker.revert();
    expect(tracker.data).toEqual({ a: 1, b: { c: 1 } });
  });
});

it('one object at two places is two values', () => {
  const shared = { n: 1 };
  const tracker = new StateTracker<Doc>({ a: shared, b: { c: shared } });
  tracker.get('a').n = 2;
  expect(tracker.getChanges()).toEqual({ 'a.n': 2 });
  expect(tracker.original('a')).toEqual({ n: 1 });
});

it('values of another realm, as structuredClone makes them under jest, are what they are', () => {
  const data = structuredClone({
    at: new Date(0),
    o: { a: { b: 1 }, c: 1 },
    m: new Map([['k', 1]]),
    s: new Set([1]),
    r: /a/,
    list: [1],
    bytes: new Uint8Array([1]),
  }) as Doc;
  const tracker = new StateTracker<Doc>(data);
  for (const path of Object.keys(data)) tracker.get(path);
  expect(tracker.isModified()).toBe(false);
  data.at.setTime(5);
  data.o.a.b = 2;
  data.m.set('k', 2);
  data.s.add(2);
  data.list.push(2);
  data.bytes[0] = 2;
  tracker.set('r', /b/);
  expect(tracker.getChanges()).toEqual({
    at: new Date(5),
    'o.a.b': 2,
    'm.k': 2,
    s: new Set([1, 2]),
    'list.1': 2,
    bytes: Buffer.from([2]),
    r: /b/,
  });
  tracker.revert();
  expect(tracker.isModified()).toBe(false);
  expect(data.m.get('k')).toBe(1);
});

// RFC 6902: patch() and inversePatch(), with rfc6902's applyPatch() as the oracle.
import fc from 'fast-check';
import mongoose, { Schema } from 'mongoose';
import { applyPatch } from 'rfc6902';
import cowTracking, { StateTracker, type JsonPatchOperation } from '../../lib';
import { toJson } from '../../lib/values/ejson';
import type { Doc } from '../helpers/documents';
import { dataOf, edits, run } from './scripts';

/** A JSON value with a patch applied; fails if an operation does. */
function patched(json: unknown, patch: readonly JsonPatchOperation[]): unknown {
  const target = JSON.parse(JSON.stringify(json)) as unknown;
  // Nothing but JSON must come out of a patch.
  const sent = JSON.parse(JSON.stringify(patch)) as typeof patch;
  expect(sent).toEqual(patch);
  expect(applyPatch(target, sent as never)).toEqual(patch.map(() => null));
  return target;
}

function expectBothWays(before: unknown, after: unknown, tracker: Pick<StateTracker, 'patch' | 'inversePatch'>): void {
  expect(patched(before, tracker.patch())).toEqual(after);
  expect(patched(after, tracker.inversePatch())).toEqual(before);
}

describe('StateTracker', () => {
  const data = () => ({
    name: 'Ada',
    age: 36,
    address: { city: 'London', 'a/b~c': 1 },
    tags: ['a', 'b', 'c'],
    at: new Date(0),
    id: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabc'),
  });

  it('operations by pointer, values as relaxed Extended JSON', () => {
    const tracker = new StateTracker<Doc>(data());
    tracker.set('name', null).unset('age').set('address.a/b~c', 2).set('nick', 'A').set('at', new Date(1));
    tracker.set('id', new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabd'));
    (tracker.get('tags') as string[]).push('d', 'e');
    expect(tracker.patch()).toEqual([
      { op: 'replace', path: '/address/a~1b~0c', value: 2 },
      { op: 'replace', path: '/at', value: { $date: '1970-01-01T00:00:00.001Z' } },
      { op: 'replace', path: '/id', value: { $oid: 'abcabcabcabcabcabcabcabd' } },
      { op: 'replace', path: '/name', value: null },
      { op: 'add', path: '/nick', value: 'A' },
      { op: 'add', path: '/tags/3', value: 'd' },
      { op: 'add', path: '/tags/4', value: 'e' },
      { op: 'remove', path: '/age' },
    ]);
    expect(tracker.inversePatch()).toEqual([
      { op: 'replace', path: '/address/a~1b~0c', value: 1 },
      { op: 'add', path: '/age', value: 36 },
      { op: 'replace', path: '/at', value: { $date: '1970-01-01T00:00:00Z' } },
      { op: 'replace', path: '/id', value: { $oid: 'abcabcabcabcabcabcabcabc' } },
      { op: 'replace', path: '/name', value: 'Ada' },
      { op: 'remove', path: '/tags/4' },
      { op: 'remove', path: '/tags/3' },
      { op: 'remove', path: '/nick' },
    ]);
  });

  it.each<[string, (tracker: StateTracker<Doc>) => unknown]>([
    [
      'more than ten elements appended',
      (t) => (t.get('tags') as string[]).push('d', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'),
    ],
    ['an append behind a gap', (t) => t.set('tags.5', 'f')],
    ['a shorter array', (t) => (t.get('tags') as string[]).splice(0, 2)],
    ['elements in another order', (t) => (t.get('tags') as string[]).reverse()],
    ['a missing parent', (t) => t.set('job.title', 'x')],
    ['an emptied object', (t) => t.set('address', {})],
    ['an object for a scalar', (t) => t.set('name', { first: 'A' })],
    ['a function, which is nothing', (t) => t.set('name', () => 1).set('address.f', () => 1)],
    ['undefined in an array', (t) => t.set('tags', ['a', undefined, 'c'])],
    ['nothing', (t) => t.get('tags')],
  ])('%s, both ways', (_title, edit) => {
    const tracker = new StateTracker<Doc>(data());
    edit(tracker);
    expectBothWays(toJson(data()), toJson(tracker.data), tracker);
  });

  it('any data and any edits, both ways', () => {
    fc.assert(
      fc.property(dataOf, edits, (make, script) => {
        const tracker = new StateTracker<Doc>(make());
        run(tracker, script);
        expectBothWays(toJson(make()), toJson(tracker.data), tracker);
      }),
      { numRuns: 500 },
    );
  });
});

describe('documents', () => {
  const subSchema = new Schema<Doc>({ k: String, n: Number, inner: { x: Number } }, { _id: false });
  const schema = new Schema<Doc>({
    name: String,
    age: Number,
    nested: { a: Number, b: String, deep: { c: Number } },
    sub: subSchema,
    tags: [String],
    items: [{ q: Number, s: String, tags: [String] }],
    map: { type: Map, of: Number },
    subs: { type: Map, of: subSchema },
    mixed: Schema.Types.Mixed,
    at: Date,
    buf: Buffer,
    dec: Schema.Types.Decimal128,
    ref: Schema.Types.ObjectId,
  });
  schema.plugin(cowTracking);
  const Model = new mongoose.Mongoose().model<Doc>('Patched', schema);

  const full = (): Doc => ({
    _id: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabc'),
    __v: 0,
    name: 'n',
    age: 1,
    nested: { a: 1, b: 'b', deep: { c: 1 } },
    sub: { k: 'k', n: 1, inner: { x: 1 } },
    tags: ['x', 'y'],
    items: [1, 2, 3].map((q) => ({
      _id: new mongoose.Types.ObjectId(`abcabcabcabcabcabcabcab${String(q)}`),
      q,
      s: 's',
      tags: ['t'],
    })),
    map: { p: 1, q: 2 },
    subs: { one: { k: 'k', n: 1 } },
    mixed: { a: { b: 1 }, list: [1, { c: 2 }] },
    at: new Date(0),
    buf: Buffer.from('abc'),
    dec: mongoose.Types.Decimal128.fromString('1.0'),
    ref: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabe'),
  });

  const changes: Record<string, (doc: Doc) => unknown> = {
    scalar: (doc) => (doc.name = 'm'),
    unset: (doc) => (doc.age = undefined),
    unsetLast: (doc) => (doc.nested.deep = undefined),
    nested: (doc) => (doc.nested.deep.c = 2),
    nestedReplaced: (doc) => (doc.nested = { a: 1, b: 'c' }),
    sub: (doc) => doc.set('sub.n', 2),
    subReplaced: (doc) => (doc.sub = { k: 'z', inner: { x: 2 } }),
    subRemoved: (doc) => (doc.sub = undefined),
    push: (doc) => doc.tags.push('z', 'zz'),
    pull: (doc) => doc.tags.pull('x'),
    tags: (doc) => (doc.tags = ['q']),
    element: (doc) => doc.set('tags.0', 'X'),
    item: (doc) => doc.items.length > 0 && (doc.items[0].q = 9),
    itemTags: (doc) => doc.items.length > 0 && doc.items[0].tags.push('u'),
    itemPushed: (doc) => doc.items.push({ q: 4, _id: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcab4') }),
    itemPulled: (doc) => doc.items.splice(0, 1),
    itemsReversed: (doc) => doc.items.reverse(),
    map: (doc) => doc.set('map.r', 3),
    mapDeleted: (doc) => doc.map?.delete('p'),
    mapCleared: (doc) => doc.map?.clear(),
    mapSub: (doc) => doc.subs?.get('one')?.set('n', 5),
    mapSubNew: (doc) => doc.subs?.set('two', { n: 2 }),
    mixedInPlace: (doc) => doc.mixed?.list?.push(5),
    mixedDeep: (doc) => doc.mixed?.a && (doc.mixed.a.b = { c: [1] }),
    mixedReplaced: (doc) => (doc.mixed = { list: [1, { c: 3 }], a: { b: 1 } }),
    date: (doc) => doc.at?.setTime(5),
    buffer: (doc) => doc.buf && (doc.buf[0] = 90),
    decimal: (doc) => (doc.dec = '1.00'),
    ref: (doc) => (doc.ref = undefined),
    revert: (doc) => doc.$tracker.revert(['tags', 'nested', 'mixed']),
  };

  const json = (doc: Doc): unknown => toJson(doc.toObject({ flattenMaps: true, minimize: false, depopulate: true }));
  /** Without empty objects: Mongoose holds one for every nested path, and stores none of them. */
  const filled = (value: unknown): unknown =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .map(([key, item]): [string, unknown] => [key, filled(item)])
            .filter(([, item]) => JSON.stringify(item) !== '{}'),
        );
  const some = fc.array(fc.constantFrom(...Object.keys(changes)), { minLength: 1, maxLength: 6 });

  it.each<[string, () => Doc]>([
    ['a full document', full],
    ['an empty document', () => ({ _id: full()._id, __v: 0 })],
  ])('%s and any edits, both ways', (_title, make) => {
    fc.assert(
      fc.property(some, (names) => {
        const doc: Doc = Model.hydrate(make());
        const before = json(doc);
        for (const name of names) {
          try {
            changes[name]!(doc);
          } catch (error) {
            // An edit of what an edit before it has taken away.
            if (!(error instanceof TypeError)) throw error;
          }
        }
        const original = toJson(doc.$tracker.original());
        expect(filled(original)).toEqual(filled(before));
        expectBothWays(original, json(doc), doc.$tracker);
      }),
      { numRuns: 300 },
    );
  });

  it('a document that is not inserted yet: from nothing, and back to nothing', () => {
    const doc: Doc = new Model(full());
    expect(doc.$tracker.original()).toEqual({});
    const patch = doc.$tracker.patch() as JsonPatchOperation[];
    expect(patch.every(({ op }) => op === 'add')).toBe(true);
    expect(doc.$tracker.inversePatch().every(({ op }: JsonPatchOperation) => op === 'remove')).toBe(true);
  });

  it('a subdocument: pointers relative to it', () => {
    const doc: Doc = Model.hydrate(full());
    doc.sub.n = 2;
    doc.items[1].tags.push('u');
    expect(doc.sub.$tracker.patch()).toEqual([{ op: 'replace', path: '/n', value: 2 }]);
    expect(doc.items[1].$tracker.patch()).toEqual([{ op: 'add', path: '/tags/1', value: 'u' }]);
    expect(doc.items[1].$tracker.inversePatch()).toEqual([{ op: 'remove', path: '/tags/1' }]);
    expect(doc.items[0].$tracker.patch()).toEqual([]);
  });
});

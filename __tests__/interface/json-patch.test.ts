// RFC 6902: patch() and inversePatch() of documents, with rfc6902's applyPatch() as the oracle.
import fc from 'fast-check';
import mongoose, { Schema } from 'mongoose';
import cowTracking, { type JsonPatchOperation } from '../../lib';
import { toJson } from '../../lib/values/ejson';
import type { Doc } from '../helpers/documents';
import { expectBothWays } from '../helpers/json-patch';

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

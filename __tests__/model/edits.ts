// What the commands of the model-based test do to a document. Keys of Mixed values and Maps keep their order, whatever is
// edited: it counts as a difference, and the model does not know about it.
import mongoose, { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';

const { BSON } = mongoose.mongo;

export const schema = (): Schema<Doc> =>
  new Schema<Doc>(
    {
      name: String,
      count: Number,
      tags: [String],
      nums: [Number],
      mixed: {},
      map: { type: Map, of: Number },
      items: [new Schema<Doc>({ q: Number, s: String }, { _id: false })],
      sub: new Schema<Doc>({ n: Number, deep: { s: String } }, { _id: false }),
      at: Date,
      // Only other writers write it.
      foreign: Number,
    },
    { timestamps: true },
  );

export const initial = (): Plain => ({
  name: 'a',
  count: 0,
  tags: ['x'],
  nums: [1, 2, 3],
  mixed: { a: 1, b: { c: 1 } },
  map: { k: 1 },
  items: [{ q: 1, s: 's' }],
  sub: { n: 1, deep: { s: 's' } },
  at: new Date(1),
});

/** The values of a document as they would be stored, without what the model leaves to Mongoose. */
export function valuesOf(plain: Plain): Plain {
  // Through BSON, which knows neither wrappers nor what is undefined.
  const { _id, __v, createdAt, updatedAt, foreign, ...rest } = BSON.deserialize(BSON.serialize(plain));
  return rest;
}

type Edit = (doc: Doc, n: number) => unknown;

const element = (doc: Doc, n: number): Doc => doc.items[n % Math.max(1, doc.items.length)];

/** By name, since a failing run is printed with them. `n` is 0, 1 or 2. */
export const edits: Readonly<Record<string, Edit>> = {
  'name =': (doc, n) => (doc.name = ['a', 'b', 'c'][n]),
  'name = undefined': (doc) => (doc.name = undefined),
  'count =': (doc, n) => (doc.count = n),
  '$inc(count)': (doc, n) => doc.$inc('count', n + 1),
  'tags.push': (doc, n) => doc.tags.push(['x', 'y', 'z'][n]),
  'tags.pull': (doc, n) => doc.tags.pull(['x', 'y', 'z'][n]),
  'tags.addToSet': (doc, n) => doc.tags.addToSet(['x', 'y', 'z'][n]),
  'tags.pop': (doc) => doc.tags.pop(),
  'tags = appended': (doc, n) => (doc.tags = [...doc.tags, ['x', 'y', 'z'][n]]),
  'tags =': (doc, n) => (doc.tags = [['x'], ['x', 'y'], []][n]),
  'nums[0] =': (doc, n) => doc.nums.set(0, n + 1),
  'nums.splice': (doc, n) => doc.nums.splice(n, 1),
  'nums.unshift': (doc, n) => doc.nums.unshift(n),
  'nums.reverse': (doc) => doc.nums.reverse(),
  'mixed.a =': (doc, n) => (doc.mixed.a = n),
  'mixed.b.c =': (doc, n) => (doc.mixed.b.c = n),
  'mixed =': (doc, n) => (doc.mixed = { a: n, b: { c: 1 } }),
  'map.set': (doc, n) => doc.map.set('k', n),
  'items[].q =': (doc, n) => {
    if (doc.items.length > 0) element(doc, n).q = n;
  },
  'items.push': (doc, n) => doc.items.push({ q: n, s: 't' }),
  'items.shift': (doc) => doc.items.shift(),
  'items = mapped': (doc, n) =>
    (doc.items = doc.toObject().items.map((item: Plain, i: number) => (i === 0 ? { ...item, q: n } : item))),
  'sub.n =': (doc, n) => (doc.sub.n = n),
  'sub.deep.s =': (doc, n) => (doc.sub.deep.s = ['s', 't', 'u'][n]),
  'sub =': (doc, n) => (doc.sub = { n, deep: { s: 's' } }),
  'at.setTime': (doc, n) => doc.at.setTime(n),
};

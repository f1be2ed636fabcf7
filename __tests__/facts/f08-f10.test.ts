// Traps F8 to F10 of today's Mongoose: array calls that change nothing, equality, edits in flight.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const { Decimal128, Long, Int32, Double, UUID, Binary, BSONRegExp, Timestamp } = mongoose.mongo.BSON;

describe('F8 array calls that change nothing', () => {
  const old = new Date('2020-01-01');

  it.each<[string, (tags: Doc) => unknown]>([
    ['push() without values', (tags) => tags.push()],
    ['splice(0, 0)', (tags) => tags.splice(0, 0)],
    [
      'push, pop',
      (tags) => {
        tags.push('w');
        tags.pop();
      },
    ],
    [
      'push, splice back',
      (tags) => {
        tags.push('w');
        tags.splice(3, 1);
      },
    ],
    [
      'push, pull',
      (tags) => {
        tags.push('w');
        tags.pull('w');
      },
    ],
    [
      'unshift, shift',
      (tags) => {
        tags.unshift('w');
        tags.shift();
      },
    ],
    [
      'reverse twice',
      (tags) => {
        tags.reverse();
        tags.reverse();
      },
    ],
    [
      'sort away and back',
      (tags) => {
        tags.sort((a: string, b: string) => b.localeCompare(a));
        tags.sort();
      },
    ],
    ['addToSet of what is there', (tags) => tags.addToSet('x')],
    ['pull of what is not there', (tags) => tags.pull('nowhere')],
    [
      'an index set and set back',
      (tags) => {
        tags.set(0, 'q');
        tags.set(0, 'x');
      },
    ],
    ['splice of an element by an equal one', (tags) => tags.splice(1, 1, 'y')],
  ])('%s: no write, no __v, no updatedAt', async (_name, edit) => {
    const Post = await documents.model(new Schema<Doc>({ tags: [String], name: String }, { timestamps: true }));
    const doc = await documents.load(Post, { tags: ['x', 'y', 'z'], name: 'n', updatedAt: old, createdAt: old });
    edit(doc.tags);
    expect(doc.isModified()).toBe(false);
    expect(doc.$tracker.getUpdate()).toBeNull();
    expect(await documents.save(doc)).toBeNull();
    expect(doc.__v).toBe(0);
    expect(doc.updatedAt).toEqual(old);
  });

  it('leaves no version filter behind for the next change', async () => {
    const Post = await documents.model(new Schema<Doc>({ tags: [String], name: String }));
    const doc = await documents.load(Post, { tags: ['x', 'y'], name: 'n' });
    doc.tags.push('w');
    doc.tags.pop();
    doc.name = 'other';
    expect(await documents.save(doc)).toEqual({ filter: { _id: doc._id }, update: { $set: { name: 'other' } } });
  });

  it('a net-zero array keeps the guard of another array that did change', async () => {
    const Post = await documents.model(new Schema<Doc>({ tags: [String], rows: [String] }));
    const doc = await documents.load(Post, { tags: ['x', 'y'], rows: ['1', '2', '3'] });
    doc.rows.splice(0, 1);
    doc.tags.push('w');
    doc.tags.pop();
    const sent = await documents.save(doc);
    expect(sent?.update).toEqual({ $set: { rows: ['2', '3'] }, $inc: { __v: 1 } });
    expect(sent?.filter).toEqual({ _id: doc._id, __v: 0 });
  });

  it('keeps an increment() that the user asked for', async () => {
    const Post = await documents.model(new Schema<Doc>({ tags: [String] }));
    const doc = await documents.load(Post, { tags: ['x', 'y'] });
    doc.tags.push('w');
    doc.tags.pop();
    doc.increment();
    const sent = await documents.save(doc);
    expect(sent?.update).toEqual({ $inc: { __v: 1 } });
    expect(doc.__v).toBe(1);
  });
});

const shared = '507f1f77bcf86cd799439011';

const differs: [name: string, from: unknown, to: unknown][] = [
  ['Date to {}', new Date(0), {}],
  ['{} to Date', {}, new Date(0)],
  ['RegExp to {}', /a/, {}],
  ['Date to RegExp', new Date(0), /a/],
  ['a Date by a millisecond', new Date(0), new Date(1)],
  ['a RegExp by its flags', /a/i, /a/],
  ['"1" to 1', '1', 1],
  ['1 to true', 1, true],
  ["'' to 0", '', 0],
  ['0 to false', 0, false],
  ["'' to null", '', null],
  ['null to {}', null, {}],
  ['[] to {}', [], {}],
  ['an ObjectId to its string', new mongoose.Types.ObjectId(shared), shared],
  ['Long to Decimal128', Long.fromString('9007199254740993'), Decimal128.fromString('9007199254740993')],
  ['Decimal128', Decimal128.fromString('1.5'), Decimal128.fromString('1.6')],
  ['a Binary by its subtype', new Binary(Buffer.from('a'), 0), new Binary(Buffer.from('a'), 128)],
  ['a UUID', new UUID('a'.repeat(32)), new UUID('b'.repeat(32))],
  ['a Timestamp', new Timestamp({ t: 1, i: 1 }), new Timestamp({ t: 1, i: 2 })],
  ['the order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ['NaN to 0', NaN, 0],
  ['an Int32 to a Double of the same value', new Int32(5), new Double(5)],
  ['a Decimal128 by its zeros', Decimal128.fromString('1.0'), Decimal128.fromString('1.00')],
  ['an array element by type', [1, '2'], [1, 2]],
];

const equal: [name: string, from: () => unknown][] = [
  ['a Date', () => new Date(5)],
  ['NaN', () => NaN],
  ['a nested NaN', () => ({ a: [NaN] })],
  ['a RegExp with flags', () => /a/gi],
  ['an ObjectId', () => new mongoose.Types.ObjectId(shared)],
  ['a Decimal128', () => Decimal128.fromString('1.5')],
  ['a Long beyond the safe integers', () => Long.fromString('9007199254740993')],
  ['an Int32', () => new Int32(5)],
  ['a Double', () => new Double(5)],
  ['a UUID', () => new UUID('a'.repeat(32))],
  ['a Binary with a subtype', () => new Binary(Buffer.from('a'), 128)],
  ['a BSONRegExp', () => new BSONRegExp('a', 'i')],
  ['a Timestamp', () => new Timestamp({ t: 1, i: 1 })],
  ['a deep object', () => ({ a: { b: [{ c: new Date(1) }] } })],
];

describe('F9 values are compared by type and value', () => {
  // minimize would turn an empty object into an unset, which hides what is compared here.
  const box = (): Schema<Doc> => new Schema<Doc>({ box: Schema.Types.Mixed }, { minimize: false });

  it.each(differs)('Mixed, differs and is written: %s', async (_name, from, to) => {
    const Box = await documents.model(box());
    const doc = await documents.load(Box, { box: { value: from } });
    doc.box = { value: to };
    expect(doc.isModified('box')).toBe(true);
    expect(await documents.updateOf(doc)).not.toBeNull();
    const again = await documents.again(Box, doc);
    const fresh = await documents.load(Box, { box: { value: to } });
    expect(again.box).toEqual(fresh.box);
    expect(Object.keys(again.box.value ?? {})).toEqual(Object.keys(fresh.box.value ?? {}));
  });

  it.each(equal)('Mixed, equal and not written: %s', async (_name, make) => {
    const Box = await documents.model(box());
    // Saved from memory: a load turns some of these classes into plain values.
    const doc = await documents.load(Box, { box: { value: 'before' } });
    doc.box = { value: make() };
    await doc.save();
    doc.box = { value: make() };
    expect(doc.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it('key order counts in a Map and not in a subdocument (gh-9571)', async () => {
    const Model = await documents.model(
      new Schema<Doc>({
        map: { type: Map, of: Number },
        sub: new Schema({ a: Number, b: Number }, { _id: false }),
      }),
    );
    const doc = await documents.load(Model, { map: { a: 1, b: 2 }, sub: { a: 1, b: 2 } });
    doc.sub = { b: 2, a: 1 };
    expect(doc.isModified()).toBe(false);
    doc.map = new Map([
      ['b', 2],
      ['a', 1],
    ]);
    expect(doc.isModified('map')).toBe(true);
    await doc.save();
    const { map } = await documents.stored(doc);
    expect(Object.keys(map as object)).toEqual(['b', 'a']);
  });
});

describe('F10 edits while a save is in flight', () => {
  const person = (): Schema<Doc> =>
    new Schema<Doc>({ name: String, code: { type: String, unique: true, sparse: true } });

  it.each([
    ['loaded', false],
    ['saved before', true],
  ])('a value set back to the old one stays a change, on an instance that was %s', async (_name, savedBefore) => {
    const Person = await documents.model(person());
    const doc = await documents.load(Person, { name: savedBefore ? '0' : 'a' });
    if (savedBefore) {
      doc.name = 'a';
      await doc.save();
    }
    doc.name = 'b';
    await documents.saveWhile(doc, () => {
      doc.name = 'a';
    });
    expect(doc.isModified('name')).toBe(true);
    expect(doc.$tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'b', to: 'a' }]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'a' } });
  });

  it.each([
    ['loaded', false],
    ['saved before', true],
  ])(
    'a failing write keeps the edit in flight and the one that failed, on an instance that was %s',
    async (_name, savedBefore) => {
      const Person = await documents.model(person());
      await documents.load(Person, { code: 'taken' });
      const doc = await documents.load(Person, { name: savedBefore ? '0' : 'a', code: 'mine' });
      if (savedBefore) {
        doc.name = 'a';
        await doc.save();
      }
      doc.code = 'taken';
      const error = await rejection(
        documents.saveWhile(doc, () => {
          doc.name = 'b';
        }),
      );
      expect(error.code).toBe(11000);
      expect(doc.$tracker.getChanges()).toEqual({ code: 'taken', name: 'b' });
      doc.code = 'mine';
      expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
    },
  );
});

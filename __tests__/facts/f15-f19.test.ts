// Traps F15 to F19 of today's Mongoose: atomics that stay, $inc, defaults, cost, values that do not copy.
import mongoose, { Schema } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

describe("F15 unmarkModified('array')", () => {
  it('takes the array as it is: a later push sends only itself', async () => {
    const Post = await documents.model(new Schema<Doc>({ tags: [String] }));
    const doc = await documents.load(Post, { tags: ['x'] });
    doc.tags.push('kept back');
    doc.unmarkModified('tags');
    expect(doc.isModified()).toBe(false);
    doc.tags.push('sent');
    expect(await documents.updateOf(doc)).toEqual({ $push: { tags: { $each: ['sent'] } }, $inc: { __v: 1 } });
  });
});

describe('F16 $inc', () => {
  it('does not send what an earlier save has sent', async () => {
    const Counter = await documents.model(new Schema<Doc>({ n: Number }));
    const doc = await documents.load(Counter, { n: 0 });
    doc.$inc('n', 2);
    expect(await documents.updateOf(doc)).toEqual({ $inc: { n: 2 } });
    doc.$inc('n', 1);
    expect(await documents.updateOf(doc)).toEqual({ $inc: { n: 1 } });
    expect(await documents.stored(doc)).toEqual({ n: 3 });
    expect(doc.n).toBe(3);
  });

  it('adds up the calls before one save (gh-13274)', async () => {
    const Counter = await documents.model(new Schema<Doc>({ n: Number }));
    const doc = await documents.load(Counter, { n: 0 });
    doc.$inc('n', 1000);
    doc.$inc('n', 2000);
    expect(await documents.updateOf(doc)).toEqual({ $inc: { n: 3000 } });
  });

  it('stays an increment beside a concurrent writer (gh-11915)', async () => {
    const Counter = await documents.model(new Schema<Doc>({ n: Number, nested: { n: Number } }));
    const doc = await documents.load(Counter, { n: 0, nested: { n: 0 } });
    await Counter.updateOne({ _id: doc._id }, { $set: { n: 10, 'nested.n': 10 } });
    doc.$inc('n', 1);
    doc.$inc('nested.n', 2);
    expect(await documents.updateOf(doc)).toEqual({ $inc: { n: 1, 'nested.n': 2 } });
    expect(await documents.stored(doc)).toEqual({ n: 11, nested: { n: 12 } });
  });

  it('gives way to a value set after it', async () => {
    const Counter = await documents.model(new Schema<Doc>({ n: Number }));
    const doc = await documents.load(Counter, { n: 0 });
    doc.$inc('n', 2);
    doc.n = 50;
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ n: 50 });
  });
});

describe('F17 defaults that are filled at load', () => {
  it('are no change of the user, and are still written', async () => {
    const Post = await documents.model(
      new Schema<Doc>({
        title: String,
        state: { type: String, default: 'draft' },
        list: [String],
      }),
    );
    const doc = await documents.load(Post, { title: 't' });
    expect(doc.isModified()).toBe(false);
    expect(doc.$tracker.isModified()).toBe(false);
    expect(doc.$tracker.getChanges()).toEqual({});
    const expected = { $set: { state: 'draft', list: [] }, $inc: { __v: 1 } };
    expect(onWire(doc.$tracker.getUpdate())).toEqual(expected);
    const sent = await documents.save(doc);
    expect(sent?.update).toEqual(expected);
    expect(sent?.filter).toEqual({ _id: doc._id, __v: 0 });
    expect(await documents.stored(doc)).toEqual({ title: 't', state: 'draft', list: [] });
  });

  it('set to another value are a change, set to the same value are not', async () => {
    const Post = await documents.model(new Schema<Doc>({ state: { type: String, default: 'draft' } }));
    const doc = await documents.load(Post, {});
    doc.state = 'draft';
    expect(doc.isModified()).toBe(false);
    doc.state = 'done';
    expect(doc.isModified('state')).toBe(true);
    expect(await documents.updateOf(doc)).toEqual({ $set: { state: 'done' } });
  });
});

describe('F18 what is not touched is not copied', () => {
  /** An object that counts how often its content is read: a copy or a comparison has to read it. */
  function counted(): { value: Plain; reads: () => number } {
    let reads = 0;
    const value = Object.defineProperty({}, 'inner', {
      enumerable: true,
      get: () => {
        reads++;
        return 1;
      },
    });
    return { value, reads: () => reads };
  }

  it('neither at load, nor when another path is read, written and saved', async () => {
    const schema = (): Schema<Doc> => new Schema<Doc>({ name: String, tags: [String], mixed: {} });
    const readsOf = async (Model: Doc): Promise<number> => {
      const { value, reads } = counted();
      const stored = await documents.load(Model, { name: 'n', tags: ['x'] });
      const doc = Model.hydrate({ _id: stored._id, __v: 0, name: 'n', tags: ['x'], mixed: value });
      doc.name = 'm';
      doc.tags.push('y');
      await doc.save();
      return reads();
    };
    const plain = await readsOf(await documents.plainModel(schema()));
    const tracked = await readsOf(await documents.model(schema()));
    expect(tracked).toBe(plain);
  });

  it('is copied once, however often it is read', async () => {
    const Model = await documents.model(new Schema<Doc>({ mixed: {} }));
    const { value, reads } = counted();
    const doc: Doc = Model.hydrate({ _id: new mongoose.Types.ObjectId(), mixed: value });
    const before = reads();
    const held = doc.mixed;
    const afterFirst = reads();
    for (let time = 0; time < 10; time++) expect(doc.mixed === held).toBe(true);
    expect(afterFirst).toBeGreaterThan(before);
    expect(reads()).toBe(afterFirst);
  });
});

describe('F19 values that a plain copy breaks, and keys that a path cannot name', () => {
  it('keeps the class of BSON values in original()', async () => {
    const Model = await documents.model(new Schema<Doc>({ mixed: {}, refs: [Schema.Types.ObjectId] }));
    const ref = new mongoose.Types.ObjectId();
    const doc = await documents.load(Model, { mixed: { ref, list: [ref] }, refs: [ref] });
    doc.mixed.list.push(ref);
    doc.refs.push(ref);
    const { ref: original, list } = doc.$tracker.original('mixed');
    expect(original).toBeInstanceOf(mongoose.Types.ObjectId);
    expect(original.equals(ref)).toBe(true);
    expect(list).toHaveLength(1);
    expect(doc.$tracker.original('refs')).toEqual([ref]);
  });

  interface Unaddressable {
    key: string;
    raw: Plain;
    edit: (mixed: Doc) => unknown;
    sends: Plain;
  }
  const rows: Unaddressable[] = [
    {
      key: 'with a dot, changed',
      raw: { 'a.b': 1, c: 1 },
      edit: (mixed) => {
        mixed['a.b'] = 2;
      },
      sends: { $set: { mixed: { 'a.b': 2, c: 1 } } },
    },
    {
      key: 'with a dot, deleted',
      raw: { 'a.b': 1, c: 1 },
      edit: (mixed) => delete mixed['a.b'],
      sends: { $set: { mixed: { c: 1 } } },
    },
    {
      key: 'beside one with a dot',
      raw: { 'a.b': 1, c: 1 },
      edit: (mixed) => {
        mixed.c = 2;
      },
      sends: { $set: { 'mixed.c': 2 } },
    },
    {
      key: 'with a dot, one level down',
      raw: { inner: { 'a.b': 1 }, c: 1 },
      edit: (mixed) => {
        mixed.inner['a.b'] = 2;
      },
      sends: { $set: { 'mixed.inner': { 'a.b': 2 } } },
    },
    {
      key: 'that starts with $',
      raw: { inner: { $x: 1 }, c: 1 },
      edit: (mixed) => {
        mixed.inner.$x = 2;
      },
      sends: { $set: { 'mixed.inner': { $x: 2 } } },
    },
    {
      key: 'that is empty',
      raw: { inner: { '': 1 }, c: 1 },
      edit: (mixed) => {
        mixed.inner[''] = 2;
      },
      sends: { $set: { 'mixed.inner': { '': 2 } } },
    },
  ];

  it.each(rows)('writes the nearest ancestor of a key $key', async ({ raw, edit, sends }) => {
    const Model = await documents.model(new Schema<Doc>({ mixed: {} }));
    const doc = await documents.load(Model, { mixed: raw });
    edit(doc.mixed);
    expect(await documents.updateOf(doc)).toEqual(sends);
    expect(await documents.stored(doc)).toEqual({ mixed: onWire(doc.mixed) });
  });
});

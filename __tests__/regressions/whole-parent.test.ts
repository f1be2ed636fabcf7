// Section 8: whole parents written, concurrent updates lost.
import mongoose, { Schema } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

describe('two writers of one document', () => {
  it('gh-310 each changes another leaf of one element: both survive', async () => {
    const Blog = await documents.model(new Schema<Doc>({ comments: [{ _id: false, title: String, body: String }] }));
    const one = await documents.load(Blog, { comments: [{ title: 'first', body: 'first' }] });
    const two = await documents.again(Blog, one);
    one.comments[0].title = 'second';
    await one.save();
    two.comments[0].body = 'second';
    await two.save();
    expect(await documents.stored(one)).toEqual({ comments: [{ title: 'second', body: 'second' }] });
  });

  it('gh-2391 each assigns the whole nested object with one leaf changed: both survive', async () => {
    const User = await documents.model(new Schema<Doc>({ settings: { theme: String, lang: String } }));
    const one = await documents.load(User, { settings: { theme: 'light', lang: 'en' } });
    const two = await documents.again(User, one);
    one.settings = { theme: 'dark', lang: 'en' };
    two.settings = { theme: 'light', lang: 'no' };
    await one.save();
    await two.save();
    expect(await documents.stored(one)).toEqual({ settings: { theme: 'dark', lang: 'no' } });
  });

  it('gh-2367 with wholePaths the last writer wins as a whole', async () => {
    const User = await documents.model(new Schema<Doc>({ settings: { theme: String, lang: String } }), {
      wholePaths: ['settings'],
    });
    const one = await documents.load(User, { settings: { theme: 'light', lang: 'en' } });
    const two = await documents.again(User, one);
    one.settings.theme = 'dark';
    two.settings.lang = 'no';
    await one.save();
    expect(await documents.updateOf(two)).toEqual({ $set: { settings: { theme: 'light', lang: 'no' } } });
  });

  it('gh-3684 both push: both elements are there', async () => {
    const Model = await documents.model(new Schema<Doc>({ tags: [String] }));
    const one = await documents.load(Model, { tags: ['x'] });
    const two = await documents.again(Model, one);
    one.tags.push('1');
    two.tags.push('2');
    await one.save();
    await two.save();
    expect(await documents.stored(one)).toEqual({ tags: ['x', '1', '2'] });
  });

  it('gh-6190 both pull: no filter on the version', async () => {
    const Model = await documents.model(new Schema<Doc>({ tags: [String] }));
    const one = await documents.load(Model, { tags: ['x', 'y'] });
    const two = await documents.again(Model, one);
    one.tags.pull('x');
    two.tags.pull('y');
    await one.save();
    expect(await documents.save(two)).toEqual({
      filter: { _id: two._id },
      update: { $pullAll: { tags: ['y'] }, $inc: { __v: 1 } },
    });
    expect(await documents.stored(one)).toEqual({ tags: [] });
  });
});

describe('a parent assigned replaces what it held', () => {
  it.each<[string, Schema<Doc>]>([
    ['nested object', new Schema<Doc>({ child: { name: String, age: Number } })],
    ['subdocument', new Schema<Doc>({ child: new Schema({ name: String, age: Number }, { _id: false }) })],
  ])('gh-12235 gh-9121 keys it does not name are unset: %s', async (_kind, schema) => {
    const Model = await documents.model(schema);
    const doc = await documents.load(Model, { child: { name: 'Luke', age: 19 } });
    doc.set({ child: { age: 21 } });
    expect(doc.toObject().child).toEqual({ age: 21 });
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'child.age': 21 }, $unset: { 'child.name': 1 } });
    expect(await documents.stored(doc)).toEqual({ child: { age: 21 } });
  });

  it('gh-7660 both leaves of a subdocument', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ child: new Schema({ foo: String, bar: Number }, { _id: false }) }),
    );
    const doc = await documents.load(Model, { child: { foo: 'test', bar: 42 } });
    doc.set({ child: { foo: 'modified', bar: 43 } });
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'child.foo': 'modified', 'child.bar': 43 } });
  });

  it.each<[string, Doc]>([
    ['null', { child: null }],
    ['absent', {}],
  ])('a parent that was %s is written whole', async (_state, raw) => {
    const Model = await documents.model(
      new Schema<Doc>({ child: new Schema({ a: Number, b: Number }, { _id: false }) }),
    );
    const doc = await documents.load(Model, raw);
    doc.child = { a: 1, b: 2 };
    expect(await documents.updateOf(doc)).toEqual({ $set: { child: { a: 1, b: 2 } } });
  });

  it.each<[string, Doc]>([
    ['null', null],
    ['a string', 'text'],
    ['an array', [1]],
  ])('a Mixed parent that was %s is written whole', async (_state, any) => {
    const Model = await documents.model(new Schema<Doc>({ any: Schema.Types.Mixed }));
    const doc = await documents.load(Model, { any });
    doc.any = { a: { b: 1 } };
    expect(await documents.updateOf(doc)).toEqual({ $set: { any: { a: { b: 1 } } } });
  });

  it.each<[string, Doc]>([
    ['null', { n: null }],
    ['absent', {}],
    ['a string', { n: 'text' }],
  ])('a nested object assigned where it was %s is written whole', async (_state, raw) => {
    const Model = await documents.model(new Schema<Doc>({ n: { a: Number, b: Number } }));
    const doc = await documents.load(Model, raw);
    doc.n = { a: 1, b: 2 };
    expect(await documents.updateOf(doc)).toEqual({ $set: { n: { a: 1, b: 2 } } });
  });

  it('paths below a nested object that is null are one change, that of the object', async () => {
    const Model = await documents.model(new Schema<Doc>({ m: { n: { a: Number, b: Schema.Types.Mixed } } }));
    const doc = await documents.load(Model, { m: { n: null } });
    doc.set('m.n.a', 1);
    doc.set('m.n.b', { c: 2 });
    const n = { a: 1, b: { c: 2 } };
    expect(doc.$tracker.diff()).toEqual([{ path: 'm.n', type: 'update', from: null, to: n }]);
    // The server does not set a path below null.
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'm.n': n } });
    doc.m.n.b.c = 3;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'm.n.b.c': 3 } });
  });

  it('a subdocument replaced without its _id is stored with the one that memory shows', async () => {
    const Model = await documents.model(new Schema<Doc>({ child: new Schema<Doc>({ a: Number }) }));
    const doc = await documents.load(Model, { child: { _id: new mongoose.Types.ObjectId(), a: 1 } });
    doc.child = { a: 2 };
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ child: onWire(doc.child.toObject()) });
    expect(await documents.save(doc)).toBeNull();
  });
});

describe('what was not selected stays', () => {
  it('gh-5800 a pre-save hook sets a path of a nested object that was not selected', async () => {
    const schema = new Schema<Doc>({ a: { b: { type: String, default: 'd' }, c: Number, d: String }, e: String });
    schema.pre('save', function (this: Doc) {
      if (this.isModified()) this.set('a.c', 100, Number);
    });
    const Model = await documents.model(schema);
    const doc = await documents.load(Model, { a: { b: 'b', c: 0, d: 'd' }, e: 'e' }, 'e');
    doc.e = 'E';
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ a: { b: 'b', c: 100, d: 'd' }, e: 'E' });
  });

  it('gh-4651 a leaf of a parent that was not selected', async () => {
    const Model = await documents.model(new Schema<Doc>({ n: { a: Number, b: Number }, e: String }));
    const doc = await documents.load(Model, { n: { a: 1, b: 2 }, e: 'e' }, '-n');
    doc.set('n.a', 5);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'n.a': 5 } });
    expect(await documents.stored(doc)).toEqual({ n: { a: 5, b: 2 }, e: 'e' });
  });

  it('gh-9427 a leaf of an element of an array that was not selected', async () => {
    const Model = await documents.model(new Schema<Doc>({ arr: [{ _id: false, val: Number }], name: String }));
    const doc = await documents.load(Model, { arr: [{ val: 1 }, { val: 2 }], name: 'n' }, 'name');
    doc.set('arr.0.val', 2);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ arr: [{ val: 2 }, { val: 2 }], name: 'n' });
  });
});

describe('arrays', () => {
  it('gh-2024 splice() that takes and gives back the same is nothing, any other is the whole array', async () => {
    const Model = await documents.model(new Schema<Doc>({ tags: [String] }));
    const doc = await documents.load(Model, { tags: ['a', 'b', 'c'] });
    const removed = doc.tags.splice(0, 1) as string[];
    doc.tags.splice(0, 0, ...removed);
    expect(await documents.save(doc)).toBeNull();
    doc.tags.splice(0, 1, 'x', 'y');
    expect(await documents.save(doc)).toEqual({
      filter: { _id: doc._id, __v: 0 },
      update: { $set: { tags: ['x', 'y', 'b', 'c'] }, $inc: { __v: 1 } },
    });
  });

  it('gh-3211 an array assigned to its own filter, request after request', async () => {
    const Model = await documents.model(new Schema<Doc>({ ids: [Number] }));
    const doc = await documents.load(Model, { ids: [1, 2, 3, 4] });
    for (const id of [2, 3]) {
      doc.ids = doc.ids.filter((one: number) => one !== id);
      await doc.save();
      const fresh = await documents.again(Model, doc);
      fresh.ids = fresh.ids.filter(() => true);
      await fresh.save();
    }
    expect(await documents.stored(doc)).toEqual({ ids: [1, 4] });
    expect(doc.__v).toBe(2);
  });

  it('gh-14254 two pushes at different positions', async () => {
    const Model = await documents.model(new Schema<Doc>({ nums: [Number] }));
    const doc = await documents.load(Model, { nums: [3, 4] });
    doc.nums.push({ $each: [1, 2], $position: 0 });
    doc.nums.push({ $each: [5] });
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ nums: [1, 2, 3, 4, 5] });
  });

  it('gh-14244 one push at a position stays one', async () => {
    const Model = await documents.model(new Schema<Doc>({ nums: [Number] }));
    const doc = await documents.load(Model, { nums: [3, 4] });
    doc.nums.push({ $each: [1, 2], $position: 0 });
    expect(await documents.updateOf(doc)).toEqual({
      $push: { nums: { $each: [1, 2], $position: 0 } },
      $inc: { __v: 1 },
    });
    expect(await documents.stored(doc)).toEqual({ nums: [1, 2, 3, 4] });
  });

  it('gh-14502 gh-14531 pull from the middle', async () => {
    const Model = await documents.model(new Schema<Doc>({ ids: [Schema.Types.ObjectId] }));
    const ids = [1, 2, 3].map(() => new mongoose.Types.ObjectId());
    const doc = await documents.load(Model, { ids });
    doc.ids.pull(ids[1]);
    expect(await documents.updateOf(doc)).toEqual({ $pullAll: { ids: [ids[1]] }, $inc: { __v: 1 } });
  });

  it('gh-13004 $shift() is a $pop', async () => {
    const Model = await documents.model(new Schema<Doc>({ nums: [Number] }));
    const doc = await documents.load(Model, { nums: [1, 2, 3] });
    doc.nums.$shift();
    expect(await documents.updateOf(doc)).toEqual({ $pop: { nums: -1 }, $inc: { __v: 1 } });
    expect(await documents.stored(doc)).toEqual({ nums: [2, 3] });
  });

  it('gh-12115 += on a Number is a $set, and $inc() an increment', async () => {
    const Model = await documents.model(new Schema<Doc>({ n: Number, m: Number }));
    const doc = await documents.load(Model, { n: 1, m: 1 });
    doc.n += 1;
    doc.$inc('m', 1);
    expect(await documents.updateOf(doc)).toEqual({ $set: { n: 2 }, $inc: { m: 1 } });
  });
});

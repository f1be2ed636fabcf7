// Section 12: a save that fails leaves the changes, and nothing else.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const old = new Date('2020-01-01');

const account = (): Schema<Doc> =>
  new Schema<Doc>(
    {
      code: { type: String, unique: true, sparse: true },
      name: { type: String, validate: (value: string) => value !== 'invalid' },
      tags: [String],
      items: [{ _id: false, q: Number }],
      mixed: {},
    },
    { timestamps: true },
  );

const raw = (): Plain => ({
  code: 'mine',
  name: 'n',
  tags: ['x', 'y'],
  items: [{ q: 1 }],
  mixed: { a: 1 },
  createdAt: old,
  updatedAt: old,
});

it('gh-1102 gh-2508 after a duplicate key everything that was changed is still a change', async () => {
  const Model = await documents.model(account());
  await documents.load(Model, { code: 'taken' });
  const doc = await documents.load(Model, raw());
  doc.code = 'taken';
  doc.name = 'm';
  doc.mixed.a = 2;
  doc.tags.push('z');
  const changes = doc.$tracker.diff();
  expect((await rejection(doc.save())).code).toBe(11000);
  expect(doc.$tracker.diff().filter(({ path }: Doc) => path !== 'updatedAt')).toEqual(changes);
  doc.code = 'free';
  expect(await documents.updateOf(doc)).toEqual({
    $set: { code: 'free', name: 'm', 'mixed.a': 2, updatedAt: expect.any(Date) },
    $push: { tags: { $each: ['z'] } },
    $inc: { __v: 1 },
  });
  expect(doc.isModified()).toBe(false);
});

it('gh-2013 after a failed save the changes can be taken back: nothing is left to write, updatedAt is the old one', async () => {
  const Model = await documents.model(account());
  await documents.load(Model, { code: 'taken' });
  const doc = await documents.load(Model, raw());
  doc.code = 'taken';
  doc.tags.push('z');
  await rejection(doc.save());
  doc.code = 'mine';
  doc.tags.pop();
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
  expect(doc.updatedAt).toEqual(old);
});

it('gh-837 a failed insert leaves a new document, whose next save inserts', async () => {
  const Model = await documents.model(account());
  await documents.load(Model, { code: 'taken' });
  const doc: Doc = new Model({ code: 'taken', name: 'n', tags: ['x'] });
  expect((await rejection(doc.save())).code).toBe(11000);
  expect(doc.isNew).toBe(true);
  expect(doc.$tracker.lastSave).toBeNull();
  doc.code = 'free';
  await doc.save();
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ code: 'free', name: 'n', tags: ['x'] }));
  expect(await documents.save(doc)).toBeNull();
});

it.each<[string, (doc: Doc) => unknown, Plain]>([
  ['push', (doc) => doc.tags.push('z'), { $push: { tags: { $each: ['z'] } }, $inc: { __v: 1 } }],
  ['pull', (doc) => doc.tags.pull('y'), { $pullAll: { tags: ['y'] }, $inc: { __v: 1 } }],
  ['addToSet', (doc) => doc.tags.addToSet('z'), { $addToSet: { tags: { $each: ['z'] } }, $inc: { __v: 1 } }],
  [
    'push of a subdocument',
    (doc) => doc.items.push({ q: 2 }),
    { $push: { items: { $each: [{ q: 2 }] } }, $inc: { __v: 1 } },
  ],
  ['$inc', (doc) => doc.$inc('count', 2), { $inc: { count: 2 } }],
])('gh-6635 gh-6638 a second save after a failed %s sends it once', async (_method, edit, update) => {
  const Model = await documents.model(
    new Schema<Doc>({
      code: { type: String, unique: true },
      tags: [String],
      items: [{ _id: false, q: Number }],
      count: Number,
    }),
  );
  await documents.load(Model, { code: 'taken' });
  const doc = await documents.load(Model, { code: 'mine', tags: ['x', 'y'], items: [{ q: 1 }], count: 1 });
  edit(doc);
  doc.code = 'taken';
  expect((await rejection(doc.save())).code).toBe(11000);
  doc.code = 'mine';
  expect(await documents.updateOf(doc)).toEqual(update);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-9327 atomics survive the save of a document that is gone', async () => {
  const Model = await documents.model(new Schema<Doc>({ arr: [String] }));
  const doc = await documents.load(Model, { arr: [] });
  await Model.deleteMany({});
  doc.arr.push('test');
  expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.VersionError);
  expect(doc.$tracker.getUpdate()).toEqual({ $push: { arr: { $each: ['test'] } }, $inc: { __v: 1 } });
});

it('gh-10830 a validation error, then a good value', async () => {
  const Model = await documents.model(account());
  const doc = await documents.load(Model, raw());
  doc.name = 'invalid';
  const commands = await documents.commands(Model, async () => {
    expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.ValidationError);
  });
  expect(commands).toEqual([]);
  expect(doc.$tracker.getChanges()).toEqual({ name: 'invalid' });
  doc.name = 'valid';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'valid', updatedAt: expect.any(Date) } });
});

it('gh-10830 an error in a pre-validate hook, then another value', async () => {
  const schema = new Schema<Doc>({ quantity: Number });
  schema.pre('validate', function (this: Doc) {
    if (this.quantity === 27) throw new Error('Wrong Quantity');
  });
  const Book = await documents.model(schema);
  const doc = await documents.load(Book, { quantity: 25 });
  doc.quantity = 27;
  expect((await rejection(doc.save())).message).toBe('Wrong Quantity');
  doc.quantity = 26;
  expect(await documents.updateOf(doc)).toEqual({ $set: { quantity: 26 } });
});

it('an error in a pre-save hook leaves every change', async () => {
  let fail = true;
  const schema = new Schema<Doc>({ name: String, mixed: {} });
  schema.pre('save', () => {
    if (fail) throw new Error('not now');
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, { name: 'n', mixed: { a: 1 } });
  doc.name = 'm';
  doc.mixed.a = 2;
  expect((await rejection(doc.save())).message).toBe('not now');
  fail = false;
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'm', 'mixed.a': 2 } });
});

it('an error in a post-save hook comes after the write: nothing is written again', async () => {
  let fail = true;
  const schema = new Schema<Doc>({ name: String, tags: [String] });
  schema.post('save', () => {
    if (fail) throw new Error('too late');
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, { name: 'n', tags: ['x'] });
  doc.name = 'm';
  doc.tags.push('y');
  expect((await rejection(doc.save())).message).toBe('too late');
  fail = false;
  expect(await documents.stored(doc)).toEqual({ name: 'm', tags: ['x', 'y'] });
  expect(doc.isModified()).toBe(false);
  expect(doc.$tracker.wasModified('name')).toBe(true);
  expect(await documents.save(doc)).toBeNull();
});

it('onSaved is not called for a write that the server refused', async () => {
  const records: unknown[] = [];
  const Model = await documents.model(account(), {
    onSaved: (record) => {
      records.push(record);
    },
  });
  await documents.load(Model, { code: 'taken' });
  const doc = await documents.load(Model, raw());
  doc.code = 'taken';
  await rejection(doc.save());
  expect(records).toEqual([]);
  expect(doc.$tracker.lastSave).toBeNull();
});

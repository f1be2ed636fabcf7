// Section 3: the value before the change, in hooks and elsewhere.
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

it('gh-4558 two documents saved at the same time each see their own original', async () => {
  const seen = new Map<string, unknown>();
  const schema = new Schema<Doc>({ name: String });
  schema.pre('save', async function (this: Doc) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.set(this.name, this.$tracker.original('name'));
  });
  const Person = await documents.model(schema);
  const [one, two] = [await documents.load(Person, { name: 'a' }), await documents.load(Person, { name: 'b' })];
  one.name = 'A';
  two.name = 'B';
  await Promise.all([one.save(), two.save()]);
  expect(seen).toEqual(
    new Map([
      ['A', 'a'],
      ['B', 'b'],
    ]),
  );
});

it('gh-2952 gh-2919 the original and the changes are there in a pre-save hook', async () => {
  const seen: unknown[] = [];
  const schema = new Schema<Doc>({ email: String, address: { city: String } });
  schema.pre('save', function (this: Doc) {
    seen.push(this.$tracker.original('email'), this.$tracker.diff());
  });
  const Person = await documents.model(schema);
  const doc = await documents.load(Person, { email: 'old', address: { city: 'Oslo' } });
  doc.email = 'new';
  doc.address.city = 'Bergen';
  await doc.save();
  expect(seen).toEqual([
    'old',
    [
      { path: 'address.city', type: 'update', from: 'Oslo', to: 'Bergen' },
      { path: 'email', type: 'update', from: 'old', to: 'new' },
    ],
  ]);
});

it('gh-2363 old and new value are there after the save', async () => {
  const seen: unknown[] = [];
  const schema = new Schema<Doc>({ email: String });
  schema.post('save', function (doc: Doc) {
    seen.push(doc.$tracker.lastSave.changes, doc.$tracker.original('email'));
  });
  const Person = await documents.model(schema);
  const doc = await documents.load(Person, { email: 'old' });
  doc.email = 'new';
  await doc.save();
  expect(seen).toEqual([[{ path: 'email', type: 'update', from: 'old', to: 'new' }], 'new']);
});

it('gh-3968 a document from create() has what was inserted as its original', async () => {
  const Person = await documents.model(new Schema<Doc>({ email: String, tags: [String] }));
  const doc = await Person.create({ email: 'a', tags: ['x'] });
  doc.email = 'b';
  doc.tags.push('y');
  expect(doc.$tracker.original('email')).toBe('a');
  expect(doc.$tracker.original('tags')).toEqual(['x']);
});

it('gh-7985 a document that is loaded again by init() has the new data as its original', async () => {
  const Person = await documents.model(new Schema<Doc>({ email: String }));
  const doc = await documents.load(Person, { email: 'a' });
  doc.email = 'b';
  doc.init({ _id: doc._id, email: 'c', __v: 0 });
  expect(doc.$tracker.isModified()).toBe(false);
  doc.email = 'd';
  expect(doc.$tracker.original('email')).toBe('c');
});

it.each<[string, (tags: Doc) => unknown]>([
  ['push', (tags) => tags.push('w')],
  ['pop', (tags) => tags.pop()],
  ['shift', (tags) => tags.shift()],
  ['unshift', (tags) => tags.unshift('w')],
  ['splice', (tags) => tags.splice(0, 2)],
  ['sort', (tags) => tags.sort()],
  ['reverse', (tags) => tags.reverse()],
  ['pull', (tags) => tags.pull('z')],
  ['addToSet', (tags) => tags.addToSet('w')],
  ['set', (tags) => tags.set(0, 'w')],
  ['fill', (tags) => tags.fill('w')],
  ['copyWithin', (tags) => tags.copyWithin(0, 1)],
  ['$pop', (tags) => tags.$pop()],
  ['$shift', (tags) => tags.$shift()],
  ['nonAtomicPush', (tags) => tags.nonAtomicPush('w')],
  [
    'an index',
    (tags) => {
      tags[0] = 'w';
    },
  ],
  [
    'length',
    (tags) => {
      tags.length = 1;
    },
  ],
])('gh-11644 gh-11660 the array as it was before %s()', async (_method, edit) => {
  const Post = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(Post, { tags: ['z', 'y', 'x'] });
  edit(doc.tags);
  expect(doc.$tracker.original('tags')).toEqual(['z', 'y', 'x']);
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ tags: [...doc.tags] });
  expect(doc.$tracker.original('tags')).toEqual([...doc.tags]);
});

it('gh-9096 getChanges() is empty without changes, and lists exactly the changed leaves', async () => {
  const User = await documents.model(new Schema<Doc>({ name: String, age: Number, country: String }));
  const doc = await documents.load(User, { name: 'Hafez', age: 25, country: 'Egypt' });
  expect(doc.$tracker.getChanges()).toEqual({});
  doc.country = undefined;
  doc.age = 26;
  const changes = doc.$tracker.getChanges() as Plain;
  expect(changes).toEqual({ age: 26, country: undefined });
  expect(Object.keys(changes).sort()).toEqual(['age', 'country']);
  const mongooseChanges = typeof doc.$getChanges === 'function' ? doc.$getChanges() : doc.getChanges();
  expect(mongooseChanges).toEqual({ $set: { age: 26 }, $unset: { country: 1 } });
});

it('gh-6449 printing and asking the tracker in a post-init hook ends, also under populate', async () => {
  const childSchema = new Schema<Doc>({ name: String });
  const Child = await documents.model(childSchema);
  const schema = new Schema<Doc>({ child: { type: Schema.Types.ObjectId, ref: Child.modelName }, mixed: {} });
  let calls = 0;
  schema.post('init', function (this: Doc) {
    calls++;
    inspect(this);
    inspect(this.$tracker);
    this.$tracker.diff();
  });
  const Parent = await documents.model(schema);
  const child = await Child.create({ name: 'c' });
  const stored = await documents.load(Parent, { child: child._id, mixed: { a: 1 } });
  calls = 0;
  const doc: Doc = await Parent.findById(stored._id).populate('child').orFail();
  expect(calls).toBe(1);
  expect(doc.child.name).toBe('c');
  expect(doc.$tracker.isModified()).toBe(false);
});

it('gh-8714 original() is detached: changing it changes nothing', async () => {
  const Model = await documents.model(new Schema<Doc>({ mixed: {}, tags: [String], at: Date }));
  const doc = await documents.load(Model, { mixed: { a: { b: 1 } }, tags: ['x'], at: new Date(0) });
  doc.$tracker.original('mixed').a.b = 9;
  doc.$tracker.original('tags').push('y');
  doc.$tracker.original('at').setTime(9);
  const whole = doc.$tracker.original();
  whole.mixed.a.b = 9;
  expect(doc.$tracker.original()).toEqual(
    expect.objectContaining({ mixed: { a: { b: 1 } }, tags: ['x'], at: new Date(0) }),
  );
  expect(doc.isModified()).toBe(false);
  expect(doc.mixed.a.b).toBe(1);
});

it('gh-2637 a cached baseline can be given to a hydrated document', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String, nested: { a: Number, b: Number } }));
  const cached = { _id: new mongoose.Types.ObjectId(), __v: 0, name: 'n', nested: { a: 1, b: 2 } };
  await Model.collection.insertOne({ ...cached });
  const doc: Doc = Model.hydrate({ ...cached, nested: { a: 5, b: 2 } });
  doc.$tracker.rebase(cached);
  expect(doc.$tracker.diff()).toEqual([{ path: 'nested.a', type: 'update', from: 1, to: 5 }]);
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'nested.a': 5 } });
});

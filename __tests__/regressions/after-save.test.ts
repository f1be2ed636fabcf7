// Section 4: knowing what a save changed, after it.
import { Schema } from 'mongoose';
import type { Doc } from '../helpers/documents';
import cowTracking from '../../lib';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

it('gh-7245 wasModified() answers in post-save hooks, also in those registered before the plugin', async () => {
  const seen: [string, unknown[]][] = [];
  const schema = new Schema<Doc>({ email: String, name: String });
  const ask = (where: string) =>
    function (doc: Doc): void {
      const { $tracker } = doc;
      seen.push([where, [$tracker.wasModified(), $tracker.wasModified('email'), $tracker.wasModified('name')]]);
    };
  schema.post('save', ask('before the plugin'));
  schema.plugin(cowTracking);
  schema.post('save', ask('after the plugin'));
  const User = await documents.plainModel(schema);
  const doc = await documents.load(User, { email: 'a', name: 'n' });
  doc.email = 'b';
  await doc.save();
  expect(seen).toEqual([
    ['before the plugin', [true, true, false]],
    ['after the plugin', [true, true, false]],
  ]);
});

it('gh-7245 wasModified() of a parent and of a list of paths', async () => {
  const User = await documents.model(new Schema<Doc>({ address: { city: String, zip: String }, name: String }));
  const doc = await documents.load(User, { address: { city: 'Oslo', zip: '1' }, name: 'n' });
  doc.address.city = 'Bergen';
  await doc.save();
  expect(doc.$tracker.wasModified('address')).toBe(true);
  expect(doc.$tracker.wasModified('address.zip')).toBe(false);
  expect(doc.$tracker.wasModified(['name', 'address.zip'])).toBe(false);
  expect(doc.$tracker.wasModified(['name', 'address.city'])).toBe(true);
});

it('gh-2162 wasNew tells the insert from the update in post-save', async () => {
  const seen: unknown[] = [];
  const schema = new Schema<Doc>({ name: String });
  schema.post('save', function (doc: Doc) {
    seen.push([doc.$tracker.wasNew, doc.$tracker.lastSave.isNew]);
  });
  const User = await documents.model(schema);
  const doc = await User.create({ name: 'a' });
  doc.name = 'b';
  await doc.save();
  expect(seen).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('gh-1139 a change made right after a save is not lost', async () => {
  const User = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await User.create({ name: '1' });
  await doc.save();
  doc.name = '2';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: '2' } });
});

it('gh-6611 save() inside a post-save hook: each save has its own record', async () => {
  const seen: unknown[] = [];
  const schema = new Schema<Doc>({ body: String });
  schema.post('save', async function (doc: Doc) {
    seen.push(doc.$tracker.lastSave.changes.map((change: Doc) => change.to));
    if (doc.body === 'one') {
      doc.body = 'two';
      await doc.save();
    }
  });
  const Note = await documents.model(schema);
  const doc = await documents.load(Note, { body: 'zero' });
  doc.body = 'one';
  await doc.save();
  expect(seen).toEqual([['one'], ['two']]);
  expect(await documents.stored(doc)).toEqual({ body: 'two' });
  expect(doc.$tracker.lastSave.changes).toEqual([{ path: 'body', type: 'update', from: 'one', to: 'two' }]);
});

it('gh-1139 a change made in a post-save hook is left for the next save', async () => {
  const schema = new Schema<Doc>({ body: String, seen: Number });
  schema.post('save', function (doc: Doc) {
    doc.seen = 1;
  });
  const Note = await documents.model(schema);
  const doc = await documents.load(Note, { body: 'a' });
  doc.body = 'b';
  expect(await documents.updateOf(doc)).toEqual({ $set: { body: 'b' } });
  expect(doc.$tracker.getChanges()).toEqual({ seen: 1 });
  expect(await documents.updateOf(doc)).toEqual({ $set: { seen: 1 } });
});

it('gh-4558 the record holds what was sent: operators and changes', async () => {
  const Note = await documents.model(new Schema<Doc>({ body: String, tags: [String] }));
  const doc = await documents.load(Note, { body: 'a', tags: ['x'] });
  expect(doc.$tracker.lastSave).toBeNull();
  doc.body = 'b';
  doc.tags.push('y');
  await doc.save();
  expect(doc.$tracker.lastSave).toEqual({
    isNew: false,
    changes: [
      { path: 'body', type: 'update', from: 'a', to: 'b' },
      { path: 'tags.1', type: 'add', from: undefined, to: 'y' },
    ],
    update: { $set: { body: 'b' }, $push: { tags: { $each: ['y'] } }, $inc: { __v: 1 } },
  });
});

it('a save with nothing to write leaves a record without changes', async () => {
  const Note = await documents.model(new Schema<Doc>({ body: String }));
  const doc = await documents.load(Note, { body: 'a' });
  doc.body = 'b';
  await doc.save();
  expect(doc.$tracker.wasModified()).toBe(true);
  await doc.save();
  expect(doc.$tracker.wasModified()).toBe(false);
  expect(doc.$tracker.lastSave).toEqual({ isNew: false, changes: [], update: null });
});

// Section 19: isModified() and its relatives. Mongoose's own answers must agree with the tracker.
import mongoose, { Schema } from 'mongoose';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const team = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    title: String,
    colors: { primary: String, second: { tone: String } },
    members: [new Schema<Doc>({ name: String, body: String }, { _id: false })],
    sub: new Schema<Doc>({ n: Number, m: Number }, { _id: false }),
  });

async function loaded(): Promise<Doc> {
  return documents.load(await documents.model(team()), {
    name: 'n',
    title: 't',
    colors: { primary: 'blue', second: { tone: 'dark' } },
    members: [{ name: 'luke', body: 'b' }],
    sub: { n: 1, m: 1 },
  });
}

it('gh-6134 gh-5904 a changed leaf and its parents are modified, siblings are not', async () => {
  const doc = await loaded();
  doc.colors.second.tone = 'light';
  doc.members[0].name = 'leia';
  for (const path of ['colors', 'colors.second', 'colors.second.tone', 'members', 'members.0', 'members.0.name']) {
    expect([path, doc.isModified(path), doc.$tracker.isModified(path)]).toEqual([path, true, true]);
  }
  for (const path of ['name', 'colors.primary', 'members.0.body', 'sub', 'sub.n']) {
    expect([path, doc.isModified(path), doc.$tracker.isModified(path)]).toEqual([path, false, false]);
  }
});

it('gh-6134 gh-709 modifiedPaths({ includeChildren: true }) names the changed leaf', async () => {
  const doc = await loaded();
  doc.colors.second.tone = 'light';
  const paths = doc.modifiedPaths({ includeChildren: true }) as string[];
  expect(paths).toEqual(expect.arrayContaining(['colors', 'colors.second', 'colors.second.tone']));
  expect(paths).not.toContain('colors.primary');
});

it('gh-7313 gh-5206 a replaced parent: the parent and the leaf that differs', async () => {
  const doc = await loaded();
  doc.colors = { primary: 'red', second: { tone: 'dark' } };
  expect(doc.isModified('colors')).toBe(true);
  expect(doc.isModified('colors.primary')).toBe(true);
  expect(doc.$tracker.isModified('colors.second.tone')).toBe(false);
  expect(doc.modifiedPaths()).toContain('colors');
  expect(doc.$tracker.diff().map(({ path }: Doc) => path)).toEqual(['colors.primary']);
});

it('gh-4224 a subdocument replaced and one leaf set: parent and leaf are modified', async () => {
  const doc = await loaded();
  doc.sub = { n: 2, m: 1 };
  doc.sub.n = 3;
  expect(doc.isModified('sub')).toBe(true);
  expect(doc.isModified('sub.n')).toBe(true);
  expect(doc.$tracker.getChanges()).toEqual({ 'sub.n': 3 });
});

it('gh-13667 isModified() takes a list and a string with spaces', async () => {
  const doc = await loaded();
  doc.title = 'changed';
  expect(doc.isModified('name title')).toBe(true);
  expect(doc.isModified(['name', 'title'])).toBe(true);
  expect(doc.isModified('name sub')).toBe(false);
  expect(doc.isModified(['name', 'sub'])).toBe(false);
});

it('gh-14024 gh-14213 gh-13451 ignoreAtomics: a push alone does not make the elements that were there modified', async () => {
  const doc = await loaded();
  doc.members.push({ name: 'han' });
  expect(doc.isModified('members.0.name', { ignoreAtomics: true })).toBe(false);
  expect(doc.members[0].isModified('name', { ignoreAtomics: true })).toBe(false);
  doc.members[0].name = 'leia';
  expect(doc.isModified('members.0.name', { ignoreAtomics: true })).toBe(true);
  expect(doc.isDirectModified('members.0.name')).toBe(true);
  expect(doc.isDirectModified('members.0.body')).toBe(false);
});

it('gh-3480 a default that was filled is a default, not modified', async () => {
  const Model = await documents.model(new Schema<Doc>({ a: { type: Number, default: 5 }, b: Number }));
  const doc = await documents.load(Model, { b: 1 });
  expect(doc.$isDefault('a')).toBe(true);
  expect(doc.isModified('a')).toBe(false);
  doc.a = 6;
  expect(doc.$isDefault('a')).toBe(false);
  expect(doc.isModified('a')).toBe(true);
  doc.a = 5;
  expect(doc.isModified('a')).toBe(false);
});

it('gh-15522 $getChanges(), isModified() and the tracker agree after a change and after it is taken back', async () => {
  const doc = await loaded();
  const getChanges = (): unknown => (typeof doc.$getChanges === 'function' ? doc.$getChanges() : doc.getChanges());
  doc.colors = { primary: 'red', second: { tone: 'dark' } };
  expect(getChanges()).toEqual({ $set: { 'colors.primary': 'red' } });
  expect(getChanges()).toEqual(doc.$tracker.getUpdate());
  doc.colors.primary = 'blue';
  expect(getChanges()).toEqual({});
  expect([doc.isModified(), doc.modifiedPaths(), doc.directModifiedPaths()]).toEqual([false, [], []]);
});

it('gh-4930 changing what getChanges() and diff() answer changes nothing', async () => {
  const doc = await loaded();
  doc.sub = { n: 2, m: 1 };
  doc.members.push({ name: 'han' });
  const update = doc.$tracker.getUpdate();
  update.$set['sub.n'] = 99;
  update.$push.members.$each.push({ name: 'chewie' });
  const [change] = doc.$tracker.diff() as Doc[];
  expect(change.path).toBe('members.1');
  change.to.name = 'chewie';
  expect(await documents.updateOf(doc)).toEqual({
    $set: { 'sub.n': 2 },
    $push: { members: { $each: [{ name: 'han' }] } },
    $inc: { __v: 1 },
  });
});

it('gh-14699 the answers of a subdocument are about itself', async () => {
  const doc = await loaded();
  doc.members[0].name = 'leia';
  doc.title = 'changed';
  expect(doc.members[0].isModified()).toBe(true);
  expect(doc.members[0].isModified('name')).toBe(true);
  expect(doc.members[0].isModified('body')).toBe(false);
  expect(doc.members[0].$tracker.getChanges()).toEqual({ name: 'leia' });
  expect(doc.sub.isModified()).toBe(false);
  expect(doc.sub.$tracker.getChanges()).toEqual({});
});

it('gh-14268 snapshots of the modified paths still work', async () => {
  const doc = await loaded();
  doc.title = 'changed';
  const snapshot = doc.$createModifiedPathsSnapshot();
  await doc.save();
  expect(doc.isModified()).toBe(false);
  doc.$restoreModifiedPathsSnapshot(snapshot);
  expect(doc.isModified('title')).toBe(true);
  doc.$clearModifiedPaths();
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-1939 gh-9010 gh-9428 paths named like methods of documents', async () => {
  const schema = new Schema<Doc>({ set: String, get: String, increment: String, name: String }, {
    suppressReservedKeysWarning: true,
  } as never);
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, { set: 's', get: 'g', increment: 'i', name: 'n' });
  doc.$set('set', 'S');
  doc.$set('get', 'G');
  doc.name = 'm';
  expect(doc.$tracker.getChanges()).toEqual({ set: 'S', get: 'G', name: 'm' });
  doc.$set('get', 'g');
  expect(await documents.updateOf(doc)).toEqual({ $set: { set: 'S', name: 'm' } });
});

it('markModified() on a value that cannot change in place means: write it', async () => {
  const ref = new mongoose.Types.ObjectId();
  const Model = await documents.model(
    new Schema<Doc>({ name: String, n: Number, ref: Schema.Types.ObjectId, mixed: {} }),
  );
  const doc = await documents.load(Model, { name: 'n', n: 1, ref, mixed: { a: 1 } });
  expect(doc.mixed.a).toBe(1);
  doc.markModified('name');
  doc.markModified('ref');
  doc.markModified('mixed');
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'n', ref } });
  doc.$tracker.markModified('mixed');
  expect(doc.$tracker.isModified()).toBe(true);
  expect(await documents.updateOf(doc)).toEqual({ $set: { mixed: { a: 1 } } });
  expect(await documents.save(doc)).toBeNull();
});

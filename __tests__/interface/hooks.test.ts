// Two tenses: what will be saved and what the last save wrote, in every hook, whenever it was registered.
import { Schema } from 'mongoose';
import cowTracking from '../../lib';
import type { Doc, Plain } from '../helpers/documents';
import { rejection } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const fields = (): Plain => ({
  name: String,
  n: Number,
  sub: new Schema<Doc>({ k: String }, { _id: false }),
  tags: [String],
});
const raw = (): Plain => ({ name: 'a', n: 1, sub: { k: 'k' }, tags: ['x'] });

interface Seen {
  readonly hook: string;
  readonly modified: boolean;
  readonly paths: string[];
  readonly original: unknown;
  readonly update: unknown;
  readonly last: string[] | null;
  readonly wasModified: boolean;
  readonly wasNew: boolean;
}

/** A schema with hooks around the plugin's own: registered before and after it. */
function hooked(seen: Seen[]): Schema<Doc> {
  const schema = new Schema<Doc>(fields());
  const look = (hook: string, doc: Doc): void => {
    const tracker = doc.$tracker;
    seen.push({
      hook,
      modified: tracker.isModified('name'),
      paths: tracker.diff().map(({ path }: Doc) => path),
      original: tracker.original('name'),
      update: tracker.getUpdate(),
      last: tracker.lastSave === null ? null : tracker.lastSave.changes.map(({ path }: Doc) => path),
      wasModified: tracker.wasModified('name'),
      wasNew: tracker.wasNew,
    });
  };
  const register = (when: string): void => {
    schema.pre('validate', function (this: Doc) {
      look(`pre validate, ${when}`, this);
    });
    schema.post('validate', function (this: Doc) {
      look(`post validate, ${when}`, this);
    });
    schema.pre('save', function (this: Doc) {
      look(`pre save, ${when}`, this);
    });
    schema.post('save', function (this: Doc) {
      look(`post save, ${when}`, this);
    });
  };
  register('before');
  schema.plugin(cowTracking);
  register('after');
  return schema;
}

it('an update: old values, changes and the update before it; the record after it', async () => {
  const seen: Seen[] = [];
  const Model = await documents.plainModel(hooked(seen));
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  doc.tags.push('y');
  await doc.save();
  expect(seen).toHaveLength(8);
  for (const { hook, ...rest } of seen) {
    const before = {
      modified: true,
      paths: ['name', 'tags.1'],
      original: 'a',
      update: { $set: { name: 'b' }, $push: { tags: { $each: ['y'] } }, $inc: { __v: 1 } },
      last: null,
      wasModified: false,
      wasNew: false,
    };
    const after = {
      modified: false,
      paths: [],
      original: 'b',
      update: null,
      last: ['name', 'tags.1'],
      wasModified: true,
      wasNew: false,
    };
    expect([hook, rest]).toEqual([hook, hook.startsWith('post save') ? after : before]);
  }
});

it('an insert: everything is new, then the record says so', async () => {
  const seen: Seen[] = [];
  const Model = await documents.plainModel(hooked(seen));
  const doc: Doc = new Model({ name: 'a', tags: ['x'] });
  await doc.save();
  expect(seen).toHaveLength(8);
  for (const { hook, modified, original, last, wasModified, wasNew } of seen) {
    const after = hook.startsWith('post save');
    expect([hook, { modified, original, wasModified, wasNew }]).toEqual([
      hook,
      { modified: !after, original: after ? 'a' : undefined, wasModified: after, wasNew: after },
    ]);
    if (after) expect(last).toEqual(expect.arrayContaining(['_id', 'name', 'tags']));
    else expect(last).toBeNull();
  }
  expect(doc.$tracker.lastSave).toMatchObject({ isNew: true, update: null });
  for (const { type, from } of doc.$tracker.lastSave.changes) expect([type, from]).toEqual(['add', undefined]);
  const values = Object.fromEntries(doc.$tracker.lastSave.changes.map(({ path, to }: Doc) => [path, to]));
  expect(values).toMatchObject({ _id: doc._id, name: 'a', tags: ['x'] });
});

it('a clean save: a record without changes', async () => {
  const seen: Seen[] = [];
  const Model = await documents.plainModel(hooked(seen));
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  await doc.save();
  seen.length = 0;
  await doc.save();
  expect(
    seen.filter(({ hook }) => hook.startsWith('post save')).map(({ last, wasModified }) => [last, wasModified]),
  ).toEqual([
    [[], false],
    [[], false],
  ]);
  expect(doc.$tracker.lastSave).toEqual({ isNew: false, changes: [], update: null });
  expect(doc.$tracker.wasModified()).toBe(false);
});

it('an edit by a hook is part of the save', async () => {
  const schema = new Schema<Doc>(fields());
  schema.pre('save', function (this: Doc) {
    if (this.$tracker.isModified('name')) this.n += 1;
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b', n: 2 } });
  expect(doc.$tracker.lastSave.changes).toEqual([
    { path: 'n', type: 'update', from: 1, to: 2 },
    { path: 'name', type: 'update', from: 'a', to: 'b' },
  ]);
});

it('a hook that takes the change back leaves nothing to write', async () => {
  const schema = new Schema<Doc>(fields());
  schema.pre('save', function (this: Doc) {
    this.$tracker.revert('name');
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  expect(await documents.save(doc)).toBeNull();
  expect(doc.name).toBe('a');
});

it('a nested save in a post hook: each hook sees the record of its own save', async () => {
  const seen: unknown[] = [];
  const schema = new Schema<Doc>(fields());
  schema.post('save', async function (this: Doc) {
    const { $tracker } = this;
    seen.push($tracker.lastSave.changes);
    if (this.n === 1) {
      this.n = 2;
      expect($tracker.diff()).toEqual([{ path: 'n', type: 'update', from: 1, to: 2 }]);
      await this.save();
    }
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  await doc.save();
  expect(seen).toEqual([
    [{ path: 'name', type: 'update', from: 'a', to: 'b' }],
    [{ path: 'n', type: 'update', from: 1, to: 2 }],
  ]);
  expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'b', n: 2 });
});

it('a save of another document in a pre hook disturbs nothing', async () => {
  const Log = await documents.model(new Schema<Doc>({ text: String }));
  const schema = new Schema<Doc>(fields());
  schema.pre('save', async function (this: Doc) {
    const log = await Log.create({ text: JSON.stringify(this.$tracker.diff()) });
    expect(log.$tracker.wasNew).toBe(true);
  });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'b' } });
  expect(await Log.findOne().lean()).toMatchObject({ text: '[{"path":"name","type":"update","from":"a","to":"b"}]' });
});

it('hooks of subdocuments see their own changes', async () => {
  const seen: unknown[] = [];
  const sub = new Schema<Doc>({ k: String }, { _id: false });
  sub.pre('save', function (this: Doc) {
    seen.push(['pre', this.$tracker.diff(), this.$tracker.original('k')]);
  });
  sub.post('save', function (this: Doc) {
    seen.push(['post', this.$tracker.lastSave.changes, this.$tracker.wasModified('k'), this.$tracker.isModified()]);
  });
  const Model = await documents.model(new Schema<Doc>({ name: String, sub }));
  const doc = await documents.load(Model, { name: 'a', sub: { k: 'k' } });
  doc.name = 'b';
  doc.sub.k = 'l';
  await doc.save();
  const changes = [{ path: 'k', type: 'update', from: 'k', to: 'l' }];
  expect(seen[0]).toEqual(['pre', changes, 'k']);
  // Mongoose runs these when the write is acknowledged, before the hooks of the document.
  expect(seen[1]).toEqual(['post', changes, true, false]);
  expect(doc.$tracker.lastSave.changes).toHaveLength(2);
});

it('a save that fails leaves both tenses as they were', async () => {
  const schema = new Schema<Doc>({ ...fields(), name: { type: String, maxlength: 3 } });
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, raw());
  doc.n = 2;
  await doc.save();
  const { lastSave } = doc.$tracker;
  doc.name = 'too long';
  await rejection(doc.save());
  expect(doc.$tracker.lastSave).toEqual(lastSave);
  expect(doc.$tracker.wasModified('n')).toBe(true);
  expect(doc.$tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'a', to: 'too long' }]);
});

it('lastSave survives later edits, and cannot be reached through them', async () => {
  const Model = await documents.model(new Schema<Doc>({ mixed: {}, tags: [String] }));
  const doc = await documents.load(Model, { mixed: { a: 1 }, tags: ['x'] });
  doc.mixed = { a: { b: 1 } };
  doc.tags.push('y');
  await doc.save();
  const before = JSON.stringify(doc.$tracker.lastSave);
  doc.mixed.a.b = 2;
  doc.tags.push('z');
  expect(JSON.stringify(doc.$tracker.lastSave)).toBe(before);
  expect(doc.$tracker.wasModified(['mixed.a', 'nothing'])).toBe(true);
  expect(doc.$tracker.wasModified('nothing')).toBe(false);
  expect(doc.$tracker.lastSave.update).toEqual({
    $set: { 'mixed.a': { b: 1 } },
    $push: { tags: { $each: ['y'] } },
    $inc: { __v: 1 },
  });
});

// onSaved: once for each write that the server acknowledged, in order, with values of its own.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import type { SaveRecord } from '../../lib';
import type { Doc, Plain } from '../helpers/documents';
import { rejection, transientError } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

interface Call {
  readonly record: SaveRecord;
  readonly doc: Doc;
}

async function recorded(
  onSaved?: (record: SaveRecord, doc: Doc) => unknown,
): Promise<{ Model: Model<Doc>; calls: Call[] }> {
  const calls: Call[] = [];
  const schema = new Schema<Doc>({
    name: { type: String, maxlength: 10 },
    n: Number,
    tags: [String],
    mixed: {},
    at: Date,
  });
  const model = await documents.model(schema, {
    onSaved: (record, doc: Doc) => {
      calls.push({ record, doc });
      return onSaved?.(record, doc) as undefined;
    },
  });
  return { Model: model, calls };
}

const raw = (): Plain => ({ name: 'a', n: 1, tags: ['x'], mixed: { a: 1 }, at: new Date(0) });
const names = (calls: readonly Call[]): unknown[] =>
  calls.map(({ record }) => record.changes.map(({ path, to }) => [path, to]));

it('an insert and updates: once each, with the record and the document', async () => {
  const { Model, calls } = await recorded();
  const doc: Doc = await Model.create({ name: 'a' });
  expect(calls).toHaveLength(1);
  expect(calls[0]!.doc).toBe(doc);
  expect(calls[0]!.record).toMatchObject({ isNew: true, update: null });
  expect(calls[0]!.record.changes.every(({ type, from }) => type === 'add' && from === undefined)).toBe(true);
  doc.name = 'b';
  await doc.save();
  expect(calls[1]).toEqual({
    doc,
    record: {
      isNew: false,
      changes: [{ path: 'name', type: 'update', from: 'a', to: 'b' }],
      update: { $set: { name: 'b' } },
    },
  });
  expect(doc.$tracker.lastSave).toEqual(calls[1]!.record);
});

it('not for a save that had nothing to write, nor for one that failed', async () => {
  const { Model, calls } = await recorded();
  const doc = await documents.load(Model, raw());
  await doc.save();
  doc.name = 'b';
  doc.name = 'a';
  await doc.save();
  doc.name = 'much too long a name';
  await rejection(doc.save());
  doc.name = 'b';
  await Model.deleteOne({ _id: doc._id });
  await rejection(doc.save());
  expect(calls).toEqual([]);
});

it('the values are plain, and survive later edits', async () => {
  const { Model, calls } = await recorded();
  const doc = await documents.load(Model, raw());
  doc.mixed = { a: { b: [1] } };
  doc.tags.push('y');
  doc.at.setTime(5);
  await doc.save();
  const before = JSON.stringify(calls[0]!.record);
  doc.mixed.a.b.push(2);
  doc.tags.push('z');
  doc.at.setTime(9);
  await doc.save();
  expect(JSON.stringify(calls[0]!.record)).toBe(before);
  expect(calls[0]!.record.changes).toEqual([
    { path: 'at', type: 'update', from: new Date(0), to: new Date(5) },
    { path: 'mixed.a', type: 'update', from: 1, to: { b: [1] } },
    { path: 'tags.1', type: 'add', from: undefined, to: 'y' },
  ]);
});

it('in order, for saves of several documents one after the other and nested ones', async () => {
  const { Model, calls } = await recorded();
  const schema = new Schema<Doc>({ name: String });
  schema.post('save', async function (this: Doc) {
    if (this.name === 'b') {
      this.name = 'c';
      await this.save();
    }
  });
  const order: unknown[] = [];
  const Nested = await documents.model(schema, { onSaved: (record) => void order.push(record.changes[0]?.to) });
  const doc = await documents.load(Nested, { name: 'a' });
  doc.name = 'b';
  await doc.save();
  expect(order).toEqual(['b', 'c']);
  const [one, two] = [await documents.load(Model, raw()), await documents.load(Model, raw())];
  for (let n = 2; n < 5; n++) {
    for (const each of [one, two]) {
      each.n = n;
      await each.save();
    }
  }
  expect(names(calls)).toEqual([2, 2, 3, 3, 4, 4].map((n) => [['n', n]]));
});

it('save() waits for it, and passes its error on; the write stays written', async () => {
  let finished = false;
  const { Model, calls } = await recorded(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    finished = true;
    throw new Error('the audit trail is full');
  });
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  expect(await rejection(doc.save())).toMatchObject({ message: 'the audit trail is full' });
  expect(finished).toBe(true);
  expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'b' });
  expect(doc.$tracker.isModified()).toBe(false);
  expect(doc.$tracker.lastSave.changes).toHaveLength(1);
  // Once: not again with the next save.
  doc.n = 2;
  await rejection(doc.save());
  expect(names(calls)).toEqual([[['name', 'b']], [['n', 2]]]);
});

it('may save another document, and the same one', async () => {
  const { Model: Other } = await recorded();
  const { Model, calls } = await recorded(async (record, doc) => {
    await Other.create({ name: String(record.changes[0]?.to) });
    if (doc.n === 1) {
      doc.n = 2;
      await doc.save();
    }
  });
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  await doc.save();
  expect(names(calls)).toEqual([[['name', 'b']], [['n', 2]]]);
  expect(await Other.countDocuments()).toBe(2);
});

describe('in a transaction', () => {
  it('after the commit, in order, once for each write', async () => {
    const { Model, calls } = await recorded();
    const doc = await documents.load(Model, raw());
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        doc.name = 'b';
        await doc.save({ session });
        doc.name = 'c';
        await doc.save({ session });
        await Model.create([{ name: 'new' }], { session });
        expect(calls).toEqual([]);
      }),
    );
    expect(calls).toHaveLength(3);
    expect(names(calls).slice(0, 2)).toEqual([[['name', 'b']], [['name', 'c']]]);
    expect(calls[2]!.record.isNew).toBe(true);
  });

  it('never for an aborted attempt, once for the one that is committed', async () => {
    const { Model, calls } = await recorded();
    const doc = await documents.load(Model, raw());
    let attempts = 0;
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        attempts++;
        doc.name = 'b';
        await doc.save({ session });
        if (attempts < 3) throw transientError();
      }),
    );
    expect(attempts).toBe(3);
    expect(names(calls)).toEqual([[['name', 'b']]]);
  });

  it('never for a transaction that is aborted', async () => {
    const { Model, calls } = await recorded();
    const doc = await documents.load(Model, raw());
    doc.n = 5;
    await doc.save();
    const { lastSave } = doc.$tracker;
    await documents.inSession(async (session) => {
      const failing = session.withTransaction(async () => {
        doc.name = 'b';
        await doc.save({ session });
        throw new Error('no');
      });
      await rejection(failing);
    });
    expect(names(calls)).toEqual([[['n', 5]]]);
    expect(doc.$tracker.lastSave).toEqual(lastSave);
    expect(doc.$tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'a', to: 'b' }]);
  });
});

it('insertMany(), bulkSave() and Model.create() of several', async () => {
  const { Model, calls } = await recorded();
  await Model.insertMany([{ name: 'a' }, { name: 'b' }]);
  expect(calls).toHaveLength(2);
  const found: Doc[] = await Model.find().sort({ name: 1 });
  for (const doc of found) doc.n = 5;
  await Model.bulkSave(found);
  expect(names(calls.slice(2))).toEqual([[['n', 5]], [['n', 5]]]);
  await Model.create([{ name: 'c' }, { name: 'd' }]);
  expect(calls).toHaveLength(6);
});

it('an audit trail in ten lines: what changed, from what, and who did it', async () => {
  const History = await documents.model(
    new Schema<Doc>(
      { of: Schema.Types.ObjectId, by: String, isNew: Boolean, changes: [{}] },
      { suppressReservedKeysWarning: true },
    ),
  );
  const schema = new Schema<Doc>({ name: String, mixed: {} });
  const Model = await documents.model(schema, {
    onSaved: async ({ isNew, changes }, doc) => {
      await History.create({ of: doc._id, by: doc.$locals.user, isNew, changes });
    },
  });
  const doc: Doc = new Model({ name: 'a' });
  doc.$locals.user = 'ada';
  await doc.save();
  doc.name = 'b';
  doc.$locals.user = 'eve';
  await doc.save();
  await doc.save();
  const history: Doc[] = await History.find({ of: doc._id }).sort({ _id: 1 }).lean();
  expect(history.map(({ by, isNew }) => [by, isNew])).toEqual([
    ['ada', true],
    ['eve', false],
  ]);
  expect(history[1].changes).toEqual([{ path: 'name', type: 'update', from: 'a', to: 'b' }]);
  expect(history[1].of).toBeInstanceOf(mongoose.Types.ObjectId);
});

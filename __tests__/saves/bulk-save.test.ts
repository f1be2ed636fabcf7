// bulkSave(): clean documents, partial failures, ordered and not; who was not acknowledged keeps the changes.
import mongoose, { Schema } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { failCommand } from '../helpers/db';
import type { FailPoint } from '../helpers/db';
import { rejection } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { edit, edited, raw, update, useOrders } from './orders';

const orders = useOrders({ code: { type: String, unique: true, sparse: true } });
const { documents, load, expectStored } = orders;

/** A code that a stored document has. */
async function taken(): Promise<string> {
  const code = new mongoose.Types.ObjectId().toHexString();
  await documents.load(orders.Order, { code });
  return code;
}

describe('bulkSave()', () => {
  it('sends nothing for a clean document, and the least for the others', async () => {
    const [clean, changed, back] = [await load(), await load(), await load()];
    edit(changed);
    back.name = 'b';
    back.name = 'a';
    const commands = await documents.commands(orders.Order, () => orders.Order.bulkSave([clean, changed, back]));
    expect(commands).toHaveLength(1);
    expect(commands[0]?.update).toEqual({ ...update, $set: { ...update.$set, updatedAt: expect.any(Date) } });
    await expectStored(changed, edited());
    await expectStored(back, raw());
    expect(orders.saved.map(({ doc }) => doc)).toEqual([changed]);
  });

  it('sends nothing at all when every document is clean', async () => {
    const docs = [await load(), await load()];
    expect(await documents.commands(orders.Order, () => orders.Order.bulkSave(docs))).toEqual([]);
  });

  it.each([true, false])(
    'with one duplicate key, ordered: %s: who was not written keeps the changes',
    async (ordered) => {
      const docs: Doc[] = [await load(), new orders.Order({ ...raw(), name: 'new' }), await load()];
      edit(docs[0]);
      docs[1].code = await taken();
      edit(docs[2]);
      await rejection(orders.Order.bulkSave(docs, { ordered }));
      expect(docs[1].isNew).toBe(true);
      docs[1].code = undefined;
      const written = ordered ? [docs[0]] : [docs[0], docs[2]];
      expect(new Set(orders.saved.map(({ doc }) => doc))).toEqual(new Set(written));
      for (const doc of written) expectClean(doc);
      if (ordered) {
        expect(docs[2].$tracker.getUpdate()).toEqual(update);
        expect(await documents.stored(docs[2])).toEqual(raw());
      }
      for (const doc of docs) await doc.save();
      await expectStored(docs[0], edited());
      await expectStored(docs[1], { ...raw(), name: 'new', createdAt: docs[1].createdAt });
      await expectStored(docs[2], edited());
    },
  );

  it.each([true, false])(
    'with a document that is gone, ordered: %s: nothing is doubled, nothing lost',
    async (ordered) => {
      const docs = [await load(), await load(), await load()];
      for (const doc of docs) doc.tags.push('y');
      await orders.Order.deleteOne({ _id: docs[1]._id });
      await rejection(orders.Order.bulkSave(docs, { ordered }));
      expect(docs[1].$tracker.getChanges()).toEqual({ 'tags.1': 'y' });
      for (const doc of docs) await doc.save().catch(() => null);
      for (const doc of [docs[0], docs[2]]) {
        expect(await documents.stored(doc)).toMatchObject({ tags: ['x', 'y'] });
      }
    },
  );

  it.each([true, false])('that fails as a whole, ordered: %s: every document keeps its changes', async (ordered) => {
    const docs: Doc[] = [await load(), new orders.Order(raw()), await load()];
    edit(docs[0]);
    edit(docs[2]);
    await failCommand(documents.connection, { failCommands: ['update', 'insert'], errorCode: 8000 }, { times: 1 });
    await rejection(orders.Order.bulkSave(docs, { ordered }));
    expect(orders.saved).toEqual([]);
    expect(docs.map((doc) => doc.isNew)).toEqual([false, true, false]);
    expect(docs[0].$tracker.getUpdate()).toEqual(update);
    for (const doc of docs) await doc.save();
    await expectStored(docs[0], edited());
    await expectStored(docs[1], { ...raw(), createdAt: docs[1].createdAt });
    await expectStored(docs[2], edited());
  });

  it('that fails in its second batch: the first one is stored, the others keep their changes', async () => {
    const docs: Doc[] = [await load(), new orders.Order(raw()), await load()];
    edit(docs[0]);
    edit(docs[2]);
    // Updates, an insert and updates again: three commands.
    await failCommand(documents.connection, { failCommands: ['insert'], errorCode: 8000 });
    await rejection(orders.Order.bulkSave(docs));
    expect(orders.saved.map(({ doc }) => doc)).toEqual([docs[0]]);
    expectClean(docs[0]);
    expect(docs[1].isNew).toBe(true);
    expect(docs[2].$tracker.getUpdate()).toEqual(update);
    for (const doc of docs) await doc.save();
    await expectStored(docs[0], edited());
    await expectStored(docs[2], edited());
    expect(await documents.stored(docs[1])).toMatchObject({ name: 'a' });
  });

  it('a clean one after one that failed does not take what was refused for the baseline', async () => {
    const doc = await load();
    edit(doc);
    await failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 });
    await rejection(orders.Order.bulkSave([doc]));
    doc.$tracker.revert();
    expect(await documents.commands(orders.Order, () => orders.Order.bulkSave([doc]))).toEqual([]);
    await expectStored(doc, raw());
    doc.name = 'b';
    expect(doc.$tracker.getChanges()).toEqual({ name: 'b' });
  });

  const uncertain: [string, FailPoint, number][] = [
    [
      'a write concern error',
      { failCommands: ['update', 'insert'], writeConcernError: { code: 64, errmsg: 'late' } },
      1,
    ],
    ['a connection that is closed', { failCommands: ['update', 'insert'], closeConnection: true }, 2],
  ];
  it.each(uncertain)('with %s: pending again, then refused or right, and never doubled', async (_name, data, times) => {
    const doc = await load();
    const inserted: Doc = new orders.Order(raw());
    doc.tags.push('y');
    doc.$inc('count', 2);
    for (const one of [doc, inserted]) {
      await failCommand(documents.connection, data, { times });
      await rejection(orders.Order.bulkSave([one]));
    }
    expect(doc.$tracker.getChanges()).toEqual({ 'tags.1': 'y', count: 3 });
    expect(inserted.isNew).toBe(true);
    expect(orders.saved).toEqual([]);
    for (const one of [doc, inserted]) await orders.Order.bulkSave([one]).catch(() => null);
    expect(await documents.stored(doc)).toMatchObject({ tags: ['x', 'y'], count: 3 });
    expect(await orders.Order.countDocuments({ _id: inserted._id })).toBe(1);
  });

  it('with an error in a pre-save hook sends nothing, and everything stays a change', async () => {
    const schema = new Schema<Doc>({ name: String, tags: [String] });
    schema.pre('save', function (this: Doc) {
      if (this.name === 'refused') throw new Error('not this one');
    });
    const Model = await documents.model(schema);
    const docs = [await documents.load(Model, { tags: [] }), await documents.load(Model, { tags: [] })];
    docs[0].tags.push('y');
    docs[1].name = 'refused';
    const commands = await documents.commands(Model, async () => {
      await rejection(Model.bulkSave(docs));
    });
    expect(commands).toEqual([]);
    expect(docs[0].$tracker.getUpdate()).toEqual({ $push: { tags: { $each: ['y'] } }, $inc: { __v: 1 } });
    docs[1].name = 'b';
    await Model.bulkSave(docs);
    expect(await documents.stored(docs[0])).toEqual({ tags: ['y'] });
    for (const doc of docs) expect(doc.isModified()).toBe(false);
  });
});

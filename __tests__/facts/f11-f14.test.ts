// Traps F11 to F14 of today's Mongoose: transactions that are retried, the order of hooks, hooks that do not run.
import mongoose, { Schema } from 'mongoose';
import type { ClientSession } from 'mongoose';
import cowTracking from '../../lib';
import { rejection, transientError } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

describe('F11 session.withTransaction() that runs its callback again', () => {
  it('sends on the second attempt what the first one sent', async () => {
    const Order = await documents.model(new Schema<Doc>({ status: String, n: Number }));
    const doc = await documents.load(Order, { status: 'a', n: 1 });
    const attempts: (Plain | null)[] = [];
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        doc.status = 'b';
        attempts.push(await documents.updateOf(doc, { session }));
        if (attempts.length === 1) throw transientError();
      }),
    );
    expect(attempts).toEqual([{ $set: { status: 'b' } }, { $set: { status: 'b' } }]);
    expect(await documents.stored(doc)).toEqual({ status: 'b', n: 1 });
    expect(doc.isModified()).toBe(false);
  });

  it('leaves values in memory as the user left them, and stores exactly those', async () => {
    const Order = await documents.model(new Schema<Doc>({ n: Number }));
    const doc = await documents.load(Order, { n: 1 });
    let attempts = 0;
    await documents.inSession((session) =>
      session.withTransaction(async () => {
        attempts++;
        doc.n = Number(doc.n) + 1;
        await doc.save({ session });
        if (attempts === 1) throw transientError();
      }),
    );
    expect(doc.n).toBe(3);
    expect(await documents.stored(doc)).toEqual({ n: 3 });
  });
});

describe('F12 connection.transaction() that runs its callback again', () => {
  it('asks for the version again and never sets it', async () => {
    const Order = await documents.model(new Schema<Doc>({ status: String }));
    const doc = await documents.load(Order, { status: 'a' });
    const attempts: ({ filter: Plain; update: Plain } | null)[] = [];
    doc.increment();
    doc.status = 'b';
    await documents.connection.transaction(async (session: ClientSession) => {
      attempts.push(await documents.save(doc, { session }));
      if (attempts.length === 1) throw transientError();
    });
    const expected = { filter: { _id: doc._id, __v: 0 }, update: { $set: { status: 'b' }, $inc: { __v: 1 } } };
    expect(attempts).toEqual([expected, expected]);
    expect(doc.__v).toBe(1);
    expect((await documents.again(Order, doc)).__v).toBe(1);
  });
});

describe('F13 a change in place is known before every hook', () => {
  const old = new Date('2020-01-01');

  it('moves updatedAt', async () => {
    const Order = await documents.model(new Schema<Doc>({ mixed: {}, at: Date }, { timestamps: true }));
    const doc = await documents.load(Order, { mixed: { a: 1 }, at: old, createdAt: old, updatedAt: old });
    doc.mixed.a = 2;
    const update = await documents.updateOf(doc);
    expect(update).toEqual({ $set: { 'mixed.a': 2, updatedAt: expect.any(Date) } });
    expect(doc.updatedAt.getTime()).toBeGreaterThan(old.getTime());
  });

  it('moves updatedAt when timestamps were switched on after the plugin', async () => {
    const schema = new Schema<Doc>({ mixed: {} });
    schema.plugin(cowTracking);
    schema.set('timestamps', true);
    const Late = await documents.plainModel(schema);
    const doc = await documents.load(Late, { mixed: { a: 1 }, createdAt: old, updatedAt: old });
    doc.mixed.a = 2;
    await doc.save();
    expect(doc.updatedAt.getTime()).toBeGreaterThan(old.getTime());
  });

  it('is validated with validateModifiedOnly', async () => {
    const Order = await documents.model(
      new Schema<Doc>({
        totals: { type: Schema.Types.Mixed, validate: (totals: { sum: number }) => totals.sum >= 0 },
      }),
    );
    const doc = await documents.load(Order, { totals: { sum: 1 } });
    doc.totals.sum = -1;
    const commands = await documents.commands(Order, async () => {
      const error = await rejection(doc.save({ validateModifiedOnly: true }));
      expect(error).toBeInstanceOf(mongoose.Error.ValidationError);
    });
    expect(commands).toEqual([]);
  });

  it("is seen by a pre('save') hook that was registered before the plugin", async () => {
    const seen: unknown[] = [];
    const schema = new Schema<Doc>({ mixed: {} });
    schema.pre('save', function (this: Doc) {
      seen.push(this.isModified('mixed'), this.$tracker.getChanges());
    });
    const Order = await documents.model(schema);
    const doc = await documents.load(Order, { mixed: { a: 1 } });
    doc.mixed.a = 2;
    await doc.save();
    expect(seen).toEqual([true, { 'mixed.a': 2 }]);
  });
});

describe('F14 saves that run no hooks, or not all', () => {
  const order = (): Schema<Doc> =>
    new Schema<Doc>({ name: String, mixed: {}, tags: { type: [String], default: undefined } });

  it.each<[string, Plain]>([
    ['middleware: false', { middleware: false }],
    ['validateBeforeSave: false', { validateBeforeSave: false }],
    ['timestamps: false', { timestamps: false }],
  ])('save({ %s }) writes the leaf and is clean afterwards', async (_name, options) => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, { name: 'n', mixed: { a: 1, b: 1 } });
    doc.mixed.a = 2;
    expect(await documents.updateOf(doc, options)).toEqual({ $set: { 'mixed.a': 2 } });
    expect(doc.$tracker.isModified()).toBe(false);
    expect(doc.$tracker.lastSave?.changes).toEqual([{ path: 'mixed.a', type: 'update', from: 1, to: 2 }]);
    doc.mixed.a = 1;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a': 1 } });
  });

  it('bulkSave() writes the leaves of changes in place and is clean afterwards', async () => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, { name: 'n', mixed: { a: 1, b: 1 } });
    doc.mixed.a = 2;
    const [command] = await documents.commands(Order, () => Order.bulkSave([doc]));
    expect(command?.update).toEqual({ $set: { 'mixed.a': 2 } });
    expect(doc.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it('a document of insertMany() is clean, and its later changes in place are found', async () => {
    const Order = await documents.model(order());
    const [doc]: Doc[] = await Order.insertMany([{ name: 'n', mixed: { a: 1 } }]);
    expect(doc.isModified()).toBe(false);
    expect(doc.mixed.a).toBe(1);
    doc.mixed.a = 2;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a': 2 } });
  });

  it('a clone has a tracker of its own', async () => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, { name: 'n', mixed: { a: 1 }, tags: ['x'] });
    const clone = doc.$clone();
    clone.mixed.a = 2;
    clone.tags.push('y');
    expect(clone.$tracker.getChanges()).toEqual({ 'mixed.a': 2, 'tags.1': 'y' });
    expect(doc.$tracker.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.updateOf(clone)).toEqual({
      $set: { 'mixed.a': 2 },
      $push: { tags: { $each: ['y'] } },
      $inc: { __v: 1 },
    });
  });

  it('an update past the document leaves it to reload, and nothing is sent for it', async () => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, { name: 'n', mixed: { a: 1 } });
    await doc.updateOne({ $set: { name: 'other' } });
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.stored(doc)).toEqual(expect.objectContaining({ name: 'other' }));
  });
});

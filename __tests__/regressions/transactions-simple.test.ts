// Section 11 and 20, the simple cases: one document, one attempt that fails and one that does not.
import { Schema } from 'mongoose';
import type { ClientSession } from 'mongoose';
import { transientError } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const order = (): Schema<Doc> =>
  new Schema<Doc>({
    status: String,
    tags: [String],
    items: [new Schema<Doc>({ q: Number }, { _id: false })],
    mixed: {},
  });
const raw = (): Plain => ({ status: 'a', tags: ['x'], items: [{ q: 1 }], mixed: { a: 1 } });

type Runner = (work: (session: ClientSession) => Promise<void>) => Promise<unknown>;
const runners: [string, Runner][] = [
  [
    'session.withTransaction()',
    (work) => documents.inSession((session) => session.withTransaction(() => work(session))),
  ],
  ['gh-8380 connection.transaction()', (work) => documents.connection.transaction(work)],
];

describe.each(runners)('%s', (_name, run) => {
  it.each<[string, (doc: Doc) => unknown, Plain]>([
    [
      'gh-14460 a value',
      (doc) => {
        doc.status = 'b';
      },
      { $set: { status: 'b' } },
    ],
    [
      'gh-14268 Mixed in place',
      (doc) => {
        doc.mixed.a = 2;
      },
      { $set: { 'mixed.a': 2 } },
    ],
    [
      'gh-13973 gh-14017 a replaced array',
      (doc) => {
        doc.tags = ['y'];
      },
      { $set: { 'tags.0': 'y' }, $inc: { __v: 1 } },
    ],
    [
      'gh-14340 a replaced document array',
      (doc) => {
        doc.items = [{ q: 2 }];
      },
      { $set: { 'items.0.q': 2 }, $inc: { __v: 1 } },
    ],
  ])('%s edited before: every attempt sends the same', async (_title, edit, sends) => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, raw());
    edit(doc);
    const attempts: (Plain | null)[] = [];
    await run(async (session) => {
      attempts.push(await documents.updateOf(doc, { session }));
      if (attempts.length < 3) throw transientError();
    });
    expect(attempts).toEqual([sends, sends, sends]);
    expect(doc.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it.each<[string, (tags: Doc) => unknown]>([
    ['push', (tags) => tags.push('y')],
    ['addToSet', (tags) => tags.addToSet('y')],
  ])('gh-14848 gh-14875 one %s before three attempts is one element', async (_method, edit) => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, raw());
    edit(doc.tags);
    let attempts = 0;
    await run(async (session) => {
      attempts++;
      await doc.save({ session });
      if (attempts < 3) throw transientError();
    });
    expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'] });
    expect([...doc.tags]).toEqual(['x', 'y']);
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-8852 gh-13726 a new document is inserted by the attempt that commits', async () => {
    const Order = await documents.model(order());
    const doc: Doc = new Order(raw());
    let attempts = 0;
    await run(async (session) => {
      attempts++;
      expect(doc.isNew).toBe(true);
      await doc.save({ session });
      if (attempts < 2) throw transientError();
    });
    expect(doc.isNew).toBe(false);
    expect(await documents.stored(doc)).toEqual(raw());
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-13698 gh-10381 an aborted transaction leaves the changes and the version as they were before', async () => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, raw());
    doc.status = 'b';
    doc.tags.splice(0, 1);
    const before = [doc.$tracker.diff(), doc.$tracker.getUpdate(), doc.__v];
    await expect(
      run(async (session) => {
        await doc.save({ session });
        throw new Error('abort');
      }),
    ).rejects.toThrow('abort');
    expect([doc.$tracker.diff(), doc.$tracker.getUpdate(), doc.__v]).toEqual(before);
    expect(await documents.stored(doc)).toEqual(raw());
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), status: 'b', tags: [] });
    expect(doc.__v).toBe(1);
  });

  it('gh-16432 gh-16438 bulkSave({ session }) that is retried writes what it wrote the first time', async () => {
    const Order = await documents.model(order());
    const doc = await documents.load(Order, raw());
    doc.status = 'b';
    doc.tags.push('y');
    const attempts: unknown[] = [];
    await run(async (session) => {
      const [command] = await documents.commands(Order, () => Order.bulkSave([doc], { session }));
      attempts.push(command?.update);
      if (attempts.length < 2) throw transientError();
    });
    const update = { $set: { status: 'b' }, $push: { tags: { $each: ['y'] } }, $inc: { __v: 1 } };
    expect(attempts).toEqual([update, update]);
    expect(await documents.stored(doc)).toEqual({ ...raw(), status: 'b', tags: ['x', 'y'] });
  });

  it('onSaved is called after the commit, once', async () => {
    const records: unknown[] = [];
    const Order = await documents.model(order(), {
      onSaved: (record) => {
        records.push(record.changes.map((change) => change.to));
      },
    });
    const doc = await documents.load(Order, raw());
    doc.status = 'b';
    let attempts = 0;
    await run(async (session) => {
      attempts++;
      await doc.save({ session });
      expect(records).toEqual([]);
      if (attempts < 2) throw transientError();
    });
    expect(records).toEqual([['b']]);
  });
});

it('gh-16433 gh-16435 deleteOne() that is retried deletes, and a change of the document is kept until then', async () => {
  const Order = await documents.model(order());
  const doc = await documents.load(Order, raw());
  let attempts = 0;
  await documents.connection.transaction(async (session) => {
    attempts++;
    await doc.deleteOne({ session });
    if (attempts < 2) throw transientError();
  });
  expect(attempts).toBe(2);
  expect(await Order.countDocuments({ _id: doc._id })).toBe(0);
});

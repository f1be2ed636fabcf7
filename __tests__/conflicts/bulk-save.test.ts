// `conflicts: 'detect'` in bulkSave(): those in conflict are named, the others are written.
import { CowTrackingError } from '../../lib';
import { expectClean } from '../helpers/answers';
import { rejection, type Doc } from '../helpers/documents';
import { raw, useMeetings } from './meeting';

const meetings = useMeetings();
const { documents } = meetings;

const load = (): Promise<Doc[]> => Promise.all(['1', '2', '3'].map(() => documents.load(meetings.Order, raw())));

/** Three loaded and edited documents, of which someone else has written the second. */
async function threeOrders(theirs: object = { $set: { name: 'theirs' } }): Promise<Doc[]> {
  const orders = await load();
  for (const order of orders) {
    order.name = 'mine';
    order.tags.push('z');
  }
  await meetings.Order.collection.updateOne({ _id: orders[1]._id }, theirs);
  return orders;
}

it('writes all, in one round trip, where nobody interferes', async () => {
  const orders = await threeOrders({ $set: { other: 'theirs' } });
  const commands = await documents.commands(meetings.Order, () => meetings.Order.bulkSave(orders));
  expect(commands.map(({ name, filter }) => [name, filter])).toEqual(
    orders.map(({ _id }) => ['update', { _id, name: 'a' }]),
  );
  for (const order of orders) expectClean(order);
});

it.each([true, false])('names the documents in conflict and writes the others (ordered: %s)', async (ordered) => {
  const orders = await threeOrders();
  const error = await rejection(meetings.Order.bulkSave(orders, { ordered }));
  expect(error).toBeInstanceOf(CowTrackingError);
  expect(error).toMatchObject({
    code: 'ERR_CONFLICT',
    conflicts: [{ documentId: orders[1]._id, path: 'name', base: 'a', mine: 'mine', theirs: 'theirs' }],
  });
  expect(error.message).toContain(String(orders[1]._id));
  expectClean(orders[0]);
  expectClean(orders[2]);
  expect(orders.map(({ __v }) => __v as number)).toEqual([1, 0, 1]);
  expect(orders[1].$tracker.getChanges()).toEqual({ name: 'mine', 'tags.2': 'z' });
  const stored = await Promise.all(orders.map((order) => documents.stored(order)));
  expect(stored.map(({ name, tags }) => [name, tags])).toEqual([
    ['mine', ['x', 'y', 'z']],
    ['theirs', ['x', 'y']],
    ['mine', ['x', 'y', 'z']],
  ]);
});

it('names several, and their values', async () => {
  const orders = await load();
  for (const order of orders) order.set({ name: 'mine', count: 5 });
  await meetings.Order.updateMany({ _id: orders.map(({ _id }) => _id as unknown) }, { $inc: { count: 1 } });
  const { conflicts } = await rejection(meetings.Order.bulkSave(orders));
  expect(conflicts).toEqual(orders.map(({ _id }) => ({ documentId: _id, path: 'count', base: 1, mine: 5, theirs: 2 })));
});

it('the one in conflict can be saved once it is decided', async () => {
  const orders = await threeOrders();
  await rejection(meetings.Order.bulkSave(orders));
  orders[1].$tracker.rebase(await meetings.Order.collection.findOne({ _id: orders[1]._id }));
  await meetings.Order.bulkSave(orders);
  expectClean(orders[1]);
  expect(await documents.stored(orders[1])).toMatchObject({ name: 'mine', tags: ['x', 'y', 'z'] });
});

it('what is stored already is no conflict', async () => {
  const orders = await threeOrders({ $set: { name: 'mine' } });
  const result = await meetings.Order.bulkSave(orders);
  expect(result.matchedCount).toBe(3);
  for (const order of orders) expectClean(order);
  expect(await documents.stored(orders[1])).toMatchObject({ name: 'mine', tags: ['x', 'y', 'z'] });
});

it('a document that is gone is Mongoose’s to report, beside one in conflict it keeps its changes', async () => {
  const orders = await threeOrders();
  await meetings.Order.collection.deleteOne({ _id: orders[0]._id });
  const error = await rejection(meetings.Order.bulkSave(orders));
  expect(error).toMatchObject({ code: 'ERR_CONFLICT', conflicts: [{ documentId: orders[1]._id }] });
  expect(orders[0].$tracker.isModified()).toBe(true);
  expectClean(orders[2]);
  const gone = await load();
  for (const order of gone) order.name = 'mine';
  await meetings.Order.collection.deleteOne({ _id: gone[0]._id });
  expect((await rejection(meetings.Order.bulkSave(gone))).name).toBe('MongooseBulkSaveIncompleteError');
});

it('beside an operation that the server refuses, too', async () => {
  const orders = await threeOrders();
  const taken = new meetings.Order({ _id: (await documents.load(meetings.Order, raw()))._id, name: 'twice' });
  const error = await rejection(meetings.Order.bulkSave([...orders, taken], { ordered: false }));
  expect(error.name).toBe('MongoBulkWriteError');
  expectClean(orders[0]);
  expectClean(orders[2]);
  expect(orders[1].$tracker.isModified()).toBe(true);
  expect(taken.isNew).toBe(true);
});

it('inserts need no condition', async () => {
  const orders = await threeOrders();
  const created = new meetings.Order({ name: 'new' });
  await rejection(meetings.Order.bulkSave([created, ...orders]));
  expectClean(created);
  expect(created.isNew).toBe(false);
});

it('takes part in a transaction', async () => {
  const orders = await threeOrders();
  await documents.inSession(async (session) => {
    await rejection(
      session.withTransaction(async () => {
        await meetings.Order.bulkSave(orders, { session });
      }),
    );
  });
  for (const order of orders) expect(order.$tracker.getChanges()).toEqual({ name: 'mine', 'tags.2': 'z' });
  expect(await documents.stored(orders[0])).toMatchObject({ name: 'a', tags: ['x', 'y'] });
});

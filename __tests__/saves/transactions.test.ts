// Until a commit is acknowledged the baseline from before the transaction is kept (section 11), in every way into one.
import mongoose from 'mongoose';
import { expectClean } from '../helpers/answers';
import { connect } from '../helpers/db';
import { Documents, rejection, transientError } from '../helpers/documents';
import type { Command, Doc, Plain } from '../helpers/documents';
import {
  answersOfAll,
  editOrder,
  orderSchema,
  rawOrder,
  scenarios,
  storedOf,
  ways,
  within,
  withoutDates,
} from './transactions-ways';

const documents = new Documents(() => mongoose.connection);
const saved: [unknown, Plain][] = [];
let Order: mongoose.Model<Doc>;

beforeAll(async () => {
  await connect({ asDefault: true });
  Order = await documents.model(orderSchema(), {
    onSaved: (record, doc) => {
      saved.push([doc, record as unknown as Plain]);
    },
  });
});

const stamp = expect.any(Date);

/** Commands of one attempt, with the dates that each attempt sets anew made equal. */
function comparable(commands: Command[]): unknown {
  return JSON.parse(
    JSON.stringify(commands, (key, value: unknown) => (/^(updatedAt|createdAt)$/.test(key) ? 'a date' : value)),
  );
}

describe.each(ways)('$way', (way) => {
  describe.each(scenarios)('$what', ({ prepare, work, before, after, deletes, edits }) => {
    const stored = { before: before.map(withoutDates), after: after.map(withoutDates) };
    const abort = async (docs: Doc[]): Promise<void> => {
      const run = way.run(async (session) => {
        await work(docs, session);
        throw new Error('the test aborts');
      });
      expect((await rejection(run)).message).toBe('the test aborts');
    };

    it('is the baseline after the commit', async () => {
      const docs = await prepare(documents, Order);
      await way.run((session) => work(docs, session));
      expect(await storedOf(docs)).toEqual(stored.after);
      if (deletes) return;
      for (const doc of docs) {
        expectClean(doc);
        expect(await documents.save(doc)).toBeNull();
        expect(doc.__v).toBe((await documents.again(Order, doc)).__v);
      }
    });

    it('is a change again after an abort, and a save without a transaction stores it once', async () => {
      const docs = await prepare(documents, Order);
      await abort(docs);
      expect(await storedOf(docs)).toEqual(stored.before);
      for (const [i, doc] of docs.entries()) {
        expect(doc.isNew).toBe(before[i] === null);
        expect(doc.$isDeleted()).toBe(false);
        expect(doc.$tracker.lastSave).toBeNull();
        expect(doc.items[0].isNew).toBe(before[i] === null);
      }
      for (const doc of docs) await doc.save();
      if (!deletes) expect(await storedOf(docs)).toEqual(stored.after);
      for (const doc of docs) {
        expectClean(doc);
        expect(await documents.save(doc)).toBeNull();
        expect(doc.__v).toBe((await documents.again(Order, doc)).__v);
      }
    });

    it('sends the same with each attempt, stores it once, and tells onSaved after the commit', async () => {
      const docs = await prepare(documents, Order);
      const attempts: unknown[] = [];
      saved.length = 0;
      await way.run(async (session) => {
        attempts.push(comparable(await documents.commands(Order, () => work(docs, session))));
        expect(saved).toEqual([]);
        if (attempts.length < 3) throw transientError();
      });
      expect(attempts).toHaveLength(3);
      // Where the attempt itself edits, its values are there in the second one from the start.
      if (edits !== true) expect(attempts).toEqual([attempts[0], attempts[0], attempts[0]]);
      expect(await storedOf(docs)).toEqual(stored.after);

      const changed = docs.filter((_doc, i) => before[i] !== after[i]);
      for (const doc of changed) expect(saved.some(([one]) => one === doc)).toBe(true);
      expect(saved.every(([one]) => changed.includes(one))).toBe(true);
      expect(saved).toHaveLength(changed.length);

      if (deletes) return;
      for (const doc of docs) {
        expectClean(doc);
        expect(await documents.save(doc)).toBeNull();
        expect(doc.__v).toBe((await documents.again(Order, doc)).__v);
      }
    });
  });

  it.each([
    ['an existing document', (): Promise<Doc> => documents.load(Order, rawOrder())],
    ['a new document', async (): Promise<Doc> => new Order(rawOrder())],
  ])('leaves every answer as it was before an aborted attempt: %s', async (_name, make) => {
    const doc = await make();
    editOrder(doc);
    const [answers] = answersOfAll([doc]);
    await way
      .run(async (session) => {
        await doc.save(within(session));
        throw new Error('the test aborts');
      })
      .catch(() => undefined);
    const [again] = answersOfAll([doc]);
    // A new document keeps the dates that its first save has set.
    if (doc.isNew) expect(again).toMatchObject({ isNew: true, lastSave: null, original: answers?.['original'] });
    else expect(again).toEqual(answers);
  });

  it('never changes values behind the back of the user, and savepoint() is there for who wants them back', async () => {
    const doc = await documents.load(Order, rawOrder());
    editOrder(doc);
    const savepoint = doc.$tracker.savepoint();
    const changes = doc.$tracker.diff();
    await way
      .run(async (session) => {
        doc.tags.push('z');
        doc.mixed.a = 3;
        await doc.save(within(session));
        throw new Error('the test aborts');
      })
      .catch(() => undefined);
    expect([...doc.tags]).toEqual(['x', 'y', 'z']);
    expect(doc.mixed).toEqual({ a: 3 });
    expect(doc.$tracker.getUpdate()).toMatchObject({ $push: { tags: { $each: ['y', 'z'] } } });
    doc.$tracker.rollback(savepoint);
    expect(doc.$tracker.diff()).toEqual(changes);
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ tags: ['x', 'y'], mixed: { a: 2 }, updatedAt: stamp });
  });

  it('a value set back to the one from before the transaction is no change after an abort', async () => {
    const doc = await documents.load(Order, rawOrder());
    await way
      .run(async (session) => {
        doc.status = 'b';
        doc.tags.push('y');
        await doc.save(within(session));
        throw new Error('the test aborts');
      })
      .catch(() => undefined);
    doc.status = 'a';
    doc.tags.pop();
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });

  it('a value set back to the one from before the transaction is a change after the commit', async () => {
    const doc = await documents.load(Order, rawOrder());
    await way.run(async (session) => {
      doc.status = 'b';
      doc.tags = ['x', 'y'];
      await doc.save(within(session));
    });
    doc.status = 'a';
    doc.tags.pop();
    expect(doc.$tracker.getChanges()).toEqual({ status: 'a', tags: ['x'] });
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ status: 'a', tags: ['x'] });
  });

  it('what a document has lived through before counts as its baseline', async () => {
    const doc = await documents.load(Order, rawOrder());
    doc.status = 'first';
    await doc.save();
    const { lastSave } = doc.$tracker;
    await way
      .run(async (session) => {
        doc.status = 'second';
        await doc.save(within(session));
        expect(doc.$tracker.wasModified('status')).toBe(true);
        throw new Error('the test aborts');
      })
      .catch(() => undefined);
    expect(doc.$tracker.lastSave).toBe(lastSave);
    expect(doc.$tracker.original('status')).toBe('first');
    expect(doc.$tracker.getChanges()).toEqual({ status: 'second' });
  });
});

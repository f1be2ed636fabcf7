// The baseline after a save is what was sent, not the document as it is when the answer comes (facts F10, section 13).
import type mongoose from 'mongoose';
import { Schema } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { failCommand } from '../helpers/db';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    other: String,
    tags: [String],
    mixed: {},
    map: { type: Map, of: Number },
    sub: new Schema<Doc>({ n: Number, s: String }, { _id: false }),
    items: [new Schema<Doc>({ q: Number }, { _id: false })],
  });

let Model: mongoose.Model<Doc>;
beforeAll(async () => {
  Model = await documents.model(schema());
});

const raw = (): Plain => ({
  name: 'a',
  other: 'o',
  tags: ['x'],
  mixed: { a: 1, b: 1 },
  map: { k: 1, l: 1 },
  sub: { n: 1, s: 's' },
  items: [{ q: 1 }, { q: 2 }],
});

interface Case {
  readonly edit: string;
  /** Before the save. */
  readonly first: (doc: Doc) => unknown;
  /** What these paths hold as they are sent. */
  readonly sent: Plain;
  /** While the save is under way. */
  readonly second: (doc: Doc) => unknown;
  /** What these paths hold in the end. */
  readonly end: Plain;
  /** The changes once the save has succeeded, and what the next one sends. */
  readonly afterSuccess: Plain;
  readonly nextAfterSuccess: Plain;
  /** The same once it has failed. */
  readonly afterFailure: Plain;
  readonly nextAfterFailure: Plain | null;
}

const cases: Case[] = [
  {
    edit: 'another path',
    first: (doc) => (doc.name = 'b'),
    sent: { name: 'b' },
    second: (doc) => (doc.other = 'p'),
    end: { name: 'b', other: 'p' },
    afterSuccess: { other: 'p' },
    nextAfterSuccess: { $set: { other: 'p' } },
    afterFailure: { name: 'b', other: 'p' },
    nextAfterFailure: { $set: { name: 'b', other: 'p' } },
  },
  {
    edit: 'the same path',
    first: (doc) => (doc.name = 'b'),
    sent: { name: 'b' },
    second: (doc) => (doc.name = 'c'),
    end: { name: 'c' },
    afterSuccess: { name: 'c' },
    nextAfterSuccess: { $set: { name: 'c' } },
    afterFailure: { name: 'c' },
    nextAfterFailure: { $set: { name: 'c' } },
  },
  {
    edit: 'back to the old value',
    first: (doc) => (doc.name = 'b'),
    sent: { name: 'b' },
    second: (doc) => (doc.name = 'a'),
    end: { name: 'a' },
    afterSuccess: { name: 'a' },
    nextAfterSuccess: { $set: { name: 'a' } },
    afterFailure: {},
    nextAfterFailure: null,
  },
  {
    edit: 'an array push',
    first: (doc) => doc.tags.push('y'),
    sent: { tags: ['x', 'y'] },
    second: (doc) => doc.tags.push('z'),
    end: { tags: ['x', 'y', 'z'] },
    afterSuccess: { 'tags.2': 'z' },
    nextAfterSuccess: { $push: { tags: { $each: ['z'] } }, $inc: { __v: 1 } },
    afterFailure: { 'tags.1': 'y', 'tags.2': 'z' },
    nextAfterFailure: { $push: { tags: { $each: ['y', 'z'] } }, $inc: { __v: 1 } },
  },
  {
    edit: 'Mixed in place',
    first: (doc) => (doc.mixed.a = 2),
    sent: { mixed: { a: 2, b: 1 } },
    second: (doc) => {
      doc.mixed.a = 3;
      doc.mixed.b = 3;
    },
    end: { mixed: { a: 3, b: 3 } },
    afterSuccess: { 'mixed.a': 3, 'mixed.b': 3 },
    nextAfterSuccess: { $set: { 'mixed.a': 3, 'mixed.b': 3 } },
    afterFailure: { 'mixed.a': 3, 'mixed.b': 3 },
    nextAfterFailure: { $set: { 'mixed.a': 3, 'mixed.b': 3 } },
  },
  {
    edit: 'Mixed in place, back to the old value',
    first: (doc) => (doc.mixed.a = 2),
    sent: { mixed: { a: 2, b: 1 } },
    second: (doc) => (doc.mixed.a = 1),
    end: { mixed: { a: 1, b: 1 } },
    afterSuccess: { 'mixed.a': 1 },
    nextAfterSuccess: { $set: { 'mixed.a': 1 } },
    afterFailure: {},
    nextAfterFailure: null,
  },
  {
    edit: 'a Map key',
    first: (doc) => doc.map.set('k', 2),
    sent: { map: { k: 2, l: 1 } },
    second: (doc) => {
      doc.map.set('k', 1);
      doc.map.set('m', 3);
      doc.map.delete('l');
    },
    end: { map: { k: 1, m: 3 } },
    afterSuccess: { 'map.k': 1, 'map.l': undefined, 'map.m': 3 },
    nextAfterSuccess: { $set: { 'map.k': 1, 'map.m': 3 }, $unset: { 'map.l': 1 } },
    afterFailure: { 'map.l': undefined, 'map.m': 3 },
    nextAfterFailure: { $set: { 'map.m': 3 }, $unset: { 'map.l': 1 } },
  },
  {
    edit: 'a subdocument replaced',
    first: (doc) => (doc.sub.n = 2),
    sent: { sub: { n: 2, s: 's' } },
    second: (doc) => (doc.sub = { n: 1, s: 't' }),
    end: { sub: { n: 1, s: 't' } },
    afterSuccess: { 'sub.n': 1, 'sub.s': 't' },
    nextAfterSuccess: { $set: { 'sub.n': 1, 'sub.s': 't' } },
    afterFailure: { 'sub.s': 't' },
    nextAfterFailure: { $set: { 'sub.s': 't' } },
  },
  {
    edit: 'a leaf of a subdocument that was replaced',
    first: (doc) => (doc.sub = { n: 2, s: 's' }),
    sent: { sub: { n: 2, s: 's' } },
    second: (doc) => (doc.sub.n = 3),
    end: { sub: { n: 3, s: 's' } },
    afterSuccess: { 'sub.n': 3 },
    nextAfterSuccess: { $set: { 'sub.n': 3 } },
    afterFailure: { 'sub.n': 3 },
    nextAfterFailure: { $set: { 'sub.n': 3 } },
  },
  {
    edit: 'a leaf of an array element',
    first: (doc) => (doc.items[0].q = 5),
    sent: { items: [{ q: 5 }, { q: 2 }] },
    second: (doc) => (doc.items[1].q = 6),
    end: { items: [{ q: 5 }, { q: 6 }] },
    afterSuccess: { 'items.1.q': 6 },
    nextAfterSuccess: { $set: { 'items.1.q': 6 } },
    afterFailure: { 'items.0.q': 5, 'items.1.q': 6 },
    nextAfterFailure: { $set: { 'items.0.q': 5, 'items.1.q': 6 } },
  },
];

interface Moment {
  readonly moment: string;
  /** Saves, edits in between, and answers the error. */
  readonly saveWhile: (doc: Doc, edit: () => unknown, fails: boolean) => Promise<unknown>;
}

const failing = { failCommands: ['update', 'insert'], errorCode: 8000 };

/** Ends when a command of this name leaves. */
function leaving(name: string): Promise<void> {
  const client = documents.connection.getClient();
  return new Promise((resolve) => {
    client.on('commandStarted', function listen({ commandName }) {
      if (commandName !== name) return;
      client.off('commandStarted', listen);
      resolve();
    });
  });
}

/** Ends when a command of this name is on the wire: Mongoose 8 hands the living document to the driver for an insert. */
async function gone(name: string): Promise<void> {
  await leaving(name);
  await new Promise((resolve) => setImmediate(resolve));
}

const moments: Moment[] = [
  {
    // The driver has not serialized the command yet: what it refers to live would still change.
    moment: 'at the moment the command leaves',
    async saveWhile(doc, edit, fails) {
      if (fails) await failCommand(documents.connection, failing);
      return documents.saveWhile(doc, edit).then(
        () => null,
        (error: unknown) => error,
      );
    },
  },
  {
    moment: 'while the server is at it',
    async saveWhile(doc, edit, fails) {
      const end = await failCommand(documents.connection, {
        failCommands: ['update'],
        blockConnection: true,
        blockTimeMS: 100,
        ...(fails && { errorCode: 8000 }),
      });
      const started = leaving('update');
      let answered = false;
      const saving: Promise<unknown> = doc.save().then(
        () => null,
        (error: unknown) => error,
      );
      void saving.then(() => (answered = true));
      await started;
      // By turns of the loop, not by the clock: on a busy machine a timer comes after the answer.
      await new Promise((resolve) => setImmediate(resolve));
      expect(answered).toBe(false);
      edit();
      const error = await saving;
      await end();
      return error;
    },
  },
];

/** What a save before this one leaves behind in Mongoose decides what it loses (F10). */
const ages = ['loaded', 'saved before'];

async function ready(age: string): Promise<Doc> {
  if (age === 'loaded') return documents.load(Model, raw());
  const doc = await documents.load(Model, { ...raw(), name: 'before' });
  doc.name = 'a';
  await doc.save();
  return doc;
}

describe.each(moments)('an edit $moment', ({ saveWhile }) => {
  describe.each(ages)('of a document that was %s', (age) => {
    it.each(cases)('stays a change: $edit', async ({ first, second, sent, end, afterSuccess, nextAfterSuccess }) => {
      const doc = await ready(age);
      first(doc);
      expect(await saveWhile(doc, () => second(doc), false)).toBeNull();
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent });
      expect(doc.$tracker.getChanges()).toEqual(afterSuccess);
      for (const [path, value] of Object.entries(sent)) expect(doc.$tracker.original(path)).toEqual(asOriginal(value));
      expect(doc.isModified()).toBe(true);
      expect(doc.$tracker.getUpdate()).toEqual(nextAfterSuccess);
      expect(await documents.updateOf(doc)).toEqual(nextAfterSuccess);
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent, ...end });
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
    });

    it.each(cases)(
      'joins the changes of a save that fails: $edit',
      async ({ first, second, end, afterFailure, nextAfterFailure }) => {
        const doc = await ready(age);
        first(doc);
        expect(await saveWhile(doc, () => second(doc), true)).toMatchObject({ code: 8000 });
        expect(await documents.stored(doc)).toEqual(raw());
        expect(doc.$tracker.getChanges()).toEqual(afterFailure);
        expect(doc.isModified()).toBe(nextAfterFailure !== null);
        expect(doc.$tracker.getUpdate()).toEqual(nextAfterFailure);
        for (const path of Object.keys(raw())) {
          expect(doc.$tracker.original(path)).toEqual(asOriginal(raw()[path]));
        }
        expect(await documents.updateOf(doc)).toEqual(nextAfterFailure);
        expect(await documents.stored(doc)).toEqual({ ...raw(), ...end });
        expectClean(doc);
        expect(await documents.save(doc)).toBeNull();
      },
    );
  });
});

/** `original()` answers plain values; a Map stays one. */
function asOriginal(value: unknown): unknown {
  const isMap = value !== null && typeof value === 'object' && 'k' in value;
  return isMap ? new Map(Object.entries(value)) : value;
}

describe('an edit while bulkSave() is under way', () => {
  const edits: [string, (doc: Doc) => unknown, (doc: Doc) => unknown, Plain, Plain][] = [
    [
      'of a subdocument that was pushed',
      (doc) => doc.items.push({ q: 3 }),
      (doc) => (doc.items[2].q = 4),
      { items: [{ q: 1 }, { q: 2 }, { q: 3 }] },
      { 'items.2.q': 4 },
    ],
    [
      'of a subdocument that replaced another',
      (doc) => (doc.sub = { n: 2, s: 's' }),
      (doc) => (doc.sub.n = 3),
      { sub: { n: 2, s: 's' } },
      { 'sub.n': 3 },
    ],
  ];
  it.each(edits)('%s stays a change', async (_what, first, second, sent, changes) => {
    const doc = await ready('loaded');
    first(doc);
    const started = leaving('update').then(() => second(doc));
    await Model.bulkSave([doc]);
    await started;
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent });
    expect(doc.$tracker.getChanges()).toEqual(changes);
    expect(await documents.updateOf(doc)).toEqual({ $set: changes });
    expectClean(doc);
  });

  it('is no change where it says what was sent', async () => {
    const doc = await ready('loaded');
    doc.sub = { n: 2, s: 's' };
    const started = leaving('update').then(() => (doc.sub.n = 2));
    await Model.bulkSave([doc]);
    await started;
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });

  it('of a new document, taken back while a save that is refused is under way: the next edit of it is seen', async () => {
    const doc: Doc = new Model(raw());
    const inserting = gone('insert').then(() => (doc.items = [{ q: 0 }, { q: 2 }]));
    await Model.bulkSave([doc]);
    await inserting;
    await failCommand(documents.connection, failing);
    const updating = leaving('update').then(() => (doc.items[0].q = 1));
    await rejection(doc.save());
    await updating;
    expectClean(doc);
    doc.items[0].q = 5;
    expect([doc.isModified(), doc.isModified('items.0.q'), doc.items[0].isModified('q')]).toEqual([true, true, true]);
    expect(doc.$tracker.diff()).toEqual([{ path: 'items.0.q', type: 'update', from: 1, to: 5 }]);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'items.0.q': 5 } });
    expect(await documents.stored(doc)).toEqual({ ...raw(), items: [{ q: 5 }, { q: 2 }] });
  });

  it('of a number: $inc() of a document that exists, and of a new one', async () => {
    const Counter = await documents.model(new Schema<Doc>({ n: Number }));
    const [doc, inserted]: Doc[] = [await documents.load(Counter, { n: 1 }), new Counter({ n: 1 })];
    doc.$inc('n', 2);
    const updating = leaving('update').then(() => doc.$inc('n', 3));
    await Counter.bulkSave([doc]);
    await updating;
    const inserting = gone('insert').then(() => inserted.$inc('n', 3));
    await Counter.bulkSave([inserted]);
    await inserting;
    for (const [one, stored, end] of [
      [doc, 3, 6],
      [inserted, 1, 4],
    ] as [Doc, number, number][]) {
      expect(await documents.stored(one)).toEqual({ n: stored });
      expect(await documents.updateOf(one)).toEqual({ $inc: { n: 3 } });
      expect(await documents.stored(one)).toEqual({ n: end });
      expectClean(one);
    }
  });
});

describe('an edit while another kind of write is under way', () => {
  it.each(cases)('stays a change: an insert, $edit', async ({ first, second, sent, end }) => {
    const doc: Doc = new Model(raw());
    first(doc);
    await documents.saveWhile(doc, () => second(doc));
    expect(doc.$tracker.isModified()).toBe(true);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent, ...end });
    expectClean(doc);
  });

  const inserts = {
    'an insert by bulkSave()': (doc: Doc) => Model.bulkSave([doc]),
    'insertMany()': (doc: Doc) => Model.insertMany([doc]),
  };
  describe.each(Object.entries(inserts))('that is %s', (_name, insert) => {
    it.each(cases)('stays a change: $edit', async ({ first, second, sent, end }) => {
      const doc: Doc = new Model(raw());
      first(doc);
      const started = gone('insert').then(() => second(doc));
      await insert(doc);
      await started;
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent });
      expect(doc.$tracker.isModified()).toBe(true);
      await doc.save();
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent, ...end });
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
    });
  });

  it.each(cases)('is in the insert after one that failed: $edit', async ({ first, second, end }) => {
    const doc: Doc = new Model(raw());
    first(doc);
    await failCommand(documents.connection, failing);
    await rejection(documents.saveWhile(doc, () => second(doc)));
    expect(doc.isNew).toBe(true);
    expect(doc.$tracker.lastSave).toBeNull();
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...end });
    expectClean(doc);
  });

  it.each(cases)('stays a change: bulkSave(), $edit', async ({ first, second, sent, end, nextAfterSuccess }) => {
    const doc = await ready('loaded');
    first(doc);
    const started = leaving('update').then(() => second(doc));
    await doc.constructor.bulkSave([doc]);
    await started;
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent });
    expect(await documents.updateOf(doc)).toEqual(nextAfterSuccess);
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent, ...end });
    expectClean(doc);
  });

  it.each(cases)('joins the changes of a bulkSave() that fails: $edit', async ({ first, second, end, ...expected }) => {
    const doc = await ready('loaded');
    first(doc);
    await failCommand(documents.connection, failing);
    const started = leaving('update').then(() => second(doc));
    await rejection(doc.constructor.bulkSave([doc]));
    await started;
    expect(doc.$tracker.getChanges()).toEqual(expected.afterFailure);
    expect(await documents.updateOf(doc)).toEqual(expected.nextAfterFailure);
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...end });
    expectClean(doc);
  });

  it.each(cases)('stays a change after the commit: $edit', async ({ first, second, sent, end, nextAfterSuccess }) => {
    const doc = await ready('loaded');
    first(doc);
    await documents.connection.transaction((session) => documents.saveWhile(doc, () => second(doc), { session }));
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent });
    expect(await documents.updateOf(doc)).toEqual(nextAfterSuccess);
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...sent, ...end });
    expectClean(doc);
  });

  it.each(cases)(
    'joins the changes of a transaction that is aborted: $edit',
    async ({ first, second, ...expected }) => {
      const doc = await ready('loaded');
      first(doc);
      await documents.inSession(async (session) => {
        session.startTransaction();
        await documents.saveWhile(doc, () => second(doc), { session });
        await session.abortTransaction();
      });
      expect(doc.$tracker.getChanges()).toEqual(expected.afterFailure);
      expect(await documents.updateOf(doc)).toEqual(expected.nextAfterFailure);
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...expected.end });
      expectClean(doc);
    },
  );
});

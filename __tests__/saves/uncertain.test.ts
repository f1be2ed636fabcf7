// A write that may have been applied although an error came back: it is not acknowledged, so its changes are changes again.
// The next save is refused or right; what is not idempotent is never applied twice.
import mongoose, { Schema } from 'mongoose';
import type { Connection } from 'mongoose';
import { expectClean } from '../helpers/answers';
import { connect, failCommand } from '../helpers/db';
import { Documents, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { Proxy } from '../helpers/proxy';

let proxy: Proxy;
let connection: Connection;
const documents = new Documents(() => connection);

let Model: mongoose.Model<Doc>;
let Unversioned: mongoose.Model<Doc>;

beforeAll(async () => {
  proxy = await Proxy.start();
  ({ connection } = await connect({ uri: proxy.uri }));
  Model = await documents.model(schema());
  Unversioned = await documents.model(schema().set('versionKey', false));
});
// After the hook of the helper has dropped the database through it.
afterAll(() => setImmediate(() => void proxy.stop()));

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    count: Number,
    tags: [String],
    nums: [Number],
    items: [new Schema<Doc>({ q: Number }, { _id: false })],
    parts: { type: [new Schema<Doc>({ a: Number, b: Number }, { _id: false })], default: undefined },
    mixed: {},
    map: { type: Map, of: Number },
    sub: new Schema<Doc>({ n: Number, s: String }, { _id: false }),
  });

const raw = (): Plain => ({ name: 'a', count: 1, tags: ['x'], nums: [1, 2, 2], items: [{ q: 1 }], mixed: { a: 1 } });

interface Uncertainty {
  readonly cause: string;
  readonly applied: boolean;
  readonly arrange: () => unknown;
  readonly error: string;
}

const uncertainties: Uncertainty[] = [
  {
    cause: 'a write concern error',
    applied: true,
    arrange: () =>
      failCommand(connection, { failCommands: ['update', 'insert'], writeConcernError: { code: 64, errmsg: 'late' } }),
    error: 'MongoWriteConcernError',
  },
  {
    // The driver tries a write again once: both are lost.
    cause: 'a connection that breaks before the answer',
    applied: true,
    arrange: () => {
      proxy.dropAnswers('update', 2);
      proxy.dropAnswers('insert', 2);
    },
    error: 'MongoNetworkError',
  },
  {
    cause: 'a connection that breaks before the command arrives',
    applied: false,
    arrange: () => {
      proxy.dropRequests('update', 2);
      proxy.dropRequests('insert', 2);
    },
    error: 'MongoNetworkError',
  },
  {
    cause: 'an error after which the driver tries again, in vain',
    applied: false,
    arrange: () => failCommand(connection, { failCommands: ['update', 'insert'], errorCode: 89 }, { times: 2 }),
    error: 'MongoServerError',
  },
];

async function saveInVain(doc: Doc, { arrange, error }: Uncertainty): Promise<void> {
  await arrange();
  expect((await rejection(doc.save())).name).toBe(error);
  proxy.heal();
  await connection.getClient().db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
}

interface Edit {
  readonly edit: string;
  readonly change: (doc: Doc) => unknown;
  readonly changed: Plain;
  /** What a second application would make of it, if that differs. */
  readonly guarded: boolean;
}

const edits: Edit[] = [
  { edit: 'a field', change: (doc) => (doc.name = 'b'), changed: { name: 'b' }, guarded: false },
  { edit: 'Mixed in place', change: (doc) => (doc.mixed.a = 2), changed: { mixed: { a: 2 } }, guarded: false },
  { edit: '$inc()', change: (doc) => doc.$inc('count', 2), changed: { count: 3 }, guarded: false },
  { edit: 'push()', change: (doc) => doc.tags.push('y'), changed: { tags: ['x', 'y'] }, guarded: true },
  {
    edit: 'push() of a subdocument',
    change: (doc) => doc.items.push({ q: 2 }),
    changed: { items: [{ q: 1 }, { q: 2 }] },
    guarded: true,
  },
  {
    edit: 'push() in front',
    change: (doc) => doc.tags.push({ $each: ['w'], $position: 0 }),
    changed: { tags: ['w', 'x'] },
    guarded: true,
  },
  { edit: '$shift()', change: (doc) => doc.nums.$shift(), changed: { nums: [2, 2] }, guarded: true },
  { edit: '$pop()', change: (doc) => doc.nums.$pop(), changed: { nums: [1, 2] }, guarded: true },
  { edit: 'pull()', change: (doc) => doc.nums.pull(2), changed: { nums: [1] }, guarded: true },
  { edit: 'addToSet()', change: (doc) => doc.tags.addToSet('y'), changed: { tags: ['x', 'y'] }, guarded: true },
  { edit: 'an assigned array', change: (doc) => (doc.tags = ['x', 'y']), changed: { tags: ['x', 'y'] }, guarded: true },
  { edit: 'an element', change: (doc) => (doc.items[0].q = 9), changed: { items: [{ q: 9 }] }, guarded: false },
];

/** Another writer, who must not be undone. */
const others = [
  { by: 'a push of another writer', write: (doc: Doc) => doc.tags.push('other'), count: 0, pushed: ['other'] },
  // Which no version tells of.
  { by: 'a $inc of another writer', write: (doc: Doc) => doc.$inc('count', 10), count: 10, pushed: [] },
];

describe.each(uncertainties)('after $cause', (uncertainty) => {
  const { applied } = uncertainty;

  it.each(edits)('$edit is still a change', async ({ change, changed }) => {
    const doc = await documents.load(Model, raw());
    change(doc);
    const changes = doc.$tracker.diff();
    await saveInVain(doc, uncertainty);
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...(applied && changed) });
    expect(doc.$tracker.diff()).toEqual(changes);
    expect(doc.isModified()).toBe(true);
    expect(doc.$tracker.lastSave).toBeNull();
  });

  it.each(edits)('$edit: the next save is refused or right', async ({ change, changed, guarded }) => {
    const doc = await documents.load(Model, raw());
    change(doc);
    await saveInVain(doc, uncertainty);
    const error: unknown = await doc.save().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...changed });
    // Nothing else has happened to the document: there is a reason to refuse only where our own write moved the version.
    if (!applied || !guarded) expect(error).toBeNull();
    if (error === null) {
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
    } else {
      expect(error).toBeInstanceOf(mongoose.Error.VersionError);
      expect(doc.isModified()).toBe(true);
      // As long as nobody has read what is stored, nothing else can be answered.
      expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.VersionError);
      expect(await documents.stored(doc)).toEqual({ ...raw(), ...changed });
    }
  });

  describe.each(others)('and $by in between', ({ write, count, pushed }) => {
    it.each(edits)('$edit: the next save is refused or right', async ({ change, changed }) => {
      const doc = await documents.load(Model, raw());
      change(doc);
      await saveInVain(doc, uncertainty);
      const other = await documents.again(Model, doc);
      write(other);
      await other.save();
      const before = await documents.stored(doc);
      const error: unknown = await doc.save().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      const after = await documents.stored(doc);
      if (error !== null) {
        expect(after).toEqual(before);
        return;
      }
      // As if both had been written, in one order or the other.
      const sorted = (stored: Plain): Plain => ({ ...stored, tags: [...(stored['tags'] as string[])].sort() });
      const right = {
        ...raw(),
        ...changed,
        count: Number(changed['count'] ?? 1) + count,
        tags: [...((changed['tags'] ?? ['x']) as string[]), ...pushed],
      };
      expect(sorted(after)).toEqual(sorted(right));
    });
  });

  const values: [string, (doc: Doc) => unknown, (doc: Doc) => unknown][] = [
    ['a field', (doc) => (doc.name = 'b'), (doc) => (doc.name = 'a')],
    ['Mixed', (doc) => (doc.mixed.a = 2), (doc) => (doc.mixed.a = 1)],
    ['an array', (doc) => (doc.tags = ['x', 'y']), (doc) => (doc.tags = ['x'])],
    ['a pushed element', (doc) => doc.tags.push('y'), (doc) => doc.tags.pop()],
    ['a leaf of an element', (doc) => (doc.items[0].q = 2), (doc) => (doc.items[0].q = 1)],
    ['a number', (doc) => doc.$inc('count', 2), (doc) => doc.$inc('count', -2)],
  ];
  it.each([
    ...values.map(([name, change, back]) => ({ name: `${name} that is set back`, change, back })),
    ...values.map(([name, change]) => ({
      name: `${name} that is reverted`,
      change,
      back: (doc: Doc) => doc.$tracker.revert(),
    })),
  ])('$name is not taken for what is stored', async ({ change, back }) => {
    const doc = await documents.load(Model, raw());
    change(doc);
    await saveInVain(doc, uncertainty);
    back(doc);
    const error: unknown = await doc.save().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    // Refused, or right; but never silent about a value that nobody has acknowledged.
    if (error === null) {
      expect(await documents.stored(doc)).toEqual(raw());
      expectClean(doc);
      expect(await documents.save(doc)).toBeNull();
    } else {
      expect(['VersionError', 'DocumentNotFoundError']).toContain((error as Error).name);
      expect(applied).toBe(true);
    }
  });

  // Where something else differs beside it, the value that was set back must not hide behind that.
  const hidden: [string, (doc: Doc) => unknown, (doc: Doc) => unknown, Plain][] = [
    ['a key of Mixed', (doc) => (doc.mixed.a = 2), (doc) => (doc.mixed = { a: 1, b: 2 }), { mixed: { a: 1, b: 2 } }],
    [
      'a key of a Map',
      (doc) => doc.map.set('k', 2),
      (doc) => {
        doc.map.set('k', 1);
        doc.map.set('l', 3);
      },
      { map: { k: 1, l: 3 } },
    ],
    [
      'a field of a subdocument that is replaced',
      (doc) => (doc.sub.n = 2),
      (doc) => (doc.sub = { n: 1, s: 't' }),
      { sub: { n: 1, s: 't' } },
    ],
    [
      'a subdocument that is replaced twice',
      (doc) => (doc.sub = { n: 2, s: 's' }),
      (doc) => (doc.sub = { n: 1, s: 't' }),
      { sub: { n: 1, s: 't' } },
    ],
  ];
  it.each(hidden)('%s, set back beside another change, is written again', async (_what, change, back, end) => {
    const start = { ...raw(), map: { k: 1 }, sub: { n: 1, s: 's' } };
    const doc = await documents.load(Model, start);
    change(doc);
    await saveInVain(doc, uncertainty);
    back(doc);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...start, ...end });
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });

  it('a transaction that is aborted makes certain what was lost in it', async () => {
    const doc = await documents.load(Model, raw());
    doc.tags.push('y');
    doc.$inc('count', 2);
    const update = doc.$tracker.getUpdate() as Plain;
    await documents.inSession(async (session) => {
      session.startTransaction();
      proxy.dropAnswers('update', 2);
      await rejection(doc.save({ session }));
      proxy.heal();
      await session.abortTransaction();
    });
    expect(doc.$tracker.getUpdate()).toEqual(update);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'], count: 3 });
  });

  it('an aborted transaction in between does not make it certain', async () => {
    const doc = await documents.load(Model, raw());
    doc.tags.push('y');
    await saveInVain(doc, uncertainty);
    await documents.inSession(async (session) => {
      session.startTransaction();
      await doc.save({ session }).catch(() => null);
      await session.abortTransaction();
    });
    await doc.save().catch(() => null);
    expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'] });
  });

  it('without a version key a push is not doubled either', async () => {
    const doc = await documents.load(Unversioned, raw());
    doc.tags.push('y');
    doc.$inc('count', 2);
    await saveInVain(doc, uncertainty);
    await doc.save().catch(() => null);
    expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'], count: 3 });
  });

  it('nor is one to an array whose elements were loaded in part, and what was not loaded of them stays', async () => {
    for (const model of [Model, Unversioned]) {
      const stored = { ...raw(), parts: [{ a: 1, b: 1 }] };
      const doc = await documents.load(model, stored, '-parts.b');
      doc.parts.push({ a: 2, b: 2 });
      await saveInVain(doc, uncertainty);
      await doc.save().catch(() => null);
      const pushed = { ...stored, parts: [...stored.parts, { a: 2, b: 2 }] };
      // With a version key the second save is refused if the first one was applied.
      expect(await documents.stored(doc)).toEqual(pushed);
    }
  });

  it('a document that was to be inserted is new, and a second insert is refused or right', async () => {
    const doc: Doc = new Model(raw());
    await saveInVain(doc, uncertainty);
    expect(doc.isNew).toBe(true);
    expect(await Model.countDocuments({ _id: doc._id })).toBe(applied ? 1 : 0);
    if (applied) expect(await rejection(doc.save())).toMatchObject({ code: 11000 });
    else {
      await doc.save();
      expectClean(doc);
    }
    expect(await documents.stored(doc)).toEqual(raw());
  });

  it('once a save is acknowledged, operators are sent as before', async () => {
    const doc = await documents.load(Model, raw());
    doc.name = 'b';
    await saveInVain(doc, uncertainty);
    await doc.save();
    doc.tags.push('y');
    doc.$inc('count', 2);
    expect(await documents.updateOf(doc)).toEqual({
      $push: { tags: { $each: ['y'] } },
      $inc: { count: 2, __v: 1 },
    });
    expect(await documents.stored(doc)).toEqual({ ...raw(), name: 'b', tags: ['x', 'y'], count: 3 });
  });
});

it('an edit made while a lost write is repeated leaves nothing of it behind', async () => {
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  await failCommand(connection, { failCommands: ['update'], closeConnection: true }, { times: 2 });
  await rejection(doc.save());
  const held = proxy.holdAnswer('update');
  const saving: Promise<unknown> = doc.save();
  await held.arrived;
  // Mongoose asks in it what is modified.
  doc.items.push({ q: 5 });
  held.release();
  await saving;
  expect(doc.modifiedPaths()).toEqual(['items']);
  expect(doc.$tracker.getUpdate()).toEqual({ $push: { items: { $each: [{ q: 5 }] } }, $inc: { __v: 1 } });
  doc.$tracker.revert();
  expectClean(doc);
  expect(await documents.save(doc)).toBeNull();
});

describe('a lost answer that the driver asks for again', () => {
  it('is an acknowledgement like any other: applied once', async () => {
    const doc = await documents.load(Model, raw());
    doc.tags.push('y');
    doc.$inc('count', 2);
    proxy.dropAnswers('update');
    await doc.save();
    expect(proxy.met.at(-1)).toBe('update');
    expect(await documents.stored(doc)).toEqual({ ...raw(), tags: ['x', 'y'], count: 3 });
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });
});

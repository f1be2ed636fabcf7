// After a save that failed everything that was not acknowledged is still a change, and the next save sends it once.
import mongoose, { Schema } from 'mongoose';
import cowTracking from '../../lib';
import { answersOf, expectClean } from '../helpers/answers';
import { failCommand } from '../helpers/db';
import { onWire, rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const old = new Date('2020-01-01');

type Where = 'in a pre-validate hook' | 'before the plugin' | 'after the plugin' | 'in a post hook';

/** Documents whose hook throws. */
const broken = new WeakMap<object, Where>();

function hook(where: Where): (this: Doc) => void {
  return function failIfBroken(this: Doc) {
    if (broken.get(this) === where) throw new Error(`the test fails ${where}`);
  };
}

let Model: mongoose.Model<Doc>;

beforeAll(async () => {
  const own = new Schema<Doc>(
    {
      code: { type: String, unique: true, sparse: true },
      name: { type: String, validate: (value: string) => value !== 'invalid' },
      count: Number,
      tags: [String],
      nums: [Number],
      set: [String],
      items: [new Schema<Doc>({ q: Number }, { _id: false })],
      mixed: {},
      at: Date,
      map: { type: Map, of: Number },
      sub: new Schema<Doc>({ n: Number, s: String }, { _id: false }),
    },
    { timestamps: true },
  );
  own.pre('validate', hook('in a pre-validate hook'));
  own.pre('save', hook('before the plugin'));
  own.plugin(cowTracking);
  own.pre('save', hook('after the plugin'));
  own.post('save', hook('in a post hook'));
  Model = await documents.plainModel(own);
});

afterEach(() => Model.deleteMany({}));

const raw = (): Plain => ({
  code: 'mine',
  name: 'n',
  count: 1,
  tags: ['x', 'y'],
  nums: [1, 2, 3],
  set: ['s'],
  items: [{ q: 1 }, { q: 2 }],
  mixed: { a: 1, b: { c: 1 } },
  at: new Date(1),
  map: { k: 1 },
  sub: { n: 1, s: 's' },
  createdAt: old,
  updatedAt: old,
});

/** Every way to change, every array operator. */
function editEverything(doc: Doc): void {
  doc.name = 'm';
  doc.$inc('count', 2);
  doc.tags.push('z');
  doc.nums.pull(2);
  doc.set.addToSet('t');
  doc.items[1].q = 5;
  doc.mixed.b.c = 2;
  doc.at.setTime(2);
  doc.map.set('l', 2);
  doc.sub = { n: 2, s: 's' };
}

const edited = (): Plain => ({
  ...raw(),
  name: 'm',
  count: 3,
  tags: ['x', 'y', 'z'],
  nums: [1, 3],
  set: ['s', 't'],
  items: [{ q: 1 }, { q: 5 }],
  mixed: { a: 1, b: { c: 2 } },
  at: new Date(2),
  map: { k: 1, l: 2 },
  sub: { n: 2, s: 's' },
  updatedAt: expect.any(Date),
});

const update = (): Plain => ({
  $set: { name: 'm', 'items.1.q': 5, 'mixed.b.c': 2, at: new Date(2), 'map.l': 2, 'sub.n': 2 },
  $inc: { count: 2, __v: 1 },
  $push: { tags: { $each: ['z'] } },
  $pullAll: { nums: [2] },
  $addToSet: { set: { $each: ['t'] } },
});

/** Without arrays, whose guard turns a document that is gone into a VersionError. */
function editFields(doc: Doc): void {
  doc.name = 'm';
  doc.mixed.b.c = 2;
}

interface Failure {
  readonly failure: string;
  readonly edit?: (doc: Doc) => void;
  /** Lets the next save fail. */
  readonly arrange: (doc: Doc) => unknown;
  readonly error: Plain | (new (...args: never[]) => Error);
  /** Does the update reach the server? */
  readonly sends: boolean;
  /** Takes the cause away. */
  readonly repair?: (doc: Doc) => unknown;
}

const failures: Failure[] = [
  {
    failure: 'a validation error',
    arrange: (doc) => (doc.name = 'invalid'),
    error: mongoose.Error.ValidationError,
    sends: false,
    repair: (doc) => (doc.name = 'm'),
  },
  ...(['in a pre-validate hook', 'before the plugin', 'after the plugin'] as const).map((where): Failure => ({
    failure: `an error thrown ${where === 'in a pre-validate hook' ? where : `in a pre-save hook ${where}`}`,
    arrange: (doc) => broken.set(doc, where),
    error: { message: `the test fails ${where}` },
    sends: false,
    repair: (doc) => broken.delete(doc),
  })),
  {
    failure: 'an error that the server answers',
    arrange: () => failCommand(documents.connection, { failCommands: ['update'], errorCode: 8000 }),
    error: { code: 8000 },
    sends: true,
  },
  {
    failure: 'a duplicate key',
    arrange: async (doc) => {
      await doc.constructor.collection.updateOne({ code: 'taken' }, { $set: { code: 'taken' } }, { upsert: true });
      doc.code = 'taken';
    },
    error: { code: 11000 },
    sends: true,
    repair: (doc) => (doc.code = 'mine'),
  },
  {
    failure: 'a VersionError',
    arrange: (doc) => doc.constructor.collection.updateOne({ _id: doc._id }, { $inc: { __v: 7 } }),
    error: mongoose.Error.VersionError,
    sends: true,
    repair: (doc) => doc.constructor.collection.updateOne({ _id: doc._id }, { $inc: { __v: -7 } }),
  },
  {
    failure: 'a DocumentNotFoundError',
    edit: editFields,
    arrange: (doc) => doc.constructor.collection.deleteOne({ _id: doc._id }),
    error: mongoose.Error.DocumentNotFoundError,
    sends: true,
    repair: (doc) => doc.constructor.collection.insertOne({ _id: doc._id, __v: 0, ...raw() }),
  },
];

/** The same edits on an instance that is never saved: what the answers after a failure are held against. */
async function pair(edit: (doc: Doc) => void): Promise<{ doc: Doc; witness: Doc }> {
  const doc = await documents.load(Model, raw());
  const witness = await documents.again(Model, doc);
  edit(doc);
  edit(witness);
  return { doc, witness };
}

describe.each(failures)('after $failure', ({ edit = editEverything, arrange, error, sends, repair }) => {
  const fail = async (doc: Doc): Promise<void> => {
    await arrange(doc);
    const commands = await documents.commands(doc.constructor, async () => {
      const thrown = await rejection(doc.save());
      if (typeof error === 'function') expect(thrown).toBeInstanceOf(error);
      else expect(thrown).toMatchObject(error);
    });
    expect(commands.some((command) => command.name === 'update')).toBe(sends);
    await repair?.(doc);
  };

  it('every answer is what it was', async () => {
    const { doc, witness } = await pair(edit);
    await fail(doc);
    expect(answersOf(doc)).toEqual(answersOf(witness));
    expect(doc.updatedAt).toEqual(old);
  });

  it('the original is what is stored', async () => {
    const { doc } = await pair(edit);
    await fail(doc);
    const { _id, __v, ...original } = doc.$tracker.original();
    expect(onWire(original)).toEqual(await documents.stored(doc));
  });

  it('the next save sends the same, once', async () => {
    const { doc, witness } = await pair(edit);
    await fail(doc);
    const expected = edit === editEverything ? update() : { $set: { name: 'm', 'mixed.b.c': 2 } };
    expect(witness.$tracker.getUpdate()).toEqual(expected);
    expect(await documents.updateOf(doc)).toEqual({
      ...expected,
      $set: { ...(expected['$set'] as Plain), updatedAt: expect.any(Date) },
    });
    const stored = edit === editEverything ? edited() : { ...raw(), name: 'm', mixed: { a: 1, b: { c: 2 } } };
    expect(await documents.stored(doc)).toEqual({ ...stored, updatedAt: doc.updatedAt });
    expect(doc.updatedAt.getTime()).toBeGreaterThan(old.getTime());
    expectClean(doc);
    expect(await documents.save(doc)).toBeNull();
  });

  it('twice in a row, the next save still sends the same, once', async () => {
    const { doc } = await pair(edit);
    await fail(doc);
    await fail(doc);
    await doc.save();
    const stored = edit === editEverything ? edited() : { ...raw(), name: 'm', mixed: { a: 1, b: { c: 2 } } };
    expect(await documents.stored(doc)).toEqual({ ...stored, updatedAt: doc.updatedAt });
    expectClean(doc);
  });

  it('an edit made afterwards joins those before', async () => {
    const { doc } = await pair(edit);
    await fail(doc);
    doc.tags.push('w');
    doc.mixed.b.c = 3;
    await doc.save();
    const stored = edit === editEverything ? edited() : { ...raw(), name: 'm' };
    expect(await documents.stored(doc)).toEqual({
      ...stored,
      tags: [...(stored['tags'] as string[]), 'w'],
      mixed: { a: 1, b: { c: 3 } },
      updatedAt: doc.updatedAt,
    });
    expectClean(doc);
  });

  it('everything can be taken back, and nothing is left to write', async () => {
    const { doc } = await pair(edit);
    await fail(doc);
    doc.$tracker.revert();
    expectClean(doc);
    expect(doc.updatedAt).toEqual(old);
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.stored(doc)).toEqual(raw());
  });
});

it.each(failures.filter(({ edit }) => edit === undefined))(
  'a pushed subdocument is new again after $failure',
  async ({ arrange, repair }) => {
    const { doc } = await pair((one) => one.items.push({ q: 3 }));
    // Its guard is what a VersionError needs.
    doc.items[0].q = 9;
    await arrange(doc);
    await rejection(doc.save());
    expect(doc.items[2].isNew).toBe(true);
    await repair?.(doc);
    await doc.save();
    expect(doc.items[2].isNew).toBe(false);
  },
);

describe('after an error thrown in a post-save hook', () => {
  it('what was acknowledged is the baseline, and nothing is sent again', async () => {
    const { doc } = await pair(editEverything);
    broken.set(doc, 'in a post hook');
    expect((await rejection(doc.save())).message).toBe('the test fails in a post hook');
    broken.delete(doc);
    expect(await documents.stored(doc)).toEqual({ ...edited(), updatedAt: doc.updatedAt });
    expectClean(doc);
    expect(doc.$tracker.lastSave.update).toMatchObject({ $push: { tags: { $each: ['z'] } } });
    expect(doc.__v).toBe(1);
    expect(await documents.save(doc)).toBeNull();
    doc.tags.push('w');
    expect(await documents.updateOf(doc)).toEqual({
      $push: { tags: { $each: ['w'] } },
      $inc: { __v: 1 },
      $set: { updatedAt: expect.any(Date) },
    });
  });

  it('a document that was inserted is not new', async () => {
    const doc: Doc = new Model(raw());
    broken.set(doc, 'in a post hook');
    await rejection(doc.save());
    broken.delete(doc);
    expectClean(doc);
    expect(doc.$tracker.wasNew).toBe(true);
    expect(await documents.save(doc)).toBeNull();
  });
});

describe('after an insert that failed', () => {
  const inserts = failures.filter(({ failure }) => !/VersionError|NotFound|server|driver/.test(failure));
  const refused: Failure = {
    failure: 'an error that the server answers',
    arrange: () => failCommand(documents.connection, { failCommands: ['insert'], errorCode: 8000 }),
    error: { code: 8000 },
    sends: true,
  };

  it.each([...inserts, refused])('($failure) the document is new, and the next save inserts it', async (one) => {
    const values = { ...raw(), createdAt: undefined, updatedAt: undefined };
    const doc: Doc = new Model(values);
    const witness: Doc = new Model({ ...values, _id: doc._id });
    await one.arrange(doc);
    await rejection(doc.save());
    await one.repair?.(doc);
    const name = doc.name as string;
    witness.name = name;
    const { values: mine, ...answers } = answersOf(doc);
    const { values: theirs, ...expected } = answersOf(witness);
    expect(answers).toMatchObject({ isNew: true, lastSave: null, original: expected['original'] as Plain });
    expect(doc.items[0].isNew).toBe(true);
    doc.items.push({ q: 3 });
    doc.mixed.a = 9;
    await doc.save();
    expect(await documents.stored(doc)).toEqual({
      ...raw(),
      name,
      items: [{ q: 1 }, { q: 2 }, { q: 3 }],
      mixed: { a: 9, b: { c: 1 } },
      createdAt: doc.createdAt,
      updatedAt: doc.updatedAt,
    });
    expectClean(doc);
    expect(doc.items[0].isNew).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });
});

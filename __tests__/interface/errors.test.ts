// Options, trackerOf() and bad arguments: stable codes, messages that help, and nothing changed before they are thrown.
import mongoose, { Schema } from 'mongoose';
import cowTracking, { CowTrackingError, trackerOf, type CowTrackingOptions } from '../../lib';
import type { Doc } from '../helpers/documents';

const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    age: Number,
    nested: { a: Number },
    sub: new Schema<Doc>({ k: String }, { _id: false }),
    items: [new Schema<Doc>({ qty: Number }, { _id: false })],
    prices: { type: Map, of: new Schema<Doc>({ amount: Number }, { _id: false }) },
    mixed: Schema.Types.Mixed,
    at: Date,
  });

let count = 0;
function modelOf(options?: CowTrackingOptions, of = schema()) {
  of.plugin(cowTracking, options);
  return new mongoose.Mongoose().model<Doc>(`Errors${String(++count)}`, of);
}

const id = new mongoose.Types.ObjectId();
const load = (Model = modelOf()): Doc =>
  Model.hydrate({
    _id: id,
    __v: 0,
    name: 'a',
    age: 1,
    nested: { a: 1 },
    sub: { k: 'k' },
    items: [{ qty: 1 }],
    mixed: { a: 1 },
  });

function thrown(action: () => unknown): CowTrackingError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CowTrackingError);
    return error as CowTrackingError;
  }
  throw new Error('nothing was thrown');
}

describe('options', () => {
  it.each<[string, unknown, string, RegExp]>([
    [
      'an unknown option',
      { cleanSav: 'skip' },
      'ERR_UNKNOWN_OPTION',
      /'cleanSav'.*cleanSave, detectInPlace, wholePaths/,
    ],
    ['a name that objects inherit', { toString: 1 }, 'ERR_UNKNOWN_OPTION', /'toString'/],
    ['a string', 'skip', 'ERR_INVALID_OPTION', /'skip'/],
    ['an array', [], 'ERR_INVALID_OPTION', /an array/],
    ['cleanSave', { cleanSave: 'always' }, 'ERR_INVALID_OPTION', /'skip' or 'check', got 'always'/],
    ['cleanSave, null', { cleanSave: null }, 'ERR_INVALID_OPTION', /null/],
    [
      'detectInPlace',
      { detectInPlace: 'mixed' },
      'ERR_INVALID_OPTION',
      /true, false or an array of paths, got 'mixed'/,
    ],
    ['wholePaths', { wholePaths: 'nested' }, 'ERR_INVALID_OPTION', /array of paths, got 'nested'/],
    ['exclude', { exclude: { nested: true } }, 'ERR_INVALID_OPTION', /got an object/],
    ['equals', { equals: ['name'] }, 'ERR_INVALID_OPTION', /functions by path, got an array/],
    ['equals without a function', { equals: { name: true } }, 'ERR_INVALID_OPTION', /'name', got true/],
    ['onSaved', { onSaved: 'log' }, 'ERR_INVALID_OPTION', /function \(record, doc\)/],
    ['a path of wholePaths', { wholePaths: ['nested', 'nestd'] }, 'ERR_UNKNOWN_PATH', /'nestd'/],
    ['a path of exclude', { exclude: ['items.quantity'] }, 'ERR_UNKNOWN_PATH', /'items.quantity'/],
    ['a path of equals', { equals: { nome: () => true } }, 'ERR_UNKNOWN_PATH', /'nome'/],
    ['a path of detectInPlace', { detectInPlace: ['sub.x'] }, 'ERR_UNKNOWN_PATH', /'sub.x'/],
    ['a malformed path', { wholePaths: ['nested.'] }, 'ERR_INVALID_PATH', /empty segment/],
    ['a path that is none', { exclude: [5] }, 'ERR_INVALID_PATH', /got 5/],
    ['a prototype key', { wholePaths: ['__proto__'] }, 'ERR_INVALID_PATH', /__proto__/],
  ])('%s', (_title, options, code, message) => {
    const error = thrown(() => schema().plugin(cowTracking, options as never));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`[${code}]`);
    expect(error.name).toBe('CowTrackingError');
    expect(error).toBeInstanceOf(Error);
  });

  it.each<[string, CowTrackingOptions | undefined]>([
    ['none', undefined],
    ['empty', {}],
    ['all that are undefined', { cleanSave: undefined, onSaved: undefined, wholePaths: undefined } as never],
    [
      'all of them, frozen',
      Object.freeze({
        cleanSave: 'check',
        detectInPlace: Object.freeze(['mixed', 'at']),
        wholePaths: Object.freeze(['nested', 'prices.$*.amount']),
        exclude: Object.freeze(['age', 'items.qty']),
        equals: Object.freeze({ name: () => true }),
        onSaved: () => undefined,
      } as const),
    ],
    ['paths within Mixed, Maps and arrays', { wholePaths: ['mixed.any.thing', 'prices', 'items.0.qty', 'sub.k'] }],
  ])('%s: accepted', (_title, options) => {
    const doc = load(modelOf(options));
    expect(doc.$tracker.isModified()).toBe(false);
  });

  it('a schema is needed', () => {
    for (const bad of [undefined, null, {}, 'schema', mongoose.Model]) {
      expect(thrown(() => cowTracking(bad as never)).code).toBe('ERR_INVALID_SCHEMA');
    }
  });

  it('a refused application leaves the schema without a tracker', () => {
    const of = schema();
    thrown(() => of.plugin(cowTracking, { nope: 1 } as never));
    const doc: Doc = new mongoose.Mongoose().model('Refused', of).hydrate({ _id: id, name: 'a' });
    expect(doc.$tracker).toBeUndefined();
    doc.name = 'b';
    expect(doc.modifiedPaths()).toEqual(['name']);
  });

  it('applying twice is harmless', () => {
    const of = schema();
    of.plugin(cowTracking);
    const doc = load(modelOf(undefined, of));
    doc.name = 'b';
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { name: 'b' } });
  });

  it('what the rules do', () => {
    const doc = load(
      modelOf({
        wholePaths: ['nested'],
        exclude: ['age'],
        equals: { name: (a, b) => String(a).toLowerCase() === String(b).toLowerCase() },
        detectInPlace: ['at'],
      }),
    );
    doc.name = 'A';
    expect(doc.$tracker.isModified()).toBe(false);
    doc.age = 5;
    expect(doc.$tracker.diff()).toEqual([]);
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { age: 5 } });
    doc.nested.a = 2;
    expect(doc.$tracker.diff()).toEqual([{ path: 'nested', type: 'update', from: { a: 1 }, to: { a: 2 } }]);
    doc.mixed.a = 2;
    expect(doc.$tracker.isModified('mixed')).toBe(false);
  });
});

it('excluded paths are in none of the answers but the update', () => {
  const doc = load(modelOf({ exclude: ['age', 'items.qty', 'mixed'] }));
  doc.age = 5;
  doc.items[0].qty = 5;
  doc.mixed = { a: 5 };
  expect(doc.$tracker.isModified()).toBe(false);
  expect([doc.$tracker.diff(), doc.$tracker.getChanges(), doc.$tracker.patch()]).toEqual([[], {}, []]);
  expect(doc.$tracker.getUpdate()).toEqual({ $set: { age: 5, 'items.0.qty': 5, mixed: { a: 5 } } });
  const original = doc.$tracker.original();
  expect(original).toMatchObject({ name: 'a', nested: { a: 1 } });
  expect(original).not.toHaveProperty('age');
  expect(original).not.toHaveProperty('mixed');
  expect(original.items).toEqual([{}]);
  expect([doc.$tracker.original('age'), doc.$tracker.original('items.0.qty')]).toEqual([undefined, undefined]);
});

it('excluded paths of a new document are in none of the answers either', () => {
  const doc: Doc = new (modelOf({ exclude: ['age', 'items.qty', 'mixed'] }))({
    name: 'a',
    age: 5,
    mixed: { a: 5 },
    items: [{ qty: 5 }],
  });
  const { $tracker: tracker } = doc;
  expect(tracker.diff().map(({ path }: { path: string }) => path)).not.toEqual(expect.arrayContaining(['age']));
  expect(Object.keys(tracker.getChanges())).toEqual(expect.arrayContaining(['items', 'name']));
  expect(tracker.getChanges()).not.toHaveProperty('mixed');
  expect(tracker.getChanges().items).toEqual([{}]);
  expect(['age', 'mixed', 'name'].map((path) => tracker.isModified(path))).toEqual([false, false, true]);
});

describe('trackerOf()', () => {
  it('is the same object as $tracker, of documents and subdocuments, and stays it', () => {
    const doc = load();
    expect(trackerOf(doc)).toBe(doc.$tracker);
    expect(trackerOf(doc)).toBe(trackerOf(doc));
    expect(trackerOf(doc.sub)).toBe(doc.sub.$tracker);
    expect(trackerOf(doc.items[0])).toBe(doc.items[0].$tracker);
    expect(trackerOf(doc.sub)).not.toBe(doc.$tracker);
    expect(trackerOf(new (modelOf())())).toBeDefined();
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'doc'],
    ['a plain object', { $tracker: {} }],
    ['a lean result', { _id: id, name: 'a' }],
    ['a model', mongoose.Model],
    ['an array', []],
  ])('%s is not tracked', (_title, value) => {
    expect(thrown(() => trackerOf(value as Doc)).code).toBe('ERR_NOT_TRACKED');
  });

  it('a document whose schema does not have the plugin is not tracked', () => {
    const Plain = new mongoose.Mongoose().model(
      'Plain',
      new Schema<Doc>({ name: String, sub: new Schema({ k: String }) }),
    );
    const doc: Doc = Plain.hydrate({ _id: id, name: 'a', sub: { k: 'k' } });
    for (const value of [doc, doc.sub]) {
      const error = thrown(() => trackerOf(value));
      expect(error.code).toBe('ERR_NOT_TRACKED');
      expect(error.message).toMatch(/schema\.plugin\(cowTracking\)/);
    }
  });
});

describe('bad arguments throw before anything changes', () => {
  it.each<[string, (tracker: Doc, doc: Doc) => unknown, string]>([
    ['isModified, empty', (t) => t.isModified(''), 'ERR_INVALID_PATH'],
    ['isModified, null', (t) => t.isModified(null), 'ERR_INVALID_PATH'],
    ['isModified, a number', (t) => t.isModified(5), 'ERR_INVALID_PATH'],
    ['isModified, one of several', (t) => t.isModified(['name', '']), 'ERR_INVALID_PATH'],
    ['wasModified', (t) => t.wasModified('a..b'), 'ERR_INVALID_PATH'],
    ['original', (t) => t.original('.name'), 'ERR_INVALID_PATH'],
    ['original, null', (t) => t.original(null), 'ERR_INVALID_PATH'],
    ['revert', (t) => t.revert(['name', 5]), 'ERR_INVALID_PATH'],
    ['revert, a prototype key', (t) => t.revert('__proto__'), 'ERR_INVALID_PATH'],
    ['markModified, nothing', (t) => t.markModified(), 'ERR_INVALID_PATH'],
    ['markModified, an unknown path', (t) => t.markModified('nome'), 'ERR_UNKNOWN_PATH'],
    ['markModified, a virtual', (t) => t.markModified('id'), 'ERR_UNKNOWN_PATH'],
    ['rebase, nothing', (t) => t.rebase(), 'ERR_INVALID_ARGUMENT'],
    ['rebase, an array', (t) => t.rebase([]), 'ERR_INVALID_ARGUMENT'],
    ['rollback, nothing', (t) => t.rollback(), 'ERR_SAVEPOINT'],
    ['rollback, another object', (t) => t.rollback({}), 'ERR_SAVEPOINT'],
    ['rollback, of a subdocument', (t, doc) => t.rollback(doc.sub.$tracker.savepoint()), 'ERR_SAVEPOINT'],
    ['rollback, of another document', (t) => t.rollback(load().$tracker.savepoint()), 'ERR_SAVEPOINT'],
  ])('%s', (_title, action, code) => {
    const doc = load();
    doc.name = 'b';
    doc.items[0].qty = 2;
    const before = doc.$tracker.diff();
    const values = JSON.stringify(doc);
    expect(thrown(() => action(doc.$tracker, doc)).code).toBe(code);
    expect(doc.$tracker.diff()).toEqual(before);
    expect(JSON.stringify(doc)).toBe(values);
  });

  it('an unknown path is never modified and has no original', () => {
    const { $tracker } = load();
    expect([$tracker.isModified('nome'), $tracker.original('nome'), $tracker.original('name.first')]).toEqual([
      false,
      undefined,
      undefined,
    ]);
  });
});

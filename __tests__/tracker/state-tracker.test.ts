// What StateTracker answers and does, by the contract: plain objects, no Mongoose.
import { inspect } from 'node:util';
import { CowTrackingError } from '../../lib/errors';
import { StateTracker } from '../../lib/tracker/state-tracker';
import type { Doc } from '../helpers/documents';

const user = () => ({
  name: 'Ada',
  age: 36,
  address: { city: 'London', geo: { lat: 51.5, lon: -0.1 } },
  tags: ['a', 'b', 'c'],
  items: [
    { sku: 'x', qty: 1 },
    { sku: 'y', qty: 2 },
  ],
  prices: new Map<string, unknown>([
    ['eur', { amount: 1 }],
    ['nok', { amount: 11 }],
  ]),
  born: new Date('1815-12-10'),
  photo: Buffer.from('photo'),
  nothing: null,
});

const track = (data: object = user()): StateTracker<Doc> => new StateTracker<Doc>(data);

/** The code of the error that something throws. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CowTrackingError);
    return (error as CowTrackingError).code;
  }
  return undefined;
}

describe('a clean tracker', () => {
  it('says so in every way', () => {
    const data = user();
    const tracker = track(data);
    expect(tracker.data).toBe(data);
    expect(tracker.isModified()).toBe(false);
    expect(tracker.isModified(['name', 'address.city'])).toBe(false);
    expect(tracker.getChanges()).toEqual({});
    expect(tracker.diff()).toEqual([]);
    expect(tracker.getUpdate()).toBeNull();
    expect(tracker.patch()).toEqual([]);
    expect(tracker.inversePatch()).toEqual([]);
    expect(tracker.original()).toEqual(user());
  });

  it('stays clean while everything is read', () => {
    const tracker = track();
    for (const path of ['name', 'address', 'address.geo.lat', 'tags', 'items.1.qty', 'prices.eur', 'born', 'photo'])
      tracker.get(path);
    expect(tracker.isModified()).toBe(false);
    expect(tracker.getUpdate()).toBeNull();
    expect(tracker.data).toEqual(user());
  });
});

describe('get()', () => {
  it.each<[string, unknown]>([
    ['name', 'Ada'],
    ['address.geo.lat', 51.5],
    ['tags.2', 'c'],
    ['items.1.sku', 'y'],
    ['prices.nok.amount', 11],
    ['nothing', null],
    ['nothing.at.all', undefined],
    ['name.first', undefined],
    ['unknown', undefined],
    ['tags.3', undefined],
    ['tags.length', undefined],
    ['toString', undefined],
    ['prices.size', undefined],
  ])('reads %s', (path, value) => {
    expect(track().get(path)).toEqual(value);
  });

  it('answers the live value', () => {
    const tracker = track();
    expect(tracker.get('address')).toBe(tracker.data.address);
    expect(tracker.get('prices.eur')).toBe(tracker.data.prices.get('eur'));
  });
});

describe('changes hold exactly the modified fields with their new values', () => {
  it.each<[string, (tracker: StateTracker<Doc>) => unknown, object]>([
    ['a scalar', (t) => t.set('name', 'Eve'), { name: 'Eve' }],
    ['two scalars', (t) => t.set('name', 'Eve').set('age', 37), { age: 37, name: 'Eve' }],
    ['a nested leaf', (t) => t.set('address.geo.lat', 1), { 'address.geo.lat': 1 }],
    ['a new field', (t) => t.set('nick', 'A'), { nick: 'A' }],
    ['a new nested field', (t) => t.set('address.zip', '1'), { 'address.zip': '1' }],
    ['a missing parent', (t) => t.set('job.title.short', 'x'), { job: { title: { short: 'x' } } }],
    ['a field of null', (t) => t.set('nothing.much', 1), { nothing: { much: 1 } }],
    [
      'a replaced object',
      (t) => t.set('address', { city: 'Oslo', geo: { lat: 51.5, lon: -0.1 } }),
      { 'address.city': 'Oslo' },
    ],
    ['a removed field', (t) => t.unset('age'), { age: undefined }],
    ['a field set to undefined', (t) => t.set('age', undefined), { age: undefined }],
    ['a removed nested field', (t) => t.unset('address.geo.lon'), { 'address.geo.lon': undefined }],
    ['the last field of an object', (t) => t.set('address', {}), { address: {} }],
    ['an object in place of a scalar', (t) => t.set('name', { first: 'Ada' }), { name: { first: 'Ada' } }],
    ['a scalar in place of an object', (t) => t.set('address', 'London'), { address: 'London' }],
    ['an element', (t) => t.set('tags.1', 'B'), { 'tags.1': 'B' }],
    ['a leaf of an element', (t) => t.set('items.1.qty', 3), { 'items.1.qty': 3 }],
    ['a removed element', (t) => t.unset('tags.1'), { 'tags.1': null }],
    ['an entry of a Map', (t) => t.set('prices.eur.amount', 2), { 'prices.eur.amount': 2 }],
    ['a new entry of a Map', (t) => t.set('prices.usd', { amount: 3 }), { 'prices.usd': { amount: 3 } }],
    ['a removed entry of a Map', (t) => t.unset('prices.eur'), { 'prices.eur': undefined }],
  ])('%s', (_title, edit, changes) => {
    const tracker = track();
    edit(tracker);
    expect(tracker.getChanges()).toEqual(changes);
    expect(Object.keys(tracker.getChanges())).toEqual(Object.keys(changes));
    expect(tracker.isModified()).toBe(true);
    expect(tracker.original()).toEqual(user());
    for (const path of Object.keys(changes)) expect(tracker.isModified(path)).toBe(true);
  });
});

describe('in-place edits of what was read through get()', () => {
  it.each<[string, (tracker: StateTracker<Doc>) => unknown, object]>([
    ['an object', (t) => (t.get('address').city = 'Oslo'), { 'address.city': 'Oslo' }],
    ['an object below it', (t) => (t.get('address').geo.lat = 0), { 'address.geo.lat': 0 }],
    ['an element', (t) => (t.get('items.0').qty = 9), { 'items.0.qty': 9 }],
    ['push', (t) => t.get('tags').push('d', 'e'), { 'tags.3': 'd', 'tags.4': 'e' }],
    ['an element of an array', (t) => (t.get('items')[1].qty = 9), { 'items.1.qty': 9 }],
    ['an entry', (t) => (t.get('prices.eur').amount = 9), { 'prices.eur.amount': 9 }],
    ['a Map', (t) => t.get('prices').delete('nok'), { 'prices.nok': undefined }],
    ['a Date', (t) => (t.get('born') as Date).setTime(0), { born: new Date(0) }],
    ['a Buffer', (t) => ((t.get('photo') as Buffer)[0] = 80), { photo: Buffer.from('Photo') }],
  ])('%s', (_title, edit, changes) => {
    const tracker = track();
    edit(tracker);
    expect(tracker.getChanges()).toEqual(changes);
    expect(tracker.original()).toEqual(user());
    tracker.revert();
    expect(tracker.data).toEqual(user());
    expect(tracker.isModified()).toBe(false);
  });
});

describe('edits made directly to the data', () => {
  it('of fields that cannot be changed in place are not seen, though they were read', () => {
    const tracker = track();
    tracker.get('name');
    tracker.get('job.title');
    tracker.data.name = 'Eve';
    tracker.data.job = { title: 'x' };
    expect(tracker.isModified()).toBe(false);
  });

  it('nor after a write to them was taken as the baseline, or back', () => {
    const tracker = track();
    tracker.set('name', 'Eve');
    tracker.reset();
    tracker.data.name = 'Bob';
    expect(tracker.isModified()).toBe(false);
    tracker.set('age', 37);
    tracker.revert();
    tracker.data.age = 38;
    expect(tracker.isModified()).toBe(false);
    const savepoint = tracker.savepoint();
    tracker.set('name', 'Eve');
    tracker.rollback(savepoint);
    tracker.data.name = 'Joe';
    expect(tracker.isModified()).toBe(false);
  });

  it('are seen in what was read, also after it was put back', () => {
    const tracker = track();
    const address = tracker.get('address');
    address.city = 'Oslo';
    tracker.revert();
    address.city = 'Rome';
    expect(tracker.diff()).toEqual([{ path: 'address.city', type: 'update', from: 'London', to: 'Rome' }]);
  });

  it('do not break a write above what was written before', () => {
    const tracker = track();
    tracker.set('address.city', 'Oslo');
    tracker.data.address = null;
    expect(tracker.set('address', 'Rome').data.address).toBe('Rome');
  });
});

describe('a write below one before it', () => {
  it('is one change with it', () => {
    const tracker = track();
    tracker.set('address', { city: 'Oslo', geo: user().address.geo }).set('address.city', 'Rome');
    expect(tracker.diff()).toEqual([{ path: 'address.city', type: 'update', from: 'London', to: 'Rome' }]);
  });
});

it('a setter of the data is run by a write', () => {
  const given: unknown[] = [];
  const tracker = track(
    Object.defineProperty({ name: 'Ada' }, 'title', {
      get: () => given.at(-1),
      set: (value) => given.push(value),
      enumerable: true,
    }),
  );
  tracker.set('title', 'Countess');
  expect([given, tracker.data.title]).toEqual([['Countess'], 'Countess']);
});

describe('a change that was taken back is no change', () => {
  it.each<[string, (tracker: StateTracker<Doc>) => unknown]>([
    ['a scalar', (t) => t.set('name', 'Eve').set('name', 'Ada')],
    ['a nested leaf after its parent', (t) => t.set('address', { city: 'Oslo' }).set('address', user().address)],
    ['a removed field', (t) => t.unset('age').set('age', 36)],
    ['a field that was not there', (t) => t.set('nick', 'A').unset('nick')],
    ['a parent that was not there', (t) => t.set('job.title', 'x').unset('job')],
    ['push and pop', (t) => [t.get('tags').push('d'), t.get('tags').pop()]],
    ['an element', (t) => t.set('tags.0', 'A').set('tags.0', 'a')],
    ['a Date', (t) => t.set('born', new Date(0)).set('born', new Date('1815-12-10'))],
    ['a Map', (t) => t.set('prices.usd', 1).unset('prices.usd')],
    ['an equal value', (t) => t.set('items', user().items).set('photo', Buffer.from('photo'))],
    ['undefined for nothing', (t) => t.set('unknown', undefined).unset('unknown').unset('name.first')],
  ])('%s', (_title, edit) => {
    const tracker = track();
    edit(tracker);
    expect(tracker.isModified()).toBe(false);
    expect(tracker.diff()).toEqual([]);
    expect(tracker.getUpdate()).toBeNull();
  });
});

it('diff() has old and new values, types, and is sorted by path', () => {
  const tracker = track();
  tracker.set('tags.1', 'B').unset('age').set('nick', 'A').set('address.city', 'Oslo');
  expect(tracker.diff()).toEqual([
    { path: 'address.city', type: 'update', from: 'London', to: 'Oslo' },
    { path: 'age', type: 'remove', from: 36, to: undefined },
    { path: 'nick', type: 'add', from: undefined, to: 'A' },
    { path: 'tags.1', type: 'update', from: 'b', to: 'B' },
  ]);
});

it('answers are detached: changing them changes nothing', () => {
  const tracker = track();
  tracker.set('address', { city: 'Oslo', geo: { lat: 1 } }).set('meta', { list: [1] });
  (tracker.get('tags') as string[]).push('d');
  const before = JSON.stringify([tracker.diff(), tracker.getUpdate(), tracker.original()]);
  const [city] = tracker.diff();
  (city as Doc).to = 'X';
  (tracker.getChanges() as Doc).meta.list.push(2);
  (tracker.getUpdate() as Doc).$set.meta.list.push(2);
  (tracker.getUpdate() as Doc).$push.tags.$each.push('x');
  tracker.original().address.geo.lat = 9;
  tracker.original('address').geo.lat = 9;
  (tracker.original('born') as Date).setTime(9);
  expect(JSON.stringify([tracker.diff(), tracker.getUpdate(), tracker.original()])).toBe(before);
});

describe('isModified(path)', () => {
  it('asks about the path and what is below it', () => {
    const tracker = track();
    tracker.set('address.geo.lat', 1).set('items.1.qty', 5);
    const yes = ['address', 'address.geo', 'address.geo.lat', 'items', 'items.1', 'items.1.qty', ['name', 'items']];
    for (const path of yes) expect([path, tracker.isModified(path)]).toEqual([path, true]);
    const no = [
      'name',
      'address.city',
      'address.geo.lon',
      'items.0',
      'items.1.sku',
      'addres',
      'tags',
      ['name', 'age'],
      [],
    ];
    for (const path of no) expect([path, tracker.isModified(path)]).toEqual([path, false]);
  });

  it('looks into values that changed as a whole', () => {
    const tracker = track();
    tracker.set('tags', ['a', 'c']).set('job', { title: 'x' });
    expect(tracker.isModified('tags')).toBe(true);
    expect(tracker.isModified('tags.0')).toBe(false);
    expect(tracker.isModified('tags.1')).toBe(true);
    expect(tracker.isModified('job.title')).toBe(true);
    expect(tracker.isModified('job.place')).toBe(false);
  });

  it('an append modifies the new elements', () => {
    const tracker = track();
    (tracker.get('tags') as string[]).push('d');
    expect(['tags', 'tags.3', 'tags.2', 'tags.4'].map((path) => tracker.isModified(path))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('original(path)', () => {
  it('is the value at the baseline, whatever was written around it', () => {
    const tracker = track();
    tracker.set('address.geo.lat', 1).set('tags.1', 'B').set('address.zip', '1').set('prices.eur.amount', 2);
    expect(tracker.original('address.geo.lat')).toBe(51.5);
    expect(tracker.original('address.geo')).toEqual({ lat: 51.5, lon: -0.1 });
    expect(tracker.original('address')).toEqual(user().address);
    expect(tracker.original('address.zip')).toBeUndefined();
    expect(tracker.original('tags')).toEqual(['a', 'b', 'c']);
    expect(tracker.original('prices')).toEqual(user().prices);
    expect(tracker.original('name')).toBe('Ada');
    tracker.set('address', 'gone');
    expect(tracker.original('address.geo.lat')).toBe(51.5);
    expect(tracker.original('address')).toEqual(user().address);
  });
});

describe('getUpdate()', () => {
  it.each<[string, (tracker: StateTracker<Doc>) => unknown, object]>([
    ['leaves', (t) => t.set('address.city', 'Oslo').set('age', 1), { $set: { 'address.city': 'Oslo', age: 1 } }],
    ['removed fields', (t) => t.unset('age').unset('address.geo.lon'), { $unset: { age: 1, 'address.geo.lon': 1 } }],
    ['a push', (t) => t.get('tags').push('d', 'e'), { $push: { tags: { $each: ['d', 'e'] } } }],
    ['the next free index', (t) => t.set('tags.3', 'd'), { $push: { tags: { $each: ['d'] } } }],
    ['elements', (t) => t.set('tags.0', 'A').set('items.1.qty', 3), { $set: { 'items.1.qty': 3, 'tags.0': 'A' } }],
    [
      'another array instance goes whole',
      (t) => t.set('tags', ['a', 'b', 'c', 'd']),
      { $set: { tags: ['a', 'b', 'c', 'd'] } },
    ],
    ['a shorter array', (t) => t.get('tags').pop(), { $set: { tags: ['a', 'b'] } }],
    [
      'an edit and an append of one array',
      (t) => [t.set('tags.0', 'A'), t.get('tags').push('d')],
      { $set: { tags: ['A', 'b', 'c', 'd'] } },
    ],
    [
      'a leaf, then its parent',
      (t) => t.set('address.city', 'Oslo').set('address', { city: 'Rome', geo: user().address.geo }),
      { $set: { 'address.city': 'Rome' } },
    ],
  ])('%s', (_title, edit, update) => {
    const tracker = track();
    edit(tracker);
    expect(tracker.getUpdate()).toEqual(update);
  });
});

it('prints as a short list of its changes', () => {
  const tracker = track();
  expect(inspect(tracker)).toBe('StateTracker { no changes }');
  tracker.set('name', 'Eve').unset('age').set('nick', 'E');
  expect(inspect(tracker)).toBe("StateTracker { 3 changes\n  - age: 36\n  ~ name: 'Ada' -> 'Eve'\n  + nick: 'E'\n}");
});

describe('reset()', () => {
  it('takes the object as it is as the baseline', () => {
    const tracker = track();
    tracker.set('name', 'Eve').set('nick', 'A').unset('age');
    (tracker.get('tags') as string[]).push('d');
    tracker.reset();
    expect(tracker.isModified()).toBe(false);
    expect(tracker.original()).toEqual(tracker.data);
    expect(tracker.data.tags).toEqual(['a', 'b', 'c', 'd']);
    tracker.set('name', 'Ada');
    expect(tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'Eve', to: 'Ada' }]);
  });

  it('keeps watching what was read before it', () => {
    const tracker = track();
    const address = tracker.get('address');
    address.city = 'Oslo';
    tracker.reset();
    address.city = 'Rome';
    expect(tracker.diff()).toEqual([{ path: 'address.city', type: 'update', from: 'Oslo', to: 'Rome' }]);
  });
});

describe('bad arguments throw before anything changes', () => {
  it.each<[string, (tracker: StateTracker<Doc>) => unknown, string]>([
    ['an empty path', (t) => t.set('', 1), 'ERR_INVALID_PATH'],
    ['no path', (t) => t.get(undefined as never), 'ERR_INVALID_PATH'],
    ['a number', (t) => t.get(5 as never), 'ERR_INVALID_PATH'],
    ['a leading dot', (t) => t.set('.name', 1), 'ERR_INVALID_PATH'],
    ['a double dot', (t) => t.unset('address..city'), 'ERR_INVALID_PATH'],
    ['a trailing dot', (t) => t.original('address.'), 'ERR_INVALID_PATH'],
    ['__proto__', (t) => t.set('__proto__.polluted', 1), 'ERR_INVALID_PATH'],
    ['constructor.prototype', (t) => t.set('constructor.prototype.polluted', 1), 'ERR_INVALID_PATH'],
    ['__proto__ below', (t) => t.set('address.__proto__.polluted', 1), 'ERR_INVALID_PATH'],
    ['prototype as the last', (t) => t.unset('address.prototype'), 'ERR_INVALID_PATH'],
    ['__proto__ of a Map', (t) => t.get('prices.__proto__'), 'ERR_INVALID_PATH'],
    ['a field of a string', (t) => t.set('name.first', 'x'), 'ERR_INVALID_PATH'],
    ['a field of a Date', (t) => t.set('born.year', 1), 'ERR_INVALID_PATH'],
    ['a byte of a Buffer', (t) => t.set('photo.0', 1), 'ERR_INVALID_PATH'],
    ['a byte of a Buffer, removed', (t) => t.unset('photo.0'), 'ERR_INVALID_PATH'],
    ['a name in an array', (t) => t.set('tags.first', 1), 'ERR_INVALID_PATH'],
    ['a name in an array, on the way', (t) => t.set('tags.first.x', 1), 'ERR_INVALID_PATH'],
    ['the length of an array', (t) => t.set('tags.length', 0), 'ERR_INVALID_PATH'],
    ['the length of an array, removed', (t) => t.unset('tags.length'), 'ERR_INVALID_PATH'],
    ['an index that no array has', (t) => t.set('tags.4294967295', 1), 'ERR_INVALID_PATH'],
    ['an index that MongoDB refuses', (t) => t.set('tags.1500004', 1), 'ERR_INVALID_PATH'],
    ['a negative index', (t) => t.set('tags.-1', 1), 'ERR_INVALID_PATH'],
    ['an index with a leading zero', (t) => t.set('tags.01', 1), 'ERR_INVALID_PATH'],
    ['one bad path of two', (t) => t.revert(['name', '']), 'ERR_INVALID_PATH'],
    ['null', (t) => t.isModified(null as never), 'ERR_INVALID_PATH'],
    ['a savepoint that is none', (t) => t.rollback({ createdAt: new Date() }), 'ERR_SAVEPOINT'],
    ['no savepoint', (t) => t.rollback(undefined as never), 'ERR_SAVEPOINT'],
    ['null for a savepoint', (t) => t.rollback(null as never), 'ERR_SAVEPOINT'],
    ['a savepoint of another tracker', (t) => t.rollback(track().savepoint()), 'ERR_SAVEPOINT'],
  ])('%s', (_title, action, code) => {
    const tracker = track();
    tracker.set('name', 'Eve');
    const before = tracker.diff();
    expect(codeOf(() => action(tracker))).toBe(code);
    expect(tracker.diff()).toEqual(before);
    expect(tracker.data).toEqual({ ...user(), name: 'Eve' });
    expect(Object.keys(tracker.data.tags)).toEqual(['0', '1', '2']);
    expect(({} as Doc).polluted).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', "'text'"],
    [5, '5'],
    [[], 'an instance of Array'],
    [new Map(), 'an instance of Map'],
    [new Date(0), 'an instance of Date'],
    [Buffer.from('x'), 'an instance of Buffer'],
    [() => undefined, 'a function'],
  ])('new StateTracker(%p) is refused, and told so', (data, given) => {
    expect(codeOf(() => new StateTracker(data as never))).toBe('ERR_INVALID_ARGUMENT');
    expect(() => new StateTracker(data as never)).toThrow(`got ${given}`);
    expect(() => new StateTracker(data as never)).toThrow(/lean\(\)/);
    expect(() => new StateTracker(data as never)).toThrow('A hydrated document has its tracker at doc.$tracker.');
  });

  it('rollback() says what it needs, and what it got', () => {
    const needs = 'rollback() needs a savepoint made by savepoint() of the same tracker, got';
    expect(() => track().rollback('yesterday' as never)).toThrow(`${needs} 'yesterday'.`);
    expect(() => track().rollback(track().savepoint())).toThrow(`${needs} an object.`);
  });

  it('an instance of a class and an object without prototype are data', () => {
    class Account {
      owner = { name: 'Ada' };
    }
    for (const data of [new Account(), Object.assign(Object.create(null) as Account, new Account())]) {
      const tracker = new StateTracker<Account>(data);
      tracker.set('owner.name', 'Eve');
      expect(tracker.getUpdate()).toEqual({ $set: { 'owner.name': 'Eve' } });
      expect(tracker.data.owner.name).toBe('Eve');
    }
  });
});

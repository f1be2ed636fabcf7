// StateTracker's way back: revert() and savepoints.
import { StateTracker } from '../../lib/tracker/state-tracker';
import type { Doc } from '../helpers/documents';

const data = () => ({
  name: 'Ada',
  address: { city: 'London', geo: { lat: 1, lon: 2 } },
  tags: ['a', 'b', 'c'],
  items: [{ qty: 1 }, { qty: 2 }],
  prices: new Map([['eur', { amount: 1 }]]),
  at: new Date(0),
});

const track = (value: object = data()): StateTracker<Doc> => new StateTracker<Doc>(value);

const editAll = (tracker: StateTracker<Doc>): void => {
  tracker.set('name', 'Eve').set('address.city', 'Oslo').set('nick', 'E').unset('address.geo.lon').set('tags.0', 'A');
  tracker.get('items').push({ qty: 3 });
  tracker.get('prices.eur').amount = 2;
  (tracker.get('at') as Date).setTime(5);
};

describe('revert()', () => {
  it('puts everything back', () => {
    const tracker = track();
    editAll(tracker);
    tracker.revert();
    expect(tracker.data).toEqual(data());
    expect(Object.keys(tracker.data)).toEqual(Object.keys(data()));
    expect(tracker.isModified()).toBe(false);
    expect(tracker.getUpdate()).toBeNull();
  });

  it('puts one path, or several, back and leaves the others', () => {
    const tracker = track();
    editAll(tracker);
    tracker.revert('name');
    tracker.revert(['address', 'items', 'at', 'prices.eur.amount']);
    expect(tracker.getChanges()).toEqual({ nick: 'E', 'tags.0': 'A' });
    expect(tracker.data.address).toEqual(data().address);
    tracker.revert([]);
    tracker.revert('unknown.path');
    expect(tracker.getChanges()).toEqual({ nick: 'E', 'tags.0': 'A' });
  });

  it('puts a part of what was replaced back', () => {
    const tracker = track();
    tracker.set('address', { city: 'Oslo', geo: { lat: 9, lon: 9 } });
    tracker.revert('address.geo.lat');
    expect(tracker.getChanges()).toEqual({ 'address.city': 'Oslo', 'address.geo.lon': 9 });
    tracker.revert('address.geo');
    expect(tracker.getChanges()).toEqual({ 'address.city': 'Oslo' });
    tracker.revert('address.city');
    expect(tracker.isModified()).toBe(false);
  });

  it('takes an added part away', () => {
    const tracker = track();
    tracker.set('address', { ...data().address, zip: '1' }).set('job', { title: 'x', place: 'y' });
    tracker.revert(['address.zip', 'job.title']);
    expect(tracker.data).toEqual({ ...data(), job: { place: 'y' } });
    expect(tracker.isModified('job.title')).toBe(false);
  });

  it('brings what is missing above a path back with it', () => {
    const tracker = track();
    tracker.unset('address');
    tracker.revert('address.geo.lat');
    expect(tracker.data).toEqual(data());
    tracker.set('address', 'London');
    tracker.revert('address.city');
    expect(tracker.data).toEqual(data());
    tracker.set('address', { city: 'Oslo', geo: null });
    tracker.revert('address.geo.lat');
    expect(tracker.getChanges()).toEqual({ 'address.city': 'Oslo' });
  });

  it('elements: changed, appended, removed', () => {
    const tracker = track();
    const tags = tracker.get('tags') as string[];
    tags[1] = 'B';
    tags.push('d', 'e');
    tracker.revert('tags.3');
    expect(tags).toEqual(['a', 'B', 'c', 'e']);
    tracker.revert(['tags.1', 'tags.3']);
    expect(tags).toEqual(['a', 'b', 'c']);
    tags.push('d', 'e', 'f');
    tracker.revert(['tags.3', 'tags.5', 'tags.4']);
    expect(tracker.isModified()).toBe(false);
    tags.pop();
    tracker.revert('tags.2');
    expect(tags).toEqual(['a', 'b', 'c']);
    tags.length = 0;
    // Alone it would stand behind a gap.
    tracker.revert('tags.2');
    expect(tags).toEqual(['a', 'b', 'c']);
    expect(tracker.isModified()).toBe(false);
  });

  it('elements that are missing come back one behind the other, and those in front of them stay as they are', () => {
    const tracker = track({ tags: ['a', 'b', 'c'], deep: { list: ['a', 'b', 'c'] } });
    for (const path of ['tags', 'deep.list']) {
      const list = tracker.get(path) as string[];
      list.splice(0, 3, 'X');
      tracker.revert([`${path}.2`, `${path}.1`]);
      expect(list).toEqual(['X', 'b', 'c']);
    }
    (tracker.get('tags') as string[]).pop();
    tracker.revert('tags.2');
    expect(tracker.data.tags).toEqual(['X', 'b', 'c']);
  });

  it('takes a field of an added element away, not the element', () => {
    const tracker = track();
    tracker.get('items').push({ qty: 3, note: 'new' });
    tracker.revert('items.2.qty');
    expect(tracker.data.items).toEqual([{ qty: 1 }, { qty: 2 }, { note: 'new' }]);
  });

  it('gives the same instances back, and leaves those that stood there alone', () => {
    const tracker = track();
    const held = ['address', 'tags', 'items', 'prices'].map((path) => tracker.get(path));
    const [address, tags, items, prices] = held;
    const { geo } = address;
    const [first] = items;
    const others = { city: 'X', geo: { lat: 0 } };
    const others2 = ['x'];
    tracker.set('address', others).set('tags', others2).set('prices', new Map());
    geo.lat = 7;
    items.reverse().pop();
    tracker.revert();
    expect(others).toEqual({ city: 'X', geo: { lat: 0 } });
    expect(others2).toEqual(['x']);
    expect(tracker.data).toEqual(data());
    expect(['address', 'tags', 'items', 'prices'].map((path) => tracker.get(path) === held.shift())).toEqual([
      true,
      true,
      true,
      true,
    ]);
    // So an edit through a reference from before is seen.
    geo.lat = 8;
    first.qty = 9;
    tags.push('d');
    prices.set('nok', { amount: 3 });
    expect(tracker.getChanges()).toEqual({
      'address.geo.lat': 8,
      'items.0.qty': 9,
      'prices.nok': { amount: 3 },
      'tags.3': 'd',
    });
  });

  it('goes to the last reset()', () => {
    const tracker = track();
    tracker.set('name', 'Eve');
    tracker.reset();
    tracker.set('name', 'Bob');
    tracker.revert();
    expect(tracker.data.name).toBe('Eve');
  });

  it('puts what was frozen back as a copy', () => {
    const tracker = track({ tags: Object.freeze(['a']), address: Object.freeze({ city: 'London' }) });
    tracker.set('tags', ['b']).set('address', { city: 'Oslo' });
    tracker.revert();
    expect(tracker.data).toEqual({ tags: ['a'], address: { city: 'London' } });
    expect(tracker.isModified()).toBe(false);
  });
});

describe('savepoint() and rollback()', () => {
  it('put values and changes back, as often as wanted', () => {
    const tracker = track();
    tracker.set('name', 'Eve').set('nick', 'E');
    const savepoint = tracker.savepoint();
    expect(savepoint.createdAt).toBeInstanceOf(Date);
    const changes = tracker.diff();
    for (let round = 0; round < 2; round++) {
      tracker.set('name', 'Bob').unset('nick').set('address', null).set('extra', 1);
      (tracker.get('tags') as string[]).length = 0;
      tracker.rollback(savepoint);
      expect(tracker.data).toEqual({ ...data(), name: 'Eve', nick: 'E' });
      expect(tracker.diff()).toEqual(changes);
      expect(tracker.original()).toEqual(data());
    }
    tracker.revert();
    expect(tracker.data).toEqual(data());
  });

  it('nest', () => {
    const tracker = track();
    const clean = tracker.savepoint();
    tracker.set('tags.3', 'd');
    const one = tracker.savepoint();
    tracker.set('tags.4', 'e');
    tracker.rollback(one);
    expect(tracker.getUpdate()).toEqual({ $push: { tags: { $each: ['d'] } } });
    tracker.rollback(clean);
    expect(tracker.isModified()).toBe(false);
    expect(tracker.data).toEqual(data());
    tracker.rollback(one);
    expect(tracker.getChanges()).toEqual({ 'tags.3': 'd' });
  });

  it('across reset(): the baseline comes back too', () => {
    const tracker = track();
    tracker.set('name', 'Eve');
    const savepoint = tracker.savepoint();
    tracker.reset();
    expect(tracker.isModified()).toBe(false);
    tracker.rollback(savepoint);
    expect(tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'Ada', to: 'Eve' }]);
  });

  it('keep what was read since then under watch, and the instances', () => {
    const tracker = track();
    const savepoint = tracker.savepoint();
    const address = tracker.get('address');
    const first = tracker.get('items.0');
    const name = tracker.set('name', 'Eve').get('name');
    address.city = 'Oslo';
    tracker.rollback(savepoint);
    expect([name, tracker.data.name]).toEqual(['Eve', 'Ada']);
    expect(tracker.data.address).toBe(address);
    address.city = 'Rome';
    first.qty = 5;
    expect(tracker.getChanges()).toEqual({ 'address.city': 'Rome', 'items.0.qty': 5 });
  });

  it('leave what has not changed since then as it is: the same instance', () => {
    const tracker = track();
    const at: unknown = tracker.get('at');
    const savepoint = tracker.savepoint();
    tracker.set('name', 'Eve').set('extra', 1);
    tracker.rollback(savepoint);
    expect(tracker.data.at).toBe(at);
    expect(tracker.data).toEqual(data());
  });

  it('a savepoint cannot be changed, nor its values through it', () => {
    const tracker = track();
    const savepoint = tracker.savepoint();
    tracker.get('address').geo.lat = 9;
    expect(Object.isFrozen(savepoint)).toBe(true);
    tracker.rollback(savepoint);
    tracker.get('address').geo.lat = 10;
    tracker.rollback(savepoint);
    expect(tracker.data.address.geo.lat).toBe(1);
  });
});

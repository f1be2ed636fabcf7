// What StateTracker copies: counted by a Proxy that sees a container being walked.
import { StateTracker } from '../../lib/tracker/state-tracker';
import type { Doc, Plain } from '../helpers/documents';

/** Objects that count how often each of them was walked: copying one lists its keys. */
class Counted {
  readonly walks: Record<string, number> = {};

  object(name: string, fields: Plain = { value: 1 }): Plain {
    this.walks[name] = 0;
    return new Proxy(fields, {
      ownKeys: (target) => {
        this.walks[name] = (this.walks[name] ?? 0) + 1;
        return Reflect.ownKeys(target);
      },
    });
  }
}

describe('unchanged fields are not copied', () => {
  it('3 fields, 1 changed: exactly 1 original is kept', () => {
    const counted = new Counted();
    const data = { a: counted.object('a'), b: counted.object('b'), c: counted.object('c') };
    const tracker = new StateTracker<Doc>(data);
    expect(counted.walks).toEqual({ a: 0, b: 0, c: 0 });
    tracker.set('b', { value: 2 });
    expect(counted.walks).toEqual({ a: 0, b: 1, c: 0 });
    expect(tracker.getChanges()).toEqual({ 'b.value': 2 });
    expect(tracker.original('b')).toEqual({ value: 1 });
    expect(counted.walks).toMatchObject({ a: 0, c: 0 });
  });

  it('nothing is copied, nor even read, at construction', () => {
    const untouched = new Proxy(
      {},
      {
        get: (_target, key) => {
          // What class it is an instance of may be asked.
          if (key === 'constructor' || typeof key === 'symbol') return undefined;
          throw new Error(`read ${key}`);
        },
        ownKeys: () => {
          throw new Error('walked');
        },
      },
    );
    expect(() => new StateTracker(untouched)).not.toThrow();
  });

  it('the second write does not copy again', () => {
    const counted = new Counted();
    const tracker = new StateTracker<Doc>({ a: counted.object('a', { x: { y: 1 }, z: 1 }) });
    const a = tracker.get('a');
    expect(counted.walks).toEqual({ a: 1 });
    a.z = 2;
    tracker.get('a');
    tracker.set('a.z', 3).set('a.x.y', 2).unset('a.z').set('a', {}).set('a', null);
    expect(counted.walks).toEqual({ a: 1 });
    expect(tracker.original('a')).toEqual({ x: { y: 1 }, z: 1 });
  });

  it('a write to a leaf copies nothing around it', () => {
    const counted = new Counted();
    const big = counted.object('big', { leaf: 1, list: [counted.object('element')] });
    const tracker = new StateTracker<Doc>({ big });
    tracker.set('big.leaf', 2).set('big.list.0.value', 2).set('big.more', 1);
    expect(counted.walks).toEqual({ big: 0, element: 0 });
    expect(tracker.getChanges()).toEqual({ 'big.leaf': 2, 'big.list.0.value': 2, 'big.more': 1 });
    expect(counted.walks).toEqual({ big: 0, element: 0 });
  });

  it('a field named length makes no array of an object: what is added to it copies nothing', () => {
    const counted = new Counted();
    const tracker = new StateTracker<Doc>({ a: counted.object('a', { length: 1, 0: 'x' }) });
    tracker.set('a.1', 'y');
    expect(counted.walks).toEqual({ a: 0 });
    expect(tracker.getChanges()).toEqual({ 'a.1': 'y' });
  });

  it('a value that cannot be changed in place costs nothing when it is read, one that can is copied once', () => {
    const counted = new Counted();
    const tracker = new StateTracker<Doc>({ a: counted.object('a', { leaf: 1 }), b: counted.object('b') });
    tracker.get('a.leaf');
    expect(counted.walks).toEqual({ a: 0, b: 0 });
    tracker.get('b');
    tracker.get('b');
    tracker.get('b.value');
    expect(counted.walks).toEqual({ a: 0, b: 1 });
  });

  it('questions walk only what was kept', () => {
    const counted = new Counted();
    const tracker = new StateTracker<Doc>({ a: counted.object('a'), b: counted.object('b') });
    tracker.set('a', 1);
    tracker.isModified();
    tracker.isModified('b');
    tracker.diff();
    tracker.getUpdate();
    tracker.patch();
    tracker.reset();
    expect(counted.walks['b']).toBe(0);
  });
});

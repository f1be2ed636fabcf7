// RFC 6902: patch() and inversePatch(), with rfc6902's applyPatch() as the oracle.
import mongoose from 'mongoose';
import { patchOf } from '../../lib/tracker/json-patch';
import { StateTracker } from '../../lib/tracker/state-tracker';
import { toJson } from '../../lib/values/ejson';
import type { Change } from '../../lib/types';
import type { Doc } from '../helpers/documents';
import { expectBothWays } from '../helpers/json-patch';

it('fields named by indexes and fields with other names stand in one order, and a patch of them can be applied', () => {
  const before = { p: { '10': [0], '2': [0], '2x': [0], '3': [0] } };
  const tracker = new StateTracker<Doc>(structuredClone(before));
  const lists = tracker.get('p') as Record<string, number[]>;
  for (const name of ['10', '2', '2x']) lists[name]!.push(1);
  lists['3']!.push(1, 2, 3, 4);
  expect(tracker.patch().map(({ path }) => path)).toEqual([
    '/p/2/1',
    '/p/3/1',
    '/p/3/2',
    '/p/3/3',
    '/p/3/4',
    '/p/10/1',
    '/p/2x/1',
  ]);
  expectBothWays(before, tracker.data, tracker);
});

describe('StateTracker', () => {
  const data = () => ({
    name: 'Ada',
    age: 36,
    address: { city: 'London', 'a/b~c': 1 },
    tags: ['a', 'b', 'c'],
    at: new Date(0),
    id: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabc'),
  });

  it('operations by pointer, values as relaxed Extended JSON', () => {
    const tracker = new StateTracker<Doc>(data());
    tracker.set('name', null).unset('age').set('address.a/b~c', 2).set('nick', 'A').set('at', new Date(1));
    tracker.set('id', new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabd'));
    (tracker.get('tags') as string[]).push('d', 'e');
    expect(tracker.patch()).toEqual([
      { op: 'replace', path: '/address/a~1b~0c', value: 2 },
      { op: 'replace', path: '/at', value: { $date: '1970-01-01T00:00:00.001Z' } },
      { op: 'replace', path: '/id', value: { $oid: 'abcabcabcabcabcabcabcabd' } },
      { op: 'replace', path: '/name', value: null },
      { op: 'add', path: '/nick', value: 'A' },
      { op: 'add', path: '/tags/3', value: 'd' },
      { op: 'add', path: '/tags/4', value: 'e' },
      { op: 'remove', path: '/age' },
    ]);
    expect(tracker.inversePatch()).toEqual([
      { op: 'replace', path: '/address/a~1b~0c', value: 1 },
      { op: 'add', path: '/age', value: 36 },
      { op: 'replace', path: '/at', value: { $date: '1970-01-01T00:00:00Z' } },
      { op: 'replace', path: '/id', value: { $oid: 'abcabcabcabcabcabcabcabc' } },
      { op: 'replace', path: '/name', value: 'Ada' },
      { op: 'remove', path: '/tags/4' },
      { op: 'remove', path: '/tags/3' },
      { op: 'remove', path: '/nick' },
    ]);
  });

  it.each<[string, (tracker: StateTracker<Doc>) => unknown]>([
    [
      'more than ten elements appended',
      (t) => (t.get('tags') as string[]).push('d', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'),
    ],
    ['an append behind a gap', (t) => t.set('tags.5', 'f')],
    ['a shorter array', (t) => (t.get('tags') as string[]).splice(0, 2)],
    ['elements in another order', (t) => (t.get('tags') as string[]).reverse()],
    ['a missing parent', (t) => t.set('job.title', 'x')],
    ['an emptied object', (t) => t.set('address', {})],
    ['an object for a scalar', (t) => t.set('name', { first: 'A' })],
    ['a function, which is nothing', (t) => t.set('name', () => 1).set('address.f', () => 1)],
    ['undefined in an array', (t) => t.set('tags', ['a', undefined, 'c'])],
    ['nothing', (t) => t.get('tags')],
  ])('%s, both ways', (_title, edit) => {
    const tracker = new StateTracker<Doc>(data());
    edit(tracker);
    expectBothWays(toJson(data()), toJson(tracker.data), tracker);
  });
});

it('operations are sorted by one part of their paths after the other: indexes as numbers, names as text', () => {
  const add = (path: string): Change => ({ path, type: 'add', from: undefined, to: 1 });
  const remove = (path: string): Change => ({ path, type: 'remove', from: 1, to: undefined });
  const paths = (changes: Change[]): string[] => patchOf(changes).map(({ path }) => path);
  expect(paths(['b', 'a-b', 'a.c', 'B'].map(add))).toEqual(['/B', '/a/c', '/a-b', '/b']);
  expect(paths(['a.10', 'a.9', 'a.9-', 'a.100'].map(add))).toEqual(['/a/9', '/a/10', '/a/100', '/a/9-']);
  expect(paths(['a.9', 'a-b', 'a.10', 'a.c'].map(remove))).toEqual(['/a-b', '/a/c', '/a/10', '/a/9']);
  expect(paths(['a.1-', 'a.1.x'].map(add))).toEqual(['/a/1/x', '/a/1-']);
});

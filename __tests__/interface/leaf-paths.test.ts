// "Leaf paths of arrays" of the contract, the same in diff(), getChanges() and patch(), for documents and plain objects.
import mongoose, { Schema } from 'mongoose';
import cowTracking, { StateTracker, type Change } from '../../lib';
import type { Doc } from '../helpers/documents';

const itemSchema = new Schema<Doc>({ qty: Number, name: String, tags: [String] }, { _id: false });
const schema = new Schema<Doc>({
  tags: [String],
  items: [itemSchema],
  docs: [{ qty: Number }],
  grid: [[Number]],
  mixed: Schema.Types.Mixed,
});
schema.plugin(cowTracking);
const Model = new mongoose.Mongoose().model<Doc>('LeafPaths', schema);

const ids = [1, 2, 3].map((n) => new mongoose.Types.ObjectId(`abcabcabcabcabcabcabcab${String(n)}`));
const data = (): Doc => ({
  tags: ['a', 'b', 'c'],
  items: [
    { qty: 1, name: 'x', tags: ['t'] },
    { qty: 2, name: 'y', tags: [] },
  ],
  docs: ids.map((_id, i) => ({ _id, qty: i })),
  grid: [
    [1, 2],
    [3, 4],
  ],
  mixed: { list: [{ a: 1 }, { a: 2 }] },
});

const update = (path: string, from: unknown, to: unknown): Change => ({ path, type: 'update', from, to });
const add = (path: string, to: unknown): Change => ({ path, type: 'add', from: undefined, to });

/** Edits through the arrays themselves, which both trackers hand out. */
const cases: [string, (at: (path: string) => Doc) => unknown, Change[]][] = [
  ['a pure append', (at) => at('tags').push('d', 'e'), [add('tags.3', 'd'), add('tags.4', 'e')]],
  ['an appended object', (at) => at('items').push({ qty: 3, tags: [] }), [add('items.2', { qty: 3, tags: [] })]],
  ['an element', (at) => (at('tags')[1] = 'B'), [update('tags.1', 'b', 'B')]],
  ['two elements', (at) => at('tags').splice(0, 2, 'A', 'B'), [update('tags.0', 'a', 'A'), update('tags.1', 'b', 'B')]],
  ['elements in another order', (at) => at('tags').reverse(), [update('tags.0', 'a', 'c'), update('tags.2', 'c', 'a')]],
  ['a leaf of an element', (at) => (at('items')[1].qty = 5), [update('items.1.qty', 2, 5)]],
  ['an append within an element', (at) => at('items')[0].tags.push('u'), [add('items.0.tags.1', 'u')]],
  ['an array of arrays', (at) => at('grid')[0].splice(1, 1, 9), [update('grid.0.1', 2, 9)]],
  ['an append to an array of arrays', (at) => at('grid')[1].push(5), [add('grid.1.2', 5)]],
  ['within Mixed', (at) => (at('mixed').list[1].a = 5), [update('mixed.list.1.a', 2, 5)]],
  ['an append within Mixed', (at) => at('mixed').list.push(3), [add('mixed.list.2', 3)]],
  ['pop', (at) => at('tags').pop(), [update('tags', ['a', 'b', 'c'], ['a', 'b'])]],
  ['shift', (at) => at('tags').shift(), [update('tags', ['a', 'b', 'c'], ['b', 'c'])]],
  ['an insert', (at) => at('tags').unshift('z'), [update('tags', ['a', 'b', 'c'], ['z', 'a', 'b', 'c'])]],
  ['emptied', (at) => at('tags').splice(0), [update('tags', ['a', 'b', 'c'], [])]],
  [
    'an edit and an append',
    (at) => [at('tags').splice(0, 1, 'A'), at('tags').push('d')],
    [update('tags', ['a', 'b', 'c'], ['A', 'b', 'c', 'd'])],
  ],
  [
    'documents with an _id in another order',
    (at) => at('docs').reverse(),
    [update('docs', data().docs, [...(data().docs as Doc[])].reverse())],
  ],
  [
    'a document of an array taken out',
    (at) => at('docs').splice(1, 1),
    [update('docs', data().docs, [data().docs[0], data().docs[2]])],
  ],
];

const ways: [
  string,
  (edit: (at: (path: string) => Doc) => unknown) => Pick<StateTracker, 'diff' | 'getChanges' | 'patch'>,
][] = [
  [
    'a document',
    (edit) => {
      const doc: Doc = Model.hydrate({ _id: ids[0], __v: 0, ...data() });
      edit((path) => doc.get(path));
      return doc.$tracker;
    },
  ],
  [
    'a plain object',
    (edit) => {
      const tracker = new StateTracker<Doc>(data());
      edit((path) => tracker.get(path));
      return tracker;
    },
  ],
];

describe.each(ways)('%s', (_way, track) => {
  it.each(cases)('%s', (_title, edit, changes) => {
    const tracker = track(edit);
    expect(tracker.diff()).toEqual(changes);
    expect(Object.entries(tracker.getChanges())).toEqual(changes.map(({ path, to }) => [path, to]));
    expect(tracker.patch().map(({ op, path }) => [op, path])).toEqual(
      changes.map(({ path, type }) => [type === 'update' ? 'replace' : type, `/${path.replaceAll('.', '/')}`]),
    );
  });
});

it('a replaced array of a document has the same leaf paths as one edited in place', () => {
  const replaced: [Doc, Change[]][] = [
    [{ tags: ['a', 'b', 'c', 'd'] }, [add('tags.3', 'd')]],
    [{ tags: ['a', 'B', 'c'] }, [update('tags.1', 'b', 'B')]],
    [{ tags: ['a'] }, [update('tags', ['a', 'b', 'c'], ['a'])]],
    [{ items: [{ qty: 7, name: 'x', tags: ['t'] }, data().items[1]] }, [update('items.0.qty', 1, 7)]],
  ];
  for (const [values, changes] of replaced) {
    const doc: Doc = Model.hydrate({ _id: ids[0], __v: 0, ...data() });
    doc.set(values);
    expect(doc.$tracker.diff()).toEqual(changes);
  }
});

it('sorted by path, values detached from the document and from each other', () => {
  const doc: Doc = Model.hydrate({ _id: ids[0], __v: 0, ...data() });
  doc.tags.push('d');
  doc.items[1].name = 'z';
  doc.items[0].qty = 5;
  doc.docs.pop();
  const changes = doc.$tracker.diff() as Change[];
  expect(changes.map(({ path }) => path)).toEqual(['docs', 'items.0.qty', 'items.1.name', 'tags.3']);
  (changes[0]!.from as Doc[])[0].qty = 99;
  (changes[0]!.to as Doc[]).push('x');
  expect(doc.$tracker.original('docs')).toEqual(data().docs);
  expect(doc.docs).toHaveLength(2);
  // Plain: neither subdocuments nor Mongoose's arrays.
  expect(Object.getPrototypeOf(changes[0]!.from)).toBe(Array.prototype);
  expect(Object.getPrototypeOf((changes[0]!.from as Doc[])[0])).toBe(Object.prototype);
});

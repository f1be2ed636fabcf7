// console.log(doc.$tracker): a short list, cut to the terminal; a document prints as it always did.
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import cowTracking, { StateTracker } from '../../lib';
import type { Doc } from '../helpers/documents';

const definition = () =>
  new Schema<Doc>({
    name: String,
    age: Number,
    tags: [String],
    sub: new Schema({ k: String }, { _id: false }),
    mixed: {},
  });
const own = new mongoose.Mongoose();
const Model = own.model<Doc>('User', definition().plugin(cowTracking as never));
const Plain = new mongoose.Mongoose().model<Doc>('User', definition());

const data = () => ({
  _id: new mongoose.Types.ObjectId('abcabcabcabcabcabcabcabc'),
  __v: 0,
  name: 'Ada',
  age: 36,
  tags: ['a'],
  sub: { k: 'k' },
  mixed: { a: 1 },
});
const load = (): Doc => Model.hydrate(data());

function withColumns<T>(columns: number | undefined, action: () => T): T {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'columns');
  Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true, writable: true });
  try {
    return action();
  } finally {
    if (before) Object.defineProperty(process.stdout, 'columns', before);
    else Reflect.deleteProperty(process.stdout, 'columns');
  }
}

it('no changes', () => {
  expect(inspect(load().$tracker)).toBe('Tracker of User { no changes }');
  expect(inspect(new StateTracker({ a: 1 }))).toBe('StateTracker { no changes }');
});

it('one line for each change: old value and new', () => {
  const doc = load();
  doc.name = 'Eve';
  doc.age = undefined;
  doc.tags.push('b');
  doc.mixed.a = { list: [1] };
  expect(inspect(doc.$tracker)).toBe(
    [
      'Tracker of User { 4 changes',
      '  - age: 36',
      '  ~ mixed.a: 1 -> { list: [ 1 ] }',
      "  ~ name: 'Ada' -> 'Eve'",
      "  + tags.1: 'b'",
      '}',
    ].join('\n'),
  );
  doc.$tracker.revert(['age', 'name', 'mixed']);
  expect(inspect(doc.$tracker)).toBe("Tracker of User { 1 change\n  + tags.1: 'b'\n}");
});

it('a plain object prints the same way', () => {
  const tracker = new StateTracker<Doc>({ name: 'Ada' });
  tracker.set('name', 'Eve');
  expect(inspect(tracker)).toBe("StateTracker { 1 change\n  ~ name: 'Ada' -> 'Eve'\n}");
  expect(inspect({ tracker })).toContain("~ name: 'Ada' -> 'Eve'");
});

it('a subdocument prints its own changes', () => {
  const doc = load();
  doc.name = 'Eve';
  doc.sub.k = 'l';
  expect(inspect(doc.sub.$tracker)).toMatch(/^.* \{ 1 change\n {2}~ k: 'k' -> 'l'\n\}$/);
});

it.each([undefined, 40, 72, 80, 200])('is cut to a terminal of %p columns', (columns) => {
  const doc = load();
  doc.name = 'long '.repeat(100);
  doc.mixed = { list: Array.from({ length: 100 }, (_, i) => ({ i, text: 'text'.repeat(20) })), a: 'b'.repeat(500) };
  const lines = withColumns(columns, () => inspect(doc.$tracker)).split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns ?? 100);
  expect(lines[2]).toContain("name: 'Ada' -> 'long");
});

it('a long old value leaves room for the new one', () => {
  const tracker = new StateTracker<Doc>({ text: 'x'.repeat(500) });
  tracker.set('text', 'new value');
  const lines = withColumns(60, () => inspect(tracker)).split('\n');
  expect(lines[1]).toMatch(/^ {2}~ text: 'xxx+\.\.\. -> 'new value'$/);
  expect(lines[1]!.length).toBeLessThanOrEqual(60);
});

it('is short: many changes are counted, not listed', () => {
  const tracker = new StateTracker<Doc>({});
  for (let i = 0; i < 500; i++) tracker.set(`field${String(i)}`, i);
  const lines = inspect(tracker).split('\n');
  expect(lines.length).toBeLessThan(30);
  expect(lines[0]).toBe('StateTracker { 500 changes');
  expect(lines.at(-2)).toMatch(/^ {2}\.\.\. \d+ more$/);
});

it('console.log() prints it', () => {
  const doc = load();
  doc.name = 'Eve';
  const log = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    // jest's own console keeps what it is given.
    new (jest.requireActual<{ Console: typeof console.Console }>('node:console').Console)(process.stdout).log(
      doc.$tracker,
    );
    expect(log.mock.calls.map(([text]) => String(text)).join('')).toContain("~ name: 'Ada' -> 'Eve'");
  } finally {
    log.mockRestore();
  }
});

it('a document prints as it always did, and has no key more', () => {
  const doc = load();
  const plain: Doc = Plain.hydrate(data());
  const shown = (value: Doc): unknown[] => [
    inspect(value),
    inspect(value.sub),
    inspect(value.tags),
    JSON.stringify(value),
    value.toString(),
    Object.keys(value),
    Object.keys(value.toObject()),
    '$tracker' in value.toObject(),
    JSON.stringify({ ...value.toObject() }),
  ];
  expect(shown(doc)).toEqual(shown(plain));
  for (const each of [doc, plain]) {
    each.name = 'Eve';
    each.mixed = { b: 1 };
    each.tags.push('b');
  }
  expect(doc.$tracker.isModified()).toBe(true);
  expect(shown(doc)).toEqual(shown(plain));
});

// NODE_DEBUG=mongoose-cow-tracking: what a save decided and why.
import type * as nodeUtil from 'node:util';
import { format } from 'node:util';
import { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const mockSink = { enabled: true, lines: [] as string[] };
jest.mock('node:util', () => {
  const util = jest.requireActual<typeof nodeUtil>('node:util');
  const debuglog = (section: string): unknown => {
    const log = (...args: unknown[]): void => {
      mockSink.lines.push(...util.format(...args).split('\n'));
    };
    if (section !== 'mongoose-cow-tracking') return util.debuglog(section);
    return Object.defineProperty(log, 'enabled', { get: () => mockSink.enabled });
  };
  return { ...util, debuglog };
});

const documents = useDocuments();
const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    nested: { a: Number, b: Number },
    tags: [String],
    list: [Number],
    mixed: {},
    more: {},
  });
const raw = (): Plain => ({
  name: 'a',
  nested: { a: 1, b: 1 },
  tags: ['x', 'y'],
  list: [1, 2, 3],
  mixed: { a: 1, b: 1 },
  more: { a: 1 },
});

async function traced(edit: (doc: Doc) => void, options?: Plain): Promise<string[]> {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  edit(doc);
  mockSink.lines = [];
  await doc.save(options);
  const [title, ...lines] = mockSink.lines;
  if (title !== undefined) expect(title).toBe(format('save of %s %s', Model.modelName, String(doc._id)));
  return lines.map((line) => line.trim());
}

beforeEach(() => {
  mockSink.enabled = true;
});

it('what was dropped, narrowed and written whole, and why', async () => {
  const lines = await traced((doc) => {
    doc.name = 'b';
    doc.name = 'a';
    doc.nested = { a: 1, b: 2 };
    doc.tags.push('z');
    doc.list = [1, 2];
    doc.mixed.a = 2;
    doc.more = { z: 1 };
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      'name: dropped, it equals its original',
      'nested.a: dropped, it equals its original',
      'nested.b: $set, changed',
      'tags: $push, narrowed: elements were appended',
      'list: $set, whole: elements were taken away, or single ones cannot be written',
      'mixed.a: $set, narrowed: a part of what was assigned or edited in place',
    ]),
  );
});

it('of elements, of a removed value, and of what is left to Mongoose', async () => {
  const lines = await traced((doc) => {
    doc.name = undefined;
    doc.list.set(1, 5);
    doc.tags.pull('x');
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      'name: $unset, changed',
      'list.1: $set, narrowed: elements changed where they stand',
      'tags: left to Mongoose, what its methods were called for says all',
    ]),
  );
});

it('of what waits for a later save', async () => {
  const lines = await traced(
    (doc) => {
      doc.name = 'b';
      doc.nested.a = 2;
    },
    { pathsToSave: ['name'] },
  );
  expect(lines).toContain('name: $set, changed');
  expect(lines).toContain('nested.a: kept for later, not among the pathsToSave');
});

it('of a save that has nothing to send', async () => {
  const lines = await traced((doc) => {
    doc.name = 'b';
    doc.name = 'a';
  });
  expect(lines).toEqual(['name: dropped, it equals its original', 'nothing differs, so no update is sent']);
});

it('asking is no save, and nothing is told when it is off', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw());
  doc.name = 'b';
  mockSink.lines = [];
  doc.$tracker.getUpdate();
  expect(mockSink.lines).toEqual([]);
  mockSink.enabled = false;
  await doc.save();
  expect(mockSink.lines).toEqual([]);
});

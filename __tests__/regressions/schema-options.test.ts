// What a schema says of its paths: shard keys, aliases, setters, immutable paths and strict mode do with the plugin what they do
// without it.
import { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

interface Case {
  title: string;
  schema: () => Schema<Doc>;
  raw: Plain;
  edit: (doc: Doc) => unknown;
  /** The update, which plain Mongoose has to send as well. */
  sends: Plain | null;
  /** What the filter demands besides the `_id`, in both. */
  filter?: Plain;
  /** Plain Mongoose writes it although nothing differs. */
  narrower?: boolean;
}

const holder = (path: Doc): Schema<Doc> => new Schema<Doc>({ fixed: path, free: String }, { _id: false });

/** A path at every depth, beside one without the option. */
const everywhere = (path: Doc): Schema<Doc> =>
  new Schema<Doc>({
    fixed: path,
    free: String,
    nested: { fixed: path, free: String },
    sub: holder(path),
    items: [holder(path)],
    map: { type: Map, of: holder(path) },
  });
const both = (fixed: string, free = 'a'): Plain => ({ fixed, free });
const stored = (fixed: string): Plain => ({
  ...both(fixed),
  nested: both(fixed),
  sub: both(fixed),
  items: [both(fixed)],
  map: { k: both(fixed) },
});
const holders = (doc: Doc): Doc[] => [doc, doc.nested, doc.sub, doc.items[0], doc.map.get('k')];
const EVERY_FREE = { free: 'b', 'nested.free': 'b', 'sub.free': 'b', 'items.0.free': 'b', 'map.k.free': 'b' };

const cases: Case[] = [
  {
    title: 'a shard key stands in the filter',
    schema: () => new Schema<Doc>({ region: String, name: String }, { shardKey: { region: 1 } }),
    raw: { region: 'eu', name: 'n' },
    edit: (doc) => (doc.name = 'm'),
    sends: { $set: { name: 'm' } },
    filter: { region: 'eu' },
  },
  {
    title: 'a shard key that is changed: the filter has the old value',
    schema: () => new Schema<Doc>({ region: String, name: String }, { shardKey: { region: 1 } }),
    raw: { region: 'eu', name: 'n' },
    edit: (doc) => (doc.region = 'us'),
    sends: { $set: { region: 'us' } },
    filter: { region: 'eu' },
  },
  {
    title: 'a shard key in a nested object that is replaced',
    schema: () =>
      new Schema<Doc>({ at: { region: String, city: String }, tags: [String] }, { shardKey: { 'at.region': 1 } }),
    raw: { at: { region: 'eu', city: 'c' }, tags: ['x'] },
    edit: (doc) => doc.set({ 'at.city': 'd', 'tags.0': 'y' }),
    sends: { $set: { 'at.city': 'd', 'tags.0': 'y' } },
    filter: { 'at.region': 'eu', __v: 0 },
  },
  {
    title: 'an alias, by assignment and by set()',
    schema: () =>
      new Schema<Doc>({
        n: { type: String, alias: 'name' },
        nested: { c: { type: Number, alias: 'nested.count' } },
        sub: new Schema<Doc>({ d: { type: String, alias: 'description' } }, { _id: false }),
      }),
    raw: { n: 'a', nested: { c: 1 }, sub: { d: 'd' } },
    edit: (doc) => {
      doc.name = 'b';
      doc.set('nested.count', 2);
      doc.sub.description = 'e';
    },
    sends: { $set: { n: 'b', 'nested.c': 2, 'sub.d': 'e' } },
  },
  {
    title: 'an alias set and set back',
    schema: () => new Schema<Doc>({ n: { type: String, alias: 'name' } }),
    raw: { n: 'a' },
    edit: (doc) => {
      doc.set('name', 'b');
      doc.name = 'a';
    },
    sends: null,
    narrower: true,
  },
  {
    title: 'a Mixed value read by its alias and changed in place',
    schema: () => new Schema<Doc>({ m: { type: Schema.Types.Mixed, alias: 'mixed' } }),
    raw: { m: { a: 1 } },
    edit: (doc) => {
      doc.mixed.a = 2;
      doc.markModified('m.a');
    },
    sends: { $set: { 'm.a': 2 } },
  },
  {
    title: 'setters run once, and what they make of a value is what is compared',
    schema: () => everywhere({ type: String, lowercase: true, set: (text: unknown) => `${String(text)}!` }),
    raw: stored('x!'),
    edit: (doc) => {
      for (const place of holders(doc)) {
        place.free = 'b';
        place.fixed = 'X';
      }
    },
    sends: { $set: EVERY_FREE },
    filter: { __v: 0 },
    narrower: true,
  },
  {
    title: 'virtuals that set paths of the schema',
    schema: () => {
      const schema = new Schema<Doc>({ first: String, last: String, nested: { at: Date } });
      schema.virtual('name').set(function (this: Doc, name: string) {
        [this.first, this.last] = name.split(' ');
      });
      schema.virtual('nested.day').set(function (this: Doc, day: number) {
        this.nested.at = new Date(day);
      });
      return schema;
    },
    raw: { first: 'A', last: 'B', nested: { at: new Date(1) } },
    edit: (doc) => {
      doc.name = 'A C';
      doc.set('nested.day', 2);
    },
    sends: { $set: { last: 'C', 'nested.at': new Date(2) } },
    narrower: true,
  },
  {
    title: 'immutable paths at every depth keep their value, paths beside them are written',
    schema: () => everywhere({ type: String, immutable: true }),
    raw: stored('x'),
    edit: (doc) => {
      for (const place of holders(doc)) {
        place.fixed = 'y';
        place.free = 'b';
      }
    },
    sends: { $set: EVERY_FREE },
    filter: { __v: 0 },
  },
  {
    title: 'a parent assigned with another value for an immutable path',
    schema: () => everywhere({ type: String, immutable: true }),
    raw: stored('x'),
    edit: (doc) => {
      // Mongoose keeps the value of a subdocument, and takes that of a nested object away.
      doc.sub = both('y', 'b');
      doc.nested = both('y', 'b');
    },
    sends: { $set: { 'sub.free': 'b', 'nested.free': 'b' }, $unset: { 'nested.fixed': 1 } },
    narrower: true,
  },
  {
    title: 'immutable for some documents only',
    schema: () => {
      const immutable = (doc: Doc): boolean => doc.locked;
      return new Schema<Doc>({ locked: Boolean, price: { type: Number, immutable }, fee: { type: Number, immutable } });
    },
    raw: { locked: false, price: 1, fee: 1 },
    edit: (doc) => {
      doc.price = 2;
      doc.locked = true;
      doc.fee = 2;
    },
    sends: { $set: { price: 2, locked: true } },
  },
  {
    title: 'strict: a key that the schema does not have is neither kept nor written',
    schema: () => new Schema<Doc>({ name: String, sub: new Schema<Doc>({ a: Number }, { _id: false }) }),
    raw: { name: 'n', sub: { a: 1 } },
    edit: (doc) => {
      doc.set({ name: 'm', nome: 'x' });
      doc.sub.set('b', 2);
    },
    sends: { $set: { name: 'm' } },
  },
];

/** The one write of a save; the check that plain Mongoose makes of an unchanged document is none. */
async function writeOf(
  Model: Model<Doc>,
  { raw, edit }: Case,
): Promise<[Doc, { filter: Plain; update: Plain } | null]> {
  const doc = await documents.load(Model, raw);
  edit(doc);
  const commands = await documents.commands(Model, () => doc.save());
  const [write, ...more] = commands.filter(({ name }) => name === 'update');
  expect(more).toEqual([]);
  if (write === undefined) return [doc, null];
  const { _id, ...filter } = write.filter ?? {};
  expect(_id).toEqual(doc._id);
  return [doc, { filter, update: write.update ?? {} }];
}

it.each(cases)('$title', async (row) => {
  const { schema, sends, filter = {}, narrower = false } = row;
  const expected = sends === null ? null : { filter, update: sends };
  const [doc, tracked] = await writeOf(await documents.model(schema()), row);
  const [plainDoc, plain] = await writeOf(await documents.plainModel(schema()), row);
  expect(tracked).toEqual(expected);
  if (!narrower) expect(plain).toEqual(expected);
  expect(await documents.stored(doc)).toEqual(await documents.stored(plainDoc));
  expect(await documents.save(doc)).toBeNull();
});

it('a shard key that was changed and saved stands in the next filter', async () => {
  const Region = await documents.model(new Schema<Doc>({ region: String, name: String }, { shardKey: { region: 1 } }));
  const doc = await documents.load(Region, { region: 'eu', name: 'n' });
  doc.region = 'us';
  await doc.save();
  doc.name = 'm';
  expect(await documents.save(doc)).toEqual({
    filter: { _id: doc._id, region: 'us' },
    update: { $set: { name: 'm' } },
  });
});

it("strict: 'throw' refuses a key that the schema does not have, and the document stays as it is", async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }, { strict: 'throw' }));
  const doc = await documents.load(Model, { name: 'n' });
  expect(() => doc.set('nome', 'x')).toThrow(expect.objectContaining({ name: 'StrictModeError' }));
  expect([doc.isModified(), doc.$tracker.isModified()]).toEqual([false, false]);
  expect(await documents.save(doc)).toBeNull();
  expect(await documents.stored(doc)).toEqual({ name: 'n' });
});

it('a value that cannot be cast fails the save, writes nothing and can be taken back', async () => {
  const Model = await documents.model(new Schema<Doc>({ count: Number, items: [{ _id: false, n: Number }] }));
  const doc = await documents.load(Model, { count: 1, items: [{ n: 1 }] });
  doc.count = 'many';
  doc.items[0].n = 'several';
  const commands = await documents.commands(Model, async () => {
    expect((await rejection(doc.save())).name).toBe('ValidationError');
  });
  expect(commands).toEqual([]);
  doc.count = 1;
  doc.items[0].n = 1;
  expect(await documents.save(doc)).toBeNull();
});

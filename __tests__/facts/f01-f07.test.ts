// Traps F1 to F7 of today's Mongoose: values set back, the clean save, whole parents, in-place changes.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

describe('F1 a value set back on a document that was only loaded', () => {
  const long = new Date('2020-01-01');

  it('is no change: nothing is sent, updatedAt stays', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }, { timestamps: true }));
    const doc = await documents.load(Person, { name: 'a', createdAt: long, updatedAt: long });
    doc.name = 'b';
    expect(doc.isModified('name')).toBe(true);
    doc.name = 'a';
    expect(doc.isModified('name')).toBe(false);
    expect(doc.modifiedPaths()).toEqual([]);
    expect(doc.$tracker.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
    expect(doc.updatedAt).toEqual(long);
    expect(await documents.stored(doc)).toEqual({ name: 'a', createdAt: long, updatedAt: long });
  });

  it('is no change after bulkSave() either, also for a nested leaf', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String, nested: { a: String } }));
    const doc = await documents.load(Person, { name: 'a', nested: { a: 'a' } });
    doc.name = 'b';
    await Person.bulkSave([doc]);
    doc.name = 'c';
    doc.nested.a = 'z';
    doc.name = 'b';
    doc.nested.a = 'a';
    expect(doc.isModified()).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it('is a change when the value goes back to what was stored before the last save', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Person, { name: 'a' });
    doc.name = 'b';
    await doc.save();
    doc.name = 'a';
    expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'a' } });
  });
});

describe('F2 the round trip of a clean save', () => {
  it('is not made', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Person, { name: 'a' });
    expect(await documents.commands(Person, () => doc.save())).toEqual([]);
  });

  it("gh-15919 is one find by _id with cleanSave: 'check'", async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }), { cleanSave: 'check' });
    const doc = await documents.load(Person, { name: 'a' });
    const commands = await documents.commands(Person, () => doc.save());
    expect(commands).toEqual([expect.objectContaining({ name: 'find', filter: { _id: doc._id } })]);
    // gh-15919: Mongoose 9 asks for the id only, Mongoose 8 for the whole document.
    expect(commands[0]?.projection).toEqual(mongoose.version.startsWith('8.') ? undefined : { _id: 1 });
  });

  it("is one find for a change that was taken back with cleanSave: 'check'", async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }), { cleanSave: 'check' });
    const doc = await documents.load(Person, { name: 'a' });
    doc.name = 'b';
    doc.name = 'a';
    const commands = await documents.commands(Person, () => doc.save());
    expect(commands.map((command) => command.name)).toEqual(['find']);
  });
});

describe('F3 what the clean save finds out about the stored document', () => {
  it('resolves for a deleted document by default: nothing is asked', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Person, { name: 'a' });
    await Person.deleteOne({ _id: doc._id });
    await expect(doc.save()).resolves.toBe(doc);
  });

  it("throws DocumentNotFoundError with cleanSave: 'check'", async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }), { cleanSave: 'check' });
    const doc = await documents.load(Person, { name: 'a' });
    await Person.deleteOne({ _id: doc._id });
    const error = await rejection(doc.save());
    expect(error).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
  });

  it('throws DocumentNotFoundError for a change of a deleted document, whatever cleanSave is', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Person, { name: 'a' });
    await Person.deleteOne({ _id: doc._id });
    doc.name = 'b';
    const error = await rejection(doc.save());
    expect(error).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
    expect(doc.$tracker.isModified('name')).toBe(true);
  });

  it('still checks the version with optimisticConcurrency', async () => {
    const schema = new Schema<Doc>({ name: String }, { optimisticConcurrency: true });
    const Person = await documents.model(schema);
    const doc = await documents.load(Person, { name: 'a' });
    const other = await documents.again(Person, doc);
    other.name = 'b';
    await other.save();
    const error = await rejection(doc.save());
    expect(error).toBeInstanceOf(mongoose.Error.VersionError);
  });
});

describe('F4 a form that sends the whole document back', () => {
  it('writes the one leaf that differs of a subdocument, a nested object and a document array', async () => {
    const [first, second] = [new mongoose.Types.ObjectId(), new mongoose.Types.ObjectId()];
    const Order = await documents.model(
      new Schema<Doc>({
        customer: new Schema({ name: String, city: String }, { _id: false }),
        delivery: { street: String, town: { zip: String, name: String } },
        lines: [{ sku: String, qty: Number }],
      }),
    );
    const doc = await documents.load(Order, {
      customer: { name: 'Ada', city: 'Oslo' },
      delivery: { street: 's', town: { zip: '1', name: 't' } },
      lines: [
        { _id: first, sku: 'a', qty: 1 },
        { _id: second, sku: 'b', qty: 2 },
      ],
    });
    const body: Doc = JSON.parse(JSON.stringify(doc));
    body.customer.city = 'Bergen';
    body.delivery.town.zip = '2';
    body.lines[1].qty = 3;
    doc.set(body);
    const sent = await documents.save(doc);
    expect(sent?.update).toEqual({
      $set: { 'customer.city': 'Bergen', 'delivery.town.zip': '2', 'lines.1.qty': 3 },
      $inc: { __v: 1 },
    });
    expect(sent?.filter).toEqual({ _id: doc._id, __v: 0 });
  });
});

describe('F5 a parent replaced under a projection', () => {
  const nested = new Schema<Doc>({ n: { a: Number, b: Number } });
  const single = new Schema<Doc>({ n: new Schema({ a: Number, b: Number }, { _id: false }) });

  it.each<[string, Schema<Doc>]>([
    ['nested object', nested],
    ['subdocument', single],
  ])('keeps what was not selected: %s', async (_kind, schema) => {
    const Model = await documents.model(schema);
    const doc = await documents.load(Model, { n: { a: 1, b: 2 } }, { 'n.a': 1 });
    doc.n = { a: 3 };
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'n.a': 3 } });
    expect(await documents.stored(doc)).toEqual({ n: { a: 3, b: 2 } });
  });
});

interface InPlace {
  action: string;
  edit: (doc: Doc) => unknown;
  stored: Plain;
  sends?: Plain;
}

const inPlace: InPlace[] = [
  {
    action: 'a key of Mixed',
    edit: (doc) => {
      doc.mixed.a = 2;
    },
    sends: { $set: { 'mixed.a': 2 } },
    stored: { mixed: { a: 2, deep: { b: 1 } } },
  },
  {
    action: 'a Date setter',
    edit: (doc) => doc.at.setUTCFullYear(2030),
    sends: { $set: { at: new Date('2030-01-01') } },
    stored: { at: new Date('2030-01-01') },
  },
  {
    action: 'an element of [Date]',
    edit: (doc) => doc.dates[1].setUTCFullYear(2030),
    sends: { $set: { 'dates.1': new Date('2030-01-01') } },
    stored: { dates: [new Date('2020-01-01'), new Date('2030-01-01')] },
  },
  {
    action: 'an element of [Mixed]',
    edit: (doc) => {
      doc.list[1].a = 9;
    },
    sends: { $set: { 'list.1.a': 9 } },
    stored: { list: [{ a: 1 }, { a: 9 }] },
  },
  {
    action: 'a value of a Map of Mixed',
    edit: (doc) => {
      doc.map.get('k').a = 9;
    },
    sends: { $set: { 'map.k.a': 9 } },
    stored: { map: { k: { a: 9 } } },
  },
  {
    action: 'a Date in Mixed in a subdocument',
    edit: (doc) => doc.sub.mixed.at.setTime(5),
    sends: { $set: { 'sub.mixed.at': new Date(5) } },
    stored: { sub: { mixed: { at: new Date(5) } } },
  },
  {
    action: 'array.length = n',
    edit: (doc) => {
      doc.tags.length = 1;
    },
    sends: { $set: { tags: ['x'] }, $inc: { __v: 1 } },
    stored: { tags: ['x'] },
  },
  {
    action: 'array.length = 0',
    edit: (doc) => {
      doc.tags.length = 0;
    },
    sends: { $set: { tags: [] }, $inc: { __v: 1 } },
    stored: { tags: [] },
  },
  // BSON has no holes: a deleted element is stored as null.
  { action: 'delete array[i]', edit: (doc) => delete doc.tags[1], stored: { tags: ['x', null, 'z'] } },
  {
    action: 'gh-7797 an index of a nested array',
    edit: (doc) => {
      doc.matrix[1][0] = 9;
    },
    sends: { $set: { 'matrix.1.0': 9 } },
    stored: {
      matrix: [
        [1, 2],
        [9, 4],
      ],
    },
  },
  {
    action: 'fill',
    edit: (doc) => doc.tags.fill('q', 0, 1),
    stored: { tags: ['q', 'y', 'z'] },
  },
  { action: 'copyWithin', edit: (doc) => doc.tags.copyWithin(0, 2), stored: { tags: ['z', 'y', 'z'] } },
  { action: 'reverse', edit: (doc) => doc.tags.reverse(), stored: { tags: ['z', 'y', 'x'] } },
  {
    action: 'buffer[i] =',
    edit: (doc) => {
      doc.buf[0] = 9;
    },
    stored: { buf: Buffer.from([9, 2, 3, 4]) },
  },
  {
    action: 'buffer.subarray()[i] =',
    edit: (doc) => {
      doc.buf.subarray(2)[0] = 9;
    },
    stored: { buf: Buffer.from([1, 2, 9, 4]) },
  },
  {
    action: 'x.copy(buffer)',
    edit: (doc) => Buffer.from([7, 7]).copy(doc.buf),
    stored: { buf: Buffer.from([7, 7, 3, 4]) },
  },
  { action: 'buffer.swap16()', edit: (doc) => doc.buf.swap16(), stored: { buf: Buffer.from([2, 1, 4, 3]) } },
  { action: 'buffer.reverse()', edit: (doc) => doc.buf.reverse(), stored: { buf: Buffer.from([4, 3, 2, 1]) } },
  { action: 'buffer.fill()', edit: (doc) => doc.buf.fill(0), stored: { buf: Buffer.from([0, 0, 0, 0]) } },
];

describe('F6 changes in place that Mongoose does not see are found', () => {
  function schema(): Schema<Doc> {
    return new Schema<Doc>({
      mixed: Schema.Types.Mixed,
      at: Date,
      dates: [Date],
      list: [Schema.Types.Mixed],
      map: { type: Map, of: Schema.Types.Mixed },
      sub: new Schema({ mixed: Schema.Types.Mixed }, { _id: false }),
      tags: [String],
      matrix: [[Number]],
      buf: Buffer,
    });
  }
  const raw = (): Plain => ({
    mixed: { a: 1, deep: { b: 1 } },
    at: new Date('2020-01-01'),
    dates: [new Date('2020-01-01'), new Date('2020-01-01')],
    list: [{ a: 1 }, { a: 2 }],
    map: { k: { a: 1 } },
    sub: { mixed: { at: new Date(1) } },
    tags: ['x', 'y', 'z'],
    matrix: [
      [1, 2],
      [3, 4],
    ],
    buf: Buffer.from([1, 2, 3, 4]),
  });

  it.each(inPlace)('$action', async ({ edit, stored, sends }) => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    edit(doc);
    const [changed = ''] = Object.keys(stored);
    expect(doc.isModified(changed)).toBe(true);
    const update = await documents.updateOf(doc);
    expect(update).not.toBeNull();
    if (sends !== undefined) expect(update).toEqual(sends);
    expect(await documents.stored(doc)).toEqual({ ...raw(), ...stored });
    expect(await documents.save(doc)).toBeNull();
  });

  it.each(inPlace.filter(({ action }) => action !== 'delete array[i]'))(
    'undone in place, sends nothing: $action',
    async ({ edit }) => {
      const Model = await documents.model(schema());
      const doc = await documents.load(Model, raw());
      edit(doc);
      doc.$tracker.revert();
      expect(doc.isModified()).toBe(false);
      expect(await documents.save(doc)).toBeNull();
      expect(await documents.stored(doc)).toEqual(raw());
    },
  );
});

describe('F7 the same mutated object assigned again', () => {
  it('does not hide a Date that was changed before', async () => {
    const Event = await documents.model(new Schema<Doc>({ at: Date }));
    const doc = await documents.load(Event, { at: new Date(0) });
    const date = doc.at;
    date.setTime(7);
    doc.at = date;
    expect(await documents.updateOf(doc)).toEqual({ $set: { at: new Date(7) } });
  });

  it('does not hide a change below a spread copy of Mixed', async () => {
    const Event = await documents.model(new Schema<Doc>({ mixed: Schema.Types.Mixed }));
    const doc = await documents.load(Event, { mixed: { a: { b: 1 }, c: 1 } });
    doc.mixed.a.b = 7;
    doc.mixed = { ...doc.mixed };
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a.b': 7 } });
  });
});

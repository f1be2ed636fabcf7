// Section 7: a save that changes nothing.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const old = new Date('2020-01-01');

it('gh-10076 saves on an interval send nothing, and the hooks run every time', async () => {
  let hooks = 0;
  const schema = new Schema<Doc>({ score: Number });
  schema.pre('save', () => {
    hooks++;
  });
  schema.post('save', () => {
    hooks++;
  });
  const Game = await documents.model(schema);
  const doc = await documents.load(Game, { score: 1 });
  const commands = await documents.commands(Game, async () => {
    for (let time = 0; time < 10; time++) await doc.save();
  });
  expect(commands).toEqual([]);
  expect(hooks).toBe(20);
});

it.each<['skip' | 'check', boolean]>([
  ['skip', false],
  ['check', true],
])(
  "gh-8371 gh-8428 a clean save of a deleted document with cleanSave: '%s' rejects: %s",
  async (cleanSave, rejects) => {
    const Model = await documents.model(new Schema<Doc>({ name: String }), { cleanSave });
    const doc = await documents.load(Model, { name: 'n' });
    await Model.deleteOne({ _id: doc._id });
    if (rejects) expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
    else await expect(doc.save()).resolves.toBe(doc);
  },
);

it('gh-8371 isNew set by the user makes save() insert', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await documents.load(Model, { name: 'n' });
  await Model.deleteOne({ _id: doc._id });
  doc.isNew = true;
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ name: 'n' });
});

it('gh-3227 a change of a deleted document is not lost silently', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await documents.load(Model, { name: 'n' });
  await Model.deleteOne({ _id: doc._id });
  doc.name = 'm';
  expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
});

it("gh-13250 the check of cleanSave: 'check' runs no findOne hooks", async () => {
  let hooks = 0;
  const schema = new Schema<Doc>({ name: String });
  schema.pre('findOne', () => {
    hooks++;
  });
  const Model = await documents.model(schema, { cleanSave: 'check' });
  const doc = await documents.load(Model, { name: 'n' });
  hooks = 0;
  await doc.save();
  expect(hooks).toBe(0);
});

it("gh-13298 the user's own findOne() on the collection is answered by the server", async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await documents.load(Model, { name: 'n' });
  await doc.save();
  const raw = await Model.collection.findOne({ _id: doc._id });
  expect(raw).toEqual({ _id: doc._id, __v: 0, name: 'n' });
});

it('gh-195 a clean save does not empty the document', async () => {
  const Model = await documents.model(new Schema<Doc>({ title: String, tags: [String] }));
  const doc = await documents.load(Model, { title: 'woot', tags: ['x'] });
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ title: 'woot', tags: ['x'] });
});

describe('updatedAt', () => {
  const raw = (): Plain => ({
    name: 'n',
    child: { name: 'c', createdAt: old, updatedAt: old },
    createdAt: old,
    updatedAt: old,
  });
  const schema = (): Schema<Doc> =>
    new Schema<Doc>(
      { name: String, child: new Schema<Doc>({ name: String }, { timestamps: true, _id: false }) },
      { timestamps: true },
    );

  it('gh-3991 gh-4079 stays in memory and in the database when a change was taken back', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.name = 'm';
    doc.child.name = 'd';
    doc.name = 'n';
    doc.child.name = 'c';
    expect(await documents.save(doc)).toBeNull();
    expect(doc.updatedAt).toEqual(old);
    expect(doc.child.updatedAt).toEqual(old);
    expect(await documents.stored(doc)).toEqual(raw());
  });

  it('moves with a change, and with it the one of the subdocument that changed', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.child.name = 'd';
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'child.name': 'd', 'child.updatedAt': expect.any(Date), updatedAt: expect.any(Date) },
    });
  });

  it('gh-4687 stays with { timestamps: false }', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    doc.name = 'm';
    expect(await documents.updateOf(doc, { timestamps: false })).toEqual({ $set: { name: 'm' } });
  });

  it('gh-8071 set by the user is treated as Mongoose treats it', async () => {
    const wanted = new Date('2021-01-01');
    const sentBy = async (Model: Doc): Promise<Plain> => {
      const doc = await documents.load(Model, raw());
      doc.updatedAt = wanted;
      const [command] = await documents.commands(Model, () => doc.save());
      return (command?.update?.['$set'] ?? {}) as Plain;
    };
    const plain = await sentBy(await documents.plainModel(schema()));
    const tracked = await sentBy(await documents.model(schema()));
    expect(Object.keys(tracked)).toEqual(Object.keys(plain));
    const keepsWanted = (sent: Plain): boolean => (sent['updatedAt'] as Date).getTime() === wanted.getTime();
    expect(keepsWanted(tracked)).toBe(keepsWanted(plain));
  });

  it('gh-14250 of a query moves as in Mongoose, and the document keeps its own', async () => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    await Model.updateOne({ _id: doc._id }, { name: 'n' });
    expect((await documents.again(Model, doc)).updatedAt.getTime()).toBeGreaterThan(old.getTime());
    expect(doc.updatedAt).toEqual(old);
    expect(await documents.save(doc)).toBeNull();
  });

  it('takes the time from currentTime', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ mixed: {}, updatedAt: Number, createdAt: Number }, { timestamps: { currentTime: () => 77 } }),
    );
    const doc = await documents.load(Model, { mixed: { a: 1 }, createdAt: 1, updatedAt: 1 });
    doc.mixed.a = 2;
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a': 2, updatedAt: 77 } });
    doc.mixed.a = 3;
    doc.mixed.a = 2;
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-13283 a change made by a pre-save hook on a clean document is written', async () => {
    const own = schema();
    own.pre('save', function (this: Doc) {
      this.name = 'by the hook';
    });
    const Model = await documents.model(own);
    const doc = await documents.load(Model, raw());
    const update = await documents.updateOf(doc);
    expect(update).toEqual({ $set: expect.objectContaining({ name: 'by the hook' }) });
  });

  it('is the old one again when a pre-save hook takes the change back', async () => {
    const own = schema();
    own.pre('save', function (this: Doc) {
      this.name = 'n';
    });
    const Model = await documents.model(own);
    const doc = await documents.load(Model, raw());
    doc.name = 'm';
    expect(await documents.save(doc)).toBeNull();
    expect(doc.updatedAt).toEqual(old);
    expect(await documents.save(doc)).toBeNull();
  });
});

it('nassor/mongoose-history#56 onSaved is called for writes only', async () => {
  const records: unknown[] = [];
  const Model = await documents.model(new Schema<Doc>({ name: String }), {
    onSaved: (record) => {
      records.push(record.changes.map((change) => change.path));
    },
  });
  const doc = await documents.load(Model, { name: 'n' });
  await doc.save();
  doc.name = 'm';
  doc.name = 'n';
  await doc.save();
  expect(records).toEqual([]);
  doc.name = 'm';
  await doc.save();
  expect(records).toEqual([['name']]);
});

it('gh-10437 bulkSave() of clean documents resolves without a call', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }));
  const doc = await documents.load(Model, { name: 'n' });
  const commands = await documents.commands(Model, () => Model.bulkSave([doc]));
  expect(commands).toEqual([]);
});

it('gh-14763 a document whose change was taken back does not count as one that bulkSave() failed to write', async () => {
  const Model = await documents.model(new Schema<Doc>({ name: String }));
  const [one, two] = [await documents.load(Model, { name: '1' }), await documents.load(Model, { name: '2' })];
  one.name = 'changed';
  two.name = 'changed';
  two.name = '2';
  const commands = await documents.commands(Model, () => Model.bulkSave([one, two]));
  expect(commands.map(({ filter }) => filter)).toEqual([{ _id: one._id }]);
});

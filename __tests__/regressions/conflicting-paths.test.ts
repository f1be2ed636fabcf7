// Section 9: updates whose paths exclude each other. `documents.save()` itself fails on such an update.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

interface Case {
  title: string;
  schema: () => Schema<Doc>;
  raw: Plain;
  edit: (doc: Doc) => unknown;
  sends?: Plain;
  stored: Plain;
}

const named = (): Schema<Doc> => new Schema<Doc>({ name: String }, { _id: false });

const cases: Case[] = [
  {
    title: 'gh-651 an element changed and another pushed',
    schema: () => new Schema<Doc>({ list: [named()] }),
    raw: { list: [{ name: 'a' }] },
    edit: (doc) => {
      doc.list[0].name = 'A';
      doc.list.push({ name: 'b' });
    },
    sends: { $set: { 'list.0.name': 'A', 'list.1': { name: 'b' } }, $inc: { __v: 1 } },
    stored: { list: [{ name: 'A' }, { name: 'b' }] },
  },
  {
    title: 'gh-651 an element changed and another pulled',
    schema: () => new Schema<Doc>({ list: [new Schema<Doc>({ _id: Number, name: String })] }),
    raw: {
      list: [
        { _id: 1, name: 'a' },
        { _id: 2, name: 'b' },
      ],
    },
    edit: (doc) => {
      doc.list[1].name = 'B';
      doc.list.pull(1);
    },
    sends: { $set: { list: [{ _id: 2, name: 'B' }] }, $inc: { __v: 1 } },
    stored: { list: [{ _id: 2, name: 'B' }] },
  },
  {
    title: 'gh-651 an element removed after an index was set',
    schema: () => new Schema<Doc>({ list: [String] }),
    raw: { list: ['a', 'b', 'c'] },
    edit: (doc) => {
      doc.list.set(0, 'A');
      doc.list.splice(1, 1);
    },
    sends: { $set: { list: ['A', 'c'] }, $inc: { __v: 1 } },
    stored: { list: ['A', 'c'] },
  },
  {
    title: 'gh-11060 a changed subdocument moved to another path, its old path null',
    schema: () =>
      new Schema<Doc>({ deployments: new Schema<Doc>({ before: named(), after: named() }, { _id: false }) }),
    raw: { deployments: { before: { name: 'foo' } } },
    edit: (doc) => {
      const { before } = doc.deployments;
      before.name = 'bar';
      doc.deployments.before = null;
      doc.deployments.after = before;
    },
    sends: { $set: { 'deployments.before': null, 'deployments.after': { name: 'bar' } } },
    stored: { deployments: { before: null, after: { name: 'bar' } } },
  },
  {
    title: 'gh-16252 gh-16271 a key of Mixed changed, then its parent deleted',
    schema: () => new Schema<Doc>({ mail: Schema.Types.Mixed }),
    raw: { mail: { 207: { read: 0, id: 207 }, 208: { read: 0 } } },
    edit: (doc) => {
      doc.mail[207].read = 1;
      doc.markModified('mail.207.read');
      delete doc.mail[207];
      doc.markModified('mail.207');
    },
    sends: { $unset: { 'mail.207': 1 } },
    stored: { mail: { 208: { read: 0 } } },
  },
  {
    title: 'gh-14952 gh-14963 a subdocument four levels down changed, then null two levels up',
    schema: () => {
      const current = new Schema<Doc>({ id: String }, { _id: false });
      const milestones = new Schema<Doc>({ current }, { _id: false });
      const campaign = new Schema<Doc>({ milestones }, { _id: false });
      return new Schema<Doc>({ quests: [new Schema<Doc>({ campaign }, { _id: false })] });
    },
    raw: { quests: [{ campaign: { milestones: { current: { id: '1' } } } }] },
    edit: (doc) => {
      doc.quests[0].campaign.milestones.current = { id: '1' };
      doc.quests[0].campaign.milestones.current = { id: '2' };
      doc.quests[0].campaign.milestones = null;
    },
    sends: { $set: { 'quests.0.campaign.milestones': null } },
    stored: { quests: [{ campaign: { milestones: null } }] },
  },
  {
    title: 'gh-11764 the leaves of a nested path in an element null, then the path itself',
    schema: () =>
      new Schema<Doc>({ list: [new Schema<Doc>({ quantity: { value: Number, unit: String } }, { _id: false })] }),
    raw: { list: [{ quantity: { value: 1, unit: 'case' } }] },
    edit: (doc) => {
      doc.list[0].quantity.value = null;
      doc.list[0].quantity.unit = null;
      doc.list[0].quantity = null;
    },
    sends: { $set: { 'list.0.quantity': null } },
    stored: { list: [{ quantity: null }] },
  },
  {
    title: 'gh-15519 gh-15520 a Map changed inside, then removed',
    schema: () => new Schema<Doc>({ settings: { type: Map, of: String } }),
    raw: { settings: { a: '1' } },
    edit: (doc) => {
      doc.settings.set('test', 'value');
      doc.settings = undefined;
    },
    sends: { $unset: { settings: 1 } },
    stored: {},
  },
  {
    title: 'gh-15519 a Map of subdocuments with a required field changed inside, then removed',
    schema: () =>
      new Schema<Doc>({
        settings: { type: Map, of: new Schema<Doc>({ value: { type: String, required: true } }, { _id: false }) },
      }),
    raw: { settings: { a: { value: '1' } } },
    edit: (doc) => {
      doc.settings.set('test', { value: 'abc' });
      doc.settings = undefined;
    },
    sends: { $unset: { settings: 1 } },
    stored: {},
  },
  {
    title: 'gh-15108 gh-15114 a subdocument of a Map changed, then its key deleted',
    schema: () => new Schema<Doc>({ owners: { type: Map, of: named() } }),
    raw: { owners: { abc: { name: 'John' }, def: { name: 'Jane' } } },
    edit: (doc) => {
      doc.owners.get('abc').name = undefined;
      doc.owners.delete('abc');
    },
    sends: { $unset: { 'owners.abc': 1 } },
    stored: { owners: { def: { name: 'Jane' } } },
  },
  {
    title: 'gh-15108 an element of a document array in a Map changed, then the array replaced',
    schema: () => new Schema<Doc>({ owners: { type: Map, of: [named()] } }),
    raw: { owners: { abc: [{ name: 'John' }] } },
    edit: (doc) => {
      doc.owners.get('abc')[0].name = undefined;
      doc.owners.set('abc', [{ name: 'Bill' }]);
    },
    stored: { owners: { abc: [{ name: 'Bill' }] } },
  },
  {
    title: 'a leaf changed, then its parent replaced',
    schema: () => new Schema<Doc>({ n: { a: Number, b: { c: Number } } }),
    raw: { n: { a: 1, b: { c: 1 } } },
    edit: (doc) => {
      doc.n.b.c = 2;
      doc.n = { a: 3, b: { c: 4 } };
    },
    sends: { $set: { 'n.a': 3, 'n.b.c': 4 } },
    stored: { n: { a: 3, b: { c: 4 } } },
  },
  {
    title: 'a leaf changed, then its parent removed',
    schema: () => new Schema<Doc>({ n: new Schema<Doc>({ b: named() }, { _id: false }) }),
    raw: { n: { b: { name: 'x' } } },
    edit: (doc) => {
      doc.n.b.name = 'y';
      doc.n = undefined;
    },
    sends: { $unset: { n: 1 } },
    stored: {},
  },
  {
    title: '$inc of a leaf, then its parent replaced (gh-11915)',
    schema: () => new Schema<Doc>({ sub: new Schema<Doc>({ n: Number, m: Number }, { _id: false }) }),
    raw: { sub: { n: 1, m: 1 } },
    edit: (doc) => {
      doc.sub.$inc('n', 1);
      doc.sub = { n: 10, m: 1 };
    },
    sends: { $set: { 'sub.n': 10 } },
    stored: { sub: { n: 10, m: 1 } },
  },
];

it.each(cases)('$title', async ({ schema, raw, edit, sends, stored }) => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw);
  edit(doc);
  const update = await documents.updateOf(doc);
  expect(update).not.toBeNull();
  if (sends !== undefined) expect(update).toEqual(sends);
  expect(await documents.stored(doc)).toEqual(stored);
  expect(await documents.save(doc)).toBeNull();
});

describe('a body that carries _id and __v', () => {
  it('with equal values: neither is written, and a push beside them is', async () => {
    const Model = await documents.model(new Schema<Doc>({ name: String, tags: [String] }));
    const doc = await documents.load(Model, { name: 'n', tags: ['x'] });
    doc.set({ _id: String(doc._id), __v: 0, name: 'm', tags: ['x', 'y'] });
    expect(await documents.updateOf(doc)).toEqual({
      $set: { name: 'm' },
      $push: { tags: { $each: ['y'] } },
      $inc: { __v: 1 },
    });
  });

  it('with an _id that is another one: refused as Mongoose refuses it, nothing written', async () => {
    const Model = await documents.model(new Schema<Doc>({ name: String }));
    const doc = await documents.load(Model, { name: 'n' });
    const { _id } = doc;
    doc.name = 'm';
    doc.set('_id', new mongoose.Types.ObjectId());
    expect(await rejection(doc.save())).toBeInstanceOf(mongoose.Error.DocumentNotFoundError);
    expect(await documents.stored(await documents.again(Model, { _id }))).toEqual({ name: 'n' });
  });
});

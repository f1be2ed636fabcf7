// Section 20 ($clone) and 16 (documents compared, printed and copied): tracking must not show and must not be shared.
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const profile = (): Schema<Doc> =>
  new Schema<Doc>({
    name: String,
    arr: [Number],
    sub: new Schema<Doc>({ a: Number }, { _id: false }),
    list: [
      new Schema<Doc>({ city: String, contacts: [new Schema<Doc>({ phone: String }, { _id: false })] }, { _id: false }),
    ],
    images: { type: Map, of: new Schema<Doc>({ url: String }, { _id: false }) },
    mixed: {},
    at: Date,
  });

async function user(): Promise<{ User: Model<Doc>; doc: Doc }> {
  const User = await documents.model(profile());
  const doc = await documents.load(User, {
    name: 'n',
    arr: [1, 2],
    sub: { a: 1 },
    list: [
      { city: 'Denver', contacts: [{ phone: '1' }] },
      { city: 'Miami', contacts: [] },
    ],
    images: { avatar: { url: 'u' } },
    mixed: { a: { b: 1 } },
    at: new Date(0),
  });
  return { User, doc };
}

const edits: [string, (doc: Doc) => unknown, string][] = [
  [
    'a value',
    (doc) => {
      doc.name = 'm';
    },
    'name',
  ],
  ['push (gh-16281)', (doc) => doc.arr.push(3), 'arr.2'],
  [
    'a leaf of a subdocument (gh-15901)',
    (doc) => {
      doc.sub.a = 2;
    },
    'sub.a',
  ],
  [
    'a leaf of an element (gh-15625)',
    (doc) => {
      doc.list[0].city = 'Austin';
    },
    'list.0.city',
  ],
  [
    'a leaf of an element of an element (gh-15954)',
    (doc) => {
      doc.list[0].contacts[0].phone = '2';
    },
    'list.0.contacts.0.phone',
  ],
  [
    'a subdocument of a Map (gh-15954)',
    (doc) => {
      doc.images.get('avatar').url = 'v';
    },
    'images.avatar.url',
  ],
  [
    'Mixed in place',
    (doc) => {
      doc.mixed.a.b = 2;
    },
    'mixed.a.b',
  ],
  ['a Date in place', (doc) => doc.at.setTime(5), 'at'],
];

describe.each(edits)('gh-14353 $clone() and %s', (_title, edit, path) => {
  it('changed in the clone does not touch the original', async () => {
    const { doc } = await user();
    const before = JSON.stringify(doc);
    const clone = doc.$clone();
    expect(clone.$tracker.isModified()).toBe(false);
    edit(clone);
    expect(Object.keys(clone.$tracker.getChanges())).toEqual([path]);
    expect(doc.$tracker.isModified()).toBe(false);
    expect(JSON.stringify(doc)).toBe(before);
    expect(await documents.save(doc)).toBeNull();
    expect(await documents.save(clone)).not.toBeNull();
  });

  it('changed in the original does not touch the clone', async () => {
    const { doc } = await user();
    const clone = doc.$clone();
    edit(doc);
    expect(Object.keys(doc.$tracker.getChanges())).toEqual([path]);
    expect(clone.$tracker.isModified()).toBe(false);
    expect(await documents.save(clone)).toBeNull();
  });

  it('changed before the clone is a change of both', async () => {
    const { doc } = await user();
    edit(doc);
    const clone = doc.$clone();
    expect(clone.isModified()).toBe(true);
    await clone.save();
    const { _id, __v, ...inMemory } = onWire(clone.toObject({ flattenMaps: true })) as Plain;
    expect({ _id, __v }).toEqual({ _id: doc._id, __v: clone.__v });
    expect(await documents.stored(clone)).toEqual(inMemory);
    expect(doc.$tracker.isModified()).toBe(true);
  });
});

it('gh-15954 deleteOne() of an element of the clone removes it there only', async () => {
  const Model = await documents.model(new Schema<Doc>({ list: [{ city: String }] }));
  const doc: Doc = await Model.create({ list: [{ city: 'Denver' }, { city: 'Miami' }] });
  const clone = doc.$clone();
  clone.list[0].deleteOne();
  expect(doc.list).toHaveLength(2);
  expect(clone.list).toHaveLength(1);
  expect(doc.isModified()).toBe(false);
});

it('gh-7700 two loads of one document are equal, tracked or not', async () => {
  const { User, doc } = await user();
  const other = await documents.again(User, doc);
  expect([doc.mixed, doc.arr]).toHaveLength(2);
  doc.name = 'm';
  doc.name = 'n';
  expect(doc.toObject({ flattenMaps: true })).toEqual(other.toObject({ flattenMaps: true }));
  expect(doc.equals(other)).toBe(true);
  expect(JSON.stringify(doc)).toBe(JSON.stringify(other));
});

it('gh-4260 what tracks a document is not seen by keys, JSON, toObject() and print', async () => {
  const { doc } = await user();
  const plainModel = await documents.plainModel(profile());
  const plain = await documents.load(plainModel, { ...(await documents.stored(doc)) });
  doc.mixed.a.b = 2;
  plain.mixed.a.b = 2;
  expect(Object.keys(doc)).toEqual(Object.keys(plain));
  expect(Object.keys(doc.toObject())).toEqual(Object.keys(plain.toObject()));
  expect(Object.keys(JSON.parse(JSON.stringify(doc)) as object)).toEqual(
    Object.keys(JSON.parse(JSON.stringify(plain)) as object),
  );
  expect(inspect(doc).replace(String(doc._id), '')).toBe(inspect(plain).replace(String(plain._id), ''));
});

it('new Model(doc.toObject()) is a new document without a history', async () => {
  const { User, doc } = await user();
  doc.name = 'm';
  const copy: Doc = new User({ ...doc.toObject(), _id: new mongoose.Types.ObjectId() });
  expect(copy.isNew).toBe(true);
  expect(copy.$tracker.lastSave).toBeNull();
  await copy.save();
  expect(copy.$tracker.wasNew).toBe(true);
  expect(await documents.save(copy)).toBeNull();
});

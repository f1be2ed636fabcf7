// Section 14: minimize, and paths that the schema does not have.
import { Schema } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

describe('minimize', () => {
  it('gh-13782 gh-13843 Mixed set to an empty object is unset', async () => {
    const Model = await documents.model(new Schema<Doc>({ mixed: {}, name: String }));
    const doc = await documents.load(Model, { mixed: { a: 1 }, name: 'n' });
    doc.mixed = {};
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ name: 'n' });
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-14420 a subdocument set to an empty object is unset', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ sub: new Schema<Doc>({ name: String, age: Number }, { _id: false }) }),
    );
    const doc = await documents.load(Model, { sub: { name: 'n', age: 1 } });
    doc.sub = {};
    await doc.save();
    const again = await documents.again(Model, doc);
    expect(again.toObject().sub).toBeUndefined();
    expect(await documents.save(again)).toBeNull();
  });

  it('gh-14437 the last key of Mixed deleted: load, save, load is stable', async () => {
    const Model = await documents.model(new Schema<Doc>({ mixed: {}, name: String }));
    const doc = await documents.load(Model, { mixed: { a: { b: 1 } }, name: 'n' });
    delete doc.mixed.a.b;
    await doc.save();
    const again = await documents.again(Model, doc);
    expect(await documents.save(again)).toBeNull();
    expect(again.isModified()).toBe(false);
  });

  it('gh-14445 gh-14504 a default that is empty is not written as null', async () => {
    const sub = new Schema<Doc>({ name: String }, { _id: false });
    const Model = await documents.model(new Schema<Doc>({ name: String, sub: { type: sub, default: {} } }));
    const { _id } = await Model.create({ name: 'n' });
    const doc = await documents.again(Model, { _id });
    doc.name = 'm';
    await doc.save();
    expect((await documents.stored(doc))['sub']).toBeUndefined();
    const again = await documents.again(Model, { _id });
    expect(again.toObject({ minimize: false }).sub).toEqual({});
    expect(again.isModified()).toBe(false);
    await again.save();
    expect(await documents.stored(again)).toEqual({ name: 'm' });
  });

  it('gh-14596 minimize: false keeps the empty object', async () => {
    const Model = await documents.model(
      new Schema<Doc>(
        { mixed: {}, sub: new Schema<Doc>({ a: Number }, { _id: false, minimize: false }) },
        { minimize: false },
      ),
    );
    const doc = await documents.load(Model, { mixed: { a: 1 }, sub: { a: 1 } });
    doc.mixed = {};
    doc.sub = {};
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ mixed: {}, sub: {} });
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-14058 gh-11247 a required subdocument is kept though it is empty', async () => {
    const foo = new Schema<Doc>({ bar: String }, { _id: false });
    const Model = await documents.model(new Schema<Doc>({ foo: { type: foo, required: true } }));
    const doc = await documents.load(Model, { foo: { bar: 'b' } });
    doc.foo = {};
    await doc.save();
    const again = await documents.again(Model, doc);
    expect(again.toObject().foo).toEqual({});
    await expect(again.validate()).resolves.toBeUndefined();
  });

  it('gh-15313 gh-15336 minimize: false of one path', async () => {
    const free = new Schema<Doc>({}, { strict: false, _id: false });
    const Model = await documents.model(new Schema<Doc>({ my: { type: free, minimize: false } }));
    const doc = await documents.load(Model, { my: { a: 1 } });
    doc.my = {};
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ my: {} });
  });

  it('gh-16393 gh-7322 an element whose keys are all gone is not null', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ items: [new Schema<Doc>({ rate: Number, amount: Number }, { _id: false })] }),
    );
    const doc = await documents.load(Model, { items: [{ rate: 19 }, { rate: 1, amount: 2 }] });
    doc.items[1].rate = undefined;
    doc.items[1].amount = undefined;
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ items: [{ rate: 19 }, {}] });
    const again = await documents.again(Model, doc);
    again.items = [{ rate: 19 }, { rate: undefined }];
    expect(await documents.save(again)).toBeNull();
    again.items.push({});
    await again.save();
    expect(await documents.stored(again)).toEqual({ items: [{ rate: 19 }, {}, {}] });
  });
});

describe('strict: false', () => {
  const loose = (): Schema<Doc> =>
    new Schema<Doc>(
      { name: String, sub: new Schema<Doc>({ a: Number }, { strict: false, _id: false }) },
      { strict: false },
    );

  it('gh-5378 set() of a path without a schema: the leaf, and nothing when it is set back', async () => {
    const Model = await documents.model(loose());
    const doc = await documents.load(Model, { name: 'n', extra: { a: 1, b: 2 } });
    doc.set('extra.a', 5);
    expect(doc.isModified('extra')).toBe(true);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'extra.a': 5 } });
    doc.set('extra.a', 6);
    doc.set('extra.a', 5);
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-1994 a new path without a schema is written', async () => {
    const Model = await documents.model(loose());
    const doc = await documents.load(Model, { name: 'n' });
    doc.set('more', { deep: [1] });
    expect(await documents.updateOf(doc)).toEqual({ $set: { more: { deep: [1] } } });
    expect(await documents.stored(doc)).toEqual({ name: 'n', more: { deep: [1] } });
  });

  it('gh-13315 a path without a schema in a subdocument', async () => {
    const Model = await documents.model(loose());
    const doc = await documents.load(Model, { name: 'n', sub: { a: 1, free: 'f' } });
    doc.sub.set('free', 'g');
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.free': 'g' } });
  });

  it('gh-11309 a nested array without a schema, marked after the change, is written', async () => {
    const Model = await documents.model(loose());
    const doc = await documents.load(Model, { name: 'n', list: [[1, 2], [3]] });
    doc._doc.list[0].push(9);
    doc.markModified('list');
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ name: 'n', list: [[1, 2, 9], [3]] });
  });
});

it('gh-4480 a path that is ignored is neither validated nor written', async () => {
  const Model = await documents.model(
    new Schema<Doc>({
      name: { type: String, required: true },
      child: new Schema<Doc>({ name: { type: String, required: true } }, { _id: false }),
      children: [new Schema<Doc>({ name: { type: String, required: true } }, { _id: false })],
    }),
  );
  const raw = { name: 'n', child: { name: 'c' }, children: [{ name: 'd' }] };
  const doc = await documents.load(Model, raw);
  doc.name = null;
  doc.$ignore('name');
  doc.child.name = null;
  doc.child.$ignore('name');
  doc.children[0].name = null;
  doc.children[0].$ignore('name');
  await doc.save();
  expect(await documents.stored(doc)).toEqual(raw);
});

it('gh-12905 a new default inside a subdocument is written by the next save', async () => {
  const sub = new Schema<Doc>({ a: String, b: { type: String, default: 'new' } }, { _id: false });
  const Model = await documents.model(
    new Schema<Doc>({ sub: { type: sub, default: () => ({}) }, top: { type: String, default: 'hello' } }),
  );
  const doc = await documents.load(Model, { sub: { a: 'stored' } });
  expect(doc.isModified()).toBe(false);
  expect(onWire(doc.$tracker.getUpdate())).toEqual({ $set: { top: 'hello', 'sub.b': 'new' } });
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ sub: { a: 'stored', b: 'new' }, top: 'hello' });
  expect(await documents.save(doc)).toBeNull();
});

it('gh-14722 a subdocument set to what it is leaves no default to write', async () => {
  const sub = new Schema<Doc>({ name: { type: String, required: true }, email: String });
  const Model = await documents.model(new Schema<Doc>({ name: String, updater: sub }, { versionKey: false }));
  const updater = { _id: '66852317541ef0e22ae5214c', name: 'n', email: 'e' };
  const { _id } = await Model.create({ name: 'taco', updater });
  const doc = await documents.again(Model, { _id });
  doc.name = 'other';
  doc.updater = updater;
  expect(doc.$isDefault('updater._id')).toBe(false);
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'other' } });
});

// Section 20: hooks of subdocuments, validation of what changed, bulkSave() and its hooks.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

it.each<[string, (parent: Doc) => Doc]>([
  ['an element', (child) => ({ children: [child] })],
  ['a subdocument', (child) => ({ children: child })],
])(
  'gh-14677 validateModifiedOnly: the leaf that changed, and the whole of %s that was replaced',
  async (kind, shape) => {
    const child = new Schema<Doc>({ a: { type: String, required: true }, b: String }, { _id: false });
    const Model = await documents.model(new Schema<Doc>(shape(child)));
    const single = kind === 'a subdocument';
    const doc = await documents.load(Model, shape({ b: 'stored without a' }));
    const options = { validateModifiedOnly: true };
    if (single) doc.children.b = 'changed';
    else doc.children[0].b = 'changed';
    await expect(doc.validate(options)).resolves.toBeUndefined();
    expect(await rejection(doc.validate())).toBeInstanceOf(mongoose.Error.ValidationError);
    if (single) doc.children = { b: 'replaced' };
    else doc.children[0] = { b: 'replaced' };
    const error = await rejection(doc.validate(options));
    expect(Object.keys(error.errors)).toContain(single ? 'children.a' : 'children.0.a');
  },
);

it('gh-13876 gh-14591 pre-validate hooks of subdocuments five levels down, after a save', async () => {
  let calls: string[] = [];
  const level = (path: string, type: unknown): Schema<Doc> => {
    const schema = new Schema<Doc>({ [path]: type });
    schema.pre('validate', () => {
      calls.push(path);
    });
    return schema;
  };
  const schema = level('a', level('b', level('c', level('d', level('e', String)))));
  const Model = await documents.model(schema);
  const doc: Doc = await Model.create({ a: { b: { c: { d: { e: 'first' } } } } });
  calls = [];
  doc.set({ 'a.b.c.d.e': 'second' });
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'a.b.c.d.e': 'second' } });
  expect([...calls].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('gh-13609 gh-13582 subdocuments are clean after the save of their parent', async () => {
  const element = (): Schema<Doc> => new Schema<Doc>({ name: String }, { _id: false });
  const Model = await documents.model(
    new Schema<Doc>({
      nested: { type: new Schema<Doc>({ name: String, elements: [element()] }, { _id: false }), default: {} },
      elements: [element()],
      map: { type: Map, of: element() },
    }),
  );
  const doc: Doc = new Model({ map: { k: { name: '0' } } });
  doc.nested.name = 'n';
  doc.nested.elements.push({ name: '1' });
  doc.elements.push({ name: '2' });
  const subdocuments = (): Doc[] => [doc.nested, doc.nested.elements[0], doc.elements[0], doc.map.get('k')];
  for (const name of ['inserted', 'updated']) {
    for (const subdocument of subdocuments()) subdocument.name = name;
    await doc.save();
    for (const subdocument of subdocuments()) {
      expect(subdocument.modifiedPaths()).toEqual([]);
      expect(subdocument.isModified()).toBe(false);
      expect(subdocument.$tracker.isModified()).toBe(false);
    }
  }
});

it('gh-3219 gh-7929 save hooks of subdocuments run in their order, with the plugin on every schema', async () => {
  const calls: number[] = [];
  const grandchild = new Schema<Doc>({ value: Number }, { _id: false });
  const child = new Schema<Doc>({ children: [grandchild] }, { _id: false });
  const parent = new Schema<Doc>({ children: [child] });
  grandchild.pre('save', () => {
    calls.push(1);
  });
  child.pre('save', () => {
    calls.push(2);
  });
  parent.pre('save', () => {
    calls.push(3);
  });
  const Model = await documents.model(parent);
  const doc = await documents.load(Model, { children: [{ children: [{ value: 1 }] }] });
  doc.children[0].children[0].value = 2;
  await doc.save();
  expect(calls).toEqual([1, 2, 3]);
});

it('gh-4676 a pre-save hook of a subdocument sees its own change and its own original', async () => {
  const seen: unknown[] = [];
  const child = new Schema<Doc>({ at: Date, name: String }, { _id: false });
  child.pre('save', function (this: Doc) {
    seen.push(this.isModified('at'), this.isModified('name'), this.$tracker.original('at'));
  });
  const Model = await documents.model(new Schema<Doc>({ child }));
  const doc = await documents.load(Model, { child: { at: new Date(0), name: 'n' } });
  doc.child.at.setTime(5);
  await doc.save();
  expect(seen).toEqual([true, false, new Date(0)]);
});

it('gh-13799 a change made by a pre-save hook in bulkSave() is written', async () => {
  const schema = new Schema<Doc>({ name: String, age: Number });
  schema.pre('save', function (this: Doc) {
    this.age = Number(this.age) + 1;
  });
  const Person = await documents.model(schema);
  const doc = await documents.load(Person, { name: 'n', age: 59 });
  const [command] = await documents.commands(Person, () => Person.bulkSave([doc]));
  expect(command?.update).toEqual({ $set: { age: 60 } });
});

it('gh-14763 gh-14837 bulkSave() reports the documents that were not matched, and writes the others', async () => {
  const Model = await documents.model(new Schema<Doc>({ bar: Number }, { optimisticConcurrency: true }));
  const [stale, fresh] = [await documents.load(Model, { bar: 0 }), await documents.load(Model, { bar: 0 })];
  const other = await documents.again(Model, stale);
  other.bar = 99;
  await other.save();
  stale.bar = 2;
  fresh.bar = 2;
  const error = await rejection(Model.bulkSave([stale, fresh]));
  expect(error.name).toBe('MongooseBulkSaveIncompleteError');
  expect(error.numDocumentsNotUpdated).toBe(1);
  expect(await documents.stored(fresh)).toEqual({ bar: 2 });
});

it('gh-11913 gh-15484 nested set() with merge marks what it changes, also the second time', async () => {
  const Model = await documents.model(new Schema<Doc>({ n: { a: Number, b: Number, deep: { c: Number, d: Number } } }));
  const doc = await documents.load(Model, { n: { a: 1, b: 1, deep: { c: 1, d: 1 } } });
  doc.set('n', { a: 2, deep: { c: 2 } }, { merge: true });
  doc.set('n', { deep: { d: 2 } }, { merge: true });
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'n.a': 2, 'n.deep.c': 2, 'n.deep.d': 2 } });
  expect(await documents.stored(doc)).toEqual({ n: { a: 2, b: 1, deep: { c: 2, d: 2 } } });
});

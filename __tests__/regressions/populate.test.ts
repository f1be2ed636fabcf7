// Section 14: populated paths. A reference is its id, whether populated or not.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
let Author: Model<Doc>;
let authors: Doc[];

beforeAll(async () => {
  Author = await documents.model(new Schema<Doc>({ name: String }));
});

beforeEach(async () => {
  authors = await Author.create([{ name: 'one' }, { name: 'two' }, { name: 'three' }]);
});

const id = (index: number): mongoose.Types.ObjectId => authors[index]._id as mongoose.Types.ObjectId;

async function books(): Promise<Model<Doc>> {
  const ref = (): object => ({ type: Schema.Types.ObjectId, ref: Author.modelName });
  return documents.model(
    new Schema<Doc>({
      title: String,
      author: ref(),
      authors: [ref()],
      nested: { author: ref() },
      items: [{ _id: false, author: ref(), role: String }],
      byRole: { type: Map, of: ref() },
    }),
  );
}

async function book(): Promise<Doc> {
  return documents.load(await books(), {
    title: 't',
    author: id(0),
    authors: [id(0), id(1)],
    nested: { author: id(0) },
    items: [
      { author: id(0), role: 'editor' },
      { author: id(1), role: 'writer' },
    ],
    byRole: { lead: id(0) },
  });
}

const everything = ['author', 'authors', 'nested.author', 'items.author', 'byRole.$*'];

it('gh-477 populate() and depopulate() are no change', async () => {
  const doc = await book();
  await doc.populate(everything);
  expect(doc.author.name).toBe('one');
  expect(doc.byRole.get('lead').name).toBe('one');
  expect(doc.isModified()).toBe(false);
  expect(doc.$tracker.diff()).toEqual([]);
  expect(await documents.save(doc)).toBeNull();
  // Without the Map: Mongoose replaces it with an array of its ids there.
  doc.depopulate(everything.filter((path) => !path.startsWith('byRole')));
  expect(doc.author).toEqual(id(0));
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-1496 the paths of a query that populates are no change', async () => {
  const { _id, constructor } = await book();
  const doc: Doc = await constructor.findById(_id).populate(everything).orFail();
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-2214 a change of the populated document is not one of its parent', async () => {
  const doc = await book();
  await doc.populate(everything);
  doc.author.name = 'renamed';
  doc.authors[1].name = 'renamed';
  expect(doc.$tracker.isModified()).toBe(false);
  expect(doc.author.$tracker.getChanges()).toEqual({ name: 'renamed' });
  expect(await documents.save(doc)).toBeNull();
  expect(await documents.updateOf(doc.author)).toEqual({ $set: { name: 'renamed' } });
});

it('gh-2250 an array assigned documents with the ids it has', async () => {
  const doc = await book();
  doc.authors = [authors[0], authors[1]];
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
  await doc.populate('authors');
  doc.authors = [id(0), id(1)];
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-3308 another document assigned to a populated path writes its id', async () => {
  const doc = await book();
  await doc.populate(everything);
  doc.author = authors[2];
  doc.nested.author = authors[2];
  doc.items[0].author = authors[2];
  doc.byRole.set('lead', authors[2]);
  expect(onWire(doc.$tracker.diff())).toEqual(
    ['author', 'byRole.lead', 'items.0.author', 'nested.author'].map((path) => ({
      path,
      type: 'update',
      from: id(0),
      to: id(2),
    })),
  );
  expect(await documents.updateOf(doc)).toEqual({
    $set: { author: id(2), 'nested.author': id(2), 'items.0.author': id(2), 'byRole.lead': id(2) },
  });
});

it('ts-patch-mongoose#187 Masquerade-Circus#6 originals and changes hold ids, not whole documents', async () => {
  const doc = await book();
  await doc.populate(everything);
  doc.author = authors[1];
  doc.authors.push(authors[2]);
  const changes = doc.$tracker.diff() as Doc[];
  expect(changes.map(({ path }) => path)).toEqual(['author', 'authors.2']);
  for (const { from, to } of changes) {
    for (const value of [from, to]) {
      if (value !== undefined) expect(value).toBeInstanceOf(mongoose.Types.ObjectId);
    }
  }
  expect(doc.$tracker.original('authors')).toEqual([id(0), id(1)]);
  expect(doc.$tracker.original().nested).toEqual({ author: id(0) });
});

it('gh-14627 a path that was changed and populated again stays changed', async () => {
  const doc = await book();
  await doc.populate('author');
  doc.author = id(1);
  await doc.populate('author');
  expect(doc.author.name).toBe('two');
  expect(await documents.updateOf(doc)).toEqual({ $set: { author: id(1) } });
});

it('gh-1635 gh-14883 push of an id to a populated array', async () => {
  const doc = await book();
  await doc.populate('authors');
  doc.authors.push(id(2));
  expect(await documents.updateOf(doc)).toEqual({ $push: { authors: { $each: [id(2)] } }, $inc: { __v: 1 } });
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ authors: [id(0), id(1), id(2)] }));
});

it('gh-1635 pull of an id from a populated array', async () => {
  const doc = await book();
  await doc.populate('authors');
  doc.authors.pull(id(0));
  await doc.save();
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ authors: [id(1)] }));
  expect(await documents.save(doc)).toBeNull();
});

it('gh-7889 push, populate, push again: both are written', async () => {
  const doc = await documents.load(await books(), { title: 't', author: id(0), authors: [id(0)], items: [] });
  doc.authors.push(authors[1]);
  await doc.populate('authors');
  doc.authors.push(authors[2]);
  await doc.save();
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ authors: [id(0), id(1), id(2)] }));
});

it('gh-1348 unshift on a populated array writes ids', async () => {
  const doc = await book();
  await doc.populate('authors');
  doc.authors.unshift(authors[2]);
  await doc.save();
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ authors: [id(2), id(0), id(1)] }));
});

it('a virtual that is populated is no path: nothing is compared or written', async () => {
  const Text = await documents.model(new Schema<Doc>({ writer: Schema.Types.ObjectId }));
  const schema = new Schema<Doc>({ name: String });
  schema.virtual('texts', { ref: Text.modelName, localField: '_id', foreignField: 'writer' });
  const Writer = await documents.model(schema);
  const { _id } = await Writer.create({ name: 'w' });
  await Text.create({ writer: _id });
  const doc: Doc = await Writer.findById(_id).populate('texts').orFail();
  expect(doc.texts).toHaveLength(1);
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('a reference to a document that is gone stays stored', async () => {
  const doc = await book();
  await Author.deleteOne({ _id: id(0) });
  await doc.populate(['author', 'authors']);
  expect(doc.author).toBeNull();
  expect(doc.$tracker.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
  expect(await documents.stored(doc)).toEqual(expect.objectContaining({ author: id(0), authors: [id(0), id(1)] }));
});

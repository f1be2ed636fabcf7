// Section 20: getters must not be seen by the comparison, nested arrays, values of other classes.
import mongoose, { Schema } from 'mongoose';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

it('gh-13774 a getter of an array neither changes it nor what is compared', async () => {
  const Model = await documents.model(
    new Schema<Doc>({
      tags: { type: [String], get: (tags: string[]) => [...tags].map((tag) => tag.toUpperCase()) },
      name: String,
    }),
  );
  const doc = await documents.load(Model, { tags: ['x', 'y'], name: 'n' });
  expect([...doc.tags]).toEqual(['X', 'Y']);
  expect(doc.isModified()).toBe(false);
  expect(doc.$tracker.original('tags')).toEqual(['x', 'y']);
  doc.name = 'm';
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'm' } });
  doc.tags = ['x', 'z'];
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'tags.1': 'z' }, $inc: { __v: 1 } });
});

it('gh-13657 a getter of the values of a Map is not written', async () => {
  const Model = await documents.model(
    new Schema<Doc>({
      map: { type: Map, of: { type: String, get: (value: string) => `got ${value}` } },
    }),
  );
  const doc = await documents.load(Model, { map: { a: '1', b: '2' } });
  expect(doc.get('map.a')).toBe('got 1');
  doc.map.set('b', '3');
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'map.b': '3' } });
  expect(await documents.stored(doc)).toEqual({ map: { a: '1', b: '3' } });
});

it('gh-9501 a getter that always answers the same hides no change', async () => {
  const Model = await documents.model(
    new Schema<Doc>({
      secret: { type: String, get: () => '***' },
      at: { type: Date, get: () => 'a date' },
      mixed: { type: Schema.Types.Mixed, get: () => 'mixed' },
    }),
  );
  const doc = await documents.load(Model, { secret: 'a', at: new Date(0), mixed: { a: 1 } });
  expect([doc.secret, doc.at, doc.mixed]).toEqual(['***', 'a date', 'mixed']);
  doc.secret = 'b';
  doc.at = new Date(5);
  doc.mixed = { a: 2 };
  expect(await documents.updateOf(doc)).toEqual({ $set: { secret: 'b', at: new Date(5), 'mixed.a': 2 } });
  doc.secret = 'c';
  doc.secret = 'b';
  expect(await documents.save(doc)).toBeNull();
});

it('gh-13372 elements of nested arrays', async () => {
  const Model = await documents.model(new Schema<Doc>({ matrix: [[Number]] }));
  const doc = await documents.load(Model, {
    matrix: [
      [1, 2],
      [3, 4],
    ],
  });
  doc.matrix[0][0] = 2;
  doc.matrix[1][1] = 5;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'matrix.0.0': 2, 'matrix.1.1': 5 } });
  doc.matrix[0][0] = 9;
  doc.matrix[0][0] = 2;
  expect(await documents.save(doc)).toBeNull();
});

it('gh-9457 a new document with arrays is inserted, and its arrays are tracked from then on', async () => {
  const Model = await documents.model(
    new Schema<Doc>({ tags: [String], items: [new Schema<Doc>({ q: Number }, { _id: false })] }),
  );
  const doc: Doc = new Model({ tags: ['x'], items: [{ q: 1 }] });
  doc.tags.push('y');
  doc.items[0].q = 2;
  await documents.inSession((session) =>
    session.withTransaction(async () => {
      await doc.save({ session });
    }),
  );
  expect(await documents.stored(doc)).toEqual({ tags: ['x', 'y'], items: [{ q: 2 }] });
  doc.tags.push('z');
  expect(await documents.updateOf(doc)).toEqual({ $push: { tags: { $each: ['z'] } }, $inc: { __v: 1 } });
});

it('gh-16190 two Sets are equal by their members', async () => {
  const Model = await documents.model(new Schema<Doc>({ mixed: Schema.Types.Mixed }));
  const doc: Doc = await Model.create({ mixed: { n: 1 } });
  doc.mixed = { set: new Set([1, 2]) };
  doc.$tracker.reset();
  doc.mixed = { set: new Set([1, 2]) };
  expect(doc.isModified()).toBe(false);
  doc.mixed = { set: new Set([1, 3]) };
  expect(doc.isModified()).toBe(true);
});

it('gh-16230 a document with a method named $set inside Mixed is a value, not an update', async () => {
  const Other = await documents.model(new Schema<Doc>({ name: String }));
  const Model = await documents.model(new Schema<Doc>({ mixed: Schema.Types.Mixed }));
  const doc = await documents.load(Model, { mixed: { a: 1 } });
  const other: Doc = await Other.create({ name: 'other' });
  doc.mixed = { other };
  await doc.save();
  const stored = (await documents.stored(doc)) as Doc;
  expect(stored.mixed.other).toEqual(expect.objectContaining({ _id: other._id, name: 'other' }));
  expect(await documents.save(doc)).toBeNull();
});

/** A container of the user's own that says itself which operators it needs. */
class Bag {
  private added: string[] = [];
  constructor(readonly values: string[]) {}

  add(value: string): void {
    this.values.push(value);
    this.added.push(value);
  }

  getAtomics(): [string, unknown][] {
    return this.added.length > 0 ? [['$addToSet', { $each: [...this.added] }]] : [];
  }

  clearAtomics(): void {
    this.added = [];
  }

  toObject(): string[] {
    return [...this.values];
  }

  toBSON(): string[] {
    return this.toObject();
  }
}

it('gh-15817 a container with getAtomics() sends its own operators', async () => {
  class BagType extends mongoose.SchemaType {
    override cast(value: unknown): unknown {
      return value instanceof Bag ? value : new Bag([...(value as string[])]);
    }
  }
  const schema = new Schema<Doc>({ name: String });
  (schema as Doc).path('bag', new (BagType as Doc)('bag', {}));
  const Model = await documents.model(schema);
  const doc = await documents.load(Model, { name: 'n', bag: ['x'] });
  doc.bag.add('y');
  doc.markModified('bag');
  const update = await documents.updateOf(doc);
  expect(update?.['$addToSet']).toEqual({ bag: { $each: ['y'] } });
  expect(await documents.stored(doc)).toEqual({ name: 'n', bag: ['x', 'y'] });
});

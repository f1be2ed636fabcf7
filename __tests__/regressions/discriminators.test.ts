// Section 14: discriminators, of models and of subdocuments.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import cowTracking from '../../lib';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

// The types of a schema's own type parameters do not matter to a plugin that is given to another instance.
type PluginFunction = (schema: Doc, options?: Doc) => void;

async function shapes(options?: Plain): Promise<{ Shape: Model<Doc>; Square: Model<Doc>; records: string[] }> {
  const records: string[] = [];
  const Shape = await documents.model(new Schema<Doc>({ name: String, tags: [String] }, { discriminatorKey: 'kind' }), {
    onSaved: (record) => {
      records.push(record.changes.map((change) => change.path).join());
    },
  });
  const Square = Shape.discriminator<Doc>(
    `${Shape.modelName}Square`,
    new Schema<Doc>({
      side: Number,
      mixed: {},
      place: { x: Number, y: Number },
      sub: new Schema<Doc>({ m: {}, n: Number }, { _id: false }),
    }),
    options,
  );
  return { Shape, Square, records };
}

const square = (kind: string): Plain => ({
  kind,
  name: 's',
  tags: ['x'],
  side: 1,
  mixed: { a: 1, b: 1 },
  place: { x: 1, y: 1 },
  sub: { m: { a: 1 }, n: 1 },
});

it('gh-11428 several nested paths that only the discriminator has', async () => {
  const { Shape, Square } = await shapes();
  const doc = await documents.load(Shape, square(Square.modelName));
  doc.set({ 'place.x': 2, 'place.y': 3 });
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'place.x': 2, 'place.y': 3 } });
});

it('gh-3977 the plugin of the base schema tracks the paths of the discriminator', async () => {
  const { Shape, Square } = await shapes();
  const doc = await documents.load(Shape, square(Square.modelName));
  doc.mixed.a = 2;
  doc.sub.m.a = 2;
  doc.side = 9;
  doc.side = 1;
  doc.place = { x: 1, y: 5 };
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a': 2, 'sub.m.a': 2, 'place.y': 5 } });
  expect(await documents.save(doc)).toBeNull();
});

it('the discriminator key is not written, whatever is assigned beside it', async () => {
  const { Shape, Square } = await shapes();
  const doc = await documents.load(Shape, square(Square.modelName));
  doc.set({ ...doc.toObject(), name: 'other' });
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'other' } });
  doc.overwrite({ ...doc.toObject(), name: 'another' });
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 'another' } });
});

it('gh-4965 a discriminator that is declared after the base model was used', async () => {
  const Shape = await documents.model(new Schema<Doc>({ name: String }, { discriminatorKey: 'kind' }));
  const plain = await documents.load(Shape, { name: 'n' });
  plain.name = 'm';
  await plain.save();
  const Late = Shape.discriminator<Doc>(
    `${Shape.modelName}Late`,
    new Schema<Doc>({
      sub: new Schema<Doc>({ m: {} }, { _id: false }),
    }),
  );
  const doc = await documents.load(Late, { kind: Late.modelName, name: 'n', sub: { m: { a: 1, b: 1 } } });
  doc.sub.m.a = 2;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'sub.m.a': 2 } });
});

it.each<[string, Plain | undefined]>([
  ['by default', undefined],
  ['gh-12604 with mergePlugins: false', { mergePlugins: false }],
  ['gh-12472 with mergeHooks: false', { mergeHooks: false }],
  ['gh-12696 with both', { mergeHooks: false, mergePlugins: false }],
])('a save is recorded once and is minimal, %s', async (_title, options) => {
  const { Shape, Square, records } = await shapes(options);
  const doc = await documents.load(Shape, square(Square.modelName));
  doc.name = 't';
  doc.mixed.a = 2;
  expect(await documents.updateOf(doc)).toEqual({ $set: { name: 't', 'mixed.a': 2 } });
  expect(records).toEqual(['mixed.a,name']);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-2945 gh-2892 the plugin on the base and on the discriminator schema: a save is recorded once', async () => {
  const records: unknown[] = [];
  const options = {
    onSaved: (): void => {
      records.push('saved');
    },
  };
  const Shape = await documents.model(new Schema<Doc>({ name: String }, { discriminatorKey: 'kind' }), options);
  const own = new Schema<Doc>({ mixed: {} });
  own.plugin(cowTracking, options);
  const Square = Shape.discriminator<Doc>(`${Shape.modelName}Square`, own);
  const doc = await documents.load(Square, { kind: Square.modelName, name: 'n', mixed: { a: 1 } });
  doc.mixed.a = 2;
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'mixed.a': 2 } });
  expect(records).toEqual(['saved']);
});

it('gh-13907 gh-13959 bulkSave() of the base model with documents of discriminators', async () => {
  const { Shape, Square } = await shapes();
  const doc = await documents.load(Shape, square(Square.modelName));
  doc.name = 't';
  doc.side = 2;
  doc.mixed.a = 2;
  const [command] = await documents.commands(Shape, () => Shape.bulkSave([doc]));
  expect(command?.update).toEqual({ $set: { name: 't', side: 2, 'mixed.a': 2 } });
  expect(await documents.save(doc)).toBeNull();
});

describe('embedded discriminators', () => {
  async function pages(): Promise<Model<Doc>> {
    const media = new Schema<Doc>({ file: String }, { discriminatorKey: 'kind', _id: false });
    const schema = new Schema<Doc>({ media, parts: [media], byName: { type: Map, of: media } });
    const photo = new Schema<Doc>({ position: String, meta: {} }, { _id: false });
    const video = new Schema<Doc>({ length: Number }, { _id: false });
    const at = (path: string): Doc => schema.path(path);
    at('media').discriminator('photo', photo.clone());
    at('media').discriminator('video', video.clone());
    at('parts').discriminator('photo', photo.clone());
    at('parts').discriminator('video', video.clone());
    return documents.model(schema);
  }
  const photo = (): Plain => ({ kind: 'photo', file: 'cover.jpg', position: 'left', meta: { a: 1 } });

  it('gh-6482 a leaf that only the discriminator has, by set() and by assignment', async () => {
    const doc = await documents.load(await pages(), { media: photo(), parts: [photo()] });
    doc.set('media.position', 'right');
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'media.position': 'right' } });
    doc.set({ 'media.position': 'left' });
    doc.parts[0].position = 'top';
    doc.media.meta.a = 2;
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'media.position': 'left', 'parts.0.position': 'top', 'media.meta.a': 2 },
    });
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-6482 the same kind assigned with one leaf changed', async () => {
    const doc = await documents.load(await pages(), { media: photo(), parts: [photo(), photo()] });
    doc.media = { ...photo(), position: 'right' };
    doc.parts = [photo(), { ...photo(), position: 'right' }];
    expect(await documents.updateOf(doc)).toEqual({
      $set: { 'media.position': 'right', 'parts.1.position': 'right' },
      $inc: { __v: 1 },
    });
  });

  it('another kind is written whole, under the guard of the array it stands in', async () => {
    const doc = await documents.load(await pages(), { media: photo(), parts: [photo(), photo()] });
    doc.media = { kind: 'video', length: 5 };
    expect(await documents.updateOf(doc)).toEqual({ $set: { media: { kind: 'video', length: 5 } } });
    doc.parts = [photo(), { kind: 'video', length: 7 }];
    const sent = await documents.save(doc);
    expect(sent?.filter).toEqual({ _id: doc._id, __v: 0 });
    expect(sent?.update['$inc']).toEqual({ __v: 1 });
    expect(await documents.stored(doc)).toEqual({
      media: { kind: 'video', length: 5 },
      parts: [photo(), { kind: 'video', length: 7 }],
    });
  });
});

it('applied globally and to a schema, base and discriminator alike (gh-4965)', async () => {
  const own = new mongoose.Mongoose();
  own.plugin(cowTracking as PluginFunction);
  const schema = new own.Schema<Doc>(
    { name: String, mixed: {}, sub: new own.Schema<Doc>({ m: {} }, { _id: false }) },
    { discriminatorKey: 'kind' },
  );
  schema.plugin(cowTracking as PluginFunction, { wholePaths: ['mixed'] });
  const connection = own.createConnection();
  try {
    const Base = connection.model<Doc>('Base', schema);
    const Kind = Base.discriminator<Doc>('Kind', new own.Schema<Doc>({ more: {} }));
    const doc: Doc = Kind.hydrate({
      _id: new own.Types.ObjectId(),
      kind: 'Kind',
      __v: 0,
      name: 'n',
      mixed: { a: 1, b: 1 },
      sub: { m: { a: 1, b: 1 } },
      more: { a: 1, b: 1 },
    });
    doc.mixed.a = 2;
    doc.sub.m.a = 2;
    doc.more.a = 2;
    expect(doc.$tracker.getUpdate()).toEqual({ $set: { mixed: { a: 2, b: 1 }, 'sub.m.a': 2, 'more.a': 2 } });
  } finally {
    await connection.close();
  }
});

// Next to other plugins, applied before ours and after it.
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import autopopulate from 'mongoose-autopopulate';
import leanGetters from 'mongoose-lean-getters';
import leanVirtuals from 'mongoose-lean-virtuals';
import { patchHistoryPlugin } from 'ts-patch-mongoose';
import cowTracking, { StateTracker, trackerOf } from '../../lib';
import { connect } from '../helpers/db';
import { Documents } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';

let connection: mongoose.Connection;
beforeAll(async () => {
  // The default one, since ts-patch-mongoose keeps its history there.
  ({ connection } = await connect({ asDefault: true }));
});
const documents = new Documents(() => connection);

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each plugin types its schema in its own way
type Plugin = (schema: Schema<any>, options?: any) => unknown;

// Without declarations, and with ones that do not pass with Mongoose 9.
const softDelete = jest.requireActual<Plugin>('mongoose-delete');
const paginate = jest.requireActual<Plugin>('mongoose-paginate-v2');

/** Some of their declarations promise another export than there is. */
const functionOf = (plugin: unknown): Plugin =>
  typeof plugin === 'function' ? (plugin as Plugin) : (plugin as { default: Plugin }).default;

describe.each(['before', 'after'])('the other plugin %s ours', (order) => {
  function modelWith(schema: Schema<Doc>, plugin: unknown, options?: object): Promise<Model<Doc>> {
    const other = (): unknown => schema.plugin(functionOf(plugin), options);
    if (order === 'before') other();
    schema.plugin(cowTracking);
    if (order === 'after') other();
    return documents.plainModel(schema);
  }

  describe('mongoose-lean-virtuals', () => {
    const people = (): Promise<Model<Doc>> => {
      const schema = new Schema<Doc>({ first: String, last: String });
      schema.virtual('full').get(function (this: Doc) {
        return `${String(this.first)} ${String(this.last)}`;
      });
      return modelWith(schema, leanVirtuals);
    };

    it('lean documents keep their virtuals and cost no tracking', async () => {
      const model = await people();
      const doc = await documents.load(model, { first: 'Ann', last: 'Lee' });
      const lean: Doc = await model.findById(doc._id).lean({ virtuals: true });
      expect([lean.full, lean.$tracker]).toEqual(['Ann Lee', undefined]);
    });

    it('a StateTracker over such a document stores its edits, and no virtual', async () => {
      const model = await people();
      const doc = await documents.load(model, { first: 'Ann', last: 'Lee' });
      const lean: Doc = await model.findById(doc._id).lean({ virtuals: true });
      const tracker = new StateTracker<Plain>(lean).set('first', 'Eve');
      expect(tracker.getUpdate()).toEqual({ $set: { first: 'Eve' } });
      await model.updateOne({ _id: doc._id }, tracker.getUpdate()!);
      expect(await documents.stored(doc)).toEqual({ first: 'Eve', last: 'Lee' });
    });

    it('hydrated documents are tracked', async () => {
      const doc = await documents.load(await people(), { first: 'Ann', last: 'Lee' });
      doc.last = 'Ray';
      expect(doc.full).toBe('Ann Ray');
      expect(await documents.updateOf(doc)).toEqual({ $set: { last: 'Ray' } });
    });
  });

  describe('mongoose-lean-getters', () => {
    const prices = (): Promise<Model<Doc>> =>
      modelWith(
        new Schema<Doc>({ name: String, cents: { type: Number, get: (value: number) => value / 100 } }),
        leanGetters,
      );

    it('getters of lean documents run, and the stored values of tracked ones are what is compared', async () => {
      const model = await prices();
      const doc = await documents.load(model, { name: 'a', cents: 250 });
      const lean: Doc = await model.findById(doc._id).lean({ getters: true });
      expect(lean.cents).toBe(2.5);
      doc.cents = 250;
      expect(trackerOf(doc).isModified()).toBe(false);
      doc.cents = 300;
      expect(trackerOf(doc).original('cents')).toBe(250);
      expect(await documents.updateOf(doc)).toEqual({ $set: { cents: 300 } });
    });

    it('a StateTracker over what getters made writes only what was edited', async () => {
      const model = await prices();
      const doc = await documents.load(model, { name: 'a', cents: 250 });
      const lean: Doc = await model.findById(doc._id).lean({ getters: true });
      const tracker = new StateTracker<Plain>(lean).set('name', 'b');
      expect(tracker.getUpdate()).toEqual({ $set: { name: 'b' } });
    });
  });

  describe('mongoose-autopopulate', () => {
    async function posts() {
      const authors = await documents.plainModel(new Schema<Doc>({ name: String }));
      const ref = { type: Schema.Types.ObjectId, ref: authors.modelName, autopopulate: true };
      const model = await modelWith(
        new Schema<Doc>({ title: String, author: ref, readers: [ref], lines: [{ text: String, by: ref }] }),
        autopopulate,
      );
      const [ann, eve] = await authors.create([{ name: 'Ann' }, { name: 'Eve' }]);
      const doc = await documents.load(model, {
        title: 'a',
        author: ann._id,
        readers: [ann._id, eve._id],
        lines: [{ _id: new mongoose.Types.ObjectId(), text: 'x', by: ann._id }],
      });
      return { authors, model, ann, eve, doc };
    }

    it('populating by itself is no change', async () => {
      const { doc } = await posts();
      expect([doc.author.name, doc.readers[1].name, doc.lines[0].by.name]).toEqual(['Ann', 'Eve', 'Ann']);
      expect(trackerOf(doc).diff()).toEqual([]);
      expect(await documents.updateOf(doc)).toBeNull();
    });

    it('an edit beside populated paths is written alone', async () => {
      const { doc } = await posts();
      doc.title = 'b';
      doc.lines[0].text = 'y';
      expect(await documents.updateOf(doc)).toEqual({ $set: { title: 'b', 'lines.0.text': 'y' } });
    });

    it('another document is its id in the changes and in the update', async () => {
      const { doc, eve, ann } = await posts();
      doc.author = eve;
      expect(trackerOf(doc).diff()).toEqual([{ path: 'author', type: 'update', from: ann._id, to: eve._id }]);
      expect(await documents.updateOf(doc)).toEqual({ $set: { author: eve._id } });
    });

    it('saving the populated document is not a save of this one', async () => {
      const { doc, authors, ann } = await posts();
      doc.author.name = 'Anna';
      expect(trackerOf(doc).isModified()).toBe(false);
      await doc.author.save();
      expect((await authors.findById(ann._id).orFail()).name).toBe('Anna');
      expect(await documents.updateOf(doc)).toBeNull();
    });
  });

  describe('mongoose-delete', () => {
    const items = (): Promise<Model<Doc>> =>
      modelWith(new Schema<Doc>({ name: String, tags: [String] }), softDelete, {
        deletedAt: true,
        overrideMethods: true,
      });

    it('deletes and restores with the smallest updates', async () => {
      const doc = await documents.load(await items(), { name: 'a', tags: ['x'], deleted: false });
      const [deletion] = await documents.commands(doc.constructor, () => doc.delete());
      expect(deletion?.update).toEqual({ $set: { deleted: true, deletedAt: expect.any(Date) } });
      const [restoring] = await documents.commands(doc.constructor, () => doc.restore());
      expect(restoring?.update).toEqual({ $set: { deleted: false }, $unset: { deletedAt: 1 } });
      expect(await documents.stored(doc)).toEqual({ name: 'a', tags: ['x'], deleted: false });
    });

    it('writes its default once for an older document, and then no more', async () => {
      const doc = await documents.load(await items(), { name: 'a', tags: [] });
      await documents.updateOf(doc);
      expect(await documents.updateOf(doc)).toBeNull();
      expect(await documents.stored(doc)).toEqual({ name: 'a', tags: [], deleted: false });
    });

    it('knows in its record that a save was a deletion', async () => {
      const doc = await documents.load(await items(), { name: 'a', tags: [], deleted: false });
      await doc.delete();
      expect(trackerOf(doc).wasModified('deleted')).toBe(true);
      expect(await doc.constructor.find()).toEqual([]);
      const [found] = await doc.constructor.findDeleted();
      expect(trackerOf(found).original('deleted')).toBe(true);
    });
  });

  describe('mongoose-paginate-v2', () => {
    it('documents of a page are tracked', async () => {
      const model = await modelWith(new Schema<Doc>({ n: Number, tags: [String] }), paginate);
      for (const n of [1, 2, 3]) await documents.load(model, { n, tags: [] });
      const page = await (model as Doc).paginate({}, { sort: { n: 1 }, limit: 2, page: 2 });
      const [doc] = page.docs;
      expect([page.totalDocs, page.docs.length, doc.n]).toEqual([3, 1, 3]);
      doc.tags.push('x');
      expect(trackerOf(doc).getChanges()).toEqual({ 'tags.0': 'x' });
      expect(await documents.updateOf(doc)).toMatchObject({ $push: { tags: { $each: ['x'] } } });
    });

    it('lean documents of a page can be saved through a StateTracker', async () => {
      const model = await modelWith(new Schema<Doc>({ n: Number, tags: [String] }), paginate);
      const stored = await documents.load(model, { n: 1, tags: ['a'] });
      const page = await (model as Doc).paginate({}, { lean: true });
      const tracker = new StateTracker<Plain>(page.docs[0]).set('tags.1', 'b');
      await model.updateOne({ _id: stored._id }, tracker.getUpdate()!);
      expect(await documents.stored(stored)).toEqual({ n: 1, tags: ['a', 'b'] });
    });
  });

  describe('ts-patch-mongoose', () => {
    async function notes() {
      const schema = new Schema<Doc>({ text: String, meta: { a: Number }, tags: [String] });
      const eventUpdated = `updated-${order}-${String(Math.random())}`;
      return modelWith(schema, patchHistoryPlugin, { eventUpdated });
    }
    const history = (doc: Doc): Promise<Plain[]> =>
      connection.collection<Plain>('history').find({ collectionId: doc._id }).sort({ _id: 1 }).toArray();

    it('its history agrees with our changes', async () => {
      const doc = await documents.load(await notes(), { text: 'a', meta: { a: 1 }, tags: ['x'] });
      doc.text = 'b';
      doc.meta.a = 2;
      doc.tags.push('y');
      const patch = trackerOf(doc).patch();
      expect(await updateAmongReads(doc)).toMatchObject({ $set: { text: 'b', 'meta.a': 2 } });
      const [entry] = await history(doc);
      const theirs = (entry?.['patch'] as { op: string; path: string; value?: unknown }[])
        .filter(({ op, path }) => op !== 'test' && !path.startsWith('/__v'))
        .map(({ op, path, value }) => ({ op, path, value }));
      expect(theirs.sort(byPath)).toEqual(
        patch.map((one) => (one.op === 'remove' ? one : { ...one, path: one.path.replace('/-', '/1') })).sort(byPath),
      );
    });

    it('a save without changes makes no history', async () => {
      const doc = await documents.load(await notes(), { text: 'a', meta: { a: 1 }, tags: ['x'] });
      doc.text = 'b';
      doc.text = 'a';
      await doc.save();
      expect(await history(doc)).toEqual([]);
    });

    it('a new document is in the history and clean', async () => {
      const model = await notes();
      const doc = await model.create({ text: 'a', meta: { a: 1 } });
      expect(await history(doc)).toMatchObject([{ op: 'create', doc: { text: 'a' } }]);
      expect([trackerOf(doc).wasNew, trackerOf(doc).isModified()]).toEqual([true, false]);
    });
  });
});

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path.localeCompare(b.path, 'en');
}

/** The update of a save that also reads: ts-patch-mongoose looks up what was stored. */
async function updateAmongReads(doc: Doc): Promise<Plain | undefined> {
  const commands = await documents.commands(doc.constructor, () => doc.save());
  return commands.find(({ name }) => name === 'update')?.update;
}

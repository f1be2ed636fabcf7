// `conflicts: 'detect'` in save(): two writers of one document.
import { Schema } from 'mongoose';
import { rejection, type Doc, type Plain } from '../helpers/documents';
import { ids, raw, useMeetings, type Meeting } from './meeting';

const meetings = useMeetings();
const { documents, detecting, meet, conflictsOf } = meetings;

describe('two writers of different paths', () => {
  it('both succeed, in one round trip each', async () => {
    const doc = await meet({
      mine: (order) => order.set({ other: 'p', 'address.city': 'Oslo' }),
      theirs: { $set: { name: 'b', 'address.zip': '5004' } },
    });
    expect(await documents.save(doc)).toEqual({
      filter: { _id: doc._id, other: 'o', 'address.city': 'Bergen' },
      update: { $set: { other: 'p', 'address.city': 'Oslo' } },
    });
    expect(await documents.stored(doc)).toMatchObject({
      name: 'b',
      other: 'p',
      address: { city: 'Oslo', zip: '5004' },
    });
  });

  const different: Record<string, Meeting> = {
    'elements of one array': {
      mine: (doc) => (doc.items[1].q = 20),
      theirs: { $set: { 'items.0.q': 10, 'items.1.r': 20 } },
    },
    'keys of one Map': {
      mine: (doc) => doc.prices.set('eur', 10),
      theirs: { $set: { 'prices.usd': 20, 'prices.nok': 1 } },
    },
    'keys inside Mixed': { mine: (doc) => (doc.mixed.a = 10), theirs: { $set: { 'mixed.deep.c': 20, 'mixed.z': 1 } } },
    'fields of one subdocument': { mine: (doc) => (doc.single.a = 10), theirs: { $set: { 'single.b': 20 } } },
    'an appended element and one that stood there': {
      mine: (doc) => doc.tags.push('mine'),
      theirs: { $set: { 'tags.0': 'theirs' } },
    },
    'a removed element and another new one': {
      mine: (doc) => doc.tags.pull('x'),
      theirs: { $push: { tags: 'theirs' } },
    },
    'a count that both add to': { mine: (doc) => doc.$inc('count', 2), theirs: { $inc: { count: 40 } } },
    'a Map that gets a first value': {
      mine: (doc) => (doc.prices = { nok: 1 }),
      theirs: { $set: { name: 'b' } },
      base: { name: 'a' },
    },
  };
  it.each(Object.entries(different))('%s', async (_title, meeting) => {
    const doc = await meet(meeting);
    expect(await documents.save(doc)).not.toBeNull();
    expect(doc.$tracker.isModified()).toBe(false);
  });

  it('merges what the server merges', async () => {
    const doc = await meet({
      mine: (order) => {
        order.tags.push('mine');
        order.$inc('count', 2);
      },
      theirs: { $push: { tags: 'theirs' }, $inc: { count: 40 } },
    });
    expect(Object.keys((await documents.save(doc))?.filter ?? {})).toEqual(['_id']);
    expect(await documents.stored(doc)).toMatchObject({ tags: ['x', 'y', 'theirs', 'mine'], count: 43 });
  });
});

describe('two writers of one path', () => {
  type Same = Meeting & { readonly conflicts: Plain[] };
  const same: Record<string, Same> = {
    'a field': {
      mine: (doc) => (doc.name = 'mine'),
      theirs: { $set: { name: 'theirs' } },
      conflicts: [{ path: 'name', base: 'a', mine: 'mine', theirs: 'theirs' }],
    },
    'several fields, sorted': {
      mine: (doc) => doc.set({ name: 'mine', count: 2, 'address.city': 'Oslo', other: 'p' }),
      theirs: { $set: { name: 'theirs', count: 3, 'address.city': 'Bodø' } },
      conflicts: [
        { path: 'address.city', base: 'Bergen', mine: 'Oslo', theirs: 'Bodø' },
        { path: 'count', base: 1, mine: 2, theirs: 3 },
        { path: 'name', base: 'a', mine: 'mine', theirs: 'theirs' },
      ],
    },
    'absent before, theirs null': {
      mine: (doc) => (doc.address.extra = 'mine'),
      theirs: { $set: { 'address.extra': null } },
      conflicts: [{ path: 'address.extra', base: undefined, mine: 'mine', theirs: null }],
    },
    'null before, theirs absent': {
      mine: (doc) => (doc.nick = 'mine'),
      theirs: { $unset: { nick: 1 } },
      conflicts: [{ path: 'nick', base: null, mine: 'mine', theirs: undefined }],
    },
    'removed by me, written by them': {
      mine: (doc) => (doc.name = undefined),
      theirs: { $set: { name: 'theirs' } },
      conflicts: [{ path: 'name', base: 'a', mine: undefined, theirs: 'theirs' }],
    },
    'removed by them with all above it': {
      mine: (doc) => (doc.address.city = 'Oslo'),
      theirs: { $unset: { address: 1 } },
      conflicts: [{ path: 'address.city', base: 'Bergen', mine: 'Oslo', theirs: undefined }],
    },
    'an element of an array': {
      mine: (doc) => doc.tags.set(1, 'mine'),
      theirs: { $set: { 'tags.1': 'theirs' } },
      conflicts: [{ path: 'tags.1', base: 'y', mine: 'mine', theirs: 'theirs' }],
    },
    'a field of an element': {
      mine: (doc) => (doc.items[1].q = 20),
      theirs: { $set: { 'items.1.q': 30 } },
      conflicts: [{ path: 'items.1.q', base: 2, mine: 20, theirs: 30 }],
    },
    'an element that is another one now': {
      mine: (doc) => (doc.items[0].q = 20),
      theirs: { $pop: { items: -1 } },
      conflicts: [
        { path: 'items.0._id', base: ids[0], mine: ids[0], theirs: ids[1] },
        { path: 'items.0.q', base: 1, mine: 20, theirs: 2 },
      ],
    },
    'an array written whole': {
      mine: (doc) => (doc.tags = ['mine']),
      theirs: { $push: { tags: 'theirs' } },
      conflicts: [{ path: 'tags', base: ['x', 'y'], mine: ['mine'], theirs: ['x', 'y', 'theirs'] }],
    },
    'an array of documents written whole': {
      mine: (doc) => doc.items.splice(0, 1),
      theirs: { $set: { 'items.1.r': 20 } },
      conflicts: [
        {
          path: 'items',
          base: raw()['items'],
          mine: [{ _id: ids[1], q: 2, r: 2 }],
          theirs: [
            { _id: ids[0], q: 1, r: 1 },
            { _id: ids[1], q: 2, r: 20 },
          ],
        },
      ],
    },
    'a nested object that was not there': {
      mine: (doc) => (doc.address = { city: 'Oslo' }),
      theirs: { $set: { 'address.city': 'Bodø' } },
      base: { name: 'a', tags: [], items: [] },
      conflicts: [{ path: 'address', base: undefined, mine: { city: 'Oslo' }, theirs: { city: 'Bodø' } }],
    },
    'a nested object taken away': {
      mine: (doc) => (doc.address = undefined),
      theirs: { $set: { 'address.zip': '1' } },
      conflicts: [
        {
          path: 'address',
          base: { city: 'Bergen', zip: '5003' },
          mine: undefined,
          theirs: { city: 'Bergen', zip: '1' },
        },
      ],
    },
    'a key of a Map': {
      mine: (doc) => doc.prices.set('eur', 10),
      theirs: { $unset: { 'prices.eur': 1 } },
      conflicts: [{ path: 'prices.eur', base: 1, mine: 10, theirs: undefined }],
    },
    'a value in Mixed whose key has a dot': {
      mine: (doc) => {
        doc.mixed = { ...doc.mixed, 'b.c': 2 };
      },
      theirs: { $set: { 'mixed.a': 10 } },
      conflicts: [
        {
          path: 'mixed',
          base: raw()['mixed'],
          mine: { a: 1, 'b.c': 2, deep: { c: 1 } },
          theirs: { a: 10, 'b.c': 1, deep: { c: 1 } },
        },
      ],
    },
    'an array of documents written whole, with an edited element': {
      mine: (doc) => {
        doc.items.splice(0, 1);
        doc.items[0].q = 5;
      },
      theirs: { $set: { 'items.0.r': 20 } },
      conflicts: [
        {
          path: 'items',
          base: raw()['items'],
          mine: [{ _id: ids[1], q: 5, r: 2 }],
          theirs: [
            { _id: ids[0], q: 1, r: 20 },
            { _id: ids[1], q: 2, r: 2 },
          ],
        },
      ],
    },
    'a subdocument taken away': {
      mine: (doc) => (doc.single = null),
      theirs: { $set: { 'single.b': 10 } },
      conflicts: [
        {
          path: 'single',
          base: { a: 1, b: 1, _id: ids[0] },
          mine: null,
          theirs: { a: 1, b: 10, _id: ids[0] },
        },
      ],
    },
  };
  it.each(Object.entries(same))('%s', async (_title, { conflicts, ...meeting }) => {
    expect(await conflictsOf(await meet(meeting))).toEqual(conflicts);
  });

  it('says which, and what to do', async () => {
    const doc = await meet({ mine: (order) => (order.name = 'mine'), theirs: { $set: { name: 'theirs' } } });
    const { message } = await rejection(doc.save());
    expect(message).toContain(`'name' of ${meetings.Order.modelName} ${String(doc._id)}`);
    expect(message).toContain('doc.$tracker.refresh()');
  });

  it('reads once to tell why, and only then', async () => {
    const doc = await meet({ mine: (order) => (order.name = 'mine'), theirs: { $set: { name: 'theirs' } } });
    const commands = await documents.commands(meetings.Order, () => rejection(doc.save()));
    expect(commands.map(({ name }) => name)).toEqual(['update', 'find']);
  });

  it('gives values that are nobody else’s', async () => {
    const doc = await meet({ mine: (order) => (order.tags = ['mine']), theirs: { $push: { tags: 'theirs' } } });
    const [conflict] = await conflictsOf(doc);
    (conflict?.['base'] as string[]).push('edited');
    (conflict?.['mine'] as string[]).push('edited');
    expect(doc.$tracker.original('tags')).toEqual(['x', 'y']);
    expect([...doc.tags]).toEqual(['mine']);
  });

  it('can be decided, and saved then', async () => {
    const doc = await meet({ mine: (order) => (order.name = 'mine'), theirs: { $set: { name: 'theirs' } } });
    await conflictsOf(doc);
    doc.$tracker.rebase(await meetings.Order.collection.findOne({ _id: doc._id }));
    expect(doc.$tracker.diff()).toEqual([{ path: 'name', type: 'update', from: 'theirs', to: 'mine' }]);
    await documents.save(doc);
    expect(await documents.stored(doc)).toMatchObject({ name: 'mine' });
  });
});

describe('no conflict', () => {
  it('what is stored already', async () => {
    const doc = await meet({
      mine: (order) => order.set({ name: 'b', other: 'p', tags: ['z'] }),
      theirs: { $set: { name: 'b', tags: ['z'] } },
    });
    await doc.save();
    expect(doc.$tracker.isModified()).toBe(false);
    expect(await documents.stored(doc)).toMatchObject({ name: 'b', other: 'p', tags: ['z'] });
  });

  it('a value that Mongoose casts when it loads', async () => {
    const doc = await documents.load(meetings.Order, { ...raw(), count: '1' });
    doc.count = 2;
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ count: 2 });
  });

  it('a cast value that someone has written is one', async () => {
    const doc = await meet({
      mine: (order) => (order.count = 2),
      theirs: { $set: { count: '3' } },
      base: { ...raw(), count: '1' },
    });
    expect(await conflictsOf(doc)).toEqual([{ path: 'count', base: 1, mine: 2, theirs: 3 }]);
  });

  it('fields of elements that are stored in another order than loaded', async () => {
    const Nested = await detecting(
      {},
      {},
      { lines: [new Schema<Doc>({ n: { a: Number }, q: Number }, { _id: false })] },
    );
    const doc = await documents.load(Nested, { lines: [{ q: 1, n: { a: 1 } }, { q: 2 }] });
    doc.lines.splice(1, 1);
    await doc.save();
    expect(await documents.stored(doc)).toMatchObject({ lines: [{ q: 1, n: { a: 1 } }] });
  });

  it('the same path, saved twice by one writer', async () => {
    const doc = await documents.load(meetings.Order, raw());
    for (const edit of ['b', 'c', 'd']) {
      doc.name = edit;
      doc.mixed.deep = { c: edit };
      doc.items[0].q++;
      doc.items.push({ q: 1 });
      doc.prices.set('eur', doc.prices.get('eur') + 1);
      expect(await documents.save(doc)).not.toBeNull();
    }
  });

  it('a new document, and one that was created here', async () => {
    const doc = await meetings.Order.create(raw());
    doc.set({ name: 'b', mixed: { a: 2 } });
    doc.items[1].r = 3;
    expect(await documents.save(doc)).not.toBeNull();
  });

  it('a clean save makes no call', async () => {
    const doc = await meet({
      mine: (order) => order.set({ name: 'b' }).set({ name: 'a' }),
      theirs: { $set: { name: 'b' } },
    });
    expect(await documents.save(doc)).toBeNull();
  });
});

describe('Mongoose’s own errors stay', () => {
  it.each([
    ['a field', (doc: Doc) => (doc.name = 'b')],
    ['an element', (doc: Doc) => (doc.items[0].q = 2)],
  ])('a deleted document is not found (%s)', async (_title, edit) => {
    const doc = await documents.load(meetings.Order, raw());
    edit(doc);
    await meetings.Order.collection.deleteOne({ _id: doc._id });
    expect((await rejection(doc.save())).name).toBe('DocumentNotFoundError');
    expect(doc.$tracker.isModified()).toBe(true);
  });

  it('another version, though a value differs as well', async () => {
    const doc = await documents.load(meetings.Order, raw());
    const other = await documents.again(meetings.Order, doc);
    other.items = [{ q: 5 }];
    await other.save();
    doc.items[0].q = 2;
    expect((await rejection(doc.save())).name).toBe('VersionError');
    expect(doc.$tracker.isModified('items')).toBe(true);
  });

  it('optimisticConcurrency', async () => {
    const Strict = await detecting({}, { optimisticConcurrency: true });
    const doc = await documents.load(Strict, raw());
    const other = await documents.again(Strict, doc);
    other.other = 'theirs';
    await other.save();
    doc.name = 'mine';
    expect((await rejection(doc.save())).name).toBe('VersionError');
    const again = await documents.again(Strict, doc);
    again.name = 'mine';
    const sent = await documents.save(again);
    expect(sent?.filter).toEqual({ _id: doc._id, name: 'a', __v: 1 });
    await Strict.collection.updateOne({ _id: doc._id }, { $set: { name: 'raw' } });
    again.name = 'again';
    expect(await conflictsOf(again)).toMatchObject([{ path: 'name' }]);
  });
});

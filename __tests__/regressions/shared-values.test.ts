// `{ ...doc.sub }`: the new subdocument holds the very Map, Mixed value and Date of the one that it replaces, which is the original.
import { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const element = (): Schema<Doc> =>
  new Schema<Doc>(
    {
      mixed: {},
      map: { type: Map, of: {} },
      date: Date,
      child: new Schema<Doc>({ mixed: {} }, { _id: false }),
    },
    { _id: false },
  );
const schema = (): Schema<Doc> =>
  new Schema<Doc>({
    items: [element()],
    one: element(),
    map: { type: Map, of: element() },
    nested: { one: element() },
  });
const part = (): Plain => ({ mixed: { a: 1 }, map: { k: { z: 1 } }, date: new Date(0), child: { mixed: { b: 1 } } });
const raw = (): Plain => ({ items: [part(), part()], one: part(), map: { a: part() }, nested: { one: part() } });

const spread = (value: Doc): Plain => ({ ...value._doc });
const spreadAll = (doc: Doc): Plain[] => doc.items.map(spread) as Plain[];

interface Replacement {
  readonly replace: (doc: Doc) => unknown;
  readonly at: string;
}

const replacements: Readonly<Record<string, Replacement>> = {
  'a subdocument, spread': { replace: (doc) => (doc.one = { ...doc.one }), at: 'one' },
  'a subdocument, by its fields': { replace: (doc) => (doc.one = spread(doc.one)), at: 'one' },
  'a subdocument and the one in it': {
    replace: (doc) => (doc.one = { ...spread(doc.one), child: spread(doc.one.child) }),
    at: 'one',
  },
  'an element, by its index': { replace: (doc) => (doc.items[0] = spread(doc.items[0])), at: 'items.0' },
  'an element, by set() of the array': { replace: (doc) => doc.items.set(0, spread(doc.items[0])), at: 'items.0' },
  'an element, by set() of the document': {
    replace: (doc) => doc.set('items.0', spread(doc.items[0])),
    at: 'items.0',
  },
  'an element, by splice()': { replace: (doc) => doc.items.splice(0, 1, spread(doc.items[0])), at: 'items.0' },
  'all elements': { replace: (doc) => (doc.items = spreadAll(doc)), at: 'items.1' },
  'all elements, and turned round': { replace: (doc) => (doc.items = spreadAll(doc).reverse()), at: 'items.1' },
  'a value of a Map': { replace: (doc) => doc.map.set('a', spread(doc.map.get('a'))), at: 'map.a' },
  'a value of a Map, by its path': { replace: (doc) => doc.set('map.a', spread(doc.map.get('a'))), at: 'map.a' },
  'a Map': { replace: (doc) => (doc.map = { a: spread(doc.map.get('a')) }), at: 'map.a' },
  'a nested object': { replace: (doc) => (doc.nested = { one: spread(doc.nested.one) }), at: 'nested.one' },
  'several at once': {
    replace: (doc) => doc.set({ one: spread(doc.one), items: spreadAll(doc) }),
    at: 'items.1',
  },
};

interface Edit {
  readonly edit: (part: Doc) => unknown;
  readonly change: (part: Plain) => unknown;
}

const edits: Readonly<Record<string, Edit>> = {
  Mixed: { edit: ({ mixed }) => (mixed.a = 2), change: ({ mixed }) => ((mixed as Plain)['a'] = 2) },
  'a Map': { edit: ({ map }) => map.set('k', 2), change: ({ map }) => ((map as Plain)['k'] = 2) },
  'a Date': { edit: ({ date }) => date.setTime(5), change: (stored) => (stored['date'] = new Date(5)) },
  'Mixed in a subdocument in it': {
    edit: ({ child }) => (child.mixed.b = 2),
    change: ({ child }) => (((child as Plain)['mixed'] as Plain)['b'] = 2),
  },
};

const partAt = (root: Plain, path: string): Plain =>
  path.split('.').reduce<unknown>((value, key) => (value as Plain)[key], root) as Plain;

describe.each(Object.entries(replacements))('%s replaced by its own values', (_, { replace, at }) => {
  it.each(Object.entries(edits))('and then %s in it changed in place: it is saved, and reverted', async (__, item) => {
    const Model = await documents.model(schema());
    const doc = await documents.load(Model, raw());
    const changed = raw();
    item.change(partAt(changed, at));

    replace(doc);
    item.edit(doc.get(at));
    doc.$tracker.revert();
    expect(doc.toObject({ flattenMaps: true })).toMatchObject(raw());
    expect(doc.$tracker.getUpdate()).toBeNull();

    replace(doc);
    item.edit(doc.get(at));
    await doc.save();
    expect(await documents.stored(doc)).toEqual(changed);
    expect(await documents.updateOf(doc)).toBeNull();
  });
});

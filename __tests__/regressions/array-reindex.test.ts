// Sections 14 and 20: elements that moved. An edit after a move has to reach the element where it stands now.
import mongoose, { Schema } from 'mongoose';
import { onWire } from '../helpers/documents';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

async function user(): Promise<Doc> {
  const User = await documents.model(new Schema<Doc>({ addresses: [{ city: String, street: String }] }));
  return documents.load(User, {
    addresses: ['Boston', 'Chicago', 'Denver'].map((city) => ({
      _id: new mongoose.Types.ObjectId(),
      city,
      street: `${city} 1`,
    })),
  });
}

const cities = (doc: Doc): string[] => doc.addresses.map((address: Doc) => address.city as string);

const moves: [name: string, move: (addresses: Doc) => unknown][] = [
  ['pull', (addresses) => addresses.pull(addresses[0])],
  ['splice', (addresses) => addresses.splice(0, 1)],
  ['shift', (addresses) => addresses.shift()],
  ['$shift', (addresses) => addresses.$shift()],
  ['unshift', (addresses) => addresses.unshift({ city: 'Amsterdam' })],
  [
    'push at a position',
    (addresses) => addresses.push({ $each: [{ city: 'Amsterdam' }, { city: 'Rotterdam' }], $position: 0 }),
  ],
  ['sort', (addresses) => addresses.sort((a: Doc, b: Doc) => b.city.localeCompare(a.city))],
  ['reverse', (addresses) => addresses.reverse()],
  ['pop', (addresses) => addresses.pop()],
];

describe.each(moves)('gh-16282 %s, then edit an element', (_name, move) => {
  it('saved in between: writes one leaf at the right index', async () => {
    const doc = await user();
    move(doc.addresses);
    await doc.save();
    expect(doc.isModified()).toBe(false);
    const at = doc.addresses.length - 1;
    doc.addresses[at].city = 'New York';
    expect(doc.modifiedPaths()).toContain(`addresses.${String(at)}.city`);
    expect(await documents.save(doc)).toEqual({
      filter: { _id: doc._id, __v: 1 },
      update: { $set: { [`addresses.${String(at)}.city`]: 'New York' } },
    });
    expect(cities(await documents.again(doc.constructor, doc))).toEqual(cities(doc));
  });

  it('in one save: what is stored is what is in memory', async () => {
    const doc = await user();
    move(doc.addresses);
    doc.addresses[1].city = 'New York';
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ addresses: onWire(doc.toObject().addresses) });
    expect(cities(doc)[1]).toBe('New York');
    expect(await documents.save(doc)).toBeNull();
  });

  it('edited before the move, in one save: what is stored is what is in memory', async () => {
    const doc = await user();
    doc.addresses[1].city = 'New York';
    move(doc.addresses);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ addresses: onWire(doc.toObject().addresses) });
    expect(cities(doc)).toContain('New York');
    expect(await documents.save(doc)).toBeNull();
  });
});

it('gh-16507 addToSet() that skips a duplicate, then an edit of an added element', async () => {
  const doc = await user();
  doc.addresses.addToSet(
    { _id: doc.addresses[0]._id, city: 'Boston', street: 'Boston 1' },
    { city: 'Amsterdam' },
    { city: 'Rotterdam' },
  );
  await doc.save();
  doc.addresses[3].city = 'New York';
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'addresses.3.city': 'New York' } });
  const stored = cities(await documents.again(doc.constructor, doc));
  expect(stored).toEqual(cities(doc));
  expect(stored[3]).toBe('New York');
});

it('gh-15973 own elements assigned in another order, saved, then an edit', async () => {
  const doc = await user();
  doc.addresses = [doc.addresses[2], doc.addresses[0], doc.addresses[1]];
  await doc.save();
  expect(cities(await documents.again(doc.constructor, doc))).toEqual(['Denver', 'Boston', 'Chicago']);
  doc.addresses[0].city = 'New York';
  expect(doc.modifiedPaths()).toContain('addresses.0.city');
  expect(doc.modifiedPaths()).not.toContain('addresses.2.city');
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'addresses.0.city': 'New York' } });
});

it('gh-15973 own elements assigned in another order and edited in one save', async () => {
  const doc = await user();
  doc.addresses = [doc.addresses[2], doc.addresses[0], doc.addresses[1]];
  doc.addresses[0].city = 'New York';
  await doc.save();
  expect(cities(await documents.again(doc.constructor, doc))).toEqual(['New York', 'Boston', 'Chicago']);
});

it('gh-15973 the same element twice: both are stored, an edit of one stays with that one', async () => {
  const Model = await documents.model(new Schema<Doc>({ list: [{ _id: false, v: Number }] }));
  const doc = await documents.load(Model, { list: [{ v: 0 }] });
  const [element] = doc.list;
  doc.list = [element, element];
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ list: [{ v: 0 }, { v: 0 }] });
  doc.list[1].v = 999;
  await doc.save();
  expect(await documents.stored(doc)).toEqual({ list: doc.toObject().list });
  expect(doc.list[1].v).toBe(999);
});

it('gh-752 gh-1303 an element removed, saved, and another one pushed', async () => {
  const doc = await user();
  doc.addresses.pull(doc.addresses[1]);
  await doc.save();
  doc.addresses.push({ city: 'Austin' });
  await doc.save();
  expect(cities(await documents.again(doc.constructor, doc))).toEqual(['Boston', 'Denver', 'Austin']);
});

it('gh-6190 elements held by the user are written where they stand after a pull', async () => {
  const doc = await user();
  const denver = doc.addresses[2];
  doc.addresses.pull(doc.addresses[0]);
  await doc.save();
  denver.street = 'changed';
  expect(await documents.updateOf(doc)).toEqual({ $set: { 'addresses.1.street': 'changed' } });
});

it('an element that was removed and edited afterwards writes nothing', async () => {
  const doc = await user();
  const removed = doc.addresses[0];
  doc.addresses.pull(removed);
  await doc.save();
  removed.city = 'nowhere';
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('elements sorted away and back are no change, also with an edit that was taken back', async () => {
  const doc = await user();
  doc.addresses.reverse();
  doc.addresses[0].city = 'New York';
  doc.addresses[0].city = 'Denver';
  doc.addresses.reverse();
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

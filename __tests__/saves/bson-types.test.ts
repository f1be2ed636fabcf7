// Every type that a path can have: compared by type and value, at a path, in an array, in a Map and in a subdocument.
import mongoose, { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { onWire } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const { Binary, Decimal128, Double, Int32, Long, UUID } = mongoose.mongo.BSON;
const { Types } = Schema;

interface Kind {
  title: string;
  type: unknown;
  raw: unknown;
  /** What is no change when it is assigned. */
  equal: () => unknown;
  other: unknown;
}

const hex = 'a'.repeat(24);
const uuid = '00000000-0000-4000-8000-00000000000';
const kinds: Kind[] = [
  { title: 'String', type: String, raw: 'a', equal: () => 'a', other: 'A' },
  { title: 'Number', type: Number, raw: 1.5, equal: () => '1.5', other: 2 },
  { title: 'Boolean', type: Boolean, raw: false, equal: () => 'false', other: true },
  { title: 'Date', type: Date, raw: new Date(5), equal: () => 5, other: new Date(6) },
  {
    title: 'ObjectId',
    type: Types.ObjectId,
    raw: new mongoose.Types.ObjectId(hex),
    equal: () => hex,
    other: new mongoose.Types.ObjectId(),
  },
  { title: 'UUID', type: Types.UUID, raw: new UUID(`${uuid}1`), equal: () => `${uuid}1`, other: new UUID(`${uuid}2`) },
  {
    title: 'Decimal128',
    type: Types.Decimal128,
    raw: Decimal128.fromString('1.0'),
    equal: () => '1.0',
    other: Decimal128.fromString('1.00'),
  },
  {
    title: 'BigInt',
    type: Types.BigInt,
    raw: Long.fromString('9007199254740993'),
    equal: () => 9007199254740993n,
    other: 9007199254740994n,
  },
  { title: 'Double', type: Types.Double, raw: new Double(5), equal: () => 5, other: new Double(6) },
  { title: 'Int32', type: Types.Int32, raw: 5, equal: () => new Int32(5), other: 6 },
  { title: 'Buffer', type: Buffer, raw: Buffer.from('a'), equal: () => Buffer.from('a'), other: Buffer.from('b') },
  {
    title: 'Buffer, by its subtype',
    type: Buffer,
    raw: new Binary(Buffer.from('a'), 128),
    equal: () => new Binary(Buffer.from('a'), 128),
    other: new Binary(Buffer.from('a'), 0),
  },
];

const schema = (type: unknown): Schema<Doc> =>
  new Schema<Doc>({
    v: type,
    list: [type],
    map: { type: Map, of: type },
    sub: new Schema<Doc>({ v: type }, { _id: false }),
  });
const rawOf = (value: unknown): Plain => ({ v: value, list: [value, value], map: { k: value }, sub: { v: value } });

describe.each(kinds)('$title', ({ type, raw, equal, other }) => {
  it('an equal value is no change', async () => {
    const Model = await documents.model(schema(type));
    const doc = await documents.load(Model, rawOf(raw));
    doc.v = equal();
    doc.list = [equal(), equal()];
    doc.list.set(1, equal());
    doc.map.set('k', equal());
    doc.sub = { v: equal() };
    expect([doc.isModified(), doc.$tracker.diff()]).toEqual([false, []]);
    expect(await documents.save(doc)).toBeNull();
  });

  it('another value is written, and taken back it is no change', async () => {
    const Model = await documents.model(schema(type));
    const doc = await documents.load(Model, rawOf(raw));
    const put = (value: unknown): void => {
      doc.v = value;
      doc.list.set(1, value);
      doc.map.set('k', value);
      doc.sub.v = value;
    };
    put(other);
    put(equal());
    expect(doc.$tracker.diff()).toEqual([]);
    put(other);
    expect(await documents.updateOf(doc)).toEqual(
      onWire({ $set: { v: other, 'list.1': other, 'map.k': other, 'sub.v': other } }),
    );
    expect(await documents.save(doc)).toBeNull();
  });
});

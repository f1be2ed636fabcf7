// Section 2: Date and Buffer changed in place.
import { Schema } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const day = (iso: string): Date => new Date(`${iso}T00:00:00Z`);

const schema = (): Schema<Doc> => {
  const holder = (): Schema<Doc> => new Schema<Doc>({ at: Date, label: String }, { _id: false });
  return new Schema<Doc>({
    at: Date,
    nested: { at: Date },
    sub: holder(),
    items: { type: [holder()], default: undefined },
    dates: { type: [Date], default: undefined },
    byName: { type: Map, of: Date },
    mixed: Schema.Types.Mixed,
    buf: Buffer,
  });
};

interface Case {
  title: string;
  raw: Plain;
  edit: (doc: Doc) => unknown;
  sends: Plain;
}

const cases: Case[] = [
  {
    title: 'gh-1374 gh-3722 a setter of a Date',
    raw: { at: day('2020-01-01') },
    edit: (doc) => doc.at.setUTCMonth(5),
    sends: { $set: { at: day('2020-06-01') } },
  },
  {
    title: 'gh-1598 a Date changed and assigned to its own path',
    raw: { at: day('2020-01-01') },
    edit: (doc) => {
      const date = doc.at;
      date.setUTCDate(2);
      doc.at = date;
    },
    sends: { $set: { at: day('2020-01-02') } },
  },
  {
    title: 'gh-3738 a Date in a nested object',
    raw: { nested: { at: day('2020-01-01') } },
    edit: (doc) => doc.nested.at.setUTCDate(2),
    sends: { $set: { 'nested.at': day('2020-01-02') } },
  },
  {
    title: 'gh-3738 a Date in a subdocument',
    raw: { sub: { at: day('2020-01-01'), label: 'l' } },
    edit: (doc) => doc.sub.at.setUTCDate(2),
    sends: { $set: { 'sub.at': day('2020-01-02') } },
  },
  {
    title: 'gh-3738 a Date in an element of a document array',
    raw: { items: [{ at: day('2020-01-01') }, { at: day('2021-01-01') }] },
    edit: (doc) => doc.items[1].at.setUTCDate(2),
    sends: { $set: { 'items.1.at': day('2021-01-02') } },
  },
  {
    title: 'gh-3738 a Date in an array of dates',
    raw: { dates: [day('2020-01-01'), day('2021-01-01')] },
    edit: (doc) => doc.dates[0].setUTCDate(2),
    sends: { $set: { 'dates.0': day('2020-01-02') } },
  },
  {
    title: 'gh-3738 a Date in a Map',
    raw: { byName: { a: day('2020-01-01'), b: day('2021-01-01') } },
    edit: (doc) => doc.byName.get('a').setUTCDate(2),
    sends: { $set: { 'byName.a': day('2020-01-02') } },
  },
  {
    title: 'gh-3738 a Date in Mixed',
    raw: { mixed: { at: day('2020-01-01'), n: 1 } },
    edit: (doc) => doc.mixed.at.setUTCDate(2),
    sends: { $set: { 'mixed.at': day('2020-01-02') } },
  },
  {
    title: 'gh-5488 a byte of a Buffer',
    raw: { buf: Buffer.from('abc') },
    edit: (doc) => {
      doc.buf[1] = 120;
    },
    sends: { $set: { buf: Buffer.from('axc') } },
  },
  {
    title: 'gh-5488 Buffer#write',
    raw: { buf: Buffer.from('abc') },
    edit: (doc) => doc.buf.write('xy'),
    sends: { $set: { buf: Buffer.from('xyc') } },
  },
  {
    title: 'a Buffer in Mixed',
    raw: { mixed: { bytes: Buffer.from('abc'), n: 1 } },
    edit: (doc) => {
      const { bytes } = doc.mixed;
      (bytes.buffer as Uint8Array)[0] = 120;
    },
    sends: { $set: { 'mixed.bytes': Buffer.from('xbc') } },
  },
];

it.each(cases)('$title', async ({ raw, edit, sends }) => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw);
  edit(doc);
  expect(doc.isModified()).toBe(true);
  expect(await documents.updateOf(doc)).toEqual(sends);
  expect(await documents.save(doc)).toBeNull();
});

it.each<[string, Plain, (doc: Doc, value: number) => unknown]>([
  ['a Date', { at: new Date(1) }, (doc, value) => doc.at.setTime(value)],
  ['a Date in an array', { dates: [new Date(1)] }, (doc, value) => doc.dates[0].setTime(value)],
  ['a Date in Mixed', { mixed: { at: new Date(1) } }, (doc, value) => doc.mixed.at.setTime(value)],
  [
    'a Buffer',
    { buf: Buffer.from([1]) },
    (doc, value) => {
      doc.buf[0] = value;
    },
  ],
  ['a Buffer through fill()', { buf: Buffer.from([1]) }, (doc, value) => doc.buf.fill(value)],
])('gh-3738 %s changed in place and back is no change', async (_kind, raw, put) => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, raw);
  put(doc, 9);
  expect(doc.isModified()).toBe(true);
  put(doc, 1);
  expect(doc.isModified()).toBe(false);
  expect(await documents.save(doc)).toBeNull();
});

it('gh-3738 a change in place runs no setter', async () => {
  let calls = 0;
  const Model = await documents.model(
    new Schema<Doc>({
      at: {
        type: Date,
        set: (value: unknown) => {
          calls++;
          return value;
        },
      },
    }),
  );
  const doc = await documents.load(Model, { at: new Date(0) });
  calls = 0;
  doc.at.setTime(5);
  expect(await documents.updateOf(doc)).toEqual({ $set: { at: new Date(5) } });
  expect(calls).toBe(0);
});

it('an invalid Date is a change, and equals itself from then on', async () => {
  const Model = await documents.model(schema());
  const doc = await documents.load(Model, { at: new Date(0) });
  doc.at.setTime(NaN);
  expect(doc.isModified('at')).toBe(true);
  doc.$tracker.reset();
  expect(doc.isModified('at')).toBe(false);
});

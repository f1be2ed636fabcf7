// What a filter has to tell apart: every value that a path may hold from every other one, whichever it was at the baseline.
import { Schema, mongo } from 'mongoose';
import type { Model } from 'mongoose';
import type { CowTrackingError } from '../../lib';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const { BSON, Binary, Decimal128, Long, ObjectId, Timestamp } = mongo;
const documents = useDocuments();
const ABSENT = Symbol('absent');
const bytes = Buffer.alloc(16, 1);

const VALUES: Readonly<Record<string, unknown>> = {
  absent: ABSENT,
  null: null,
  'empty string': '',
  'a string': 'x',
  'a string of digits': '1',
  zero: 0,
  one: 1,
  'a fraction': 1.5,
  NaN: NaN,
  'a long': Long.fromString('9007199254740993'),
  'a decimal': Decimal128.fromString('1'),
  true: true,
  false: false,
  'a date': new Date(1),
  'an id': new ObjectId('0'.repeat(24)),
  'an id as text': '0'.repeat(24),
  bytes: Buffer.from('x'),
  'a uuid': new Binary(bytes, 4),
  'bytes of a uuid': bytes,
  'a pattern': /x/,
  'a pattern with flags': /x/i,
  'a timestamp': new Timestamp({ t: 1, i: 1 }),
  'an empty array': [],
  'an array': ['x'],
  'an array of null': [null],
  'an array of an object': [{ a: 1 }],
  'an array in an array': [['x']],
  'an empty array in an array': [[]],
  'two elements': ['x', 'y'],
  'two elements turned': ['y', 'x'],
  'an empty object': {},
  'an object': { a: 1 },
  'an object with more': { a: 1, b: 1 },
  'an object in another order': { b: 1, a: 1 },
  'an object with null': { a: null },
  'an object with an operator': { $gt: 1 },
  'an object with a dotted key': { 'a.b': 1 },
  'a nested object': { a: { a: 1 } },
};

/** With `minimize` these are one. */
const isEmpty = (value: unknown): boolean => value === ABSENT || JSON.stringify(value) === '{}';

let Box: Model<Doc>;

beforeAll(async () => {
  Box = await documents.model(new Schema<Doc>({ mixed: {} }), { conflicts: 'detect' });
});

const stored = (value: unknown): Plain => ({
  _id: new ObjectId(),
  __v: 0,
  mixed: value === ABSENT ? { w: 1 } : { v: value, w: 1 },
});

/** A document that was loaded when it held `base`, with an edit of the same value. */
function edited(_id: unknown, base: unknown): Doc {
  const doc = Box.hydrate(BSON.deserialize(BSON.serialize({ ...stored(base), _id })));
  doc.mixed.v = 'mine';
  return doc;
}

for (const [base, value] of Object.entries(VALUES)) {
  it(`knows ${base} again, in one round trip`, async () => {
    const raw = stored(value);
    await Box.collection.insertOne(raw);
    expect((await documents.save(edited(raw['_id'], value)))?.update).toEqual({ $set: { 'mixed.v': 'mine' } });
  });

  it(`tells ${base} from everything else`, async () => {
    const others = Object.entries(VALUES)
      .filter(([name, other]) => name !== base && !(isEmpty(value) && isEmpty(other)))
      .map(([name, other]) => ({ name, raw: stored(other) }));
    await Box.collection.insertMany(others.map(({ raw }) => raw));
    const outcomes = await Promise.all(
      others.map(async ({ name, raw }) => ({
        name,
        code: await edited(raw['_id'], value)
          .save()
          .then(
            () => 'saved',
            (error: CowTrackingError) => error.code,
          ),
      })),
    );
    expect(outcomes.filter(({ code }) => code !== 'ERR_CONFLICT')).toEqual([]);
  });
}

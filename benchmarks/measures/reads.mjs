/** What it costs to read a property of a document in which nothing was changed. */
import mongoose from 'mongoose';
import { modelOf, PLAIN, PLUGIN } from '../harness/models.mjs';

const { Schema, Types } = mongoose;

const READS = {
  String: 'doc.text',
  ObjectId: 'doc.reference',
  'nested scalar': 'doc.nested.text',
  Mixed: 'doc.mixed',
  Map: 'doc.map',
  array: 'doc.array',
  Date: 'doc.date',
  "get('text')": "doc.get('text')",
  'document array element': 'doc.documents[1].quantity',
};
export const cases = Object.keys(READS);
export const contenders = [PLAIN, PLUGIN];
export const timing = { heats: 8, rounds: 60, warmupMs: 500, turnMs: 5 };

const schema = () =>
  new Schema({
    text: String,
    reference: Schema.Types.ObjectId,
    nested: { text: String, deeper: { count: Number } },
    mixed: Schema.Types.Mixed,
    map: { type: Map, of: String },
    array: [Number],
    date: Date,
    documents: [new Schema({ quantity: Number })],
  });

const raw = () => ({
  _id: new Types.ObjectId(),
  text: 'text',
  reference: new Types.ObjectId(),
  nested: { text: 'text', deeper: { count: 3 } },
  mixed: { some: { values: [1, 2, 3] } },
  map: { key: 'value' },
  array: [1, 2, 3],
  date: new Date(0),
  documents: [{ quantity: 1 }, { quantity: 2 }],
});

export async function prepare(caseName, contender) {
  const doc = (await modelOf(contender, schema())).hydrate(raw());
  // A loop of its own for each expression, with nothing between it and the accessor.
  const read = new Function('doc', 'times', `let last; for (let i = 0; i < times; i++) last = ${READS[caseName]}; return last;`);
  return {
    check() {
      if (read(doc, 1) === undefined) throw new Error('nothing was read');
    },
    run: (times) => read(doc, times),
  };
}

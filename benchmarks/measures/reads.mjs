import mongoose from 'mongoose';
import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { modelOf, PLAIN, PLUGIN } from '../harness/models.mjs';

export const title = 'Reading a property a million times, nothing changed';
export const about = 'Time of one read.';
export const unit = 'ns';

const { Schema, Types } = mongoose;

const SCALAR = { must: 1.05, aim: 1 };
const MUTABLE = { must: 1.3, aim: 1.1 };
const READS = {
  String: { code: 'doc.text', limits: SCALAR },
  ObjectId: { code: 'doc.reference', limits: SCALAR },
  'nested scalar': { code: 'doc.nested.text', limits: SCALAR },
  "doc.get('text')": { code: "doc.get('text')", limits: SCALAR },
  Mixed: { code: 'doc.mixed', limits: MUTABLE },
  Map: { code: 'doc.map', limits: MUTABLE },
  array: { code: 'doc.array', limits: MUTABLE },
  Date: { code: 'doc.date', limits: MUTABLE },
  'field of a subdocument in an array': { code: 'doc.documents[1].quantity', limits: MUTABLE },
};
export const cases = Object.keys(READS);
export const contenders = [PLAIN, PLUGIN];
/** Far more than a million reads a heat, in turns. */
const timing = { heats: 8, rounds: 60, warmupMs: 500, turnMs: 4, heatMs: 3000 };

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
  // A loop of its own for each, with nothing between it and the accessor.
  const read = new Function(
    'doc',
    'times',
    `let last; for (let i = 0; i < times; i++) last = ${READS[caseName].code}; return last;`,
  );
  return {
    check() {
      const value = read(doc, 1);
      if (value === undefined || value === null || doc.isModified()) throw new Error('not read as it should be');
    },
    run: (times) => read(doc, times),
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, READS[caseName].limits);
    rows.push(...(await bench.turns({ measure: 'reads', case: caseName, contenders, base: PLAIN, timing, limits })));
  }
  return rows;
}

export const chart = (result) => barsOfCases(result);

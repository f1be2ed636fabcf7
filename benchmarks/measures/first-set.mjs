import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { modelOf, PLAIN, PLUGIN } from '../harness/models.mjs';
import { order, series } from '../harness/schemas.mjs';
import { stubDriver } from '../harness/stub.mjs';

export const title = 'Setting a first leaf of a document that was saved before, with an array of 20,000 elements';
export const about = 'Plain Mongoose then clones the whole array. Time of the assignment alone.';
export const unit = 'ns';

const kinds = {
  'an array of numbers': {
    kind: series(20_000),
    set(doc) {
      doc.values.set(7, doc.values[7] + 1);
    },
    path: 'values.7',
  },
  'an array of subdocuments': {
    kind: order(20_000),
    set(doc) {
      doc.lines[7].quantity++;
    },
    path: 'lines.7.quantity',
  },
};
export const cases = Object.keys(kinds);
export const contenders = [PLAIN, PLUGIN];
const timing = { heats: 5, rounds: 20, warmupMs: 2000, turnMs: 1, heatMs: 8000 };

export async function prepare(caseName, contender) {
  const { kind, set, path } = kinds[caseName];
  const Model = await modelOf(contender, kind.schema());
  const seen = stubDriver(Model);
  const doc = Model.hydrate(kind.raw());
  // Validation of 20,000 elements is no part of this, and takes long.
  const save = () => doc.save({ validateBeforeSave: false });
  return {
    async check() {
      set(doc);
      await save();
      set(doc);
      await save();
      if (Object.keys(seen.updates[0]?.$set ?? {}).join() !== path) throw new Error(`${path} was not written`);
    },
    most: 1,
    clock: 'wall',
    async setUp() {
      await save();
    },
    run: () => set(doc),
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 0.1, aim: 0.01 });
    rows.push(
      ...(await bench.turns({ measure: 'first-set', case: caseName, contenders, base: PLAIN, timing, limits })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result, { log: true });

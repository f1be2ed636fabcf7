import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { DIFF, modelOf, PLAIN, PLUGIN, PLUGIN_DIFF, SNAPSHOT } from '../harness/models.mjs';
import { account, country, flat, order } from '../harness/schemas.mjs';

export const title = 'Loading: from what the driver read to a document';
export const about = 'Processor time of Model.hydrate().';
export const unit = 'ns';

const kinds = Object.fromEntries([country, account, flat(100), order(1000)].map((kind) => [kind.title, kind]));
export const cases = Object.keys(kinds);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];
const timing = { heats: 12, rounds: 40, warmupMs: 700, turnMs: 8, heatMs: 5000 };

export async function prepare(caseName, contender) {
  const { schema, raw } = kinds[caseName];
  const Model = await modelOf(contender, schema());
  let raws = [];
  return {
    check() {
      const one = raw();
      const doc = Model.hydrate(one);
      if (!doc._id.equals(one._id) || doc.isModified()) throw new Error('not loaded as it should be');
    },
    most: 64,
    setUp(times) {
      raws = Array.from({ length: times }, raw);
    },
    run(times) {
      let last;
      for (let i = 0; i < times; i++) last = Model.hydrate(raws[i]);
      return last;
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 1.05, aim: 1 });
    rows.push(...(await bench.turns({ measure: 'hydrate', case: caseName, contenders, base: PLAIN, timing, limits })));
  }
  return rows;
}

export const chart = (result) => barsOfCases(result);

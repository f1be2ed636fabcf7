import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { heapInUse } from '../harness/heap.mjs';
import { DIFF, modelOf, PLAIN, PLUGIN, PLUGIN_DIFF, SNAPSHOT } from '../harness/models.mjs';
import { account, country, flat, order } from '../harness/schemas.mjs';

export const title = 'Heap of a document that was loaded and not touched';
export const about = 'With the values that it was loaded from.';
export const unit = 'bytes';

const kinds = Object.fromEntries([country, account, flat(100), order(1000)].map((kind) => [kind.title, kind]));
/** A whole number of times all 250 countries, which differ in size. */
const counts = { [country.title]: 1000, [account.title]: 1500, [flat(100).title]: 1000, [order(1000).title]: 30 };
export const cases = Object.keys(kinds);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];

export async function prepare(caseName, contender) {
  const { schema, raw } = kinds[caseName];
  const Model = await modelOf(contender, schema());
  const hold = (count) => Array.from({ length: count }, () => Model.hydrate(raw()));
  const bytes = (count) => {
    const before = heapInUse();
    const docs = hold(count);
    return (heapInUse() - before) / docs.length;
  };
  return {
    check() {
      if (hold(1)[0].isModified()) throw new Error('not loaded as it should be');
    },
    answers: {
      bytes() {
        bytes(10);
        return bytes(counts[caseName]);
      },
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 1.03, aim: 1 });
    rows.push(
      ...(await bench.answers({
        measure: 'heap',
        case: caseName,
        contenders,
        base: PLAIN,
        heats: 3,
        answer: 'bytes',
        limits,
      })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result);

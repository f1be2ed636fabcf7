import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { countriesOn } from '../harness/countries.mjs';
import { PLAIN, PLUGIN, SNAPSHOT, TS_PATCH } from '../harness/models.mjs';

export const title = 'Saves end to end on the server';
export const about =
  'Wall time per save; the ratio of saves a second is the inverse of the ratio shown. One field of a loaded document is changed and saved; ' +
  'or a form comes back with one field changed.';
export const unit = 'ns';

const AT_ONCE = [1, 8, 32];
const edits = {
  'one field': (doc, count) => {
    doc.name.common = `name ${count}`;
  },
  'a form': (doc, count, form) => {
    doc.set({ ...form, name: { ...form.name, common: `name ${count}` } });
  },
};
export const cases = Object.keys(edits).flatMap((edit) => AT_ONCE.map((many) => `${edit}, ${many} at once`));
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, TS_PATCH];
const timing = { heats: 4, rounds: 40, warmupMs: 1500, turnMs: 100, heatMs: 15_000 };

export async function prepare(caseName, contender, { uri }) {
  const [name, rest] = caseName.split(', ');
  const atOnce = Number(rest.split(' ')[0]);
  // The contenders run at the same time, in databases of their own; names of one length.
  const dbName = `cow_bench_${contenders.indexOf(contender)}`;
  const { Model, end } = await countriesOn(contender, uri, dbName);
  const docs = await Model.find().limit(atOnce);
  const forms = docs.map((doc) => {
    const { _id, __v, createdAt, updatedAt, ...form } = JSON.parse(JSON.stringify(doc));
    return form;
  });
  let count = 0;
  async function saveAll(doc, i, times) {
    for (let n = 0; n < times; n++) {
      edits[name](doc, count++, forms[i]);
      await doc.save();
    }
  }
  return {
    async check() {
      await saveAll(docs[0], 0, 2);
      const stored = await Model.collection.findOne({ _id: docs[0]._id });
      if (stored.name.common !== docs[0].name.common) throw new Error('the edit is not stored');
    },
    clock: 'wall',
    each: atOnce,
    run: (times) => Promise.all(docs.map((doc, i) => saveAll(doc, i, times))),
    end,
  };
}

export async function quick({ server }) {
  const { uri } = await server();
  const { Lane } = await import('../harness/lanes.mjs');
  for (const contender of contenders) {
    const lane = new Lane({ measure: 'throughput', case: 'a form, 8 at once', contender, options: { uri } });
    try {
      await lane.ask('prepare');
    } finally {
      await lane.end();
    }
  }
}

export async function measure(bench) {
  const { uri } = await bench.server();
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 1, aim: 0.99 });
    rows.push(
      ...(await bench.turns({
        measure: 'throughput',
        case: caseName,
        contenders,
        base: PLAIN,
        timing,
        options: { uri },
        limits,
      })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result);

import { exactRow } from '../harness/bench.mjs';
import { linesOfRounds } from '../harness/chart.mjs';
import { heapInUse } from '../harness/heap.mjs';
import { Lane } from '../harness/lanes.mjs';
import { modelOf, PLAIN, PLUGIN } from '../harness/models.mjs';
import { account } from '../harness/schemas.mjs';
import { median } from '../harness/statistics.mjs';
import { stubDriver } from '../harness/stub.mjs';

export const title = 'Heap over many rounds of load, edit and save';
export const about =
  'Heap in use after a garbage collection, at 20 points of the run. Growth is from the second fifth of the run to the last.';
export const unit = 'bytes';

const LOADED = 'a document loaded for each round';
const KEPT = 'one document kept, edited and saved';
export const cases = [LOADED, KEPT];
export const contenders = [PLAIN, PLUGIN];

const SAMPLES = 20;
/** Code is compiled and caches are filled before the first sample. */
const WARM_UP = 5000;
/** Bytes; less is noise. */
const NOISE = 200_000;

/** Edits of every kind of value that is tracked. */
const edits = [
  (doc, n) => (doc.balance = n),
  (doc, n) => (doc.settings.mail.digest.hour = n % 24),
  (doc, n) => doc.labels.set('floor', String(n)),
  (doc, n) => (doc.devices[n % 8].name = `device ${n}`),
  (doc, n) => doc.born.setTime(n),
  (doc, n) => (doc.roles = ['author', `role ${n}`, 'admin']),
  (doc, n) => (doc.address = { ...doc.toObject().address, street: `${n} St James Square` }),
  (doc) => {
    doc.roles.push('guest');
    doc.roles.pop();
  },
];

export async function prepare(caseName, contender) {
  const Model = await modelOf(contender, account.schema());
  stubDriver(Model);
  const load = () => Model.hydrate(account.raw());
  const kept = load();
  const round = async (n) => {
    const doc = caseName === LOADED ? load() : kept;
    edits[n % edits.length](doc, n);
    await doc.save();
  };
  return {
    async check() {
      for (let n = 0; n < 50; n++) await round(n);
    },
    answers: {
      async samples(rounds) {
        for (let n = 0; n < WARM_UP; n++) await round(n);
        const samples = [];
        for (let sample = 0; sample < SAMPLES; sample++) {
          for (let n = 0; n < rounds / SAMPLES; n++) await round(n);
          samples.push(heapInUse());
        }
        return samples;
      },
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    for (const contender of contenders) {
      bench.progress(`heap-growth: ${caseName}, ${contender}, ${bench.rounds} rounds`);
      const lane = new Lane({ measure: 'heap-growth', case: caseName, contender, options: {} });
      try {
        await lane.ask('prepare');
        const samples = await lane.askPatiently(0, 'answer', 'samples', bench.rounds);
        const growth = median(samples.slice(-SAMPLES / 5)) - median(samples.slice(SAMPLES / 5, (2 * SAMPLES) / 5));
        const perRound = growth > NOISE ? growth / (0.6 * bench.rounds) : 0;
        rows.push({
          ...exactRow({ case: caseName, contender, value: growth, limits: undefined }),
          samples,
          rounds: bench.rounds,
          verdict: perRound === 0 ? 'no growth' : `${perRound.toFixed(1)} bytes a round`,
        });
      } finally {
        await lane.end();
      }
    }
  }
  return rows;
}

export const chart = linesOfRounds;

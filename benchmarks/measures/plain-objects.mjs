import { dequal } from 'dequal';
import { enablePatches, produceWithPatches, setAutoFreeze } from 'immer';
import { klona } from 'klona/full';
import microdiff from 'microdiff';
import { create } from 'mutative';
import { StateTracker } from 'mongoose-cow-tracking';
import { barsOfCases } from '../harness/chart.mjs';
import { flat, megabyte, order } from '../harness/schemas.mjs';

export const title = 'One leaf of a plain object changed, and the change told';
export const about =
  'Processor time from the untouched object to the list of changes (klona with dequal only tell that there is one). ' +
  'immer and mutative give a new object and leave the old one, the others edit it.';
export const unit = 'ns';

enablePatches();
// Freezing costs, and is for finding bugs: as fast as each can be.
setAutoFreeze(false);

const TRACKER = 'StateTracker';
const IMMER = 'immer';
const MUTATIVE = 'mutative';
const MICRODIFF = 'klona, microdiff';
const DEQUAL = 'klona, dequal';

const kinds = {
  '100 fields': { kind: flat(100), path: ['field1'] },
  '1000 fields': { kind: flat(1000), path: ['field501'] },
  'an order of 1,000 lines': { kind: order(1000), path: ['lines', 500, 'quantity'] },
  'a tree of 1 MB': { kind: megabyte, path: ['settings', 'g41', 'b31', 'size', 'width'] },
};
export const cases = Object.keys(kinds);
export const contenders = [TRACKER, IMMER, MUTATIVE, MICRODIFF, DEQUAL];
const timing = { heats: 5, rounds: 40, warmupMs: 500, turnMs: 5, heatMs: 4000 };

export async function prepare(caseName, contender) {
  const { kind, path } = kinds[caseName];
  const data = kind.raw();
  const last = path.at(-1);
  const change = (object, value) => {
    path.slice(0, -1).reduce((inner, key) => inner[key], object)[last] = value;
  };
  const dotted = path.join('.');
  const tell = {
    [TRACKER](value) {
      const tracker = new StateTracker(data);
      tracker.set(dotted, value);
      return tracker.diff().map((one) => [one.path, one.to]);
    },
    [IMMER]: (value) =>
      produceWithPatches(data, (draft) => change(draft, value))[1].map((one) => [one.path.join('.'), one.value]),
    [MUTATIVE]: (value) =>
      create(data, (draft) => change(draft, value), { enablePatches: true })[1].map((one) => [
        one.path.join('.'),
        one.value,
      ]),
    [MICRODIFF](value) {
      const copy = klona(data);
      change(data, value);
      return microdiff(copy, data, { cyclesFix: false }).map((one) => [one.path.join('.'), one.value]);
    },
    [DEQUAL](value) {
      const copy = klona(data);
      change(data, value);
      return dequal(copy, data) ? [] : [[dotted, value]];
    },
  }[contender];
  let value = 1e6;
  return {
    check() {
      for (let i = 0; i < 2; i++) {
        const changes = tell(++value);
        if (JSON.stringify(changes) !== JSON.stringify([[dotted, value]]))
          throw new Error(`said ${JSON.stringify(changes)}`);
      }
    },
    run(times) {
      let changes;
      for (let i = 0; i < times; i++) changes = tell(++value);
      return changes;
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    rows.push(...(await bench.turns({ measure: 'plain-objects', case: caseName, contenders, base: TRACKER, timing })));
  }
  return rows;
}

export const chart = (result) => barsOfCases(result, { log: true });

import { isDeepStrictEqual } from 'node:util';
import { dequal } from 'dequal';
import { klona } from 'klona/full';
import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { modelOf, PLAIN, PLUGIN, SNAPSHOT } from '../harness/models.mjs';
import { flat } from '../harness/schemas.mjs';

export const title = 'Asking a clean document of 100 fields whether it is modified';
export const about =
  '"klona, dequal" and "structuredClone, isDeepStrictEqual" copy and compare the plain object; the snapshot plugin copied at load and compares.';
export const unit = 'ns';

const KLONA = 'klona, dequal';
const NATIVE = 'structuredClone, isDeepStrictEqual';
const MONGOOSE_QUESTION = `${PLUGIN}: doc.isModified()`;

export const cases = ['untouched', 'after every field was read'];
export const contenders = [KLONA, NATIVE, SNAPSHOT, PLAIN, PLUGIN, MONGOOSE_QUESTION];
const timing = { heats: 5, rounds: 40, warmupMs: 300, turnMs: 5, heatMs: 4000 };

const kind = flat(100);

/** The question, as each contender is asked. */
async function questionOf(contender) {
  if (contender === KLONA || contender === NATIVE) {
    const raw = kind.raw();
    // An ObjectId is a class instance, which structuredClone does not keep.
    if (contender === NATIVE)
      for (const key of Object.keys(raw)) if (typeof raw[key] === 'object') raw[key] = String(raw[key]);
    return {
      read: (key) => raw[key],
      ask: contender === KLONA ? () => !dequal(klona(raw), raw) : () => !isDeepStrictEqual(structuredClone(raw), raw),
    };
  }
  const doc = (await modelOf(contender === MONGOOSE_QUESTION ? PLUGIN : contender, kind.schema())).hydrate(kind.raw());
  const asks = { [PLUGIN]: () => doc.$tracker.isModified(), [SNAPSHOT]: () => doc.differs() };
  return {
    doc,
    read: (key) => doc[key],
    ask: asks[contender] ?? (() => doc.isModified()),
  };
}

export async function prepare(caseName, contender) {
  const { doc, read, ask } = await questionOf(contender);
  if (caseName !== 'untouched') for (let i = 0; i < 100; i++) read(`field${i}`);
  return {
    check() {
      if (ask() !== false) throw new Error('a clean document is said to be modified');
      if (doc === undefined) return;
      doc.field1 = 7;
      if (ask() !== true) throw new Error('a change is not seen');
      doc.field1 = 1.5;
      // Mongoose takes a field for modified that was set back.
      if (contender === PLAIN) doc.unmarkModified('field1');
      if (ask() !== false) throw new Error('a change that was taken back is still seen');
    },
    run(times) {
      let answer;
      for (let i = 0; i < times; i++) answer = ask();
      return answer;
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 0.1, aim: 0.001 });
    rows.push(
      ...(await bench.turns({ measure: 'clean-check', case: caseName, contenders, base: KLONA, timing, limits })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result, { log: true });

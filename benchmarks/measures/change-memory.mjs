import { create } from 'mutative';
import { produce } from 'immer';
import { klona } from 'klona/full';
import { StateTracker } from 'mongoose-cow-tracking';
import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { heapInUse } from '../harness/heap.mjs';
import { modelOf, PLAIN, PLUGIN, SNAPSHOT } from '../harness/models.mjs';
import { flat } from '../harness/schemas.mjs';

export const title = 'Memory kept to know one change of 1,000 fields';
export const about =
  'What the heap grows by, per document, from "loaded" to "one field changed, and the original still known". ' +
  'A deep copy is made for it by klona, and at load by the snapshot plugin.';
export const unit = 'bytes';

const KLONA = 'deep copy: klona';
const TRACKER = 'StateTracker';
const IMMER = 'immer';
const MUTATIVE = 'mutative';

const DOCUMENT = 'a Mongoose document';
const OBJECT = 'a plain object';
const byCase = {
  [DOCUMENT]: { contenders: [KLONA, SNAPSHOT, PLAIN, PLUGIN], own: PLUGIN },
  [OBJECT]: { contenders: [KLONA, IMMER, MUTATIVE, TRACKER], own: TRACKER },
};
export const cases = Object.keys(byCase);
export const contenders = [...new Set(Object.values(byCase).flatMap((one) => one.contenders))];
export const contendersOf = (caseName) => byCase[caseName].contenders;

const COUNT = 200;
const kind = flat(1000);
const change = (object) => {
  object.field500 = 'changed';
};

/** What a contender keeps of one object, once it is changed. */
const keepers = {
  [KLONA](object) {
    const copy = klona(object.toObject?.() ?? object);
    change(object);
    return copy;
  },
  [TRACKER](object) {
    const tracker = new StateTracker(object);
    tracker.set('field500', 'changed');
    return tracker;
  },
  [IMMER]: (object) => produce(object, change),
  [MUTATIVE]: (object) => create(object, change),
};

export async function prepare(caseName, contender) {
  const Model =
    caseName === DOCUMENT ? await modelOf(contender === KLONA ? PLAIN : contender, kind.schema()) : undefined;
  const load = Model === undefined ? kind.raw : () => Model.hydrate(kind.raw());
  const keep = keepers[contender] ?? change;
  const plainModel = Model && contender === SNAPSHOT ? await modelOf(PLAIN, kind.schema()) : undefined;
  const bytes = () => {
    const objects = Array.from({ length: COUNT }, load);
    const before = heapInUse();
    const kept = objects.map((object) => keep(object));
    return (heapInUse() - before) / kept.length;
  };
  /** The snapshot plugin keeps its copy from the load on: what its documents take more than plain ones. */
  const bytesFromLoad = () => {
    const start = heapInUse();
    const plain = Array.from({ length: COUNT }, () => plainModel.hydrate(kind.raw()));
    const between = heapInUse();
    const copied = Array.from({ length: COUNT }, load);
    copied.forEach(change);
    const end = heapInUse();
    return (end - between - (between - start)) / plain.length;
  };
  return {
    check() {
      const object = load();
      const kept = keep(object);
      const now = contender === IMMER || contender === MUTATIVE ? kept : (kept?.data ?? object);
      if (now.field500 !== 'changed') throw new Error('the change was not made');
      const originals = {
        [PLUGIN]: () => object.$tracker.original('field500'),
        [TRACKER]: () => kept.original('field500'),
        [KLONA]: () => kept.field500,
        [IMMER]: () => object.field500,
        [MUTATIVE]: () => object.field500,
      };
      if (contender in originals && originals[contender]() !== 'value 500')
        throw new Error('the original is not known');
    },
    answers: {
      bytes() {
        const run = plainModel === undefined ? bytes : bytesFromLoad;
        // The first fills what is filled once: code, caches of the schema.
        run();
        return Math.max(0, run());
      },
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const { contenders: some, own } = byCase[caseName];
    const limits = limitsFor(own, { must: 0.5, aim: 0.01 });
    rows.push(
      ...(await bench.answers({
        measure: 'change-memory',
        case: caseName,
        contenders: some,
        base: KLONA,
        heats: 5,
        answer: 'bytes',
        limits,
      })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result, { log: true });

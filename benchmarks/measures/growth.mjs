import { limitsFor } from '../harness/bench.mjs';
import { linesOfSizes } from '../harness/chart.mjs';
import { modelOf, PLAIN, PLUGIN } from '../harness/models.mjs';
import { order, series, tree } from '../harness/schemas.mjs';
import { stubDriver } from '../harness/stub.mjs';

export const title = 'One scalar changed and saved, as the document grows';
export const about =
  'Processor time of edit and save() with the driver stubbed; the ratio is to the smallest document of the same contender. ' +
  'Nothing mutable is read. Of subdocuments Mongoose itself visits every one in every save.';
export const unit = 'ns';

const SIZES = [10, 100, 1000, 10_000, 100_000];
/** Each gives a document of so many leaves besides the one that is changed. */
const shapes = {
  'numbers in an array': { kindOf: (leaves) => series(leaves), field: 'name' },
  'a Mixed tree': { kindOf: (leaves) => tree(leaves / 10), field: 'name' },
  'subdocuments in an array': { kindOf: (leaves) => order(leaves / 5), field: 'number' },
};
export const cases = Object.keys(shapes).flatMap((shape) => SIZES.map((size) => `${shape}, ${size} leaves`));
/** The large ones would answer no other question. */
export const quickCases = cases.filter((name) => Number(/(\d+) leaves/.exec(name)[1]) <= 1000);
export const contenders = [PLAIN, PLUGIN];
const timing = { heats: 3, rounds: 40, warmupMs: 700, turnMs: 10, heatMs: 8000 };

const at = (contender, size) => `${contender}, ${size}`;

export async function prepare(caseName, contender) {
  // Within one heat the sizes of one shape run against each other, and each is a contender of its own.
  const [shape, size = contender.split(', ')[1]] = caseName.replace(' leaves', '').split(', ');
  const { kindOf, field } = shapes[shape];
  const kind = kindOf(Number(size));
  const Model = await modelOf(contender.split(', ')[0], kind.schema());
  const seen = stubDriver(Model);
  const doc = Model.hydrate(kind.raw());
  let count = 0;
  const save = () => {
    doc[field] = `text ${count++}`;
    return doc.save();
  };
  return {
    async check() {
      for (let i = 0; i < 2; i++) {
        await save();
        const { $set } = seen.updates[0];
        if (Object.keys($set).join() !== field || $set[field] !== doc[field])
          throw new Error('not written as it should be');
      }
    },
    async run(times) {
      for (let i = 0; i < times; i++) await save();
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const shape of Object.keys(shapes)) {
    for (const contender of contenders) {
      const limits = shape.startsWith('subdocuments')
        ? undefined
        : limitsFor(at(PLUGIN, SIZES.at(-1)), { must: 1.2, aim: 1 });
      rows.push(
        ...(await bench.turns({
          measure: 'growth',
          case: shape,
          contenders: SIZES.map((size) => at(contender, size)),
          base: at(contender, SIZES[0]),
          timing,
          limits,
        })),
      );
    }
  }
  return rows;
}

export const chart = linesOfSizes;

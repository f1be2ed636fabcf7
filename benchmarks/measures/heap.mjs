/** Heap of a document that was loaded and not touched. */
import { DIFF, modelOf, PLAIN, PLUGIN, PLUGIN_DIFF, SNAPSHOT } from '../harness/models.mjs';
import { account, country, flat, order } from '../harness/schemas.mjs';

const kinds = { country, account, 'flat-100': flat(100), 'order-1000': order(1000) };
const counts = { country: 1000, account: 1000, 'flat-100': 1000, 'order-1000': 20 };
export const cases = Object.keys(kinds);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];

function used() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

export async function prepare(caseName, contender) {
  const { schema, raw } = kinds[caseName];
  const Model = await modelOf(contender, schema());
  const hold = (count) => Array.from({ length: count }, () => Model.hydrate(raw()));
  return {
    check() {},
    answers: {
      /** Bytes a document, with the values that it was loaded from. */
      bytes() {
        hold(20);
        const count = counts[caseName];
        const before = used();
        const docs = hold(count);
        const after = used();
        return (after - before) / docs.length;
      },
    },
  };
}

/** What it costs to turn what the driver read into a document. */
import { DIFF, modelOf, PLAIN, PLUGIN, PLUGIN_DIFF, SNAPSHOT } from '../harness/models.mjs';
import { account, country, flat, order } from '../harness/schemas.mjs';

const kinds = { country, account, 'flat-100': flat(100), 'order-1000': order(1000) };
export const cases = Object.keys(kinds);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];
export const timing = { heats: 12, rounds: 40, warmupMs: 700, turnMs: 8 };

export async function prepare(caseName, contender) {
  const { schema, raw } = kinds[caseName];
  const Model = await modelOf(contender, schema());
  const pool = 64;
  let raws = [];
  return {
    check() {
      const one = raw();
      if (!Model.hydrate(one)._id.equals(one._id)) throw new Error('hydrated another document');
    },
    most: pool,
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

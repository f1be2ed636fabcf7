import { limitsFor } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { DIFF, modelOf, PLAIN, PLUGIN, PLUGIN_DIFF, SNAPSHOT } from '../harness/models.mjs';
import { account, country, megabyte, order } from '../harness/schemas.mjs';
import { stubDriver } from '../harness/stub.mjs';

export const title = 'An edit and its save(), with the driver stubbed';
export const about = 'Processor time of both: what was kept at the edit is part of the price.';
export const unit = 'ns';

/** In the middle of the tree. */
const leafOf = (settings) => settings.g41.b31.size;

/**
 * `edit` makes a change that was not there before, however often it is called; `path` and `valueOf` are what the update
 * then has to say, alone or as a part of something larger.
 */
const kinds = {
  clean: { kind: account, most: 128, edit() {} },
  'one scalar': {
    kind: account,
    most: 128,
    edit(doc) {
      doc.balance++;
    },
    path: 'balance',
    valueOf: (doc) => doc.balance,
  },
  'one leaf in a reassigned 1000-line array': {
    kind: order(1000),
    most: 2,
    // As JSON.parse() would give it, and without the price of that.
    lines: (doc) => doc.toObject().lines,
    edit(doc, lines) {
      lines[500].quantity++;
      doc.lines = lines;
    },
    path: 'lines.500.quantity',
    valueOf: (doc) => doc.lines[500].quantity,
  },
  'one leaf in 1 MB of Mixed': {
    kind: megabyte,
    most: 4,
    edit(doc) {
      leafOf(doc.settings).width++;
      // Plain Mongoose must be told.
      doc.markModified('settings');
    },
    path: 'settings.g41.b31.size.width',
    valueOf: (doc) => leafOf(doc.settings).width,
  },
  '50 documents by bulkSave': {
    kind: country,
    most: 4,
    bulk: 50,
    edit(doc) {
      doc.geo.area++;
    },
    path: 'geo.area',
    valueOf: (doc) => doc.geo.area,
  },
};
const AGAIN = ', saved before';

export const cases = Object.keys(kinds).flatMap((name) => [name, name + AGAIN]);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];
/** The peers are shown once, on documents that were just loaded. */
export const contendersOf = (caseName) => (caseName.endsWith(AGAIN) ? [PLAIN, PLUGIN] : contenders);
/** A save runs through a great deal of code: it takes long until all of it is compiled. */
const timing = { heats: 6, rounds: 40, warmupMs: 2000, turnMs: 15, heatMs: 6000 };

/** Does the update say so, at the path or in a value above it? */
function says(update, path, value) {
  const written = Object.entries(update?.$set ?? {}).find(([key]) => path === key || path.startsWith(`${key}.`));
  if (written === undefined) return false;
  const rest = path.slice(written[0].length + 1).split('.');
  return rest.reduce((inner, key) => (key === '' ? inner : inner?.[key]), written[1]) === value;
}

export async function prepare(caseName, contender) {
  const again = caseName.endsWith(AGAIN);
  const {
    kind,
    most,
    edit,
    bulk = 1,
    lines,
    path,
    valueOf,
  } = kinds[again ? caseName.slice(0, -AGAIN.length) : caseName];
  const Model = await modelOf(contender, kind.schema());
  const seen = stubDriver(Model);
  // `lines` of a form are prepared beforehand.
  const load = () => Array.from({ length: bulk }, () => Model.hydrate(kind.raw()));
  const inputOf = (docs) => (lines ? lines(docs[0]) : undefined);
  const save = (docs, input) => {
    for (const doc of docs) edit(doc, input);
    return bulk === 1 ? docs[0].save() : Model.bulkSave(docs);
  };

  let targets = [];
  let inputs = [];
  return {
    most,
    async check() {
      const docs = load();
      for (let i = 0; i < (again ? 2 : 1); i++) await save(docs, inputOf(docs));
      if (path === undefined) {
        if (seen.updates.length > 0) throw new Error('a clean save wrote something');
        if (seen.reads > 0 && contender === PLUGIN) throw new Error('a clean save asked the server');
        return;
      }
      if (seen.updates.length !== docs.length)
        throw new Error(`${seen.updates.length} updates of ${docs.length} documents`);
      for (const [i, doc] of docs.entries()) {
        if (!says(seen.updates[i], path, valueOf(doc))) throw new Error(`${path} was not written`);
      }
    },
    async setUp(times) {
      if (!again || targets.length < times) {
        targets = Array.from({ length: times }, load);
        if (again) for (const docs of targets) await save(docs, inputOf(docs));
      }
      inputs = targets.map(inputOf);
    },
    async run(times) {
      for (let i = 0; i < times; i++) await save(targets[i], inputs[i]);
    },
  };
}

export async function measure(bench) {
  const rows = [];
  for (const caseName of cases) {
    const limits = limitsFor(PLUGIN, { must: 1.1, aim: 1 });
    rows.push(
      ...(await bench.turns({
        measure: 'saves',
        case: caseName,
        contenders: contendersOf(caseName),
        base: PLAIN,
        timing,
        limits,
      })),
    );
  }
  return rows;
}

export const chart = (result) => barsOfCases(result);

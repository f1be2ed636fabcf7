/** What an edit and its `save()` cost the processor, with the driver stubbed. */
import { modelOf, PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF } from '../harness/models.mjs';
import { account, country, megabyte, order } from '../harness/schemas.mjs';
import { stubDriver } from '../harness/stub.mjs';

/** One leaf of the tree. */
const leaf = (settings) => settings.g3.b7.size;

/**
 * `edit` changes a document to what it was not before, whatever it was; `sent` is what the update must then say, at
 * least: plain Mongoose may write more around it.
 */
const kinds = {
  clean: { kind: account, most: 256, edit() {}, sent: () => null },
  'one scalar': {
    kind: account,
    most: 256,
    edit(doc) {
      doc.balance++;
    },
    sent: (doc) => ({ balance: doc.balance }),
  },
  'one leaf in a reassigned 1000-line array': {
    kind: order(1000),
    most: 2,
    edit(doc) {
      const lines = doc.toObject().lines;
      lines[500].quantity++;
      doc.lines = lines;
    },
    sent: (doc) => ({ 'lines.500.quantity': doc.lines[500].quantity }),
  },
  'one leaf in 1 MB of Mixed': {
    kind: megabyte,
    most: 4,
    edit(doc) {
      leaf(doc.settings).width++;
      doc.markModified('settings');
    },
    sent: (doc) => ({ 'settings.g3.b7.size.width': leaf(doc.settings).width }),
  },
  '50 documents by bulkSave': {
    kind: country,
    most: 4,
    bulk: 50,
    edit(doc) {
      doc.geo.area++;
    },
    sent: (doc) => ({ 'geo.area': doc.geo.area }),
  },
};

export const cases = Object.keys(kinds).flatMap((name) => [name, `${name}, saved before`]);
export const contenders = [PLAIN, PLUGIN, SNAPSHOT, PLUGIN_DIFF, DIFF];
export const timing = { heats: 6, rounds: 40, warmupMs: 1200, turnMs: 15 };

export async function prepare(caseName, contender) {
  const again = caseName.endsWith(', saved before');
  const { kind, most, edit, bulk } = kinds[caseName.replace(', saved before', '')];
  const Model = await modelOf(contender, kind.schema());
  const seen = stubDriver(Model);
  const load = () => (bulk ? Array.from({ length: bulk }, () => Model.hydrate(kind.raw())) : Model.hydrate(kind.raw()));
  const save = bulk
    ? (docs) => {
        for (const doc of docs) edit(doc);
        return Model.bulkSave(docs);
      }
    : (doc) => {
        edit(doc);
        return doc.save();
      };
  let targets = [];
  let used = true;
  return {
    most: most,
    async check() {
      const doc = load();
      await save(doc);
      return seen;
    },
    async setUp(times) {
      if (again && targets.length >= times) return;
      targets = Array.from({ length: times }, load);
      if (again) for (const target of targets) await save(target);
    },
    async run(times) {
      for (let i = 0; i < times; i++) await save(targets[i]);
    },
  };
}

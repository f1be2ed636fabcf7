// Three writers with random edits, in random order, on the server: no acknowledged write is lost, and nobody is refused without need.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { onWire, type Doc, type Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';
import { Writers, setBy, steps, valueAt, type Outcome, type Step } from './writers';

const documents = useDocuments();
const RUNS = Number(process.env['CONFLICT_RUNS'] ?? 15);
const seed = Number(process.env['CONFLICT_SEED'] ?? 20_261_125);

let Detecting: Model<Doc>;
let Plainly: Model<Doc>;

beforeAll(async () => {
  const schema = (): Schema<Doc> =>
    new Schema<Doc>({
      name: String,
      other: String,
      count: Number,
      address: { city: String, zip: String },
      mixed: {},
      prices: { type: Map, of: Number },
      tags: [String],
      items: [new Schema<Doc>({ q: Number })],
    });
  Detecting = await documents.model(schema(), { conflicts: 'detect' });
  Plainly = await documents.plainModel(schema());
});

/** Paths that a save has written over a value which its writer did not know, and did not mean to write itself. */
function overwritten({ error, update, known, before }: Outcome): string[] {
  if (error !== undefined) return [];
  return [...setBy(update)].filter(([path, value]) => isForeign(path, known, before, value)).map(([path]) => path);
}

function isForeign(path: string, known: Plain, before: Plain, mine: unknown): boolean {
  const stored = valueAt(before, path);
  return !isDeepStrictEqual(stored, valueAt(known, path)) && !isDeepStrictEqual(stored, mine);
}

async function runAll(model: Model<Doc>, script: readonly Step[], check: (outcome: Outcome) => void): Promise<void> {
  const writers = await Writers.start(documents, model);
  for (const step of script) {
    const outcome = await writers.run(step);
    if (outcome !== undefined) check(outcome);
  }
}

function checkRefusal({ error, update, known, before, after, changes }: Outcome): void {
  expect(after).toEqual(before);
  expect(changes.after).toEqual(changes.before);
  if (error.name === 'VersionError') {
    expect(before['__v']).not.toBe(known['__v']);
    return;
  }
  expect({ code: error.code, message: error.message }).toMatchObject({ code: 'ERR_CONFLICT' });
  const conflicts = error.conflicts as { path: string; base: unknown; mine: unknown; theirs: unknown }[];
  expect(conflicts).not.toEqual([]);
  const written = setBy(update);
  for (const { path, base, mine, theirs } of conflicts) {
    expect(onWire({ base, theirs })).toEqual(onWire({ base: valueAt(known, path), theirs: valueAt(before, path) }));
    expect(onWire({ theirs })).not.toEqual(onWire({ theirs: base }));
    if (written.has(path)) expect(onWire({ mine })).toEqual(onWire({ mine: written.get(path) }));
  }
  const paths = conflicts.map(({ path }) => path);
  expect(paths).toEqual([...paths].sort());
  for (const [path, value] of written) {
    if (isForeign(path, known, before, value)) expect(paths.some((other) => path.startsWith(other))).toBe(true);
  }
}

it('overwrites nothing that its writer did not know, and refuses nobody who met nobody', async () => {
  let saves = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      await runAll(Detecting, script, (outcome) => {
        saves++;
        expect(overwritten(outcome)).toEqual([]);
        if (outcome.error === undefined) return;
        refused++;
        checkRefusal(outcome);
      });
    }),
    { numRuns: RUNS, seed },
  );
  expect(saves).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
  process.stdout.write(
    `three writers, conflicts: 'detect': ${String(saves)} saves, ${String(refused)} refused, 0 lost updates\n`,
  );
}, 600_000);

it('Mongoose alone loses updates in the same scripts', async () => {
  let saves = 0;
  let lost = 0;
  for (const script of fc.sample(steps, { numRuns: RUNS, seed })) {
    await runAll(Plainly, script, (outcome) => {
      saves++;
      lost += overwritten(outcome).length;
    });
  }
  expect(lost).toBeGreaterThan(0);
  process.stdout.write(`three writers, Mongoose alone: ${String(saves)} saves, ${String(lost)} lost updates\n`);
}, 600_000);

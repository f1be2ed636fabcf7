// For `npm run test:property` (scripts/long-run.mjs), which sets PROPERTY_MINUTES. Goes on after a failure: a long run
// that stops at its first finding has looked for one thing only.
import { variantNames } from './models';
import { kindOf, showFound } from './report';
import { Tally } from './run-script';
import { search } from './search';
import { useLab } from './use-lab';

const minutes = Number(process.env['PROPERTY_MINUTES'] ?? 0);
const firstSeed = Number(process.env['PROPERTY_SEED'] ?? 1);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const title = minutes > 0 ? 'the long run' : 'the long run (skipped: only with PROPERTY_MINUTES)';

(minutes > 0 ? describe : describe.skip)(title, () => {
  const lab = useLab();

  test(
    'finds nothing',
    async () => {
      const tally = new Tally();
      const failures = new Map<string, number>();
      const end = Date.now() + minutes * 60_000;
      let seed = firstSeed;
      for (; Date.now() < end; seed += 1) {
        const variant = variantNames[seed % variantNames.length] ?? 'standard';
        const found = await search({ lab: lab(), variant, seed, runs: 50, tally });
        if (found === null) continue;
        const kind = kindOf(found.error);
        failures.set(kind, (failures.get(kind) ?? 0) + 1);
        // The first few of a kind: a common bug would drown the rare ones.
        if ((failures.get(kind) ?? 0) <= 5) say(`\n${showFound(found)}\n`);
      }
      const total = [...failures.values()].reduce((sum, count) => sum + count, 0);
      say(`property: ${tally.summary()}, seeds ${String(firstSeed)} to ${String(seed - 1)}, ${String(total)} failures`);
      for (const [kind, count] of failures) say(`  ${String(count)} x [${kind}]`);
      for (const [name, count] of tally.exceptions) say(`  let pass ${String(count)} x ${name}`);
      expect(Object.fromEntries(failures)).toEqual({});
    },
    minutes * 60_000 + 120_000,
  );
});

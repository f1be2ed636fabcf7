// For `npm run test:model` (scripts/long-run.mjs), which sets MODEL_MINUTES. Goes on after a failure: a long run that stops at
// its first finding has looked for one thing only.
import fc from 'fast-check';
import { useSequences } from './sequences';

const minutes = Number(process.env['MODEL_MINUTES'] ?? 0);
const firstSeed = Number(process.env['MODEL_SEED'] ?? 1);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const title = minutes > 0 ? 'the long run' : 'the long run (skipped: only with MODEL_MINUTES)';

(minutes > 0 ? describe : describe.skip)(title, () => {
  const sequences = useSequences();

  it(
    'finds nothing',
    async () => {
      const end = Date.now() + minutes * 60_000;
      let seed = firstSeed;
      let runs = 0;
      let failures = 0;
      for (; Date.now() < end; seed += 1) {
        const details = await sequences.check(seed, 50);
        runs += details.numRuns;
        if (!details.failed) continue;
        failures += 1;
        const { errorInstance: error } = details;
        say(`\n${await fc.asyncDefaultReportMessage(details)}\n${error instanceof Error ? error.message : ''}\n`);
      }
      say(
        `model: ${String(runs)} sequences, seeds ${String(firstSeed)} to ${String(seed - 1)}, ${String(failures)} failures`,
      );
      expect(failures).toBe(0);
    },
    minutes * 60_000 + 300_000,
  );
});

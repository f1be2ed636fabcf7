// Random sequences of edits, saves, faults and transactions against a simple model. Set MODEL_SEED to repeat a run and
// MODEL_RUNS for another number of sequences; `npm run test:model` runs for as long as you like.
import fc from 'fast-check';
import { useSequences } from './sequences';

const runs = Number(process.env['MODEL_RUNS'] ?? 200);
const seed = Number(process.env['MODEL_SEED'] ?? 20_261_125);

const sequences = useSequences();

it('what is acknowledged is stored, everything else is still a change', async () => {
  process.stdout.write(`model: ${String(runs)} sequences, MODEL_SEED=${String(seed)}\n`);
  const details = await sequences.check(seed, runs);
  if (details.failed) throw new Error(await fc.asyncDefaultReportMessage(details), { cause: details.errorInstance });
}, 300_000);

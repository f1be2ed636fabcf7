// Random edits of two writers, the second of whom refreshes: nothing of either is lost but what both have changed. Set
// PROPERTY_SEED to repeat a run, PROPERTY_RUNS for another number of scripts.
import fc from 'fast-check';
import { scriptOf, type Script } from './arbitraries';
import { minimise } from './minimise';
import { variantNames } from './models';
import { kindOf, showFound } from './report';
import { runRefresh } from './run-refresh';
import { useLab } from './use-lab';

const wanted = process.env['PROPERTY_RUNS'];
const runs = Number(wanted ?? 300);
const seconds = wanted === undefined ? 5 : 600;
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_125);

describe('refresh()', () => {
  const lab = useLab();

  test.each(variantNames)(
    'takes over what others did, and keeps what I did: %s',
    async (variant) => {
      const property = fc.asyncProperty(scriptOf(variant), (script) => runRefresh(lab(), script));
      const details = await fc.check(property, {
        seed: seed + variantNames.indexOf(variant),
        numRuns: Math.ceil(runs / variantNames.length),
        // Smaller scripts are looked for below: fast-check would try every smaller value of every step.
        endOnFailure: true,
        interruptAfterTimeLimit: seconds * 1000,
      });
      if (!details.failed || details.counterexample === null) return;
      const failure = async (script: Script): Promise<unknown> =>
        runRefresh(lab(), script).then(
          () => null,
          (error: unknown) => error,
        );
      const [found] = details.counterexample;
      const kind = kindOf(details.errorInstance);
      const script = await minimise(found, async (smaller) => kindOf(await failure(smaller)) === kind);
      throw new Error(showFound({ script, error: (await failure(script)) ?? details.errorInstance, seed }));
    },
    900_000,
  );
});

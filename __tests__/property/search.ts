import fc from 'fast-check';
import { scriptOf } from './arbitraries';
import type { Script } from './arbitraries';
import type { Lab } from './lab';
import { minimise } from './minimise';
import type { VariantName } from './models';
import { kindOf } from './report';
import type { Found } from './report';
import { runScript, Tally } from './run-script';

export interface Search {
  readonly lab: Lab;
  readonly variant: VariantName;
  readonly seed: number;
  readonly runs: number;
  readonly tally: Tally;
  /** Stop looking after so long; no limit if it is missing. */
  readonly seconds?: number;
}

/** Runs random scripts until one fails, and answers the smallest script found that fails the same check. */
export async function search({ lab, variant, seed, runs, tally, seconds = Infinity }: Search): Promise<Found | null> {
  let running: Promise<unknown> = Promise.resolve();
  const property = fc.asyncProperty(scriptOf(variant), (script) => {
    const run = runScript(lab, script, tally);
    running = run.catch(() => undefined);
    return run;
  });
  // fast-check would try every smaller value of every step: a database is too slow for that.
  const limit = Number.isFinite(seconds) ? { interruptAfterTimeLimit: seconds * 1000 } : {};
  const details = await fc.check(property, { seed, numRuns: runs, endOnFailure: true, ...limit });
  // At its time limit fast-check leaves the last script running, which would move the clock of the next one.
  await running;
  if (!details.failed || details.counterexample === null) return null;

  const failure = async (script: Script): Promise<unknown> => {
    try {
      await runScript(lab, script, new Tally());
      return null;
    } catch (error) {
      return error;
    }
  };
  const [found] = details.counterexample;
  const first = await failure(found);
  const fails = async (script: Script): Promise<boolean> => {
    const error = await failure(script);
    return error !== null && kindOf(error) === kindOf(first);
  };
  const script = first === null ? found : await minimise(found, fails);
  return { script, error: (await failure(script)) ?? details.errorInstance, seed };
}

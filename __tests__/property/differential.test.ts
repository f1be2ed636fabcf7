// Oracle 2, two documents and one truth: random scripts of edits and saves, applied to one copy of a document with the
// plugin and to one without it. Set PROPERTY_SEED to repeat a run, PROPERTY_RUNS for another number of scripts.
// Unless that is set, each variant stops after a few seconds: a slow machine runs fewer scripts, not a longer test.
import { variantNames } from './models';
import { showFound } from './report';
import { Tally } from './run-script';
import { search } from './search';
import { useLab } from './use-lab';

const wanted = process.env['PROPERTY_RUNS'];
const runs = Number(wanted ?? 300);
const secondsEach = wanted === undefined ? 8 : Infinity;
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_125);

describe('with the plugin and without', () => {
  const lab = useLab();
  const tally = new Tally();

  test.each(variantNames)(
    'every save stores the same, and sends no more: %s',
    async (variant) => {
      // Another seed for each variant: the same scripts again would find little new.
      const found = await search({
        lab: lab(),
        variant,
        seed: seed + variantNames.indexOf(variant),
        runs: Math.ceil(runs / variantNames.length),
        tally,
        seconds: secondsEach,
      });
      if (found !== null) throw new Error(showFound(found));
    },
    300_000,
  );

  test('all saves together send less', () => {
    expect(tally.trackedBytes).toBeLessThan(tally.plainBytes);
  });

  afterAll(() => {
    process.stdout.write(`property: ${tally.summary()}, PROPERTY_SEED=${String(seed)}\n`);
  });
});

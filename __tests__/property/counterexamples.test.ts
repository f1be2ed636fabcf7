import type { Script } from './arbitraries';
import { counterexamples } from './counterexamples';
import { showFound } from './report';
import { runScript, Tally } from './run-script';
import { useLab } from './use-lab';

describe('scripts that once failed', () => {
  const lab = useLab();

  async function replay(script: Script): Promise<void> {
    try {
      await runScript(lab(), script, new Tally());
    } catch (error) {
      throw new Error(showFound({ script, error, seed: null }), { cause: error });
    }
  }

  test.each(Object.entries(counterexamples))('%s', async (_, script) => {
    await expect(replay(script)).resolves.toBeUndefined();
  });
});

// Every script that once failed, under the name of what it found. A new one is what the search prints, pasted here.
import type { Script } from './arbitraries';
import { showFound } from './report';
import { runScript, Tally } from './run-script';
import { useLab } from './use-lab';

describe('scripts that once failed', () => {
  const lab = useLab();

  async function replay(script: Script): Promise<void> {
    try {
      await runScript(lab(), script, new Tally());
    } catch (error) {
      throw new Error(showFound({ script, error, seed: 0 }), { cause: error });
    }
  }

  test('a Date changed in place', async () => {
    await replay({
      variant: 'standard',
      seed: 'full',
      load: 'whole',
      revert: true,
      steps: [{ do: 'inPlace', at: 'date', pick: [0, 0], n: 4, value: 0 }],
    });
  });
});

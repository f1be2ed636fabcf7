// Who watches the watchman: the comparison itself must hold between two plain models, and find what a bad plugin does.
import type { Schema } from 'mongoose';
import type { Script } from './arbitraries';
import { runScript, Tally } from './run-script';
import { search } from './search';
import { useLab } from './use-lab';

const script = (...steps: Script['steps']): Script => ({
  variant: 'standard',
  seed: 'full',
  load: 'whole',
  revert: false,
  steps,
});

describe('two plain models', () => {
  const lab = useLab(null);

  test('store and send the same', async () => {
    const tally = new Tally();
    expect(await search({ lab: lab(), variant: 'standard', seed: 1, runs: 20, tally })).toBeNull();
    expect(tally.trackedBytes).toBe(tally.plainBytes);
  });
});

describe('a plugin that loses a write', () => {
  const lab = useLab((schema: Schema) => {
    schema.pre('save', function forget() {
      this.unmarkModified('nested.text');
    });
  });

  test('is found', async () => {
    const lost = script({ do: 'set', at: 'nested.text', pick: [], via: 'assign', value: 'lost' });
    await expect(runScript(lab(), lost, new Tally())).rejects.toThrow('[stored]');
  });

  test('and nothing is said of another path', async () => {
    const kept = script({ do: 'set', at: 'nested.num', pick: [], via: 'assign', value: 77 });
    await expect(runScript(lab(), kept, new Tally())).resolves.toBeUndefined();
  });
});

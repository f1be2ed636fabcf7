// What StateTracker costs in memory and in time.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StateTracker } from '../../lib/tracker/state-tracker';
import type { Doc } from '../helpers/documents';

it('memory after 1 change of 1000 fields is below half of a deep copy', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const fields = Array.from({ length: 1000 }, (_, i) => [
    `field${String(i)}`,
    { list: Array.from({ length: 100 }, (_item, n) => n + 0.5), nested: { text: 'x', i } },
  ]);
  const data = Object.fromEntries(fields) as Record<string, Doc>;
  /** What stays in memory as long as the result of `make` is held; the median of five, as garbage of other tests goes meanwhile. */
  const weigh = (make: () => unknown): number => {
    collect();
    const weights = [1, 2, 3, 4, 5].map(() => {
      collect();
      const before = process.memoryUsage().heapUsed;
      const held = [make()];
      collect();
      const weight = process.memoryUsage().heapUsed - before;
      expect(held).toHaveLength(1);
      return weight;
    });
    return weights.sort((a, b) => a - b)[2] as number;
  };
  const copy = weigh(() => structuredClone(data));
  const tracked = weigh(() => {
    const tracker = new StateTracker(data);
    tracker.set('field500', { list: [1], nested: null });
    expect(tracker.isModified()).toBe(true);
    tracker.revert();
    tracker.set('field500.nested.text', 'y');
    return tracker;
  });
  expect(copy).toBeGreaterThan(500_000);
  expect(tracked).toBeLessThan(copy / 2);
});

it('many writes cost about the same each', () => {
  const time = (fields: number): number => {
    const data = Object.fromEntries(Array.from({ length: fields }, (_, i) => [`f${String(i)}`, i]));
    const tracker = new StateTracker<Doc>(data);
    const start = performance.now();
    for (let i = 0; i < fields; i++) tracker.set(`f${String(i)}`, -1);
    return performance.now() - start;
  };
  time(2000);
  const least = (fields: number): number => Math.min(...[1, 2, 3, 4].map(() => time(fields)));
  // 32 times the fields. Were every write to look through all that is kept, they would take 1024 times as long.
  expect(least(16_000)).toBeLessThan(Math.max(least(500), 0.2) * 250);
});

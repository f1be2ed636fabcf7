/** The process of one contender: prepares, checks the answer, and then runs a turn whenever it is told to. */
import { clocks } from './clock.mjs';
import { loadMeasure } from './registry.mjs';

/**
 * @typedef {object} Start
 * @property {string} measure
 * @property {string} case
 * @property {string} contender
 * @property {object} options
 */

/**
 * @typedef {object} Job
 * @property {() => unknown} check throws if the contender's answer is wrong
 * @property {(times: number) => unknown} [run] the operation, so many times
 * @property {(times: number) => unknown} [setUp] before each `run`, not timed
 * @property {number} [most] operations that one `setUp` can serve
 * @property {'cpu' | 'wall'} [clock]
 * @property {Record<string, (...args: unknown[]) => unknown>} [answers] anything else that is asked for by name
 */

/** @type {Start} */
const start = JSON.parse(process.argv[2]);
/** @type {Job} */
let job;
let times = 1;

/** One timed run. */
async function timed(count) {
  await job.setUp?.(count);
  const clock = clocks[job.clock ?? 'cpu'];
  const before = clock();
  const running = job.run(count);
  // A loop that has nothing to wait for must not be charged for a turn of the event loop.
  if (running instanceof Promise) await running;
  return clock() - before;
}

const methods = {
  async prepare() {
    const measure = await loadMeasure(start.measure);
    job = await measure.prepare(start.case, start.contender, start.options);
    await job.check();
  },

  /** Until V8 has settled, and until it is known how many operations make a turn. */
  async warmUp(warmupMs, turnMs) {
    const most = job.most ?? Infinity;
    const end = performance.now() + warmupMs;
    let spent = 0;
    do {
      spent = await timed(times);
      if (spent < turnMs * 1e6 && times < most) times = Math.min(times * 2, most);
    } while (performance.now() < end);
    if (spent > 0) times = Math.max(1, Math.min(most, Math.round((times * turnMs * 1e6) / spent)));
    globalThis.gc();
  },

  async turn() {
    return (await timed(times)) / times;
  },

  ask: (name, ...args) => job.answers[name](...args),
};

process.on('message', async ({ method, args }) => {
  try {
    process.send({ value: await methods[method](...args) });
  } catch (error) {
    process.send({ error: `${start.measure}, ${start.case}, ${start.contender}: ${error.stack}` });
  }
});
process.on('disconnect', () => process.exit());

/** The process of one contender: prepares, checks the answer, and then runs a turn whenever it is told to. */
import { timed } from './clock.mjs';
import { measureOf } from './registry.mjs';

/**
 * @typedef {object} Start
 * @property {string} measure
 * @property {string} case
 * @property {string} contender
 * @property {object} options
 */

/** @type {Start} */
const start = JSON.parse(process.argv[2]);
/** @type {import('./clock.mjs').Job} */
let job;
let times = 1;

/** A warm-up ends after so many times its length on the wall: what it prepares takes time as well. */
const PATIENCE = 6;

const methods = {
  async prepare() {
    const measure = await measureOf(start.measure);
    job = await measure.prepare(start.case, start.contender, start.options);
    await job.check();
  },

  /**
   * Until V8 has settled, and until it is known how many operations make a turn. Counted is the time of the operations by
   * their own clock: on a shared machine a second on the wall may be little of the processor's.
   */
  async warmUp(warmupMs, turnMs) {
    const most = job.most ?? Infinity;
    const end = performance.now() + PATIENCE * warmupMs;
    let warmed = 0;
    let spent;
    do {
      spent = await timed(job, times);
      warmed += spent / 1e6;
      if (spent < turnMs * 1e6 && times < most && warmed < warmupMs) times = Math.min(times * 2, most);
    } while (warmed < warmupMs && performance.now() < end);
    if (spent > 0) times = Math.max(1, Math.min(most, Math.round((times * turnMs * 1e6) / spent)));
    globalThis.gc();
  },

  async turn() {
    return (await timed(job, times)) / times / (job.each ?? 1);
  },

  answer: (name, ...args) => job.answers[name](...args),
};

process.on('message', async ({ method, args }) => {
  try {
    process.send({ value: await methods[method](...args) });
  } catch (error) {
    process.send({ error: `${start.measure}, ${start.case}, ${start.contender}: ${error.stack}` });
  }
});
process.on('disconnect', async () => {
  await job?.end?.();
  process.exit();
});

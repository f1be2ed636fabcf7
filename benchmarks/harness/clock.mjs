/**
 * What is timed.
 *
 * @typedef {object} Job
 * @property {() => unknown} check throws if the contender's answer is wrong
 * @property {(times: number) => unknown} [run] the operation, so many times
 * @property {(times: number) => unknown} [setUp] before each `run`, not timed
 * @property {number} [most] operations that one `setUp` can serve
 * @property {number} [each] what one operation counts for
 * @property {'cpu' | 'wall'} [clock]
 * @property {Record<string, (...args: any[]) => unknown>} [answers] anything else that is asked for, by name
 * @property {() => unknown} [end]
 */

/** Nanoseconds. */
const clocks = {
  /** Processor time with that of the garbage collector: the machine is shared, and waiting for it is nobody's cost. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
  wall: () => Number(process.hrtime.bigint()),
};

/**
 * @param {Job} job
 * @param {number} times
 * @returns {Promise<number>} nanoseconds for all of them
 */
export async function timed(job, times) {
  await job.setUp?.(times);
  const now = clocks[job.clock ?? 'cpu'];
  const before = now();
  const running = job.run(times);
  // A loop that has nothing to wait for is not charged for a turn of the event loop.
  if (running instanceof Promise) await running;
  return now() - before;
}

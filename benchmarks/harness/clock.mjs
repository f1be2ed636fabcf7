/** Nanoseconds, by what a measure is about. */

/** Processor time of this process, with its garbage collector: the machine is shared, and waiting is nobody's cost. */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

export function wallTime() {
  return Number(process.hrtime.bigint());
}

export const clocks = { cpu: cpuTime, wall: wallTime };

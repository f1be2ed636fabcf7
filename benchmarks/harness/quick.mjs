/** Does everything still give the right answers? Times are not looked at. */
import { timed } from './clock.mjs';
import { measureOf } from './registry.mjs';

/**
 * @param {readonly string[]} names
 * @param {{ server: () => Promise<{ uri: string }> }} bench
 * @returns {Promise<number>} the exit code
 */
export async function quickCheck(names, bench) {
  let failures = 0;
  for (const name of names) {
    const start = performance.now();
    const measure = await measureOf(name);
    const problems = [];
    const attempt = async (what, run) => {
      try {
        await run();
      } catch (error) {
        problems.push(`${what}${error.message}`);
      }
    };
    if (measure.quick) await attempt('', () => measure.quick(bench));
    else {
      for (const caseName of measure.quickCases ?? measure.cases) {
        for (const contender of measure.contendersOf?.(caseName) ?? measure.contenders) {
          await attempt(`${caseName}, ${contender}: `, () => runOnce(measure, caseName, contender));
        }
      }
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`${problems.length === 0 ? 'right' : 'WRONG'}  ${name} (${seconds} s)\n`);
    for (const problem of problems) process.stdout.write(`       ${problem}\n`);
    failures += problems.length;
  }
  return failures === 0 ? 0 : 1;
}

async function runOnce(measure, caseName, contender) {
  const job = await measure.prepare(caseName, contender, {});
  await job.check();
  if (job.run) await timed(job, 1);
  await job.end?.();
}

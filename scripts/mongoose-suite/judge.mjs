import { causeOf, findRow, lostTitles, referenceTitles } from './compare.mjs';

/** @typedef {import('./run-file.mjs').FileResult} FileResult */
/** @typedef {import('./differences.mjs').Mode} Mode */
/** @typedef {import('./differences.mjs').Difference} Difference */

/**
 * @typedef {object} Outcome
 * @property {string} file
 * @property {FileResult} result of the first run
 * @property {number} reference
 * @property {{ file: string, title: string, cause: string }[]} lost not on the list
 * @property {{ file: string, title: string, cause: string, reason: string }[]} listed lost, and on the list
 * @property {{ file: string, title: string, problem: string }[]} stale on the list, and not lost
 * @property {{ file: string, title: string, cause: string, problem: string }[]} unsteady
 */

/**
 * Runs one file with the plugin and says what that means.
 *
 * @param {string} file
 * @param {Mode} mode
 * @param {FileResult} baseline of this file
 * @param {Difference[]} rows the list's, for this file
 * @param {boolean} retry
 * @param {(mode: Mode | null) => Promise<FileResult>} run
 * @returns {Promise<Outcome>}
 */
export async function judgeFile(file, mode, baseline, rows, retry, run) {
  const result = await run(mode);
  const reference = referenceTitles(baseline);
  const notPassed = lostTitles(baseline, result);
  const unlisted = notPassed.filter((title) => !findRow(rows, title));
  const { lost, unsteady } = retry
    ? await setUnsteadyAside(unlisted, mode, baseline, run)
    : { lost: unlisted, unsteady: [] };

  const listed = [];
  const stale = [];
  for (const row of rows) {
    const title = reference.find((candidate) => findRow([row], candidate));
    if (title === undefined) {
      stale.push({ file, title: row.title, problem: 'no such test passes, steadily, without the plugin' });
    } else if (notPassed.includes(title)) {
      listed.push({ file, title, cause: causeOf(result, title), reason: row.reason });
    } else {
      stale.push({ file, title, problem: 'passes with the plugin' });
    }
  }
  return {
    file,
    result,
    reference: reference.length,
    lost: lost.map((title) => ({ file, title, cause: causeOf(result, title) })),
    listed,
    stale,
    unsteady: unsteady.map(({ title, problem }) => ({ file, title, cause: causeOf(result, title), problem })),
  };
}

/** A race of the server's can go well twice; three runs without the plugin tell it from a loss. */
const BASELINE_RETRIES = 2;

/**
 * Runs the file again, with and then without the plugin, and keeps as lost what fails with it and passes without it
 * every time. What turns out to be unsteady without the plugin is noted in the baseline and not held on to any more.
 *
 * @param {string[]} titles
 * @param {Mode} mode
 * @param {FileResult} baseline
 * @param {(mode: Mode | null) => Promise<FileResult>} run
 */
async function setUnsteadyAside(titles, mode, baseline, run) {
  /** @type {{ title: string, problem: string }[]} */
  const unsteady = [];
  let lost = titles;
  if (lost.length > 0) {
    const again = new Set(lostTitles(baseline, await run(mode)));
    const passed = lost.filter((title) => !again.has(title));
    unsteady.push(...passed.map((title) => ({ title, problem: 'passed with the plugin in a second run' })));
    lost = lost.filter((title) => again.has(title));
  }
  for (let i = 0; i < BASELINE_RETRIES && lost.length > 0; i += 1) {
    const without = await run(null);
    if (without.ended) {
      continue;
    }
    const still = new Set(referenceTitles(without));
    const failed = lost.filter((title) => !still.has(title));
    unsteady.push(...failed.map((title) => ({ title, problem: 'did not pass without the plugin in another run' })));
    if (failed.length > 0) {
      baseline.unsteady = [...(baseline.unsteady ?? []), ...failed];
    }
    lost = lost.filter((title) => still.has(title));
  }
  return { lost, unsteady };
}

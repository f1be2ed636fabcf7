import { titleKey } from './differences.mjs';

/** @typedef {import('./run-file.mjs').FileResult} FileResult */
/** @typedef {import('./differences.mjs').Difference} Difference */

/**
 * The titles that can be lost: they passed, no test of the same title failed, and they are not known as unsteady.
 *
 * @param {FileResult} result
 * @returns {string[]}
 */
export function referenceTitles(result) {
  return Object.keys(result.passed).filter((title) => !(title in result.failed) && !result.unsteady?.includes(title));
}

/**
 * The reference titles of `baseline` that do not pass as often in `result`.
 *
 * @param {FileResult} baseline
 * @param {FileResult} result
 * @returns {string[]}
 */
export function lostTitles(baseline, result) {
  return referenceTitles(baseline).filter(
    (title) => title in result.failed || (result.passed[title] ?? 0) < baseline.passed[title],
  );
}

/**
 * Why a test did not pass.
 *
 * @param {FileResult} result
 * @param {string} title
 * @returns {string}
 */
export function causeOf(result, title) {
  if (title in result.failed) {
    return result.failed[title];
  }
  if (result.pending.includes(title)) {
    return 'skipped';
  }
  const hooks = Object.entries(result.hooks).map(([hook, error]) => `${hook}: ${error}`);
  return ['did not run', result.ended, ...hooks].filter(Boolean).join('; ');
}

/**
 * @param {readonly Difference[]} differences
 * @param {number} major
 * @param {string} mode
 * @param {string} file
 */
export function differencesOf(differences, major, mode, file) {
  return differences.filter(
    (row) => row.majors.includes(major) && row.modes.some((m) => m === mode) && row.file === file,
  );
}

/**
 * @param {readonly Difference[]} rows of one file
 * @param {string} title
 */
export function findRow(rows, title) {
  return rows.find((row) => titleKey(row.title) === titleKey(title));
}

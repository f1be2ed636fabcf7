import { referenceTitles } from './compare.mjs';
import { formatRow } from './differences.mjs';

/** @typedef {import('./run-file.mjs').FileResult} FileResult */
/** @typedef {import('./differences.mjs').Mode} Mode */
/** @typedef {import('./judge.mjs').Outcome} Outcome */

/** @param {Mode} mode */
export function newReport(mode) {
  return {
    mode,
    started: Date.now(),
    ms: 0,
    reference: 0,
    lost: /** @type {Outcome['lost']} */ ([]),
    listed: /** @type {Outcome['listed']} */ ([]),
    stale: /** @type {Outcome['stale']} */ ([]),
    unsteady: /** @type {Outcome['unsteady']} */ ([]),
    notEnded: /** @type {{ file: string, ended: string }[]} */ ([]),
  };
}

/** @typedef {ReturnType<typeof newReport>} Report */

/**
 * @param {Report} report
 * @param {Outcome} outcome
 */
export function addToReport(report, outcome) {
  report.reference += outcome.reference;
  report.lost.push(...outcome.lost);
  report.listed.push(...outcome.listed);
  report.stale.push(...outcome.stale);
  report.unsteady.push(...outcome.unsteady);
  if (outcome.result.ended) {
    report.notEnded.push({ file: outcome.file, ended: outcome.result.ended });
  }
}

/** @param {FileResult} result */
export function tally(result) {
  const { passed, failed, pending } = totals([result]);
  const parts = [
    `${passed} passed`,
    failed > 0 && `${failed} failed`,
    pending > 0 && `${pending} pending`,
    result.ended,
  ];
  return `${parts.filter(Boolean).join(', ')} (${(result.ms / 1000).toFixed(1)} s)`;
}

/** @param {Outcome} outcome */
export function summary({ lost, listed, stale, unsteady }) {
  const counts = { LOST: lost.length, listed: listed.length, STALE: stale.length, unsteady: unsteady.length };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `, ${count} ${name}`)
    .join('');
}

/** @param {FileResult[]} results */
export function totals(results) {
  const sum = (/** @type {(result: FileResult) => number} */ count) =>
    results.reduce((total, result) => total + count(result), 0);
  return {
    passed: sum((result) => Object.values(result.passed).reduce((a, b) => a + b, 0)),
    failed: sum((result) => Object.keys(result.failed).length),
    failedHooks: sum((result) => Object.keys(result.hooks).length),
    pending: sum((result) => result.pending.length),
    reference: sum((result) => referenceTitles(result).length),
    seconds: Math.round(sum((result) => result.ms) / 1000),
  };
}

/**
 * @param {ReturnType<typeof totals>} total
 * @param {string[]} files
 * @param {Record<string, FileResult>} baseline
 */
export function printBaseline({ passed, failed, failedHooks, pending, reference, seconds }, files, baseline) {
  console.log(
    `\nWithout the plugin: ${files.length} files, ${passed} passed, ${failed} failed, ${failedHooks} hooks failed, ${pending} pending, ` +
      `${reference} unique titles to hold on to (${seconds} s of work)`,
  );
  for (const file of files) {
    if (baseline[file].ended) {
      console.log(`  NOT ENDED ${file}: ${baseline[file].ended}`);
    }
    for (const title of baseline[file].unsteady ?? []) {
      console.log(`  not held on to, unsteady without the plugin: ${file}: ${title}`);
    }
  }
}

/**
 * @param {Report} report
 * @param {string} version
 * @param {number} major
 */
export function printReport({ mode, reference, lost, listed, stale, unsteady, notEnded, ms }, version, major) {
  const setting = mode === 'check' ? "cleanSave: 'check'" : 'the default options';
  console.log(
    `\nMongoose ${version} with ${setting}: ${reference - lost.length - listed.length} of ${reference} pass, ` +
      `${lost.length} lost, ${listed.length} different on purpose, ${stale.length} listed in vain, ${unsteady.length} unsteady (${Math.round(ms / 1000)} s)`,
  );
  for (const { file, ended } of notEnded) {
    console.log(`  NOT ENDED ${file}: ${ended}`);
  }
  for (const { file, title, cause } of sorted(lost)) {
    console.log(`  LOST ${file}: ${title}\n    ${cause.replaceAll('\n', '\n    ')}`);
  }
  for (const { file, title, problem } of sorted(stale)) {
    console.log(`  LISTED IN VAIN ${file}: ${title}\n    ${problem}`);
  }
  for (const { file, title, cause, problem } of sorted(unsteady)) {
    console.log(`  unsteady ${file}: ${title}\n    ${problem}; ${cause.replaceAll('\n', '\n    ')}`);
  }
  for (const { file, title, reason } of sorted(listed)) {
    console.log(`  on purpose ${file}: ${title}\n    ${reason}`);
  }
  if (lost.length > 0) {
    console.log('  Rows for the list, for those that are meant to differ:');
    for (const { file, title } of sorted(lost)) {
      console.log(`  ${formatRow(major, mode, file, title)}`);
    }
  }
}

/**
 * @template {{ file: string, title: string }} T
 * @param {T[]} items
 */
function sorted(items) {
  return [...items].sort((a, b) => a.file.localeCompare(b.file) || a.title.localeCompare(b.title));
}

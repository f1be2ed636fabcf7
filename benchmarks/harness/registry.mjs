/** All measures, in the order of the report. */
export const MEASURES = [
  'clean-check',
  'change-memory',
  'hydrate',
  'heap',
  'first-set',
  'saves',
  'reads',
  'growth',
  'traffic',
  'throughput',
  'heap-growth',
  'plain-objects',
  'package',
];

/**
 * @typedef {object} Measure
 * @property {string} title
 * @property {string} about one sentence for the reader of a table
 * @property {readonly string[]} cases
 * @property {readonly string[]} contenders
 * @property {(caseName: string, contender: string, options: object) => Promise<import('./clock.mjs').Job>} [prepare]
 * @property {(bench: import('./bench.mjs').Bench) => Promise<import('./bench.mjs').Row[]>} measure
 * @property {(bench: import('./bench.mjs').Bench) => Promise<void>} [quick] without it every case is prepared, checked
 *   and run once for every contender
 * @property {(result: import('./bench.mjs').Result) => string} chart
 */

/** @param {string} name @returns {Promise<Measure>} */
export async function measureOf(name) {
  return import(new URL(`../measures/${name}.mjs`, import.meta.url).href);
}

/** What is said about a list of numbers. */

/** @param {readonly number[]} values @param {number} share between 0 and 1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} low a quarter of the values is below
 * @property {number} high a quarter of the values is above
 * @property {number} min
 * @property {number} max
 * @property {number} count
 */

/** @param {readonly number[]} values @returns {Spread} */
export function spreadOf(values) {
  return {
    median: median(values),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

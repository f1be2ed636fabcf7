/** How numbers are shown, in the terminal and in charts. */

/** @param {number} ratio */
export function formatRatio(ratio) {
  if (!Number.isFinite(ratio)) return '∞';
  if (ratio === 0) return '0';
  if (ratio < 0.095) return `1/${grouped(Math.round(1 / ratio))}`;
  return ratio >= 100 ? grouped(Math.round(ratio)) : ratio.toFixed(ratio >= 10 ? 1 : 2);
}

/** @param {number} value @param {string} unit */
export function formatValue(value, unit) {
  if (unit === 'ns') {
    if (value >= 1e6) return `${short(value / 1e6)} ms`;
    return value >= 1e3 ? `${short(value / 1e3)} µs` : `${short(value)} ns`;
  }
  if (unit === 'bytes' && Math.abs(value) >= 1e6) return `${short(value / 1e6)} MB`;
  if (unit === 'bytes' && Math.abs(value) >= 1e4) return `${short(value / 1e3)} kB`;
  return `${Number.isInteger(value) || value >= 100 ? grouped(Math.round(value)) : value.toFixed(1)}${unit && ` ${unit}`}`;
}

function short(value) {
  return Math.abs(value) >= 100 ? grouped(Math.round(value)) : value.toPrecision(3);
}

export function grouped(value) {
  return value.toLocaleString('en-US');
}

/** @param {import('./bench.mjs').Row} row @param {string} unit */
export function describeRow({ value, ratio, note }, unit) {
  if (value === null) return note ?? 'no answer';
  const range = ratio !== null && ratio.count > 1 ? ` (${formatRatio(ratio.low)} to ${formatRatio(ratio.high)})` : '';
  return (ratio === null ? '' : `${formatRatio(ratio.median)}${range} · `) + formatValue(value.median, unit);
}

/**
 * Was the limit reached? `noise` if only a part of the heats says so.
 *
 * @param {import('./bench.mjs').Row} row
 * @param {number} limit
 * @returns {'reached' | 'noise' | 'missed'}
 */
export function verdictOf({ value, ratio }, limit) {
  const { median, low } = ratio ?? value ?? { median: Infinity, low: Infinity };
  // What is shown as 1.05 has reached 1.05.
  const reaches = (number) => number <= limit * 1.005;
  if (reaches(median)) return 'reached';
  return reaches(low) ? 'noise' : 'missed';
}

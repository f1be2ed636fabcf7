/** What is printed. */
import { describeRow, formatRatio, verdictOf } from './format.mjs';

const print = (line = '') => process.stdout.write(`${line}\n`);

/** @param {import('./bench.mjs').Result} result */
export function printResult({ title, about, base, unit, environment, rows }) {
  const { node, mongoose, cpu, server } = environment;
  print();
  print(title);
  print(`  ${about}`);
  if (base) print(`  Ratio to "${base}", then the middle half of the runs, then the value itself.`);
  print(`  ${[`Node ${node}`, `Mongoose ${mongoose}`, cpu, server].filter(Boolean).join(' · ')}`);
  const width = Math.max(...rows.map((row) => row.contender.length));
  let last;
  for (const row of rows) {
    if (row.case !== last) print(`  ${row.case}`);
    last = row.case;
    print(
      `    ${row.contender.padEnd(width)}  ${describeRow(row, unit)}${row.verdict ? ` · ${row.verdict}` : ''}${limitsOf(row)}`,
    );
  }
}

function limitsOf(row) {
  if (!row.limits) return '';
  const say = (name, limit) => (limit === undefined ? '' : `  ${name} ${formatRatio(limit)}: ${verdictOf(row, limit)}`);
  return say('must', row.limits.must) + say('aim', row.limits.aim);
}

/** Every figure that is held to something. @param {import('./bench.mjs').Result[]} results */
export function printSummary(results) {
  const held = results.flatMap((result) => result.rows.filter((row) => row.limits).map((row) => ({ result, row })));
  print();
  print('Held to a limit');
  for (const { result, row } of held) {
    print(`  ${result.measure.padEnd(14)} ${row.case.padEnd(46)} ${describeRow(row, result.unit)}${limitsOf(row)}`);
  }
}

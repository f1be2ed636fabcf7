/** Charts as plain SVG that follow the reader's light or dark theme. */
import { describeRow, formatValue, grouped } from './format.mjs';
import { PLAIN, PLUGIN } from './models.mjs';

const WIDTH = 860;
const MARGIN = 24;
/** Colours, light and dark. Written out, not as variables: not everything that shows an SVG knows those. */
const COLOURS = {
  text: ['#1f2328', '#e6edf3'],
  muted: ['#59636e', '#9198a1'],
  grid: ['#d1d9e0', '#3d444d'],
  own: ['#0969da', '#4493f8'],
  plain: ['#818b98', '#656c76'],
  peer: ['#d4a72c', '#bb8009'],
};
const colours = (theme) => `
  text { fill: ${COLOURS.text[theme]}; }
  .muted { fill: ${COLOURS.muted[theme]}; }
  .own { fill: ${COLOURS.own[theme]}; }
  .plain { fill: ${COLOURS.plain[theme]}; }
  .peer { fill: ${COLOURS.peer[theme]}; }
  .grid { stroke: ${COLOURS.grid[theme]}; }
  .whisker { stroke: ${COLOURS.text[theme]}; }
  .curve.own { stroke: ${COLOURS.own[theme]}; fill: none; }
  .curve.plain { stroke: ${COLOURS.plain[theme]}; fill: none; }
`;
const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; }
  .title { font-size: 16px; font-weight: 600; }
  .group { font-weight: 600; }
  .muted { font-size: 12px; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .whisker { stroke-width: 1.5; }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
  ${colours(0)}
  @media (prefers-color-scheme: dark) { ${colours(1)} }
`;

const escape = (text) => String(text).replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
const text = (x, y, content, classes = '') =>
  `<text x="${round(x)}" y="${round(y)}" class="${classes}">${escape(content)}</text>`;
const round = (number) => Math.round(number * 10) / 10;

/** Own, base or peer, as a class of the style. */
function classOf(contender) {
  if (contender.startsWith(PLUGIN) || contender === 'StateTracker') return 'own';
  return contender === PLAIN ? 'plain' : 'peer';
}

function svg(result, height, body) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${round(height)}" width="${WIDTH}" height="${round(height)}" role="img" aria-label="${escape(result.title)}">`,
    `<style>${STYLE}</style>`,
    text(MARGIN, 28, result.title, 'title'),
    ...body,
    text(MARGIN, height - 12, sourceOf(result), 'muted'),
    '</svg>',
    '',
  ].join('\n');
}

function sourceOf({ environment: { node, mongoose, cpu, server } }) {
  return [`Node ${node}`, `Mongoose ${mongoose}`, cpu, server].filter(Boolean).join(' · ');
}

/** @param {string} content @param {number} width in characters */
function wrapped(content, width) {
  const lines = [''];
  for (const word of content.split(' ')) {
    if (lines.at(-1).length + word.length >= width) lines.push('');
    lines[lines.length - 1] += `${lines.at(-1) && ' '}${word}`;
  }
  return lines;
}

/**
 * A bar for the ratio of every row to the base of its case, with a whisker for the middle half of the heats.
 *
 * @param {import('./bench.mjs').Result} result
 * @param {{ log?: boolean }} [options]
 */
export function barsOfCases(result, { log = false } = {}) {
  const { rows, unit } = result;
  const shown = rows.filter(({ value }) => value !== null);
  // As wide as the longest name of a contender.
  const left = Math.max(170, MARGIN + 20 + 7.2 * Math.max(...rows.map((row) => row.contender.length)));
  const right = 200;
  const span = WIDTH - left - right;
  const values = shown.map(({ ratio }) => ratio.median).filter(Number.isFinite);
  // One peer that is far slower must not make the others too small to be told apart.
  const most = log ? Math.max(1, ...values) : Math.min(4, Math.max(1.1, ...values));
  const least = log ? Math.min(...values.filter((value) => value > 0), 0.5) / 2 : 0;
  const scale = log
    ? (ratio) => (Math.log(Math.min(Math.max(ratio, least), most) / least) / Math.log(most / least)) * span
    : (ratio) => (Math.min(ratio, most) / most) * span;

  const body = [];
  let y = 48;
  const note = `${result.about} Bars: ratio to "${result.base}"${log ? ', on a logarithmic scale' : ''}${shown.some(({ ratio }) => ratio.count > 1) ? '; lines: the middle half of the runs' : ''}.`;
  for (const line of wrapped(note, 125)) (body.push(text(MARGIN, (y += 2), line, 'muted')), (y += 15));
  const top = y;
  const bars = [];
  for (const caseName of new Set(rows.map((row) => row.case))) {
    y += 14;
    bars.push(text(MARGIN, y + 4, caseName, 'group'));
    y += 12;
    for (const row of rows.filter((one) => one.case === caseName)) {
      bars.push(text(left - 10, y + 13, row.contender, 'end'));
      if (row.value !== null) {
        const width = Math.max(1.5, scale(row.ratio.median));
        bars.push(
          `<rect x="${left}" y="${y + 2}" width="${round(width)}" height="14" rx="2" class="${classOf(row.contender)}"/>`,
        );
        if (row.ratio.count > 1) {
          const [from, to] = [scale(row.ratio.low), scale(row.ratio.high)].map((x) => round(left + x));
          bars.push(`<path d="M${from} ${y + 9}H${to}M${from} ${y + 6}v6M${to} ${y + 6}v6" class="whisker"/>`);
        }
        const more = row.ratio.median > most ? '→ ' : '';
        bars.push(
          text(left + span + 10, y + 13, more + describeRow({ ...row, ratio: { ...row.ratio, count: 1 } }, unit)),
        );
      } else {
        bars.push(text(left, y + 13, 'took too long', 'muted'));
      }
      y += 20;
    }
    y += 6;
  }
  const one = round(left + scale(1));
  body.push(`<path d="M${one} ${top + 4}V${y}" class="grid"/>`, ...bars);
  return svg(result, y + 40, body);
}

/** Curves over axes. @param {{ title: string, curves: { name: string, points: [number, number][] }[] }[]} panels */
function panelsOf(result, panels, { log, labelX, labelY }) {
  const height = 190;
  const left = MARGIN + 66;
  const right = 200;
  const body = [];
  let y = 48;
  for (const line of wrapped(result.about, 125)) (body.push(text(MARGIN, (y += 2), line, 'muted')), (y += 15));
  for (const { title, curves } of panels) {
    const points = curves.flatMap((curve) => curve.points);
    const ends = (values) => [Math.min(...values), Math.max(...values)];
    const [x0, x1] = ends(points.map(([x]) => x));
    const [low, high] = ends(points.map(([, value]) => value));
    // From zero, or by whole powers of ten, so that what is flat looks flat.
    const [y0, y1] = log ? [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))] : [0, high * 1.1];
    const along = (value, from, to) =>
      log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
    const bottom = y + 34 + height;
    const atX = (value) => left + along(value, x0, x1) * (WIDTH - left - right);
    const atY = (value) => bottom - along(value, y0, y1) * height;
    body.push(text(MARGIN, y + 16, title, 'group'));
    for (const tick of log ? decades(y0, y1) : [0, y1 / 2, y1 / 1.1]) {
      body.push(`<path d="M${left} ${round(atY(tick))}H${WIDTH - right}" class="grid"/>`);
      body.push(text(left - 8, atY(tick) + 4, labelY(tick), 'muted end'));
    }
    for (const tick of log ? decades(x0, x1) : [x0, x1])
      body.push(text(atX(tick), bottom + 18, labelX(tick), 'muted middle'));
    const labels = curves.map(({ name, points: own }) => ({ name, y: atY(own.at(-1)[1]) })).sort((a, b) => a.y - b.y);
    // Names beside the ends of their curves, one below the other.
    for (let i = 1; i < labels.length; i++) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + 18);
    for (const { name, y: at } of labels) body.push(text(WIDTH - right + 10, at + 4, name, classOf(name)));
    for (const { name, points: own } of curves) {
      const path = own.map(([x, value]) => `${round(atX(x))} ${round(atY(value))}`).join('L');
      body.push(`<path d="M${path}" class="curve ${classOf(name)}"/>`);
    }
    y = bottom + 34;
  }
  return svg(result, y + 34, body);
}

function decades(from, to) {
  const ticks = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); power <= Math.log10(to) + 1e-9; power++) ticks.push(10 ** power);
  return ticks;
}

/** Absolute costs over the size of the document, both on logarithmic scales. */
export function linesOfSizes(result) {
  const rows = result.rows.filter(({ value }) => value !== null);
  const panels = [...new Set(rows.map((row) => row.case))].map((caseName) => ({
    title: caseName,
    curves: [PLAIN, PLUGIN].map((name) => ({
      name,
      points: rows
        .filter((row) => row.case === caseName && row.contender.startsWith(`${name}, `))
        .map((row) => [Number(row.contender.split(', ')[1]), row.value.median]),
    })),
  }));
  return panelsOf(result, panels, {
    log: true,
    labelX: (leaves) => `${grouped(leaves)} leaves`,
    labelY: (time) => formatValue(time, 'ns'),
  });
}

/** Heap over the rounds of a run. */
export function linesOfRounds(result) {
  const panels = [...new Set(result.rows.map((row) => row.case))].map((caseName) => ({
    title: caseName,
    curves: result.rows
      .filter((row) => row.case === caseName)
      .map(({ contender, samples, rounds }) => ({
        name: contender,
        points: samples.map((bytes, i) => [((i + 1) * rounds) / samples.length, bytes]),
      })),
  }));
  return panelsOf(result, panels, {
    log: false,
    labelX: (rounds) => `${grouped(Math.round(rounds))} rounds`,
    labelY: (bytes) => formatValue(bytes, 'bytes'),
  });
}

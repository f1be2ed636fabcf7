/**
 * The demo's output: a table of two columns that fits a terminal of 100 columns.
 */
import { styleText } from 'node:util';

const WIDTH = 98;
const GUTTER = '    ';
/** Room for the mark in front of a cell's first line. */
const MARK = 2;
const SEPARATOR = ' │ ';
const COLUMN = Math.floor((WIDTH - GUTTER.length - SEPARATOR.length) / 2);
/** Keeps on one line what is read as one. */
const NO_BREAK = '\u00a0';
/** Room for a number of bytes and the space in front of it. */
const BYTES = 7;
/** Paths named under one operator before the rest is only counted. */
const PATHS_SHOWN = 3;

/**
 * @typedef {{ text: string, style: Style }} Mark
 * @typedef {'plain' | 'bold' | 'dim' | 'red' | 'green' | 'cyan'} Style
 * @typedef {{ text: string, mark?: Mark, right?: string, style?: Style }} Line
 */

/** @param {NodeJS.WriteStream} stream */
export function printerFor(stream) {
  const coloured = Boolean(stream.isTTY) && !process.env.NO_COLOR;

  /** @param {Style} style @param {string} text */
  function paint(style, text) {
    return coloured && style !== 'plain' && text !== '' ? styleText(style, text) : text;
  }

  /** Pads before it colours: escape sequences have no width. @param {Line | undefined} line */
  function cell(line, width) {
    if (!line) return ' '.repeat(width);
    const { text, mark, right = '', style = 'plain' } = line;
    const start = mark ? paint(mark.style, mark.text.padEnd(MARK)) : '';
    return start + paint(style, text.padEnd(width - (mark ? MARK : 0) - right.length)) + paint('dim', right);
  }

  function write(text = '') {
    stream.write(`${text.trimEnd()}\n`);
  }

  /** @param {Line[]} left @param {Line[]} right */
  function columns(left, right) {
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      write(GUTTER + cell(left[i], COLUMN) + paint('dim', SEPARATOR) + cell(right[i], COLUMN));
    }
  }

  return {
    paragraph(text) {
      for (const line of wrap(text, WIDTH)) write(line);
      write();
    },

    head(left, right) {
      columns([{ text: left, right: 'bytes', style: 'bold' }], [{ text: right, right: 'bytes', style: 'bold' }]);
    },

    section(title) {
      write();
      write(paint('cyan', `── ${title} `.padEnd(WIDTH, '─')));
    },

    edit(number, { title, code }, left, right) {
      const start = `${String(number).padStart(2)}  `;
      const fits = start.length + title.length + 2 + code.length <= WIDTH;
      write(start + paint('bold', title) + (fits ? `  ${paint('dim', code)}` : ''));
      if (!fits) write(GUTTER + paint('dim', code));
      columns(cellLines(left), cellLines(right));
    },

    /** @param {string[][]} rows the first row is the head; the first column is aligned left */
    totals(rows) {
      const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
      write();
      for (const [index, row] of rows.entries()) {
        const texts = row.map((text, column) =>
          column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]),
        );
        write(GUTTER + paint(index === 0 ? 'bold' : 'plain', texts.join('    ')));
      }
      write();
    },

    problem(text) {
      for (const line of wrap(text, WIDTH)) write(paint('red', line));
    },
  };
}

/**
 * What one side of an edit did, as lines of its column.
 *
 * @param {import('./run.mjs').Outcome} outcome
 * @returns {Line[]}
 */
function cellLines({ commands, verdict, problem }) {
  const indent = ' '.repeat(MARK);
  /** @type {Line[]} */
  const lines = [];
  for (const command of commands) {
    const [first, ...rest] = wrap(commandText(command), COLUMN - BYTES - MARK);
    lines.push({ text: first, mark: { text: '', style: 'plain' }, right: formatNumber(command.bytes) });
    lines.push(...rest.map((text) => ({ text: indent + text })));
  }
  if (commands.length === 0) lines.push({ text: 'nothing sent', right: '0', style: 'green' });
  lines[0].mark = verdict === 'stored' ? { text: '✓', style: 'green' } : { text: '✗', style: 'red' };
  lines.push(...wrap(problem, COLUMN - MARK).map((text) => ({ text: indent + text, style: 'red' })));
  return lines;
}

/** @param {import('./recorder.mjs').SentCommand} command */
function commandText({ name, statements, operators, guards }) {
  const parts = [...operators].map(([operator, paths]) => `${operator}${NO_BREAK}${pathList([...paths])}`);
  // An update that only succeeds while the version is the one that was loaded is safer, and worth seeing.
  if (guards.size > 0) parts.push(`only if same ${[...guards].join(', ')}`.replaceAll(' ', NO_BREAK));
  if (name === 'find') parts.push('(is it still there?)');
  return `${statements > 1 ? `${name} of ${statements} documents:` : name} ${parts.join('; ')}`;
}

function pathList(paths) {
  const shown = paths.length > PATHS_SHOWN + 1 ? paths.slice(0, PATHS_SHOWN) : paths;
  const more = paths.length - shown.length;
  return shown.join(', ') + (more > 0 ? `, and ${more} more` : '');
}

/** @param {string} text @param {number} width */
function wrap(text, width) {
  const lines = [];
  let line = '';
  // A word that is longer than a line, as in an error's message, is cut: nothing may leave its column.
  const words = text.split(' ').flatMap((word) => word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? []);
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((wrapped) => wrapped.replaceAll(NO_BREAK, ' '));
}

export function formatNumber(number) {
  return number.toLocaleString('en-US');
}

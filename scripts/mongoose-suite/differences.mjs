/**
 * A test of Mongoose's that the plugin is meant to break.
 *
 * @typedef {object} Difference
 * @property {number[]} majors
 * @property {Mode[]} modes
 * @property {string} file
 * @property {string} title
 * @property {string} reason
 * @property {number} line in the document, for messages
 *
 * @typedef {'check' | 'default'} Mode
 */

const HEADER = ['mongoose', 'mode', 'file', 'test', 'reason'];
const MODES = new Map([
  ['check', /** @type {Mode[]} */ (['check'])],
  ['default', /** @type {Mode[]} */ (['default'])],
  ['both', /** @type {Mode[]} */ (['check', 'default'])],
]);

/**
 * Reads the one table with the columns Mongoose, mode, file, test, reason. What stands in fenced code is an example.
 *
 * @param {string} markdown
 * @returns {Difference[]}
 * @throws {Error} if there is no such table, or a row cannot be read: a typing error must not excuse a lost test
 */
export function parseDifferences(markdown) {
  /** @type {Difference[]} */
  const differences = [];
  let fenced = false;
  let tables = 0;
  let inTable = false;

  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    if (/^\s*(```|~~~)/.test(text)) {
      fenced = !fenced;
    }
    const cells = fenced ? null : cellsOf(text);
    if (!cells) {
      inTable = false;
    } else if (!inTable) {
      inTable = cells.length === HEADER.length && cells.every((cell, i) => cell.toLowerCase() === HEADER[i]);
      tables += Number(inTable);
    } else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) {
      differences.push(readRow(cells, index + 1));
    }
  }
  if (tables !== 1) {
    throw new Error(`expected one table with the columns ${HEADER.join(' | ')}, found ${tables}`);
  }

  const seen = new Map();
  for (const difference of differences) {
    for (const major of difference.majors) {
      for (const mode of difference.modes) {
        const key = JSON.stringify([major, mode, difference.file, titleKey(difference.title)]);
        if (seen.has(key)) {
          throw new Error(`lines ${seen.get(key)} and ${difference.line} list the same test: ${difference.title}`);
        }
        seen.set(key, difference.line);
      }
    }
  }
  return differences;
}

/**
 * @param {string[]} cells
 * @param {number} line
 * @returns {Difference}
 */
function readRow(cells, line) {
  const fail = (/** @type {string} */ problem) => new Error(`line ${line}: ${problem}`);
  if (cells.length !== HEADER.length) {
    throw fail(`${cells.length} cells instead of ${HEADER.length} (a "|" in a cell is written "\\|")`);
  }
  const [mongoose, mode, file, title, reason] = cells;
  const majors = mongoose.split(',').map(Number);
  const modes = MODES.get(mode);
  if (!majors.every((major) => Number.isInteger(major) && major > 0)) {
    throw fail(`"${mongoose}" is not a list of major versions such as "9" or "8, 9"`);
  }
  if (!modes) {
    throw fail(`mode "${mode}" is none of ${[...MODES.keys()].join(', ')}`);
  }
  if (!file || !title || !reason) {
    throw fail('file, test and reason must not be empty');
  }
  return { majors, modes, file: fromCode(file), title: fromCode(title), reason, line };
}

/**
 * The cells of a table row, or null if the line is none. As in GitHub's tables `\|` is a bar, in code spans too.
 *
 * @param {string} text
 */
function cellsOf(text) {
  const row = text.trim();
  if (!row.startsWith('|') || !row.endsWith('|') || row.length < 2) {
    return null;
  }
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/**
 * `` `x` `` or ``` `` x `` ``` -> x.
 *
 * @param {string} cell
 */
function fromCode(cell) {
  const match = /^(`+)(.+?)\1$/.exec(cell);
  return match ? match[2].trim() : cell;
}

/**
 * @param {string} text
 */
function toCode(text) {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const blank = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${blank}${text.replaceAll('|', '\\|')}${blank}${fence}`;
}

/**
 * Runs of white space count as one, since a table cell cannot hold a line break or two blanks reliably.
 *
 * @param {string} title
 */
export function titleKey(title) {
  return title.replace(/\s+/g, ' ').trim();
}

/**
 * A row for the list, its reason still to be written.
 *
 * @param {number} major
 * @param {Mode} mode
 * @param {string} file
 * @param {string} title
 */
export function formatRow(major, mode, file, title) {
  return `| ${major} | ${mode} | ${toCode(file)} | ${toCode(titleKey(title))} |  |`;
}

'use strict';

const fs = require('node:fs');

/**
 * A mocha reporter that writes one line of JSON per test to the file named by `MONGOOSE_SUITE_EVENTS`.
 *
 * Mocha's own JSON reporter writes at the end and shares stdout with the tests: a file that hangs and is killed would
 * leave nothing. Here every result is on disk, synchronously, before the next test starts.
 *
 * @param {import('node:events').EventEmitter} runner
 */
module.exports = function EventsReporter(runner) {
  const fd = fs.openSync(String(process.env.MONGOOSE_SUITE_EVENTS), 'a');
  const write = (/** @type {object} */ event) => fs.writeSync(fd, JSON.stringify(event) + '\n');

  runner.on('pass', (test) => write({ state: 'passed', title: test.fullTitle() }));
  runner.on('pending', (test) => write({ state: 'pending', title: test.fullTitle() }));
  runner.on('fail', (test, error) => {
    // A failed hook is not a test, but it explains why the tests after it never ran.
    const state = test.type === 'hook' ? 'hook failed' : 'failed';
    write({ state, title: test.fullTitle(), error: describe(error) });
  });
  runner.on('end', () => write({ state: 'end' }));
};

/**
 * The message and the first frame outside of node_modules: enough to see which assertion it was.
 *
 * @param {any} error tests may throw anything
 */
function describe(error) {
  if (!error || !error.stack) {
    return String(error);
  }
  const message = `${error.name}: ${error.message}`;
  const frame = String(error.stack)
    .split('\n')
    .find((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line));
  return (message.length > 600 ? `${message.slice(0, 600)}…` : message) + (frame ? `\n${frame}` : '');
}

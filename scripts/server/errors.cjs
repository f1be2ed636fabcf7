// @ts-check
'use strict';

/** What somebody asked for by name does not work: that is said, instead of quietly taking another server. */
class MisconfiguredError extends Error {
  /** @override */
  name = 'MisconfiguredError';
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

module.exports = { MisconfiguredError, messageOf };

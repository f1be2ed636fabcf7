// @ts-check
'use strict';

const { messageOf } = require('./errors.cjs');

/**
 * Starts a server on a port that it can have again after a restart: chosen below the range from which the kernel
 * takes the ports of outgoing connections, and tried by the server itself, so that there is no moment between the
 * test and the use.
 *
 * @template T
 * @param {(port: number) => Promise<T>} start rejects when the port is taken
 * @returns {Promise<T>}
 */
async function freePort(start) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(20_000 + Math.floor(Math.random() * 10_000));
    } catch (error) {
      if (attempt === 5 || !/in use/i.test(messageOf(error))) throw error;
    }
  }
}

module.exports = { freePort };

// @ts-check
'use strict';

const { startServer } = require('../../scripts/server/index.cjs');

/** One server for the whole run. Whatever a test starts itself, the demo for example, finds it too. */
module.exports = async function startServerOfRun() {
  const server = await startServer();
  if (server.kind === 'external') return;
  process.env['MONGODB_URI'] = server.uri;
  // A test that starts a server of its own need not search again.
  const wanted = process.env['TEST_SERVER'];
  process.env['TEST_SERVER'] = server.kind;
  Object.assign(globalThis, { stopServerOfRun });
  async function stopServerOfRun() {
    // Watch mode starts and stops several times in one process.
    delete process.env['MONGODB_URI'];
    if (wanted === undefined) delete process.env['TEST_SERVER'];
    await server.stop();
  }
};

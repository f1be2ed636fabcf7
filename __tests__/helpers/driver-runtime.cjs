// @ts-check
'use strict';

const os = require('node:os');

/**
 * In place of the driver's module of this name. It loads `os` with `import()`, which jest refuses inside its sandbox;
 * the driver swallows that error, and then tells the server nothing about itself: a real mongod closes such a
 * connection, and a fail point for one application does not find it.
 */
module.exports = { resolveRuntimeAdapters: () => Promise.resolve({ os }) };

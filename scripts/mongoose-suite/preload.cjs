'use strict';

const path = require('node:path');

/*
 * Loaded by mocha (`--require`) before any test file, with the Mongoose checkout as the working directory: makes the
 * plugin a global one while there is no schema yet. Runs without the plugin load it too, so that nothing but the
 * plugin differs; some test files only work when somebody has loaded Mongoose's `index.js` before them.
 */

/** The tests require the checkout by path: its `index.js` is the one instance that matters. */
const mongoose = require(path.resolve('index.js'));

const pluginFile = process.env.MONGOOSE_SUITE_PLUGIN;
if (pluginFile) {
  const options = JSON.parse(process.env.MONGOOSE_SUITE_OPTIONS || 'null') || undefined;
  addToEveryInstance(loadPlugin(pluginFile), options);
}

/**
 * @param {string} file
 * @returns {Function}
 */
function loadPlugin(file) {
  const loaded = require(file);
  const plugin = typeof loaded === 'function' ? loaded : loaded.default;
  if (typeof plugin !== 'function') {
    throw new TypeError(`${file} does not export a plugin function`);
  }
  // A plugin that brought a Mongoose of its own would be tested against the wrong one, without a word.
  const foreign = Object.keys(require.cache).find(
    (name) => /[\\/]node_modules[\\/]mongoose8?[\\/]/.test(name) && !name.startsWith(process.cwd() + path.sep),
  );
  if (foreign) {
    throw new Error(`the plugin loaded another Mongoose than the checkout's: ${foreign}`);
  }
  return plugin;
}

/**
 * @param {Function} plugin
 * @param {object | undefined} options
 */
function addToEveryInstance(plugin, options) {
  mongoose.plugin(plugin, options);

  // More than a hundred tests make an instance with `new Mongoose()`, which starts without global plugins. Theirs are
  // schemas too. The plugin is added when they are made, so that all lists of plugins start alike (gh-11900 compares).
  const { prototype } = mongoose.Mongoose;
  mongoose.Mongoose = prototype.Mongoose = new Proxy(mongoose.Mongoose, {
    construct(target, args, newTarget) {
      return Reflect.construct(target, args, newTarget).plugin(plugin, options);
    },
  });
}

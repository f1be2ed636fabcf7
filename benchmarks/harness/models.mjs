/** The contenders that are Mongoose plugins, and models with them. */
import { createRequire } from 'node:module';
import mongoose from 'mongoose';
import { snapshot } from './snapshot-plugin.mjs';

const require = createRequire(import.meta.url);

export const PLAIN = 'plain Mongoose';
export const PLUGIN = 'mongoose-cow-tracking';
export const SNAPSHOT = 'snapshot plugin';
export const PLUGIN_DIFF = 'mongoose-plugin-diff';
export const DIFF = 'mongoose-diff';
export const TS_PATCH = 'ts-patch-mongoose';

/** Only the contender that runs is loaded. */
const installers = {
  [PLAIN]: async () => () => {},
  [PLUGIN]: async () => {
    const { default: cowTracking } = await import('mongoose-cow-tracking');
    return (schema) => schema.plugin(cowTracking);
  },
  [SNAPSHOT]: async () => (schema) => schema.plugin(snapshot),
  [PLUGIN_DIFF]: async () => (schema) => schema.plugin(require('mongoose-plugin-diff')),
  [DIFF]: async () => (schema) => schema.plugin(require('mongoose-diff')),
  [TS_PATCH]: async () => {
    const { patchHistoryPlugin } = await import('ts-patch-mongoose');
    return (schema) => schema.plugin(patchHistoryPlugin, {});
  },
};

/**
 * @param {string} contender
 * @param {import('mongoose').Schema} schema of its own: plugins change it
 * @param {import('mongoose').Connection} [connection]
 */
export async function modelOf(contender, schema, connection = mongoose.connection) {
  const install = await installers[contender]();
  install(schema);
  return connection.model('Document', schema, 'documents');
}

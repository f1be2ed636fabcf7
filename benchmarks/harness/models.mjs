/** The contenders that are Mongoose plugins, and models with them. */
import { createRequire } from 'node:module';
import mongoose from 'mongoose';
import { snapshot } from './snapshot-plugin.mjs';

const require = createRequire(import.meta.url);

export const PLAIN = 'plain Mongoose';
export const PLUGIN = 'mongoose-cow-tracking';
export const PLUGIN_DETECT = "mongoose-cow-tracking, conflicts: 'detect'";
export const SNAPSHOT = 'snapshot plugin';
export const PLUGIN_DIFF = 'mongoose-plugin-diff';
export const DIFF = 'mongoose-diff';
export const TS_PATCH = 'ts-patch-mongoose';

/** What a contender does to a schema. Only the one that runs is loaded. */
const plugins = {
  [PLAIN]: async () => () => {},
  [PLUGIN]: async () => (await import('mongoose-cow-tracking')).default,
  [PLUGIN_DETECT]: async () => {
    const { default: cowTracking } = await import('mongoose-cow-tracking');
    return (schema) => cowTracking(schema, { conflicts: 'detect' });
  },
  [SNAPSHOT]: async () => snapshot,
  [PLUGIN_DIFF]: async () => require('mongoose-plugin-diff'),
  [DIFF]: async () => require('mongoose-diff'),
  [TS_PATCH]: async () => {
    const { patchHistoryPlugin } = await import('ts-patch-mongoose');
    return (schema) => patchHistoryPlugin(schema, {});
  },
};

/**
 * @param {string} contender
 * @param {import('mongoose').Schema} schema of its own: plugins change it
 * @param {import('mongoose').Connection} [connection] one that is never opened, if left out
 */
export async function modelOf(contender, schema, connection = mongoose.createConnection()) {
  schema.plugin(await plugins[contender]());
  // Without it, Mongoose would wait for the connection to create what is not there.
  schema.set('autoCreate', false).set('autoIndex', false);
  return connection.model('Document', schema, 'documents');
}

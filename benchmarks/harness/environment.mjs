import { createRequire } from 'node:module';
import os from 'node:os';

const require = createRequire(import.meta.url);

/** @param {string} [server] what the server is, where there is one */
export function environment(server) {
  return {
    node: process.version,
    mongoose: require('mongoose/package.json').version,
    plugin: require('mongoose-cow-tracking/package.json').version,
    cpu: `${os.cpus()[0]?.model.trim() ?? 'unknown'}, ${os.availableParallelism()} cores`,
    system: `${os.type()} ${os.machine()}`,
    ...(server && { server }),
    date: new Date().toISOString().slice(0, 10),
  };
}

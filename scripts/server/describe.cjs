// @ts-check
'use strict';

const { MongoClient } = require('mongoose').mongo;

/**
 * Asks the server itself, which also shows that it is there.
 *
 * @param {string} uri
 * @param {string} origin
 * @returns {Promise<string>} for example `SecantusDB 0.7.0b3 (native, SECANTUS_BINARY)`
 */
async function describeServer(uri, origin) {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5000 });
  try {
    const admin = client.db('admin');
    const { version, secantusVersion } = await admin.command({ buildInfo: 1 });
    const { setName, msg } = await admin.command({ hello: 1 });
    const product = secantusVersion ? `SecantusDB ${secantusVersion}` : `mongod ${version}`;
    const standalone = setName || msg === 'isdbgrid' ? '' : '; standalone, so without transactions';
    return `${product} (${origin}${standalone})`;
  } finally {
    await client.close();
  }
}

module.exports = { describeServer };

/** A collection of country documents on a server, for one contender. */
import mongoose from 'mongoose';
import { countryDocuments, countrySchema } from '../../scripts/demo/countries.mjs';
import { modelOf } from './models.mjs';

/**
 * @param {string} contender
 * @param {string} uri
 * @param {string} dbName of the contender alone; names of one length, as commands carry them
 */
export async function countriesOn(contender, uri, dbName) {
  // ts-patch-mongoose keeps its history on the default connection.
  await mongoose.connect(uri, { dbName, monitorCommands: true });
  const { connection } = mongoose;
  await connection.dropDatabase();
  const Model = await modelOf(contender, countrySchema(), connection);
  // Before the first insert: an insert that creates the collection would race with the creation of its index.
  await Model.createCollection();
  await Model.createIndexes();
  for (const other of Object.values(connection.models)) if (other !== Model) await other.createCollection();
  await Model.collection.insertMany(countryDocuments().map((document) => ({ __v: 0, ...document })));
  return {
    Model,
    connection,
    async end() {
      await connection.dropDatabase();
      await mongoose.disconnect();
    },
  };
}

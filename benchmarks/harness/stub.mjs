/**
 * Answers in place of the driver: what is left is the work of Mongoose and of its plugins.
 *
 * @param {import('mongoose').Model<any>} Model
 * @returns {{ updates: Record<string, any>[], reads: number }} the updates of the last write, and all reads
 */
export function stubDriver(Model) {
  const seen = { updates: [], reads: 0 };
  const done = { acknowledged: true, upsertedCount: 0, upsertedId: null, insertedCount: 0, getWriteErrors: () => [] };
  Object.assign(Model.collection, {
    async findOne(filter) {
      seen.reads++;
      return { _id: filter._id };
    },
    async updateOne(_filter, update) {
      seen.updates = [update];
      return { ...done, matchedCount: 1, modifiedCount: 1 };
    },
    async bulkWrite(operations) {
      seen.updates = operations.map(({ updateOne }) => updateOne.update);
      return { ...done, matchedCount: operations.length, modifiedCount: operations.length };
    },
  });
  return seen;
}

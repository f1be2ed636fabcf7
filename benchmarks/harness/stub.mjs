/** The driver's place taken by answers: what is left is the work of Mongoose and of its plugins. */

/**
 * @param {import('mongoose').Model<any>} Model
 * @returns {{ updates: object[], reads: number }} what was asked for since it was last looked at
 */
export function stubDriver(Model) {
  const seen = { updates: [], reads: 0 };
  const { collection } = Model;
  const done = { acknowledged: true, matchedCount: 1, modifiedCount: 1, upsertedCount: 0, upsertedId: null };
  Object.assign(collection, {
    findOne: async (filter) => {
      seen.reads++;
      return { _id: filter._id };
    },
    updateOne: async (filter, update) => {
      seen.updates = [update];
      return done;
    },
    bulkWrite: async (operations) => {
      seen.updates = operations.map(({ updateOne }) => updateOne.update);
      const count = operations.length;
      return { ...done, matchedCount: count, modifiedCount: count, insertedCount: 0, getWriteErrors: () => [], mongoose: {} };
    },
  });
  return seen;
}

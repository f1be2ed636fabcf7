// A transaction that is tried again sends the changes again, and only once each.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const schema = new mongoose.Schema({ balance: Number });
schema.plugin(cowTracking);
const Account = mongoose.model('Account', schema);
const [from, to] = await Account.create([{ balance: 100 }, { balance: 0 }]);

// Values in memory are not rolled back: what is computed from the old value starts from a savepoint.
const start = [from.$tracker.savepoint(), to.$tracker.savepoint()];
let attempts = 0;
const session = await mongoose.startSession();
await session.withTransaction(async () => {
  from.$tracker.rollback(start[0]);
  to.$tracker.rollback(start[1]);
  from.balance -= 30;
  to.balance += 30;
  await from.save({ session });
  await to.save({ session });
  if (++attempts === 1) throw transientError();
});
await session.endSession();

const stored = await Account.findById(to._id);
console.log(attempts, stored.balance); // 2 30

await mongoose.disconnect();

/** What a server throws when it wants the transaction to be tried again. */
function transientError() {
  const error = new mongoose.mongo.MongoError('the first attempt fails');
  error.addErrorLabel('TransientTransactionError');
  return error;
}

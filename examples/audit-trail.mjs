// Who changed what, from what: one entry for each write that the server acknowledged.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const History = mongoose.model('History', new mongoose.Schema({ of: {}, by: String, at: Date, changes: [{}] }));
await History.createCollection();

const schema = new mongoose.Schema({ status: String, total: Number });
schema.plugin(cowTracking, {
  onSaved: async ({ changes }, doc) => {
    await History.create({ of: doc._id, by: doc.$locals.by, at: new Date(), changes });
  },
});
const Order = mongoose.model('Order', schema);

const order = await Order.create({ status: 'open', total: 10 });
order.$locals.by = 'ada'; // in a web application, from the session of the request
order.status = 'paid';
await order.save();

const entry = await History.findOne({ of: order._id, by: 'ada' }).lean();
console.log(entry.changes); // [ { path: 'status', type: 'update', from: 'open', to: 'paid' } ]

await mongoose.disconnect();

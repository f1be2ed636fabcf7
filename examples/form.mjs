// A form that sends all of its fields: only what the user has changed is written, and the answer says what that was.
import express from 'express';
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const schema = new mongoose.Schema({ name: String, age: Number, address: { city: String, zip: String } });
schema.plugin(cowTracking);
const User = mongoose.model('User', schema);
const user = await User.create({ name: 'Ada', age: 36, address: { city: 'London', zip: 'N1' } });

const app = express();
app.use(express.json());
app.put('/users/:id', async (request, response) => {
  const { name, age, address } = request.body;
  const doc = await User.findById(request.params.id).orFail();
  doc.set({ name, age, address });
  await doc.save();
  response.json(doc.$tracker.lastSave.changes);
});
const server = app.listen(0);

const answer = await fetch(`http://127.0.0.1:${server.address().port}/users/${user.id}`, {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'Ada', age: '36', address: { city: 'Oslo', zip: 'N1' } }),
});
console.log(await answer.json()); // [ { path: 'address.city', type: 'update', from: 'London', to: 'Oslo' } ]

server.close();
await mongoose.disconnect();

// What differs from the database, before and after a save.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const schema = new mongoose.Schema({ name: String, address: { city: String, zip: String }, tags: [String] });
schema.plugin(cowTracking);
const User = mongoose.model('User', schema);
const { _id } = await User.create({ name: 'Ada', address: { city: 'London', zip: 'N1' }, tags: ['admin'] });

const user = await User.findById(_id);
user.set({ name: 'Ada', address: { city: 'Oslo', zip: 'N1' } }); // a form sends all of its fields
user.tags.push('editor');

console.log(user.$tracker.getChanges()); // { 'address.city': 'Oslo', 'tags.1': 'editor' }
console.log(user.$tracker.original('address.city')); // London

await user.save();
console.log(user.$tracker.isModified(), user.$tracker.wasModified('address')); // false true

await mongoose.disconnect();

// The changes of a lean document, saved by an update of your own.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

// The schema needs no plugin for this.
const schema = new mongoose.Schema({ name: String, address: { city: String, zip: String }, tags: [String] });
const User = mongoose.model('User', schema);
const { _id } = await User.create({ name: 'Ada', address: { city: 'London', zip: 'N1' }, tags: ['admin'] });

const tracker = new cowTracking.StateTracker(await User.findById(_id).lean());
tracker.set('address.city', 'Oslo');
tracker.get('tags').push('editor'); // read through the tracker, so it is seen

const update = tracker.getUpdate(); // null if nothing changed
console.log(update.$set, update.$push); // { 'address.city': 'Oslo' } { tags: { '$each': [ 'editor' ] } }
if (update) await User.updateOne({ _id }, update);
tracker.reset(); // stored: this is the new baseline
console.log(tracker.isModified()); // false

await mongoose.disconnect();

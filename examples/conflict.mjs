// Two writers of one document: the second one is told what the first has changed, and saves on top of it.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const schema = new mongoose.Schema({ title: String, body: String, tags: [String] });
schema.plugin(cowTracking, { conflicts: 'detect' });
const Article = mongoose.model('Article', schema);
const { _id } = await Article.create({ title: 'Draft', body: 'Once', tags: ['new'] });

const [first, second] = await Promise.all([Article.findById(_id), Article.findById(_id)]);
first.set({ title: 'A beginning', body: 'Once upon a time' });
await first.save();

second.title = 'The start';
second.tags.push('mine');
const error = await second.save().catch((reason) => reason);
console.log(error.code, error.conflicts[0].theirs); // ERR_CONFLICT A beginning

await second.$tracker.refresh({ resolve: 'mine' });
console.log(second.body, second.$tracker.getChanges()); // Once upon a time { 'tags.1': 'mine', title: 'The start' }
await second.save();

await mongoose.disconnect();

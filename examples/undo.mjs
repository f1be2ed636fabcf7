// Taking edits back: one path, to a savepoint, or everything.
import mongoose from 'mongoose';
import cowTracking from 'mongoose-cow-tracking';

await mongoose.connect(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/examples');

const schema = new mongoose.Schema({ title: String, body: String, meta: {} });
schema.plugin(cowTracking);
const Page = mongoose.model('Page', schema);
const page = await Page.create({ title: 'Home', body: 'Welcome', meta: { draft: true } });

page.title = 'Start';
page.meta.draft = false;
page.$tracker.revert('meta');
console.log(page.meta, page.$tracker.getChanges()); // { draft: true } { title: 'Start' }

const point = page.$tracker.savepoint();
page.body = 'Hello';
page.$tracker.rollback(point);
console.log(page.body, page.$tracker.getChanges()); // Welcome { title: 'Start' }

page.$tracker.revert();
console.log(page.title, page.isModified()); // Home false

await mongoose.disconnect();

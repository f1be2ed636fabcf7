// Both entries lead to one implementation. Run by `npm run test:package` in a folder where the packed package is installed.
import assert from 'node:assert';
import { createRequire } from 'node:module';
import mongoose from 'mongoose';
import * as imported from 'mongoose-cow-tracking';

const required = createRequire(import.meta.url)('mongoose-cow-tracking');

assert.equal(typeof required, 'function', 'require() answers the plugin itself');
assert.equal(required, imported.default);
assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort(), 'both entries export the same names');
for (const name of Object.keys(imported)) assert.equal(required[name], imported[name], name);

// What one entry tracks, the other one knows.
const schema = new mongoose.Schema({ name: String });
schema.plugin(required);
const doc = mongoose.createConnection().model('Doc', schema).hydrate({ _id: new mongoose.Types.ObjectId(), name: 'a' });
doc.name = 'b';
assert.equal(imported.trackerOf(doc).original('name'), 'a');
assert.equal(imported.trackerOf(doc), doc.$tracker);
assert.throws(() => required.trackerOf({}), imported.CowTrackingError);
assert.ok(new required.StateTracker({}) instanceof imported.StateTracker);
console.log(`mongoose ${mongoose.version}: ${Object.keys(imported).sort().join(', ')}`);

// A user's ES module. `npm run test:package` compiles it against the packed package with each compiler, and runs it.
import assert from 'node:assert';
import mongoose from 'mongoose';
import cow, { cowTracking, CowTrackingError, StateTracker, trackerOf } from 'mongoose-cow-tracking';
import type { Change, CowTracked, CowTrackingOptions } from 'mongoose-cow-tracking';
import * as all from 'mongoose-cow-tracking';

interface User {
  name: string;
  age: number;
}

const options: CowTrackingOptions = { cleanSave: 'skip' };
const schema = new mongoose.Schema<User>({ name: String, age: Number });
schema.plugin(cow, options);
schema.plugin(cowTracking);
schema.plugin(all.default);
const Users = mongoose.createConnection().model('User', schema);
const user = Users.hydrate({
  _id: new mongoose.Types.ObjectId(),
  name: 'Ann',
  age: 1,
}) as mongoose.HydratedDocument<User> & CowTracked<User>;
user.age = 2;
const age: number = user.$tracker.original('age');
const changes: Change[] = trackerOf(user).diff();
const plain: number = new StateTracker({ count: 1 }).get('count');
const tracker: StateTracker = new all.StateTracker({});
assert.deepStrictEqual([age, changes.length, plain, tracker.isModified()], [1, 1, 1, false]);
assert.throws(() => cow(schema, { cleanSave: 'never' as never }), CowTrackingError);
assert.ok(cow === cowTracking && cow === all.default);
// @ts-expect-error -- the types are there, and not `any`
user.$tracker.isModified('nmae');

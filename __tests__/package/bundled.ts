// A user's module for a bundler. `npm run test:package` compiles it against the packed package with each compiler.
import { Schema, type HydratedDocument } from 'mongoose';
import cow, { cowTracking, CowTrackingError, StateTracker, trackerOf } from 'mongoose-cow-tracking';
import type { Change, CowTracked, CowTrackingOptions } from 'mongoose-cow-tracking';

interface User {
  name: string;
  age: number;
}

const options: CowTrackingOptions<User> = { cleanSave: 'skip', exclude: ['age'] };
export const schema = new Schema<User>({ name: String, age: Number });
schema.plugin(cow, options);
schema.plugin(cowTracking);
export function ageBefore(user: HydratedDocument<User> & CowTracked<User>): number {
  const changes: Change[] = trackerOf(user).diff();
  // @ts-expect-error -- the types are there, and not `any`
  user.$tracker.isModified('nmae');
  return changes.length === 0 ? new StateTracker({ age: 1 }).get('age') : user.$tracker.original('age');
}
export const isOurs = (error: unknown): boolean =>
  error instanceof CowTrackingError && error.code !== 'ERR_INVALID_PATH';

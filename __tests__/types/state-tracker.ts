// What must compile about the tracker of plain objects, and what must not. Read by the compiler only.
import mongoose, { Schema, type Types } from 'mongoose';
import { StateTracker } from 'mongoose-cow-tracking';
import type { Savepoint, Tracker } from 'mongoose-cow-tracking';
import { exactly } from './exactly';

interface User {
  _id: Types.ObjectId;
  name: string;
  age: number;
  nick?: string;
  address?: { city: string };
  items: { sku: string; qty: number }[];
  scores: Map<string, number>;
}

declare const user: User;
const tracker = new StateTracker(user);
exactly<StateTracker<User>>()(tracker);
exactly<User>()(tracker.data);

exactly<number>()(tracker.get('age'));
exactly<string | undefined>()(tracker.get('address.city'));
exactly<number | undefined>()(tracker.get('items.0.qty'));
exactly<number | undefined>()(tracker.get('scores.ann'));
// @ts-expect-error -- misspelt
tracker.get('nmae');

tracker.set('age', 4).set('address.city', 'Oslo').set('items.0', { sku: 'a', qty: 1 }).set('scores.ann', 1);
tracker.set('nick', undefined);
// @ts-expect-error -- a string
tracker.set('age', '4');
// @ts-expect-error -- a number
tracker.set('address.city', 4);
// @ts-expect-error -- not undefined, though its parent may be missing: `unset()` takes away
tracker.set('address.city', undefined);
// @ts-expect-error -- an element has all fields
tracker.set('items.0', { sku: 'a' });
// @ts-expect-error -- misspelt
tracker.set('nmae', 'Ann');
tracker.unset('nick');
// @ts-expect-error -- misspelt
tracker.unset('nikc');
// @ts-expect-error -- the object is fixed, its fields are not
tracker.data = user;

exactly<boolean>()(tracker.isModified(['age', 'items.0.qty']));
exactly<number>()(tracker.original('age'));
exactly<User>()(tracker.original());
exactly<number | undefined>()(tracker.getChanges().age);
for (const change of tracker.diff()) if (change.path === 'name') exactly<string | undefined>()(change.from);
tracker.revert('items.0.qty');
// @ts-expect-error -- misspelt
tracker.revert('items.0.qyt');
exactly<Savepoint>()(tracker.savepoint());
const asTracker: Tracker<User> = tracker;
const asAnyTracker: Tracker = tracker;
void [asTracker, asAnyTracker];
// @ts-expect-error -- a document's tracker only
tracker.markModified('age');
// @ts-expect-error -- needs an object
new StateTracker('text');
// @ts-expect-error -- needs an object that was found
new StateTracker(null as User | null);

// --- lean results, projections, request bodies ---
const schema = new Schema({ name: { type: String, required: true }, tags: [String], meta: Schema.Types.Mixed });
const Model = mongoose.model('Lean', schema);
export async function edit(_id: Types.ObjectId): Promise<void> {
  const lean = await Model.findById(_id).lean().orFail();
  const edited = new StateTracker(lean);
  exactly<string>()(edited.get('name'));
  edited.set('tags.0', 'new').set('meta.a.b', 1);
  // @ts-expect-error -- misspelt
  edited.set('nmae', 'x');
  const update = edited.getUpdate();
  if (update) await Model.updateOne({ _id }, update);
  await Model.updateOne({ _id }, edited.getUpdate() ?? {});
}
declare const body: Record<string, unknown>;
const form = new StateTracker(body);
exactly<unknown>()(form.get('any.path'));
form.set('any.path', 1).unset('other');
const untyped: StateTracker = form;
untyped.set('a.b', new Date());

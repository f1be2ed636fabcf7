// What must compile about documents and their tracker, and what must not. Read by the compiler only: nothing here is run.
import mongoose, { Schema, type Types } from 'mongoose';
import type { Document, HydratedDocument, Model } from 'mongoose';
import cowTracking, { trackerOf } from 'mongoose-cow-tracking';
import type {
  Change,
  ChangedValues,
  CowTracked,
  DocumentTracker,
  PathOf,
  SaveRecord,
  Tracker,
  UpdateOperators,
} from 'mongoose-cow-tracking';
import { exactly } from './exactly';

interface Item {
  sku: string;
  qty: number;
  labels?: string[];
}

interface User {
  name: string;
  age: number;
  nick?: string;
  born: Date | null;
  photo: Buffer;
  boss: Types.ObjectId;
  wage: Types.Decimal128;
  address: { city: string; zip?: string };
  billing?: { city: string; geo: { lat: number } };
  tags: string[];
  matrix: number[][];
  items: Item[];
  docs: Types.DocumentArray<Item>;
  scores: Map<string, number>;
  prices: Map<string, { amount: number }>;
  byDay: Record<string, { visits: number }>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Mixed, as users type it
  meta: any;
  extra: unknown;
  greet(): string;
}

declare const user: HydratedDocument<User> & CowTracked<User>;
const { $tracker } = user;

// --- paths ---
$tracker.isModified();
$tracker.isModified('name');
$tracker.isModified(['name', 'address.city', 'items.0.qty']);
$tracker.isModified('address');
$tracker.isModified('items.12');
$tracker.isModified('items.0.labels.1');
$tracker.isModified('docs.0.sku');
$tracker.isModified('matrix.0.1');
$tracker.isModified('prices.eur');
$tracker.isModified('prices.eur.amount');
$tracker.isModified('byDay.monday.visits');
$tracker.isModified('meta.any.thing');
$tracker.isModified('extra.any.thing');
$tracker.isModified('billing.geo.lat');
$tracker.revert('nick');
$tracker.revert(['nick', 'tags.0']);
$tracker.markModified('meta.inner');
$tracker.wasModified('born');
const index = Math.random() > 0.5 ? 1 : 2;
$tracker.isModified(`items.${index}.qty`);
const path: PathOf<User> = 'address.zip';
$tracker.isModified(path);

// @ts-expect-error -- misspelt
$tracker.isModified('nmae');
// @ts-expect-error -- misspelt below a nested object
$tracker.isModified('address.town');
// @ts-expect-error -- one of several
$tracker.isModified(['name', 'nmae']);
// @ts-expect-error -- an array is entered by index
$tracker.isModified('items.qty');
// @ts-expect-error -- an array of an array of numbers ends there
$tracker.isModified('matrix.0.1.x');
// @ts-expect-error -- misspelt below an element
$tracker.isModified('items.0.quantity');
// @ts-expect-error -- a date has no fields
$tracker.isModified('born.getTime');
// @ts-expect-error -- an ObjectId has no fields
$tracker.isModified('boss.id');
// @ts-expect-error -- a Decimal128 has no fields
$tracker.isModified('wage.bytes');
// @ts-expect-error -- a Buffer has no fields
$tracker.isModified('photo.0');
// @ts-expect-error -- a method is no field
$tracker.isModified('greet');
// @ts-expect-error -- misspelt
$tracker.revert('nmae');
// @ts-expect-error -- misspelt
$tracker.markModified('nmae');
// @ts-expect-error -- misspelt
$tracker.wasModified('nmae');
// @ts-expect-error -- not a path
$tracker.isModified(1);

// --- values ---
const age: number = $tracker.original('age');
void age;
exactly<number>()($tracker.original('age'));
exactly<string | undefined>()($tracker.original('nick'));
exactly<Date | null>()($tracker.original('born'));
exactly<Types.ObjectId>()($tracker.original('boss'));
exactly<string>()($tracker.original('address.city'));
exactly<{ city: string; zip?: string }>()($tracker.original('address'));
exactly<string | undefined>()($tracker.original('billing.city'));
exactly<number | undefined>()($tracker.original('billing.geo.lat'));
exactly<number | undefined>()($tracker.original('items.0.qty'));
exactly<Item | undefined>()($tracker.original('items.0'));
exactly<Item[]>()($tracker.original('docs'));
exactly<number | undefined>()($tracker.original('docs.0.qty'));
exactly<string | undefined>()($tracker.original('items.0.labels.1'));
exactly<number | undefined>()($tracker.original('matrix.1.2'));
exactly<number | undefined>()($tracker.original('scores.ann'));
exactly<number | undefined>()($tracker.original('prices.eur.amount'));
exactly<number | undefined>()($tracker.original('byDay.monday.visits'));
exactly<unknown>()($tracker.original('extra.inner'));
exactly<User>()($tracker.original());
// @ts-expect-error -- a number
const name: string = $tracker.original('age');
void name;
// @ts-expect-error -- misspelt
$tracker.original('nmae');

const changes = $tracker.getChanges();
exactly<ChangedValues<User>>()(changes);
exactly<number | undefined>()(changes.age);
exactly<string | undefined>()(changes['address.city']);
exactly<number | undefined>()(changes['items.0.qty']);
exactly<number | undefined>()(changes['scores.ann']);
const asRecord: Record<string, unknown> = changes;
void asRecord;
// @ts-expect-error -- misspelt
void changes.nmae;
// @ts-expect-error -- not a string
void changes.age?.trim();

for (const change of $tracker.diff()) {
  if (change.path === 'age') exactly<number | undefined>()(change.to);
  if (change.path === 'address.city') exactly<string | undefined>()(change.from);
  exactly<'add' | 'update' | 'remove'>()(change.type);
  // @ts-expect-error -- no such path
  if (change.path === 'nmae') void change;
  // @ts-expect-error -- a change is read, not written
  change.to = undefined;
}
const plainChanges: Change[] = $tracker.diff();
void plainChanges;

exactly<SaveRecord<User> | null>()($tracker.lastSave);
exactly<boolean>()($tracker.wasNew);
for (const change of $tracker.lastSave?.changes ?? [])
  if (change.path === 'nick') exactly<string | undefined>()(change.to);
exactly<UpdateOperators | null>()($tracker.getUpdate());
$tracker.rebase({ name: 'Ann' });
$tracker.rollback($tracker.savepoint());
// @ts-expect-error -- not a savepoint
$tracker.rollback(new Date());
// @ts-expect-error -- not an object
$tracker.rebase('Ann');
// @ts-expect-error -- read only
$tracker.lastSave = null;
// @ts-expect-error -- read only
user.$tracker = $tracker;

// A function that takes any tracker, or any document with one.
declare function anyTracker(tracker: Tracker): void;
declare function anyDocumentTracker(tracker: DocumentTracker): void;
declare function anyTracked(doc: CowTracked): void;
anyTracker($tracker);
anyDocumentTracker($tracker);
anyTracked(user);

// --- trackerOf: the type of the document says it, or nobody does ---
declare const hydrated: HydratedDocument<User>;
exactly<number>()(trackerOf(hydrated).original('age'));
exactly<number>()(trackerOf(user).original('age'));
exactly<DocumentTracker<User>>()(trackerOf(hydrated));
trackerOf(hydrated).isModified('address.city');
// @ts-expect-error -- misspelt
trackerOf(hydrated).isModified('address.town');
declare const withMethods: HydratedDocument<User, { promote(): void; full: string }>;
exactly<number>()(trackerOf(withMethods).original('age'));
declare const loose: Document;
trackerOf(loose).isModified('whatever.it.is');
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a document that nobody typed
declare const untyped: any;
trackerOf(untyped).isModified('whatever.it.is');
trackerOf(untyped).diff();
interface OldStyle extends Document {
  name: string;
  address: { city: string };
}
declare const oldStyle: OldStyle;
exactly<string>()(trackerOf(oldStyle).original('address.city'));
// @ts-expect-error -- misspelt
trackerOf(oldStyle).isModified('nmae');
exactly<number>()(trackerOf(hydrated.docs[0]!).original('qty'));
// @ts-expect-error -- a document that was not found
trackerOf(null);
// @ts-expect-error -- not a document
trackerOf('65f0');

// --- inferred schemas ---
const inferredSchema = new Schema(
  {
    title: { type: String, required: true },
    stars: Number,
    author: { name: { type: String, required: true }, born: Date },
    comments: [{ text: { type: String, required: true }, likes: Number }],
    counts: { type: Map, of: Number },
    mixed: Schema.Types.Mixed,
    owner: Schema.Types.ObjectId,
  },
  { timestamps: true },
);
inferredSchema.plugin(cowTracking);
const Post = mongoose.model('Post', inferredSchema);
const post = new Post();
exactly<string>()(trackerOf(post).original('title'));
trackerOf(post).isModified(['author.born', 'comments.0.likes', 'counts.a', 'mixed.x.y', 'createdAt', 'owner']);
exactly<string | undefined>()(trackerOf(post).original('comments.0.text'));
exactly<number | undefined>()(trackerOf(post).original('counts.a'));
// @ts-expect-error -- misspelt
trackerOf(post).isModified('titel');
// @ts-expect-error -- misspelt
trackerOf(post).isModified('comments.0.txt');
inferredSchema.pre('save', function () {
  trackerOf(this).isModified('title');
  // @ts-expect-error -- misspelt
  trackerOf(this).isModified('titel');
});

// --- a model whose documents all have the tracker, by its methods ---
type UserModel = Model<User, object, CowTracked<User>>;
const modelSchema = new Schema<User, UserModel, CowTracked<User>>({ name: String, age: Number });
modelSchema.plugin(cowTracking, { cleanSave: 'check' });
modelSchema.methods['rename'] = function (this: HydratedDocument<User, CowTracked<User>>) {
  return this.$tracker.original('name');
};
const Users = mongoose.model<User, UserModel>('User', modelSchema);
export async function renamed(): Promise<string> {
  const found = await Users.findOne().orFail();
  // @ts-expect-error -- misspelt
  found.$tracker.isModified('nmae');
  return found.$tracker.original('name');
}

// --- types that contain themselves, or each other ---
interface Category {
  label: string;
  parent?: Category;
  children: Category[];
  byName: Map<string, Category>;
}
declare const category: DocumentTracker<Category>;
category.isModified('children.0.children.1.label');
category.isModified('children.0.children.1.children.2.children.3.children.4.label');
exactly<string | undefined>()(category.original('parent.parent.parent.label'));
exactly<string | undefined>()(category.original('children.0.children.1.children.2.children.3.children.4.label'));
exactly<string | undefined>()(category.original('byName.a.children.0.label'));
// @ts-expect-error -- misspelt
category.isModified('children.0.lable');

// --- one of several shapes ---
interface Circle {
  kind: 'circle';
  radius: number;
}
interface Square {
  kind: 'square';
  side: { length: number };
}
declare const shape: DocumentTracker<Circle | Square>;
shape.isModified(['kind', 'radius', 'side.length']);
exactly<'circle' | 'square'>()(shape.original('kind'));
exactly<number | undefined>()(shape.original('radius'));
// @ts-expect-error -- neither has it
shape.isModified('diameter');

// --- documents of which nothing is known ---
declare const anything: DocumentTracker;
anything.isModified('a.b.c');
anything.revert(['a', 'b.0']);
anything.original('a.b');
void anything.getChanges()['a.b'];
void anything.diff().map((change) => change.path.length);
declare const unknowns: DocumentTracker<unknown>;
exactly<unknown>()(unknowns.original('a.b'));
unknowns.isModified('a.b.c');
declare const records: DocumentTracker<Record<string, unknown>>;
exactly<unknown>()(records.original('a.b'));

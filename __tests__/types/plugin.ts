// How the plugin is applied, and with what: what must compile without a cast, and what must not. Read by the compiler only.
import mongoose, { Schema } from 'mongoose';
import type { HydratedDocument, Model } from 'mongoose';
import cowTracking, { CowTrackingError, cowTracking as named } from 'mongoose-cow-tracking';
import type { CowTracked, CowTrackingErrorCode, CowTrackingOptions, SaveRecord } from 'mongoose-cow-tracking';
import { exactly } from './exactly';

interface User {
  name: string;
  price?: number;
  items: { sku: string; qty: number }[];
  amounts: Map<string, { value: number }>;
}
interface Methods {
  rename(name: string): void;
}
interface Statics {
  findByName(name: string): Promise<unknown>;
}
type UserModel = Model<User, object, Methods> & Statics;

const plain = new Schema({ name: String });
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a schema that nobody typed
const loose = new Schema<any>({ name: String });
const typed = new Schema<User>({ name: String });
const full = new Schema<User, UserModel, Methods, object, { full: string }, Statics>({ name: String });
const inferred = new Schema(
  { name: { type: String, required: true }, tags: [String], child: new Schema({ a: Number }) },
  { timestamps: true, virtuals: { upper: { get: () => 'X' } }, methods: { shout: () => '!' } },
);

// --- one schema ---
plain.plugin(cowTracking);
plain.plugin(named);
loose.plugin(cowTracking, {});
typed.plugin(cowTracking, { cleanSave: 'check' });
full.plugin(cowTracking, { detectInPlace: false });
inferred.plugin(cowTracking, { detectInPlace: ['name'], wholePaths: ['child'], exclude: ['tags'] });
typed.plugin(cowTracking, {
  equals: { price: (original: number, current: number) => Math.abs(original - current) < 0.01 },
  onSaved: async (record, doc) => {
    exactly<boolean>()(record.isNew);
    for (const { path, from, to } of record.changes) void [path, from, to, doc._id];
    await Promise.resolve();
  },
});
typed.plugin(cowTracking, {
  onSaved: (record: SaveRecord, doc: HydratedDocument<User>) => void [record.update, doc.name],
});
// Chained, and put into a variable before.
const options: CowTrackingOptions = { cleanSave: 'skip', wholePaths: ['a.b'] as const };
plain.plugin(cowTracking, options).index({ name: 1 });
cowTracking(full, { cleanSave: 'skip' });
cowTracking(inferred);

// @ts-expect-error -- misspelt
plain.plugin(cowTracking, { cleanSav: 'skip' });
// @ts-expect-error -- not one of the two
plain.plugin(cowTracking, { cleanSave: 'always' });
// @ts-expect-error -- a list of paths
plain.plugin(cowTracking, { exclude: 'name' });
// @ts-expect-error -- a boolean or a list of paths
plain.plugin(cowTracking, { detectInPlace: 'yes' });
// @ts-expect-error -- a function
plain.plugin(cowTracking, { onSaved: 'log' });
// @ts-expect-error -- answers whether they are equal
plain.plugin(cowTracking, { equals: { name: () => 'same' } });
// @ts-expect-error -- not a schema
cowTracking({});

// --- every schema ---
mongoose.plugin(cowTracking);
mongoose.plugin(cowTracking, { cleanSave: 'check' });
mongoose.createConnection().plugin(cowTracking, { cleanSave: 'check' });

// --- options that know the document ---
const known: CowTrackingOptions<User> = {
  wholePaths: ['items', 'items.sku', 'amounts.$*.value'],
  exclude: ['price'],
  equals: { price: (a: number, b: number) => a === b, 'items.qty': () => true },
  onSaved: (record, doc) => {
    exactly<HydratedDocument<User> & CowTracked<User>>()(doc);
    for (const change of record.changes) if (change.path === 'price') exactly<number | undefined>()(change.to);
  },
};
typed.plugin(cowTracking, known);
typed.plugin(cowTracking, { exclude: ['price'] } satisfies CowTrackingOptions<User>);
// @ts-expect-error -- misspelt
typed.plugin(cowTracking, { exclude: ['prise'] } satisfies CowTrackingOptions<User>);
// @ts-expect-error -- a schema knows no indexes
void ({ exclude: ['items.0.sku'] } satisfies CowTrackingOptions<User>);
// @ts-expect-error -- options are read only
known.cleanSave = 'skip';

// --- errors ---
export function codeOf(error: unknown): CowTrackingErrorCode | undefined {
  if (!(error instanceof CowTrackingError)) return undefined;
  // @ts-expect-error -- no such code
  if (error.code === 'ERR_NO_SUCH_CODE') return undefined;
  return error.code;
}

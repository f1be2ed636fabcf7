import mongoose, { Schema, Types, type HydratedDocument, type Document } from 'mongoose';
import type { PathOf, ChangedAt, ValueAt, RawTypeOf, SchemaPathOf, StoredAt } from '../../lib/typed-paths';

type Equals<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): void => undefined;

interface Item { sku: string; qty: number; tags?: string[]; price?: Types.Decimal128 }
interface User {
  _id: Types.ObjectId;
  name: string; age: number; nick?: string; born?: Date | null;
  address: { city: string; zip?: string };
  billing?: { city: string; geo: { lat: number } };
  items: Item[]; prices: Map<string, { amount: number }>; tags: string[];
  meta: any; extra: unknown; photo: Buffer; friends: Types.ObjectId[]; matrix: number[][];
  rec: Record<string, { n: number }>;
  subs: Types.DocumentArray<Item>;
  greet(): string;
}
type P = PathOf<User>;

yes<Equals<ValueAt<User, 'age'>, number>>();
yes<Equals<ValueAt<User, 'nick'>, string | undefined>>();
yes<Equals<ValueAt<User, 'born'>, Date | null | undefined>>();
yes<Equals<ValueAt<User, 'billing.city'>, string | undefined>>();
yes<Equals<ValueAt<User, 'billing.geo.lat'>, number | undefined>>();
yes<Equals<ValueAt<User, 'address.city'>, string>>();
yes<Equals<ValueAt<User, 'items.3.qty'>, number | undefined>>();
yes<Equals<ValueAt<User, `items.${number}.qty`>, number | undefined>>();
yes<Equals<ValueAt<User, `items.${number}`>, Item | undefined>>();
yes<Equals<ValueAt<User, 'prices.eur'>, { amount: number } | undefined>>();
yes<Equals<ValueAt<User, 'prices.eur.amount'>, number | undefined>>();
declare const mm: {a: ValueAt<User, `prices.${string}`>}; const mmx: number = mm;
yes<Equals<ValueAt<User, `prices.${string}`>, { amount: number } | undefined>>();yes<Equals<ValueAt<User, `items.${number}.${string}`>, unknown>>();
yes<Equals<ValueAt<User, 'rec.a.n'>, number | undefined>>();
yes<Equals<ValueAt<User, 'meta.a.b'>, any>>();
yes<Equals<ValueAt<User, 'extra.a.b'>, unknown>>();
yes<Equals<ValueAt<User, 'matrix.0.1'>, number | undefined>>();
yes<Equals<ValueAt<User, 'subs'>, Item[]>>();
yes<Equals<ValueAt<User, 'subs.0'>, Item | undefined>>();
yes<Equals<ValueAt<User, 'subs.0.qty'>, number | undefined>>();
yes<Equals<StoredAt<User, 'items.0.qty'>, number>>();
yes<Equals<RawTypeOf<HydratedDocument<User>>, User>>();
yes<Equals<RawTypeOf<Document>, any>>();
yes<Equals<RawTypeOf<any>, any>>();
yes<Equals<RawTypeOf<HydratedDocument<User, { m(): void }, {}, {v: string}>>, User>>();
interface Old extends Document { name: string; n?: number }
yes<Equals<keyof RawTypeOf<Old>, 'name' | 'n'>>();
yes<Equals<RawTypeOf<HydratedDocument<User>['subs'][number]>, Item>>();
const inferred = new Schema({ name: { type: String, required: true }, n: Number, at: Date, sub: { a: String }, docs: [{ q: Number }], m: { type: Map, of: Number }, mixed: {}, tags: [String], oid: Schema.Types.ObjectId, child: new Schema({ z: Number }) });
const Inferred = mongoose.model('I', inferred);
type IRaw = RawTypeOf<InstanceType<typeof Inferred>>;
type U = { [K in PathOf<User>]: K };
declare const q: U; const qq: number = q; 
interface Cat { name: string; parent?: Cat; children: Cat[]; m: Map<string, Cat> }
declare const c: {[K in PathOf<Cat>]?: ChangedAt<Cat, K>}; const cc: number = c;

declare const sp: SchemaPathOf<User>;

declare const ir: { a: ValueAt<IRaw, 'docs.0.q'>, b: ValueAt<IRaw, 'm.x'>, c: ValueAt<IRaw, 'child.z'>, d: ValueAt<IRaw, 'docs'> };
const irx: number = ir;

import type { Document, Types } from 'mongoose';

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is what a schema without types has, and is asked about here */

/** A type that says nothing about fields: any path will do. */
type IsLoose<T> = unknown extends T ? true : string extends keyof T ? true : [keyof T] extends [never] ? true : false;

/** What has no fields to address by a path. BSON's own types (ObjectId, Decimal128, Binary, ...) all carry `_bsontype`. */
type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Uint8Array
  | { readonly _bsontype: string }
  | ((...args: never[]) => unknown);

/** A subdocument of Mongoose, which a raw type may name. */
type Subdocument = Document & { ownerDocument(): unknown };

/** The names of fields. Methods and virtual getters of a class share its type; methods at least can be told. */
type Field<T> = {
  [K in keyof T & (string | number)]-?: NonNullable<T[K]> extends (...args: never[]) => unknown ? never : K;
}[keyof T & (string | number)];

/** How a path steps into an array: by index in a document, without one in a schema. */
type Step = 'index' | 'none';

/**
 * How many objects deep paths are still listed; below, any path will do. Types that contain themselves, or each other, have
 * paths without end, and a union of all that stay within five would take a compiler minutes. By number, not by the types on
 * the way: so each type is worked out once a level, wherever it stands.
 */
type Depth = 0 | 1 | 2 | 3;

type Less = readonly [never, 0, 1, 2];

/** The paths below a value, each with its leading dot. Answers for each member of a union. */
type Below<T, Left extends Depth, By extends Step> = unknown extends T ? `.${string}` : BelowKnown<T, Left, By>;

type BelowKnown<T, Left extends Depth, By extends Step> = T extends Leaf
  ? never
  : T extends ReadonlyMap<any, any>
    ? `.${string}`
    : T extends readonly (infer Item)[]
      ? By extends 'index'
        ? `.${number}` | `.${number}${Below<Item, Left, By>}`
        : Below<Item, Left, By>
      : T extends Subdocument
        ? BelowFields<RawTypeOf<T>, Left, By>
        : // A populated document: the path holds its id.
          T extends Document
          ? never
          : BelowFields<T, Left, By>;

type BelowFields<T, Left extends Depth, By extends Step> = Left extends 0
  ? `.${string}`
  : IsLoose<T> extends true
    ? `.${string}`
    : `.${Fields<T, Less[Left], By>}`;

type Fields<T, Left extends Depth, By extends Step> = {
  [K in Field<T>]-?: `${K}` | `${K}${Below<NonNullable<T[K]>, Left, By>}`;
}[Field<T>];

/**
 * The paths of a raw document type, as the tracker takes them: `name`, `address.city`, `items.0.qty`, `prices.eur`. Below
 * what has no known fields (Mixed, `any`, a Map) every path is one; of a type that says nothing at all, every string.
 */
export type PathOf<T> = IsLoose<T> extends true ? string : T extends unknown ? Fields<T, 3, 'index'> : never;

/** The paths of a raw document type, as options name them: those of the schema, without indexes (`items.qty`). */
export type SchemaPathOf<T> = IsLoose<T> extends true ? string : T extends unknown ? Fields<T, 3, 'none'> : never;

/**
 * The type of the value at a path. What need not be there, an element of an array, a key of a Map or what is below an
 * optional field, is `undefined` as well.
 */
export type ValueAt<T, Path extends string> = Plain<At<T, Path, 'read'>>;

/** The type of a value that may be stored at a path: not `undefined` because its parent may be missing. */
export type StoredAt<T, Path extends string> = At<T, Path, 'store'>;

/** The type of the value in a change of a path, which was added or removed as likely as not. */
export type ChangedAt<T, Path extends string> = Plain<At<T, Path, 'change'>> | undefined;

type Purpose = 'read' | 'store' | 'change';

type Missing<For extends Purpose> = For extends 'store' ? never : undefined;

type At<T, Path extends string, For extends Purpose> = Path extends `${infer Key}.${infer Rest}`
  ? At<Child<T, Key, For>, Rest, For>
  : Child<T, Path, For>;

type Child<T, Key extends string, For extends Purpose> = unknown extends T ? T : ChildOfKnown<T, Key, For>;

type ChildOfKnown<T, Key extends string, For extends Purpose> = T extends Leaf
  ? Missing<For>
  : T extends ReadonlyMap<any, infer Value>
    ? Entry<Value, Key, For>
    : T extends readonly (infer Item)[]
      ? Key extends `${number}`
        ? Item | Missing<For>
        : Missing<For>
      : T extends Subdocument
        ? ChildOfFields<RawTypeOf<T>, Key, For>
        : ChildOfFields<T, Key, For>;

type ChildOfFields<T, Key extends string, For extends Purpose> = Key extends keyof T
  ? string extends keyof T
    ? Entry<T[Key], Key, For>
    : T[Key]
  : string extends Key
    ? unknown
    : Key extends `${infer Index extends keyof T & number}`
      ? T[Index]
      : IsLoose<T> extends true
        ? unknown
        : Missing<For>;

/** Any key of a Map, `prices.${string}`, is also a path into what stands there: a change may be of either. */
type Entry<Value, Key extends string, For extends Purpose> = For extends 'change'
  ? string extends Key
    ? [NonNullable<Value>] extends [Leaf]
      ? Value
      : unknown
    : Value | undefined
  : Value | Missing<For>;

/** Values that are handed out are plain: arrays and subdocuments of Mongoose are native ones. */
type Plain<T> = unknown extends T ? T : PlainKnown<T>;

type PlainKnown<T> = T extends Leaf
  ? T
  : T extends readonly (infer Item)[]
    ? Item extends Subdocument
      ? RawTypeOf<Item>[]
      : T
    : T extends Subdocument
      ? RawTypeOf<T>
      : T;

/** The raw type behind a document type: `User` for `HydratedDocument<User>`, `any` where the type does not say. */
export type RawTypeOf<Doc> = unknown extends Doc
  ? any
  : Doc extends Document<any, any, infer Raw>
    ? unknown extends Raw
      ? OwnFields<Doc>
      : Held<Doc, Raw>
    : any;

/**
 * Which of the types that a compiler took for the raw type the document really holds: in older versions of Mongoose the
 * results of `toObject({ flattenObjectIds: true })` and the like are among them.
 */
type Held<Doc, Raw> = [Fitting<Doc, Raw>] extends [never] ? Raw : Fitting<Doc, Raw>;

type Fitting<Doc, Raw> = Raw extends unknown ? (Doc extends Raw ? Raw : never) : never;

/** `interface UserDocument extends Document { name: string }` names its fields itself. */
type OwnFields<Doc> = [Exclude<keyof Doc, Inherited>] extends [never] ? any : Omit<Doc, Inherited>;

type Inherited = keyof Types.ArraySubdocument | '$tracker';

import mongoose from 'mongoose';

/**
 * Values as plain data. A script must print, parse and be applied to several documents without the documents sharing a
 * reference, so whatever JSON cannot hold is written `{ $: type, v: ... }` and made anew for each document.
 */
export type Data = string | number | boolean | null | readonly Data[] | { readonly [key: string]: Data };

type Json = Record<string, unknown>;

const { BSON } = mongoose.mongo;

/** Ids written by scripts and seeds carry this prefix; every other id was generated and differs between two copies. */
const KNOWN_ID = 'abcabcabcabcabcabcab';

export const knownId = (n: number): string => KNOWN_ID + n.toString(16).padStart(4, '0');

export const tagged = (type: string, v: Data = null): Data => ({ $: type, v });

const makers: Record<string, (v: never) => unknown> = {
  undefined: () => undefined,
  nan: () => NaN,
  date: (v: number) => new Date(v),
  oid: (v: string) => new mongoose.Types.ObjectId(v),
  dec: (v: string) => BSON.Decimal128.fromString(v),
  big: (v: string) => BigInt(v),
  long: (v: string) => BSON.Long.fromString(v),
  int32: (v: number) => new BSON.Int32(v),
  double: (v: number) => new BSON.Double(v),
  uuid: (v: string) => new BSON.UUID(v),
  buf: (v: string) => Buffer.from(v, 'hex'),
  bin: ([hex, subtype]: [string, number]) => new BSON.Binary(Buffer.from(hex, 'hex'), subtype),
  regexp: ([source, flags]: [string, string]) => new RegExp(source, flags),
  timestamp: ([t, i]: [number, number]) => new BSON.Timestamp({ t, i }),
  map: (v: [string, Data][]) => new Map(v.map(([key, value]) => [key, make(value)])),
};

/** The live value of `data`: a new one with every call. */
export function make(data: Data): unknown {
  if (Array.isArray(data)) return data.map((item: Data) => make(item));
  if (data === null || typeof data !== 'object') return data;
  const record = data as Readonly<Record<string, Data>>;
  const type = record['$'];
  if (typeof type === 'string') {
    const maker = makers[type];
    if (maker === undefined) throw new Error(`No value type ${type}`);
    return maker(record['v'] as never);
  }
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, make(value)]));
}

interface LiveDocument {
  readonly $__: object;
  readonly _doc: Json;
  readonly $isSubdocument?: boolean;
  readonly $__isNested?: boolean;
  readonly _id: unknown;
}

export const isDocument = (value: unknown): value is LiveDocument =>
  value !== null && typeof value === 'object' && '$__' in value && '_doc' in value;

/** The raw value at a concrete path, read behind Mongoose's back: reading is itself something the plugin reacts to. */
export function rawValue(doc: unknown, path: string): unknown {
  let value: unknown = doc;
  for (const part of path.split('.')) {
    if (isDocument(value)) value = value._doc;
    if (value === null || typeof value !== 'object') return undefined;
    value = value instanceof Map ? (value as Map<string, unknown>).get(part) : (value as Json)[part];
  }
  return value;
}

/** A detached plain copy of a live value: subdocuments as objects, populated documents as their ids. */
export function plainCopy(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (isDocument(value)) return value.$isSubdocument === true ? plainCopy(value._doc) : value._id;
  if (value instanceof Date) return new Date(value.getTime());
  if (Buffer.isBuffer(value)) {
    // Mongoose's own Buffer carries the BSON subtype: Mongoose 8 holds a UUID so.
    const subtype = (value as { _subtype?: number })._subtype ?? 0;
    return subtype === 0 ? Buffer.from(value) : new BSON.Binary(Buffer.from(value), subtype);
  }
  if (Array.isArray(value)) return Array.from(value, plainCopy);
  if (value instanceof Map) {
    return new Map([...(value as Map<string, unknown>)].map(([key, item]) => [key, plainCopy(item)]));
  }
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainCopy(item)]));
}

export function isPlainObject(value: unknown): value is Json {
  if (value === null || typeof value !== 'object') return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

/** What `value` becomes on the wire, with every BSON type kept apart (Int32 from Double, Binary by subtype). */
export function toRaw(value: object): Json {
  const options = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };
  return BSON.deserialize(BSON.serialize(value, { ignoreUndefined: true, checkKeys: false }), options);
}

/** Of a raw value: what holds a Map has to go through `toRaw` first. */
export const byteSize = (value: object): number => BSON.calculateObjectSize(value);

export interface FlattenOptions {
  /** Generated ids as they are. Off to compare two copies, whose generated ids differ. */
  readonly exactIds?: boolean;
  /** Is the order of the keys of the object at this path part of its value? */
  readonly ordered?: (path: string) => boolean;
}

/** Path by path, each with its BSON type and value: two of these can be compared, and what differs be named. */
export function flatten(raw: unknown, options: FlattenOptions = {}): Map<string, string> {
  const flat = new Map<string, string>();
  const { ordered, exactIds = false } = options;
  const walk = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object') {
      flat.set(path, describe(value, exactIds));
      return;
    }
    const prefix = path === '' ? '' : `${path}.`;
    if (Array.isArray(value)) {
      flat.set(path, `array(${value.length})`);
      value.forEach((item, index) => walk(item, prefix + String(index)));
    } else if (isPlainObject(value)) {
      const keys = Object.keys(value);
      flat.set(path, ordered?.(path) === true ? `object(${keys.join(',')})` : 'object');
      for (const key of keys) walk(value[key], prefix + key);
    } else {
      flat.set(path, describe(value, exactIds));
    }
  };
  walk(raw, '');
  flat.delete('');
  return flat;
}

/** The same answer for the same stored document, which several checks ask for. */
export function once<T>(answer: (raw: unknown) => T): (raw: unknown) => T {
  const known = new WeakMap<object, T>();
  return (raw) => {
    if (raw === null || typeof raw !== 'object') return answer(raw);
    const before = known.get(raw);
    if (before !== undefined) return before;
    const made = answer(raw);
    known.set(raw, made);
    return made;
  };
}

/**
 * Without the empty objects that an object holds. `minimize` leaves them out of what is written whole and unsets them
 * where they are written by name, but not in a Map: two ways to write the same value differ in them.
 */
export function withoutEmpty(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(withoutEmpty);
  if (!isPlainObject(raw)) return raw;
  const kept = Object.entries(raw)
    .map(([key, value]) => [key, withoutEmpty(value)] as const)
    .filter(([, value]) => !isPlainObject(value) || Object.keys(value).length > 0);
  return Object.fromEntries(kept);
}

function describe(value: unknown, exactIds: boolean): string {
  if (value === null || typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if (value instanceof Date) return `Date ${value.getTime()}`;
  const bsonType = (value as { _bsontype?: string })._bsontype;
  if (bsonType === 'ObjectId') {
    const hex = (value as { toHexString(): string }).toHexString();
    return `ObjectId ${exactIds || hex.startsWith(KNOWN_ID) ? hex : 'generated'}`;
  }
  // What EJSON says of the most frequent ones, in a fraction of its time.
  const number = (value as { value?: unknown }).value;
  if (bsonType === 'Int32') return `Int32 {"$numberInt":"${String(number)}"}`;
  if (bsonType === 'Double') return `Double {"$numberDouble":"${Object.is(number, -0) ? '-0' : String(number)}"}`;
  return `${bsonType ?? 'value'} ${BSON.EJSON.stringify(value, { relaxed: false })}`;
}

/** Long(1), Int32(1) and Double(1) are one number to whoever loads them: the driver makes a JavaScript number of each. */
export function sameNumber(a: string | undefined, b: string | undefined): boolean {
  const numbers = [a, b].map((text) => /^(?:Long|Int32|Double) .*"(\S+)"}$/.exec(text ?? '')?.[1]);
  return numbers[0] !== undefined && Number(numbers[0]) === Number(numbers[1]);
}

/** The paths at which two flattened values differ. */
export function differences(a: Map<string, string>, b: Map<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).sort();
}

export const showDifferences = (paths: readonly string[], sides: Record<string, Map<string, string>>): string =>
  paths
    .slice(0, 12)
    .map((path) => {
      const values = Object.entries(sides).map(([side, flat]) => `${side} ${flat.get(path) ?? '(absent)'}`);
      return `    ${path}: ${values.join(' | ')}`;
    })
    .join('\n');

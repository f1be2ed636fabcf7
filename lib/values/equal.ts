import { types } from 'node:util';
import { bytesOf, sameBytes, subtypeOf } from './binary';
import { bsonTypeOf, isPlainObject, kindOf, storedForm } from './kind';
import { plainHost, type Host } from './host';

/**
 * Would the two scalars be stored as the same BSON value? Type and value count: `Long(5)` is not `5`, Decimal128 `1.0`
 * is not `1.00`. NaN equals NaN, and `0` equals `-0` (as for Mongoose and for MongoDB's own comparison).
 */
export function sameScalar(a: unknown, b: unknown): boolean {
  if (a === b || (a !== a && b !== b)) return true;
  const typeA = typeof a;
  const typeB = typeof b;
  if ((typeA !== 'object' && typeB !== 'object') || a === null || b === null) {
    // What is left of primitives differs, but for a function, which BSON leaves out: like undefined.
    return isAbsent(a) && isAbsent(b);
  }
  const left = numeric(a);
  if (left !== undefined) {
    const right = numeric(b);
    if (left.type !== right?.type) return false;
    return left.value === right.value || (left.value !== left.value && right.value !== right.value);
  }
  if (typeA !== 'object' || typeB !== 'object') return false;
  if (types.isRegExp(a) || types.isRegExp(b)) {
    return types.isRegExp(a) && types.isRegExp(b) && a.source === b.source && a.flags === b.flags;
  }
  const type = bsonTypeOf(a as object);
  if (type === undefined || normalize(type) !== normalize(bsonTypeOf(b as object))) return false;
  return sameBson(type, a as Record<string, unknown>, b as Record<string, unknown>);
}

/** An instance that says itself how it is stored, as that: it may be a primitive, and its kept copy is one then. */
export function asStored(value: unknown): unknown {
  return kindOf(value) === 'opaque' ? storedForm(value) : value;
}

/** Not stored at all: `undefined`, and functions, which the driver leaves out. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

/**
 * Does a value hold nothing that is stored?
 * @param minimize objects that hold only such objects count as well
 */
export function holdsNothing(value: unknown, minimize: boolean, depth = 0): boolean {
  if (value === undefined) return true;
  if (!isPlainObject(value)) return false;
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (isAbsent(item)) continue;
    if (!minimize || depth > 100 || !holdsNothing(item, minimize, depth + 1)) return false;
  }
  return true;
}

function normalize(type: string | undefined): string | undefined {
  return type === 'ObjectID' ? 'ObjectId' : type;
}

/** The BSON number that a value becomes: `5` and `Int32(5)` are both int32, `5.5` and `Double(5.5)` both double. */
function numeric(value: unknown): { type: string; value: number | bigint } | undefined {
  if (typeof value === 'number') return { type: isInt32(value) ? 'int32' : 'double', value };
  if (typeof value === 'bigint') return { type: 'int64', value };
  if (value === null || typeof value !== 'object') return undefined;
  switch (bsonTypeOf(value)) {
    case 'Int32':
      return { type: 'int32', value: (value as { value: number }).value };
    case 'Double':
      return { type: 'double', value: (value as { value: number }).value };
    case 'Long':
      return { type: 'int64', value: (value as { toBigInt(): bigint }).toBigInt() };
    default:
      return undefined;
  }
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -0x80000000 && value <= 0x7fffffff && !Object.is(value, -0);
}

function sameBson(type: string, a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  switch (type) {
    case 'ObjectId':
    case 'ObjectID':
      return (a as { toString(): string }).toString() === (b as { toString(): string }).toString();
    case 'Decimal128':
      return sameBytes(a['bytes'] as Uint8Array, b['bytes'] as Uint8Array);
    case 'MinKey':
    case 'MaxKey':
      return true;
    default:
      return sameFields(a, b);
  }
}

/** BSON classes without an `equals` (Timestamp, Code, DBRef, ...): their fields are their value. */
function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], b[key]));
}

/**
 * Would two values be stored as the same BSON, key order included?
 * Cost: linear, stops at the first difference; nothing is allocated but for Sets and opaque values.
 *
 * @param original a kept copy (subdocuments in it stand for their state at the baseline)
 * @param current the live value
 */
export function equal(original: unknown, current: unknown, host: Host = plainHost, depth = 0): boolean {
  if (original === current && (original === null || typeof original !== 'object')) return true;
  const a = original !== null && typeof original === 'object' ? host.plain(original) : original;
  const b = current !== null && typeof current === 'object' ? host.plain(current) : current;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object')
    return sameScalar(asStored(a), asStored(b));
  if (host.keepsOriginals(a) || host.keepsOriginals(b)) {
    return sameKeys(
      host.keepsOriginals(a) ? host.originalFields(a) : (a as Record<string, unknown>),
      host.keepsOriginals(b) ? host.currentFields(b) : (b as Record<string, unknown>),
      host,
      false,
      depth,
    );
  }
  const kind = kindOf(a);
  if (kind === 'opaque') return equal(asStored(a), b, host, depth + 1);
  const other = kindOf(b);
  if (other === 'opaque') return equal(a, asStored(b), host, depth + 1);
  if (kind !== other) {
    // A native Map is stored as an object; Mongoose's Mixed and lean results hold either.
    return (kind === 'map' && other === 'object') || (kind === 'object' && other === 'map')
      ? sameKeys(fieldsOf(a), fieldsOf(b), host, true, depth)
      : false;
  }
  if (a === b) return true;
  // So deep is cyclic, or cannot be stored (MongoDB allows 100 levels): the driver will say so. Never "equal".
  if (depth > MAX_DEPTH) return false;
  switch (kind) {
    case 'scalar':
      return sameScalar(a, b);
    case 'date':
      return sameTime(a as Date, b as Date);
    case 'binary':
      return subtypeOf(a) === subtypeOf(b) && sameBytes(bytesOf(a), bytesOf(b));
    case 'set':
      return equal([...(a as Set<unknown>)], [...(b as Set<unknown>)], host, depth + 1);
    case 'array':
      return sameItems(a as unknown[], b as unknown[], host, depth);
    case 'map':
      return sameKeys(fieldsOf(a), fieldsOf(b), host, true, depth);
    case 'object':
      return sameKeys(a as Record<string, unknown>, b as Record<string, unknown>, host, true, depth);
  }
}

const MAX_DEPTH = 200;

export function sameTime(a: Date, b: Date): boolean {
  const left = a.getTime();
  const right = b.getTime();
  return left === right || (left !== left && right !== right);
}

function sameItems(a: unknown[], b: unknown[], host: Host, depth: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (!equal(storedItem(a[i]), storedItem(b[i]), host, depth + 1)) return false;
  }
  return true;
}

/** What an element is stored as: holes, undefined and functions become null, so that the others keep their places. */
export function storedItem(item: unknown): unknown {
  return isAbsent(item) ? null : item;
}

/** A Map's content as an object without prototype; an object as it is. */
export function fieldsOf(value: object): Record<string, unknown> {
  if (!types.isMap(value)) return value as Record<string, unknown>;
  const fields = Object.create(null) as Record<string, unknown>;
  Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
    fields[String(key)] = item;
  });
  return fields;
}

/** The keys that are stored: those with a value. */
export function storedKeys(fields: Record<string, unknown>): string[] {
  const keys = Object.keys(fields);
  for (const key of keys) {
    if (isAbsent(fields[key])) return keys.filter((name) => !isAbsent(fields[name]));
  }
  return keys;
}

function sameKeys(
  a: Record<string, unknown>,
  b: Record<string, unknown>,
  host: Host,
  ordered: boolean,
  depth: number,
): boolean {
  const keys = storedKeys(a);
  const others = storedKeys(b);
  if (keys.length !== others.length) return false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    if (ordered ? key !== others[i] : !Object.hasOwn(b, key)) return false;
    if (!equal(a[key], b[key], host, depth + 1)) return false;
  }
  return true;
}

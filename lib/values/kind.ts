import { types } from 'node:util';

/**
 * What a value is, as far as tracking is concerned. Everything that copies, compares or walks a value asks this
 * table first, so a new kind of value is added here and in the files of this folder, nowhere else.
 *
 * - `scalar`: cannot be changed in place (primitives, ObjectId, Decimal128, Long, RegExp, functions, ...)
 * - `date`, `binary`: can be changed in place, but have no inner paths
 * - `array`, `map`, `object`: containers with inner paths
 * - `set`: a container without inner paths
 * - `opaque`: an instance that says itself how it is stored (`toBSON()`)
 */
export type Kind = 'scalar' | 'date' | 'binary' | 'array' | 'map' | 'object' | 'set' | 'opaque';

/** `_bsontype` of the BSON classes whose instances are values: nobody changes them in place. `Binary` is missing on purpose. */
const IMMUTABLE_BSON = new Set([
  'ObjectId',
  'ObjectID',
  'Decimal128',
  'Long',
  'Int32',
  'Double',
  'Timestamp',
  'MinKey',
  'MaxKey',
  'BSONRegExp',
  'BSONSymbol',
  'Code',
  'DBRef',
]);

/** The `_bsontype` of a BSON value (set by every version of the `bson` package, whichever copy made the value). */
export function bsonTypeOf(value: object): string | undefined {
  const type: unknown = (value as { _bsontype?: unknown })._bsontype;
  return typeof type === 'string' ? type : undefined;
}

export function kindOf(value: unknown): Kind {
  if (value === null || typeof value !== 'object') return 'scalar';
  if (Array.isArray(value)) return 'array';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (isRootPrototype(prototype)) {
    // A user's POJO may carry a field named `_bsontype`; only instances of a class are BSON values.
    return 'object';
  }
  if (value instanceof Date) return 'date';
  if (value instanceof Uint8Array) return 'binary';
  if (value instanceof Map) return 'map';
  const type = bsonTypeOf(value);
  if (type !== undefined) {
    if (type === 'Binary') return 'binary';
    if (IMMUTABLE_BSON.has(type)) return 'scalar';
  }
  if (value instanceof RegExp) return 'scalar';
  if (value instanceof Set) return 'set';
  if (typeof (value as { toBSON?: unknown }).toBSON === 'function') return 'opaque';
  return kindOfForeign(value);
}

/**
 * Values made in another realm (by `structuredClone` under jest, in a `vm` context) are no instances of the classes of
 * this one. Asked last: the native checks cost more, and what comes here is rare.
 */
function kindOfForeign(value: object): Kind {
  if (types.isDate(value)) return 'date';
  if (types.isUint8Array(value)) return 'binary';
  if (types.isMap(value)) return 'map';
  if (types.isSet(value)) return 'set';
  return types.isRegExp(value) ? 'scalar' : 'object';
}

/** Has an object with this prototype no class? Another realm has an `Object.prototype` of its own. */
function isRootPrototype(prototype: unknown): boolean {
  return (
    prototype === Object.prototype ||
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  );
}

/** What an `opaque` value is stored as. The driver asks once: of an answer that has a `toBSON()` itself it stores the fields. */
export function storedForm(value: unknown): unknown {
  const form = (value as { toBSON(): unknown }).toBSON();
  return kindOf(form) === 'opaque' ? { ...(form as object) } : form;
}

/** Can a value be changed without being assigned again? */
export function isMutable(value: unknown): boolean {
  return kindOf(value) !== 'scalar';
}

/** An object whose keys are its content: `{}` and `Object.create(null)`, not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  return !Array.isArray(value) && isRootPrototype(Object.getPrototypeOf(value));
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

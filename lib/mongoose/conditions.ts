/**
 * Conditions of a filter that a stored value meets only if it is the one that is expected. MongoDB's equality also looks into
 * arrays (`{ a: 'x' }` matches `['x']`), takes null for absent, and one type of number for another: what the schema does not
 * rule out is ruled out by `$type`. A condition may miss what is equal (another order of keys), never meet what differs.
 */
import { types } from 'node:util';
import { bsonTypeOf, isPlainObject } from '../values/kind';
import type { SchemaTypeInternals } from './internals';

const NULL = 10;
const ARRAY = 4;
const LONG = 18;
const DECIMAL = 19;

/** Types whose values are never arrays. */
const NO_ARRAYS = new Set([
  'String',
  'Number',
  'Boolean',
  'Date',
  'Buffer',
  'ObjectId',
  'ObjectID',
  'Decimal128',
  'BigInt',
  'Double',
  'Int32',
  'UUID',
  'Embedded',
  'Map',
]);

/**
 * @param value as it is stored; `undefined` is absent
 * @param type what the schema says of the place, if it says anything
 * @param emptyIsAbsent an empty object may have been left out (`minimize`)
 */
export function conditionFor(value: unknown, type: SchemaTypeInternals | undefined, emptyIsAbsent: boolean): unknown {
  if (value === undefined) return { $exists: false };
  const free = isFreeType(type);
  const noArray = type !== undefined && NO_ARRAYS.has(type.instance) ? [] : [ARRAY];
  if (value === null) return withoutTypes({ $type: NULL }, noArray);
  if (emptyIsAbsent && isPlainObject(value) && Object.keys(value).length === 0)
    return withoutTypes({ $in: [value, null] }, [...noArray, NULL]);
  if (Array.isArray(value)) {
    if (!free && type?.$isMongooseArray !== true) return { $eq: value };
    return mayNest(type) ? { $eq: value, $not: deeperThan(value) } : value;
  }
  if (!free) return noArray.length > 0 || isOperator(value) ? withoutTypes({ $eq: value }, noArray) : value;
  switch (typeof value === 'object' ? bsonTypeOf(value) : typeof value) {
    case 'number':
    case 'Int32':
    case 'Double':
      return withoutTypes({ $eq: value }, [ARRAY, DECIMAL]);
    case 'Decimal128':
      return withoutTypes({ $eq: value, $type: DECIMAL }, [ARRAY]);
    case 'Long':
      return withoutTypes({ $eq: value, $type: LONG }, [ARRAY]);
    default:
      return withoutTypes({ $eq: value }, [ARRAY]);
  }
}

/** May anything stand there? */
export function isFreeType(type: SchemaTypeInternals | undefined): boolean {
  return type === undefined || type.instance === 'Mixed' || type.instance === 'Union' || type.$isSchemaUnion === true;
}

/** May an array hold arrays that the schema does not name? */
function mayNest(type: SchemaTypeInternals | undefined): boolean {
  let inner = type;
  for (let depth = 0; inner?.$isMongooseArray === true && depth < 20; depth++) {
    if (inner.$isMongooseDocumentArray === true) return false;
    inner = inner.embeddedSchemaType ?? inner.$embeddedSchemaType ?? inner.caster;
  }
  return inner === undefined || !NO_ARRAYS.has(inner.instance);
}

function withoutTypes(condition: Record<string, unknown>, numbers: readonly number[]): Record<string, unknown> {
  if (numbers.length === 0) return condition;
  return { ...condition, $not: { $type: numbers.length === 1 ? numbers[0] : numbers } };
}

/** Meets an array that nests deeper than the given one: one that equals it does not, one that has it as an element does. */
function deeperThan(array: readonly unknown[]): object {
  return { $elemMatch: depthOf(array) === 1 ? { $type: ARRAY } : deeperThan(innerArrays(array)) };
}

function depthOf(array: readonly unknown[]): number {
  const inner = innerArrays(array);
  return inner.length === 0 && !array.some((item) => Array.isArray(item)) ? 1 : 1 + depthOf(inner);
}

function innerArrays(array: readonly unknown[]): unknown[] {
  return array.filter((item) => Array.isArray(item)).flat();
}

/** Would the value alone be read as an operator or a pattern? */
function isOperator(value: unknown): boolean {
  if (types.isRegExp(value)) return true;
  if (value === null || typeof value !== 'object') return false;
  if (bsonTypeOf(value) === 'BSONRegExp') return true;
  const first = value instanceof Map ? (value.keys().next().value as unknown) : Object.keys(value)[0];
  return typeof first === 'string' && first.startsWith('$');
}

import { types } from 'node:util';
import { fail } from '../errors';
import { bytesOf, subtypeOf } from './binary';
import { fieldsOf, isAbsent } from './equal';
import { bsonTypeOf, kindOf, storedForm } from './kind';

/**
 * A value as JSON: what JSON knows stays as it is, BSON types follow MongoDB's relaxed Extended JSON v2
 * (`{ $oid }`, `{ $date }`, `{ $numberDecimal }`, ...). Long values within JavaScript's safe range become numbers,
 * longer ones stay `{ $numberLong }`, since a number would lose digits.
 * @returns a plain JSON value; `undefined` for what is not stored
 * @throws CowTrackingError `ERR_INVALID_ARGUMENT` for a value that holds itself
 */
export function toJson(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value)
        ? value
        : { $numberDouble: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
    case 'bigint':
      return longToJson(value);
    case 'object':
      return value === null ? null : objectToJson(value, depth);
    default:
      return undefined;
  }
}

function longToJson(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { $numberLong: value.toString() };
}

/** Deeper than MongoDB stores anything. */
const MAX_DEPTH = 200;

function objectToJson(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) {
    throw fail(
      'ERR_INVALID_ARGUMENT',
      'A value that holds itself, or is nested more than 200 levels deep, cannot be written as JSON, nor stored by MongoDB.',
    );
  }
  switch (kindOf(value)) {
    case 'date':
      return dateToJson(value as Date);
    case 'binary':
      return binaryToJson(value);
    case 'array':
    case 'set':
      // `Array.from`: holes are stored as null too.
      return Array.from(value as Iterable<unknown>, (item) => (isAbsent(item) ? null : toJson(item, depth + 1)));
    case 'opaque':
      return toJson(storedForm(value), depth + 1);
    case 'scalar':
      return bsonToJson(value);
    case 'map':
    case 'object':
      return fieldsToJson(fieldsOf(value), depth);
  }
}

function fieldsToJson(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) {
    const item = toJson(fields[key], depth + 1);
    if (item !== undefined)
      Object.defineProperty(result, key, { value: item, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function dateToJson(date: Date): unknown {
  const time = date.getTime();
  if (Number.isNaN(time)) return { $date: { $numberLong: 'NaN' } };
  const year = date.getUTCFullYear();
  if (year < 1970 || year > 9999) return { $date: { $numberLong: String(time) } };
  // The specification leaves an empty fraction out.
  return { $date: date.toISOString().replace('.000Z', 'Z') };
}

function binaryToJson(value: object): unknown {
  const subType = subtypeOf(value).toString(16).padStart(2, '0');
  return { $binary: { base64: Buffer.from(bytesOf(value)).toString('base64'), subType } };
}

function bsonToJson(value: object): unknown {
  // JavaScript sorts flags, as MongoDB wants them.
  if (types.isRegExp(value)) return { $regularExpression: { pattern: value.source, options: value.flags } };
  const fields = value as Record<string, unknown>;
  switch (bsonTypeOf(value)) {
    case 'ObjectId':
    case 'ObjectID':
      return { $oid: (value as { toHexString(): string }).toHexString() };
    case 'Decimal128':
      return { $numberDecimal: (value as { toString(): string }).toString() };
    case 'Long':
      return longToJson((value as { toBigInt(): bigint }).toBigInt());
    case 'Int32':
    case 'Double':
      return toJson(fields['value']);
    case 'Timestamp':
      return {
        $timestamp: {
          t: (value as unknown as { getHighBits(): number }).getHighBits() >>> 0,
          i: (value as unknown as { getLowBits(): number }).getLowBits() >>> 0,
        },
      };
    case 'MinKey':
      return { $minKey: 1 };
    case 'MaxKey':
      return { $maxKey: 1 };
    case 'BSONRegExp':
      return { $regularExpression: { pattern: fields['pattern'], options: fields['options'] } };
    case 'BSONSymbol':
      return { $symbol: fields['value'] };
    case 'Code':
      return fields['scope'] === null || fields['scope'] === undefined
        ? { $code: String(fields['code']) }
        : { $code: String(fields['code']), $scope: toJson(fields['scope']) };
    case 'DBRef':
      return fieldsToJson(
        { $ref: fields['collection'], $id: fields['oid'], $db: fields['db'], ...(fields['fields'] as object) },
        0,
      );
    default:
      return undefined;
  }
}

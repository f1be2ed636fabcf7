import { bytesOf } from './binary';
import { isAbsent, fieldsOf } from './equal';
import { bsonTypeOf, kindOf } from './kind';
import { plainHost, type Host } from './host';

/**
 * About how many bytes a value takes in BSON. Used only to choose between two updates that do the same, so an
 * estimate is enough: strings are counted in UTF-16 units, and what lies too deep to be stored counts nothing.
 */
export function sizeOf(value: unknown, host: Host = plainHost, depth = 0): number {
  switch (typeof value) {
    case 'string':
      return value.length + 5;
    case 'number':
      return Number.isInteger(value) ? 4 : 8;
    case 'bigint':
      return 8;
    case 'boolean':
      return 1;
    case 'object':
      return value === null ? 0 : sizeOfObject(value, host, depth);
    default:
      return 0;
  }
}

/** The size of one element of a BSON document: type byte, name with its end, value. */
export function sizeOfField(name: string, value: unknown, host: Host = plainHost, depth = 0): number {
  return 2 + name.length + sizeOf(value, host, depth);
}

/** More levels than MongoDB stores (100). */
const MAX_DEPTH = 101;

function sizeOfObject(value: object, host: Host, depth: number): number {
  if (depth > MAX_DEPTH) return 0;
  const plain = host.plain(value);
  if (plain === null || typeof plain !== 'object') return sizeOf(plain, host, depth + 1);
  if (host.keepsOriginals(plain)) return sizeOfFields(host.currentFields(plain), host, depth);
  switch (kindOf(plain)) {
    case 'scalar':
      return bsonTypeOf(plain) === 'Decimal128' ? 16 : 12;
    case 'date':
      return 8;
    case 'binary':
      return 5 + bytesOf(plain).length;
    case 'array':
      return (plain as unknown[]).reduce<number>(
        (sum, item, i) => sum + sizeOfField(String(i), item, host, depth + 1),
        5,
      );
    case 'map':
    case 'object':
      return sizeOfFields(fieldsOf(plain), host, depth);
    case 'set':
    case 'opaque':
      return 64;
  }
}

function sizeOfFields(fields: Record<string, unknown>, host: Host, depth: number): number {
  let sum = 5;
  for (const key of Object.keys(fields)) {
    if (!isAbsent(fields[key])) sum += sizeOfField(key, fields[key], host, depth + 1);
  }
  return sum;
}

import { bytesOf } from './binary';
import { isAbsent, fieldsOf } from './equal';
import { bsonTypeOf, kindOf } from './kind';
import { plainHost, type Host } from './host';

/**
 * About how many bytes a value takes in BSON. Used only to choose between two updates that do the same, so an
 * estimate is enough: strings are counted in UTF-16 units.
 *
 * @param inside the containers that the walk is in: a cycle counts nothing
 */
export function sizeOf(value: unknown, host: Host = plainHost, inside: object[] = []): number {
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
      return value === null ? 0 : sizeOfObject(value, host, inside);
    default:
      return 0;
  }
}

/** The size of one element of a BSON document: type byte, name with its end, value. */
export function sizeOfField(name: string, value: unknown, host: Host = plainHost, inside: object[] = []): number {
  return 2 + name.length + sizeOf(value, host, inside);
}

function sizeOfObject(value: object, host: Host, inside: object[]): number {
  const plain = host.plain(value);
  if (plain === null || typeof plain !== 'object') return sizeOf(plain, host, inside);
  if (host.keepsOriginals(plain)) return sizeOfFields(host.currentFields(plain), host, inside);
  switch (kindOf(plain)) {
    case 'scalar':
      return bsonTypeOf(plain) === 'Decimal128' ? 16 : 12;
    case 'date':
      return 8;
    case 'binary':
      return 5 + bytesOf(plain).length;
    case 'array':
    case 'map':
    case 'object':
      return sizeOfFields(fieldsOf(plain), host, inside, plain);
    case 'set':
    case 'opaque':
      return 64;
  }
}

function sizeOfFields(fields: Record<string, unknown>, host: Host, inside: object[], owner: object = fields): number {
  if (inside.includes(owner)) return 0;
  inside.push(owner);
  let sum = 5;
  for (const key of Object.keys(fields)) {
    const item = fields[key];
    // An element without a value is stored as null.
    if (!isAbsent(item) || Array.isArray(owner)) sum += sizeOfField(key, item, host, inside);
  }
  inside.pop();
  return sum;
}

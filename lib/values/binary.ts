import { types } from 'node:util';
import { bsonTypeOf } from './kind';

interface BsonBinary {
  readonly buffer: Uint8Array;
  readonly position: number;
  readonly sub_type: number;
}

/** The bytes of a Buffer, Uint8Array or BSON Binary (UUID included), without the unused rest of a Binary's buffer. */
export function bytesOf(value: object): Uint8Array {
  if (types.isUint8Array(value)) return value;
  const binary = value as BsonBinary;
  return binary.buffer.length === binary.position ? binary.buffer : binary.buffer.subarray(0, binary.position);
}

/** The BSON subtype; 0 for a Buffer or Uint8Array, whatever Mongoose's `buffer.subtype()` set for its own buffers. */
export function subtypeOf(value: object): number {
  if (bsonTypeOf(value) === 'Binary') return (value as BsonBinary).sub_type;
  const subtype: unknown = (value as { _subtype?: unknown })._subtype;
  return typeof subtype === 'number' ? subtype : 0;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

import { bytesOf, subtypeOf } from './binary';
import { kindOf } from './kind';
import { plainHost, type Host, type Side } from './host';

/** On a kept copy of an array or Map: the one it was copied from. Tells "edited in place" from "replaced by another array". */
const SOURCE: unique symbol = Symbol('mongoose-cow-tracking#source');

/** The live array or Map that a kept copy was made from. */
export function sourceOf(copy: object): unknown {
  return (copy as { [SOURCE]?: unknown })[SOURCE];
}

/** Remembers the live array or Map of a kept copy. */
export function setSource(copy: object, source: object): void {
  Object.defineProperty(copy, SOURCE, { value: source, configurable: true, writable: true });
}

/**
 * A copy to keep as an original: deep, but what cannot be changed in place is shared, and values that keep originals
 * of their own (subdocuments) are held by reference. Arrays remember where they came from.
 * Cost: one allocation per container; a 1 MB tree takes about as long as one `klona`.
 */
export function keep(value: unknown, host: Host): unknown {
  return copy(value, host, undefined, true, undefined);
}

/**
 * A copy to hand out: detached, plain (subdocuments as objects, populated documents as their ids, Mongoose's arrays and
 * Maps as native ones).
 * @param side which state of subdocuments to take
 */
export function detach(value: unknown, host: Host = plainHost, side: Side = 'current'): unknown {
  return copy(value, host, side, false, undefined);
}

function copy(
  value: unknown,
  host: Host,
  side: Side | undefined,
  sourced: boolean,
  seen: Map<object, unknown> | undefined,
  depth = 0,
): unknown {
  if (value === null || typeof value !== 'object') return value;
  const plain = host.plain(value);
  if (plain === null || typeof plain !== 'object') return plain;
  if (host.keepsOriginals(plain)) {
    if (side === undefined) return plain;
    const fields = side === 'original' ? host.originalFields(plain) : host.currentFields(plain);
    return copyObject(fields, {}, host, side, sourced, seen, depth);
  }
  switch (kindOf(plain)) {
    case 'scalar':
      return plain;
    case 'date':
      return new Date((plain as Date).getTime());
    case 'binary':
      return copyBinary(plain);
    case 'opaque':
      // What it would be stored as; the instance itself cannot be copied without knowing its class.
      return copy((plain as { toBSON(): unknown }).toBSON(), host, side, sourced, seen, depth + 1);
    case 'set':
      return new Set(Array.from(plain as Set<unknown>, (item) => copy(item, host, side, sourced, seen, depth + 1)));
    case 'array':
    case 'map':
    case 'object':
      return copyContainer(plain, host, side, sourced, seen, depth);
  }
}

/** Below this depth nobody has a cycle in mind; from here on containers on the way are remembered, so that one ends. */
const DEPTH_TO_SUSPECT = 64;

function copyContainer(
  value: object,
  host: Host,
  side: Side | undefined,
  sourced: boolean,
  seen: Map<object, unknown> | undefined,
  depth: number,
): unknown {
  if (depth >= DEPTH_TO_SUSPECT) {
    seen ??= new Map();
    const known = seen.get(value);
    if (known !== undefined) return known;
  }
  if (Array.isArray(value)) {
    const source = value as unknown[];
    const result: unknown[] = new Array<unknown>(source.length);
    seen?.set(value, result);
    for (let i = 0; i < source.length; i++) {
      // Holes stay holes: MongoDB stores them as null, and `arr[i] = null` must not look like one.
      if (i in source) result[i] = copy(source[i], host, side, sourced, seen, depth + 1);
    }
    if (sourced) setSource(result, value);
    return result;
  }
  if (value instanceof Map) {
    const result = new Map<unknown, unknown>();
    seen?.set(value, result);
    // `Map.prototype` directly: Mongoose's subclass would run getters.
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
      result.set(key, copy(item, host, side, sourced, seen, depth + 1));
    });
    if (sourced) setSource(result, value);
    return result;
  }
  const result = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
  seen?.set(value, result);
  return copyObject(value as Record<string, unknown>, result, host, side, sourced, seen, depth);
}

function copyObject(
  source: Record<string, unknown>,
  result: Record<string, unknown>,
  host: Host,
  side: Side | undefined,
  sourced: boolean,
  seen: Map<object, unknown> | undefined,
  depth: number,
): Record<string, unknown> {
  for (const key of Object.keys(source)) {
    put(result, key, copy(source[key], host, side, sourced, seen, depth + 1));
  }
  return result;
}

/** Assigns a key as data, also one named `__proto__` (JSON.parse makes such keys): nothing is ever polluted. */
export function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

function copyBinary(value: object): unknown {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    const subtype = subtypeOf(value);
    // Mongoose's buffers carry their subtype as `_subtype`; a copy without it would be stored as another type.
    if (subtype !== 0) Object.defineProperty(bytes, '_subtype', { value: subtype, configurable: true, writable: true });
    return bytes;
  }
  // The class's own constructor: UUID computes its fields from the bytes.
  const Binary = value.constructor as new (bytes: Uint8Array, subtype: number) => object;
  return new Binary(Buffer.from(bytesOf(value)), subtypeOf(value));
}

import { types } from 'node:util';
import { bytesOf, subtypeOf } from './binary';
import { kindOf, storedForm, type Kind } from './kind';
import { plainHost, type Host, type Side } from './host';

/** On a kept copy of a container: the one it was copied from. Tells "edited in place" from "replaced by another one". */
const SOURCE: unique symbol = Symbol('mongoose-cow-tracking#source');

/** The live container that a kept copy was made from. */
export function sourceOf(copy: object): unknown {
  return (copy as { [SOURCE]?: unknown })[SOURCE];
}

/**
 * Remembers the live container of a kept copy. Assigned, not defined: that would double the cost of a copy, and nobody
 * outside sees a kept copy.
 */
export function setSource(copy: object, source: object): void {
  (copy as { [SOURCE]?: unknown })[SOURCE] = source;
}

/**
 * A copy to keep as an original: deep, but what cannot be changed in place is shared, and values that keep originals
 * of their own (subdocuments) are held by reference. Containers remember where they came from.
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
  inside: unknown[] | undefined,
): unknown {
  if (value === null || typeof value !== 'object') return value;
  const plain = host.plain(value);
  if (plain === null || typeof plain !== 'object') return plain;
  if (host.keepsOriginals(plain)) {
    if (side === undefined) return plain;
    const fields = side === 'original' ? host.originalFields(plain) : host.currentFields(plain);
    return copyObject(fields, {}, host, side, sourced, inside);
  }
  const kind = kindOf(plain);
  switch (kind) {
    case 'scalar':
      return plain;
    case 'date':
      return new Date((plain as Date).getTime());
    case 'binary':
      return copyBinary(plain);
    case 'opaque':
      // What it would be stored as; the instance itself cannot be copied without knowing its class.
      return copy(storedForm(plain), host, side, sourced, inside);
    case 'set':
    case 'array':
    case 'map':
    case 'object':
      return copyContainer(plain, kind, host, side, sourced, inside);
  }
}

type ContainerKind = Extract<Kind, 'array' | 'map' | 'object' | 'set'>;

/**
 * @param inside the containers that the walk is in, each followed by its copy: a cycle leads back to the copy. A list, since
 *   data is a few levels deep; and only the way, not all that was seen, since what stands twice becomes two copies.
 */
function copyContainer(
  value: object,
  kind: ContainerKind,
  host: Host,
  side: Side | undefined,
  sourced: boolean,
  inside: unknown[] | undefined,
): unknown {
  inside ??= [];
  for (let i = 0; i < inside.length; i += 2) if (inside[i] === value) return inside[i + 1];
  const result = startOf(value, kind);
  inside.push(value, result);
  if (kind === 'object') {
    copyObject(value as Record<string, unknown>, result as Record<string, unknown>, host, side, sourced, inside);
  } else if (kind === 'array') {
    // It holds the elements already.
    const items = result as unknown[];
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (item !== null && typeof item === 'object') items[i] = copy(item, host, side, sourced, inside);
    }
  } else if (kind === 'map') {
    // `Map.prototype` directly: Mongoose's subclass would run getters.
    Map.prototype.forEach.call(value, (item: unknown, key: unknown) => {
      (result as Map<unknown, unknown>).set(key, copy(item, host, side, sourced, inside));
    });
  } else {
    for (const item of value as Set<unknown>) (result as Set<unknown>).add(copy(item, host, side, sourced, inside));
  }
  if (sourced) setSource(result, value);
  inside.pop();
  inside.pop();
  return result;
}

/** What is filled with copies: empty, or an array with the elements as they are. */
function startOf(value: object, kind: ContainerKind): object {
  switch (kind) {
    case 'array':
      // Holes stay holes: MongoDB stores them as null, and `arr[i] = null` must not look like one.
      return ([] as unknown[]).concat(value as unknown[]);
    case 'map':
      return new Map<unknown, unknown>();
    case 'set':
      return new Set<unknown>();
    case 'object': {
      const prototype = Object.getPrototypeOf(value) as object | null;
      // A literal starts with the hidden class that objects from the driver have.
      return prototype === Object.prototype ? {} : (Object.create(prototype) as object);
    }
  }
}

function copyObject(
  source: Record<string, unknown>,
  result: Record<string, unknown>,
  host: Host,
  side: Side | undefined,
  sourced: boolean,
  inside: unknown[] | undefined,
): Record<string, unknown> {
  for (const key of Object.keys(source)) {
    const item = source[key];
    put(result, key, item === null || typeof item !== 'object' ? item : copy(item, host, side, sourced, inside));
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
  if (types.isUint8Array(value)) {
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

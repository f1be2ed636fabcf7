import mongoose from 'mongoose';
import { isPlainObject, knownId } from './values';

const { BSON } = mongoose.mongo;
type Container = unknown[] | Record<string, unknown> | Map<string, unknown>;

const isContainer = (value: unknown): value is Container =>
  Array.isArray(value) || value instanceof Map || isPlainObject(value);

const entries = (container: Container): [string, unknown][] =>
  container instanceof Map ? [...container] : Object.entries(container);

function write(container: Container, key: string, value: unknown): void {
  if (container instanceof Map) container.set(key, value);
  else (container as Record<string, unknown>)[key] = value;
}

/** Leaves that are no user's to change. */
const isIdentity = (key: string): boolean => key === '_id' || key === 'kind' || key === '__v';

/** `value` (a detached copy, changed in place) with its n-th leaf replaced by another value of the same type. `sorted`: by name. */
export function changeLeaf(value: unknown, n: number, sorted = false): unknown {
  const leaves: (() => void)[] = [];
  const walk = (container: Container): void => {
    const fields = entries(container);
    if (sorted) fields.sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, item] of fields) {
      // A date that only plain Mongoose has, which saved where the plugin did not.
      if (isIdentity(key) || (sorted && (key === 'createdAt' || key === 'updatedAt'))) continue;
      if (isContainer(item)) walk(item);
      else if (item !== null && item !== undefined) leaves.push(() => write(container, key, another(item)));
    }
  };
  if (!isContainer(value)) return another(value);
  walk(value);
  leaves[n % leaves.length]?.();
  return value;
}

function another(value: unknown): unknown {
  if (typeof value === 'string') return `${value}~`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'bigint') return value + 1n;
  if (value instanceof Date) return new Date(value.getTime() + 1000);
  if (Buffer.isBuffer(value)) return Buffer.concat([value, Buffer.from([1])]);
  switch ((value as { _bsontype?: string } | null)?._bsontype) {
    case 'ObjectId':
      return new mongoose.Types.ObjectId(knownId(String(value) === knownId(2) ? 3 : 2));
    case 'Decimal128':
      return BSON.Decimal128.fromString(String(value) === '7.5' ? '8.5' : '7.5');
    default:
      return value;
  }
}

/** The same object with its keys the other way round, at every depth. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (value instanceof Map) return new Map([...(value as Map<string, unknown>)].reverse());
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reordered(item)]),
  );
}

/** Changes a Date, a Buffer or something inside a Mixed value, in place. False: there was nothing to change. */
export function mutate(value: unknown, n: number, fresh: () => unknown): boolean {
  if (value instanceof Date) {
    const before = value.getTime();
    value.setTime(before + (n % 3) * 1000);
    return !Object.is(value.getTime(), before);
  }
  if (Buffer.isBuffer(value)) {
    const at = n % value.length;
    if (value.length === 0 || value[at] === n % 256) return false;
    value[at] = n % 256;
    return true;
  }
  if (!isContainer(value)) return false;
  const containers: Container[] = [];
  const walk = (container: Container): void => {
    containers.push(container);
    for (const [, item] of entries(container)) if (isContainer(item)) walk(item);
  };
  walk(value);
  const target = containers[n % containers.length] ?? value;
  return Array.isArray(target) ? mutateArray(target, n, fresh) : mutateObject(target, n, fresh);
}

function mutateArray(array: unknown[], n: number, fresh: () => unknown): boolean {
  const at = n % (array.length + 1);
  if (n % 3 === 0) array.push(fresh());
  else if (n % 3 === 1) array.length = at;
  else array[at] = fresh();
  return true;
}

function mutateObject(target: Container, n: number, fresh: () => unknown): boolean {
  const keys = entries(target).map(([key]) => key);
  const key = keys[n % keys.length];
  if (n % 3 === 0 || key === undefined) write(target, `put${n % 2}`, fresh());
  else if (n % 3 === 1) write(target, key, fresh());
  else if (target instanceof Map) target.delete(key);
  else Reflect.deleteProperty(target, key);
  return true;
}

import { fail } from '../errors';

/** Keys that would reach into prototypes; Mongoose refuses them as path segments too (`specialProperties`). */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Can MongoDB address a key of an object by a dotted path? Not when it is empty, holds a dot or starts with `$`. */
export function isAddressable(key: string): boolean {
  return key !== '' && !key.startsWith('$') && !key.includes('.') && !PROTOTYPE_KEYS.has(key);
}

/** `join('a', 'b')` is `a.b`, `join('', 'b')` is `b`. */
export function join(prefix: string, key: string): string {
  return prefix === '' ? key : key === '' ? prefix : `${prefix}.${key}`;
}

/** Is `path` the same as `ancestor`, or below it? The empty path is above all. */
export function isAtOrBelow(path: string, ancestor: string): boolean {
  return (
    ancestor === '' ||
    (path.startsWith(ancestor) && (path.length === ancestor.length || path.charCodeAt(ancestor.length) === 46))
  );
}

/** Is one of the two paths the other, or above it? */
export function overlaps(a: string, b: string): boolean {
  return isAtOrBelow(a, b) || isAtOrBelow(b, a);
}

/** Is it an array index as MongoDB writes it: `0`, `12`, not `01`, `-1` or `x`? */
export function isIndex(key: string): boolean {
  if (key.length === 0 || key.length > 10) return false;
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return key.length === 1 || key.charCodeAt(0) !== 48;
}

/**
 * The segments of a path given by a user.
 * @throws CowTrackingError `ERR_INVALID_PATH` for what is not a non-empty string, has empty segments or names a prototype key.
 */
export function parsePath(path: unknown): string[] {
  if (typeof path !== 'string' || path === '') {
    throw fail('ERR_INVALID_PATH', `A path must be a non-empty string such as 'address.city', got ${describe(path)}.`);
  }
  const parts = path.split('.');
  for (const part of parts) {
    if (part === '') {
      throw fail(
        'ERR_INVALID_PATH',
        `The path '${path}' has an empty segment. Write it as 'a.b', without leading, trailing or double dots.`,
      );
    }
    if (PROTOTYPE_KEYS.has(part)) {
      throw fail('ERR_INVALID_PATH', `The path '${path}' holds '${part}', which is never a field. Use another name.`);
    }
  }
  return parts;
}

/** A short text for a value of the wrong type, for error messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The same, with the class of an object that is no plain one. */
export function describeInstance(value: unknown): string {
  const name = typeof value === 'object' ? (value?.constructor as { name?: string } | undefined)?.name : undefined;
  return name === undefined || name === '' ? describe(value) : `an instance of ${name}`;
}

import { fail } from '../errors';
import { isAtOrBelow, join, overlaps, parsePath, describe } from '../values/path';
import type { Change, PathArgument } from '../types';
import type { Difference } from './differences';
import { shapeOf } from './changes';

/** The paths that a user asks about, checked; `undefined` for "everything". */
export function askedPaths(path: unknown): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const paths: unknown[] = Array.isArray(path) ? path : [path];
  for (const item of paths) parsePath(item);
  return paths as string[];
}

/** Does a difference touch a path, which may be above or below it? */
export function touches(difference: Difference, path: string): boolean {
  if (!overlaps(difference.path, path)) return false;
  if (difference.kind !== 'array' || isAtOrBelow(difference.path, path)) return true;
  const shape = shapeOf(difference);
  if (shape === 'whole') return true;
  if (shape === 'elements') return difference.items.some((item) => touches(item, path));
  for (let i = difference.from.length; i < difference.to.length; i++) {
    if (overlaps(join(difference.path, String(i)), path)) return true;
  }
  return false;
}

/** Do changes that were recorded touch one of the paths? */
export function changesTouch(changes: readonly Change[], path: PathArgument | undefined): boolean {
  const paths = askedPaths(path);
  if (paths === undefined) return changes.length > 0;
  return changes.some((change) => paths.some((asked) => overlaps(change.path, asked)));
}

/** The object that a user must give. @throws CowTrackingError `ERR_INVALID_ARGUMENT` */
export function checkObject(value: unknown, what: string): asserts value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw fail('ERR_INVALID_ARGUMENT', `${what} must be an object, got ${describe(value)}.`);
  }
}

import { fail } from '../errors';
import { detach } from '../values/clone';
import { equal } from '../values/equal';
import { plainHost, type Host } from '../values/host';
import { isAtOrBelow, join, overlaps, parsePath, describe } from '../values/path';
import type { Change, PathArgument } from '../types';
import type { Difference } from './differences';
import { shapeOf } from './changes';
import { read } from './plain-data';

/** The paths that a user asks about, checked; `undefined` for "everything". */
export function askedPaths(path: unknown): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const paths: unknown[] = Array.isArray(path) ? path : [path];
  for (const item of paths) parsePath(item);
  return paths as string[];
}

/**
 * Does a difference touch a path, which may be above or below it?
 * @param host to look into a value that changed as a whole: not all that it holds has changed with it
 */
export function touches(difference: Difference, path: string, host?: Host): boolean {
  if (!overlaps(difference.path, path)) return false;
  if (isAtOrBelow(difference.path, path) || difference.kind === 'unknown') return true;
  const shape = difference.kind === 'array' ? shapeOf(difference) : 'whole';
  if (difference.kind === 'leaf' || shape === 'whole') return host === undefined || differsAt(difference, path, host);
  if (shape === 'elements') return difference.items.some((item) => touches(item, path, host));
  for (let i = difference.from.length; i < difference.to.length; i++) {
    if (overlaps(join(difference.path, String(i)), path)) return true;
  }
  return false;
}

function differsAt(
  { path: at, from, to }: { path: string; from: unknown; to: unknown },
  path: string,
  host: Host,
): boolean {
  const inner = path.slice(at.length + 1).split('.');
  const before = detach(from, host, 'original');
  const now = detach(to, host, 'current');
  // An equal value that is written all the same was marked as a whole.
  return !equal(read(before, inner), read(now, inner)) || equal(before, now);
}

/** Do changes that were recorded touch one of the paths? */
export function changesTouch(changes: readonly Change[], path: PathArgument | undefined): boolean {
  const paths = askedPaths(path);
  if (paths === undefined) return changes.length > 0;
  return changes.some((change) =>
    paths.some(
      (asked) =>
        isAtOrBelow(change.path, asked) || (isAtOrBelow(asked, change.path) && differsAt(change, asked, plainHost)),
    ),
  );
}

/** The object that a user must give. @throws CowTrackingError `ERR_INVALID_ARGUMENT` */
export function checkObject(value: unknown, what: string): asserts value is Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw fail('ERR_INVALID_ARGUMENT', `${what} must be an object, got ${describe(value)}.`);
  }
}

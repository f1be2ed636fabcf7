import { toJson } from '../values/ejson';
import { isIndex } from '../values/path';
import type { Change, JsonPatchOperation } from '../types';

/** Changes as RFC 6902 operations: applied to the original as JSON they give the current state. */
export function patchOf(changes: readonly Change[]): JsonPatchOperation[] {
  return changes.map(({ path, type, to }) => operation(path, type, to)).sort(byPlace);
}

/** The operations that undo the changes. */
export function inversePatchOf(changes: readonly Change[]): JsonPatchOperation[] {
  const inverse = changes.map(({ path, type, from }) =>
    operation(path, type === 'add' ? 'remove' : type === 'remove' ? 'add' : 'update', from),
  );
  return inverse.sort(byPlace);
}

function operation(path: string, type: Change['type'], value: unknown): JsonPatchOperation {
  const pointer = pointerOf(path);
  const json = type === 'remove' ? undefined : toJson(value);
  if (json === undefined) return { op: 'remove', path: pointer };
  return { op: type === 'add' ? 'add' : 'replace', path: pointer, value: json };
}

/** A dotted path as a JSON Pointer (RFC 6901). */
export function pointerOf(path: string): string {
  return path
    .split('.')
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Elements are added from the first on and removed from the last on, so that indexes hold. */
function byPlace(a: JsonPatchOperation, b: JsonPatchOperation): number {
  if (a.op === 'remove' && b.op !== 'remove') return 1;
  if (b.op === 'remove' && a.op !== 'remove') return -1;
  const order = comparePointers(a.path, b.path);
  return a.op === 'remove' ? -order : order;
}

function comparePointers(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i] as string;
    const y = right[i] as string;
    if (x === y) continue;
    // Indexes by their number, and apart from names: mixed, there would be no order of all of them (`2 < 10 < 2x < 3`).
    if (isIndex(x) !== isIndex(y)) return isIndex(x) ? -1 : 1;
    if (isIndex(x)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

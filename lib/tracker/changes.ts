import { detach } from '../values/clone';
import { isAbsent, storedItem } from '../values/equal';
import type { Host } from '../values/host';
import { join } from '../values/path';
import type { Change } from '../types';
import type { ArrayDifference, Difference } from './differences';

/** How an array changed, as far as changes and updates tell it apart. */
export type ArrayShape = 'elements' | 'append' | 'whole';

/** A pure append, edits at unchanged length, or anything else. */
export function shapeOf(array: ArrayDifference): ArrayShape {
  if (array.moved || array.to.length < array.from.length) return 'whole';
  if (array.to.length === array.from.length) return 'elements';
  return array.items.length === 0 ? 'append' : 'whole';
}

/** The changes that differences mean for a reader: leaf paths, sorted, with detached values. */
export function changesOf(differences: readonly Difference[], host: Host): Change[] {
  const changes: Change[] = [];
  for (const difference of differences) collect(difference, host, changes);
  return changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function collect(difference: Difference, host: Host, changes: Change[]): void {
  const { path } = difference;
  if (difference.kind === 'leaf') {
    changes.push(change(path, detach(difference.from, host, 'original'), detach(difference.to, host, 'current')));
    return;
  }
  if (difference.kind === 'unknown') {
    const to = stored(detach(difference.to, host, 'current'));
    changes.push({ path, type: to === undefined ? 'remove' : 'update', from: undefined, to });
    return;
  }
  switch (shapeOf(difference)) {
    case 'elements':
      for (const item of difference.items) collect(item, host, changes);
      return;
    case 'append':
      for (let i = difference.from.length; i < difference.to.length; i++) {
        const item = storedItem(difference.to[i]);
        changes.push(change(join(path, String(i)), undefined, detach(item, host, 'current')));
      }
      return;
    case 'whole':
      changes.push(change(path, detach(difference.from, host, 'original'), detach(difference.to, host, 'current')));
  }
}

function change(path: string, before: unknown, now: unknown): Change {
  const from = stored(before);
  const to = stored(now);
  return { path, type: from === undefined ? 'add' : to === undefined ? 'remove' : 'update', from, to };
}

/** A function is left out of what is stored: there is no value. */
function stored(value: unknown): unknown {
  return isAbsent(value) ? undefined : value;
}

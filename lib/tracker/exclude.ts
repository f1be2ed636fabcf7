import { join } from '../values/path';
import type { Rules } from './differences';
import { isContainer } from './plain-data';

/** Takes what is excluded out of a detached value. */
export function leaveOut(value: unknown, path: string, rules: Rules, seen = new Set<object>()): void {
  if (!isContainer(value) || seen.has(value)) return;
  seen.add(value);
  const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  for (const [key, item] of entries) {
    const below = join(path, key);
    if (!rules.isExcluded(below)) leaveOut(item, below, rules, seen);
    else if (value instanceof Map) value.delete(key);
    else delete (value as Record<string, unknown>)[key];
  }
}

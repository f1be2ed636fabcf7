import type { Host } from './host';

/** Deeper than data is; what is deeper is a cycle, or left to the thorough comparison. */
const MAX_DEPTH = 100;

/**
 * A quick yes: is a live value surely what its kept copy says? `false` only means that a thorough comparison must tell
 * (`equal.ts`, `tracker/differences.ts`). Hot, for large values: it allocates a list of keys per object, and nothing else.
 *
 * @param trail gets the keys that lead to where it stopped, the innermost first
 */
export function isSurelySame(kept: unknown, live: unknown, host: Host, trail?: string[], depth = 0): boolean {
  if (typeof kept !== 'object' || typeof live !== 'object' || kept === null || live === null)
    return kept === live || (kept !== kept && live !== live);
  // What is shared cannot change in place, unless it keeps originals of its own.
  if (kept === live) return !host.keepsOriginals(kept);
  if (depth > MAX_DEPTH) return false;
  const prototype: unknown = Object.getPrototypeOf(kept);
  if (prototype === Object.prototype) {
    if (Object.getPrototypeOf(live) !== prototype) return false;
    return sameFields(kept as Record<string, unknown>, live as Record<string, unknown>, host, trail, depth);
  }
  if (Array.isArray(kept)) {
    return Array.isArray(live) && sameItems(kept, host.plain(live) as unknown[], host, trail, depth);
  }
  if (kept instanceof Date) {
    return live instanceof Date && kept.getTime() === live.getTime();
  }
  return false;
}

function sameFields(
  kept: Record<string, unknown>,
  live: Record<string, unknown>,
  host: Host,
  trail: string[] | undefined,
  depth: number,
): boolean {
  const keys = Object.keys(live);
  let i = 0;
  for (const key in kept) {
    if (keys[i++] !== key) return false;
    const before = kept[key];
    const now = live[key];
    // Most fields are equal scalars: told without a call.
    if (before === now && (typeof before !== 'object' || before === null)) continue;
    if (!isSurelySame(before, now, host, trail, depth + 1)) {
      trail?.push(key);
      return false;
    }
  }
  return i === keys.length;
}

function sameItems(
  kept: readonly unknown[],
  live: readonly unknown[],
  host: Host,
  trail: string[] | undefined,
  depth: number,
): boolean {
  if (kept.length !== live.length) return false;
  for (let i = 0; i < kept.length; i++) {
    const before = kept[i];
    const now = live[i];
    if (before === now && (typeof before !== 'object' || before === null)) continue;
    if (!isSurelySame(before, now, host, trail, depth + 1)) {
      trail?.push(String(i));
      return false;
    }
  }
  return true;
}

/**
 * The order of keys or elements after two sides changed a list. What only one side removed is still in it: its value decides.
 */

/** The keys of an object: others' order, with mine after it, unless I have changed the order. */
export function mergedKeys(base: readonly string[], mine: readonly string[], theirs: readonly string[]): string[] {
  return keepsOrder(base, mine) ? union(theirs, mine) : union(mine, theirs);
}

/**
 * The elements of an array, by id: everything that either side has, in an order that both would recognise.
 * @returns `undefined` if both sides moved elements, or put new ones in between: no order is right then
 */
export function mergedOrder(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
): string[] | undefined {
  if (isUnmoved(base, mine)) return union(theirs, mine);
  return isUnmoved(base, theirs) ? union(mine, theirs) : undefined;
}

/** Were elements only removed, and only added at the end? */
function isUnmoved(base: readonly string[], now: readonly string[]): boolean {
  const known = new Set(base);
  const first = now.findIndex((id) => !known.has(id));
  return keepsOrder(base, now) && (first === -1 || now.slice(first).every((id) => !known.has(id)));
}

/** Do those that both have stand in the same order? */
function keepsOrder(base: readonly string[], now: readonly string[]): boolean {
  const before = new Set(base);
  const after = new Set(now);
  const kept = now.filter((id) => before.has(id));
  return base.filter((id) => after.has(id)).every((id, i) => id === kept[i]);
}

function union(first: readonly string[], second: readonly string[]): string[] {
  return [...new Set([...first, ...second])];
}

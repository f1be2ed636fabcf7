import type { DirtyItem } from '../document/state';
import type { Write } from '../tracker/update';
import { isAtOrBelow } from '../values/path';
import { prefixes } from './coverage';
import { valueAt } from './host';
import { VERSION_ALL, VERSION_INC, VERSION_WHERE, type Doc } from './internals';
import { isVersioned } from './schema-facts';

/**
 * The version flags that Mongoose's `operand()` asks for, over the writes that are left: a narrowed write has the guard of the
 * write that it replaces.
 */
export function flagsOf(doc: Doc, writes: readonly Write[], items: readonly DirtyItem[]): number {
  let flags = 0;
  const modify = doc.$__.activePaths.states['modify'] ?? {};
  const ours = new Set<string>();
  for (const write of writes) {
    if (write.op === 'own') continue;
    ours.add(write.path);
    const top = topMark(modify, write.path);
    if (top !== undefined && top !== write.path) flags |= flagsOfWrite(doc, top, '$set', valueAt(doc, top));
    else if (write.whole && isVersioned(doc.$__schema, write.path)) flags |= VERSION_ALL;
    else flags |= flagsOfWrite(doc, write.path, write.op, write.value);
    if (top === undefined) flags |= flagsOfMarksBelow(doc, modify, write.path);
  }
  for (const item of items) {
    if (ours.has(item.path)) continue;
    const top = topMark(modify, item.path);
    if (top === undefined || top === item.path) flags |= flagsOfItem(doc, item);
    else flags |= flagsOfWrite(doc, top, '$set', valueAt(doc, top));
  }
  return flags;
}

/** Mongoose would have written single paths, such as the keys of a Map, where one write stands for all of them now. */
function flagsOfMarksBelow(doc: Doc, modify: Record<string, true>, path: string): number {
  let flags = 0;
  for (const mark of Object.keys(modify))
    if (isAtOrBelow(mark, path)) flags |= flagsOfItem(doc, { path: mark, value: valueAt(doc, mark) });
  return flags;
}

/** The topmost marked path at or above a path: what Mongoose would have written, as one, in place of a narrowed write. */
function topMark(modify: Record<string, true>, path: string): string | undefined {
  return prefixes(path).find((prefix) => modify[prefix] === true);
}

function flagsOfItem(doc: Doc, { path, value }: Pick<DirtyItem, 'path' | 'value'>): number {
  if (value === undefined) return flagsOfWrite(doc, path, '$unset', 1);
  const { getAtomics } = (value ?? {}) as { getAtomics?: () => [string, unknown][] };
  if (typeof getAtomics !== 'function') return flagsOfWrite(doc, path, '$set', value);
  return getAtomics
    .call(value)
    .reduce((flags, [operator, operand]) => flags | flagsOfWrite(doc, path, operator, operand), 0);
}

/** Mongoose's rule, `operand()` in `lib/document.js`. */
function flagsOfWrite(doc: Doc, path: string, operator: string, value: unknown): number {
  if (!isVersioned(doc.$__schema, path)) return 0;
  const positional = /\.\d+(\.|$)/.test(path);
  switch (operator) {
    case '$push':
    case '$addToSet':
    case '$pull':
    case '$pullAll':
      return positional ? VERSION_ALL : VERSION_INC;
    case '$pop':
      return VERSION_ALL;
    default:
      if (Array.isArray(value)) return VERSION_ALL;
      return positional ? VERSION_WHERE : 0;
  }
}

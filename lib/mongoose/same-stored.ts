/** Are two values the same once they are stored? Compared as BSON gives them back: what a document holds is more than that. */
import { equal } from '../values/equal';
import { isPlainObject } from '../values/kind';
import { put } from '../values/clone';
import { modelOf, type Doc } from './internals';

export function sameStored(doc: Doc, a: unknown, b: unknown, { ordered }: { readonly ordered: boolean }): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a === b) return true;
  const { BSON } = modelOf(doc).base.mongo;
  const read = (value: unknown): unknown => {
    const { v } = BSON.deserialize(BSON.serialize({ v: value }, { ignoreUndefined: true }));
    return ordered ? v : sorted(v);
  };
  return equal(read(a), read(b));
}

/** Fields of a schema have no order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) put(copy, key, sorted(value[key]));
  return copy;
}

/** The same length, and the same elements from an index on. */
export function sameFrom(doc: Doc, start: number, a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return sameStored(doc, a.slice(start), b.slice(start), { ordered: false });
}

/** The baseline, as a user asks for it. */
import type { Rules } from '../tracker/differences';
import { isContainer } from '../tracker/plain-data';
import { detach } from '../values/clone';
import { isIndex, join, parsePath } from '../values/path';
import { settingsOf } from './capture';
import { mongooseHost, originalFields, rootOf } from './host';
import { isDocument, type Doc } from './internals';

/**
 * The value at a path of a (sub)document at the baseline, or without one all of it: detached, without what is excluded.
 * @param prefix where the (sub)document stands in its root
 */
export function originalAt(doc: Doc, prefix: string, path: string | undefined): unknown {
  const parts = path === undefined ? [] : parsePath(path);
  if (rootOf(doc).$isNew) return path === undefined ? {} : undefined;
  const settings = settingsOf(doc);
  const rules = settings?.hasPathRules === true ? settings.rules : undefined;
  const full = join(prefix, path ?? '');
  if (rules?.isExcluded(full) === true) return undefined;
  let value: unknown = doc;
  for (const part of parts) value = childOf(value, part);
  const result = detach(value === doc ? originalFields(doc) : value, mongooseHost, 'original');
  if (rules !== undefined) leaveOut(result, full, rules, new Set());
  return result;
}

/** A child in the state of the baseline. */
function childOf(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  const plain = mongooseHost.plain(value);
  if (plain === null || typeof plain !== 'object') return undefined;
  const fields = plain instanceof Map ? plain : isDocument(plain) ? originalFields(plain) : plain;
  if (fields instanceof Map) return Map.prototype.get.call(fields, key) as unknown;
  if (Array.isArray(fields) && !isIndex(key)) return undefined;
  return Object.hasOwn(fields, key) ? (fields as Record<string, unknown>)[key] : undefined;
}

/** Takes what is excluded out of a detached value. */
function leaveOut(value: unknown, path: string, rules: Rules, seen: Set<object>): void {
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

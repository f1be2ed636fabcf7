/** The baseline, as a user asks for it. */
import { leaveOut } from '../tracker/exclude';
import { detach } from '../values/clone';
import { join, parsePath } from '../values/path';
import { settingsOf } from './capture';
import { mongooseHost, rootOf } from './host';
import type { Doc } from './internals';
import { baselineOf, childBefore, fieldsBefore } from './part';

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
  let value = baselineOf(doc);
  for (const part of parts) value = childBefore(value, part);
  // A subdocument that is new where it stands comes from nothing.
  if (path === undefined) value = fieldsBefore(value) ?? {};
  const result = detach(value, mongooseHost, 'original');
  if (rules !== undefined) leaveOut(result, full, rules);
  return result;
}

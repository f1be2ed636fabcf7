import type { Host, Side } from '../values/host';
import { isPlainObject } from '../values/kind';

/** The `_id` of an array element, as a text that tells ids of different types apart; `undefined` if it has none. */
export function idOf(item: unknown, side: Side, host: Host): string | undefined {
  if (item === null || typeof item !== 'object') return undefined;
  const fields = !host.keepsOriginals(item)
    ? isPlainObject(item)
      ? item
      : undefined
    : side === 'original'
      ? host.originalFields(item)
      : host.currentFields(item);
  const id = fields?.['_id'];
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- an id without a text of its own matches nothing useful
  return id === undefined || id === null ? undefined : `${typeof id}:${String(id)}`;
}

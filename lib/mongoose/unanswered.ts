/** What a path may hold if updates that had no answer are stored after all. */
import type { UpdateOperators } from '../types';
import { detach, put } from '../values/clone';
import { isAtOrBelow } from '../values/path';

/** So many of them are told apart; a document whose last writes all had no answer has other worries. */
const MOST = 4;

/** The values that `base` at `path` becomes under each choice of the updates, in their order. */
export function possibleValues(base: unknown, path: string, updates: readonly UpdateOperators[]): unknown[] {
  let values: unknown[] = [base];
  for (const update of updates.slice(-MOST)) {
    const touching = Object.entries(update).flatMap(([operator, fields]) =>
      Object.entries(fields)
        .filter(([written]) => isAtOrBelow(written, path) || isAtOrBelow(path, written))
        .map(([written, operand]) => ({ operator, written, operand })),
    );
    if (touching.length === 0) continue;
    values = values.flatMap((value) => [
      value,
      touching.reduce<unknown>(
        (result, { operator, written, operand }) => applied(result, path, operator, written, operand),
        value,
      ),
    ]);
  }
  return values;
}

function applied(value: unknown, path: string, operator: string, written: string, operand: unknown): unknown {
  if (isAtOrBelow(written, path)) {
    const rest = written === path ? [] : written.slice(path.length + 1).split('.');
    return changed(value, rest, (before) => result(before, operator, operand));
  }
  if (operator !== '$set') return operator === '$unset' ? undefined : value;
  return path
    .slice(written.length + 1)
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>)[key] : undefined,
      operand,
    );
}

function result(before: unknown, operator: string, operand: unknown): unknown {
  switch (operator) {
    case '$set':
      return operand;
    case '$unset':
      return undefined;
    case '$inc':
      return Number(before ?? 0) + Number(operand);
    case '$push':
      return [
        ...(Array.isArray(before) ? (before as unknown[]) : []),
        ...((operand as { $each?: unknown[] }).$each ?? [operand]),
      ];
    default:
      return before;
  }
}

/** A copy of a value with what stands at `rest` replaced. */
function changed(value: unknown, rest: readonly string[], replace: (before: unknown) => unknown): unknown {
  const [key, ...below] = rest;
  if (key === undefined) return replace(value);
  const copy = (detach(value) ?? {}) as Record<string, unknown>;
  if (typeof copy !== 'object') return value;
  const inner = changed(copy[key], below, replace);
  if (inner === undefined) Reflect.deleteProperty(copy, key);
  else put(copy, key, inner);
  return copy;
}

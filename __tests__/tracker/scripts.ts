// Random data and random edits of it through a StateTracker, for the properties of these folders.
import { inspect } from 'node:util';
import fc from 'fast-check';
import mongoose from 'mongoose';
import type { StateTracker } from '../../lib';
import type { Doc } from '../helpers/documents';

const { Decimal128, Long, ObjectId, UUID } = mongoose.mongo.BSON;

/** Values as functions: every use makes its own, so that nothing is shared between data and its copy. */
type Make = () => unknown;

const constant =
  (value: unknown): Make =>
  () =>
    value;

/** A failure shows the value, not the function. */
const shown = <T>(make: () => T): (() => T) =>
  Object.assign(make, { [fc.toStringMethod]: () => inspect(make(), { depth: 9, breakLength: Infinity }) });

const leaf: fc.Arbitrary<Make> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => constant(n === 0 ? 0 : n)),
  fc.constantFrom(1.5, 2 ** 40, NaN, Infinity).map(constant),
  fc.constantFrom('', 'a', 'b', 'äö/~.$').map(constant),
  fc.boolean().map(constant),
  fc.constant(constant(null)),
  fc.integer({ min: 0, max: 2 }).map((n) => () => new Date(n * 500)),
  fc.integer({ min: 0, max: 2 }).map((n) => () => new ObjectId(`${'ab'.repeat(11)}0${String(n)}`)),
  fc.integer({ min: 0, max: 2 }).map((n) => () => Buffer.from([1, n])),
  fc.constantFrom('1.0', '1.00').map((text) => () => Decimal128.fromString(text)),
  fc.constantFrom('9007199254740993', '-7').map((text) => () => Long.fromString(text)),
  fc.constant((): unknown => new UUID('00000000-0000-4000-8000-000000000001')),
);

/**
 * `$d` and `p.q` cannot be addressed by an update; only inside of objects can MongoDB hold them. No name that objects inherit:
 * `Model.updateOne()` would find a type of the schema under `toString`.
 */
const innerKey = fc.constantFrom('a', 'b', 'c', '0', '10', 'size', '$d', 'p.q', '/', '~1');
const outerKey = fc.constantFrom('a', 'b', 'c', 'list', 'map');

const { value } = fc.letrec<{ value: Make; object: Make; array: Make }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object'), tie('array')),
  object: fc
    .dictionary(innerKey, tie('value'), { maxKeys: 4 })
    .map((fields) => () => Object.fromEntries(Object.entries(fields).map(([key, make]) => [key, make()]))),
  array: fc.array(tie('value'), { maxLength: 4 }).map((items) => () => items.map((make) => make())),
}));

export const dataOf: fc.Arbitrary<() => Doc> = fc
  .dictionary(outerKey, value, { maxKeys: 5 })
  .map((fields) => shown(() => Object.fromEntries(Object.entries(fields).map(([key, make]) => [key, make()])) as Doc));

export interface Edit {
  readonly do: 'set' | 'unset' | 'inPlace' | 'revert' | 'remember' | 'rollback' | 'same';
  /** Which of the paths there are. */
  readonly pick: number;
  readonly how: 'push' | 'pop' | 'shift' | 'reverse' | 'assign' | 'delete' | 'grow';
  readonly key: string;
  readonly make: Make;
}

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record<Edit>({
    do: fc.constantFrom(
      'set',
      'set',
      'unset',
      'inPlace',
      'inPlace',
      'inPlace',
      'revert',
      'remember',
      'rollback',
      'same',
    ),
    pick: fc.nat(1000),
    how: fc.constantFrom('push', 'pop', 'shift', 'reverse', 'assign', 'delete', 'grow'),
    key: innerKey,
    make: value.map(shown),
  }),
  { minLength: 1, maxLength: 8 },
);

const isObject = (item: unknown): item is Doc =>
  item !== null &&
  typeof item === 'object' &&
  [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(item));

/** All paths into data that `get()` and `set()` take. */
export function pathsOf(data: Doc, prefix = ''): string[] {
  return Object.keys(data).flatMap((key) => {
    if (key === '' || key.includes('.') || key === '_id') return [];
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return isObject(data[key]) ? [path, ...pathsOf(data[key], path)] : [path];
  });
}

/** Runs edits; answers what was done, for the report of a failure. */
export function run(tracker: StateTracker<Doc>, script: readonly Edit[]): void {
  const savepoints = [tracker.savepoint()];
  for (const edit of script) {
    const paths = pathsOf(tracker.data);
    const existing = paths[edit.pick % paths.length];
    switch (edit.do) {
      case 'set':
        tracker.set(writablePath(tracker.data, existing, edit), edit.make());
        break;
      case 'unset':
        if (existing !== undefined) tracker.unset(existing);
        break;
      case 'same':
        if (existing !== undefined) tracker.set(existing, tracker.original(existing));
        break;
      case 'revert':
        if (existing !== undefined) tracker.revert(existing);
        break;
      case 'remember':
        savepoints.push(tracker.savepoint());
        break;
      case 'rollback':
        tracker.rollback(savepoints[edit.pick % savepoints.length]!);
        break;
      case 'inPlace':
        if (existing !== undefined) editInPlace(tracker.get(existing), edit);
    }
  }
}

/** The path itself, or one below it that is new; the next free index of an array. */
function writablePath(data: Doc, existing: string | undefined, edit: Edit): string {
  if (existing === undefined || edit.pick % 5 === 0) return edit.pick % 2 === 0 ? 'c' : 'new';
  const at: unknown = existing.split('.').reduce<Doc>((current, key) => current[key], data);
  if (!isObject(at) || edit.pick % 3 === 0) return existing;
  if (Array.isArray(at)) return `${existing}.${String(at.length + (edit.pick % 7 === 0 ? 1 : 0))}`;
  return edit.key.includes('.') ? `${existing}.a` : `${existing}.${edit.key}`;
}

function editInPlace(value: unknown, { how, key, make }: Edit): void {
  if (value instanceof Date) value.setTime(value.getTime() + 1);
  else if (Buffer.isBuffer(value)) value[0] = (value[0] ?? 0) + 1;
  else if (Array.isArray(value)) {
    if (how === 'push' || how === 'assign') value.push(make());
    else if (how === 'pop' || how === 'delete') value.pop();
    else if (how === 'shift') value.shift();
    else if (how === 'grow') value.length += 1;
    else value.reverse();
  } else if (isObject(value)) {
    if (how === 'delete' || how === 'pop') Reflect.deleteProperty(value, Object.keys(value)[0] ?? key);
    else value[key] = make();
  }
}

import { check } from './failure';
import { checkVersion } from './guards';
import type { Sent, SentUpdate } from './lab';
import { isSelected } from './loads';
import type { Load } from './loads';
import { isMap, isOrdered } from './paths';
import {
  byteSize,
  differences,
  flatten,
  isPlainObject,
  once,
  sameNumber,
  showDifferences,
  toRaw,
  withoutEmpty,
} from './values';

type Json = Record<string, unknown>;

/** One save of both copies: what was stored before and after, and what was sent. */
export interface SavedStep {
  readonly load: Load;
  readonly before: { readonly plain: Json; readonly tracked: Json };
  readonly after: { readonly plain: Json; readonly tracked: Json };
  readonly sent: { readonly plain: Sent; readonly tracked: Sent };
  readonly optimistic: boolean;
  readonly minimize: boolean;
  /** What the tracker said before the save. Pending defaults alone are no modification. */
  readonly modified: boolean;
  /** An edit changed a timestamp or took it away, as `overwrite()` does; the hook writes a new one, in plain Mongoose too. */
  readonly stampEdited: boolean;
  /** Paths that only the comparison marked: plain Mongoose sees nothing of their changes. */
  readonly unseen: ReadonlySet<string>;
  /** Top-level paths to which the script assigned an equal value, or one that was put back later. */
  readonly restored: ReadonlySet<string>;
  /** Counts what is let pass, by its name. */
  readonly except: (name: string) => void;
}

const isStamp = (path: string): boolean => /(^|\.)updatedAt$/.test(path);
const isBookkeeping = (path: string): boolean => path === '__v' || isStamp(path);

/** The order of keys counts in Mixed values. Not in a Map: `delete` and `set` of a key leave it where it was stored. */
const ordered = (path: string): boolean => isOrdered(path) && !isMap(path);
const flat = once((raw) => flatten(raw, { ordered }));
const exact = (raw: unknown): Map<string, string> => flatten(raw, { ordered, exactIds: true });
/** In a Map, too: whoever writes one in another order has changed it, though none of its values. */
const strict = once((raw) => flatten(raw, { ordered: (path) => isOrdered(path) || isMap(path), exactIds: true }));

/** With `minimize`, what is stored without its empty objects. */
const settled = ({ minimize }: SavedStep): ((raw: unknown) => unknown) => (minimize ? filled : (raw) => raw);
const filled = once(withoutEmpty);

/** Of a path that was not selected nobody knows what is stored: writing the same again is no mistake. */
const writesUnknown = ({ load, sent }: SavedStep): boolean =>
  sent.tracked.updates.some(({ update }) =>
    Object.values(update).some((writes) => Object.keys(writes as Json).some((path) => isSelected(load, path) !== true)),
  );

interface Changes {
  /** What a save really changed on the plain side, bookkeeping apart. */
  readonly all: readonly string[];
  /** Without empty objects, the order of a Map, and numbers that only changed their BSON type: a whole write retypes its neighbours. */
  readonly certain: readonly string[];
}

const changesOf = new WeakMap<SavedStep, Changes>();

function realChanges(step: SavedStep): Changes {
  const known = changesOf.get(step) ?? findChanges(step);
  changesOf.set(step, known);
  return known;
}

function findChanges(step: SavedStep): Changes {
  const before = strict(step.before.plain);
  const after = strict(step.after.plain);
  // F5: what plain Mongoose wiped because it was not selected is no change that anybody made.
  const unset = Object.keys(step.sent.plain.updates[0]?.update['$unset'] ?? {});
  const wiped = (path: string): boolean =>
    [undefined, 'array(0)'].includes(after.get(path)) &&
    isSelected(step.load, path) !== true &&
    !unset.some((key) => `${path}.`.startsWith(`${key}.`));
  // An object that a script added (`addKey`) is none of the schema's, which are there when something else was written.
  const made = (path: string): boolean =>
    !path.endsWith('.added') && (isEmptyNested(path, before, after) || isEmptyNested(path, after, before));
  const all = differences(before, after).filter((path) => !isBookkeeping(path) && !wiped(path) && !made(path));
  const settle = settled(step);
  const kept = differences(strict(settle(step.before.plain)), strict(settle(step.after.plain)));
  const certain = all.filter(
    (path) => kept.includes(path) && !sameNumber(before.get(path), after.get(path)) && !isMap(path),
  );
  return { all, certain };
}

/** True if plain Mongoose wiped what was not selected: from here on the two documents differ. */
export function checkStored(step: SavedStep): boolean {
  const settle = settled(step);
  const plain = flat(settle(step.after.plain));
  const tracked = flat(settle(step.after.tracked));
  const before = flat(settle(step.before.tracked));
  let lost = false;
  const wrong = differences(plain, tracked).filter((path) => {
    if (isBookkeeping(path)) return false;
    // A nested object is there, empty, when its element was made anew, and is not when it was loaded.
    if (isEmptyNested(path, plain, tracked) || isEmptyNested(path, tracked, plain)) return false;
    const untouched = tracked.get(path) === before.get(formerPath(path, tracked, before));
    if (untouched && sameNumber(plain.get(path), tracked.get(path))) return false;
    const selected = isSelected(step.load, path);
    if (selected === true) return true;
    // F5: plain Mongoose wipes what was not selected when its parent is replaced (gh-12414: or writes its default).
    // The plugin must not.
    const wiped = untouched && [undefined, 'array(0)'].includes(plain.get(path));
    lost ||= selected === false && wiped;
    return selected === false && !wiped;
  });
  check(
    'stored',
    wrong.length === 0,
    () => `the stored documents differ\n${showDifferences(wrong, { plain, tracked, before })}\n${showSent(step.sent)}`,
  );
  return lost;
}

/** Where a leaf of an array's element was before: an insertion in front moves those of all that follow. */
function formerPath(path: string, after: Map<string, string>, before: Map<string, string>): string {
  const [, array, index, rest] = /^(.*?)\.(\d+)\.(.*)$/.exec(path) ?? [];
  const id = array === undefined ? undefined : after.get(`${array}.${String(index)}._id`);
  if (array === undefined || rest === undefined || id === undefined) return path;
  for (let at = 0; before.has(`${array}.${String(at)}`); at++)
    if (before.get(`${array}.${String(at)}._id`) === id) return `${array}.${String(at)}.${rest}`;
  return path;
}

const isEmptyNested = (path: string, there: Map<string, string>, gone: Map<string, string>): boolean =>
  there.get(path) === 'object' && !gone.has(path) && ![...there.keys()].some((key) => key.startsWith(`${path}.`));

/** `updatedAt` and `__v` move with a real change only, and never further than plain Mongoose's. */
export function checkBookkeeping(step: SavedStep): void {
  const changes = realChanges(step);
  const plain = flat(step.after.plain);
  const tracked = flat(step.after.tracked);
  const before = flat(step.before.tracked);
  for (const path of new Set([...plain.keys(), ...tracked.keys()])) {
    if (!isStamp(path) || isSelected(step.load, path) !== true) continue;
    const moved = tracked.get(path) !== before.get(path);
    const sides = { plain, tracked, before };
    const incremented = moved && isIncremented(step.sent.plain.updates[0]?.update, path);
    if (incremented) step.except('$inc moves the updatedAt of its subdocument');
    const follows = !moved || incremented || tracked.get(path) === plain.get(path);
    check('updatedAt', follows, () => showDifferences([path], sides));
    if (path !== 'updatedAt') continue;
    const fits = moved
      ? changes.all.length > 0 || step.stampEdited || writesUnknown(step)
      : !step.modified || changes.certain.length === 0;
    check('updatedAt', fits, () => `moved: ${moved}, but changed: ${changes.all.join(', ') || 'nothing'}`);
  }
  checkVersion(step, changes.certain, strict);
}

/** Plain Mongoose forgets a subdocument's own timestamp when only a `$inc()` changed it. */
function isIncremented(plain: Json | undefined, stamp: string): boolean {
  const owner = stamp.slice(0, -'updatedAt'.length);
  return isStamp(stamp) && owner !== '' && Object.keys(plain?.['$inc'] ?? {}).some((path) => path.startsWith(owner));
}

/** Nothing really changed: nothing is sent. */
export function checkMinimal(step: SavedStep): void {
  if (realChanges(step).all.length > 0 || step.stampEdited || writesUnknown(step)) return;
  check('sent without a change', step.sent.tracked.updates.length === 0, () => showSent(step.sent));
}

export function checkShape({ plain, tracked }: SavedStep['sent']): void {
  const { updates } = tracked;
  check('one update', updates.length <= 1, () => `${updates.length} updates`);
  for (const { update } of updates) {
    const show = (): string => JSON.stringify(update);
    for (const [operator, writes] of Object.entries(update)) {
      // `minimize` empties Mongoose's own: it runs when the update is complete.
      const alsoPlain = plain.updates.some((sent) => Object.keys(sent.update[operator] ?? { a: 1 }).length === 0);
      check('empty operator', alsoPlain || Object.keys(writes as Json).length > 0, show);
      for (const path of Object.keys(writes as Json)) {
        const own = ['_id', 'kind'].includes(path) || (path === '__v' && operator !== '$inc');
        check('writes what is not its own', !own, show);
      }
    }
    const paths = Object.values(update).flatMap((writes) => Object.keys(writes as Json));
    const clash = paths.find((path, i) => paths.some((other, j) => i !== j && `${path}.`.startsWith(`${other}.`)));
    check('conflicting paths', clash === undefined, show);
  }
}

// ---- What was promised and what was sent -----------------------------------------------------------------------------

/** The timestamps hook runs inside the save: what it adds cannot be known before. */
function withoutStamps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutStamps);
  if (!isPlainObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !/(^|\.)(updatedAt|createdAt)$/.test(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutStamps(item)]));
}

const operators = (update: Json): Json =>
  Object.fromEntries(
    Object.entries(withoutStamps(update) as Json).filter(([, writes]) => Object.keys(writes as Json).length > 0),
  );

export function checkPreview(preview: Json | null, { updates }: Sent, name = 'getUpdate()'): void {
  const promised = exact(preview === null ? {} : operators(toRaw(preview)));
  const sent = exact(updates[0] === undefined ? {} : operators(updates[0].update));
  const wrong = differences(promised, sent);
  check(name, wrong.length === 0, () => `is not what was sent\n${showDifferences(wrong, { promised, sent })}`);
}

// ---- Bytes -----------------------------------------------------------------------------------------------------------

/**
 * Where the contract prefers the precise write to the short one. Each is decided (api.md, the table of issue 5), and each
 * costs bytes only on small values.
 */
export const dearerByDecision = {
  'several leaves of a replaced parent': (plain, tracked) =>
    Object.keys(sets(plain)).some((path) => below(tracked, path).length > 1),
  // A `$unset` beside a `$set` is one more operator document.
  'a removed key of a replaced parent': (plain, tracked) =>
    Object.keys(sets(plain)).some((path) => below({ $unset: tracked['$unset'] }, path).length > 0),
  'an array operator where Mongoose writes the array': (plain, tracked) =>
    ['$push', '$addToSet', '$pop', '$pull', '$pullAll'].some((operator) =>
      Object.keys(tracked[operator] ?? {}).some((path) =>
        Object.keys(sets(plain)).some((parent) => path === parent || path.startsWith(`${parent}.`)),
      ),
    ),
  'the updatedAt of a subdocument that $inc changed': (plain, tracked) =>
    Object.keys(sets(tracked)).some((path) => isIncremented(plain, path)),
  // "parent was null, absent or not an object: the parent, whole". With `minimize` an empty object is stored as nothing.
  'the first key of a parent that was not stored': (plain, tracked, { before }) =>
    Object.keys(sets(tracked)).some(
      (parent) =>
        !isStoredObject(before.tracked, parent) &&
        Object.keys(sets(plain)).some((path) => path.startsWith(`${parent}.`)),
    ),
  // F5: plain Mongoose writes or unsets the parent, and so wipes what was not selected in it.
  'leaf by leaf below a parent that was not selected as a whole': (plain, tracked, { load }) =>
    Object.values(plain)
      .flatMap((writes) => Object.keys(writes as Json))
      .some((path) => isSelected(load, path) !== true && below(tracked, path).length > 0),
} satisfies Record<string, (plain: Json, tracked: Json, step: SavedStep) => boolean>;

function isStoredObject(raw: Json, path: string): boolean {
  let value: unknown = raw;
  for (const part of path.split('.'))
    value = value !== null && typeof value === 'object' ? (value as Json)[part] : undefined;
  return value !== null && typeof value === 'object';
}

const sets = (update: Json): Json => (update['$set'] ?? {}) as Json;

const below = (update: Json, parent: string): string[] =>
  Object.values(update)
    .flatMap((writes) => Object.keys((writes ?? {}) as Json))
    .filter((path) => path.startsWith(`${parent}.`));

/** The named exception that let the tracked side send more, if it did. */
export function checkBytes(step: SavedStep): string | null {
  const { sent } = step;
  const size = ({ updates }: Sent): number => updates.reduce((sum, { bytes }) => sum + bytes, 0);
  if (size(sent.tracked) <= size(sent.plain)) return null;
  const [plain, tracked] = [sent.plain.updates[0], sent.tracked.updates[0]];
  check('sent, where plain sent nothing', plain !== undefined && tracked !== undefined, () => showSent(sent));
  const [exception] = Object.entries(dearerByDecision).find(([, applies]) =>
    applies((plain as SentUpdate).update, (tracked as SentUpdate).update, step),
  ) ?? [null];
  check(
    'bytes',
    exception !== null,
    () => `tracked ${size(sent.tracked)}, plain ${size(sent.plain)}\n${showSent(sent)}`,
  );
  return exception;
}

export const bytesOf = (sent: Sent): number => sent.updates.reduce((sum, { update }) => sum + byteSize(update), 0);

export const showSent = (sent: { plain: Sent; tracked: Sent }): string =>
  `    plain   ${show(sent.plain)}\n    tracked ${show(sent.tracked)}`;

const show = ({ updates, others }: Sent): string => {
  const text = updates.map(({ filter, update }) => `${'__v' in filter ? '(__v) ' : ''}${JSON.stringify(update)}`);
  return [...text, ...others].join(' + ').slice(0, 600) || 'nothing';
};

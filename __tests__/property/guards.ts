import { showSent } from './checks';
import type { SavedStep } from './checks';
import { check } from './failure';
import type { Sent } from './lab';
import { isSelected } from './loads';
import { isMap } from './paths';
import { isPlainObject } from './values';

type Json = Record<string, unknown>;

/** What the version key does in an update: it is asked for in the filter, it is incremented. */
interface Guard {
  readonly filters: boolean;
  readonly increments: boolean;
}

const NONE: Guard = { filters: false, increments: false };
const ALL: Guard = { filters: true, increments: true };

const both = (a: Guard, b: Guard): Guard => ({
  filters: a.filters || b.filters,
  increments: a.increments || b.increments,
});

const guardOf = (sent: Sent): Guard => ({
  filters: sent.updates.some(({ filter }) => '__v' in filter),
  increments: sent.updates.some(({ update }) => isPlainObject(update['$inc']) && '__v' in update['$inc']),
});

interface SentWrite {
  readonly operator: string;
  readonly path: string;
  readonly value: unknown;
}

const writesOf = (sent: Sent): SentWrite[] =>
  sent.updates
    .flatMap(({ update }) => Object.entries(update))
    .flatMap(([operator, writes]) => Object.entries(writes as Json).map(([path, value]) => ({ operator, path, value })))
    .filter(({ path }) => path !== '__v');

const isAtOrBelow = (path: string, parent: string): boolean => path === parent || path.startsWith(`${parent}.`);
const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'));
const isPositional = (path: string): boolean => /\.\d+(\.|$)/.test(path);

/** Mongoose's rule, `operand` in its document.js. */
function ruleOf({ operator, path, value }: SentWrite): Guard {
  const positional = isPositional(path);
  if (['$push', '$addToSet', '$pull', '$pullAll'].includes(operator)) return { filters: positional, increments: true };
  if (operator === '$pop' || (operator === '$set' && Array.isArray(value))) return ALL;
  return { filters: positional, increments: false };
}

/**
 * The guard of the writes of plain Mongoose that really changed something: a narrowed write has the guard of the write it
 * replaces, and where an edit vanishes so does its guard.
 */
export function checkVersion(
  step: SavedStep,
  changes: readonly string[],
  flat: (raw: unknown) => Map<string, string>,
): void {
  const plain = guardOf(step.sent.plain);
  const tracked = guardOf(step.sent.tracked);
  const needed = neededGuard(step, changes, flat);
  const show = (): string =>
    `plain ${JSON.stringify(plain)}, tracked ${JSON.stringify(tracked)}, needed ${JSON.stringify(needed)}\n${showSent(step.sent)}`;
  // An equal parent assigned is marked by plain Mongoose, and written without a guard. Once that has come to nothing, an edit below
  // it, or a default that is stored by itself as ever, has the guard that it has without the assignment.
  const ofEdits = writesOf(step.sent.tracked)
    .filter(({ path }) => step.restored.has(topOf(path)))
    .map(ruleOf)
    .reduce(both, NONE);
  const beyond = (tracked.increments && !plain.increments) || (tracked.filters && !plain.filters);
  if (beyond && (ofEdits.increments || ofEdits.filters)) step.except('an edit below what was assigned as it was');
  check('__v incremented beyond plain', plain.increments || ofEdits.increments || !tracked.increments, show);
  // Plain Mongoose wrote a whole parent here; whoever writes one element instead has to be sure of its index.
  const positional = writesOf(step.sent.tracked).some(({ path }) => isPositional(path));
  check('__v filtered beyond plain', plain.filters || positional || ofEdits.filters || !tracked.filters, show);
  check('__v not incremented', tracked.increments || !needed.increments, show);
  check('__v not filtered', tracked.filters || !needed.filters, show);
}

function neededGuard(step: SavedStep, changes: readonly string[], flat: (raw: unknown) => Map<string, string>): Guard {
  const before = flat(step.before.tracked);
  const after = flat(step.after.tracked);
  // F5: plain Mongoose wiped what was not selected, here with a `$unset` of its own, and the plugin did not.
  const untouched = (path: string): boolean =>
    isSelected(step.load, path) !== true && before.get(path) === after.get(path);
  let needed = NONE;
  for (const write of writesOf(step.sent.plain)) {
    const survives = changes.some((changed) => isAtOrBelow(changed, write.path) && !untouched(changed));
    // api.md: same-length edits of partly selected elements are leaf writes, also without a guard.
    if (!survives || isSelected(step.load, write.path) === 'parent') continue;
    needed = both(needed, step.optimistic ? ALL : guardOfWrite(step, write));
  }
  // A versionless model never guards, and neither does one whose version was not sent by plain Mongoose.
  const plain = guardOf(step.sent.plain);
  return { filters: needed.filters && plain.filters, increments: needed.increments && plain.increments };
}

function guardOfWrite(step: SavedStep, write: SentWrite): Guard {
  // Whoever marks the Map gets no guard, whoever marks the key gets one; here the comparison chose.
  if (step.unseen.has(write.path) && isMap(parentOf(write.path))) {
    step.except('a Map value changed in place, with the guard of what is marked');
    return NONE;
  }
  // With the guard of the Map before the first save of a document, with that of the key afterwards.
  if (isMap(parentOf(write.path)) && step.restored.has(topOf(write.path))) {
    step.except('a value of a Map that was assigned as it was, with the guard of the Map');
    return NONE;
  }
  if (write.operator === '$set' && Array.isArray(write.value)) {
    const instead = writesOf(step.sent.tracked).filter(({ path }) => isAtOrBelow(path, write.path));
    // Plain Mongoose has to be told of what was changed in place, and then knows of nothing smaller than the array.
    const told = step.restored.has(topOf(write.path)) || step.unseen.has(write.path);
    const rest = isOperation(instead, write.path) || (instead.length > 0 && told);
    if (rest) {
      step.except('the rest of an array that plain writes as a whole');
      // An array below may have come with a replaced element, whose guard is the one of its index; or stand in Mixed.
      const asPart = (part: SentWrite): SentWrite =>
        part.path === write.path ? part : { ...part, operator: '$set', value: null };
      return instead.map((part) => ruleOf(asPart(part))).reduce(both, NONE);
    }
  }
  return ruleOf(write);
}

const topOf = (path: string): string => path.split('.')[0] ?? '';

/**
 * Plain Mongoose writes a whole array if more was done to it than one operation can say: an element edited that is then
 * pulled, an equal array assigned first. Once that has come to nothing, what is left has a guard of its own.
 */
const isOperation = (writes: readonly SentWrite[], path: string): boolean =>
  writes.some((write) => write.path === path && ['$pull', '$pullAll', '$addToSet'].includes(write.operator));

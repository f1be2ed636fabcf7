/** `$tracker.refresh()`: the stored document is read once, and the user's changes are laid over it. */
import { fail } from '../errors';
import { FIELDS, within, type Place } from '../tracker/differences';
import { Merge } from '../tracker/merge';
import type { Conflict, RefreshOptions } from '../types';
import { describe, isAtOrBelow } from '../values/path';
import { isPlainObject } from '../values/kind';
import { takeStored, fieldPaths, isLeftAlone, lay, remember, valueIn } from './overlay';
import { captureEntry, rootStateOf } from './capture';
import { castAt } from './cast';
import { getRaw, originalFields, putRaw } from './host';
import { STATE, asMongooseArray, isDocument, type Doc } from './internals';
import { placeOfKey } from './schema-facts';
import { SurveyHost, rulesOf, settle } from './settle';
import { readStored } from './stored';

/** A value of the user's that is to be laid over what is stored. */
interface Change {
  readonly path: string;
  readonly value: unknown;
  /** The pending `$inc`, which stays one. */
  readonly increment?: Record<string, unknown>;
}

/** @throws CowTrackingError `ERR_INVALID_ARGUMENT`, `ERR_NOT_STORED`, `ERR_SAVING`; DocumentNotFoundError of the document's own Mongoose */
export async function refreshDocument(root: Doc, options: RefreshOptions): Promise<Conflict[]> {
  const twin = await readTwin(root);
  settle(root);
  // Everything that can fail comes before the first change.
  const { changes, conflicts } = planChanges(root, twin, options);
  const forced = forcedPaths(root);
  const remembered = remember(treeOf(root));
  const state = rootStateOf(root);
  takeStored(root, twin);
  takeVersion(root, twin, state.incremented);
  for (const { path, value, increment } of changes) {
    lay(root, path, value, remembered);
    if (increment !== undefined) (root.$__.primitiveAtomics ??= {})[path] = increment;
  }
  for (const { doc, path } of forced) {
    const entry = captureEntry(doc, path, 'array');
    if (entry !== undefined) entry.forced = true;
  }
  // What an unanswered write did is known now.
  state.doubts = undefined;
  settle(root);
  return conflicts;
}

/** Reads again if a save came in between: what was read may be older than what that save has stored. */
async function readTwin(root: Doc): Promise<Doc> {
  for (;;) {
    const { lastSave } = rootStateOf(root);
    assertIdle(root);
    const twin = await readStored(root);
    assertIdle(root);
    if (rootStateOf(root).lastSave === lastSave) return twin;
  }
}

function assertIdle(root: Doc): void {
  const { saving } = root.$__;
  if ((saving === undefined || saving === null) && rootStateOf(root).writing === undefined) return;
  throw fail(
    'ERR_SAVING',
    'refresh() ran beside a save() of the same document, so that nobody can say which of the two came first. Await one before the other.',
  );
}

function planChanges(root: Doc, twin: Doc, options: RefreshOptions): { changes: Change[]; conflicts: Conflict[] } {
  const rules = rulesOf(root);
  if (rules === undefined) return { changes: [], conflicts: [] };
  assertSameKind(root, twin);
  const merge = new Merge(new SurveyHost(rules, false, root), rules, {
    settle: (conflict) => settleConflict(root, conflict, options),
    merges,
  });
  const changes: Change[] = [];
  const originals = originalFields(root);
  for (const path of fieldPaths(root, root._doc, twin._doc, originals)) {
    if (isLeftAlone(root, path)) continue;
    const theirs = getRaw(twin, path);
    const mine = getRaw(root, path);
    // Met after it may have been changed: what was there before is not known, so it is no conflict.
    const known = root.$__[STATE]?.originals.get(path)?.known !== false;
    const base = known ? valueIn(originals, path) : theirs;
    const place = placeAt(root, path);
    if (!merge.differs(base, mine, path, place)) continue;
    const increment = root.$__.primitiveAtomics?.[path];
    if (increment !== undefined && typeof theirs === 'number') {
      changes.push({ path, value: theirs + Number(increment['$inc']), increment });
      continue;
    }
    changes.push({ path, value: merge.value({ base, mine, theirs }, path, place) });
  }
  merge.conflicts.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { changes, conflicts: merge.conflicts };
}

function placeAt(root: Doc, path: string): Place {
  return root.$__schema.nested[path] === true ? within(FIELDS, path) : placeOfKey(root.$__schema, path);
}

/** `$pull` and `$addToSet` merge with anything, as they would on the server. */
function merges(live: unknown): boolean {
  const operators = Object.keys(asMongooseArray(live)?.$atomics() ?? {});
  return operators.length > 0 && operators.every((name) => ['$pull', '$pullAll', '$addToSet'].includes(name));
}

/** A discriminator of another kind has another schema, and needs a document of another class. */
function assertSameKind(root: Doc, twin: Doc): void {
  const key = root.$__schema.discriminatorMapping?.key;
  if (key === undefined) return;
  const base = valueIn(originalFields(root), key);
  const theirs = getRaw(twin, key);
  if (theirs === undefined || theirs === base) return;
  throw fail(
    'ERR_CONFLICT',
    `refresh() found a document of another kind: '${key}' was ${describe(base)} and is ${describe(theirs)}. Load it again.`,
    { conflicts: [{ path: key, base, mine: getRaw(root, key), theirs }] },
  );
}

function settleConflict(root: Doc, conflict: Conflict, { resolve = 'mine' }: RefreshOptions): unknown {
  if (resolve === 'mine') return conflict.mine;
  if (resolve === 'theirs') return conflict.theirs;
  const value: unknown = resolve(conflict);
  if (typeof (value as { then?: unknown } | null | undefined)?.then === 'function') {
    throw fail(
      'ERR_INVALID_ARGUMENT',
      `The function 'resolve' of refresh() must return a value, got a promise for '${conflict.path}'. Return the value itself.`,
    );
  }
  return castAt(root, conflict.path, value);
}

function takeVersion(root: Doc, twin: Doc, incremented: boolean): void {
  const key = root.$__schema.options.versionKey;
  if (key) putRaw(root, key, getRaw(twin, key));
  if (!incremented) root.$__.version = undefined;
}

function forcedPaths(root: Doc): { doc: Doc; path: string }[] {
  return treeOf(root).flatMap((doc) =>
    [...(doc.$__[STATE]?.originals ?? [])].filter(([, { forced }]) => forced).map(([path]) => ({ doc, path })),
  );
}

function treeOf(root: Doc): Doc[] {
  return [root, ...(root as unknown as { $getAllSubdocs(): Doc[] }).$getAllSubdocs()].filter(isDocument);
}

/**
 * Checks what a user gave.
 * @throws CowTrackingError `ERR_INVALID_ARGUMENT`
 */
export function checkRefreshOptions(options: unknown): RefreshOptions {
  if (options === undefined) return {};
  if (!isPlainObject(options))
    throw fail('ERR_INVALID_ARGUMENT', `The options of refresh() must be an object, got ${describe(options)}.`);
  const unknown = Object.keys(options).find((name) => name !== 'resolve');
  if (unknown !== undefined)
    throw fail('ERR_INVALID_ARGUMENT', `Unknown option '${unknown}' of refresh(). Allowed: resolve.`);
  const { resolve } = options;
  if (resolve !== undefined && resolve !== 'mine' && resolve !== 'theirs' && typeof resolve !== 'function') {
    throw fail(
      'ERR_INVALID_ARGUMENT',
      `The option 'resolve' of refresh() must be 'mine', 'theirs' or a function (conflict) => value, got ${describe(resolve)}.`,
    );
  }
  return options;
}

/** Those within a subdocument, with paths relative to it. */
export function conflictsWithin(conflicts: readonly Conflict[], prefix: string): Conflict[] {
  if (prefix === '') return [...conflicts];
  return conflicts
    .filter(({ path }) => isAtOrBelow(path, prefix) && path !== prefix)
    .map((conflict) => ({ ...conflict, path: conflict.path.slice(prefix.length + 1) }));
}

import { inspect, type InspectOptions } from 'node:util';
import { fail } from '../errors';
import { changesOf } from '../tracker/changes';
import type { Difference } from '../tracker/differences';
import { describeChanges } from '../tracker/inspect';
import { inversePatchOf, patchOf } from '../tracker/json-patch';
import { askedPaths, changesTouch, checkObject, touches } from '../tracker/paths';
import { noArrays, operatorsOf, writesOf } from '../tracker/update';
import type {
  Change,
  Conflict,
  DocumentTracker,
  JsonPatchOperation,
  PathArgument,
  RefreshOptions,
  SaveRecord,
  Savepoint,
  UpdateOperators,
} from '../types';
import { keep } from '../values/clone';
import { equal } from '../values/equal';
import { isAtOrBelow, join, describe, parsePath } from '../values/path';
import { capture, captureEntry, existingRootState, rootStateOf, settingsOf, stateOf } from './capture';
import { pendingUpdate } from './delta';
import { getRaw, mongooseHost, nestedAt, putRaw, rootOf, valueAt } from './host';
import { STATE, isSubdocument, markedPaths, setPathState, type Doc } from './internals';
import { insertChanges, refresh as takeAsBaseline } from './sending';
import { originalAt } from './original';
import { baselineOf, changesWithin, fieldsBefore, pathFromRoot, placeInParent } from './part';
import { rebaseOnto } from './rebase';
import { checkRefreshOptions, conflictsWithin, refreshDocument } from './refresh';
import { putNested, revertDocument, revive } from './restore';
import { valuePaths } from './schema-facts';
import { settle, survey, surveyPart, surveyPaths } from './settle';
import { twinOf } from './twin';

interface Remembered {
  readonly owner: Doc;
  readonly documents: readonly {
    readonly doc: Doc;
    readonly values: Map<string, unknown>;
    readonly nested: ReadonlyMap<string, boolean | null>;
    readonly forced: readonly string[];
  }[];
  readonly incremented: boolean;
}

const savepoints = new WeakMap<object, Remembered>();

/** `doc.$tracker`. Everything is worked out from the originals and the current values when it is asked for. */
export class CowDocumentTracker implements DocumentTracker {
  readonly #doc: Doc;

  constructor(doc: Doc) {
    this.#doc = doc;
  }

  get lastSave(): SaveRecord | null {
    const record = existingRootState(this.#doc)?.lastSave?.() ?? null;
    const prefix = this.#prefix();
    if (record === null || prefix === '') return record;
    return { ...record, changes: changesWithin(record.changes, this.#doc, prefix) };
  }

  get wasNew(): boolean {
    return this.lastSave?.isNew === true;
  }

  wasModified(path?: PathArgument): boolean {
    askedPaths(path);
    return changesTouch(this.lastSave?.changes ?? [], path);
  }

  isModified(path?: PathArgument): boolean {
    const paths = askedPaths(path);
    const root = rootOf(this.#doc);
    if (root.$isNew) {
      if (paths === undefined) return true;
      const excluded = settingsOf(root)?.rules;
      return paths
        .map((asked) => join(this.#prefix(), asked))
        .some((asked) => valueAt(root, asked) !== undefined && excluded?.isExcluded(asked) !== true);
    }
    if (this.#doc !== root) {
      const found = this.#differences();
      if (paths === undefined) return found.length > 0;
      const asked = paths.map((item) => join(this.#prefix(), item));
      return found.some((difference) => asked.some((item) => touches(difference, item, mongooseHost)));
    }
    if (paths === undefined) return surveyPaths(root, () => true, true).length > 0;
    const tops = paths.map((item) => item.split('.')[0]);
    return surveyPaths(root, (item) => tops.includes(item.split('.')[0]), false).some((difference) =>
      paths.some((item) => touches(difference, item, mongooseHost)),
    );
  }

  getChanges(): Record<string, unknown> {
    return Object.fromEntries(this.diff().map(({ path, to }) => [path, to]));
  }

  diff(): Change[] {
    if (rootOf(this.#doc).$isNew) return insertChanges(this.#doc);
    return relativeTo(changesOf(this.#differences(), mongooseHost), this.#prefix());
  }

  original(path?: string): unknown {
    return originalAt(this.#doc, this.#prefix(), path);
  }

  getUpdate(): UpdateOperators | null {
    if (this.#doc.$isSubdocument !== true) return pendingUpdate(this.#doc);
    if (rootOf(this.#doc).$isNew) return null;
    const update = operatorsOf(writesOf(this.#differences(), mongooseHost, noArrays), mongooseHost);
    if (update === null) return null;
    const depth = this.#prefix().length + 1;
    const cut = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [key.slice(depth), value]));
    return Object.fromEntries(Object.entries(update).map(([operator, values]) => [operator, cut(values)]));
  }

  revert(path?: PathArgument): void {
    const paths = askedPaths(path);
    const doc = this.#doc;
    const root = rootOf(doc);
    const before = baselineOf(doc);
    const parent = doc.$parent?.();
    if (before !== doc && fieldsBefore(before) !== undefined && parent !== undefined && parent !== null) {
      // It replaced another one, which comes back.
      const place = placeInParent(doc);
      new CowDocumentTracker(parent).revert(paths === undefined ? place : paths.map((item) => join(place, item)));
      return;
    }
    revertDocument(doc, (item) => {
      if (paths === undefined || paths.some((asked) => isAtOrBelow(item, asked))) return 'all';
      return paths.some((asked) => isAtOrBelow(asked, item)) ? 'below' : 'no';
    });
    if (paths === undefined && doc === root) {
      const state = existingRootState(root);
      if (state !== undefined) {
        state.incremented = false;
      }
      root.$__.version = undefined;
    }
    settle(root);
  }

  reset(): void {
    const root = rootOf(this.#doc);
    for (const doc of this.#tree()) {
      const state = doc.$__[STATE];
      if (state !== undefined) takeAsBaseline(doc, state);
      const { activePaths } = doc.$__;
      for (const mark of markedPaths(activePaths)) {
        clearOperations(doc, mark);
        setPathState(activePaths, mark, 'init');
      }
      for (const path of Object.keys(activePaths.states['default'] ?? {})) setPathState(activePaths, path, 'init');
      doc.$__.primitiveAtomics = undefined;
    }
    if (this.#doc === root) {
      const state = rootStateOf(root);
      state.incremented = false;
      state.doubts = undefined;
      root.$__.version = undefined;
    } else {
      // The marks that bubbled up from here.
      settle(root);
    }
  }

  rebase(original: object): void {
    checkObject(original, 'The original given to rebase()');
    const doc = this.#doc;
    rebaseOnto(doc, twinOf(doc, original, 'rebase()'));
    settle(doc);
  }

  async refresh(options?: RefreshOptions): Promise<Conflict[]> {
    const checked = checkRefreshOptions(options);
    const prefix = this.#prefix();
    return conflictsWithin(await refreshDocument(rootOf(this.#doc), checked), prefix);
  }

  markModified(path: string): void {
    const parts = parsePath(path);
    const doc = this.#doc;
    const schema = doc.$__schema;
    const top = parts[0] as string;
    const exists =
      Object.hasOwn(schema.paths, path) ||
      schema.nested[path] === true ||
      schema.pathType(path) !== 'adhocOrUndefined' ||
      schema.options.strict === false ||
      Object.hasOwn(schema.paths, top) ||
      schema.nested[top] === true;
    if (!exists || schema.pathType(path) === 'virtual') {
      throw fail(
        'ERR_UNKNOWN_PATH',
        `markModified() needs a path of the schema, got '${path}', which it does not have.`,
      );
    }
    capture(doc, path, 'array');
    (doc as unknown as { markModified(path: string, scope: unknown): void }).markModified(path, doc);
    const found = ownersOf(doc, path);
    for (const { owner, entry } of found) {
      const item = owner.$__[STATE]?.originals.get(entry);
      if (item !== undefined) item.forced = true;
    }
  }

  savepoint(): Savepoint {
    const savepoint = Object.freeze({ createdAt: new Date() });
    const documents = this.#tree().map((doc) => {
      const values = new Map<string, unknown>();
      for (const path of valuePaths(doc)) values.set(path, keep(getRaw(doc, path), mongooseHost));
      const nested = new Map(Object.keys(doc.$__schema.nested).map((path) => [path, nestedAt(doc, path)]));
      const forced = [...(doc.$__[STATE]?.originals ?? [])].filter(([, entry]) => entry.forced).map(([path]) => path);
      return { doc, values, nested, forced };
    });
    savepoints.set(savepoint, {
      owner: this.#doc,
      documents,
      incremented: existingRootState(this.#doc)?.incremented === true,
    });
    return savepoint;
  }

  rollback(savepoint: Savepoint): void {
    const remembered = savepoints.get(savepoint);
    if (remembered?.owner !== this.#doc) {
      throw fail(
        'ERR_SAVEPOINT',
        `rollback() needs a savepoint made by savepoint() of the same document's tracker, got ${describe(savepoint)}.`,
      );
    }
    for (const { doc, values, nested, forced } of remembered.documents) {
      const paths = new Set([...values.keys(), ...valuePaths(doc)]);
      for (const path of paths) {
        const before = values.get(path);
        const now = getRaw(doc, path);
        if (sameValue(before, now)) continue;
        captureEntry(doc, path, 'array');
        putRaw(doc, path, revive(doc, path, before));
      }
      for (const path of [...nested.keys()].sort())
        putNested(doc, path, nested.get(path) ?? null, () => {
          capture(doc, path, 'set');
        });
      // A reverted scalar has no original any more.
      for (const path of forced) captureEntry(doc, path, 'array');
      for (const [path, entry] of doc.$__[STATE]?.originals ?? []) entry.forced = forced.includes(path);
    }
    const root = rootOf(this.#doc);
    if (this.#doc === root) {
      rootStateOf(root).incremented = remembered.incremented;
      root.$__.version = undefined;
    }
    settle(root);
  }

  patch(): JsonPatchOperation[] {
    return patchOf(this.diff());
  }

  inversePatch(): JsonPatchOperation[] {
    return inversePatchOf(this.diff());
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const name = (this.#doc.constructor as { modelName?: string }).modelName ?? 'Subdocument';
    return describeChanges(`Tracker of ${name}`, this.diff(), options);
  }

  #differences(): readonly Difference[] {
    const doc = this.#doc;
    return doc === rootOf(doc) ? survey(doc, false).differences : surveyPart(doc, this.#prefix());
  }

  /** Where this (sub)document stands in its root: `''`, `address`, `items.2`. */
  #prefix(): string {
    return pathFromRoot(this.#doc);
  }

  /** This (sub)document and all subdocuments below it. */
  #tree(): Doc[] {
    const doc = this.#doc;
    return [doc, ...(doc as unknown as { $getAllSubdocs(): Doc[] }).$getAllSubdocs()];
  }
}

/** Equal, and no other instances of subdocuments. */
function sameValue(before: unknown, now: unknown): boolean {
  if (isSubdocument(before) || isSubdocument(now)) return before === now;
  if (Array.isArray(before) && Array.isArray(now)) {
    const items = mongooseHost.plain(now) as unknown[];
    return before.length === items.length && before.every((item, i) => sameValue(item, items[i]));
  }
  if (before instanceof Map && now instanceof Map) {
    return (
      before.size === now.size && [...before].every(([key, item]) => sameValue(item, Map.prototype.get.call(now, key)))
    );
  }
  return equal(before, now, mongooseHost);
}

function clearOperations(doc: Doc, path: string): void {
  const value = valueAt(doc, path) as { $atomics?: () => Record<string, unknown> } | null | undefined;
  const atomics = value?.$atomics?.();
  if (atomics !== undefined) for (const key of Object.keys(atomics)) delete atomics[key];
}

/** The entries that a path falls under, in whichever subdocument holds them. */
function ownersOf(doc: Doc, path: string): { owner: Doc; entry: string }[] {
  const { originals } = stateOf(doc);
  if (originals.has(path)) return [{ owner: doc, entry: path }];
  if (doc.$__schema.nested[path] === true)
    return [...originals.keys()].filter((key) => isAtOrBelow(key, path)).map((entry) => ({ owner: doc, entry }));
  const parts = path.split('.');
  for (let n = parts.length - 1; n > 0; n--) {
    const entry = parts.slice(0, n).join('.');
    if (!originals.has(entry)) continue;
    let value: unknown = getRaw(doc, entry);
    for (let i = n; i < parts.length; i++) {
      if (isSubdocument(value)) return ownersOf(value, parts.slice(i).join('.'));
      value = liveChild(value, parts[i] as string);
    }
    return [{ owner: doc, entry }];
  }
  return [];
}

function liveChild(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object') return undefined;
  const plain = mongooseHost.plain(value);
  if (plain instanceof Map) return Map.prototype.get.call(plain, key) as unknown;
  return (plain as Record<string, unknown>)[key];
}

function relativeTo(changes: readonly Change[], prefix: string): Change[] {
  if (prefix === '') return [...changes];
  return changes
    .filter((change) => isAtOrBelow(change.path, prefix))
    .map((change) => ({ ...change, path: change.path.slice(prefix.length + 1) }));
}

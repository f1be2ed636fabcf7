/** Every question about modifications is answered after the marks were put in step with what differs. */
import { stateOf, rootStateOf } from './capture';
import { getRaw, mongooseHost, putRaw, rootOf } from './host';
import { STATE, type Doc } from './internals';
import { override, symbolOf, type Method } from './prototypes';
import { settle, settleOwn, survey } from './settle';
import type { DocumentState, Entry } from '../document/state';

export function installQuestions(prototype: object): void {
  const asked = (base: () => Method): Method =>
    function isModified(this: Doc, paths: unknown, options: unknown, modified: unknown) {
      // With a list of modified paths, which the caller has just been given, nothing is left to settle: validation asks so
      // for every element. A subdocument asks its parent, which settles.
      const given = modified !== undefined && modified !== null;
      if (!given && this.$isSubdocument !== true && this.$__[STATE] !== undefined) settle(this, pathList(paths));
      return base().call(this, paths, options, modified);
    };
  const direct = (base: () => Method): Method =>
    function isDirectModified(this: Doc, path: unknown) {
      settleOwn(this);
      return base().call(this, path);
    };
  const listed = (base: () => Method): Method =>
    function modifiedPaths(this: Doc, options: unknown) {
      settleOwn(this);
      return base().call(this, options);
    };
  for (const name of ['isModified', '$isModified']) override(prototype, name, asked);
  override(prototype, 'isDirectModified', direct);
  for (const name of ['modifiedPaths', 'directModifiedPaths']) override(prototype, name, listed);
  const isModifiedSymbol = symbolOf(prototype, 'mongoose#Document#isModified');
  const modifiedPathsSymbol = symbolOf(prototype, 'mongoose#Document#modifiedPaths');
  if (isModifiedSymbol !== undefined) override(prototype, isModifiedSymbol, asked);
  if (modifiedPathsSymbol !== undefined) override(prototype, modifiedPathsSymbol, listed);
  override(
    prototype,
    '$__saveInitialState',
    () =>
      function $__saveInitialState() {
        return undefined;
      },
  );
  override(
    prototype,
    '$clone',
    (base) =>
      function $clone(this: Doc) {
        // The clone gets Mongoose's marks, not our originals: they must say what changed in place as well.
        settle(this);
        return base().call(this);
      },
  );
  override(
    prototype,
    'depopulate',
    (base) =>
      function depopulate(this: Doc, ...args: unknown[]) {
        const maps = populatedMaps(this);
        const result = base().apply(this, args);
        for (const [path, map] of maps) putMapBack(this, path, map);
        return result;
      },
  );
  installSnapshots(prototype);
}

function populatedMaps(doc: Doc): [string, Map<unknown, unknown>][] {
  return Object.keys(doc.$__.populated ?? {}).flatMap((path): [string, Map<unknown, unknown>][] => {
    const star = path.indexOf('.$*');
    const own = star === -1 ? path : path.slice(0, star);
    const map = getRaw(doc, own);
    return map instanceof Map ? [[own, map]] : [];
  });
}

/** Upstream `depopulate()` leaves an array of ids in place of a Map; a tracker would take that for a change and write it. */
function putMapBack(doc: Doc, path: string, map: Map<unknown, unknown>): void {
  if (getRaw(doc, path) instanceof Map) return;
  Map.prototype.forEach.call(map, (value: unknown, key: unknown) => {
    if (value !== null && typeof value === 'object') Map.prototype.set.call(map, key, mongooseHost.plain(value));
  });
  putRaw(doc, path, map);
}

function pathList(paths: unknown): string[] | undefined {
  if (typeof paths === 'string') return paths.split(' ');
  return Array.isArray(paths) && paths.every((path) => typeof path === 'string') ? paths : undefined;
}

/** Our part of Mongoose's own snapshots of modified paths (8.5, gh-14268), by snapshot. */
const snapshots = new WeakMap<object, Map<Doc, Map<string, Entry>>>();

function installSnapshots(prototype: object): void {
  override(
    prototype,
    '$createModifiedPathsSnapshot',
    (base) =>
      function $createModifiedPathsSnapshot(this: Doc) {
        settle(this);
        const snapshot = base().call(this) as object;
        const kept = new Map<Doc, Map<string, Entry>>();
        for (const doc of survey(rootOf(this), false).visited.keys()) {
          const state = (doc as Doc).$__[STATE];
          if (state !== undefined)
            kept.set(doc as Doc, new Map([...state.originals].map(([path, entry]) => [path, { ...entry }])));
        }
        snapshots.set(snapshot, kept);
        return snapshot;
      },
  );
  override(
    prototype,
    '$restoreModifiedPathsSnapshot',
    (base) =>
      function $restoreModifiedPathsSnapshot(this: Doc, snapshot: unknown) {
        const result = base().call(this, snapshot);
        const kept = snapshots.get(snapshot as object);
        if (this.$isSubdocument === true) return result;
        for (const doc of survey(this, false).visited.keys()) {
          const state = (doc as Doc).$__[STATE];
          if (state !== undefined) restoreSnapshot(doc as Doc, state, kept?.get(doc as Doc));
        }
        return result;
      },
  );
  override(
    prototype,
    '$clearModifiedPaths',
    (base) =>
      function $clearModifiedPaths(this: Doc) {
        const result = base().call(this);
        // What the document holds now is taken as saved.
        stateOf(this).originals.clear();
        if (this.$isSubdocument !== true) {
          const root = rootStateOf(this);
          root.incremented = false;
        }
        return result;
      },
  );
}

/**
 * Tracking goes back to the snapshot, values stay. A path that was tracked then has that original again, so a change made since
 * is one against it if it was marked then; one that was clean then is taken as saved, as Mongoose means it.
 */
function restoreSnapshot(doc: Doc, state: DocumentState, kept: Map<string, Entry> | undefined): void {
  const modify = doc.$__.activePaths.states['modify'] ?? {};
  for (const path of [...state.originals.keys()]) {
    const marked = Object.keys(modify).some(
      (mark) => mark === path || mark.startsWith(`${path}.`) || path.startsWith(`${mark}.`),
    );
    const entry = kept?.get(path);
    if (marked && entry !== undefined) state.originals.set(path, entry);
    else state.originals.delete(path);
  }
  if (kept === undefined) return;
  for (const [path, entry] of kept) {
    const marked = Object.keys(modify).some(
      (mark) => mark === path || mark.startsWith(`${path}.`) || path.startsWith(`${mark}.`),
    );
    if (marked && !state.originals.has(path)) state.originals.set(path, entry);
  }
}

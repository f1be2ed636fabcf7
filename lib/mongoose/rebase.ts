/** Another baseline: what differs from it is a change from then on. */
import { keep } from '../values/clone';
import { kindOf } from '../values/kind';
import { captureEntry, stateOf } from './capture';
import { getRaw, idKey, mongooseHost } from './host';
import { isSubdocument, type Doc } from './internals';
import { isLoadedByOperator, valuePaths } from './schema-facts';

/**
 * Takes the values of a twin (see `twin.ts`) as the baseline of a (sub)document; a selected path that the twin lacks was absent.
 * Subdocuments that stand in both are rebased themselves, so that the instances that a user holds stay those of the baseline.
 */
export function rebaseOnto(doc: Doc, twin: Doc): void {
  const { originals } = stateOf(doc);
  const { paths, options } = doc.$__schema;
  for (const path of new Set([...valuePaths(doc), ...valuePaths(twin)])) {
    // What a strict schema does not know is never written.
    if (options.strict !== false && !Object.hasOwn(paths, path)) continue;
    const entry = captureEntry(doc, path, 'set');
    if (entry === undefined || !doc.$__isSelected(path) || isLoadedByOperator(doc, path)) continue;
    originals.set(path, {
      ...entry,
      original: isAbsent(twin, path) ? undefined : keepWith(getRaw(doc, path), getRaw(twin, path)),
      known: true,
      assigned: false,
      forced: false,
      prior: 'init',
    });
  }
  rebaseNested(doc, twin);
}

/** A default is what Mongoose put there, not what the twin was given. */
function isAbsent(twin: Doc, path: string): boolean {
  return twin.$__.activePaths.paths[path] === 'default';
}

/** A nested object that is none (null) has an entry of its own: nothing can be set below it. */
function rebaseNested(doc: Doc, twin: Doc): void {
  const { originals } = stateOf(doc);
  for (const path of Object.keys(doc.$__schema.nested)) {
    const given = getRaw(twin, path);
    if (given !== null) {
      originals.delete(path);
      continue;
    }
    originals.set(path, {
      original: null,
      known: true,
      assigned: false,
      forced: false,
      partial: false,
      prior: undefined,
      dirty: false,
    });
  }
}

/** The value of a twin as an original, with the live subdocuments in place of their twins. */
function keepWith(live: unknown, value: unknown): unknown {
  if (isSubdocument(value)) return isSubdocument(live) && isSame(live, value) ? rebased(live, value) : value;
  const kept = keep(value, mongooseHost);
  const now = live !== null && typeof live === 'object' ? mongooseHost.plain(live) : live;
  if (Array.isArray(kept) && Array.isArray(now)) keepItems(now, kept);
  else if (kindOf(kept) === 'map' && now instanceof Map) {
    for (const [key, item] of kept as Map<unknown, unknown>)
      if (isSubdocument(item))
        (kept as Map<unknown, unknown>).set(key, keepWith(Map.prototype.get.call(now, key), item));
  }
  return kept;
}

/** Elements are known by their `_id`; those without one by their place. */
function keepItems(live: readonly unknown[], kept: unknown[]): void {
  const left = new Set(live.filter(isSubdocument));
  kept.forEach((item, i) => {
    if (!isSubdocument(item)) return;
    const id = idOf(item);
    const candidates = id === undefined ? [live[i]] : left;
    for (const candidate of candidates) {
      if (!isSubdocument(candidate) || !left.has(candidate) || !isSame(candidate, item)) continue;
      left.delete(candidate);
      kept[i] = rebased(candidate, item);
      return;
    }
  });
}

function rebased(live: Doc, twin: Doc): Doc {
  rebaseOnto(live, twin);
  live.$isNew = false;
  return live;
}

function isSame(live: Doc, twin: Doc): boolean {
  const id = idOf(twin);
  return live.constructor === twin.constructor && (id === undefined || id === idKey(live._doc['_id']));
}

/** The `_id` that a twin was given. */
function idOf(twin: Doc): string | undefined {
  return isAbsent(twin, '_id') ? undefined : idKey(twin._doc['_id']);
}

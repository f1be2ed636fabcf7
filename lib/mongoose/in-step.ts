/**
 * A short way for the questions that Mongoose asks several times in every save: are marks and differences in step already?
 * It compares without collecting anything. Whatever is not plain to see is left to `settle.ts`.
 */
import type { DocumentState, Entry } from '../document/state';
import type { LeafDifference } from '../tracker/differences';
import { sourceOf } from '../values/clone';
import type { Host } from '../values/host';
import { isSurelySame } from '../values/same';
import { getRaw, mongooseHost } from './host';
import { STATE, isDocument, type Doc } from './internals';
import { placeOfKey } from './schema-facts';

/** As the document's host, but a subdocument in which nothing was met has nothing to say. */
const quietHost: Host = {
  ...mongooseHost,
  keepsOriginals: (value) => isDocument(value) && (value.$__[STATE]?.originals.size ?? 0) > 0,
};

/**
 * What differs in a document whose marks are in step, if that is told without comparing containers: only scalars and dates.
 * @returns undefined if it is not
 */
export function plainDifferences(doc: Doc, state: DocumentState): LeafDifference[] | undefined {
  if (!isInStep(doc, state)) return undefined;
  const differences: LeafDifference[] = [];
  for (const [path, entry] of state.originals) {
    if (!entry.dirty) continue;
    const place = placeOfKey(doc.$__schema, path);
    if (entry.witness !== undefined || !place.guarded) return undefined;
    differences.push({ kind: 'leaf', path, from: entry.original, to: getRaw(doc, path), within: place.within });
  }
  return differences;
}

type Verdict = 'same' | 'differs' | 'unclear';

/**
 * Has every entry of a (sub)document that differs its own mark, and nothing else one? Then settling would change nothing.
 * Not for documents with rules about paths.
 */
export function isInStep(doc: Doc, state: DocumentState): boolean {
  const { activePaths, primitiveAtomics } = doc.$__;
  // What is in doubt is written whatever it holds.
  if (state.assigned !== undefined || primitiveAtomics !== undefined || state.root?.doubts !== undefined) return false;
  const modify = activePaths.states['modify'];
  let differing = 0;
  for (const [path, entry] of state.originals) {
    const verdict = verdictOn(doc, state, path, entry);
    if (verdict === 'unclear' || activePaths.paths[path] === 'ignore') return false;
    entry.dirty = verdict === 'differs';
    if (!entry.dirty) continue;
    if (modify?.[path] !== true) return false;
    differing++;
  }
  if (modify !== undefined) for (const mark in modify) if (modify[mark] === true) differing--;
  return differing === 0;
}

function verdictOn(doc: Doc, state: DocumentState, path: string, entry: Entry): Verdict {
  if (!entry.known || entry.forced || entry.partial || entry.prior === 'default') return 'unclear';
  // A nested object that was not there before, or is not now, is compared and written as one.
  if (doc.$__schema.nested[path] === true || (path.includes('.') && !standsAlone(doc, state, path))) return 'unclear';
  const { original } = entry;
  const raw = getRaw(doc, path);
  if (typeof original !== 'object' || typeof raw !== 'object' || original === null || raw === null) {
    if (original === raw) return 'same';
    return isTelling(original) && isTelling(raw) ? 'differs' : 'unclear';
  }
  if (original instanceof Date && raw instanceof Date) {
    const before = original.getTime();
    const now = raw.getTime();
    return before === now ? 'same' : before === before && now === now ? 'differs' : 'unclear';
  }
  const live = original === raw ? raw : liveOf(entry, original, raw);
  if (live === undefined) return 'unclear';
  if (entry.witness !== undefined && differsAt(original, live, entry.witness)) return 'differs';
  const trail: string[] = [];
  if (isSurelySame(original, live, quietHost, trail)) return 'same';
  trail.reverse();
  if (!differsAt(original, live, trail)) return 'unclear';
  entry.witness = trail;
  return 'differs';
}

/**
 * The container that an original was kept from, if that is what the document holds. A proxy is asked only once what it stands
 * before: that takes longer than everything else here.
 */
function liveOf(entry: Entry, original: object, raw: object): object | undefined {
  const source = sourceOf(original);
  if (entry.holder !== raw) {
    if (source === undefined || source !== mongooseHost.plain(raw)) return undefined;
    entry.holder = raw;
  }
  return source as object;
}

/** A value that is stored as itself: neither nothing nor something that depends on who looks. */
function isTelling(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && value === value) ||
    typeof value === 'undefined' ||
    value === null
  );
}

function standsAlone(doc: Doc, state: DocumentState, path: string): boolean {
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const parent = path.slice(0, dot);
    const raw = getRaw(doc, parent);
    if (raw === null || typeof raw !== 'object' || Array.isArray(raw) || state.originals.has(parent)) return false;
  }
  return true;
}

/** Does a value still differ where a difference was found the last time? */
function differsAt(original: object, raw: object, witness: readonly string[]): boolean {
  let before: unknown = original;
  let now: unknown = raw;
  for (const key of witness) {
    if (before === null || now === null || typeof before !== 'object' || typeof now !== 'object') return false;
    now = mongooseHost.plain(now);
    if (Array.isArray(before) !== Array.isArray(now) || !Object.hasOwn(before, key)) return false;
    if (now === null || !Object.hasOwn(now as object, key)) return false;
    before = (before as Record<string, unknown>)[key];
    now = (now as Record<string, unknown>)[key];
  }
  return isTelling(before) && isTelling(now) && before !== now && before !== undefined && now !== undefined;
}

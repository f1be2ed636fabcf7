import { isAtOrBelow, overlaps } from '../values/path';
import { schemaPathFromRoot, settingsOf } from './capture';
import { getRaw, mongooseHost } from './host';
import { STATE, isDocument, markedPaths, type Doc } from './internals';

/** Is a mark known to us, so that the differences speak for it? */
export function isCovered(doc: Doc, mark: string): boolean {
  // An excluded path in a subdocument is Mongoose's, although we know the subdocument.
  const settings = settingsOf(doc);
  if (settings?.hasPathRules === true && settings.rules.isExcluded(schemaPathFromRoot(doc, mark))) return false;
  let holder = doc;
  let rest = mark;
  for (let depth = 0; depth < 100; depth++) {
    const { originals } = holder.$__[STATE] ?? { originals: undefined };
    if (originals === undefined) return false;
    if (holder.$__schema.nested[rest] === true) return [...originals.keys()].some((path) => isAtOrBelow(path, rest));
    const owner = prefixes(rest).find((path) => originals.has(path));
    if (owner === undefined) return false;
    const below = subdocumentAt(getRaw(holder, owner), rest.slice(owner.length + 1));
    const entry = originals.get(owner);
    if (below === undefined || below.rest === '' || entry?.known !== true) return true;
    // A subdocument that was not there at the baseline goes with its container.
    if (below.doc.$isNew || !holds(entry.original, below.doc)) return true;
    holder = below.doc;
    rest = below.rest;
    // A mark that bubbled up and is gone where it came from.
    if (!markedPaths(holder.$__.activePaths).some((mark) => overlaps(mark, rest))) return true;
  }
  return true;
}

/** Does a kept original hold this very subdocument? */
function holds(original: unknown, doc: Doc): boolean {
  if (Array.isArray(original))
    return original.some((item) => item === doc || (Array.isArray(item) && holds(item, doc)));
  if (original instanceof Map) return [...original.values()].some((item) => holds(item, doc));
  return original === doc;
}

/** A path and all paths above it, from the top. */
export function prefixes(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'));
}

function subdocumentAt(value: unknown, rest: string): { doc: Doc; rest: string } | undefined {
  let current = value;
  let remaining = rest;
  while (remaining !== '' || isDocument(current)) {
    if (isDocument(current) && current.$isSubdocument === true) return { doc: current, rest: remaining };
    const dot = remaining.indexOf('.');
    const key = dot === -1 ? remaining : remaining.slice(0, dot);
    if (Array.isArray(current)) current = (mongooseHost.plain(current) as unknown[])[Number(key)];
    else if (current instanceof Map) current = Map.prototype.get.call(current, key);
    else return undefined;
    remaining = dot === -1 ? '' : remaining.slice(dot + 1);
  }
  return undefined;
}

/** The marks of one (sub)document, put in step with what was found to differ in it. */
import type { DocumentState, Entry } from '../document/state';
import type { Difference } from '../tracker/differences';
import { isAtOrBelow, join, overlaps } from '../values/path';
import { adopt } from './adopt';
import { isCovered } from './coverage';
import { getRaw } from './host';
import {
  asMongooseArray,
  isSubdocument,
  markPath,
  markedPaths,
  setPathState,
  type Doc,
  type SchemaInternals,
} from './internals';

/** A dirty subdocument, and where it stands. */
export interface Child {
  readonly path: string;
  readonly doc: Doc;
}

/** What the comparison at one path gave, for the marks of its document. */
export interface Outcome {
  readonly path: string;
  /** What it speaks for: one original, or all those of a nested object that was compared as one. */
  readonly entries: readonly (readonly [string, Entry])[];
  readonly found: readonly Difference[];
  readonly children: readonly Child[];
}

/** Is a difference the document's own, not that of a subdocument in it? */
function isOwn(difference: Difference, children: readonly Child[]): boolean {
  if (difference.kind === 'array' && !difference.moved && difference.from.length === difference.to.length) {
    return difference.items.some((item) => isOwn(item, children));
  }
  return !children.some((child) => isAtOrBelow(difference.path, child.path));
}

/** Puts the marks of one (sub)document in step with what differs in it. */
export function syncMarks(doc: Doc, state: DocumentState, outcomes: readonly Outcome[], prefix: string): void {
  if (doc.$isNew) return;
  const active = doc.$__.activePaths;
  const marks = markedPaths(active);
  const byEntry = new Map<string, string[]>();
  for (const mark of marks) {
    const owner = ownerOf(mark, state, doc.$__schema);
    if (owner === undefined) continue;
    const list = byEntry.get(owner);
    if (list === undefined) byEntry.set(owner, [mark]);
    else list.push(mark);
  }
  for (const outcome of outcomes) {
    const own = outcome.entries.flatMap(([path]) => byEntry.get(path) ?? []);
    syncEntry(doc, outcome, own, marks, prefix);
  }
  for (const nested of state.assigned ?? []) {
    const within = outcomes.filter(({ path }) => isAtOrBelow(path, nested) || isAtOrBelow(nested, path));
    if (within.length > 0 && within.every(({ found }) => found.length === 0)) state.assigned?.delete(nested);
  }
  for (const mark of marks) {
    if (doc.$__schema.nested[mark] !== true || state.originals.has(mark)) continue;
    const below = outcomes.filter((outcome) => isAtOrBelow(outcome.path, mark) || isAtOrBelow(mark, outcome.path));
    if (below.length > 0 && below.every((outcome) => outcome.found.length === 0)) setPathState(active, mark, undefined);
  }
}

/** The entry that a mark belongs to: its own, or the nearest above it. */
function ownerOf(mark: string, state: DocumentState, schema: SchemaInternals): string | undefined {
  if (state.originals.has(mark)) return mark;
  if (schema.nested[mark] === true) return undefined;
  let dot = mark.lastIndexOf('.');
  while (dot > 0) {
    const above = mark.slice(0, dot);
    if (state.originals.has(above)) return above;
    dot = mark.lastIndexOf('.', dot - 1);
  }
  return undefined;
}

function syncEntry(doc: Doc, outcome: Outcome, marks: readonly string[], all: readonly string[], prefix: string): void {
  const { path, entries, found, children } = outcome;
  const active = doc.$__.activePaths;
  if (entries.some(([, entry]) => !entry.known)) return;
  const raw = getRaw(doc, path);
  // An array that was assigned with its old elements in it stands for a whole one all the same; so does a subdocument.
  const assigned =
    asMongooseArray(raw)?.$atomics()['$set'] !== undefined ||
    (isSubdocument(raw) && active.states['modify']?.[path] === true && entries[0]?.[1].original !== raw);
  const own = found.some((difference) => assigned || isOwn(difference, children));
  const bubbled = new Set<string>();
  for (const child of children) {
    const relative = prefix === '' ? child.path : child.path.slice(prefix.length + 1);
    for (const mark of markedPaths(child.doc.$__.activePaths)) bubbled.add(`${relative}.${mark}`);
  }
  const fromBelow = (mark: string): boolean => [...bubbled].some((other) => overlaps(other, mark));
  let marked = false;
  for (const mark of marks) {
    const entry = entries.find(([at]) => at === mark)?.[1];
    const theirs = entry === undefined && fromBelow(mark);
    if (own ? !theirs : theirs) marked = true;
    else if (!theirs && (entry !== undefined || isCovered(doc, mark))) setPathState(active, mark, entry?.prior);
  }
  if (found.length === 0) {
    for (const [at, entry] of entries) adopt(doc, at, entry);
    return;
  }
  const overlapped = (target: string): boolean => markedPaths(active).some((mark) => overlaps(mark, target));
  if (own && !marked && !all.some((mark) => !fromBelow(mark) && overlaps(mark, path))) {
    for (const mark of marksFor(found, children, path, prefix)) markPath(active, mark);
  }
  for (const mark of bubbled) if (!overlapped(mark)) markPath(active, mark);
}

/** What to mark for a change that Mongoose did not see: the elements of an array that differ, else the path. */
function marksFor(found: readonly Difference[], children: readonly Child[], path: string, prefix: string): string[] {
  const [first] = found;
  if (found.length !== 1 || first?.kind !== 'array' || first.from.length !== first.to.length) return [path];
  const depth = first.path.length + 1;
  const indexes = first.items
    .filter((item) => isOwn(item, children))
    .map((item) => item.path.slice(depth).split('.')[0] as string);
  return first.path === join(prefix, path) ? [...new Set(indexes)].map((index) => `${path}.${index}`) : [path];
}

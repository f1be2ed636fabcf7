/**
 * Where Mongoose finds what is assigned equal to what stands there, it replaces the value and leaves no mark: for it nothing
 * happened, and the marks of edits made before go on to speak for single fields. So the new subdocuments and Maps carry on
 * those that they replaced: what differs in them was edited, not assigned, and has the guard of that edit.
 */
import { isObject, isPlainObject } from '../values/kind';
import { isAtOrBelow, join } from '../values/path';
import { getRaw, mongooseHost } from './host';
import { asMongooseArray, isSubdocument, markedPaths, type Doc, type SchemaInternals } from './internals';

/** The instance that stood there at first, by the one that carries it on. */
const origins = new WeakMap<object, object>();

/** Does a value carry on the other, rather than replace it? */
export function carriesOn(original: object, current: object): boolean {
  return origins.get(current) === original;
}

/** An assignment that Mongoose may find equal to what stands there. */
export interface Assignment {
  /** The document that was asked to set a path, and that path. */
  readonly doc: Doc;
  readonly asked: string;
  /** The (sub)document that keeps the original, and the path in it. */
  readonly owner: Doc;
  readonly path: string;
  readonly before: unknown;
  /** What was marked at and below the path. */
  marks: ReadonlySet<string>;
}

const NO_MARKS: ReadonlySet<string> = new Set();

/** @param place the (sub)document that keeps the original, and the path in it */
export function assignmentOf(
  doc: Doc,
  path: string,
  place: { readonly doc: Doc; readonly path: string } | undefined,
): Assignment | undefined {
  if (place === undefined) return undefined;
  const before = getRaw(place.doc, place.path);
  if (!isObject(before)) return undefined;
  const assignment: Assignment = { doc, asked: path, owner: place.doc, path: place.path, before, marks: NO_MARKS };
  assignment.marks = marksOf(assignment);
  return assignment;
}

/** What has a mark now that had none before was found to differ, or is a Map's value: Mongoose marks those in any case. */
export function carry(assignment: Assignment): void {
  const { owner, path, before, marks } = assignment;
  // Marked before, it was replaced before.
  if (marks.has('')) return;
  const now = marksOf(assignment);
  carryOn(before, getRaw(owner, path), (below) => now.has(below) && !marks.has(below));
}

/** Marks at and below the path, as paths from there. */
function marksOf({ doc, asked, owner, path }: Assignment): ReadonlySet<string> {
  const own = marksBelow(doc, asked);
  return owner === doc ? own : new Set([...own, ...marksBelow(owner, path)]);
}

function marksBelow(doc: Doc, path: string): ReadonlySet<string> {
  const marks = markedPaths(doc.$__.activePaths).filter((mark) => isAtOrBelow(mark, path));
  return marks.length === 0 ? NO_MARKS : new Set(marks.map((mark) => mark.slice(path.length + 1)));
}

/**
 * Something was assigned that equals what stood there. Not followed into Mixed: nothing in it has a guard of its own.
 * @param isReplaced asked for the path of every value in it: was this one marked, so that all of it counts as replaced?
 */
function carryOn(before: unknown, now: unknown, isReplaced: (path: string) => boolean, path = ''): void {
  if (before === now || isReplaced(path)) return;
  if (isSubdocument(before) && isSubdocument(now)) {
    setOrigin(before, now);
    carryOnFields(now.$__schema, '', before._doc, now._doc, isReplaced, path);
  } else if (before instanceof Map && now instanceof Map) {
    setOrigin(before, now);
    Map.prototype.forEach.call(now, (item: unknown, key: unknown) => {
      carryOn(Map.prototype.get.call(before, key), item, isReplaced, join(path, String(key)));
    });
  } else if (asMongooseArray(before) !== undefined && asMongooseArray(now) !== undefined) {
    const items = mongooseHost.plain(before as object) as unknown[];
    (mongooseHost.plain(now as object) as unknown[]).forEach((item, i) => {
      if (isObject(item)) carryOn(items[i], item, isReplaced, join(path, String(i)));
    });
  }
}

function setOrigin(before: object, now: object): void {
  origins.set(now, origins.get(before) ?? before);
}

/** @param nested the nested object of the schema that the fields are in, with a dot behind it; empty at the top */
function carryOnFields(
  schema: SchemaInternals,
  nested: string,
  before: Record<string, unknown>,
  now: Record<string, unknown>,
  isReplaced: (path: string) => boolean,
  path: string,
): void {
  for (const key of Object.keys(now)) {
    const [from, to] = [before[key], now[key]];
    if (!isObject(from) || !isObject(to)) continue;
    const at = join(path, key);
    if (schema.nested[nested + key] !== true) carryOn(from, to, isReplaced, at);
    else if (isPlainObject(from) && isPlainObject(to))
      carryOnFields(schema, `${nested}${key}.`, from, to, isReplaced, at);
  }
}

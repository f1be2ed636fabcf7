/** Putting a state into a document from outside: the one that is stored now, and then the user's own changes on top of it. */
import { keep, setSource } from '../values/clone';
import { equal } from '../values/equal';
import { isMutable, isPlainObject } from '../values/kind';
import { isAtOrBelow } from '../values/path';
import { capture, captureEntry, schemaPathFromRoot, settingsOf } from './capture';
import { graft, slotOf, type Joined } from './graft';
import { getRaw, mongooseHost, putRaw } from './host';
import { STATE, asMongooseArray, markedPaths, setPathState, type Doc } from './internals';
import { dropErrors, dropPopulated, needsPutting, revive } from './restore';
import { isLoadedByOperator, typeAt } from './schema-facts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The paths that hold the values of one (sub)document: those of its schema, and keys of the given fields that the schema does
 * not have. A nested object is one path, in place of those below it, where it is none in any of the fields (null).
 */
export function fieldPaths(doc: Doc, ...all: readonly Fields[]): string[] {
  const { paths, nested, options } = doc.$__schema;
  const found = new Set<string>();
  for (const fields of all) {
    for (const path of Object.keys(nested)) {
      const value = valueIn(fields, path);
      if (value !== undefined && !isPlainObject(value)) found.add(path);
    }
    for (const key of Object.keys(fields)) if (!Object.hasOwn(paths, key) && nested[key] !== true) found.add(key);
  }
  for (const path of Object.keys(paths)) {
    const mongooses = doc.$isSubdocument !== true && (path === '_id' || path === options.versionKey);
    if (!path.endsWith('.$*') && !mongooses) found.add(path);
  }
  return [...found].filter((path) => !hasParentIn(found, path));
}

/** The value at a path of raw or plain fields, through nested objects only. */
export function valueIn(fields: unknown, path: string): unknown {
  let current = fields;
  for (const key of path.split('.'))
    current = isPlainObject(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  return current;
}

function hasParentIn(found: ReadonlySet<string>, path: string): boolean {
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1))
    if (found.has(path.slice(0, dot))) return true;
  return false;
}

/**
 * Is a path the user's alone? One that was not loaded and was written all the same; one whose elements were chosen by the
 * query, if it was changed; one that is left to Mongoose and marked. Nobody knows what it was, so it stays as it is.
 */
export function isLeftAlone(doc: Doc, path: string): boolean {
  const { selected } = doc.$__;
  // The element that its own query matched cannot be read again.
  if (selected !== undefined && selected !== null && Object.hasOwn(selected, `${path}.$`)) return true;
  const entry = doc.$__[STATE]?.originals.get(path);
  if (entry?.known === false && !doc.$__isSelected(path)) return true;
  const byMarks =
    (entry?.known === false && isLoadedByOperator(doc, path)) ||
    settingsOf(doc)?.rules.isExcluded(schemaPathFromRoot(doc, path)) === true;
  return byMarks && markedPaths(doc.$__.activePaths).some((mark) => isAtOrBelow(mark, path));
}

/** The values of a tree of (sub)documents as they are now, subdocuments by reference. */
export type Remembered = ReadonlyMap<Doc, ReadonlyMap<string, unknown>>;

export function remember(documents: readonly Doc[]): Remembered {
  return new Map(
    documents.map((doc) => [
      doc,
      new Map(fieldPaths(doc, doc._doc).map((path) => [path, keep(getRaw(doc, path), mongooseHost)])),
    ]),
  );
}

/** Makes a (sub)document what its twin is: values, marks, and a baseline without changes. */
export function takeStored(doc: Doc, twin: Doc): void {
  const state = doc.$__[STATE];
  const originals = new Map(state?.originals);
  const paths = fieldPaths(doc, doc._doc, twin._doc).filter((path) => doc.$__schema.nested[path] !== true);
  const alone = new Set(paths.filter((path) => isLeftAlone(doc, path)));
  const stays = (path: string): boolean => [...alone].some((item) => isAtOrBelow(path, item));
  openNested(doc, twin);
  for (const path of fieldPaths(doc, doc._doc, twin._doc)) {
    if (alone.has(path)) continue;
    const joined: Joined[] = [];
    const live = getRaw(doc, path);
    const next = graft(getRaw(twin, path), [live, originals.get(path)?.original], {}, joined);
    for (const item of joined) takeStored(item.live, item.fields as Doc);
    place(doc, path, next);
  }
  takeMarks(doc, twin, stays);
  doc.$isNew = false;
  doc.$__.primitiveAtomics = undefined;
  if (state === undefined) return;
  state.assigned = state.nested = undefined;
  for (const path of originals.keys()) if (!stays(path)) state.originals.delete(path);
  // The user may hold a reference to what was read, and change it later.
  for (const path of originals.keys()) if (isMutable(getRaw(doc, path))) captureEntry(doc, path, 'array');
}

/** A nested object that is null here and an object there, so that what is in it has a place. */
function openNested(doc: Doc, twin: Doc): void {
  for (const path of Object.keys(doc.$__schema.nested).sort())
    if (isPlainObject(getRaw(twin, path)) && !isPlainObject(getRaw(doc, path))) putRaw(doc, path, {});
}

function takeMarks(doc: Doc, twin: Doc, stays: (path: string) => boolean): void {
  const { activePaths } = doc.$__;
  const states = twin.$__.activePaths.paths;
  for (const path of new Set([...Object.keys(activePaths.paths), ...markedPaths(activePaths), ...Object.keys(states)]))
    if (!stays(path)) setPathState(activePaths, path, states[path]);
}

/** Puts a value, unless it is there already. */
function place(doc: Doc, path: string, next: unknown): void {
  const live = getRaw(doc, path);
  const atomics = asMongooseArray(live)?.$atomics();
  if (atomics !== undefined) for (const operator of Object.keys(atomics)) delete atomics[operator];
  if (!needsPutting(next, live)) return;
  if (!equal(next, live, mongooseHost)) dropPopulated(doc, path, next);
  putRaw(doc, path, revive(doc, path, next));
  dropErrors(doc, path);
}

/** Puts a value of the user's on top of the stored ones: a change like any other. */
export function lay(doc: Doc, path: string, value: unknown, remembered: Remembered): void {
  if (doc.$__schema.nested[path] === true) {
    layNested(doc, path, value, remembered);
    return;
  }
  const entry = captureEntry(doc, path, 'array');
  if (entry !== undefined && isReordered(entry.original, value)) {
    // As one that was assigned: of a Map edited in place, the order of keys says nothing.
    setSource(entry.original as object, value as object);
  }
  const joined: Joined[] = [];
  const candidates = [getRaw(doc, path), remembered.get(doc)?.get(path)];
  const next = graft(value, candidates, slotOf(typeAt(doc.$__schema, path), doc), joined);
  place(doc, path, next);
  for (const { live, fields, returning } of joined) {
    if (returning) renew(live);
    layFields(live, fields as Fields, remembered);
  }
}

function isReordered(before: unknown, now: unknown): boolean {
  if (!(before instanceof Map) || !(now instanceof Map)) return false;
  const kept = [...before.keys()].filter((key) => now.has(key));
  return [...now.keys()].filter((key) => before.has(key)).some((key, i) => key !== kept[i]);
}

function layNested(doc: Doc, path: string, value: unknown, remembered: Remembered): void {
  if (isPlainObject(value)) {
    for (const below of fieldPaths(doc, doc._doc))
      if (isAtOrBelow(below, path)) lay(doc, below, valueIn(value, below.slice(path.length + 1)), remembered);
  } else {
    capture(doc, path, 'set');
    putRaw(doc, path, value);
  }
}

/** A subdocument that others have removed is stored anew. */
function renew(doc: Doc): void {
  doc.$isNew = true;
  doc.$__[STATE]?.originals.clear();
}

function layFields(doc: Doc, fields: Fields, remembered: Remembered): void {
  for (const path of fieldPaths(doc, doc._doc, fields)) {
    const value = valueIn(fields, path);
    if (!equal(value, getRaw(doc, path), mongooseHost)) lay(doc, path, value, remembered);
  }
}

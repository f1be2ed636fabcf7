/**
 * `doc.sub = { ...doc.sub, name }`: the new subdocument holds the very Map, Mixed value or Date of the old one. The old one is
 * the baseline, and it is held by reference: before anything in what they share can change, it has to keep its originals.
 */
import { isObject } from '../values/kind';
import { captureEntry } from './capture';
import { getRaw, mongooseHost } from './host';
import { isSubdocument, type Doc, type SchemaInternals } from './internals';
import { baselineOf } from './part';
import { isMutableType } from './schema-facts';

/** Called right after an assignment. Costs nothing where the elements of what was assigned hold only scalars. */
export function keepShared(before: unknown, now: unknown): void {
  if (before === now) return;
  const held = new Set<object>();
  eachValue(now, (value) => held.add(value));
  if (held.size === 0) return;
  eachValue(before, (value, doc, path) => {
    if (held.has(value)) captureEntry(doc, path, 'read');
  });
}

/** Subdocuments that were made from a value, not loaded. */
const made = new WeakSet<object>();

/** Called where a document is made from a value. */
export function remember(doc: Doc): void {
  if (doc.$isSubdocument === true) made.add(doc);
}

/** The same when a subdocument that was put somewhere by a method of an array or a Map is read first: what stood in its place. */
export function keepReplaced(doc: Doc, path: string): void {
  if (!made.has(doc)) return;
  const raw = getRaw(doc, path);
  const before = baselineOf(doc);
  if (before !== doc && isSubdocument(before) && getRaw(before, path) === raw) captureEntry(before, path, 'read');
}

/** The values that can change in place, of all subdocuments in a value. */
function eachValue(value: unknown, visit: (value: object, doc: Doc, path: string) => void): void {
  if (!isObject(value)) return;
  if (isSubdocument(value)) {
    const { inPlace, inside } = pathsOf(value.$__schema);
    for (const path of inPlace) {
      const raw = getRaw(value, path);
      if (isObject(raw)) visit(raw, value, path);
    }
    for (const path of inside) eachValue(getRaw(value, path), visit);
  } else if (Array.isArray(value)) {
    for (const item of mongooseHost.plain(value) as unknown[]) {
      // Either all of them are subdocuments (or nothing), or none is.
      if (item !== null && item !== undefined && !isSubdocument(item) && !Array.isArray(item)) return;
      eachValue(item, visit);
    }
  } else if (value instanceof Map) {
    Map.prototype.forEach.call(value, (item: unknown) => {
      eachValue(item, visit);
    });
  }
}

interface SubdocumentPaths {
  /** Paths whose values can be changed in place. */
  readonly inPlace: readonly string[];
  /** Paths that can hold subdocuments. */
  readonly inside: readonly string[];
}

const known = new WeakMap<SchemaInternals, SubdocumentPaths>();

function pathsOf(schema: SchemaInternals): SubdocumentPaths {
  let paths = known.get(schema);
  if (paths === undefined) {
    const own = Object.keys(schema.paths).filter((path) => !path.endsWith('.$*'));
    const inPlace = own.filter((path) => isMutableType(schema.paths[path]));
    const inside = own.filter((path) => {
      const type = schema.paths[path];
      return type?.$isSingleNested === true || type?.$isMongooseArray === true || type?.$isSchemaMap === true;
    });
    paths = { inPlace, inside };
    known.set(schema, paths);
  }
  return paths;
}

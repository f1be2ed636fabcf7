/** What the database held at a path when the baseline was taken, as far as a document knows. */
import { detach, put } from '../values/clone';
import { asStored, isAbsent, storedItem } from '../values/equal';
import { subtypeOf } from '../values/binary';
import { isPlainObject, kindOf } from '../values/kind';
import { join } from '../values/path';
import { settingsOf } from './capture';
import { getRaw, mongooseHost, originalFields } from './host';
import { STATE, elementType, isSubdocument, modelOf, type Doc, type SchemaTypeInternals } from './internals';
import { isLoadedByOperator, isPartlySelected, typeAt } from './schema-facts';

/** A value at the baseline, and what the schema says of the place; without a type anything may stand there. */
export interface Baseline {
  /** `undefined`: nothing was stored. Held as the document holds it: not detached. */
  readonly value: unknown;
  readonly type: SchemaTypeInternals | undefined;
  /** A nested object of the schema: empty and absent are one, as Mongoose stores or leaves out either. */
  readonly nested: boolean;
  /** A date that Mongoose keeps for the (sub)document that it stands in. */
  readonly stamp: boolean;
}

/**
 * The value at a path of a document at its baseline; `undefined` if nobody knows it (not selected, or changed before it was
 * met). A default that was never stored is absent.
 * @param visit called with each element of an array of documents that the path leads through, and where it stands
 */
export function baselineAt(
  doc: Doc,
  path: string,
  visit: (element: Doc, at: string) => void = () => undefined,
): Baseline | undefined {
  return inDocument(doc, path.split('.'), '', visit);
}

type Visit = (element: Doc, at: string) => void;

function inDocument(doc: Doc, parts: readonly string[], at: string, visit: Visit): Baseline | undefined {
  const schema = doc.$__schema;
  const originals = doc.$__[STATE]?.originals;
  for (let n = 1; n <= parts.length; n++) {
    const path = parts.slice(0, n).join('.');
    const type = typeAt(schema, path);
    const entry = originals?.get(path);
    const nested = type === undefined && schema.nested[path] === true;
    if (nested && entry === undefined && n < parts.length) continue;
    const rest = parts.slice(n);
    const here = join(at, path);
    if (settingsOf(doc)?.rules.isExcluded(here) === true) return undefined;
    if (!isKnown(doc, path, rest.length === 0)) return inUnknown(getRaw(doc, path), rest, here, visit);
    const held = entry !== undefined ? entry.original : nested ? getField(storedFields(doc), path) : getRaw(doc, path);
    const value = isStored(doc, path) ? held : undefined;
    if (rest.length > 0) return inValue(value, type, rest, here, visit);
    return { value, type, nested, stamp: isStamp(doc, path, value) };
  }
  return undefined;
}

/** Not what was not selected, or changed before it was met. */
function isKnown(doc: Doc, path: string, whole: boolean): boolean {
  const entry = doc.$__[STATE]?.originals.get(path);
  if (entry !== undefined) return entry.known && !(whole && entry.partial);
  // Mongoose marks a nested object whose fields are kept one by one.
  const marked = doc.$__.activePaths.states['modify']?.[path] === true && doc.$__schema.nested[path] !== true;
  if (marked || isLoadedByOperator(doc, path)) return false;
  return doc.$__isSelected(path) && !(whole && isPartlySelected(doc, path));
}

/** Where elements really stand may be unknown (`$slice`); what a subdocument holds is not. */
function inUnknown(value: unknown, rest: readonly string[], at: string, visit: Visit): Baseline | undefined {
  const [key] = rest;
  if (key === undefined || value === null || typeof value !== 'object') return undefined;
  const plain = mongooseHost.plain(value);
  if (isSubdocument(plain)) return inValue(plain, undefined, rest, at, visit);
  return Array.isArray(plain) ? inUnknown(plain[Number(key)], rest.slice(1), join(at, key), visit) : undefined;
}

/** A date that Mongoose writes itself: `createdAt` where there was none. */
function isStamp(doc: Doc, path: string, value: unknown): boolean {
  const { updatedAt, createdAt } = doc.$__schema.$timestamps ?? {};
  return path === updatedAt || (path === createdAt && value === undefined);
}

/** Not one of the defaults that stand in memory only. */
function isStored(doc: Doc, path: string): boolean {
  const entry = doc.$__[STATE]?.originals.get(path);
  return (entry === undefined ? doc.$__.activePaths.paths[path] : entry.prior) !== 'default';
}

function inValue(
  value: unknown,
  type: SchemaTypeInternals | undefined,
  rest: readonly string[],
  at: string,
  visit: Visit,
): Baseline | undefined {
  const [key] = rest;
  if (key === undefined) return { value, type, nested: false, stamp: false };
  if (value === null || typeof value !== 'object') return inValue(undefined, undefined, [], at, visit);
  const plain = mongooseHost.plain(value);
  if (isSubdocument(plain)) {
    if (plain.$isDocumentArrayElement === true) visit(plain, at);
    return inDocument(plain, rest, at, visit);
  }
  const below = `${at}.${key}`;
  if (Array.isArray(plain)) return inValue(plain[Number(key)], innerType(type), rest.slice(1), below, visit);
  if (plain instanceof Map)
    return inValue(Map.prototype.get.call(plain, key), type?.$__schemaType, rest.slice(1), below, visit);
  const field = isPlainObject(plain) && Object.hasOwn(plain, key) ? plain[key] : undefined;
  return inValue(field, undefined, rest.slice(1), below, visit);
}

function innerType(type: SchemaTypeInternals | undefined): SchemaTypeInternals | undefined {
  return type?.$isMongooseArray === true ? elementType(type) : undefined;
}

function getField(fields: Record<string, unknown>, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      fields,
    );
}

/** The fields of a (sub)document as they were stored: those at the baseline, without defaults that stand in memory only. */
function storedFields(doc: Doc): Record<string, unknown> {
  const fields = { ...originalFields(doc) };
  const originals = doc.$__[STATE]?.originals;
  const defaults = Object.keys(doc.$__.activePaths.states['default'] ?? {}).filter((path) => !originals?.has(path));
  for (const [path, entry] of originals ?? []) if (entry.prior === 'default') defaults.push(path);
  for (const path of defaults) leaveOut(fields, path.split('.'));
  // Mongoose makes the nested objects of a schema whether they are stored or not.
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (doc.$__schema.nested[key] === true && isPlainObject(value) && Object.keys(value).length === 0)
      Reflect.deleteProperty(fields, key);
  }
  return fields;
}

/** Takes a path out of fields that are shared with the document below their first level. */
function leaveOut(fields: Record<string, unknown>, parts: readonly string[]): void {
  const [key, ...rest] = parts as [string, ...string[]];
  const inner = fields[key];
  if (rest.length === 0) Reflect.deleteProperty(fields, key);
  else if (isPlainObject(inner)) leaveOut((fields[key] = { ...inner }), rest);
}

/**
 * A detached copy of a value at the baseline, as it is stored: subdocuments as plain objects, populated documents as their ids,
 * bytes with their subtype.
 */
export function storedCopy(value: unknown, doc: Doc, depth = 0): unknown {
  if (isAbsent(value)) return undefined;
  if (value === null || typeof value !== 'object' || depth > 100) return value;
  const plain = mongooseHost.plain(value);
  if (plain === null || typeof plain !== 'object') return plain;
  const inner = (item: unknown): unknown => storedCopy(item, doc, depth + 1);
  if (isSubdocument(plain)) return copyFields(storedFields(plain), inner);
  switch (kindOf(plain)) {
    case 'array':
      return Array.from(plain as unknown[], (item) => inner(storedItem(item)));
    case 'map': {
      const copy = new Map<unknown, unknown>();
      Map.prototype.forEach.call(plain, (item: unknown, key: unknown) => {
        if (!isAbsent(item)) copy.set(key, inner(item));
      });
      return copy;
    }
    case 'object':
      return copyFields(plain as Record<string, unknown>, inner);
    case 'binary':
      return withSubtype(detach(plain), doc);
    case 'opaque':
      return inner(asStored(plain));
    default:
      return detach(plain, mongooseHost, 'original');
  }
}

function copyFields(fields: Record<string, unknown>, inner: (item: unknown) => unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(fields)) if (!isAbsent(fields[key])) put(copy, key, inner(fields[key]));
  return copy;
}

/** A copy of Mongoose's buffers would be stored without their subtype. */
function withSubtype(bytes: unknown, doc: Doc): unknown {
  if (!(bytes instanceof Uint8Array) || subtypeOf(bytes) === 0) return bytes;
  const { Binary } = modelOf(doc).base.mongo;
  const subtype = subtypeOf(bytes);
  Object.defineProperty(bytes, 'toBSON', { value: () => new Binary(bytes, subtype), configurable: true });
  return bytes;
}

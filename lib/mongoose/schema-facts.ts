import { FIELDS, FREE, type Place } from '../tracker/differences';
import { elementType, type Doc, type SchemaInternals, type SchemaTypeInternals } from './internals';

/** Work per schema type, once: this is asked for every comparison. */
const places = new WeakMap<SchemaTypeInternals, Place>();

const ORDERED_ITEMS: Place = { ordered: true, guarded: true };

function isFree(type: SchemaTypeInternals | undefined): boolean {
  return type === undefined || type.instance === 'Mixed' || type.instance === 'Union' || type.$isSchemaUnion === true;
}

function makePlace(type: SchemaTypeInternals): Place {
  if (type.$isSchemaMap === true) return { ...ORDERED_ITEMS, inner: () => placeOfType(type.$__schemaType) };
  if (isFree(type)) return FREE;
  return type.$isMongooseArray === true && isFree(innermost(type)) ? ORDERED_ITEMS : FIELDS;
}

/** How the value of a schema path is compared. A path without a schema type holds free data (`strict: false`). */
export function placeOfType(type: SchemaTypeInternals | undefined): Place {
  if (type === undefined) return FREE;
  let place = places.get(type);
  if (place === undefined) {
    place = makePlace(type);
    places.set(type, place);
  }
  return place;
}

function innermost(type: SchemaTypeInternals): SchemaTypeInternals | undefined {
  let current: SchemaTypeInternals | undefined = type;
  for (let depth = 0; current?.$isMongooseArray === true && depth < 20; depth++) {
    if (current.$isMongooseDocumentArray === true) return current;
    current = elementType(current);
  }
  return current;
}

/** How the value of a (possibly nested) key of a (sub)document is compared. */
export function placeOfKey(schema: SchemaInternals, path: string): Place {
  const type = typeAt(schema, path);
  if (type !== undefined) return placeOfType(type);
  return schema.nested[path] === true ? { ...FIELDS, inner: (key) => placeOfKey(schema, `${path}.${key}`) } : FREE;
}

export function typeAt(schema: SchemaInternals, path: string): SchemaTypeInternals | undefined {
  return Object.hasOwn(schema.paths, path) ? schema.paths[path] : undefined;
}

/**
 * Instances that nothing but a new assignment can change. A single nested subdocument is among them: its own fields
 * are tracked by itself.
 */
const IMMUTABLE_INSTANCES = new Set([
  'String',
  'Number',
  'Boolean',
  'ObjectId',
  'ObjectID',
  'Decimal128',
  'BigInt',
  'Double',
  'Int32',
  'Embedded',
]);

/** Can the values of a path be changed in place, so that reading them must keep their original? */
export function isMutableType(type: SchemaTypeInternals | undefined): boolean {
  return type === undefined || !IMMUTABLE_INSTANCES.has(type.instance);
}

/** Does the timestamps hook of a save put something into a new (sub)document of this schema, however empty it is? */
export function isStamped({ $timestamps }: SchemaInternals): boolean {
  return typeof $timestamps?.createdAt === 'string' || typeof $timestamps?.updatedAt === 'string';
}

/** Is a path guarded by the version key? Not without one, and not if the schema leaves the path out of versioning. */
export function isVersioned(schema: SchemaInternals, path: string): boolean {
  if (!schema.options.versionKey) return false;
  const skip = schema.options.skipVersioning;
  // Mongoose's own rule (`shouldSkipVersioning`), which takes out the first index only.
  return skip?.[path.replace(/\.\d+\./, '.')] !== true;
}

/** The paths of a schema below a nested object, mutable and immutable ones. */
export function pathsBelow(schema: SchemaInternals, nested: string): string[] {
  const prefix = `${nested}.`;
  return Object.keys(schema.paths).filter((path) => path.startsWith(prefix) && !path.endsWith('.$*'));
}

/** Is a path loaded with an operator (`$slice`, `$elemMatch`, `items.$`)? Positions in memory then are not those stored. */
export function isLoadedByOperator(doc: Doc, path: string): boolean {
  const { selected } = doc.$__;
  if (selected === undefined || selected === null) return false;
  const dot = path.indexOf('.');
  const top = dot === -1 ? path : path.slice(0, dot);
  const operator = selected[top];
  return (
    (operator !== null && typeof operator === 'object' && !('$meta' in operator)) || Object.hasOwn(selected, `${top}.$`)
  );
}

/** Are some fields below a path selected and others not? */
export function isPartlySelected(doc: Doc, path: string): boolean {
  const { selected } = doc.$__;
  if (selected === undefined || selected === null) return false;
  const prefix = `${path}.`;
  return Object.keys(selected).some((key) => key.startsWith(prefix));
}

/** The paths that hold the values of a (sub)document: its schema's, and top keys that the schema does not know. */
export function valuePaths(doc: Doc): string[] {
  const schema = doc.$__schema;
  const paths = Object.keys(schema.paths).filter(
    (path) => !path.endsWith('.$*') && path !== '_id' && path !== schema.options.versionKey,
  );
  for (const key of Object.keys(doc._doc)) {
    if (!Object.hasOwn(schema.paths, key) && schema.nested[key] !== true) paths.push(key);
  }
  return paths;
}

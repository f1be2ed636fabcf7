/**
 * The first read of a value that can be changed in place keeps its original. Only the accessors of such paths are wrapped:
 * reading a String or ObjectId runs Mongoose's own accessor and nothing else.
 */
import { captureEntry, capture, settingsOf } from './capture';
import { STATE, type Doc, type SchemaInternals } from './internals';
import { override, overrideAlias, type Build } from './prototypes';
import { isMutableType, typeAt } from './schema-facts';
import { keepBefore } from './shared';

/** On a nested object's wrapper that was seen: its accessors are wrapped. */
const WATCHED: unique symbol = Symbol('mongoose-cow-tracking#watched');

export function installReads(prototype: Doc): void {
  wrapReads(prototype);
  // `recompileSchema()` and discriminators that share a child schema compile all accessors again.
  override(
    prototype,
    '$__setSchema',
    (base) =>
      function $__setSchema(this: Doc, ...args: unknown[]) {
        const result = base().apply(this, args);
        if (Object.hasOwn(this, '$__schema')) wrapReads(this);
        return result;
      },
  );
}

/** Reads run through a method only where there is something to keep: Mongoose asks elements for their ids, each for each. */
function wrapReads(prototype: Doc): void {
  wrapAccessors(prototype);
  // A model's schema may get paths later (`schema.add()`); elements are what there are many of.
  if (gets.has(prototype) || (prototype.$isSubdocument === true && !holdsMutable(prototype.$__schema))) return;
  gets.add(prototype);
  const get: Build = (_, above) =>
    function get(this: Doc, path: unknown, type: unknown, options: unknown) {
      const value = above().$get.call(this, path, type, options);
      if (
        value !== null &&
        typeof value === 'object' &&
        typeof path === 'string' &&
        (this as { $__isNested?: boolean }).$__isNested !== true
      )
        touchPath(this, path);
      return value;
    };
  overrideAlias(prototype, '$get', 'get', get);
}

/** Prototypes whose `get()` is ours. */
const gets = new WeakSet<object>();

/** Can values be reached from a document of this schema that are changed in place? Mongoose's `get()` leads into subdocuments. */
function holdsMutable({ paths, options }: SchemaInternals, depth = 0): boolean {
  if (options.strict === false || depth > 20) return true;
  return Object.values(paths).some(
    (type) => isMutableType(type) || (type.schema !== undefined && holdsMutable(type.schema, depth + 1)),
  );
}

/** Our own getters: what they wrap is not wrapped again. */
const wrappers = new WeakSet<object>();

function wrapAccessors(prototype: Doc): void {
  const schema = prototype.$__schema;
  for (const key of Object.keys(schema.tree)) wrapKey(prototype, key, key, schema);
}

/** Puts a getter over a compiled one. */
function wrapGetter(
  target: object,
  key: string,
  build: (read: (this: Doc) => unknown) => (this: Doc) => unknown,
): void {
  const accessor = Object.getOwnPropertyDescriptor(target, key);
  const read = accessor?.get;
  if (accessor === undefined || read === undefined || wrappers.has(read)) return;
  const get = build(read as (this: Doc) => unknown);
  wrappers.add(get);
  Object.defineProperty(target, key, { ...accessor, get });
}

function wrapKey(target: object, key: string, path: string, schema: SchemaInternals): void {
  if (schema.nested[path] === true) wrapNested(target, key, path, schema);
  else if (typeAt(schema, path) !== undefined && isMutableType(typeAt(schema, path))) wrapMutable(target, key, path);
}

function wrapMutable(target: object, key: string, path: string): void {
  wrapGetter(
    target,
    key,
    (read) =>
      function (this: Doc) {
        const value = read.call(this);
        if (value !== null && typeof value === 'object') touch(ownerOf(this), path);
        return value;
      },
  );
}

/** Nested wrappers are plain `Document.prototype` objects: their writes and reads pass all our overrides by. */
function wrapNested(target: object, key: string, path: string, schema: SchemaInternals): void {
  // Beside Mongoose's own cache of wrappers, by path: the one in it that was seen.
  const seen = Symbol(path);
  wrapGetter(
    target,
    key,
    (read) =>
      function (this: Doc) {
        // On the prototype itself there is no document behind it.
        const wrappers = (this as Partial<Doc>).$__?.getters;
        if (wrappers !== undefined) {
          const known = wrappers[seen];
          if (known !== undefined && known === wrappers[path]) return known;
        }
        const value = read.call(this);
        if (value !== null && typeof value === 'object') {
          if ((value as { [WATCHED]?: true })[WATCHED] !== true) watchNested(value, this, path, schema);
          remember(this, path, seen, value);
        }
        return value;
      },
  );
}

/** Only what Mongoose itself hands out by looking at its cache. */
function remember(doc: Doc, path: string, seen: symbol, value: object): void {
  const { getters } = doc.$__;
  if (getters?.[path] === value) Object.defineProperty(getters, seen, { value, writable: true, configurable: true });
}

function watchNested(nested: object, parent: Doc, path: string, schema: SchemaInternals): void {
  // A virtual may stand where a nested object is declared (gh-14446).
  if ((nested as { $__isNested?: boolean }).$__isNested !== true) return;
  Object.defineProperty(nested, WATCHED, { value: true });
  for (const name of ['$set', 'set', 'markModified', '$inc', 'get', '$get']) {
    if (Object.hasOwn(schema.paths, `${path}.${name}`) || schema.nested[`${path}.${name}`] === true) continue;
    const owner = ownerOf(parent) as unknown as Record<string, unknown>;
    // The accessors call these with the document as `this`.
    const method = owner[name];
    if (typeof method === 'function')
      Object.defineProperty(nested, name, { value: method, writable: true, configurable: true, enumerable: false });
  }
  for (const key of Object.keys(nested)) wrapKey(nested, key, `${path}.${key}`, schema);
}

/** The (sub)document behind a nested wrapper; wrappers share its `$__`, which knows it by a symbol. */
function ownerOf(doc: Doc): Doc {
  if ((doc as { $__isNested?: boolean }).$__isNested !== true) return doc;
  let current = doc as Doc & { $__isNested?: boolean; $__parent?: Doc };
  while (current.$__isNested === true && current.$__parent !== undefined) current = current.$__parent;
  return current;
}

function touch(doc: Doc, path: string): void {
  if (doc.$__[STATE]?.originals.has(path) === true) return;
  keepBefore(doc);
  captureEntry(doc, path, 'read');
}

function touchPath(doc: Doc, path: string): void {
  const schema = doc.$__schema;
  const type = typeAt(schema, path);
  // First, as it is the cheapest: Mongoose compares ids of elements so, each with each.
  if (type !== undefined && !isMutableType(type)) return;
  if (doc.$__[STATE]?.originals.has(path) === true || settingsOf(doc) === undefined) return;
  if (type !== undefined) touch(doc, path);
  else if (path.includes('.') || schema.options.strict === false) capture(doc, path, 'read');
}

/**
 * Everything private of Mongoose that this plugin stands on, typed. Read in 8.24.4, 8.24.10, 9.9.3 and 9.12.1.
 * `assertSupported()` checks at plugin time that a version still has it; what it misses is named in the error.
 */
import type { DocumentState } from '../document/state';

/** `lib/stateMachine.js`: which path is in which state (`modify`, `init`, `default`, `require`, `ignore`). */
export interface ActivePaths {
  paths: Record<string, string | undefined>;
  states: Record<string, Record<string, true> | undefined>;
  modify(path: string): void;
  init(path: string): void;
  default(path: string): void;
  require(path: string): void;
  clone(): ActivePaths;
}

/** Where a document's tracking state lives: on `doc.$__`, which nested wrappers share and `$clone()` does not copy. */
export const STATE: unique symbol = Symbol('mongoose-cow-tracking#state');

/** `lib/internal.js`. */
export interface InternalCache {
  [STATE]?: DocumentState | undefined;
  activePaths: ActivePaths;
  selected?: Record<string, unknown> | null | undefined;
  savedState?: unknown;
  saving?: unknown;
  saveOptions?: { session?: unknown; pathsToSave?: unknown; timestamps?: unknown } | null;
  inserting?: boolean;
  version?: number | undefined;
  primitiveAtomics?: Record<string, Record<string, unknown>> | undefined;
  populated?: Record<string, { value: unknown }> | undefined;
  validationError?: { errors: Record<string, unknown> } | undefined;
  wasPopulated?: unknown;
  session?: unknown;
  /** The values of the shard key as they are stored. */
  shardval?: Record<string, unknown>;
  getters?: Record<string | symbol, unknown>;
  backup?: unknown;
  isDeleted?: boolean;
}

/** `lib/schemaType.js` and its subclasses, as far as they tell what a path holds. */
export interface SchemaTypeInternals {
  readonly path: string;
  readonly instance: string;
  readonly $isMongooseArray?: boolean;
  readonly $isMongooseDocumentArray?: boolean;
  readonly $isSingleNested?: boolean;
  readonly $isSchemaMap?: boolean;
  readonly $isSchemaUnion?: boolean;
  readonly $__schemaType?: SchemaTypeInternals;
  readonly embeddedSchemaType?: SchemaTypeInternals;
  readonly $embeddedSchemaType?: SchemaTypeInternals;
  readonly caster?: SchemaTypeInternals;
  readonly schema?: SchemaInternals;
  readonly options?: { readonly immutable?: unknown };
  readonly Constructor?: ConstructorInternals;
  readonly casterConstructor?: ConstructorInternals;
}

export interface SchemaInternals {
  readonly paths: Record<string, SchemaTypeInternals>;
  readonly nested: Record<string, boolean>;
  readonly virtuals: Record<string, unknown>;
  readonly aliases: Record<string, string>;
  readonly tree: Record<string, unknown>;
  readonly childSchemas: readonly { schema: SchemaInternals; model: ConstructorInternals }[];
  readonly options: {
    versionKey?: string | false;
    optimisticConcurrency?: unknown;
    skipVersioning?: Record<string, boolean> | null;
    discriminatorKey?: string;
    minimize?: boolean;
    timestamps?: unknown;
    strict?: unknown;
    typeKey?: string;
    shardKey?: Record<string, unknown>;
    readConcern?: { level?: string };
  };
  readonly discriminatorMapping?: { key?: string; isRoot?: boolean };
  readonly discriminators?: Record<string, SchemaInternals>;
  readonly $timestamps?: { createdAt?: string | false; updatedAt?: string | false };
  readonly childSchemasByPath?: unknown;
  pathType(path: string): string;
  requiredPaths(): readonly string[];
  path(path: string): SchemaTypeInternals | undefined;
}

/** A compiled model, or the constructor of a kind of subdocument. */
export interface ConstructorInternals {
  new (...args: unknown[]): Doc;
  readonly prototype: Doc;
  readonly schema?: SchemaInternals;
  readonly discriminators?: Record<string, ConstructorInternals>;
  readonly modelName?: string;
  readonly collection?: CollectionInternals;
}

/** What a model offers in public, without importing it. */
export interface ModelInternals extends ConstructorInternals {
  readonly base: {
    /** The driver. */
    readonly mongo: {
      readonly Binary: new (bytes: Uint8Array, subtype: number) => object;
      readonly BSON: {
        serialize(value: object, options: { ignoreUndefined: boolean }): Uint8Array;
        deserialize(bytes: Uint8Array): Record<string, unknown>;
      };
    };
  };
  hydrate(raw: object): Doc;
}

/** The model of a root document. */
export function modelOf(doc: Doc): ModelInternals {
  return doc.constructor as ModelInternals;
}

export interface CollectionInternals {
  find(filter: unknown, options?: unknown): { toArray(): Promise<Record<string, unknown>[]> };
  findOne(filter: unknown, ...rest: unknown[]): Promise<unknown>;
  insertMany(documents: unknown, ...rest: unknown[]): Promise<unknown>;
  updateOne(filter: unknown, update: unknown, ...rest: unknown[]): Promise<unknown>;
}

/** A document or subdocument, seen from inside (`lib/document.js`, `lib/types/subdocument.js`). */
export interface Doc {
  $__: InternalCache;
  _doc: Record<string, unknown>;
  readonly $__schema: SchemaInternals;
  $isNew: boolean;
  $errors?: Record<string, unknown> | undefined;
  isNew: boolean;
  readonly constructor: ConstructorInternals;
  readonly $isSubdocument?: boolean;
  readonly $isSingleNested?: boolean;
  readonly $isDocumentArrayElement?: boolean;
  readonly $basePath?: string;
  readonly __parentArray?: MongooseArrayInternals;
  $parent?(): Doc | null | undefined;
  $__isSelected(path: string): boolean;
  $session(): SessionInternals | null;
  $set(path: unknown, value?: unknown, type?: unknown, options?: unknown): unknown;
  $markValid(path: string): void;
  $populated(path: string, value?: unknown, options?: unknown): unknown;
  modifiedPaths(options?: unknown): string[];
}

export interface SessionInternals {
  readonly transaction?: { readonly isActive: boolean };
}

/** `lib/types/array`: what the proxies answer. */
export interface MongooseArrayInternals extends Array<unknown> {
  readonly isMongooseArray?: boolean;
  readonly __array?: unknown[];
  $path(): string;
  $parent(): Doc | undefined;
  $atomics(): Record<string, unknown>;
}

export const VERSION_WHERE = 1;
export const VERSION_INC = 2;
export const VERSION_ALL = VERSION_WHERE | VERSION_INC;

/** Is the value a document or a subdocument? */
export function isDocument(value: unknown): value is Doc {
  return (
    value !== null &&
    typeof value === 'object' &&
    (value as Partial<Doc>).$__ !== undefined &&
    (value as Partial<Doc>)._doc !== undefined
  );
}

/** Is the value a subdocument: stored within its parent, with fields of its own? */
export function isSubdocument(value: unknown): value is Doc {
  return isDocument(value) && value.$isSubdocument === true;
}

/** The array proxy's methods, if the value is one of Mongoose's arrays. */
export function asMongooseArray(value: unknown): MongooseArrayInternals | undefined {
  return Array.isArray(value) && (value as unknown as MongooseArrayInternals).isMongooseArray === true
    ? (value as unknown as MongooseArrayInternals)
    : undefined;
}

/** The schema type of array elements; 8 calls it `caster`, 9 `embeddedSchemaType`. */
export function elementType(type: SchemaTypeInternals): SchemaTypeInternals | undefined {
  return type.embeddedSchemaType ?? type.$embeddedSchemaType ?? type.caster;
}

/** Puts a path into a state, whatever Mongoose believed before: `paths` and `states` drift apart after `$__undoReset()`. */
export function setPathState(active: ActivePaths, path: string, state: string | undefined): void {
  for (const bucket of Object.values(active.states)) if (bucket !== undefined) delete bucket[path];
  delete active.paths[path];
  if (state !== undefined && state !== 'modify') {
    (active.states[state] ??= {})[path] = true;
    active.paths[path] = state;
  }
}

/** Marks a path, also where `paths` wrongly says that it is marked already. */
export function markPath(active: ActivePaths, path: string): void {
  if (active.states['modify']?.[path] === true) return;
  delete active.paths[path];
  active.modify(path);
}

/** The paths marked as modified. */
export function markedPaths(active: ActivePaths): string[] {
  const modify = active.states['modify'];
  return modify === undefined ? [] : Object.keys(modify);
}

/** Takes all marks of a (sub)document away: what it holds is stored. */
export function clearMarks(doc: Doc): void {
  const { activePaths } = doc.$__;
  for (const mark of markedPaths(activePaths)) setPathState(activePaths, mark, 'init');
}

/** Is no path in a state? */
export function isEmptyState(active: ActivePaths, state: string): boolean {
  for (const _path in active.states[state]) return false;
  return true;
}

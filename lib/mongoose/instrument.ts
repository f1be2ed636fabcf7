/** What is put on a compiled model and on the constructors of its subdocuments, once each. */
import type { Settings } from '../options';
import { SETTINGS } from './capture';
import { installStatics } from './bulk';
import { installCleanSave } from './clean-save';
import { installDelta } from './delta';
import {
  STATE,
  clearMarks,
  elementType,
  type ConstructorInternals,
  type Doc,
  type SchemaInternals,
  type SchemaTypeInternals,
} from './internals';
import { installLife, installModelLife } from './life';
import { hasInstrumentedPrototype, isInstrumented, markInstrumented, override } from './prototypes';
import { installQuestions } from './questions';
import { installReads } from './reads';
import { installTracker } from './tracker-property';
import { installWrites } from './writes';

/** Instruments a model with everything below it. Idempotent: Mongoose emits `init` more than once for a model. */
export function instrumentModel(model: ConstructorInternals, settings: Settings): void {
  const { prototype } = model;
  if (!isInstrumented(prototype)) {
    instrument(prototype);
    installModelLife(prototype);
    installDelta(prototype);
    installCleanSave(prototype);
    installStatics(model);
    Object.defineProperty(prototype, SETTINGS, { value: settings, configurable: true });
  }
  instrumentChildren(prototype.$__schema, new Set());
  for (const discriminator of Object.values(model.discriminators ?? {})) instrumentLate(discriminator.prototype);
}

/** What models and subdocuments have in common. */
function instrument(prototype: Doc): void {
  markInstrumented(prototype);
  installReads(prototype);
  installWrites(prototype, instrumentSelf);
  installQuestions(prototype);
  installLife(prototype);
  installTracker(prototype);
  override(
    prototype,
    'init',
    // Hot, for every document and subdocument that is loaded: no list of arguments, no closure.
    (_, above) =>
      function init(this: Doc, doc: unknown, options: unknown, done: unknown) {
        if (!hasInstrumentedPrototype(this)) instrumentLate(Object.getPrototypeOf(this) as Doc);
        const again = this.$__[STATE] !== undefined;
        const result = above().init.call(this, doc, options, done);
        if (this.$__[STATE] !== undefined) forgetTracking(this, again);
        return result;
      },
  );
}

/**
 * Setters and defaults may have read values while they were being loaded; and a document that is loaded again holds what is
 * stored, while Mongoose keeps the marks from before.
 */
function forgetTracking(doc: Doc, again: boolean): void {
  doc.$__[STATE] = undefined;
  if (!again) return;
  clearMarks(doc);
  doc.$__.primitiveAtomics = undefined;
}

/** Called where a document comes to life: its constructor may have been compiled after its base was instrumented. */
function instrumentSelf(doc: Doc): void {
  if (!hasInstrumentedPrototype(doc)) instrumentLate(Object.getPrototypeOf(doc) as Doc);
}

/**
 * A discriminator, or another constructor that was compiled after its base: it inherits the methods, but has accessors of
 * its own, and children.
 */
export function instrumentLate(prototype: Doc): void {
  if (isInstrumented(prototype)) return;
  markInstrumented(prototype);
  installReads(prototype);
  instrumentChildren(prototype.$__schema, new Set());
}

function instrumentChildren(schema: SchemaInternals, seen: Set<SchemaInternals>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  for (const type of Object.values(schema.paths)) instrumentType(type, seen);
}

function instrumentType(type: SchemaTypeInternals, seen: Set<SchemaInternals>, depth = 0): void {
  if (depth > 20) return;
  const value = type.$__schemaType;
  if (type.$isSchemaMap === true && value !== undefined) instrumentType(value, seen, depth + 1);
  for (const child of constructorsOf(type)) instrumentConstructor(child, seen);
  const element = elementType(type);
  if (type.$isMongooseArray === true && element !== undefined && element !== type)
    instrumentType(element, seen, depth + 1);
}

/** The constructors of the subdocuments at a path: `Constructor` in 9; `caster` (single) and `casterConstructor` (arrays) in 8. */
function constructorsOf(type: SchemaTypeInternals): ConstructorInternals[] {
  return [type.Constructor, type.casterConstructor, type.caster as unknown as ConstructorInternals | undefined].filter(
    (item): item is ConstructorInternals =>
      typeof item === 'function' && (item.prototype as Partial<Doc> | undefined)?.$__schema !== undefined,
  );
}

function instrumentConstructor(child: ConstructorInternals, seen: Set<SchemaInternals>): void {
  const { prototype } = child;
  if (!isInstrumented(prototype)) instrument(prototype);
  instrumentChildren(prototype.$__schema, seen);
  for (const discriminator of Object.values(child.discriminators ?? {})) instrumentConstructor(discriminator, seen);
}

import { fail } from '../errors';
import type { Doc } from './internals';

/** On an instrumented prototype: what its own properties were before, so that overrides can call them. */
const PREVIOUS: unique symbol = Symbol('mongoose-cow-tracking#previous');

/** On an instrumented prototype: itself, which tells it from those that inherit from it, for the price of one load. */
const SELF: unique symbol = Symbol('mongoose-cow-tracking#self');

export type Method = (this: Doc, ...args: unknown[]) => unknown;
type Key = string | symbol;

/**
 * Methods by name; those that run at every load, read or write are called by a name in the source, which V8 looks up faster
 * than one in a variable.
 */
export interface Methods {
  readonly [key: Key]: Method;
  readonly init: Method;
  readonly $set: Method;
  readonly $get: Method;
  readonly $emit: Method;
}

/** What an override gets: `base()` is the method that it replaces, `above()` the object that has it. */
export type Build = (base: () => Method, above: () => Methods) => Method;

interface Marked {
  readonly [PREVIOUS]?: Record<Key, Method>;
  readonly [SELF]?: object;
}

/** Counts instrumented prototypes: with each, what is above the others may change. */
let instrumented = 0;

/** Was this very prototype instrumented, not one that it inherits from? */
export function isInstrumented(prototype: object): boolean {
  return (prototype as Marked)[SELF] === prototype;
}

/** Is a document's own prototype instrumented? Hot: asked for every document and subdocument that is loaded. */
export function hasInstrumentedPrototype(doc: object): boolean {
  return (doc as Marked)[SELF] === Object.getPrototypeOf(doc);
}

export function markInstrumented(prototype: object): void {
  Object.defineProperty(prototype, PREVIOUS, { value: Object.create(null) as object, configurable: true });
  Object.defineProperty(prototype, SELF, { value: prototype, configurable: true });
  instrumented++;
}

/** Where the method is that an override of `prototype[key]` replaces: past other instrumented prototypes, which have the same. */
function findAbove(prototype: object, key: Key): Methods {
  let current: object = prototype;
  while (isInstrumented(current)) {
    const previous = (current as Required<Marked>)[PREVIOUS];
    if (key in previous) return previous as unknown as Methods;
    current = Object.getPrototypeOf(current) as object;
  }
  return current as Methods;
}

/**
 * Remembers it. Only where the method is, not the method: users and tests spy on `Document.prototype` (gh-15255). And only as
 * long as the prototype stands where it did: a discriminator's gets its base's above it after it was compiled.
 */
function aboveOf(prototype: object, key: Key): () => Methods {
  let below: unknown;
  let known = -1;
  let found: Methods;
  return () => {
    const next: unknown = Object.getPrototypeOf(prototype);
    if (next !== below || known !== instrumented) {
      below = next;
      known = instrumented;
      found = findAbove(prototype, key);
    }
    return found;
  };
}

/**
 * Puts a method over the inherited one. A schema path may have the name of a method (`set`, `get`, `increment`:
 * gh-1939, gh-9010, gh-9428): then the accessor stays and only the `$` name is ours.
 * @throws CowTrackingError `ERR_UNSUPPORTED_MONGOOSE` if there is no such method
 */
export function override(prototype: object, key: Key, build: Build): void {
  const own = Object.getOwnPropertyDescriptor(prototype, key);
  if (own !== undefined && !('value' in own)) return;
  let inherited: object | null = prototype;
  while (inherited !== null) {
    const descriptor = Object.getOwnPropertyDescriptor(inherited, key);
    if (descriptor !== undefined) {
      // An accessor further up is a schema path of the base model.
      if (!('value' in descriptor)) return;
      break;
    }
    inherited = Object.getPrototypeOf(inherited) as object | null;
  }
  if (inherited === null) throw missing(String(key));
  const previous = (prototype as Marked)[PREVIOUS];
  if (own !== undefined && previous !== undefined) previous[key] = own.value as Method;
  const above = aboveOf(prototype, key);
  const method = build(() => above()[key] as Method, above);
  Object.defineProperty(prototype, key, { value: method, writable: true, configurable: true, enumerable: false });
}

/** Overrides a method under both its names, with one function: users compare the two (gh-9010). */
export function overrideAlias(prototype: object, name: Key, alias: Key, build: Build): void {
  override(prototype, name, build);
  override(prototype, alias, build);
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  const other = Object.getOwnPropertyDescriptor(prototype, alias);
  if (own !== undefined && other !== undefined && 'value' in own && 'value' in other)
    Object.defineProperty(prototype, alias, own);
}

/** The symbol-keyed method of Mongoose's prototypes with this description; never imported, as two copies may be loaded. */
export function symbolOf(prototype: object, description: string): symbol | undefined {
  let current: object | null = prototype;
  while (current !== null) {
    for (const symbol of Object.getOwnPropertySymbols(current)) if (symbol.description === description) return symbol;
    current = Object.getPrototypeOf(current) as object | null;
  }
  return undefined;
}

export function missing(name: string): Error {
  return fail(
    'ERR_UNSUPPORTED_MONGOOSE',
    `This version of Mongoose has no '${name}', which cowTracking stands on. Supported are mongoose ^8.24 and ^9.9; ` +
      `use one of them, or a newer version of mongoose-cow-tracking.`,
  );
}

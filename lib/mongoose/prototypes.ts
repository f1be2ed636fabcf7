import { fail } from '../errors';
import type { Doc } from './internals';

/** On an instrumented prototype: what its own properties were before, so that overrides can call them. */
const PREVIOUS: unique symbol = Symbol('mongoose-cow-tracking#previous');

export type Method = (this: Doc, ...args: unknown[]) => unknown;
type Key = string | symbol;

interface Marked {
  [PREVIOUS]?: Map<Key, Method>;
}

/** Was this very prototype instrumented, not one that it inherits from? */
export function isInstrumented(prototype: object): boolean {
  return Object.hasOwn(prototype, PREVIOUS);
}

export function markInstrumented(prototype: object): void {
  Object.defineProperty(prototype, PREVIOUS, { value: new Map<Key, Method>(), configurable: true });
}

/**
 * What an override of `prototype[key]` replaces. Looked up at every call, as users and tests spy on `Document.prototype`
 * (gh-15255), and past other instrumented prototypes: a discriminator's prototype gets its base's above it only after
 * it was compiled.
 */
export function superOf(prototype: object, key: Key): Method {
  let current: object = prototype;
  for (;;) {
    const previous = (current as Marked)[PREVIOUS];
    if (previous === undefined || !Object.hasOwn(current, PREVIOUS))
      return (current as Record<Key, Method>)[key] as Method;
    const own = previous.get(key);
    if (own !== undefined) return own;
    current = Object.getPrototypeOf(current) as object;
  }
}

/**
 * Puts a method over the inherited one. A schema path may have the name of a method (`set`, `get`, `increment`:
 * gh-1939, gh-9010, gh-9428): then the accessor stays and only the `$` name is ours.
 * @throws CowTrackingError `ERR_UNSUPPORTED_MONGOOSE` if there is no such method
 */
export function override(prototype: object, key: Key, build: (base: () => Method) => Method): void {
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
  if (own !== undefined) (prototype as Marked)[PREVIOUS]?.set(key, own.value as Method);
  const method = build(() => superOf(prototype, key));
  Object.defineProperty(prototype, key, { value: method, writable: true, configurable: true, enumerable: false });
}

/** Overrides a method under both its names, with one function: users compare the two (gh-9010). */
export function overrideAlias(prototype: object, name: Key, alias: Key, build: (base: () => Method) => Method): void {
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

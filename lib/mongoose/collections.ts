/** Methods put over those of a collection: the last place before the driver, and the only one that some writes pass. */
import type { CollectionInternals } from './internals';

type Method = (this: CollectionInternals, ...args: unknown[]) => Promise<unknown>;

const overridden = new WeakMap<CollectionInternals, Set<string>>();

/** Once per collection and method; a stub of the user's on top of it wins, and one below it is called. */
export function overrideCollection(
  collection: CollectionInternals,
  name: 'findOne' | 'insertMany' | 'updateOne',
  build: (base: () => Method) => Method,
): void {
  let names = overridden.get(collection);
  if (names === undefined) overridden.set(collection, (names = new Set()));
  if (names.has(name)) return;
  names.add(name);
  const own = Object.hasOwn(collection, name) ? collection[name] : undefined;
  const base = (): Method => own ?? (Object.getPrototypeOf(collection) as CollectionInternals)[name];
  Object.defineProperty(collection, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value: build(base),
  });
}

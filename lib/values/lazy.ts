/** What may never be asked for, worked out when it is, once. It must not hold on to anything that can still change. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

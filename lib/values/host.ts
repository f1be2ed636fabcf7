/**
 * What `values/` and `tracker/` must be told about values that are more than plain data. The plain host knows none;
 * the Mongoose host (`mongoose/host.ts`) knows subdocuments, populated documents and Mongoose's array proxies.
 */
export interface Host {
  /** The value to look at in place of `value`: the id of a populated document, the array behind a proxy, else itself. */
  plain(value: object): unknown;
  /** Does the value keep originals of its own (a subdocument)? Then copies hold a reference to it, not a copy. */
  keepsOriginals(value: object): boolean;
  /** The fields of such a value, as they are now. Read only: it is the live object. */
  currentFields(value: object): Record<string, unknown>;
  /** The fields of such a value, as they were at the baseline. */
  originalFields(value: object): Record<string, unknown>;
}

/** Plain data: nothing is special. */
export const plainHost: Host = {
  plain: (value) => value,
  keepsOriginals: () => false,
  currentFields: (value) => value as Record<string, unknown>,
  originalFields: (value) => value as Record<string, unknown>,
};

/** Which state of a value that keeps its own originals is meant. */
export type Side = 'original' | 'current';

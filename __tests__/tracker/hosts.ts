// Values that are more than plain data, as Mongoose has them: for tests of what a comparison asks its host.
import { FIELDS, plainComparingHost, type ComparingHost } from '../../lib/tracker/differences';
import { join } from '../../lib/values/path';
import type { Plain } from '../helpers/documents';

/** It keeps originals of its own, as a subdocument does. */
export class Part {
  constructor(
    readonly before: Plain,
    readonly now: Plain = before,
    /** Those of another kind have other fields, as discriminators have. */
    readonly kind = '',
  ) {}
}

/** It stands for another value, as a populated document for its id. */
export class StandIn {
  constructor(readonly value: unknown) {}
}

/** A host is asked about objects only: Mongoose's would fail with anything else. */
function assertObject(value: unknown): void {
  if (value === null || typeof value !== 'object') throw new TypeError(`A host was asked about ${String(value)}`);
}

/** Knows the two, and what a test says besides. */
export function hostOf(more: Partial<ComparingHost> = {}): ComparingHost {
  return {
    ...plainComparingHost,
    plain: (value) => {
      assertObject(value);
      return value instanceof StandIn ? value.value : value;
    },
    keepsOriginals: (value) => {
      assertObject(value);
      return value instanceof Part;
    },
    originalFields: (value) => (value as Part).before,
    currentFields: (value) => (value as Part).now,
    isQuiet: (value) => {
      assertObject(value);
      return !(value instanceof Part);
    },
    canMerge: (before, now) => {
      assertObject(before);
      if (!(now instanceof Part)) throw new TypeError('A host was asked whether a plain value can be merged');
      return !(before instanceof Part) || before.kind === now.kind;
    },
    isUnloadedDefault: (before) => {
      assertObject(before);
      return false;
    },
    placeOf: () => FIELDS,
    compareOwn: (value, path, comparison) => {
      const { before, now } = value as Part;
      for (const key of new Set([...Object.keys(before), ...Object.keys(now)]))
        comparison.value(before[key], now[key], join(path, key), FIELDS);
    },
    ...more,
  };
}

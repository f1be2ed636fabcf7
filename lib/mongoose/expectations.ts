/** `conflicts: 'detect'`: what an update takes for stored, as conditions of its filter; never more than what it writes. */
import type { Expectation } from '../document/state';
import { isAtOrBelow, isIndex } from '../values/path';
import { baselineAt, storedCopy, type Baseline } from './baseline';
import { conditionFor, isFreeType } from './conditions';
import { originalFields } from './host';
import type { Doc } from './internals';
import { typeAt } from './schema-facts';

export type Update = Record<string, Record<string, unknown>>;

/** What `$set` and `$unset` write, by path. Other operators merge with what is stored. */
export function writtenBy(update: Update): Map<string, unknown> {
  const written = new Map<string, unknown>(Object.entries(update['$set'] ?? {}));
  for (const path of Object.keys(update['$unset'] ?? {})) written.set(path, undefined);
  return written;
}

/** The expectations of an update that was just built, while the document still holds the baseline that it was built from. */
export function expectationsOf(doc: Doc, update: Update): Expectation[] {
  const found = new Map<string, Expectation>();
  const written = writtenBy(update);
  for (const [path, value] of written) {
    if (isOwnPath(doc, path)) continue;
    const elements: [Doc, string][] = [];
    const base = baselineAt(doc, path, (element, at) => elements.push([element, at]));
    if (base?.stamp === true) continue;
    for (const [element, at] of elements) expectElement(doc, element, at, path, written, found);
    if (base === undefined) continue;
    const last = path.slice(path.lastIndexOf('.') + 1);
    const array = base.value === undefined && isIndex(last) ? arrayAbove(doc, path) : undefined;
    if (array === undefined) found.set(path, expectation(doc, path, path, base, value));
    else expectLength(doc, array, path, written, found);
  }
  return [...found.values()];
}

/** Paths that Mongoose guards itself, or whose element only the server knows (`items.$.qty`). */
function isOwnPath(doc: Doc, path: string): boolean {
  return path === '_id' || path === doc.$__schema.options.versionKey || path.split('.').includes('$');
}

function expectation(
  doc: Doc,
  path: string,
  needed: string,
  { value, type, nested }: Baseline,
  mine: unknown,
): Expectation {
  const base = storedCopy(value, doc);
  const emptyIsAbsent = nested || doc.$__schema.options.minimize !== false;
  return {
    path,
    needed,
    base,
    mine: storedCopy(mine, doc),
    length: false,
    yields: doc.$__.activePaths.paths[path] === 'default',
    ordered: isFreeType(type),
    condition: conditionFor(base, type, emptyIsAbsent),
  };
}

interface ArrayAbove {
  readonly path: string;
  readonly items: readonly unknown[];
}

/** The array that a path writes an element of behind its end. */
function arrayAbove(doc: Doc, path: string): ArrayAbove | undefined {
  const above = path.slice(0, path.lastIndexOf('.'));
  const value = baselineAt(doc, above)?.value;
  return Array.isArray(value) ? { path: above, items: value } : undefined;
}

/** A shorter array would be filled up with null, in a longer one the place is taken. */
function expectLength(
  doc: Doc,
  { path, items }: ArrayAbove,
  needed: string,
  written: ReadonlyMap<string, unknown>,
  found: Map<string, Expectation>,
): void {
  if (found.has(path)) return;
  const base = storedCopy(items, doc) as unknown[];
  const mine = [...base];
  for (const [key, value] of written) {
    const index = key.slice(path.length + 1);
    if (isAtOrBelow(key, path) && isIndex(index)) mine[Number(index)] = storedCopy(value, doc);
  }
  found.set(path, {
    path,
    needed,
    base,
    mine,
    length: true,
    yields: false,
    ordered: false,
    condition: { $size: base.length },
  });
}

/** A path through an array means the element that stood there, not whichever stands there now. */
function expectElement(
  doc: Doc,
  element: Doc,
  at: string,
  needed: string,
  written: ReadonlyMap<string, unknown>,
  found: Map<string, Expectation>,
): void {
  const path = `${at}._id`;
  const id = originalFields(element)['_id'];
  if (id === undefined || written.has(path) || found.has(path)) return;
  const base = { value: id, type: typeAt(element.$__schema, '_id'), nested: false, stamp: false };
  found.set(path, expectation(doc, path, needed, base, id));
}

/** A filter with the conditions; those for a path that the filter has already stand beside it. */
export function withConditions(
  filter: Readonly<Record<string, unknown>>,
  expected: readonly Expectation[],
): Record<string, unknown> {
  const joined: Record<string, unknown> = { ...filter };
  const beside: unknown[] = [];
  for (const { path, condition } of expected) {
    if (Object.hasOwn(joined, path)) beside.push({ [path]: condition });
    else joined[path] = condition;
  }
  if (beside.length > 0) joined['$and'] = [...((joined['$and'] as unknown[] | undefined) ?? []), ...beside];
  return joined;
}

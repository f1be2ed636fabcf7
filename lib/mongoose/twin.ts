/** A second (sub)document of the same kind, loaded from given values. */
import { fail } from '../errors';
import { read } from '../tracker/plain-data';
import { detach } from '../values/clone';
import { kindOf } from '../values/kind';
import { describe, describeInstance, join } from '../values/path';
import { mongooseHost } from './host';
import { isSubdocument, type Doc, type SchemaInternals } from './internals';
import { valuePaths } from './schema-facts';

/**
 * Loads values as Mongoose would load them for this (sub)document: cast, with the projection that it was loaded with, and
 * with the defaults of what they lack, which are in the state `default` then; not so the twin of a subdocument. The twin belongs
 * to no document: nothing that happens to it is seen by a parent. Init hooks run, as with every load.
 * @param who names the caller in the error
 * @throws CowTrackingError `ERR_INVALID_ARGUMENT` if a value does not fit the schema
 */
export function twinOf(doc: Doc, values: object, who: string): Doc {
  const detached = detach(values, mongooseHost);
  if (kindOf(detached) !== 'object')
    throw fail(
      'ERR_INVALID_ARGUMENT',
      `${who} needs an object with the fields of the document, got ${describeInstance(values)}.`,
    );
  const plain = { ...(detached as Record<string, unknown>) };
  const found = misfit(doc.$__schema, plain, '');
  if (found !== undefined) throw unfit(who, found);
  const twin = construct(doc);
  try {
    (twin as unknown as { $init(values: unknown): void }).$init(plain);
  } catch (error) {
    throw unfit(who, (error as Error).message, error);
  }
  // A value that cannot be cast does not throw: it is left out, and noted as an error of the (sub)document that it was for.
  for (const part of [twin, ...(twin as unknown as { $getAllSubdocs(): Doc[] }).$getAllSubdocs()]) {
    const invalid = part.$__.validationError;
    const [first] = Object.values(invalid?.errors ?? {});
    if (first !== undefined) throw unfit(who, (first as Error).message, invalid);
  }
  return twin;
}

function construct(doc: Doc): Doc {
  const { constructor: Constructor } = doc;
  const { selected } = doc.$__;
  // The three kinds of constructor differ in their arguments. No `_id` is made up, and defaults come after the values.
  const options = { skipId: true, willInit: true };
  if (!isSubdocument(doc)) return new Constructor(undefined, selected, options);
  // Its own defaults may ask for a parent, which it does not have.
  const alone = { ...options, skipDefaults: Object.fromEntries(valuePaths(doc).map((path) => [path, true])) };
  return doc.$isDocumentArrayElement === true
    ? new Constructor(undefined, undefined, alone, selected)
    : new Constructor(undefined, selected, undefined, alone);
}

/**
 * The first place that needs fields and was given something else. Mongoose takes text for a nested object as it is, and 8 makes
 * a subdocument of it in an array: neither says so.
 */
function misfit(schema: SchemaInternals, values: object, prefix: string): string | undefined {
  const at = (path: string): unknown => read(values, path.split('.'));
  const check = (path: string, given: unknown, inner?: SchemaInternals): string | undefined => {
    if (given === undefined || given === null) return undefined;
    const full = join(prefix, path);
    if (kindOf(given) !== 'object') return `'${full}' needs an object, got ${describe(given)}.`;
    return inner === undefined ? undefined : misfit(inner, given, full);
  };
  for (const path of Object.keys(schema.nested)) {
    const found = check(path, at(path));
    if (found !== undefined) return found;
  }
  for (const [path, type] of Object.entries(schema.paths)) {
    const inner = type.schema;
    if (inner === undefined || (type.$isSingleNested !== true && type.$isMongooseDocumentArray !== true)) continue;
    const given = at(path);
    const single = type.$isSingleNested === true || !Array.isArray(given);
    for (const [i, item] of (single ? [given] : (given as unknown[])).entries()) {
      const found = check(single ? path : `${path}.${String(i)}`, item, inner);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function unfit(who: string, reason: string, cause?: unknown): Error {
  return fail('ERR_INVALID_ARGUMENT', `The values given to ${who} do not fit the schema: ${reason}`, { cause });
}

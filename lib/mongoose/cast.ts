import { fail } from '../errors';
import { detach } from '../values/clone';
import { describe } from '../values/path';
import { mongooseHost } from './host';
import { elementType, type Doc, type SchemaInternals, type SchemaTypeInternals } from './internals';
import { typeAt } from './schema-facts';

/**
 * A value as it would be loaded at a path, plain and detached. No setters run.
 * @throws CowTrackingError `ERR_INVALID_ARGUMENT`
 */
export function castAt(root: Doc, path: string, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  const type = castingType(root.$__schema, path.split('.'));
  if (type === undefined) return detach(value, mongooseHost);
  try {
    return detach(type(value, root), mongooseHost);
  } catch (error) {
    throw fail('ERR_INVALID_ARGUMENT', `The value ${describe(value)} does not fit the path '${path}'.`, {
      cause: error,
    });
  }
}

type Cast = (value: unknown, root: Doc) => unknown;

/** `undefined` where any value fits: in Mixed, and in paths that the schema does not have. */
function castingType(schema: SchemaInternals, parts: readonly string[]): Cast | undefined {
  for (let n = 1; n <= parts.length; n++) {
    const type = typeAt(schema, parts.slice(0, n).join('.'));
    if (type !== undefined) return within(type, parts.slice(n));
  }
  return undefined;
}

function within(type: SchemaTypeInternals, rest: readonly string[]): Cast | undefined {
  const cast: Cast = (value, root) =>
    (type as unknown as { cast(...args: unknown[]): unknown }).cast(value, root, true, undefined, { path: type.path });
  if (rest.length === 0) return cast;
  const [, ...below] = rest;
  if (type.$isSingleNested === true && type.schema !== undefined) return castingType(type.schema, rest);
  if (type.$isMongooseDocumentArray === true && type.schema !== undefined) {
    if (below.length > 0) return castingType(type.schema, below);
    return (value, root) => (mongooseHost.plain(cast([value], root) as object) as unknown[])[0];
  }
  const inner = type.$isMongooseArray === true ? elementType(type) : type.$__schemaType;
  return inner === undefined || inner === type ? undefined : within(inner, below);
}

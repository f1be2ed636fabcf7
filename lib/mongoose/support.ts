import { missing } from './prototypes';

/** The private and public parts of a schema that are needed before there is a model. */
const NEEDED = ['paths', 'nested', 'tree', 'virtuals', 'aliases', 'childSchemas', 'pathType', 'on'] as const;

/**
 * Is this a version of Mongoose that the plugin can stand on?
 * @throws CowTrackingError `ERR_UNSUPPORTED_MONGOOSE` that names what is missing
 */
export function assertSupported(schema: object): void {
  for (const name of NEEDED) if (!(name in schema)) throw missing(`Schema#${name}`);
}

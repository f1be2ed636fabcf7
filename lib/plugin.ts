import type { Schema } from 'mongoose';
import { fail } from './errors';
import { assertSupported } from './mongoose/support';
import { watchModels } from './mongoose/models';
import { schemaHasPath } from './mongoose/schema-paths';
import { resolveOptions } from './options';
import type { CowTrackingOptions } from './types';

/**
 * Tracks the changes of every hydrated document of a schema by copy-on-write, in place of Mongoose's snapshots.
 *
 * @param schema the schema, with its child schemas
 * @param options see {@link CowTrackingOptions}
 * @throws CowTrackingError `ERR_INVALID_SCHEMA`, `ERR_UNKNOWN_OPTION`, `ERR_INVALID_OPTION`, `ERR_UNKNOWN_PATH`, `ERR_UNSUPPORTED_MONGOOSE`
 * @example
 * ```ts
 * const personSchema = new Schema({ name: String, address: { city: String } });
 * personSchema.plugin(cowTracking);
 * const Person = mongoose.model('Person', personSchema);
 * const person = await Person.create({ name: 'Ada', address: { city: 'London' } });
 * person.address = { city: 'Oslo' };
 * console.log(person.$tracker.getUpdate()); // { '$set': { 'address.city': 'Oslo' } }
 * ```
 */
/* eslint-disable @typescript-eslint/no-explicit-any -- any schema will do, whatever its type parameters */
export function cowTracking(
  schema: Schema<any, any, any, any, any, any, any, any, any>,
  options?: CowTrackingOptions,
): void {
  /* eslint-enable @typescript-eslint/no-explicit-any */
  if ((schema as { instanceOfSchema?: boolean } | null | undefined)?.instanceOfSchema !== true) {
    throw fail(
      'ERR_INVALID_SCHEMA',
      'cowTracking needs a Mongoose schema: call schema.plugin(cowTracking) or mongoose.plugin(cowTracking).',
    );
  }
  assertSupported(schema as object);
  const settings = resolveOptions(options, (path) => schemaHasPath(schema as object, path));
  watchModels(schema as object, settings);
}

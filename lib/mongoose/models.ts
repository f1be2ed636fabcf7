import type { Settings } from '../options';
import { instrumentModel } from './instrument';
import type { ConstructorInternals } from './internals';

/** The settings of a schema; the first application wins, so that a global plugin comes second to the schema's own. */
const settingsBySchema = new WeakMap<object, Settings>();

interface SchemaEvents {
  on(event: 'init', listener: (model: ConstructorInternals) => void): void;
}

/** Instruments each model that is compiled from a schema. Mongoose emits `init` for it, also for second connections. */
export function watchModels(schema: object, settings: Settings): void {
  if (settingsBySchema.has(schema)) return;
  settingsBySchema.set(schema, settings);
  (schema as SchemaEvents).on('init', (model) => {
    instrumentModel(model, settings);
  });
}

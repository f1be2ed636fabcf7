export { cowTracking, cowTracking as default } from './plugin.js';
export { trackerOf } from './mongoose/tracker-property.js';
export { StateTracker } from './tracker/state-tracker.js';
export { CowTrackingError } from './errors.js';
export type { CowTrackingErrorCode } from './errors.js';
export type {
  Change,
  ChangedAt,
  ChangedValues,
  ChangeOf,
  Conflict,
  CowTracked,
  CowTrackingOptions,
  DocumentTracker,
  JsonPatchOperation,
  PathArgument,
  PathOf,
  RawTypeOf,
  RefreshOptions,
  SaveRecord,
  Savepoint,
  SchemaPathOf,
  StoredAt,
  Tracker,
  UpdateOperators,
  ValueAt,
} from './types.js';

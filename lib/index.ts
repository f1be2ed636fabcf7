import * as errors from './errors';
import { trackerOf } from './mongoose/tracker-property';
import { cowTracking as plugin } from './plugin';
import * as tracker from './tracker/state-tracker';
import type * as types from './types';

/** `require('mongoose-cow-tracking')` is itself the plugin; everything else is a property of it. */
const cowTracking = Object.assign(plugin, {
  cowTracking: plugin,
  default: plugin,
  trackerOf,
  StateTracker: tracker.StateTracker,
  CowTrackingError: errors.CowTrackingError,
});

/* eslint-disable @typescript-eslint/no-explicit-any -- a document or tracker of a type that nobody named */
// eslint-disable-next-line @typescript-eslint/no-namespace -- the only way to give `export =` types as well
declare namespace cowTracking {
  type CowTrackingError = errors.CowTrackingError;
  type CowTrackingErrorCode = errors.CowTrackingErrorCode;
  type StateTracker<T extends object = Record<string, unknown>> = tracker.StateTracker<T>;
  type Change<Path extends string = string, Value = unknown> = types.Change<Path, Value>;
  type ChangedAt<RawDocType, Path extends string> = types.ChangedAt<RawDocType, Path>;
  type ChangedValues<RawDocType = any> = types.ChangedValues<RawDocType>;
  type ChangeOf<RawDocType = any> = types.ChangeOf<RawDocType>;
  type Conflict<Path extends string = string, Value = unknown> = types.Conflict<Path, Value>;
  type CowTracked<RawDocType = any> = types.CowTracked<RawDocType>;
  type CowTrackingOptions<RawDocType = any> = types.CowTrackingOptions<RawDocType>;
  type DocumentTracker<RawDocType = any> = types.DocumentTracker<RawDocType>;
  type JsonPatchOperation = types.JsonPatchOperation;
  type PathArgument<RawDocType = any> = types.PathArgument<RawDocType>;
  type PathOf<RawDocType> = types.PathOf<RawDocType>;
  type RawTypeOf<Doc> = types.RawTypeOf<Doc>;
  type RefreshOptions = types.RefreshOptions;
  type SaveRecord<RawDocType = any> = types.SaveRecord<RawDocType>;
  type Savepoint = types.Savepoint;
  type SchemaPathOf<RawDocType> = types.SchemaPathOf<RawDocType>;
  type StoredAt<RawDocType, Path extends string> = types.StoredAt<RawDocType, Path>;
  type Tracker<RawDocType = any> = types.Tracker<RawDocType>;
  type UpdateOperators = types.UpdateOperators;
  type ValueAt<RawDocType, Path extends string> = types.ValueAt<RawDocType, Path>;
}

export = cowTracking;

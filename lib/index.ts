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

// eslint-disable-next-line @typescript-eslint/no-namespace -- the only way to give `export =` types as well
declare namespace cowTracking {
  type CowTrackingError = errors.CowTrackingError;
  type CowTrackingErrorCode = errors.CowTrackingErrorCode;
  type StateTracker<T extends object = Record<string, unknown>> = tracker.StateTracker<T>;
  type Change<Path extends string = string, Value = unknown> = types.Change<Path, Value>;
  type CowTracked<RawDocType = unknown> = types.CowTracked<RawDocType>;
  type CowTrackingOptions = types.CowTrackingOptions;
  type DocumentTracker = types.DocumentTracker;
  type JsonPatchOperation = types.JsonPatchOperation;
  type PathArgument = types.PathArgument;
  type SaveRecord = types.SaveRecord;
  type Savepoint = types.Savepoint;
  type Tracker = types.Tracker;
  type UpdateOperators = types.UpdateOperators;
}

export = cowTracking;

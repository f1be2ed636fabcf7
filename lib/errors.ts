import type { Conflict } from './types';

/** What went wrong, as a stable word that code may test. */
export type CowTrackingErrorCode =
  | 'ERR_CONFLICT'
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_INVALID_OPTION'
  | 'ERR_INVALID_PATH'
  | 'ERR_INVALID_SCHEMA'
  | 'ERR_NOT_STORED'
  | 'ERR_NOT_TRACKED'
  | 'ERR_SAVEPOINT'
  | 'ERR_SAVING'
  | 'ERR_UNKNOWN_OPTION'
  | 'ERR_UNKNOWN_PATH'
  | 'ERR_UNSUPPORTED_MONGOOSE';

/**
 * The one error class of this package. `code` is stable; the message says what was given, what is allowed and what to do.
 *
 * @example
 * ```ts
 * try {
 *   schema.plugin(cowTracking, { cleanSav: 'skip' });
 * } catch (error) {
 *   console.log(error instanceof CowTrackingError, error.code); // true ERR_UNKNOWN_OPTION
 * }
 * ```
 */
export class CowTrackingError extends Error {
  /** What went wrong, as a stable word that code may test. */
  readonly code: CowTrackingErrorCode;
  /** With `ERR_CONFLICT`: the paths that someone else has written meanwhile, sorted. Empty with every other code. */
  readonly conflicts: readonly Conflict[];

  /** Made by this package; the message ends with the code. */
  constructor(
    code: CowTrackingErrorCode,
    message: string,
    options?: { cause?: unknown; conflicts?: readonly Conflict[] },
  ) {
    super(`${message} [${code}]`, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CowTrackingError';
    this.code = code;
    this.conflicts = options?.conflicts ?? [];
  }
}

/** Reads as a sentence at the place that throws: `throw fail('ERR_...', ...)`. */
export function fail(
  code: CowTrackingErrorCode,
  message: string,
  options?: { cause?: unknown; conflicts?: readonly Conflict[] },
): CowTrackingError {
  return new CowTrackingError(code, message, options);
}

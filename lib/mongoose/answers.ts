/** What an error of the driver says about the command that it was thrown for. */

/**
 * Was the command perhaps run although an error came back? So with a write concern error (it is applied, but not replicated)
 * and with a connection that broke before the answer.
 */
export function isUnanswered(error: unknown): boolean {
  const { name, code, hasErrorLabel, result, bulkWriteResult } = (error ?? {}) as {
    name?: string;
    code?: unknown;
    hasErrorLabel?: (label: string) => boolean;
    result?: { getWriteConcernError?: () => unknown };
    bulkWriteResult?: BulkCounts;
  };
  // Some of a bulk write's documents were not found, and nobody says which; unless none was.
  if (name === 'MongooseBulkSaveIncompleteError') return wroteSome(bulkWriteResult);
  if (name?.startsWith('Mongo') !== true) return false;
  // The driver throws it from its own second try as well, after an answer that was lost.
  if (name === 'MongoServerSelectionError') return true;
  if (name === 'MongoWriteConcernError' || hasErrorLabel?.call(error, 'RetryableWriteError') === true) return true;
  if (name === 'MongoBulkWriteError') {
    return typeof code !== 'number' || (result?.getWriteConcernError?.() ?? undefined) !== undefined;
  }
  return (
    name.startsWith('MongoNetwork') ||
    name.startsWith('MongoPool') ||
    name === 'MongoConnectionPoolClearedError' ||
    name === 'MongoOperationTimeoutError'
  );
}

interface BulkCounts {
  readonly matchedCount?: number;
  readonly insertedCount?: number;
}

function wroteSome(counts: BulkCounts | undefined): boolean {
  return counts === undefined || (counts.matchedCount ?? 0) + (counts.insertedCount ?? 0) > 0;
}

import type { Connection } from 'mongoose';
import { connect } from './db';
import { Documents } from './documents';

/** The documents of a test file, in a database of its own. */
export function useDocuments(): Documents {
  let connection: Connection | undefined;
  beforeAll(async () => {
    ({ connection } = await connect());
  });
  return new Documents(() => {
    if (connection === undefined) throw new Error('the connection is opened before the first test');
    return connection;
  });
}

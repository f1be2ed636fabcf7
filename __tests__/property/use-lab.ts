import type { Schema } from 'mongoose';
import cowTracking from '../../lib';
import { connect } from '../helpers/db';
import { Lab } from './lab';

const trackChanges = (schema: Schema): void => {
  schema.plugin(cowTracking);
};

/** Both sides of every variant, on a database of the test file's own. `null`: without a plugin on either side. */
export function useLab(plugin: ((schema: Schema) => void) | null = trackChanges): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    const { connection } = await connect();
    lab = new Lab(connection, plugin ?? undefined);
    await lab.open();
  }, 60_000);
  // The connection closes itself, after the tests of the file.
  afterAll(() => lab?.close());
  return () => {
    if (lab === undefined) throw new Error('the lab is opened before the first test');
    return lab;
  };
}

// Runs a code block as a user would paste it, and compares what it prints with what its comments say.
import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import ts from 'typescript';
import cowTracking, { CowTrackingError, StateTracker, trackerOf } from '../../lib';
import { connect } from '../helpers/db';
import type { Doc } from '../helpers/documents';
import type { Block } from './blocks';

const load = createRequire(__filename);

/** Opens the default connection, which is what the blocks use, and keeps them from opening or closing another one. */
export function useBlocks(): void {
  beforeAll(async () => {
    // A block's insert would race with the creation of its collection, which SecantusDB takes badly.
    mongoose.set({ autoCreate: false, autoIndex: false });
    await connect({ asDefault: true });
    jest.spyOn(mongoose, 'connect').mockResolvedValue(mongoose);
    jest.spyOn(mongoose, 'disconnect').mockResolvedValue();
  });
  afterEach(() => {
    mongoose.deleteModel(/.*/);
  });
}

/** Runs a block; what it prints has to be what its comments say. */
export async function expectToPrint({ code }: Block): Promise<void> {
  // A block that imports Mongoose is a whole program.
  const names = /^import mongoose\b/m.test(code) ? {} : await everydayNames();
  expect(await printedBy(code, names)).toEqual(expectedOutput(code));
}

/** What the documents say is there in their examples. */
async function everydayNames(): Promise<Record<string, unknown>> {
  const definition = { name: String, visits: Number, address: { city: String, zip: String }, tags: [String], meta: {} };
  const schema = new Schema<Doc>(definition);
  const userSchema = new Schema<Doc>(definition);
  userSchema.plugin(cowTracking);
  const User = mongoose.model<Doc>('User', userSchema);
  const _id = new mongoose.Types.ObjectId();
  await User.collection.insertOne({
    ...{ _id, __v: 0, name: 'Ada', visits: 1, address: { city: 'London', zip: 'N1' } },
    ...{ tags: ['admin'], meta: { theme: 'dark' } },
  });
  const user: Doc = await User.findById(_id).orFail();
  const tracker = new StateTracker(await User.findById(_id).lean().orFail());
  // A block may compile a model of its own by that name.
  const names = { mongoose, Schema, schema, cowTracking, trackerOf, StateTracker, CowTrackingError };
  return { ...names, User, _id, user, tracker };
}

/** The text after `console.log(...); //`, of each such line. */
function expectedOutput(code: string): string[] {
  return code
    .split('\n')
    .filter((line) => line.includes('console.log('))
    .map((line) => line.split('); // ')[1] ?? 'a comment that says what is printed');
}

/** Runs the code as the body of an async function, and answers what it printed. */
async function printedBy(code: string, names: Record<string, unknown>): Promise<string[]> {
  const printed: string[] = [];
  const console = {
    log: (...values: unknown[]) => {
      printed.push(
        values
          .map((value) => (typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })))
          .join(' '),
      );
    },
  };
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  });
  const modules: Record<string, unknown> = { mongoose, 'mongoose-cow-tracking': cowTracking };
  const given = { ...names, console, exports: {}, require: (name: string) => modules[name] ?? (load(name) as unknown) };
  // The inner braces let a block declare a name that is given as well.
  const body = `return (async () => {\n{\n${outputText.replace('"use strict";', '')}\n}\n})();`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- running the text of the documents is the test
  await (new Function(...Object.keys(given), body)(...Object.values(given)) as Promise<void>);
  return printed;
}

// Every js and ts code block of README.md runs, and prints what its comments say.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import mongoose, { Schema } from 'mongoose';
import ts from 'typescript';
import cowTracking, { CowTrackingError, StateTracker, trackerOf } from '../lib';
import { connect } from './helpers/db';
import type { Doc } from './helpers/documents';

interface Block {
  readonly line: number;
  readonly code: string;
}

const README = readFileSync(resolve(__dirname, '..', 'README.md'), 'utf8');

const blocks: Block[] = [...README.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map((match) => ({
  line: README.slice(0, match.index).split('\n').length,
  code: match[1]!,
}));

/** The text after `console.log(...); //`, of each such line. */
function expectedOutput(code: string): string[] {
  return code
    .split('\n')
    .filter((line) => line.includes('console.log('))
    .map((line) => line.split('); // ')[1] ?? 'a comment that says what is printed');
}

/** Runs a block as the body of an async function, and answers what it printed. */
async function run(code: string, names: Record<string, unknown>): Promise<string[]> {
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
  const given = { ...names, console, exports: {}, require: (name: string) => modules[name] };
  // The inner braces let a block declare a name that is given as well.
  const body = `return (async () => {\n{\n${outputText.replace('"use strict";', '')}\n}\n})();`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- running the text of the README is the test
  await (new Function(...Object.keys(given), body)(...Object.values(given)) as Promise<void>);
  return printed;
}

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

it('has blocks to run', () => {
  expect(blocks.length).toBeGreaterThan(5);
});

it.each(blocks)('the block at line $line', async ({ code }) => {
  const userSchema = new Schema<Doc>({
    name: String,
    visits: Number,
    address: { city: String, zip: String },
    tags: [String],
    meta: {},
  });
  userSchema.plugin(cowTracking);
  const names = { mongoose, Schema, cowTracking, trackerOf, StateTracker, CowTrackingError };
  // The first block makes a model of the same name.
  if (/^import mongoose /m.test(code)) {
    expect(await run(code, {})).toEqual(expectedOutput(code));
    return;
  }
  const User = mongoose.model<Doc>('User', userSchema);
  const _id = new mongoose.Types.ObjectId();
  await User.collection.insertOne({
    ...{ _id, __v: 0, name: 'Ada', visits: 1, address: { city: 'London', zip: 'N1' } },
    ...{ tags: ['admin'], meta: { theme: 'dark' } },
  });
  const user: Doc = await User.findById(_id).orFail();
  expect(await run(code, { ...names, User, user })).toEqual(expectedOutput(code));
});

it('the first block is pasteable: fifteen lines, with all that it needs', () => {
  const [first] = blocks;
  expect(first!.code.trimEnd().split('\n')).toHaveLength(15);
  expect(first!.code).toContain("from 'mongoose-cow-tracking'");
});

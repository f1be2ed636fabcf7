import mongoose, { Schema } from 'mongoose';
import type { Connection, Model, SchemaDefinition, SchemaOptions } from 'mongoose';
import { knownId, make, tagged } from './values';
import type { Data } from './values';

/* eslint-disable @typescript-eslint/no-explicit-any -- these models are only ever used by path */
export type AnyModel = Model<any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What Mongoose's own schema options change about a save. */
export const variants = {
  standard: {},
  unversioned: { versionKey: false, timestamps: false },
  keepEmpty: { minimize: false },
  optimistic: { optimisticConcurrency: true },
  loose: { strict: false },
} satisfies Record<string, SchemaOptions>;

export type VariantName = keyof typeof variants;
export const variantNames = Object.keys(variants) as VariantName[];

/** Timestamps come from here, so that two copies saved one after the other carry the same. */
export const clock = { now: 1_700_000_000_000 };
const timestamps = { currentTime: (): Date => new Date(clock.now) };

/** Every kind of leaf. The names are the kinds: paths are found by their last part. */
const allLeaves = (person: string): SchemaDefinition => ({
  text: String,
  num: Number,
  flag: Boolean,
  ref: { type: Schema.Types.ObjectId, ref: person },
  dec: Schema.Types.Decimal128,
  big: BigInt,
  uuid: Schema.Types.UUID,
  date: Date,
  buf: Buffer,
  mixed: {},
});

const fewLeaves = (): SchemaDefinition => ({ text: String, num: Number, date: Date, buf: Buffer, mixed: {} });

// Child schemas are made per model: the plugin instruments them, so the two sides must not share one.
function rootSchema(person: string, options: SchemaOptions): Schema {
  // A child has its own `minimize`, which goes by whether the child or one of its leaves is written: the same, then.
  const minimize = options.minimize ?? true;
  const part = new Schema({ ...fewLeaves(), tags: [String] }, { _id: false, minimize });
  const item = new Schema(
    {
      ...allLeaves(person),
      tags: [String],
      mixes: [{}],
      dims: fewLeaves(),
      part,
      strMap: { type: Map, of: String },
    },
    { minimize },
  );
  const row = new Schema({ ...fewLeaves(), nums: [Number] }, { _id: false, minimize });
  const event = new Schema({ text: String, num: Number }, { discriminatorKey: 'kind', _id: false, minimize });
  const sub = new Schema(
    {
      ...allLeaves(person),
      nested: { ...fewLeaves(), tags: [String] },
      tags: [String],
      dates: [Date],
      items: [item],
      part,
      mixMap: { type: Map, of: {} },
    },
    { minimize },
  );

  // A child's timestamps give its parent timestamps, whatever the parent's option says: none, then.
  const stamps = options.timestamps === false ? {} : { timestamps };
  const stamped = new Schema({ text: String, num: Number }, { _id: false, minimize, ...stamps });

  const schema = new Schema(
    {
      ...allLeaves(person),
      aliased: { type: String, alias: 'nick' },
      code: { type: String, uppercase: true },
      fixed: { type: Date, immutable: true },
      hidden: { type: String, select: false },
      level: { type: Number, default: 3 },
      labels: { type: [String], default: () => ['fresh'] },
      nested: {
        ...allLeaves(person),
        deep: { ...fewLeaves(), tags: [String], mixes: [{}] },
        strMap: { type: Map, of: String },
      },
      sub,
      bare: part,
      stamped,
      items: [item],
      rows: [row],
      events: [event],
      tags: [String],
      nums: [Number],
      dates: [Date],
      mixes: [{}],
      refs: [{ type: Schema.Types.ObjectId, ref: person }],
      bufs: [Buffer],
      grid: [[Number]],
      strMap: { type: Map, of: String },
      mixMap: { type: Map, of: {} },
      subMap: { type: Map, of: part },
      arrMap: { type: Map, of: [Number] },
    },
    { discriminatorKey: 'kind', timestamps, autoIndex: false, autoCreate: false, ...options },
  );

  const events = schema.path('events') as unknown as { discriminator(name: string, schema: Schema): void };
  events.discriminator('Click', new Schema({ date: Date, mixed: {} }, { _id: false, minimize }));
  events.discriminator('Order', new Schema({ part, tags: [String] }, { _id: false, minimize }));
  return schema;
}

export interface Models {
  readonly Root: AnyModel;
  readonly Special: AnyModel;
}

/** One side of the comparison: a model with a root discriminator, and the model that its references name. */
export function defineModels(
  connection: Connection,
  variant: VariantName,
  side: string,
  plugin?: (schema: Schema) => void,
): Models {
  const name = `${variant}_${side}`;
  const person = new Schema({ text: String, tags: [String] }, { autoIndex: false, autoCreate: false });
  const schema = rootSchema(`${name}_person`, variants[variant]);
  plugin?.(person);
  plugin?.(schema);
  connection.model(`${name}_person`, person, 'people');
  const Root = connection.model(name, schema, name);
  const minimize = schema.get('minimize') ?? true;
  const gear = new Schema({ ...fewLeaves(), tags: [String] }, { _id: false, minimize });
  const special = new Schema({ gear, parts: [gear] });
  return { Root, Special: Root.discriminator(`${name}_special`, special, 'Special') };
}

export const people: readonly Record<string, unknown>[] = [1, 2, 3].map((n) => ({
  _id: new mongoose.Types.ObjectId(knownId(n)),
  text: `person ${n}`,
  tags: ['one', 'two'],
}));

// ---- What is stored before a script starts -------------------------------------------------------------------------

const id = (n: number): Data => tagged('oid', knownId(n));
const long = (word: string): string => `${word} ${'lorem ipsum '.repeat(3)}`;

const few = (n: number): Record<string, Data> => ({
  text: long(`few ${n}`),
  num: n,
  date: tagged('date', 1_600_000_000_000 + n),
  buf: tagged('buf', '00112233'),
  mixed: { a: n, b: { c: 'x', d: [1, 2] }, e: 'tail' },
});

const all = (n: number): Record<string, Data> => ({
  ...few(n),
  flag: true,
  ref: id(1),
  dec: tagged('dec', '1.50'),
  big: tagged('long', '9007199254740993'),
  uuid: tagged('uuid', '01234567-89ab-4def-8123-456789abcdef'),
});

const part = (n: number): Record<string, Data> => ({ ...few(n), tags: ['p', 'q'] });

const item = (n: number): Record<string, Data> => ({
  _id: id(0x100 + n),
  ...all(n),
  tags: ['x', 'y'],
  mixes: [{ a: n }, 'plain'],
  dims: few(n + 10),
  part: part(n + 20),
  strMap: { k: 'v', l: 'w' },
});

const full: Record<string, Data> = {
  ...all(1),
  aliased: 'alias',
  code: 'ABC',
  fixed: tagged('date', 1_500_000_000_000),
  hidden: 'not selected',
  level: 3,
  labels: ['kept'],
  nested: {
    ...all(2),
    deep: { ...few(3), tags: ['a', 'b', 'c'], mixes: [{ a: 1 }, [1, 2]] },
    strMap: { a: '1', b: '2' },
  },
  sub: {
    _id: id(0x200),
    ...all(4),
    nested: { ...few(5), tags: ['m', 'n'] },
    tags: ['s', 't', 'u'],
    dates: [tagged('date', 1_000), tagged('date', 2_000)],
    items: [item(7), item(8)],
    part: part(6),
    mixMap: { a: { x: 1, y: 2 }, b: [1, 2] },
  },
  bare: part(9),
  stamped: { text: 'stamped', num: 1, createdAt: tagged('date', 1), updatedAt: tagged('date', 2) },
  items: [item(1), item(2), item(3)],
  rows: [
    { ...few(1), nums: [1, 2] },
    { ...few(2), nums: [3] },
  ],
  events: [
    { kind: 'Click', text: 'c', num: 1, date: tagged('date', 5), mixed: { a: 1 } },
    { kind: 'Order', text: 'o', num: 2, part: part(1), tags: ['z'] },
    { text: 'none', num: 3 },
  ],
  tags: ['red', 'green', 'blue', 'green'],
  nums: [3, 1, 2],
  dates: [tagged('date', 1_000), tagged('date', 2_000), tagged('date', 3_000)],
  mixes: [{ a: 1, b: 2 }, 'text', [1, { deep: true }], tagged('date', 9)],
  refs: [id(1), id(2)],
  bufs: [tagged('buf', 'aa'), tagged('buf', 'bbcc')],
  grid: [[1, 2], [3], []],
  strMap: { a: 'one', b: 'two', c: 'three' },
  mixMap: { a: { x: 1, y: { z: 2 } }, b: 'text', c: [1, 2] },
  subMap: { a: part(1), b: part(2) },
  arrMap: { a: [1, 2, 3], b: [] },
};

const empty = {
  labels: [],
  tags: [],
  nums: [],
  dates: [],
  mixes: [],
  refs: [],
  bufs: [],
  grid: [],
  items: [],
  rows: [],
};

/** Stored documents as an old application may have left them. */
export const seeds: Readonly<Record<string, Record<string, Data>>> = {
  full,
  special: { ...full, kind: 'Special', gear: part(1), parts: [part(1), part(2)] },
  // Arrays and maps that are there and empty; objects that are null.
  hollow: {
    ...full,
    ...empty,
    events: [],
    strMap: {},
    mixMap: {},
    subMap: {},
    arrMap: {},
    mixed: {},
    nested: { text: 'only', deep: { tags: [], mixes: [] } },
    sub: null,
    bare: null,
    stamped: null,
    items: [{ _id: id(0x101), tags: [], mixes: [] }],
  },
  // Written before most of the paths existed: Mongoose fills defaults in at load and writes them with the next save.
  old: { text: 'old', nested: { num: 1 }, tags: ['a'] },
};

export const seedNames = Object.keys(seeds);

export function seedDocument(name: string, variant: VariantName): Record<string, unknown> {
  const seed = make(seeds[name] ?? {}) as Record<string, unknown>;
  const options: SchemaOptions = variants[variant];
  const version = options.versionKey === false ? {} : { __v: 4 };
  if (options.timestamps === false) {
    if (seed['stamped']) seed['stamped'] = { text: 'stamped', num: 1 };
    return { _id: new mongoose.Types.ObjectId(knownId(0xffff)), ...seed, ...version };
  }
  const stamps = { createdAt: new Date(1), updatedAt: new Date(2) };
  return { _id: new mongoose.Types.ObjectId(knownId(0xffff)), ...seed, ...version, ...stamps };
}

/**
 * Three writers of one document, in random order: who loads, edits and saves when. A model of what each of them knows tells
 * whether a save overwrote what its writer did not know of, and whether a refused one had met anybody at all.
 */
import fc from 'fast-check';
import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { onWire, type Doc, type Documents, type Plain } from '../helpers/documents';

export const WRITERS = [0, 1, 2] as const;

export type Step =
  | { readonly do: 'load' | 'save' | 'refresh'; readonly writer: number }
  | {
      readonly do: 'edit';
      readonly writer: number;
      readonly edit: string;
      readonly at: number;
      readonly value: number;
    };

/** Each edit through `set()` or a method, so that Mongoose alone sees it as well. */
const EDITS: Readonly<Record<string, (doc: Doc, at: number, value: number) => unknown>> = {
  field: (doc, at, value) => doc.set(at % 2 === 0 ? 'name' : 'other', `v${String(value)}`),
  'no field': (doc, at) => doc.set(at % 2 === 0 ? 'name' : 'other', undefined),
  nested: (doc, at, value) => doc.set(at % 2 === 0 ? 'address.city' : 'address.zip', `v${String(value)}`),
  'nested object': (doc, _at, value) => doc.set('address', { city: `v${String(value)}`, zip: 'z' }),
  'key in Mixed': (doc, at, value) => doc.set(`mixed.k${String(at % 3)}`, value),
  'value in Mixed': (doc, at, value) => doc.set('mixed', { k0: value, deep: { k: at } }),
  'key of a Map': (doc, at, value) => doc.prices.set(`k${String(at % 3)}`, value),
  'no key of a Map': (doc, at) => doc.prices.delete(`k${String(at % 3)}`),
  push: (doc, _at, value) => doc.tags.push(`v${String(value)}`),
  element: (doc, at, value) => doc.tags.length > 0 && doc.tags.set(at % doc.tags.length, `v${String(value)}`),
  array: (doc, at, value) =>
    doc.set(
      'tags',
      Array.from({ length: at }, (_, i) => `v${String(value + i)}`),
    ),
  'field of an element': (doc, at, value) =>
    doc.items.length > 0 && doc.set(`items.${String(at % Number(doc.items.length))}.q`, value),
  'new element': (doc, _at, value) => doc.items.push({ _id: new Types.ObjectId(), q: value }),
  'no element': (doc, at) => doc.items.length > 0 && doc.items.splice(at % doc.items.length, 1),
  add: (doc, _at, value) => doc.count !== undefined && doc.$inc('count', value + 1),
};

export const initial = (): Plain => ({
  _id: new Types.ObjectId(),
  __v: 0,
  name: 'v0',
  other: 'v0',
  count: 0,
  address: { city: 'v0', zip: 'z' },
  mixed: { k0: 0, k1: 0 },
  prices: { k0: 0, k1: 0 },
  tags: ['v0', 'v1', 'v2'],
  items: [
    { q: 0, _id: new Types.ObjectId() },
    { q: 1, _id: new Types.ObjectId() },
    { q: 2, _id: new Types.ObjectId() },
  ],
});

const writer = fc.constantFrom(...WRITERS);

export const steps = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.record({ do: fc.constant('load' as const), writer }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refresh' as const), writer }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('save' as const), writer }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('edit' as const),
        writer,
        edit: fc.constantFrom(...Object.keys(EDITS)),
        at: fc.nat(3),
        // Few values: writers meet in them as well.
        value: fc.nat(4),
      }),
    },
  ),
  { minLength: 20, maxLength: 60, size: 'max' },
);

interface Writer {
  doc: Doc;
  /** The document as this writer knows it to be stored: as loaded, with what it has written since. */
  known: Plain;
}

/** What happened to the paths of one save. */
export interface Outcome {
  readonly writer: number;
  readonly error: Doc;
  readonly update: Plain;
  readonly known: Plain;
  readonly before: Plain;
  readonly after: Plain;
  readonly changes: { readonly before: unknown; readonly after: unknown };
}

export class Writers {
  private readonly writers: Writer[] = [];

  private constructor(
    private readonly documents: Documents,
    private readonly model: Model<Doc>,
    private readonly id: unknown,
  ) {}

  static async start(documents: Documents, model: Model<Doc>): Promise<Writers> {
    const raw = initial();
    await model.collection.insertOne(raw);
    const writers = new Writers(documents, model, raw['_id']);
    for (const name of WRITERS) await writers.load(name);
    return writers;
  }

  /** Runs a step; answers what a save came to. */
  async run(step: Step): Promise<Outcome | undefined> {
    const { doc } = this.of(step.writer);
    switch (step.do) {
      case 'edit':
        EDITS[step.edit]?.(doc, step.at, step.value);
        return undefined;
      case 'load':
        await this.load(step.writer);
        return undefined;
      case 'refresh':
        await this.refresh(step.writer);
        return undefined;
      case 'save':
        return this.save(step.writer);
    }
  }

  /** Mongoose alone can only load again. */
  private async refresh(name: number): Promise<void> {
    const current = this.of(name);
    const tracker = current.doc.$tracker as { refresh?: () => Promise<unknown> } | undefined;
    if (tracker?.refresh === undefined) {
      await this.load(name);
      return;
    }
    await tracker.refresh();
    current.known = await this.stored();
  }

  private of(name: number): Writer {
    return this.writers[name] as Writer;
  }

  private async load(name: number): Promise<void> {
    const known = await this.stored();
    this.writers[name] = { doc: await this.documents.again(this.model, { _id: this.id }), known };
  }

  private async stored(): Promise<Plain> {
    return onWire(await this.model.collection.findOne({ _id: this.id as never })) as Plain;
  }

  private async save(name: number): Promise<Outcome | undefined> {
    const current = this.of(name);
    const before = await this.stored();
    const diff = (): unknown => current.doc.$tracker?.diff();
    const changes = diff();
    let error: unknown;
    const commands = await this.documents.commands(this.model, () =>
      current.doc.save().catch((thrown: unknown) => {
        error = thrown;
      }),
    );
    const update = commands.find((command) => command.name === 'update')?.update;
    if (update === undefined) return undefined;
    const after = await this.stored();
    const { known } = current;
    if (error === undefined) current.known = appliedTo(known, update);
    return { writer: name, error, update, known, before, after, changes: { before: changes, after: diff() } };
  }
}

export function valueAt(plain: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Plain | null | undefined)?.[key], plain);
}

/** The paths that an update sets or unsets, with the values; the dates and the version are Mongoose's. */
export function setBy(update: Plain): Map<string, unknown> {
  const unset = Object.keys((update['$unset'] ?? {}) as Plain).map((path) => [path, undefined] as const);
  return new Map<string, unknown>([...Object.entries((update['$set'] ?? {}) as Plain), ...unset]);
}

/** What the writer of an update knows once it is acknowledged: nothing of what others did to the same array. */
function appliedTo(plain: Plain, update: Plain): Plain {
  const result = onWire(plain);
  const replace = (path: string, value: (before: unknown) => unknown): void => {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const parent = keys.reduce<Plain>((inner, key) => (inner[key] ??= {}) as Plain, result);
    const now = value(parent[last]);
    if (now === undefined) Reflect.deleteProperty(parent, last);
    else parent[last] = now;
  };
  for (const [path, value] of setBy(update)) replace(path, () => value);
  for (const [path, amount] of Object.entries((update['$inc'] ?? {}) as Plain))
    replace(path, (before) => Number(before ?? 0) + Number(amount));
  for (const [path, { $each }] of Object.entries((update['$push'] ?? {}) as Record<string, { $each: unknown[] }>))
    replace(path, (before) => [...((before ?? []) as unknown[]), ...$each]);
  return result;
}

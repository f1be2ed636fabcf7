import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { arrayCalls, reassigns } from './edits';
import type { ArrayCall, Edit, Reassign } from './edits';
import { variantNames, seedNames } from './models';
import type { VariantName } from './models';
import { arrays, inPlace, leaves, maps, objects, isDocumentArray } from './paths';
import type { ElementKind, LeafKind } from './paths';
import { loads } from './loads';
import type { LoadName } from './loads';
import { knownId, tagged } from './values';
import type { Data } from './values';

export type Step =
  | Edit
  /** `again`: a second save follows at once, and must send nothing. */
  | { do: 'save'; again: boolean }
  | { do: 'reload'; load: LoadName };

export interface Script {
  readonly variant: VariantName;
  readonly seed: string;
  readonly load: LoadName;
  /** Also apply the edits to a third copy and revert it. */
  readonly revert: boolean;
  readonly steps: readonly Step[];
}

// ---- Values: small pools, so that a value meets itself again ---------------------------------------------------------

const undef = tagged('undefined');
const id = (n: number): Data => tagged('oid', knownId(n));

const mixedLeaves: Data[] = [
  0,
  1,
  1.5,
  '',
  '1',
  true,
  false,
  null,
  tagged('nan'),
  tagged('date', 1_600_000_000_001),
  tagged('date', 5),
  id(1),
  tagged('dec', '1.0'),
  tagged('dec', '1.00'),
  tagged('long', '1'),
  tagged('int32', 1),
  tagged('double', 1),
  tagged('big', '1'),
  tagged('uuid', '01234567-89ab-4def-8123-456789abcdef'),
  tagged('buf', '00112233'),
  tagged('bin', ['00112233', 5]),
  tagged('regexp', ['a', 'i']),
  tagged('regexp', ['a', '']),
  tagged('timestamp', [1, 2]),
];

const mixedObjects: Data[] = [
  {},
  [],
  { a: 1, b: { c: 'x', d: [1, 2] }, e: 'tail' },
  { e: 'tail', b: { d: [1, 2], c: 'x' }, a: 1 },
  { a: 1, b: { c: 'x', d: [1, 2, 3] }, e: 'tail' },
  { a: 1, 'b.c': 2 },
  { $a: 1, b: 1 },
  { '': 1, b: 1 },
  { 0: 'zero', 1: 'one' },
  ['zero', 'one'],
  [[1], [2, [3]]],
  { a: [], b: {} },
  { a: [{ b: 1 }, { b: 2 }] },
  { length: 2 },
];

const mixed: Arbitrary<Data> = fc.oneof(
  fc.constantFrom(...mixedLeaves),
  fc.constantFrom(...mixedObjects),
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(...mixedLeaves), { maxKeys: 3 }),
);

const byKind: Record<LeafKind, Data[]> = {
  text: ['a', 'b', 'red', 'green', 'one', ''],
  num: [0, 1, 2, 3, 7, 2.5],
  flag: [true, false],
  ref: [id(1), id(2), id(3)],
  dec: [tagged('dec', '1.50'), tagged('dec', '1.5'), tagged('dec', '2')],
  big: [tagged('big', '9007199254740993'), tagged('big', '1')],
  uuid: [
    tagged('uuid', '01234567-89ab-4def-8123-456789abcdef'),
    tagged('uuid', '11234567-89ab-4def-8123-456789abcdef'),
  ],
  date: [tagged('date', 1_600_000_000_001), tagged('date', 1_000), tagged('date', 9)],
  buf: [tagged('buf', '00112233'), tagged('buf', 'ff'), tagged('buf', '')],
  mixed: [],
};

const leafValue = (kind: LeafKind): Arbitrary<Data> =>
  kind === 'mixed' ? mixed : fc.constantFrom(...byKind[kind], null, undef);

const few = {
  text: fc.constantFrom('a', 'b'),
  num: fc.constantFrom(1, 2),
  date: fc.constantFrom(...byKind.date),
  buf: fc.constantFrom(...byKind.buf),
  mixed,
};

const partial = (fields: Record<string, Arbitrary<Data>>): Arbitrary<Data> =>
  fc.record(fields, { requiredKeys: [] }) as Arbitrary<Data>;

const texts = fc.array(fc.constantFrom('x', 'y', 'red'), { maxLength: 3 });
const numbers = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 });

const part = partial({ ...few, tags: texts });
const itemFields = { ...few, flag: fc.boolean(), ref: fc.constantFrom(id(1), id(2)), tags: texts, part };
const item = partial({
  ...itemFields,
  dims: partial(few),
  _id: fc.constantFrom(id(0x101), id(0x102), id(0x300), id(0x301)),
});

const elements: Record<ElementKind, Arbitrary<Data>> = {
  text: fc.constantFrom('red', 'green', 'blue', 'x', 'y', 'new'),
  num: fc.constantFrom(0, 1, 2, 3, 9),
  date: fc.constantFrom(...byKind.date),
  mixed,
  ref: fc.constantFrom(id(1), id(2), id(3)),
  buf: fc.constantFrom(...byKind.buf),
  nums: numbers,
  item,
  row: partial({ ...few, nums: numbers }),
  event: fc.oneof(
    partial({ text: few.text, num: few.num }),
    fc.record({ kind: fc.constant('Click'), text: few.text, date: few.date, mixed }),
    fc.record({ kind: fc.constant('Order'), part, tags: texts }),
  ),
  part,
};

const objectValues: Record<string, Arbitrary<Data>> = {
  nested: partial({ ...few, deep: partial({ ...few, tags: texts }) }),
  sub: partial({ ...itemFields, nested: partial(few), items: fc.array(item, { maxLength: 2 }) }),
  'items.*': item,
  'sub.items.*': item,
  'events.*': elements.event,
};

// ---- Edits -------------------------------------------------------------------------------------------------------------

const pick = fc.array(fc.nat(3), { minLength: 2, maxLength: 2 });
const via = fc.constantFrom('assign' as const, 'set' as const);
const n = fc.nat(40);

const from = <T>(choices: readonly T[]): Arbitrary<T> => fc.constantFrom(...choices);

const setLeaf: Arbitrary<Edit> = from(leaves).chain(({ at, kind }) =>
  fc.record({ do: fc.constant('set' as const), at: fc.constant(at), pick, via, value: leafValue(kind) }),
);

const setObject: Arbitrary<Edit> = from(objects).chain((at) =>
  fc.record({
    do: fc.constant('set' as const),
    at: fc.constant(at),
    pick,
    via,
    value: fc.oneof(
      { weight: 4, arbitrary: objectValues[at] ?? part },
      // An element that is null is a hole that few applications have, and none means.
      { weight: at.endsWith('*') ? 0 : 1, arbitrary: fc.constantFrom<Data>(null, undef, at === 'stamped' ? null : {}) },
    ),
  }),
);

const setArray: Arbitrary<Edit> = from(arrays).chain(({ at, kind }) =>
  fc.record({
    do: fc.constant('set' as const),
    at: fc.constant(at),
    pick,
    via,
    value: fc.oneof(
      { weight: 6, arbitrary: fc.array(elements[kind], { maxLength: 4 }) },
      { weight: at.endsWith('*') ? 0 : 1, arbitrary: fc.constantFrom(null, undef) },
    ),
  }),
);

const setMap: Arbitrary<Edit> = from(maps).chain(({ at, kind }) =>
  fc.record({
    do: fc.constant('set' as const),
    at: fc.constant(at),
    pick,
    via,
    value: fc.oneof(
      {
        weight: 5,
        arbitrary: fc
          .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), elements[kind]), { selector: ([key]) => key })
          .map((pairs) => tagged('map', pairs)),
      },
      { weight: 1, arbitrary: fc.constantFrom(null, undef) },
    ),
  }),
);

const replaceable: { at: string; kind: ElementKind | null }[] = [
  ...objects.map((at) => ({ at, kind: null })),
  ...leaves.filter(({ kind }) => kind === 'mixed').map(({ at }) => ({ at, kind: null })),
  ...arrays,
  ...maps,
];

const reassign: Arbitrary<Edit> = from(replaceable).chain(({ at, kind }) =>
  fc.record({
    do: fc.constant('reassign' as const),
    at: fc.constant(at),
    pick,
    via,
    how: from<Reassign>(reassigns),
    n,
    value: kind === null ? mixed : elements[kind],
  }),
);

const arrayEdit: Arbitrary<Edit> = from(arrays).chain(({ at, kind }) =>
  fc.record({
    do: fc.constant('array' as const),
    at: fc.constant(at),
    pick,
    call: from<ArrayCall>(isDocumentArray(kind) ? arrayCalls : arrayCalls.filter((call) => call !== 'remove')),
    n,
    m: fc.nat(5),
    values: fc.array(elements[kind], { minLength: 1, maxLength: 3 }),
  }),
);

const mapEdit: Arbitrary<Edit> = from(maps).chain(({ at, kind }) =>
  fc.record({
    do: fc.constant('map' as const),
    at: fc.constant(at),
    pick,
    call: fc.oneof(
      { weight: 4, arbitrary: fc.constant('set' as const) },
      { weight: 2, arbitrary: fc.constant('delete' as const) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    ),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    value: elements[kind],
  }),
);

const inPlaceEdit: Arbitrary<Edit> = from(inPlace).chain((at) =>
  fc.record({
    do: fc.constant('inPlace' as const),
    at: fc.constant(at),
    pick,
    n,
    value: fc.constantFrom(...mixedLeaves),
  }),
);

const increment: Arbitrary<Edit> = from(leaves.filter(({ kind }) => kind === 'num')).chain(({ at }) =>
  fc.record({ do: fc.constant('increment' as const), at: fc.constant(at), pick, n: fc.constantFrom(1, 2, -1) }),
);

const setMany: Arbitrary<Edit> = fc
  .record(
    {
      text: fc.constantFrom('a', 'b'),
      'nested.num': few.num,
      nested: objectValues['nested'] ?? part,
      sub: objectValues['sub'] ?? part,
      bare: part,
      'sub.nested.text': few.text,
      tags: texts,
      items: fc.array(item, { maxLength: 3 }),
      mixed,
      strMap: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('one', 'two')),
    },
    { requiredKeys: [] },
  )
  .map((values) => ({ do: 'setMany', values }) satisfies Edit);

const resubmit: Arbitrary<Edit> = fc.record({
  do: fc.constant('resubmit' as const),
  call: fc.constantFrom('set' as const, 'set' as const, 'overwrite' as const),
  stamps: fc.boolean(),
  changes: fc.array(fc.nat(200), { maxLength: 3 }),
  drop: fc.subarray(['tags', 'nested', 'mixed', 'strMap', 'sub'], { maxLength: 2 }),
  sorted: fc.constant(true as const),
});

const unknownPath: Arbitrary<Edit> = fc.record({
  do: fc.constant('set' as const),
  at: fc.constantFrom('extra', 'extra.a', 'extra.b.c'),
  pick,
  via: fc.constant('set' as const),
  value: mixed,
});

const edit: Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: setLeaf },
  { weight: 2, arbitrary: setObject },
  { weight: 2, arbitrary: setArray },
  { weight: 2, arbitrary: setMap },
  { weight: 6, arbitrary: reassign },
  { weight: 8, arbitrary: arrayEdit },
  { weight: 3, arbitrary: mapEdit },
  { weight: 5, arbitrary: inPlaceEdit },
  { weight: 1, arbitrary: increment },
  { weight: 1, arbitrary: setMany },
  { weight: 1, arbitrary: resubmit },
);

const undone: Arbitrary<Edit> = edit.map((inner) => ({ do: 'undone', edit: inner }) satisfies Edit);

const step = (variant: VariantName): Arbitrary<Step> =>
  fc.oneof(
    { weight: 10, arbitrary: edit },
    { weight: 3, arbitrary: undone },
    { weight: variant === 'loose' ? 2 : 0, arbitrary: unknownPath },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('save' as const), again: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), load: loadName }) },
  );

const loadName: Arbitrary<LoadName> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<LoadName>('whole') },
  { weight: 2, arbitrary: from(Object.keys(loads) as LoadName[]) },
);

export const scriptOf = (variant: VariantName): Arbitrary<Script> =>
  fc.record({
    variant: fc.constant(variant),
    seed: fc.oneof({ weight: 2, arbitrary: fc.constant('full') }, { weight: 3, arbitrary: from(seedNames) }),
    load: loadName,
    revert: fc.boolean(),
    steps: fc.array(step(variant), { minLength: 1, maxLength: 8 }),
  });

export { variantNames };

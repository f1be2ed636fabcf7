/**
 * Where there is something to edit in the models, by kind. `*` stands for an element of an array or a key of a map; which
 * one is decided when the edit is applied, because only then it is known what is there.
 */
const few = ['text', 'num', 'date', 'buf', 'mixed'] as const;
const all = [...few, 'flag', 'ref', 'dec', 'big', 'uuid'] as const;

export type LeafKind = (typeof all)[number];

const fewPlaces = [
  'nested.deep',
  'sub.nested',
  'sub.part',
  'bare',
  'items.*.dims',
  'items.*.part',
  'rows.*',
  'subMap.*',
  'gear',
  'parts.*',
];
const allPlaces = ['', 'nested', 'sub', 'items.*', 'sub.items.*'];

const below = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`);

/** The kind of a leaf is its last part; paths with a name of their own are listed with their kind. */
export const leaves: readonly { readonly at: string; readonly kind: LeafKind }[] = [
  ...allPlaces.flatMap((place) => all.map((kind) => ({ at: below(place, kind), kind }))),
  ...fewPlaces.flatMap((place) => few.map((kind) => ({ at: below(place, kind), kind }))),
  ...['aliased', 'nick', 'code', 'hidden', 'stamped.text', 'events.*.text'].map((at) => ({
    at,
    kind: 'text' as const,
  })),
  ...['level', 'stamped.num', 'events.*.num'].map((at) => ({ at, kind: 'num' as const })),
  { at: 'fixed', kind: 'date' },
  { at: 'events.*.date', kind: 'date' },
  { at: 'events.*.mixed', kind: 'mixed' },
];

export type ElementKind =
  'text' | 'num' | 'date' | 'mixed' | 'ref' | 'buf' | 'nums' | 'item' | 'row' | 'event' | 'part';

const arraysByKind: Record<ElementKind, readonly string[]> = {
  text: [
    'tags',
    'labels',
    'nested.deep.tags',
    'sub.tags',
    'sub.nested.tags',
    'bare.tags',
    'items.*.tags',
    'items.*.part.tags',
    'subMap.*.tags',
    'events.*.tags',
    'gear.tags',
  ],
  num: ['nums', 'rows.*.nums', 'grid.*', 'arrMap.*'],
  date: ['dates', 'sub.dates'],
  mixed: ['mixes', 'nested.deep.mixes', 'items.*.mixes'],
  ref: ['refs'],
  buf: ['bufs'],
  nums: ['grid'],
  item: ['items', 'sub.items'],
  row: ['rows'],
  event: ['events'],
  part: ['parts'],
};

export const arrays = Object.entries(arraysByKind).flatMap(([kind, paths]) =>
  paths.map((at) => ({ at, kind: kind as ElementKind })),
);

export const isDocumentArray = (kind: ElementKind): boolean => ['item', 'row', 'event', 'part'].includes(kind);

export const maps: readonly { readonly at: string; readonly kind: ElementKind }[] = [
  { at: 'strMap', kind: 'text' },
  { at: 'nested.strMap', kind: 'text' },
  { at: 'items.*.strMap', kind: 'text' },
  { at: 'mixMap', kind: 'mixed' },
  { at: 'sub.mixMap', kind: 'mixed' },
  { at: 'subMap', kind: 'part' },
  { at: 'arrMap', kind: 'nums' },
];

/** Objects that can be replaced: nested objects, subdocuments, elements. */
export const objects: readonly string[] = [
  'nested',
  'nested.deep',
  'sub',
  'sub.nested',
  'sub.part',
  'bare',
  'stamped',
  'items.*',
  'items.*.dims',
  'items.*.part',
  'sub.items.*',
  'rows.*',
  'events.*',
  'subMap.*',
  'gear',
  'parts.*',
];

/** Values that change without an assignment: in Mixed, Date and Buffer, and as elements or map values. */
export const inPlace: readonly string[] = [
  ...leaves.filter(({ kind }) => ['mixed', 'date', 'buf'].includes(kind)).map(({ at }) => at),
  'mixes.*',
  'nested.deep.mixes.*',
  'items.*.mixes.*',
  'dates.*',
  'sub.dates.*',
  'bufs.*',
  'mixMap.*',
  'sub.mixMap.*',
];

/** Paths that only the root discriminator has. */
export const isSpecialOnly = (at: string): boolean => /^(gear|parts)(\.|$)/.test(at);

/** Mixed values: here, and only here, the order of the keys is part of what is stored. */
export const isOrdered = (path: string): boolean => /(^|\.)(mixed|mixes\.\d+|mixMap\.[^.]+|extra)(\.|$)/.test(path);

export const isMap = (path: string): boolean => /(^|\.)(strMap|mixMap|subMap|arrMap)$/.test(path);

/** How a script loads its document: what is selected, and what is populated. */
export interface Load {
  readonly projection?: Readonly<Record<string, 0 | 1>>;
  readonly populate?: readonly string[];
}

export const loads = {
  whole: {},
  populated: { populate: ['ref', 'refs', 'sub.ref', 'items.ref'] },
  only: { projection: { text: 1, num: 1, nested: 1, sub: 1, tags: 1, items: 1, mixed: 1, mixMap: 1, __v: 1 } },
  onlyLeaves: {
    projection: {
      'nested.text': 1,
      'nested.deep.num': 1,
      'nested.deep.tags': 1,
      'sub.text': 1,
      'sub.tags': 1,
      'bare.num': 1,
      'items.text': 1,
      'items.num': 1,
      'strMap.a': 1,
      mixed: 1,
      tags: 1,
      __v: 1,
    },
  },
  without: { projection: { mixed: 0, tags: 0, items: 0, strMap: 0, bare: 0, stamped: 0 } },
  withoutLeaves: {
    projection: {
      'nested.text': 0,
      'nested.deep.mixed': 0,
      'sub.mixed': 0,
      'sub.items.num': 0,
      'items.mixed': 0,
      'items.dims.text': 0,
      'bare.tags': 0,
      'mixed.a': 0,
      'mixMap.a': 0,
    },
  },
} satisfies Record<string, Load>;

export type LoadName = keyof typeof loads;

export const loadOf = (name: LoadName): Load => loads[name];

/** Is this path of the stored document (indexes and all) one that the load selected? `parent`: only a part of it. */
export function isSelected(load: Load, path: string): boolean | 'parent' {
  const { projection } = load;
  if (projection === undefined) return true;
  const plain = path
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .join('.');
  const named = Object.keys(projection);
  const inside = named.some((key) => plain === key || plain.startsWith(`${key}.`));
  const above = named.some((key) => key.startsWith(`${plain}.`));
  if (Object.values(projection).every((flag) => flag === 0)) return inside ? false : above ? 'parent' : true;
  return inside || plain === '_id' || plain === 'kind' ? true : above ? 'parent' : false;
}

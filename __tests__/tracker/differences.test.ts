// What a walk over originals and current values finds.
import { keep } from '../../lib/values/clone';
import {
  Comparison,
  FIELDS,
  FREE,
  inside,
  isOneValue,
  noRules,
  plainComparingHost,
  within,
  type ArrayDifference,
  type ComparingHost,
  type Difference,
  type LeafDifference,
  type Place,
  type Rules,
} from '../../lib/tracker/differences';
import { hostOf, Part, StandIn } from './hosts';

interface Circumstances {
  readonly host?: ComparingHost;
  readonly rules?: Partial<Rules>;
  readonly place?: Place;
}

function differencesOf(
  before: unknown,
  now: unknown,
  { host = hostOf(), rules = {}, place = FREE }: Circumstances = {},
): readonly Difference[] {
  const comparison = new Comparison(host, { ...noRules, ...rules }, false);
  comparison.value(before, now, 'at', place);
  return comparison.found;
}

/** Where something differs, and within arrays where in them. */
function pathsOf(differences: readonly Difference[]): string[] {
  return differences.flatMap((one) =>
    one.kind === 'array' && one.items.length > 0 ? [`${one.path}:`, ...pathsOf(one.items)] : [one.path],
  );
}

const differing = (before: unknown, now: unknown, circumstances?: Circumstances): string[] =>
  pathsOf(differencesOf(before, now, circumstances));

const arrayIn = (before: unknown, now: unknown, circumstances?: Circumstances): ArrayDifference => {
  const [found] = differencesOf(before, now, circumstances);
  expect(found?.kind).toBe('array');
  return found as ArrayDifference;
};

const minimize = { rules: { minimize: true } };

describe('a value', () => {
  it('that is the same differs nowhere', () => {
    const object = { a: 1 };
    for (const value of [1, 'a', null, undefined, object]) expect(differencesOf(value, value)).toEqual([]);
    expect(differencesOf({ a: [1, { b: 1 }] }, { a: [1, { b: 1 }] })).toEqual([]);
    expect(differencesOf(undefined, () => 1)).toEqual([]);
  });

  it('that is another one is a leaf, with both values', () => {
    expect(differencesOf(1, 2, { place: within(FREE, 'top') })).toEqual([
      { kind: 'leaf', path: 'at', from: 1, to: 2, within: 'top' },
    ]);
    for (const [before, now] of [
      [null, {}],
      [{}, null],
      [1, {}],
      [{}, 1],
      [undefined, null],
      [[], {}],
      [new Date(0), {}],
      [new Date(0), new Date(1)],
      [Buffer.from('a'), Buffer.from('b')],
    ]) {
      expect(differencesOf(before, now)).toEqual([
        { kind: 'leaf', path: 'at', from: before, to: now, within: undefined },
      ]);
    }
  });

  it('that says itself how it is stored is compared as that', () => {
    const money = (cents: number): object => new (class {
      toBSON = (): number => cents;
    })(); // prettier-ignore
    expect(differencesOf(1, money(1))).toEqual([]);
    expect(differing(1, money(2))).toEqual(['at']);
    expect(differencesOf(money(1), money(1))).toEqual([]);
    expect(differing(money(1), money(2))).toEqual(['at']);
  });

  it('that stands for another is compared as that', () => {
    expect(differencesOf(1, new StandIn(1))).toEqual([]);
    expect(differencesOf(new StandIn(1), 1)).toEqual([]);
    expect(differencesOf(1, new StandIn(2))).toEqual([{ kind: 'leaf', path: 'at', from: 1, to: 2, within: undefined }]);
    expect(differing(new StandIn({ a: 1 }), new StandIn({ a: 2 }))).toEqual(['at.a']);
  });

  it('that is left alone differs nowhere', () => {
    const rules: Partial<Rules> = { isExcluded: (path) => path === 'at.a', byPath: true };
    expect(differing({ a: 1, b: 1 }, { a: 2, b: 2 }, { rules })).toEqual(['at.b']);
    expect(differencesOf(1, 2, { rules: { isExcluded: (path) => path === 'at' } })).toEqual([]);
  });

  it('that holds itself is compared once', () => {
    const loop = (n: number): object => {
      const object: Record<string, unknown> = { n };
      object['self'] = object;
      return object;
    };
    expect(differing(loop(1), loop(1))).toEqual([]);
    expect(differing(loop(1), loop(2))).toEqual(['at.n']);
    const list = (n: number): unknown[] => {
      const items: unknown[] = [n];
      items.push(items);
      return items;
    };
    expect(differing(list(1), list(2))).toEqual(['at:', 'at.0']);
    // Only one of the two holds itself: its other side is met for the first time.
    expect(differing(loop(1), { n: 1, self: { n: 2 } })).toEqual(['at.self.n', 'at.self.self']);
    expect(differing({ n: 1, self: { n: 2 } }, loop(1))).toEqual(['at.self.n', 'at.self.self']);
  });

  it('may stand twice in another, and is compared in both places', () => {
    const [before, now] = [{ n: 1 }, { n: 2 }];
    expect(differing({ a: before, b: before }, { a: now, b: now })).toEqual(['at.a.n', 'at.b.n']);
  });
});

describe('a question for one difference', () => {
  it('stops at the first', () => {
    const comparison = new Comparison(plainComparingHost, noRules, true);
    expect(comparison.done).toBe(false);
    comparison.value({ a: 1, b: 1 }, { a: 2, b: 2 }, 'at', FREE);
    expect(comparison.done).toBe(true);
    comparison.value(1, 2, 'other', FREE);
    expect(pathsOf(comparison.found)).toEqual(['at.a']);
  });

  it('looks at nothing behind it', () => {
    const looked: string[] = [];
    const rules: Rules = {
      ...noRules,
      byPath: true,
      isExcluded: (path) => {
        looked.push(path);
        return false;
      },
    };
    const comparison = new Comparison(plainComparingHost, rules, true);
    comparison.value({ list: [1, 2], z: 1 }, { list: [3, 4], z: 2, new: 1 }, 'at', FREE);
    expect(looked).toEqual(['at', 'at.list', 'at.list.0']);
  });

  it('is also asked aside, under the same rules', () => {
    const comparison = new Comparison(plainComparingHost, { ...noRules, minimize: true }, false);
    expect(comparison.differs({ a: {} }, {}, 'at', FIELDS)).toBe(false);
    expect(comparison.differs({ a: 1 }, { a: 2 }, 'at', FIELDS)).toBe(true);
    expect(comparison.found).toEqual([]);
    expect(comparison.done).toBe(false);
  });
});

it('what the caller found itself is among what was found', () => {
  const comparison = new Comparison(plainComparingHost, noRules);
  comparison.leaf('a', 1, 2, within(FIELDS, 'top'));
  comparison.unknown('b', 3);
  expect(comparison.found).toEqual([
    { kind: 'leaf', path: 'a', from: 1, to: 2, within: 'top' },
    { kind: 'unknown', path: 'b', to: 3, assigned: false },
  ]);
});

describe('an object', () => {
  it('differs at the keys that were changed, added and removed', () => {
    expect(differencesOf({ a: 1, b: 1, c: { d: 1 } }, { a: 2, c: { d: 1, e: 1 } })).toEqual([
      { kind: 'leaf', path: 'at.a', from: 1, to: 2, within: undefined },
      { kind: 'leaf', path: 'at.b', from: 1, to: undefined, within: undefined },
      { kind: 'leaf', path: 'at.c.e', from: undefined, to: 1, within: undefined },
    ]);
  });

  it('has no keys without a value', () => {
    expect(differing({ a: 1 }, { a: 1, b: undefined, c: () => 1 })).toEqual([]);
    expect(differing({ a: 1, b: undefined }, { a: 1 })).toEqual([]);
    expect(differing({ a: 1, b: undefined }, { a: 1, b: 2 })).toEqual(['at.b']);
    expect(differing({ a: 1, b: 2 }, { a: 1, b: undefined })).toEqual(['at.b']);
  });

  it('has no keys that every object inherits', () => {
    expect(differencesOf({ a: 1, toString: 1 }, { a: 1 })).toEqual([
      { kind: 'leaf', path: 'at.toString', from: 1, to: undefined, within: undefined },
    ]);
    expect(differing({ a: 1 }, { a: 1, valueOf: 1 })).toEqual(['at.valueOf']);
  });

  it('that became empty, or was, differs as a whole', () => {
    expect(differing({ a: 1 }, {})).toEqual(['at']);
    expect(differing({}, { a: 1 })).toEqual(['at']);
    expect(differing({}, {})).toEqual([]);
    expect(differing({ a: undefined }, {})).toEqual([]);
    expect(differing({ a: { b: 1 } }, { a: {} })).toEqual(['at.a']);
  });

  it('differs as a whole, and nowhere else, at a key that no update can address', () => {
    for (const key of ['x.y', '$x', '']) {
      expect(differing({ a: 1, [key]: 1 }, { a: 2, [key]: 2 })).toEqual(['at']);
      expect(differing({ a: 1 }, { a: 2, [key]: 2 })).toEqual(['at']);
      expect(differing({ a: 1, [key]: 1 }, { a: 1 })).toEqual(['at']);
      expect(differing({ a: 1, [key]: 1 }, { a: 2, [key]: 1 })).toEqual(['at.a']);
      expect(differing({ a: 1, [key]: 1 }, { a: 2, [key]: 1 }, { rules: { byPath: true } })).toEqual(['at.a']);
      // Further up, as long as the name of the parent cannot be addressed either.
      expect(differing({ a: 1, [key]: { $y: 1, b: 1 } }, { a: 1, [key]: { $y: 2, b: 1 } })).toEqual(['at']);
    }
  });

  describe('with its keys in another order', () => {
    const [before, now] = [
      { a: 1, b: 1 },
      { b: 1, a: 1 },
    ];

    it('differs as a whole in free data', () => {
      expect(differencesOf(before, now)).toEqual([
        { kind: 'leaf', path: 'at', from: before, to: now, within: undefined },
      ]);
      expect(differing({ x: before }, { x: now })).toEqual(['at.x']);
    });

    it('differs nowhere as fields of a schema', () => {
      expect(differing(before, now, { place: FIELDS })).toEqual([]);
    });

    it.each<[string, string, string, string[]]>([
      ['a new key at the end', 'ab', 'abx', ['at.x']],
      ['new keys at the end, sorted as MongoDB adds them', 'ab', 'abxy', ['at.x', 'at.y']],
      ['new keys at the end, in another order', 'ab', 'abyx', ['at']],
      ['a new key in front', 'ab', 'xab', ['at']],
      ['a new key in between', 'ab', 'axb', ['at']],
      ['a removed key', 'abc', 'ac', ['at.b']],
      ['a removed key, and a new one at the end', 'abc', 'acx', ['at.b', 'at.x']],
      ['a key moved to the end', 'abc', 'bca', ['at']],
      ['two keys swapped behind one that stayed', 'abc', 'acb', ['at']],
      ['as many keys, but others', 'ab', 'ax', ['at.b', 'at.x']],
      ['only new keys', 'ab', 'xy', ['at.a', 'at.b', 'at.x', 'at.y']],
    ])('%s', (_title, from, to, paths) => {
      const object = (keys: string): object => Object.fromEntries(Array.from(keys, (key) => [key, 1]));
      expect(differing(object(from), object(to))).toEqual(paths);
    });
  });

  it('keeps what is told of the place of its keys', () => {
    const place: Place = { ...FIELDS, inner: (key) => (key === 'free' ? FREE : FIELDS) };
    const change = (key: string): string[] =>
      differing({ [key]: { a: 1, b: 1 } }, { [key]: { b: 1, a: 1 } }, { place });
    expect(change('free')).toEqual(['at.free']);
    expect(change('other')).toEqual([]);
  });

  it('becoming an instance of a class is compared by what is stored', () => {
    class Point {
      constructor(readonly x: number) {}
    }
    expect(differing(new Point(1), new Point(1))).toEqual([]);
    expect(differing(new Point(1), new Point(2))).toEqual(['at']);
    expect(differing({ x: 1 }, new Point(2))).toEqual(['at']);
    expect(differing(new Point(1), { x: 2 })).toEqual(['at']);
  });
});

describe('with minimize, an object that holds nothing', () => {
  it('is nothing', () => {
    for (const [before, now] of [
      [undefined, {}],
      [{}, undefined],
      [undefined, { a: {} }],
      [{ a: { b: undefined } }, undefined],
      [{}, { a: {} }],
      [{ a: {} }, {}],
    ]) {
      expect(differing(before, now, minimize)).toEqual([]);
    }
    expect(differing(undefined, {})).toEqual(['at']);
    expect(differing({}, undefined)).toEqual(['at']);
  });

  it('is not null, a value, or an array', () => {
    for (const [before, now] of [
      [null, {}],
      [{}, null],
      [undefined, null],
      [undefined, []],
      [[], undefined],
      [undefined, { a: 1 }],
      [{ a: 1 }, undefined],
      [undefined, Object.create({ a: 1 })],
      [Object.create({ a: 1 }), undefined],
    ]) {
      expect(differing(before, now, minimize)).toEqual(['at']);
    }
  });

  it('is nothing as one value too', () => {
    const rules = { minimize: true, isWhole: () => true };
    expect(differing({}, undefined, { rules })).toEqual([]);
    expect(differing(undefined, { a: {} }, { rules })).toEqual([]);
    expect(differing({}, undefined, { rules: { isWhole: () => true } })).toEqual(['at']);
  });
});

describe('a value that the user wants compared as one', () => {
  const whole: Partial<Rules> = { isWhole: (path) => path === 'at.a' };

  it('differs as a whole', () => {
    expect(differing({ a: { b: 1, c: 1 } }, { a: { b: 2, c: 1 } }, { rules: whole })).toEqual(['at.a']);
    expect(differing({ a: [1] }, { a: [2] }, { rules: whole })).toEqual(['at.a']);
    expect(differing({ a: [1] }, { a: [1] }, { rules: whole })).toEqual([]);
    expect(isOneValue({ ...noRules, ...whole }, 'at.a')).toBe(true);
    expect(isOneValue({ ...noRules, ...whole }, 'at')).toBe(false);
    expect(isOneValue({ ...noRules, equalsAt: () => () => true }, 'at')).toBe(true);
  });

  it("is asked of the user's own equality, which is given copies", () => {
    const given: unknown[] = [];
    const rules: Partial<Rules> = {
      byPath: true,
      equalsAt: (path) =>
        path === 'at.a'
          ? (before, now) => {
              given.push(before, now);
              return (before as { v: number }).v % 10 === (now as { v: number }).v % 10;
            }
          : undefined,
    };
    const [before, now] = [new Part({ v: 1 }, { v: 5 }), new Part({ v: 9 }, { v: 11 })];
    expect(differing({ a: before }, { a: now }, { rules })).toEqual([]);
    expect(given).toEqual([{ v: 1 }, { v: 11 }]);
    expect(differing({ a: before }, { a: { v: 2 } }, { rules })).toEqual(['at.a']);
  });

  it('is told by its leaves if it was loaded in part, as what was not loaded must survive', () => {
    const place = { ...FIELDS, partial: true };
    expect(differing({ a: { b: 1 } }, { a: { b: 2 } }, { rules: whole, place })).toEqual(['at.a.b']);
    for (const now of [1, null, undefined])
      expect(differing({ a: { b: 1 }, c: 1 }, { a: now, c: 1 }, { rules: whole, place })).toEqual(['at.a']);
    // A value without leaves differs if the user says so, be it stored as the same.
    expect(differing(NaN, NaN, { rules: { equalsAt: () => () => false }, place })).toEqual(['at']);
  });
});

describe('a Map', () => {
  const map = (fields: Record<string, unknown>): Map<string, unknown> => new Map(Object.entries(fields));
  /** A kept copy, and the same Map edited in place. */
  const edited = (fields: Record<string, unknown>, edit: (live: Map<string, unknown>) => void): [unknown, unknown] => {
    const live = map(fields);
    const before = keep(live, plainComparingHost);
    edit(live);
    return [before, live];
  };
  const guards = (differences: readonly Difference[]): (string | undefined)[] =>
    differences.map((one) => (one as LeafDifference).within);

  it('differs at its keys', () => {
    expect(differing(map({ a: 1, b: 1, c: 1 }), map({ a: 2, c: 1, d: 1 }))).toEqual(['at.a', 'at.b', 'at.d']);
    expect(differing(map({ a: 1 }), map({ a: 1 }))).toEqual([]);
    expect(differing(map({ a: { b: 1 } }), map({ a: { b: 2 } }))).toEqual(['at.a.b']);
  });

  it('has no keys without a value', () => {
    expect(differing(map({ a: 1, b: undefined }), map({ a: 1 }))).toEqual([]);
    expect(differing(map({ a: 1, b: undefined }), map({ a: 1, b: 1 }))).toEqual(['at.b']);
  });

  it('that was replaced differs as a whole if it is empty now, was empty, or has another order', () => {
    expect(differing(map({ a: 1 }), map({}))).toEqual(['at']);
    expect(differing(map({}), map({ a: 1 }))).toEqual(['at']);
    expect(differing(map({}), map({}))).toEqual([]);
    expect(differing(map({ a: 1, b: 1 }), map({ b: 1, a: 1 }))).toEqual(['at']);
  });

  it('that was emptied in place differs as a whole, unless it held one key', () => {
    expect(differing(...edited({ a: 1, b: 1 }, (live) => live.clear()))).toEqual(['at']);
    expect(differing(...edited({ a: 1 }, (live) => live.clear()))).toEqual(['at.a']);
    expect(differing(...edited({ a: 1, b: 1 }, (live) => live.delete('a')))).toEqual(['at.a']);
    expect(differing(...edited({}, (live) => live.set('a', 1)))).toEqual(['at.a']);
  });

  it('that was edited in place differs by no order', () => {
    const [before, now] = edited({ a: 1, b: 1 }, (live) => {
      live.delete('a');
      live.set('a', 1);
    });
    expect(differing(before, now)).toEqual([]);
  });

  it('differs as a whole at a key that no update can address', () => {
    expect(differing(map({ a: 1, 'x.y': 1 }), map({ a: 2, 'x.y': 2 }))).toEqual(['at']);
    expect(differing(map({ a: 1 }), map({ a: 2, 'x.y': 2 }))).toEqual(['at']);
    expect(differing(map({ a: 1, 'x.y': 1 }), map({ a: 2, 'x.y': 1 }))).toEqual(['at.a']);
  });

  it('that was replaced is the guard of its values, or has one around it', () => {
    const [before, now] = [map({ a: 1 }), map({ a: 2 })];
    expect(guards(differencesOf(before, now))).toEqual(['at']);
    expect(guards(differencesOf(before, now, { place: within(FREE, 'top') }))).toEqual(['top']);
  });

  it('that carries on the one before is taken for that, edited in place; its order counts all the same', () => {
    const host = hostOf({ carriesOn: (before, now) => before instanceof Map && now instanceof Map });
    const carried = (fields: Record<string, unknown>, now: Record<string, unknown>): readonly Difference[] =>
      differencesOf(keep(map(fields), plainComparingHost), map(now), { host, place: FIELDS });
    expect(carried({ a: 1 }, { a: 2 })).toEqual([{ kind: 'leaf', path: 'at.a', from: 1, to: 2, within: undefined }]);
    expect(pathsOf(carried({ a: 1 }, {}))).toEqual(['at.a']);
    expect(pathsOf(carried({ a: 1, b: 1 }, {}))).toEqual(['at']);
    expect(pathsOf(carried({}, { a: 1 }))).toEqual(['at.a']);
    expect(pathsOf(carried({ a: 1, b: 1 }, { b: 1, a: 1 }))).toEqual(['at']);
    const [before, now] = [keep(map({ a: 1 }), plainComparingHost), map({ a: 2 })];
    expect(guards(differencesOf(before, now, { place: FIELDS }))).toEqual(['at']);
    // What was copied from nothing is carried on by nothing.
    expect(guards(differencesOf(map({ a: 1 }), map({ a: 2 }), { host, place: FIELDS }))).toEqual(['at']);
  });

  it('loaded in part never differs as a whole: other keys may be stored', () => {
    const place = { ...FIELDS, partial: true };
    expect(differing(map({ a: 1, b: 1 }), map({}), { place })).toEqual(['at.a', 'at.b']);
    expect(differing(map({}), map({ a: 1 }), { place })).toEqual(['at.a']);
    expect(differing(map({ a: 1, b: 1 }), map({ b: 1, a: 1 }), { place })).toEqual([]);
    expect(differing(map({}), map({}), { place })).toEqual([]);
  });

  it('that was edited in place leaves free data in it its own guard, and fields of a schema theirs', () => {
    const edit = edited({ a: { b: 1 } }, (live) => live.set('a', { b: 2 }));
    expect(guards(differencesOf(...edit, { place: FREE }))).toEqual(['at.a']);
    expect(guards(differencesOf(...edit, { place: FIELDS }))).toEqual([undefined]);
    expect(guards(differencesOf(...edit, { place: within(FIELDS, 'top') }))).toEqual(['top']);
    expect(guards(differencesOf(...edit, { place: { ...FREE, inner: () => FIELDS } }))).toEqual([undefined]);
    expect(guards(differencesOf(...edit, { place: { ...FIELDS, inner: () => FREE } }))).toEqual(['at.a']);
  });

  it('has values in which the order of keys counts, unless its schema says otherwise', () => {
    const [before, now] = edited({ a: { x: 1, y: 1 } }, (live) => live.set('a', { y: 1, x: 1 }));
    expect(differing(before, now, { place: FIELDS })).toEqual(['at.a']);
    expect(differing(before, now, { place: { ...FIELDS, inner: () => FIELDS } })).toEqual([]);
  });

  it('loaded in part has its values compared by their leaves, also where they are to be written as one', () => {
    const [before, now] = edited({ a: { b: 1, c: 1 } }, (live) => live.set('a', { b: 2, c: 1 }));
    const rules = { isWhole: (path: string) => path === 'at.a' };
    expect(differing(before, now, { rules })).toEqual(['at.a']);
    expect(differing(before, now, { rules, place: { ...FREE, partial: true } })).toEqual(['at.a.b']);
    const arrays = edited({ a: [1] }, (live) => live.set('a', [2]));
    const partial = (more: Partial<Rules>): boolean | undefined =>
      (differencesOf(...arrays, { rules: more, place: { ...FREE, partial: true } })[0] as ArrayDifference).partial;
    expect(partial({})).toBe(false);
    expect(partial({ isWhole: (path) => path === 'at.a' })).toBe(true);
  });
});

describe('an array', () => {
  it('says what was and is, what differs in its elements, and where it stands', () => {
    const [before, now] = [
      [1, { a: 1 }],
      [1, { a: 2 }, 3],
    ];
    expect(differencesOf(before, now)).toEqual([
      {
        kind: 'array',
        path: 'at',
        from: before,
        to: now,
        items: [{ kind: 'leaf', path: 'at.1.a', from: 1, to: 2, within: undefined }],
        moved: false,
        inPlace: false,
        guarded: false,
        partial: false,
        within: undefined,
        solid: false,
        absent: false,
        live: now,
      },
    ]);
    const place: Place = { ...within(FIELDS, 'top'), partial: true, absent: true };
    expect(arrayIn(before, now, { place })).toMatchObject({
      guarded: true,
      partial: true,
      absent: true,
      within: 'top',
    });
  });

  it('knows whether it is the one that was there', () => {
    const live = [1];
    const before = keep(live, plainComparingHost);
    live.push(2);
    expect(arrayIn(before, live).inPlace).toBe(true);
    expect(arrayIn(before, [1, 2]).inPlace).toBe(false);
  });

  it('tells the one that stands in the document from the one behind it', () => {
    const live = new StandIn([2]);
    expect(arrayIn([1], live)).toMatchObject({ to: [2], live });
  });

  it('that is longer or shorter differs, though no element does', () => {
    expect(arrayIn([1, 2], [1])).toMatchObject({ items: [], moved: false });
    expect(arrayIn([1], [1, 2])).toMatchObject({ items: [], moved: false });
    expect(differencesOf([], [])).toEqual([]);
  });

  it('has null for what is not stored', () => {
    const holes = [1, 2];
    Reflect.deleteProperty(holes, 1);
    expect(differencesOf([1, null], holes)).toEqual([]);
    expect(differencesOf(holes, [1, null])).toEqual([]);
    expect(differencesOf([1, null], [1, () => 1])).toEqual([]);
    expect(differing([1, undefined], [1, 2])).toEqual(['at:', 'at.1']);
  });

  it('has moved if an element with an id stands where another one stood', () => {
    const [a, b, c] = [{ _id: 1 }, { _id: 2 }, { _id: 3 }];
    const moved = (before: unknown[], now: unknown[]): boolean => arrayIn(before, now).moved;
    expect(moved([a, b], [b, a])).toBe(true);
    expect(moved([a, b, c], [b, c])).toBe(true);
    expect(moved([a, b], [{ _id: 1, x: 1 }, b])).toBe(false);
    // Put in place of another, it was not there before.
    expect(moved([a, b], [a, c])).toBe(false);
    expect(moved([a], [c, a])).toBe(false);
    expect(moved([{ n: 1 }, { n: 2 }], [{ n: 2 }, { n: 1 }])).toBe(false);
    // An id that stands twice says nothing.
    expect(moved([a, a, b], [{ _id: 1, x: 1 }, b, a])).toBe(true);
    expect(moved([a, c, a], [a, a, a])).toBe(false);
    // Nor does none.
    expect(moved([a, { n: 1 }], [{ n: 2 }, c])).toBe(false);
  });

  it('has moved by the ids that its elements had then and have now', () => {
    const [first, second] = [new Part({ _id: 1 }), new Part({ _id: 2 }, { _id: 1, x: 1 })];
    expect(arrayIn([first, second], [second, first]).moved).toBe(true);
    expect(arrayIn([first, new Part({ _id: 2 }, { _id: 3 })], [first, new Part({ _id: 3 })]).moved).toBe(false);
  });

  describe('with elements that were loaded in part', () => {
    const place = { ...FIELDS, partial: true };
    const paths = (before: unknown, now: unknown, host = hostOf()): string[] =>
      differing([before], [now], { host, place });

    it('differs by an element as a whole if that is another one, as what was not loaded is none of its', () => {
      expect(paths({ _id: 1, a: 1 }, { _id: 2, a: 2 })).toEqual(['at:', 'at.0']);
      expect(differing([{ _id: 1, a: 1 }], [{ _id: 2, a: 2 }])).toEqual(['at:', 'at.0._id', 'at.0.a']);
      expect(paths(new Part({ _id: 1 }, { _id: 2 }), new Part({ _id: 3 }, { _id: 2 }))).toEqual(['at:', 'at.0']);
      // One that was not loaded is taken for another than one that was given.
      expect(paths(new Part({ a: 1 }), new Part({ _id: 1, a: 2 }))).toEqual(['at:', 'at.0']);
      expect(paths({ a: 1 }, new Part({ _id: 1, a: 2 }))).toEqual(['at:', 'at.0']);
      expect(paths(new StandIn({ a: 1 }), new Part({ _id: 1, a: 2 }))).toEqual(['at:', 'at.0']);
    });

    it('differs by the fields of an element if it is the same, or has no id', () => {
      expect(paths({ _id: 1, a: 1 }, { _id: 1, a: 2 })).toEqual(['at:', 'at.0.a']);
      expect(paths({ _id: 1, a: 1 }, { a: 2 })).toEqual(['at:', 'at.0._id', 'at.0.a']);
      expect(paths({ a: 1 }, { a: 2 })).toEqual(['at:', 'at.0.a']);
      expect(paths({ a: 1 }, { a: 2, _id: 1 })).toEqual(['at:', 'at.0.a', 'at.0._id']);
      const same = new Part({ _id: 1, a: 1 }, { _id: 2, a: 2 });
      expect(paths(same, same)).toEqual(['at:', 'at.0._id', 'at.0.a']);
      // An id that is only a default.
      const host = hostOf({ isUnloadedDefault: (_before, _now, key) => key === '_id' });
      expect(paths(new Part({ a: 1 }), new Part({ _id: 1, a: 2 }), host)).toEqual(['at:', 'at.0.a']);
    });

    it('differs by an element in place of what is none', () => {
      for (const value of [5, 'text', null, undefined, new StandIn(5)])
        expect(paths(value, new Part({ _id: 1 }))).toEqual(['at:', 'at.0']);
    });
  });

  describe('with minimize', () => {
    const solid = (before: unknown[], now: unknown[], rules: Partial<Rules> = { minimize: true }): boolean =>
      arrayIn(before, now, { rules }).solid;

    it('must be written as a whole if an element became empty, or an empty one was added', () => {
      expect(solid([{ a: 1 }], [{}])).toBe(true);
      expect(solid([1], [{ a: {} }])).toBe(true);
      expect(solid([1], [1, {}])).toBe(true);
      expect(solid([1], [1, new Part({ a: 1 }, {})])).toBe(true);
      expect(solid([1], [1, new StandIn({})])).toBe(true);
      const ten = Array.from({ length: 10 }, () => 1);
      expect(solid([...ten, { a: 1 }], [...ten, {}])).toBe(true);
    });

    it('need not otherwise', () => {
      expect(solid([{ a: 1 }], [{}], {})).toBe(false);
      expect(solid([1], [1, {}], {})).toBe(false);
      expect(solid([{}, 1], [{}, 2])).toBe(false);
      expect(solid([{ a: 1 }], [{ a: 2 }])).toBe(false);
      expect(solid([{ a: { b: 1 } }], [{ a: 1 }])).toBe(false);
      // Inside of an element an empty object is stored as nothing, as it should be.
      expect(solid([{ a: { b: 1 }, c: 1 }], [{ a: {}, c: 1 }])).toBe(false);
      expect(solid([{ x1: { b: 1 }, c: 1 }], [{ x1: {}, c: 1 }])).toBe(false);
      expect(solid([[1]], [[2]])).toBe(false);
      const values = [2, null, undefined, 'text', [], new Date(0), new Part({}, { a: 1 })];
      for (const item of [...values, new StandIn(5), new StandIn(null)]) {
        expect(solid([1], [1, item])).toBe(false);
        expect(solid([1], [item])).toBe(false);
      }
    });
  });

  it('passes elements over that are surely the same, unless something is said about paths', () => {
    const looked: string[] = [];
    const rules = (byPath: boolean): Rules => ({
      ...noRules,
      byPath,
      isExcluded: (path) => {
        looked.push(path);
        return false;
      },
    });
    const now = [{ a: 1 }, { a: 2 }, 3];
    for (const byPath of [false, true]) differencesOf([{ a: 1 }, { a: 3 }, 3], now, { rules: rules(byPath) });
    expect(looked).toEqual(['at', 'at.1', 'at.1.a', 'at', 'at.0', 'at.0.a', 'at.1', 'at.1.a', 'at.2']);
  });

  it('asks an element that keeps originals of its own, whether or not it is the same instance', () => {
    const [quiet, loud] = [new Part({ a: 1 }), new Part({ a: 1 }, { a: 2 })];
    expect(differing([quiet, loud], [quiet, loud])).toEqual(['at:', 'at.1.a']);
    expect(differing({ x: loud }, { x: loud })).toEqual(['at.x.a']);
  });
});

describe('a subdocument', () => {
  it('is asked itself where it is the same instance', () => {
    expect(differing(new Part({ a: 1 }), new Part({ a: 1 }))).toEqual([]);
    const part = new Part({ a: 1 }, { a: 2, b: 1 });
    expect(differing(part, part)).toEqual(['at.a', 'at.b']);
    const host = hostOf({ compareOwn: (value, path, comparison) => comparison.leaf(`${path}.own`, 1, value, FIELDS) });
    expect(differing(part, part, { host })).toEqual(['at.own']);
  });

  it('that replaced another differs at the fields: what that had against what this has', () => {
    expect(differencesOf(new Part({ a: 1, b: 1, c: 1 }, { a: 9 }), new Part({ a: 9 }, { a: 1, b: 2, d: 1 }))).toEqual([
      { kind: 'leaf', path: 'at.b', from: 1, to: 2, within: 'at' },
      { kind: 'leaf', path: 'at.c', from: 1, to: undefined, within: 'at' },
      { kind: 'leaf', path: 'at.d', from: undefined, to: 1, within: 'at' },
    ]);
  });

  it('that replaced a plain object differs at the fields as well', () => {
    expect(differing({ a: 1, b: 1 }, new Part({}, { a: 2, b: 1 }))).toEqual(['at.a']);
  });

  it('that was replaced by a plain object, or became another kind, differs as a whole', () => {
    expect(differing(new Part({ a: 1 }), { a: 2 })).toEqual(['at']);
    expect(differing(new Part({ a: 1 }), { a: 1 })).toEqual([]);
    expect(differing(new Part({ a: 1 }), new Part({ a: 1 }, undefined, 'other'))).toEqual(['at']);
    expect(differing([1], new Part({}, { a: 1 }))).toEqual(['at']);
    expect(differing(new Part({ a: 1 }), [1])).toEqual(['at']);
  });

  it('has the places of its own schema', () => {
    const host = hostOf({ placeOf: (_value, key) => (key === 'free' ? FREE : FIELDS) });
    const change = (key: string): string[] =>
      differing(new Part({ [key]: { a: 1, b: 1 } }), new Part({ [key]: { b: 1, a: 1 } }), { host });
    expect(change('free')).toEqual(['at.free']);
    expect(change('fields')).toEqual([]);
    const added = differencesOf(new Part({}), new Part({ free: [1] }), { host }) as [LeafDifference];
    expect(added[0].within).toBe('at');
  });

  it('is not written for a default over something that was never loaded', () => {
    const host = hostOf({ isUnloadedDefault: (_before, _now, key) => key === 'a' });
    expect(differing(new Part({}), new Part({ a: 1, b: 1 }), { host })).toEqual(['at.b']);
    expect(differing(new Part({ a: 0 }), new Part({ a: 1, b: 1 }), { host })).toEqual(['at.a', 'at.b']);
  });

  it('that carries on the one before has fields with their own guards, and free data with its own', () => {
    const host = hostOf({ carriesOn: () => true, placeOf: (_value, key) => (key === 'free' ? FREE : FIELDS) });
    const now = new Part({}, { a: 2, free: 2, b: 1 });
    expect(differencesOf(new Part({ a: 1, free: 1 }), now, { host })).toEqual([
      { kind: 'leaf', path: 'at.a', from: 1, to: 2, within: undefined },
      { kind: 'leaf', path: 'at.free', from: 1, to: 2, within: 'at.free' },
      { kind: 'leaf', path: 'at.b', from: undefined, to: 1, within: undefined },
    ]);
  });

  describe('that is empty, where there was none,', () => {
    it('is stored as nothing, with minimize', () => {
      expect(differing(undefined, new Part({}), minimize)).toEqual([]);
      expect(differing(undefined, new Part({ a: 1 }, { a: {} }), minimize)).toEqual([]);
      expect(differing({ x: 1 }, { x: 1, part: new Part({}) }, minimize)).toEqual([]);
    });

    it('differs otherwise', () => {
      expect(differing(undefined, new Part({}))).toEqual(['at']);
      expect(differing(null, new Part({}), minimize)).toEqual(['at']);
      expect(differing(undefined, new Part({}, { a: 1 }), minimize)).toEqual(['at']);
      const host = hostOf({ vanishesEmpty: () => false });
      expect(differing(undefined, new Part({}), { ...minimize, host })).toEqual(['at']);
    });

    it('keeps its place in an array', () => {
      const comparison = new Comparison(hostOf(), { ...noRules, minimize: true });
      for (const path of ['at.x1', 'at.1x', '1', 'at.12']) comparison.value(undefined, new Part({}), path, FIELDS);
      expect(pathsOf(comparison.found)).toEqual(['at.12']);
    });
  });

  describe('that is empty now', () => {
    const [before, now] = [new Part({ a: 1 }), new Part({})];
    const paths = (circumstances: Circumstances, from = before, to = now): string[] =>
      pathsOf(differencesOf(from, to, circumstances));

    it('is stored as nothing, with minimize', () => {
      expect(differencesOf(before, now, { ...minimize, place: within(FREE, 'top') })).toEqual([
        { kind: 'leaf', path: 'at', from: before, to: now, within: undefined },
      ]);
    });

    it('differs at its fields otherwise', () => {
      expect(paths({})).toEqual(['at.a']);
      expect(paths({ ...minimize, host: hostOf({ vanishesEmpty: () => false }) })).toEqual(['at.a']);
      expect(paths(minimize, before, new Part({ b: 1 }))).toEqual(['at.a', 'at.b']);
      expect(paths(minimize, new Part({}), new Part({}))).toEqual([]);
      expect(paths(minimize, new Part({ a: {} }), new Part({}))).toEqual([]);
    });

    it('keeps its place in an array', () => {
      expect(pathsOf(differencesOf([before], [now], minimize))).toEqual(['at:', 'at.0.a']);
      // Not every path that ends in a digit is one of an element.
      const comparison = new Comparison(hostOf(), { ...noRules, minimize: true });
      for (const path of ['at.x1', 'at.1x', '1', 'at.12']) comparison.value(before, now, path, FIELDS);
      expect(pathsOf(comparison.found)).toEqual(['at.x1', 'at.1x', '1', 'at.12.a']);
    });
  });
});

describe('places', () => {
  it('have one guard: the outermost that was assigned', () => {
    expect(within(FIELDS, 'a')).toEqual({ ...FIELDS, within: 'a' });
    expect(within(within(FIELDS, 'a'), 'a.b').within).toBe('a');
  });

  it('of keys are the same, unless the object tells them apart', () => {
    expect(inside(FIELDS, 'a')).toBe(FIELDS);
    const place: Place = { ...FIELDS, inner: () => FREE };
    expect(inside(place, 'a')).toBe(FREE);
    expect(inside(within(place, 'top'), 'a')).toEqual({ ...FREE, within: 'top' });
  });
});

it('plain data knows nothing special', () => {
  const value = { a: 1 };
  const comparison = new Comparison(plainComparingHost, noRules);
  plainComparingHost.compareOwn(value, 'at', comparison);
  expect(comparison.found).toEqual([]);
  expect(plainComparingHost.isQuiet(value)).toBe(true);
  expect(plainComparingHost.carriesOn(value, value)).toBe(false);
  expect(plainComparingHost.canMerge(value, value)).toBe(true);
  expect(plainComparingHost.vanishesEmpty(value, value)).toBe(true);
  expect(plainComparingHost.isUnloadedDefault(value, value, 'a')).toBe(false);
  expect(plainComparingHost.placeOf(value, 'a')).toBe(FREE);
});

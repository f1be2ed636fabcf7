// The merge behind refresh(): what I made of a value, what others made of it, and what both began with.
import mongoose from 'mongoose';
import { FIELDS, FREE, noRules, type ComparingHost, type Place, type Rules } from '../../lib/tracker/differences';
import { Merge } from '../../lib/tracker/merge';
import type { Conflict } from '../../lib/types';
import { hostOf, Part, StandIn } from './hosts';

const { Int32, ObjectId } = mongoose.mongo.BSON;

interface Circumstances {
  readonly host?: ComparingHost;
  readonly rules?: Partial<Rules>;
  readonly place?: Place;
  /** The pending operations of my array merge with anything. */
  readonly merges?: (live: unknown) => boolean;
}

interface Sides {
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
}

/** Merges; a conflict is settled with the text `'settled'`. */
function merge(
  sides: Sides,
  { host = hostOf(), rules = {}, place = FREE, merges = () => false }: Circumstances = {},
): { value: unknown; conflicts: readonly Conflict[] } {
  const merging = new Merge(host, { ...noRules, ...rules }, { settle: () => 'settled', merges });
  const value = merging.value(sides, 'at', place);
  return { value, conflicts: merging.conflicts };
}

const pathsOf = (conflicts: readonly Conflict[]): string[] => conflicts.map(({ path }) => path);

/** No conflict, and this value. */
function expectMerged(sides: Sides, value: unknown, circumstances?: Circumstances): void {
  expect(merge(sides, circumstances)).toStrictEqual({ value, conflicts: [] });
}

/** The value as a whole is a conflict. */
function expectConflict(sides: Sides, circumstances?: Circumstances): void {
  expect(merge(sides, circumstances)).toEqual({ value: 'settled', conflicts: [{ path: 'at', ...sides }] });
}

describe('a value', () => {
  it('that only I changed is mine', () => {
    expectMerged({ base: 1, mine: 2, theirs: 1 }, 2);
    expectMerged({ base: 1, mine: undefined, theirs: 1 }, undefined);
  });

  it('that only others changed is theirs', () => {
    expectMerged({ base: 1, mine: 1, theirs: 2 }, 2);
    expectMerged({ base: 1, mine: 1, theirs: undefined }, undefined);
  });

  it('that both changed to the same is no conflict', () => {
    expectMerged({ base: 1, mine: 2, theirs: 2 }, 2);
    expectMerged({ base: { a: 1 }, mine: { a: 2 }, theirs: { a: 2 } }, { a: 2 });
    expectMerged({ base: 1, mine: undefined, theirs: undefined }, undefined);
  });

  it('that both changed is a conflict, and becomes what it is settled to', () => {
    expectConflict({ base: 1, mine: 2, theirs: 3 });
    expectConflict({ base: 1, mine: undefined, theirs: 3 });
    expectConflict({ base: undefined, mine: 2, theirs: 3 });
    expectConflict({ base: 1, mine: 2, theirs: null });
  });

  it('is a copy of its own, on whichever side it was', () => {
    const [mine, theirs] = [{ a: { b: 1 } }, { a: { b: 2 } }];
    for (const [sides, from] of [
      [{ base: 1, mine, theirs: 1 }, mine],
      [{ base: 1, mine: 1, theirs }, theirs],
    ] as const) {
      const { value } = merge(sides);
      expect(value).toEqual(from);
      expect(value).not.toBe(from);
      expect((value as typeof mine).a).not.toBe(from.a);
    }
    const { conflicts } = merge({ base: { a: 1 }, mine: [mine], theirs: 'x' });
    expect((conflicts[0]?.mine as unknown[])[0]).not.toBe(mine);
  });

  it('that is a function is none, as it is not stored', () => {
    const work = (): number => 1;
    expectMerged({ base: 1, mine: work, theirs: 1 }, undefined);
    expectMerged({ base: 1, mine: 1, theirs: work }, undefined);
    expect(merge({ base: work, mine: 1, theirs: 2 }).conflicts).toEqual([
      { path: 'at', base: undefined, mine: 1, theirs: 2 },
    ]);
    expect(merge({ base: 1, mine: work, theirs: 2 }).conflicts).toEqual([
      { path: 'at', base: 1, mine: undefined, theirs: 2 },
    ]);
  });

  it('that is left alone (`exclude`) stays mine', () => {
    expectMerged(
      { base: { a: 1, b: 1 }, mine: { a: 2, b: 2 }, theirs: { a: 3, b: 1 } },
      { a: 2, b: 2 },
      {
        rules: { isExcluded: (path) => path === 'at.a', byPath: true },
      },
    );
  });

  it('that the user wants written whole is not merged', () => {
    const sides = { base: { a: 1, b: 1 }, mine: { a: 2, b: 1 }, theirs: { a: 1, b: 2 } };
    expectMerged(sides, { a: 2, b: 2 });
    expectConflict(sides, { rules: { isWhole: (path) => path === 'at' } });
    expectConflict(sides, { rules: { equalsAt: (path) => (path === 'at' ? () => false : undefined) } });
  });
});

describe('an empty object', () => {
  const sides = { base: {}, mine: { a: 1 }, theirs: undefined };

  it('that was only there to hold a field of a schema was nothing', () => {
    expectMerged(sides, { a: 1 }, { place: FIELDS });
  });

  it('is a value of its own in free data', () => {
    expectConflict(sides, { place: FREE });
  });

  it('that others left as it is, and I replaced, is mine', () => {
    expectMerged({ base: {}, mine: null, theirs: {} }, null, { place: FIELDS });
  });

  it('has held a field: then its removal by others is a change', () => {
    expectConflict({ base: { a: 0 }, mine: { a: 1 }, theirs: undefined }, { place: FIELDS });
  });

  it('is not an empty array', () => {
    expectConflict({ base: [], mine: [1], theirs: undefined }, { place: FIELDS });
  });
});

describe('an object', () => {
  it('is merged field by field', () => {
    expectMerged(
      { base: { a: 1, b: 1, c: 1 }, mine: { a: 2, b: 1, c: 1 }, theirs: { a: 1, b: 2, c: 1 } },
      { a: 2, b: 2, c: 1 },
    );
  });

  it('is merged at any depth, and a conflict is told at the field', () => {
    const sides = {
      base: { a: { b: 1, c: 1, d: 1 } },
      mine: { a: { b: 2, c: 2, d: 1 } },
      theirs: { a: { b: 3, c: 1, d: 3 } },
    };
    expect(merge(sides)).toEqual({
      value: { a: { b: 'settled', c: 2, d: 3 } },
      conflicts: [{ path: 'at.a.b', base: 1, mine: 2, theirs: 3 }],
    });
  });

  it('that both made, where there was nothing or null, holds what both put in', () => {
    for (const base of [undefined, null]) expectMerged({ base, mine: { a: 1 }, theirs: { b: 1 } }, { b: 1, a: 1 });
  });

  it('loses a field that one side removed, if the other has not changed it', () => {
    expectMerged({ base: { a: 1, b: 1, c: 1 }, mine: { b: 1, c: 1 }, theirs: { a: 1, c: 1 } }, { c: 1 });
    expect(merge({ base: { a: 1, b: 1 }, mine: { a: 1, b: 2 }, theirs: { a: 2 } })).toEqual({
      value: { a: 2, b: 'settled' },
      conflicts: [{ path: 'at.b', base: 1, mine: 2, theirs: undefined }],
    });
  });

  it('has its keys in the order that either side gave it', () => {
    const order = (sides: Sides, place: Place): string[] => Object.keys(merge(sides, { place }).value as object);
    const base = { a: 1, b: 1 };
    expect(order({ base, mine: { b: 1, a: 1 }, theirs: { a: 1, b: 2, c: 1 } }, FREE)).toEqual(['b', 'a', 'c']);
    expect(order({ base, mine: { a: 2, b: 1, x: 1 }, theirs: { b: 1, a: 1 } }, FREE)).toEqual(['b', 'a', 'x']);
    // For the fields of a schema it does not count.
    expect(order({ base, mine: { b: 1, a: 1 }, theirs: { a: 1, b: 2, c: 1 } }, FIELDS)).toEqual(['a', 'b', 'c']);
  });

  it('with a key that has no path of its own is one value', () => {
    for (const key of ['x.y', '$x', '']) {
      expectConflict({ base: { a: 1, [key]: 1 }, mine: { a: 2, [key]: 1 }, theirs: { a: 1, [key]: 2 } });
      // Also if the key is gone on both sides: its removal has no path either.
      expectConflict({ base: { a: 1, b: 1, [key]: 1 }, mine: { a: 2, b: 1 }, theirs: { a: 1, b: 2 } });
    }
  });

  it('does not take a field for there that every object inherits', () => {
    expectMerged({ base: { a: 1 }, mine: { a: 1, toString: 'mine' }, theirs: { a: 2 } }, { a: 2, toString: 'mine' });
    expectMerged({ base: { a: 1, valueOf: 1 }, mine: { a: 2, valueOf: 1 }, theirs: { a: 1 } }, { a: 2 });
  });

  it('is no object on one of the sides: a conflict', () => {
    for (const other of [1, 'x', null, [1], new Map([['b', 1]]), new Date(0)]) {
      expectConflict({ base: { a: 1 }, mine: { a: 2 }, theirs: other });
      expectConflict({ base: { a: 1 }, mine: other, theirs: { a: 2 } });
      if (other !== null) expectConflict({ base: other, mine: { a: 1 }, theirs: { c: 1 } });
    }
  });
});

describe('a Map', () => {
  const map = (fields: Record<string, unknown>): Map<string, unknown> => new Map(Object.entries(fields));

  it('is merged key by key', () => {
    expectMerged(
      { base: map({ a: 1, b: 1 }), mine: map({ a: 2, b: 1, c: 1 }), theirs: map({ a: 1, d: 1 }) },
      map({ a: 2, d: 1, c: 1 }),
    );
    expect(merge({ base: map({ a: 1 }), mine: map({ a: 2 }), theirs: map({ a: 3 }) })).toEqual({
      value: map({ a: 'settled' }),
      conflicts: [{ path: 'at.a', base: 1, mine: 2, theirs: 3 }],
    });
  });

  it('that both made holds what both put in', () => {
    for (const base of [undefined, null]) {
      expectMerged({ base, mine: map({ a: 1 }), theirs: map({ b: 1 }) }, map({ b: 1, a: 1 }));
    }
  });

  it('with a key that has no path of its own is one value', () => {
    expectConflict({ base: map({ 'x.y': 1 }), mine: map({ 'x.y': 1, a: 1 }), theirs: map({ 'x.y': 1, b: 1 }) });
  });

  it('is no Map on one of the sides: a conflict', () => {
    for (const other of [1, { b: 1 }, [1]]) {
      expectConflict({ base: map({ a: 1 }), mine: map({ a: 2 }), theirs: other });
      expectConflict({ base: map({ a: 1 }), mine: other, theirs: map({ a: 2 }) });
      expectConflict({ base: other, mine: map({ a: 1 }), theirs: map({ c: 1 }) });
    }
  });

  it('has free data as its values, where the order of keys counts, unless its schema says otherwise', () => {
    const sides = {
      base: map({ key: { a: 1, b: 1 } }),
      mine: map({ key: { b: 1, a: 1 } }),
      theirs: map({ key: { a: 2, b: 1 } }),
    };
    const keys = (place: Place): string[] =>
      Object.keys((merge(sides, { place }).value as Map<string, object>).get('key') as object);
    expect(keys(FIELDS)).toEqual(['b', 'a']);
    expect(keys({ ...FREE, inner: (key) => (key === 'key' ? FIELDS : FREE) })).toEqual(['a', 'b']);
  });
});

describe('an array of elements with ids', () => {
  const item = (_id: number, n = 0): { _id: number; n: number } => ({ _id, n });

  it('is merged element by element, wherever they stand', () => {
    expectMerged({ base: [item(1), item(2)], mine: [item(1), item(2, 5)], theirs: [item(2), item(1)] }, [
      item(2, 5),
      item(1),
    ]);
  });

  it('holds what both appended, and not what one side removed', () => {
    expectMerged(
      {
        base: [item(1), item(2), item(3)],
        mine: [item(2), item(3), item(4)],
        theirs: [item(1), item(3), item(5)],
      },
      [item(3), item(5), item(4)],
    );
    expectMerged({ base: undefined, mine: [item(1)], theirs: [item(2)] }, [item(2), item(1)]);
    expectMerged({ base: null, mine: [item(1)], theirs: [item(2)] }, [item(2), item(1)]);
  });

  it('tells a conflict at the place where I have the element', () => {
    const { value, conflicts } = merge({
      base: [item(1), item(2)],
      mine: [item(2, 5)],
      theirs: [item(1), item(2, 6)],
    });
    expect(conflicts).toEqual([{ path: 'at.0.n', base: 0, mine: 5, theirs: 6 }]);
    expect(value).toEqual([{ _id: 2, n: 'settled' }]);
  });

  it('tells a conflict of what I removed at the place where others have it', () => {
    const { conflicts } = merge({
      base: [item(1), item(2), item(3)],
      mine: [item(1), item(2)],
      theirs: [item(2), item(3, 1)],
    });
    expect(conflicts).toEqual([{ path: 'at.1', base: item(3), mine: undefined, theirs: item(3, 1) }]);
  });

  it('is one value if both moved elements', () => {
    expectConflict({
      base: [item(1), item(2), item(3)],
      mine: [item(3), item(1), item(2)],
      theirs: [item(2), item(3), item(1)],
    });
  });

  it('goes by places if only the baseline has none', () => {
    const [mine, theirs] = [[{ _id: 1 }], [{ _id: 2 }]];
    expect(pathsOf(merge({ base: [1], mine, theirs }).conflicts)).toEqual(['at.0']);
  });

  it('goes by places if an id stands twice or is missing, on any side', () => {
    const sides = { base: [item(1), item(2)], mine: [item(1), item(2), item(4)], theirs: [item(1), item(2), item(3)] };
    for (const odd of [item(1), { n: 1 }]) {
      expectMerged({ ...sides, mine: [item(1), item(2), odd] }, [item(1), item(2), item(3), odd]);
      expectMerged({ ...sides, theirs: [item(1), item(2), odd] }, [item(1), item(2), odd, item(4)]);
    }
    expectMerged({ base: [item(1), item(1)], mine: [item(1), item(1), item(4)], theirs: [item(1), item(1), item(3)] }, [
      item(1),
      item(1),
      item(3),
      item(4),
    ]);
  });

  it('knows an element by the id that it has now on my side, and had before at the baseline', () => {
    const [first, moved] = [new Part(item(1)), new Part(item(2), item(3))];
    const { value } = merge({
      base: [first, moved],
      mine: [first, moved],
      theirs: [item(1, 7), item(2)],
    });
    expect(value).toEqual([item(1, 7), item(3)]);
  });
});

describe('an array of elements without ids', () => {
  it('that I appended to has mine after theirs', () => {
    expectMerged({ base: [1, 2], mine: [1, 2, 5], theirs: [1, 2, 6] }, [1, 2, 6, 5]);
    expectMerged({ base: [1, 2], mine: [1, 2, 5], theirs: [2] }, [2, 5]);
    expectMerged({ base: undefined, mine: [1], theirs: [2] }, [2, 1]);
    expectMerged({ base: null, mine: [1], theirs: [2] }, [2, 1]);
  });

  it('has my edits on top of theirs, place by place', () => {
    expectMerged({ base: [1, 2, 3], mine: [1, 5, 3], theirs: [1, 2, 6, 7] }, [1, 5, 6, 7]);
    expectMerged({ base: [{ a: 1, b: 1 }], mine: [{ a: 2, b: 1 }], theirs: [{ a: 1, b: 2 }] }, [{ a: 2, b: 2 }]);
  });

  it('tells a conflict at the place', () => {
    expect(merge({ base: [1, 2, 3], mine: [1, 5, 3], theirs: [1, 6, 3] })).toEqual({
      value: [1, 'settled', 3],
      conflicts: [{ path: 'at.1', base: 2, mine: 5, theirs: 6 }],
    });
  });

  it('is shorter if others cut it where I left it as it was, and a conflict where I did not', () => {
    expectMerged({ base: [1, 2, 3], mine: [5, 2, 3], theirs: [1] }, [5]);
    expect(merge({ base: [1, 2, 3], mine: [1, 2, 5], theirs: [1, 2] })).toEqual({
      value: [1, 2, 'settled'],
      conflicts: [{ path: 'at.2', base: 3, mine: 5, theirs: undefined }],
    });
  });

  it('is one value if I took elements out, or appended and edited', () => {
    expectConflict({ base: [1, 2, 3], mine: [1, 3], theirs: [1, 2, 3, 4] });
    expectConflict({ base: [1, 2], mine: [5, 2, 3], theirs: [1, 2, 4] });
  });

  it('is one value if I took the last out, even where it is an empty object that is stored as nothing elsewhere', () => {
    expectConflict({ base: [1, {}], mine: [1], theirs: [1, {}, 2] }, { rules: { minimize: true } });
  });

  it('keeps an empty object that others appended, though it is stored as nothing elsewhere', () => {
    expectMerged({ base: [1], mine: [2], theirs: [1, {}] }, [2, {}], { rules: { minimize: true } });
  });

  it('has null for what is not stored: holes, undefined, functions', () => {
    const odd = [undefined, (): number => 1, 1, 1];
    Reflect.deleteProperty(odd, 2);
    expectMerged({ base: [], mine: odd, theirs: [7] }, [7, null, null, null, 1]);
    expectMerged({ base: [], mine: [7], theirs: odd }, [null, null, null, 1, 7]);
    expectMerged({ base: [0], mine: [7], theirs: [0, ...odd] }, [7, null, null, null, 1]);
  });

  it('was null where the baseline has a hole, as it is stored as null', () => {
    const base = [0, 1];
    Reflect.deleteProperty(base, 0);
    expectMerged({ base, mine: [5, 1], theirs: [null, 2] }, [5, 2]);
    expectMerged({ base, mine: [null, 1, 3], theirs: [null, 1, 2] }, [null, 1, 2, 3]);
    expectConflict({ base, mine: [7, 1, 3], theirs: [6, 1] });
  });

  it('is compared under its own paths', () => {
    const excluded = { rules: { isExcluded: (path: string) => path === 'at.0.seen', byPath: true } };
    expectMerged(
      {
        base: [{ seen: 1 }],
        mine: [{ seen: 2 }, { a: 1 }],
        theirs: [{ seen: 1 }, { b: 1 }],
      },
      [{ seen: 1 }, { b: 1 }, { a: 1 }],
      excluded,
    );
  });
});

describe('an array with pending operations that merge with anything', () => {
  const live = { base: ['a', 'b'], mine: ['b', 'x'], theirs: ['a', 'c', 'b'] };
  const merges = { merges: (array: unknown) => array === live.mine };

  it('loses what I took out, and gets what I added', () => {
    expectMerged(live, ['c', 'b', 'x'], merges);
    expectConflict({ ...live, mine: ['b', 'x', 'y'] }, merges);
  });

  it('does not get twice what both added, nor again what others took out', () => {
    const always = { merges: () => true };
    expectMerged({ base: ['a', 'b'], mine: ['a', 'b', 'x'], theirs: ['a', 'x'] }, ['a', 'x'], always);
  });

  it('keeps what others have, as often as they have it', () => {
    expectMerged({ base: ['a', 'b'], mine: ['a'], theirs: ['a', 'b', 'a', 'c', 'c'] }, ['a', 'a', 'c', 'c'], {
      merges: () => true,
    });
  });

  it('goes by values, of whatever type', () => {
    const id = (n: number): unknown => new ObjectId(String(n).repeat(24));
    const bare = (n: number): unknown => Object.assign(Object.create(null) as object, { n });
    for (const make of [(n: number): unknown => ({ n }), id, bare, (n: number) => [n], (n: number) => new Date(n)]) {
      const { value, conflicts } = merge(
        { base: [make(1), make(2)], mine: [make(2), make(3)], theirs: [make(1), make(2), make(4)] },
        { merges: () => true },
      );
      expect(conflicts).toEqual([]);
      expect(value).toEqual([make(2), make(4), make(3)]);
    }
    expectMerged({ base: [1, '1'], mine: ['1'], theirs: [1, '1', 2] }, ['1', 2], { merges: () => true });
  });

  it('takes an element that I edited for another one', () => {
    const [gone, edited, left] = [new Part({ q: 1 }), new Part({ q: 2 }, { q: 20 }), new Part({ q: 3 })];
    expectMerged(
      { base: [gone, edited, left], mine: [edited, left], theirs: [1, 2, 3, 4].map((q) => new Part({ q })) },
      [{ q: 3 }, { q: 4 }, { q: 20 }],
      { merges: () => true },
    );
  });

  it('knows a number again that was given as an instance, as it is stored as the same', () => {
    expectMerged({ base: [new Int32(1), 2], mine: [2], theirs: [1, 2, 3] }, [2, 3], { merges: () => true });
  });
});

describe('a subdocument', () => {
  it('is merged by what it is now against what it was', () => {
    const live = new Part({ a: 1, b: 1 }, { a: 2, b: 1 });
    expectMerged({ base: live, mine: live, theirs: { a: 1, b: 2 } }, { a: 2, b: 2 });
    expectMerged({ base: live, mine: live, theirs: new Part({ a: 1, b: 2 }) }, { a: 2, b: 2 });
    expectMerged({ base: live, mine: live, theirs: { a: 1, b: 1 } }, { a: 2, b: 1 });
    expectMerged({ base: live, mine: live, theirs: { a: 2, b: 1 } }, { a: 2, b: 1 });
  });

  it('that I have not edited becomes what others made of it', () => {
    const live = new Part({ a: 1 });
    expectMerged({ base: live, mine: live, theirs: new Part({ a: 2 }) }, { a: 2 });
  });

  it('that others removed is a conflict, told with what it was and what it is', () => {
    const live = new Part({ a: 1 }, { a: 2 });
    expect(merge({ base: live, mine: live, theirs: undefined }).conflicts).toEqual([
      { path: 'at', base: { a: 1 }, mine: { a: 2 }, theirs: undefined },
    ]);
  });

  it('that both made where null was is merged', () => {
    expectMerged({ base: null, mine: new Part({}, { a: 1 }), theirs: new Part({}, { b: 1 }) }, { a: 1, b: 1 });
  });

  it('that both made is merged', () => {
    for (const base of [undefined, null])
      expectMerged({ base, mine: new Part({}, { a: 1 }), theirs: new Part({ b: 1 }) }, { b: 1, a: 1 });
  });

  it('of another kind is one value: it has other fields', () => {
    const kinds = (base: string, mine: string, theirs: string): Sides => ({
      base: new Part({ a: 1, b: 1 }, undefined, base),
      mine: new Part({ a: 2, b: 1 }, undefined, mine),
      theirs: new Part({ a: 1, b: 2 }, undefined, theirs),
    });
    expectMerged(kinds('', '', ''), { a: 2, b: 2 });
    for (const sides of [kinds('', '', 'other'), kinds('other', '', ''), kinds('', 'other', '')])
      expect(pathsOf(merge(sides).conflicts)).toEqual(['at']);
  });

  it('has the places of its own schema', () => {
    const sides = (): Sides => ({
      base: { data: { a: 1, b: 1 } },
      mine: new Part({}, { data: { b: 1, a: 1 } }),
      theirs: { data: { a: 2, b: 1 } },
    });
    const keys = (ofData: Place): string[] => {
      const host = hostOf({ placeOf: (_value, key) => (key === 'data' ? ofData : FIELDS) });
      return Object.keys((merge(sides(), { host, place: FIELDS }).value as { data: object }).data);
    };
    expect([keys(FREE), keys(FIELDS)]).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ]);
  });

  it('may be one that stands for another value', () => {
    expectMerged(
      { base: new StandIn({ a: 1, b: 1 }), mine: new StandIn({ a: 2, b: 1 }), theirs: new StandIn({ a: 1, b: 2 }) },
      { a: 2, b: 2 },
    );
  });
});

it('a nested object of a schema may hold free data, where the order of keys counts', () => {
  const place: Place = { ...FIELDS, inner: (key) => (key === 'free' ? FREE : FIELDS) };
  const sides = (key: string): Sides => ({
    base: { [key]: { a: 1, b: 1 } },
    mine: { [key]: { b: 1, a: 1 } },
    theirs: { [key]: { a: 2, b: 1 } },
  });
  const keys = (key: string): string[] =>
    Object.keys((merge(sides(key), { place }).value as Record<string, object>)[key] as object);
  expect(keys('free')).toEqual(['b', 'a']);
  expect(keys('fields')).toEqual(['a', 'b']);
});

it('differs() answers whether a value differs from one before it', () => {
  const merging = new Merge(hostOf(), noRules, { settle: () => undefined, merges: () => false });
  expect(merging.differs({ a: [1] }, { a: [1] }, 'at', FREE)).toBe(false);
  expect(merging.differs({ a: [1] }, { a: [2] }, 'at', FREE)).toBe(true);
  expect(merging.conflicts).toEqual([]);
});

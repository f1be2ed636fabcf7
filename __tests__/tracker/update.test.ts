// Which operators are chosen for which differences, and why.
import {
  Comparison,
  FIELDS,
  FREE,
  noRules,
  plainComparingHost,
  type ArrayDifference,
  type Difference,
  type Place,
} from '../../lib/tracker/differences';
import { noArrays, operatorsOf, writesOf, type ArrayPolicy, type Write } from '../../lib/tracker/update';
import { plainHost } from '../../lib/values/host';

type Pending = ReturnType<ArrayPolicy['pending']>;

/** What differs between two arrays at `list`, with whatever a test says besides. */
function arrayOf(
  from: readonly unknown[],
  to: readonly unknown[],
  more: Partial<ArrayDifference> = {},
  place: Place = FIELDS,
): ArrayDifference {
  const comparison = new Comparison(plainComparingHost, noRules);
  comparison.value(from, to, 'list', place);
  return { ...(comparison.found[0] as ArrayDifference), ...more };
}

const policy = (pending: Pending, versioned = true): ArrayPolicy => ({
  isVersioned: (path) => versioned && path === 'list',
  pending: () => pending,
});

const writes = (difference: Difference, pending: Pending = 'none', versioned = true): Write[] =>
  writesOf([difference], plainHost, policy(pending, versioned));

const write = (op: Write['op'], path: string, value: unknown, why: string, more: Partial<Write> = {}): Write => ({
  op,
  path,
  value,
  why,
  from: undefined,
  whole: false,
  within: undefined,
  ...more,
});

const APPENDED = 'narrowed: elements were appended';
const EDITED = 'narrowed: elements changed where they stand';

describe('a value', () => {
  it('is set, with what it was, and the guard of what was assigned around it', () => {
    const leaf: Difference = { kind: 'leaf', path: 'a.b', from: 1, to: 2, within: 'a' };
    expect(writes(leaf)).toEqual([write('$set', 'a.b', 2, 'changed', { from: 1, within: 'a' })]);
  });

  it.each([undefined, () => 1, Symbol('a')])('that is not stored (%p) is unset', (to) => {
    const leaf: Difference = { kind: 'leaf', path: 'a', from: 1, to, within: undefined };
    expect(writes(leaf)).toEqual([write('$unset', 'a', to, 'changed', { from: 1 })]);
  });

  it('without a known original is left to Mongoose', () => {
    const unknown: Difference = { kind: 'unknown', path: 'a', to: 2, assigned: false };
    expect(writes(unknown)).toEqual([write('own', 'a', 2, 'its original is not known')]);
  });
});

describe('an array of a schema, whose elements were edited or appended by index', () => {
  it('is written element by element, as Mongoose does', () => {
    expect(writes(arrayOf([1, 2], [1, 5, 6, 7]))).toEqual([
      write('$set', 'list.1', 5, EDITED, { from: 2 }),
      write('$set', 'list.2', 6, APPENDED),
      write('$set', 'list.3', 7, APPENDED),
    ]);
    expect(writes(arrayOf([{ a: 1, b: 1 }], [{ a: 2 }]))).toEqual([
      write('$set', 'list.0.a', 2, EDITED, { from: 1 }),
      write('$unset', 'list.0.b', undefined, EDITED, { from: 1 }),
    ]);
  });

  it('has null in place of a hole', () => {
    const to = [1, 2, 3];
    Reflect.deleteProperty(to, 1);
    expect(writes(arrayOf([1], to))).toEqual([
      write('$set', 'list.1', null, APPENDED),
      write('$set', 'list.2', 3, APPENDED),
    ]);
  });

  it('says of an inner array why it has the form it has', () => {
    const [one] = writesOf([arrayOf([[1]], [[1, 2]])], plainHost, {
      isVersioned: () => true,
      pending: ({ path }) => (path === 'list.0' ? 'append' : 'none'),
    });
    expect(one).toEqual(write('$push', 'list.0', [2], APPENDED));
  });
});

describe('an array of a schema, appended to by its methods', () => {
  it('is a $push of the new elements', () => {
    expect(writes(arrayOf([1], [1, 2, 3]), 'append')).toEqual([write('$push', 'list', [2, 3], APPENDED)]);
  });

  it('has null in place of a hole', () => {
    const to = [1, 2, 3];
    Reflect.deleteProperty(to, 1);
    const [{ value }] = writes(arrayOf([1], to), 'append') as [Write];
    expect(value).toStrictEqual([null, 3]);
  });

  it('and edited besides is written in parts under the guard of the whole', () => {
    const long = 'x'.repeat(40);
    expect(writes(arrayOf([1, long], [2, long, 3]), 'append')).toEqual([
      write('$set', 'list.0', 2, EDITED, { from: 1, whole: true }),
      write('$set', 'list.2', 3, APPENDED, { whole: true }),
    ]);
  });
});

it('an array whose pending operation says all that differs is left to Mongoose', () => {
  const live = [2];
  expect(writes(arrayOf([1, 2], [2], { live }), 'own')).toEqual([
    write('own', 'list', live, 'what its methods were called for says all'),
  ]);
});

describe('an array of a schema that stands for a whole one', () => {
  const long = 'x'.repeat(40);
  const whole = (from: unknown[], to: unknown[], why: string): Write[] => [
    write('$set', 'list', to, why, { from, whole: true }),
  ];

  it('is written whole if nobody knows whether it was written', () => {
    const why = 'whole: its elements were moved, or nobody knows whether it was written';
    expect(writes(arrayOf([1], [1, 2]), 'whole')).toEqual(whole([1], [1, 2], why));
    expect(writes(arrayOf([1, 2], [1]), 'whole')).toEqual(whole([1, 2], [1], why));
  });

  it.each<Pending>(['none', 'append', 'structural'])('is written whole if elements were taken away (%s)', (pending) => {
    const why = 'whole: elements were taken away, or single ones cannot be written';
    expect(writes(arrayOf([1, 2], [2]), pending)).toEqual(whole([1, 2], [2], why));
    expect(writes(arrayOf([1], []), pending)).toEqual(whole([1], [], why));
  });

  it('is written whole if an element would be stored as nothing, or if it was never stored', () => {
    const why = 'whole: elements were taken away, or single ones cannot be written';
    for (const more of [{ solid: true }, { absent: true }])
      expect(writes(arrayOf([1], [2], more))).toEqual(whole([1], [2], why));
  });

  it('is written whole if elements stand at other places', () => {
    const [a, b] = [
      { _id: 1, long },
      { _id: 2, long },
    ];
    expect(writes(arrayOf([a, b], [b, a]), 'structural')).toEqual(
      whole([a, b], [b, a], 'whole: elements stand at other places'),
    );
  });

  it('is written whole if it was empty', () => {
    expect(writes(arrayOf([], [1]), 'structural')).toEqual(whole([], [1], 'whole: it was empty'));
  });

  it('is written whole if no version key guards parts of it', () => {
    expect(writes(arrayOf([1, long], [2, long]), 'structural', false)).toEqual(
      whole([1, long], [2, long], 'whole: it was assigned, and no version key guards parts of it'),
    );
  });

  it('is a $push under the guard of the whole if it was only appended to', () => {
    expect(writes(arrayOf([1], [1, 2]), 'structural')).toEqual([
      write('$push', 'list', [2], APPENDED, { whole: true }),
    ]);
  });

  it('is written in parts, under the guard of the whole, if that is not longer', () => {
    expect(writes(arrayOf([1, long], [2, long]), 'structural')).toEqual([
      write('$set', 'list.0', 2, EDITED, { from: 1, whole: true }),
    ]);
    // Four parts of 12 bytes (a type, `list.0` and its end, an int32) and a whole of 48.
    expect(writes(arrayOf([1, 2, 3, 4, 'x'], [5, 6, 7, 8, 'x']), 'structural')).toHaveLength(4);
  });

  it('is written whole if that is shorter than its parts', () => {
    const [from, to] = [
      [1, 2, 3, 4, ''],
      [5, 6, 7, 8, ''],
    ];
    expect(writes(arrayOf(from, to), 'structural')).toEqual(whole(from, to, 'whole: that is shorter than its parts'));
  });

  it('counts the values of its parts', () => {
    const [from, to] = ['abcd', 'efgh'].map((items) => Array.from(items, (item) => item.repeat(10))) as [
      string[],
      string[],
    ];
    expect(writes(arrayOf(from, to), 'structural')).toEqual(whole(from, to, 'whole: that is shorter than its parts'));
  });

  it('counts the 1 of an $unset', () => {
    const [from, to] = [[{ a: 1, b: 1, c: 1 }], [{ c: 1 }]];
    expect(writes(arrayOf(from, to), 'structural')).toEqual(whole(from, to, 'whole: that is shorter than its parts'));
  });

  it('counts nothing for the value of what is unset', () => {
    const fields = Object.fromEntries(['a', 'b', 'c'].map((key) => [key, long]));
    const { a, ...rest } = fields;
    expect(a).toBe(long);
    expect(writes(arrayOf([fields], [rest]), 'structural')).toEqual([
      write('$unset', 'list.0.a', undefined, EDITED, { from: long, whole: true }),
    ]);
  });
});

describe('an array that came with something that was assigned', () => {
  it('is written whole, with the guard of that', () => {
    for (const pending of ['none', 'append', 'own'] as const) {
      expect(writes(arrayOf([1], [1, 2], { within: 'top' }), pending)).toEqual([
        write('$set', 'list', [1, 2], "whole: it came with 'top', which was assigned", { within: 'top' }),
      ]);
    }
  });
});

describe('an array in free data, which nothing guards', () => {
  const inPlace = (from: unknown[], to: unknown[], more: Partial<ArrayDifference> = {}): ArrayDifference =>
    arrayOf(from, to, { inPlace: true, ...more }, FREE);
  const why = 'whole: nothing guards its elements, and it was replaced or cut';

  it('is narrowed if it was edited in place', () => {
    expect(writes(inPlace([1], [1, 2]))).toEqual([write('$push', 'list', [2], APPENDED, { whole: true })]);
    expect(writes(inPlace([1, 2], [1, 5]))).toEqual([write('$set', 'list.1', 5, EDITED, { from: 2 })]);
  });

  it('is written whole if it is another one', () => {
    for (const to of [[1, 2, 3], [1, 5], [1]]) {
      expect(writes(inPlace([1, 2], to, { inPlace: false, within: 'top' }))).toEqual([
        write('$set', 'list', to, why, { within: 'top' }),
      ]);
    }
  });

  it('is written whole if elements were taken away, or appended and edited', () => {
    for (const to of [[1], [5, 2, 3]]) expect(writes(inPlace([1, 2], to))).toEqual([write('$set', 'list', to, why)]);
  });

  it('is written whole if an element would be stored as nothing', () => {
    expect(writes(inPlace([1], [2], { solid: true }))).toEqual([write('$set', 'list', [2], why)]);
  });

  it('is written whole if nobody knows whether what was appended was written', () => {
    expect(writes(inPlace([1], [1, 2]), 'whole')).toEqual([write('$set', 'list', [1, 2], why)]);
    expect(writes(inPlace([1], [2]), 'whole')).toEqual([write('$set', 'list.0', 2, EDITED, { from: 1 })]);
  });
});

describe('an array whose elements were loaded in part', () => {
  const partial = (from: unknown[], to: unknown[], more: Partial<ArrayDifference> = {}): ArrayDifference =>
    arrayOf(from, to, { partial: true, live: to, ...more });
  const why = 'its elements were loaded in part';

  it('is written field by field if elements were only edited, so that what is missing in them survives', () => {
    for (const pending of ['none', 'own', 'whole', 'structural'] as const) {
      expect(writes(partial([{ a: 1 }], [{ a: 2 }]), pending)).toEqual([
        write('$set', 'list.0.a', 2, EDITED, { from: 1 }),
      ]);
    }
  });

  it('is left to Mongoose if its methods, or nothing at all, say what was done', () => {
    const appended = partial([1], [1, 2]);
    expect(writes(appended, 'append')).toEqual([write('own', 'list', appended.live, why)]);
    const cut = partial([1, 2], [1]);
    expect(writes(cut, 'structural')).toEqual([write('own', 'list', cut.live, why)]);
    const edited = partial([1], [2, 3]);
    for (const pending of ['own', 'none'] as const)
      expect(writes(edited, pending)).toEqual([write('own', 'list', edited.live, why)]);
  });

  it('is appended to if what its methods were called for is not what was added', () => {
    for (const versioned of [true, false]) {
      expect(writes(partial([1], [1, 2]), 'structural', versioned)).toEqual([
        write('$push', 'list', [2], APPENDED, { whole: true }),
      ]);
    }
  });

  it('is written at the places of what was appended if nobody knows whether that was written', () => {
    expect(writes(partial([1], [1, 2]), 'whole')).toEqual([write('$set', 'list.1', 2, APPENDED, { whole: true })]);
  });

  it('is written in parts, with the guard of the whole, if elements were edited and appended', () => {
    for (const pending of ['append', 'structural', 'whole'] as const) {
      expect(writes(partial([{ a: 1 }], [{ a: 2 }, { a: 3 }]), pending)).toEqual([
        write('$set', 'list.0.a', 2, EDITED, { from: 1, whole: true }),
        write('$set', 'list.1', { a: 3 }, APPENDED, { whole: true }),
      ]);
    }
  });

  it('is written whole where parts cannot say it', () => {
    const [from, to] = [[{ a: 1 }], [{ a: 2 }, { a: 3 }]];
    const whole = (before: unknown, now: unknown): Write[] => [
      write('$set', 'list', now, `whole, as by Mongoose: ${why}`, { from: before, whole: true }),
    ];
    expect(writes(partial(from, to), 'structural', false)).toEqual(whole(from, to));
    expect(writes(partial(from, to, { moved: true }), 'structural')).toEqual(whole(from, to));
    expect(writes(partial(to, from), 'structural')).toEqual(whole(to, from));
    // As many as before, but at other places.
    const same = partial(from, [{ a: 2 }], { moved: true });
    expect(writes(same, 'structural')).toEqual(whole(from, same.to));
  });
});

describe('update operators', () => {
  const update = (writes: readonly Write[]) => operatorsOf(writes, plainHost);

  it('are null for no writes', () => {
    expect(update([])).toBeNull();
  });

  it('hold the writes by operator and path', () => {
    const list: Difference = arrayOf([1], [1, 2], { inPlace: true }, FREE);
    const leaves: Difference[] = ['a', 'b', 'c', 'd'].map((path, i) => ({
      kind: 'leaf',
      path,
      from: 0,
      to: i < 2 ? i : undefined,
      within: undefined,
    }));
    expect(update(writesOf([...leaves, list], plainHost, noArrays))).toEqual({
      $set: { a: 0, b: 1 },
      $unset: { c: 1, d: 1 },
      $push: { list: { $each: [2] } },
    });
  });

  it('hold copies', () => {
    const value = { a: 1 };
    const set = update([write('$set', 'x', value, 'changed')])?.['$set'] as { x: unknown };
    expect(set.x).toEqual(value);
    expect(set.x).not.toBe(value);
    const push = update([write('$push', 'x', [value], 'changed')])?.['$push'] as { x: { $each: unknown[] } };
    expect(push.x.$each).toEqual([value]);
    expect(push.x.$each[0]).not.toBe(value);
  });

  it('leave out what is left to Mongoose', () => {
    expect(update([write('own', 'x', 1, ''), write('$set', 'y', 1, 'changed')])).toEqual({ $set: { y: 1 } });
  });
});

it('without a schema no array is guarded, and none has anything pending', () => {
  expect(noArrays.isVersioned('list')).toBe(false);
  expect(noArrays.pending(arrayOf([1], [2]))).toBe('none');
});

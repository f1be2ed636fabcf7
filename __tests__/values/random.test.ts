// Random data, with the driver as the oracle.
import fc from 'fast-check';
import mongoose from 'mongoose';
import { toJson } from '../../lib/values/ejson';
import { equal } from '../../lib/values/equal';
import { sizeOf } from '../../lib/values/size';
import { dataOf } from '../tracker/scripts';

const { BSON } = mongoose.mongo;
const { EJSON } = BSON;

it('any two values are equal exactly when they are stored as the same', () => {
  const stored = (value: unknown): string => Buffer.from(BSON.serialize({ v: value })).toString('hex');
  fc.assert(
    fc.property(dataOf, dataOf, (a, b) => {
      expect(equal(a(), a())).toBe(true);
      const [left, right] = [a(), b()];
      expect(equal(left, right)).toBe(stored(left) === stored(right));
    }),
    { numRuns: 300 },
  );
});

it('JSON of any data, read back by EJSON.parse(), is the same', () => {
  fc.assert(
    fc.property(dataOf, (make) => {
      const data = make();
      const json = JSON.stringify(toJson(data));
      const bytes = (value: unknown) => BSON.serialize(value as object);
      // Types of numbers apart, which the relaxed form gives up.
      const canonical = (value: unknown): unknown => BSON.deserialize(bytes(value), { promoteBuffers: true });
      expect(canonical(EJSON.parse(json, { relaxed: false }))).toEqual(canonical(data));
    }),
    { numRuns: 300 },
  );
});

it('the size of any data is near what the driver counts', () => {
  fc.assert(
    fc.property(dataOf, (make) => {
      const real = BSON.serialize({ v: make() }).length - 5 - 3;
      expect(sizeOf(make())).toBeGreaterThan(real * 0.5 - 10);
      expect(sizeOf(make())).toBeLessThan(real * 1.5 + 10);
    }),
    { numRuns: 200 },
  );
});

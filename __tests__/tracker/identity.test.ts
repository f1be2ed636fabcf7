import mongoose from 'mongoose';
import { plainHost } from '../../lib/values/host';
import { idOf } from '../../lib/tracker/identity';
import { hostOf, Part } from './hosts';

const { ObjectId } = mongoose.mongo.BSON;
const id = 'abcabcabcabcabcabcabcabc';

describe('the id of an element', () => {
  it('is its _id, by type', () => {
    expect(idOf({ _id: 1 }, 'current', plainHost)).toBe('number:1');
    expect(idOf({ _id: '1' }, 'current', plainHost)).toBe('string:1');
    expect(idOf({ _id: 0 }, 'current', plainHost)).toBe('number:0');
    expect(idOf({ _id: new ObjectId(id) }, 'original', plainHost)).toBe(`object:${id}`);
    expect(idOf(Object.assign(Object.create(null) as object, { _id: 1 }), 'current', plainHost)).toBe('number:1');
  });

  it('is that which a subdocument has now, or had before', () => {
    const part = new Part({ _id: 1 }, { _id: 2 });
    expect([idOf(part, 'original', hostOf()), idOf(part, 'current', hostOf())]).toEqual(['number:1', 'number:2']);
  });

  it('is none of anything else', () => {
    for (const item of [null, undefined, 1, 'text', {}, { _id: null }, { _id: undefined }, [], [1]])
      expect(idOf(item, 'current', plainHost)).toBeUndefined();
    // An instance of a class is a value, whatever it holds.
    expect(idOf(Object.assign(Object.create({ a: 1 }) as object, { _id: 1 }), 'current', plainHost)).toBeUndefined();
    expect(idOf(new Part({}), 'current', hostOf())).toBeUndefined();
  });
});

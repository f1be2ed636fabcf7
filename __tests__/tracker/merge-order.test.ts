// In which order two people's lists are put together. Letters are ids.
import { mergedKeys, mergedOrder } from '../../lib/tracker/merge-order';

const letters = (text: string): string[] => Array.from(text);

describe('keys of an object', () => {
  it.each([
    ['nobody changed anything', 'abc', 'abc', 'abc', 'abc'],
    ['I added one', 'ab', 'abx', 'ab', 'abx'],
    ['they added one', 'ab', 'ab', 'aby', 'aby'],
    ['both added one: theirs are stored already, mine come after them', 'ab', 'abx', 'aby', 'abyx'],
    ['I put one in front', 'ab', 'xab', 'aby', 'abyx'],
    ['they have another order', 'abc', 'abcx', 'cab', 'cabx'],
    ['I have another order: it holds', 'abc', 'cab', 'abcy', 'caby'],
    ['both have another order: mine holds', 'abc', 'cab', 'bac', 'cab'],
    ['I removed one: it stays in until its value is looked at', 'abc', 'ac', 'abc', 'abc'],
    ['they removed one', 'abc', 'abc', 'ac', 'acb'],
    ['both removed one', 'abc', 'ac', 'ac', 'ac'],
    ['I moved what is left', 'abc', 'ca', 'abc', 'cab'],
    ['there was nothing', '', 'xa', 'ya', 'yax'],
  ])('%s', (_title, base, mine, theirs, merged) => {
    expect(mergedKeys(letters(base), letters(mine), letters(theirs)).join('')).toBe(merged);
  });
});

describe('elements of an array', () => {
  it.each([
    ['both appended: theirs stand already, mine come after them', 'ab', 'abx', 'aby', 'abyx'],
    ['they put one in between', 'ab', 'abx', 'ayb', 'aybx'],
    ['I put one in between', 'ab', 'axb', 'aby', 'axby'],
    ['I put one in front', 'ab', 'xab', 'aby', 'xaby'],
    ['they moved elements', 'abc', 'abcx', 'cba', 'cbax'],
    ['I moved elements', 'abc', 'cba', 'abcy', 'cbay'],
    ['I removed one: it stays in until its value is looked at', 'abc', 'ac', 'cab', 'cab'],
    ['they removed one', 'abc', 'cba', 'ac', 'cba'],
    ['all are new', '', 'xz', 'y', 'yxz'],
    ['all were replaced', 'ab', 'x', 'y', 'yx'],
  ])('%s', (_title, base, mine, theirs, merged) => {
    expect(mergedOrder(letters(base), letters(mine), letters(theirs))?.join('')).toBe(merged);
  });

  it.each([
    ['both moved elements', 'abc', 'cab', 'bca'],
    ['both moved elements in the same way, and I added one', 'abc', 'cbax', 'cba'],
    ['both put new ones in between', 'ab', 'axb', 'ayb'],
    ['one moved, the other put a new one in front', 'ab', 'ba', 'yab'],
  ])('no order is right if %s', (_title, base, mine, theirs) => {
    expect(mergedOrder(letters(base), letters(mine), letters(theirs))).toBeUndefined();
  });
});

import { lazy } from '../../lib/values/lazy';

it('what is asked for lazily is made when it is asked for, once, be it nothing', () => {
  for (const value of [{}, undefined, 0]) {
    const make = jest.fn(() => value);
    const get = lazy(make);
    expect(make).not.toHaveBeenCalled();
    expect([get(), get()]).toEqual([value, value]);
    expect(get()).toBe(value);
    expect(make).toHaveBeenCalledTimes(1);
  }
});

/**
 * Where Mongoose finds what is assigned equal to what stands there, it replaces the value and leaves no mark: for it nothing
 * happened, and the marks of edits made before go on to speak for single fields. So the new subdocuments and Maps carry on
 * those that they replaced: what differs in them was edited, not assigned, and has the guard of that edit.
 */
import { isPlainObject } from '../values/kind';
import { mongooseHost } from './host';
import { asMongooseArray, isSubdocument, type Doc } from './internals';

/** The instance that stood there at first, by the one that carries it on. */
const origins = new WeakMap<object, object>();

/** Does a value carry on the other, rather than replace it? */
export function carriesOn(original: object, current: object): boolean {
  return origins.get(current) === original;
}

/** Something was assigned that equals what stood there. Not followed into Mixed: nothing in it has a guard of its own. */
export function carryOn(before: unknown, now: unknown): void {
  if (before === now) return;
  if (isSubdocument(before) && isSubdocument(now)) {
    setOrigin(before, now);
    carryOnFields(now, before._doc, now._doc, '');
  } else if (before instanceof Map && now instanceof Map) {
    setOrigin(before, now);
    Map.prototype.forEach.call(now, (item: unknown, key: unknown) => {
      carryOn(Map.prototype.get.call(before, key), item);
    });
  } else if (asMongooseArray(before) !== undefined && asMongooseArray(now) !== undefined) {
    const items = mongooseHost.plain(before as object) as unknown[];
    (mongooseHost.plain(now as object) as unknown[]).forEach((item, i) => {
      carryOn(items[i], item);
    });
  }
}

function setOrigin(before: object, now: object): void {
  origins.set(now, origins.get(before) ?? before);
}

function carryOnFields(doc: Doc, before: Record<string, unknown>, now: Record<string, unknown>, prefix: string): void {
  for (const key of Object.keys(now)) {
    const [from, to] = [before[key], now[key]];
    if (doc.$__schema.nested[prefix + key] !== true) carryOn(from, to);
    else if (isPlainObject(from) && isPlainObject(to)) carryOnFields(doc, from, to, `${prefix}${key}.`);
  }
}

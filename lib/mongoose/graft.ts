/**
 * Values from elsewhere in place of those that a document holds, with the subdocuments that stand for the same thing (by
 * `_id`, key or place) kept as instances: the user may hold them.
 */
import { idOf } from '../tracker/identity';
import { equal } from '../values/equal';
import { isPlainObject } from '../values/kind';
import { mongooseHost } from './host';
import { elementType, isDocument, isSubdocument, type Doc, type SchemaTypeInternals } from './internals';

/** What a place of the schema makes of fields that no instance stands for. */
export interface Slot {
  /** A subdocument of the fields; only where one stands. */
  readonly make?: (fields: unknown) => unknown;
  /** The place of the elements of an array, or the values of a Map. */
  readonly inner?: Slot;
}

type CastingType = SchemaTypeInternals & { cast(...args: unknown[]): unknown };

export function slotOf(type: SchemaTypeInternals | undefined, doc: Doc): Slot {
  if (type === undefined) return {};
  const { cast } = type as CastingType;
  const init = (value: unknown): unknown => cast.call(type, value, doc, true, undefined, { path: type.path });
  if (type.$isSingleNested === true) return { make: init };
  if (type.$isMongooseDocumentArray === true)
    return { inner: { make: (fields) => (mongooseHost.plain(init([fields]) as object) as unknown[])[0] } };
  if (type.$isMongooseArray === true) return { inner: slotOf(elementType(type), doc) };
  return type.$isSchemaMap === true ? { inner: slotOf(type.$__schemaType, doc) } : {};
}

/** An instance, and the fields that it is to have: those of another subdocument, or plain ones. */
export interface Joined {
  readonly live: Doc;
  readonly fields: unknown;
  /** It does not stand in the document now. */
  readonly returning: boolean;
}

/**
 * The value to put, with live instances in it.
 * @param candidates what may hold the instances: first the value that stands there now
 * @param joined is added to for each instance that was found
 */
export function graft(
  next: unknown,
  candidates: readonly unknown[],
  slot: Slot,
  joined: Joined[],
  taken = new Set<unknown>(),
): unknown {
  if (isSubdocument(next) || (slot.make !== undefined && isPlainObject(next))) {
    // Without an `_id` an instance may be a candidate for two places: it stood at one before, and stands at another now.
    const at = candidates.findIndex((item) => isSubdocument(item) && !taken.has(item) && isOfSameKind(item, next));
    if (at === -1) return isSubdocument(next) ? next : slot.make?.(next);
    const live = candidates[at] as Doc;
    taken.add(live);
    joined.push({ live, fields: next, returning: at > 0 });
    return live;
  }
  if (Array.isArray(next)) {
    const finders = candidates.map((item) => (Array.isArray(item) ? finder(plainItems(item)) : () => undefined));
    return plainItems(next).map((item, i) =>
      graft(
        item,
        finders.map((find) => find(item, i)),
        slot.inner ?? {},
        joined,
        taken,
      ),
    );
  }
  if (next instanceof Map) {
    const result = new Map<unknown, unknown>();
    // `Map.prototype` directly: Mongoose's subclass would run getters.
    Map.prototype.forEach.call(next, (item: unknown, key: unknown) => {
      const own = candidates.map((map) =>
        map instanceof Map ? (Map.prototype.get.call(map, key) as unknown) : undefined,
      );
      result.set(key, graft(item, own, slot.inner ?? {}, joined, taken));
    });
    return result;
  }
  return next;
}

function plainItems(array: unknown[]): unknown[] {
  return mongooseHost.plain(array) as unknown[];
}

/**
 * Finds the element that stands for another one: the one with its `_id`, or, without ids, the one at its place. Each stands
 * for one only, also where an id is there twice.
 */
function finder(items: readonly unknown[]): (item: unknown, i: number) => unknown {
  const byId = new Map<string, unknown[]>();
  for (const item of items) {
    const id = idOf(item, 'current', mongooseHost);
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), item]);
  }
  return (item, i) => {
    const id = idOf(item, 'current', mongooseHost);
    if (id !== undefined) return byId.get(id)?.shift();
    return idOf(items[i], 'current', mongooseHost) === undefined ? items[i] : undefined;
  };
}

/** Another discriminator is another class. */
function isOfSameKind(live: Doc, next: unknown): boolean {
  const key = live.$__schema.options.discriminatorKey;
  const fields = isDocument(next) ? next._doc : (next as Record<string, unknown>);
  return key === undefined || equal(fields[key], live._doc[key]);
}

/** The filter of a save. One with nothing to write makes no round trip (`cleanSave: 'skip'`); Mongoose looks whether the document still exists. */
import { existingRootState, settingsOf } from './capture';
import { overrideCollection } from './collections';
import { guardFilter } from './conflicts';
import type { CollectionInternals, Doc } from './internals';
import { override } from './prototypes';

/** Filters of clean saves, which the collection answers by itself. */
const answered = new WeakSet<object>();

export function installCleanSave(prototype: object): void {
  override(
    prototype,
    '$__where',
    (base) =>
      function $__where(this: Doc, where: unknown) {
        const filter = base().call(this, where);
        if (where !== undefined && filter !== null && typeof filter === 'object') {
          Object.assign(filter, existingRootState(this)?.guards);
          guardFilter(this, filter);
        }
        // Without an argument it is called for the existence check only, in 8 and 9.
        if (where === undefined && filter !== null && typeof filter === 'object' && skips(this)) {
          const { collection } = this.constructor;
          if (collection !== undefined) {
            prepare(collection);
            answered.add(filter);
          }
        }
        return filter;
      },
  );
}

function skips(doc: Doc): boolean {
  return (
    settingsOf(doc)?.cleanSave === 'skip' &&
    doc.$__.saving !== undefined &&
    doc.$__.saving !== null &&
    !doc.$__.version &&
    !doc.$__schema.options.optimisticConcurrency
  );
}

/** Other queries pass. */
function prepare(collection: CollectionInternals): void {
  overrideCollection(
    collection,
    'findOne',
    (base) =>
      function findOne(this: CollectionInternals, filter: unknown, ...rest: unknown[]) {
        if (filter !== null && typeof filter === 'object' && answered.delete(filter))
          return Promise.resolve({ _id: (filter as { _id: unknown })._id });
        return base().call(this, filter, ...rest);
      },
  );
}

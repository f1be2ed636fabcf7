// What a document answers about its changes: after a save that did not happen all of it has to be what it was.
import type { Doc, Plain } from './documents';
import { onWire } from './documents';

/** Every answer about changes, the tracker's and Mongoose's own, and what a save would do. */
export function answersOf(doc: Doc): Plain {
  const { $tracker: tracker } = doc;
  return {
    changes: onWire(tracker.diff()),
    leaves: onWire(tracker.getChanges()),
    update: onWire(tracker.getUpdate()),
    original: onWire(tracker.original()),
    lastSave: onWire(tracker.lastSave),
    isModified: [tracker.isModified(), doc.isModified()],
    modifiedPaths: doc.modifiedPaths().sort(),
    directModifiedPaths: doc.directModifiedPaths().sort(),
    isNew: doc.isNew,
    isDeleted: doc.$isDeleted() === true,
    version: doc.__v,
    updatedAt: doc.updatedAt,
    values: onWire(doc.toObject({ depopulate: true })),
  };
}

/** Nothing is left to write, and every answer says so. */
export function expectClean(doc: Doc): void {
  expect({
    changes: doc.$tracker.diff(),
    leaves: doc.$tracker.getChanges(),
    update: doc.$tracker.getUpdate(),
    isModified: [doc.$tracker.isModified(), doc.isModified()],
    modifiedPaths: doc.modifiedPaths(),
    isNew: doc.isNew,
  }).toEqual({
    changes: [],
    leaves: {},
    update: null,
    isModified: [false, false],
    modifiedPaths: [],
    isNew: false,
  });
}

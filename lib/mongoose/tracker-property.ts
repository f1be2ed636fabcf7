import { fail } from '../errors';
import type { RawTypeOf } from '../typed-paths';
import type { DocumentTracker } from '../types';
import { describe } from '../values/path';
import { settingsOf, stateOf } from './capture';
import { CowDocumentTracker } from './document-tracker';
import { isDocument, type Doc } from './internals';

/** `doc.$tracker`, made when it is first asked for. */
export function installTracker(prototype: object): void {
  Object.defineProperty(prototype, '$tracker', {
    configurable: true,
    enumerable: false,
    get(this: Doc) {
      // On the prototype itself (a console, a test's matcher) there is no document behind it.
      return isDocument(this) ? trackerFor(this) : undefined;
    },
  });
}

function trackerFor(doc: Doc): DocumentTracker {
  const state = stateOf(doc);
  return (state.tracker ??= new CowDocumentTracker(doc)) as DocumentTracker;
}

/**
 * The tracker of a document or subdocument, the same object as `doc.$tracker`, without typing the document.
 *
 * @throws CowTrackingError `ERR_NOT_TRACKED` if the value is not a document, or its schema does not have the plugin
 * @example
 * ```ts
 * user.name = 'Countess';
 * console.log(trackerOf(user).isModified('name')); // true
 * console.log(trackerOf(user) === user.$tracker); // true
 * ```
 */
export function trackerOf<Given extends object>(doc: Given): DocumentTracker<RawTypeOf<Given>> {
  if (!isDocument(doc))
    throw fail('ERR_NOT_TRACKED', `trackerOf() needs a hydrated Mongoose document, got ${describe(doc)}.`);
  let owner = doc as object as Doc & { $__isNested?: boolean; $__parent?: Doc };
  while (owner.$__isNested === true && owner.$__parent !== undefined) owner = owner.$__parent;
  if (settingsOf(owner) === undefined) {
    throw fail(
      'ERR_NOT_TRACKED',
      `The document's schema does not have the plugin. Call schema.plugin(cowTracking) before the model is compiled.`,
    );
  }
  return trackerFor(owner) as DocumentTracker<RawTypeOf<Given>>;
}

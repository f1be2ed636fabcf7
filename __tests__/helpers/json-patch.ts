/** rfc6902's applyPatch() is the oracle of patch() and inversePatch(). */
import { applyPatch } from 'rfc6902';
import type { JsonPatchOperation, StateTracker } from '../../lib';

/** A JSON value with a patch applied; fails if an operation does. */
function patched(json: unknown, patch: readonly JsonPatchOperation[]): unknown {
  const target = JSON.parse(JSON.stringify(json)) as unknown;
  // Nothing but JSON must come out of a patch.
  const sent = JSON.parse(JSON.stringify(patch)) as typeof patch;
  expect(sent).toEqual(patch);
  expect(applyPatch(target, sent as never)).toEqual(patch.map(() => null));
  return target;
}

/** The patch leads from one to the other, the inverse patch back. */
export function expectBothWays(
  before: unknown,
  after: unknown,
  tracker: Pick<StateTracker, 'patch' | 'inversePatch'>,
): void {
  expect(patched(before, tracker.patch())).toEqual(after);
  expect(patched(after, tracker.inversePatch())).toEqual(before);
}

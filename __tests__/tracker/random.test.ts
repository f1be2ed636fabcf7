// Random data and random edits: RFC 6902 with rfc6902's applyPatch() as the oracle.
import fc from 'fast-check';
import { StateTracker } from '../../lib/tracker/state-tracker';
import { toJson } from '../../lib/values/ejson';
import type { Doc } from '../helpers/documents';
import { expectBothWays } from '../helpers/json-patch';
import { dataOf, edits, run } from './scripts';

it('patches lead from any data through any edits, both ways', () => {
  fc.assert(
    fc.property(dataOf, edits, (make, script) => {
      const tracker = new StateTracker<Doc>(make());
      run(tracker, script);
      expectBothWays(toJson(make()), toJson(tracker.data), tracker);
    }),
    { numRuns: 500 },
  );
});

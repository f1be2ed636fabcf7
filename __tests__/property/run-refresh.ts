// Two writers of one document: the first refreshes after the second has stored its edits.
import type { Conflict } from '../../lib';
import type { Script } from './arbitraries';
import { applyEdit } from './edits';
import type { Edit } from './edits';
import { check } from './failure';
import type { Lab } from './lab';
import { isSelected, loadOf } from './loads';
import type { Load } from './loads';
import { clock } from './models';
import type { Doc as TrackedDoc, Tracker as TrackedTracker } from './tracked';
import { differences, flatten, sameNumber, showDifferences, toRaw } from './values';

interface Tracker extends TrackedTracker {
  original(): object;
  refresh(options: object): Promise<readonly Conflict[]>;
}

interface Doc extends TrackedDoc {
  readonly $tracker: Tracker;
}

/** The edits of a script, dealt out to the two writers in turn. A writer whose edit is refused does without it. */
export async function runRefresh(lab: Lab, script: Script): Promise<void> {
  await lab.store(script.variant, script.seed);
  const edits = script.steps.filter((step): step is Edit => step.do !== 'save' && step.do !== 'reload');
  const load = loadOf(script.load);
  const mine = await find(lab, script, load);
  const theirs = await find(lab, script, {});
  edits.forEach((edit, i) => {
    attempt(() => applyEdit(i % 2 === 0 ? mine : theirs, edit, () => undefined));
  });
  // The save stamps the document besides.
  const others = [...theirs.$tracker.diff().map(({ path }) => path), 'updatedAt', 'sub.updatedAt'];
  clock.now += 1000;
  if (!(await saved(theirs))) return;
  const diff = mine.$tracker.diff();
  const own = diff.map(({ path }) => path);
  // Of a subdocument that was loaded in part Mongoose marks the paths below its own name once more.
  const lasting = diff
    .filter(({ path, to }) => isPlainPath(path) && !path.startsWith('sub.sub') && !isHollow(to))
    .map(({ path }) => path);
  const resolve = script.revert ? 'mine' : 'theirs';
  const conflicts = await mine.$tracker.refresh({ resolve });

  const fresh = await find(lab, script, load);
  same('original()', flatten(toRaw(mine.$tracker.original())), flatten(toRaw(fresh.$tracker.original())), load);
  for (const { path } of conflicts) {
    check(
      'a conflict that is none',
      overlap(own, path) && overlap(others, path),
      () => `${path} of ${own.join()} and ${others.join()}`,
    );
  }
  for (const path of lasting) {
    const gone = !mine.$tracker.isModified(path) && !overlap(others, path);
    check('a change is lost', !gone, () => path);
  }
  const changed = mine.$tracker.diff().map(({ path }) => path);
  for (const path of changed)
    check('a change that nobody made', overlap(own, path), () => `${path}, not of ${own.join()}`);
  if (own.length === 0) same('without own edits', inMemory(mine), inMemory(fresh), load);

  clock.now += 1000;
  if (script.steps.length % 2 === 0) {
    mine.$tracker.revert();
    same('refresh and revert', inMemory(mine), inMemory(fresh), load);
    return;
  }
  if (!(await saved(mine))) return;
  const after = await find(lab, script, load);
  same('refresh and save', inMemory(mine), inMemory(after), load);
  check('clean', !mine.isModified() && !mine.$tracker.isModified(), () => mine.modifiedPaths().join());
  const again = await lab.sent(() => mine.save());
  check('second save', again.updates.length === 0, () => JSON.stringify(again.updates));
}

async function find(lab: Lab, { variant }: Script, load: Load): Promise<Doc> {
  const query = lab.models('tracked', variant).Root.findOne({}, load.projection);
  for (const path of load.populate ?? []) query.populate(path);
  return (await query.orFail()) as Doc;
}

/** `false`: it was refused, by a validator or because somebody has written in between (`__v`). */
async function saved(doc: Doc): Promise<boolean> {
  try {
    await doc.save();
    return true;
  } catch (error) {
    const { name, message } = error as Error;
    // What Mongoose writes for `pull()` of a document without an id, and SecantusDB does not know.
    check('rejected by the server', name !== 'MongoServerError' || message.includes('operator: $or'), () => message);
    return false;
  }
}

const inMemory = (doc: Doc): Map<string, string> =>
  flatten(toRaw(doc.toObject({ flattenMaps: true, virtuals: false, depopulate: true })));

/** Of what was loaded. A stored Long comes back as a number, an empty object may have been left out (`minimize`), and an
 * empty array may be a default. */
function same(name: string, a: Map<string, string>, b: Map<string, string>, load: Load): void {
  const wrong = differences(a, b).filter(
    (path) =>
      !/(^|\.)updatedAt$/.test(path) &&
      path !== 'hidden' &&
      isSelected(load, path) === true &&
      !sameNumber(a.get(path), b.get(path)) &&
      ![a.get(path), b.get(path)].every((value) => value === undefined || value === 'object' || value === 'array(0)'),
  );
  check(name, wrong.length === 0, () => showDifferences(wrong, { refreshed: a, fresh: b }));
}

/** Stored as nothing, or as good as (`minimize`). */
const isHollow = (value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  !(value instanceof Date) &&
  [...(value instanceof Map ? value.values() : Object.values(value))].every(isHollow);

const overlap = (paths: readonly string[], path: string): boolean =>
  paths.some(
    (other) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`) || sameArray(other, path),
  );

/** Elements are found by their ids, so that their places say little. */
const sameArray = (a: string, b: string): boolean => {
  const top = /^(.*?)\.\d+(\.|$)/.exec(a)?.[1];
  return top !== undefined && (b === top || b.startsWith(`${top}.`));
};

/** Not of an element: others may have moved it. */
const isPlainPath = (path: string): boolean => !/\.\d+(\.|$)/.test(path);

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Refused by the schema, or by what the other writer made of it: the next edit then.
  }
}

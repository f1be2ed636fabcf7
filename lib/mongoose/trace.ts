/**
 * What a save decided and why, for `NODE_DEBUG=mongoose-cow-tracking`: the convention of Node, which prints to stderr and costs a
 * look at a flag when it is off. Not through `mongoose.set('debug', fn)`: such functions expect the methods of a collection.
 */
import { debuglog } from 'node:util';
import type { Entry, Survey } from '../document/state';
import { isContainer } from '../tracker/plain-data';
import type { Write } from '../tracker/update';
import { isAtOrBelow, join } from '../values/path';
import { STATE, type Doc } from './internals';

const log = debuglog('mongoose-cow-tracking');

/** What a save is about to send. */
export interface Decision {
  readonly found: Survey;
  readonly writes: readonly Write[];
  /** Those of them that `pathsToSave` lets through. */
  readonly chosen: readonly Write[] | undefined;
  /** The paths of the list that Mongoose gets. */
  readonly sent: readonly string[];
  /** Nothing at all is sent. */
  readonly clean: boolean;
}

/** Tells of a save; the decision is only put together when somebody reads it. */
export function trace(doc: Doc, decide: () => Decision): void {
  if (!log.enabled) return;
  const decision = decide();
  log('%s', [`save of ${nameOf(doc)}`, ...linesOf(decision)].join('\n  '));
}

function nameOf(doc: Doc): string {
  return `${doc.constructor.modelName ?? 'document'} ${String(doc._doc['_id'])}`;
}

function linesOf({ found, writes, chosen, sent, clean }: Decision): string[] {
  const lines: string[] = [];
  for (const path of paths(found, isUnchanged)) lines.push(`${path}: dropped, it equals its original`);
  const entries = new Set(paths(found, () => true));
  for (const write of writes) {
    const { op, path } = write;
    if (op === 'own') lines.push(`${path}: left to Mongoose, ${write.why}`);
    else if (chosen?.includes(write) === false) lines.push(`${path}: kept for later, not among the pathsToSave`);
    else lines.push(`${path}: ${op}, ${reason(write, entries)}`);
  }
  const known = new Set(writes.map(({ path }) => path));
  for (const path of sent) {
    if ([...known].some((other) => isAtOrBelow(path, other))) continue;
    lines.push(`${path}: left to Mongoose, a default that is not stored yet or a value that is not tracked`);
  }
  if (clean) lines.push('nothing differs, so no update is sent');
  return lines;
}

/** A changed value that is written where it is kept goes as it is; what stands below such a path is a part of it. */
function reason({ path, value, why }: Write, entries: ReadonlySet<string>): string {
  if (why !== 'changed') return why;
  if (!entries.has(path)) return 'narrowed: a part of what was assigned or edited in place';
  return isContainer(value)
    ? 'whole: it has nothing in common with its original, or parts of it cannot be written'
    : why;
}

/** What was written, or read as a mutable value, and is what it was. */
function isUnchanged(entry: Entry): boolean {
  return entry.known && !entry.dirty && !entry.forced;
}

/** The paths whose originals are kept, in a document and its subdocuments. */
function paths({ visited }: Survey, wanted: (entry: Entry) => boolean): string[] {
  const found: string[] = [];
  for (const [doc, prefix] of visited)
    for (const [path, entry] of (doc as Doc).$__[STATE]?.originals ?? [])
      if (wanted(entry)) found.push(join(prefix, path));
  return found.sort();
}

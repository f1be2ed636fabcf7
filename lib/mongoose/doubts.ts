/**
 * Paths whose last write had no answer. Nobody knows what the database holds there, so they count as changed whatever the
 * document holds, and however it came to hold it.
 */
import type { Doubts, Writing } from '../document/state';
import type { Difference } from '../tracker/differences';
import { isAtOrBelow, overlaps } from '../values/path';
import { prefixes } from './coverage';
import { copyUpdate } from './delta';
import { mongooseHost, valueAt } from './host';
import { isSubdocument, type Doc } from './internals';

/** The paths that a write sets. */
export function keysOf(writing: Writing): string[] {
  return Object.values(writing.update ?? {}).flatMap((values) => Object.keys(values));
}

/**
 * What is in doubt if the answer to a write does not come. Places in an array say nothing once it is edited: an array counts as
 * one.
 */
export function doubtsAbout(doc: Doc, writing: Writing): Doubts {
  const version = doc.$__schema.options.versionKey;
  const paths = keysOf(writing)
    .filter((path) => path !== version)
    .map((path) => prefixes(path).find((prefix) => Array.isArray(valueAt(doc, prefix))) ?? path);
  const update = writing.update === null ? null : copyUpdate(writing.update);
  return { paths: new Set(paths), updates: update === null ? [] : [update] };
}

export function joined(one: Doubts | undefined, other: Doubts | undefined): Doubts | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { paths: new Set([...one.paths, ...other.paths]), updates: [...one.updates, ...other.updates] };
}

/** What is in doubt still after a write was acknowledged. */
export function doubtsLeft(doubts: Doubts | undefined, writing: Writing): Doubts | undefined {
  if (doubts === undefined || writing.paths === undefined) return undefined;
  const keys = keysOf(writing);
  const left = [...doubts.paths].filter((path) => !keys.some((key) => overlaps(key, path)));
  return left.length === 0 ? undefined : { ...doubts, paths: new Set(left) };
}

/** A date that the timestamps hooks set with each save: it is no change of its own. */
export function isStamp(doc: Doc, path: string): boolean {
  const dot = path.lastIndexOf('.');
  const owner = dot === -1 ? doc : valueAt(doc, path.slice(0, dot));
  if (owner !== doc && !isSubdocument(owner)) return false;
  return (owner as Doc).$__schema.$timestamps?.updatedAt === path.slice(dot + 1);
}

/**
 * Adds a path in doubt to what was found to differ. No path stands above another one then.
 * @param from the original
 * @param start where among the differences those begin that may stand above or below it
 * @returns was it missing there?
 */
export function addDoubt(found: Difference[], path: string, from: unknown, to: unknown, start = 0): boolean {
  const near = found.splice(start);
  const covered = near.some((difference) => isAtOrBelow(path, difference.path));
  if (covered) found.push(...near);
  else {
    const others = near.filter((difference) => !isAtOrBelow(difference.path, path));
    found.push(...others, { kind: 'leaf', path, from, to, within: undefined });
  }
  return !covered;
}

/** The part of an original at a path below its own. */
export function partOf(original: unknown, path: string): unknown {
  let current = original;
  for (const part of path.split('.')) {
    if (current === null || typeof current !== 'object') return undefined;
    const plain = mongooseHost.plain(current) as object;
    if (plain instanceof Map) current = Map.prototype.get.call(plain, part);
    else if (mongooseHost.keepsOriginals(plain)) current = mongooseHost.originalFields(plain)[part];
    else current = (plain as Record<string, unknown>)[part];
  }
  return current;
}

import { inspect, type InspectOptions } from 'node:util';
import type { Change } from '../types';

/** How many changes are listed. */
const MOST = 20;
/** Columns of a line, and characters of a value. */
const NARROWEST = 30;
const WIDEST = 160;
const SHORTEST = 8;
const LONGEST = 60;

/** A short list of changes for people: one line each, old value and new, cut to the width of the terminal. */
export function describeChanges(name: string, changes: readonly Change[], options: InspectOptions): string {
  if (changes.length === 0) return `${name} { no changes }`;
  const columns = options.breakLength === Infinity ? 120 : process.stdout.columns || 100;
  const width = Math.max(NARROWEST, Math.min(columns, WIDEST)) - 2;
  const lines = changes.slice(0, MOST).map((change) => `  ${cut(line(change, width), width)}`);
  if (changes.length > MOST) lines.push(`  ... ${String(changes.length - MOST)} more`);
  return `${name} { ${String(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}\n${lines.join('\n')}\n}`;
}

function line({ path, type, from, to }: Change, width: number): string {
  const room = width - path.length - 4;
  if (type === 'add') return `+ ${path}: ${short(to, room)}`;
  if (type === 'remove') return `- ${path}: ${short(from, room)}`;
  // A long old value leaves the new one half of the room: both are what the reader came for.
  const after = short(to, room - 4);
  const before = short(from, Math.max(Math.floor((room - 4) / 2), room - 4 - after.length));
  return `~ ${path}: ${before} -> ${short(to, room - 4 - before.length)}`;
}

function short(value: unknown, room: number): string {
  const text = inspect(value, {
    depth: 2,
    maxArrayLength: 5,
    maxStringLength: WIDEST,
    breakLength: Infinity,
    compact: true,
  });
  return cut(text.replaceAll(/\s*\n\s*/g, ' '), Math.max(SHORTEST, Math.min(room, LONGEST)));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

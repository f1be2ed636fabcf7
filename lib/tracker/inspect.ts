import { inspect, type InspectOptions } from 'node:util';
import type { Change } from '../types';

const MOST = 20;

/** A short list of changes for people: one line each, old value and new, cut to the width of the terminal. */
export function describeChanges(name: string, changes: readonly Change[], options: InspectOptions): string {
  if (changes.length === 0) return `${name} { no changes }`;
  const width = Math.max(60, Math.min(options.breakLength === Infinity ? 120 : process.stdout.columns || 100, 160));
  const lines = changes.slice(0, MOST).map((change) => `  ${cut(line(change), width - 2)}`);
  if (changes.length > MOST) lines.push(`  ... ${String(changes.length - MOST)} more`);
  return `${name} { ${String(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}\n${lines.join('\n')}\n}`;
}

function line({ path, type, from, to }: Change): string {
  if (type === 'add') return `+ ${path}: ${short(to)}`;
  if (type === 'remove') return `- ${path}: ${short(from)}`;
  return `~ ${path}: ${short(from)} -> ${short(to)}`;
}

function short(value: unknown): string {
  return cut(
    inspect(value, { depth: 2, maxArrayLength: 5, maxStringLength: 60, breakLength: Infinity, compact: true }),
    60,
  );
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

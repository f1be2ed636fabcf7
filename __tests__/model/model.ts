// What has to be stored, and what has to be pending still, after any sequence of edits, saves, faults and transactions. It
// knows nothing about how a save is made: whole documents, two rules (what the server acknowledged is the baseline; a
// transaction is acknowledged by its commit), and the one exception (nobody knows).
import type { ClientSession, Model as MongooseModel } from 'mongoose';
import type { Doc, Plain } from '../helpers/documents';

/** One document of the application. */
export interface Side {
  /** What the server has acknowledged; null: not inserted. */
  base: Plain | null;
  /** What the document holds. */
  memory: Plain;
  /** What is stored. */
  stored: Plain | null;
  /** Was there a write that nobody knows the end of? */
  uncertain: boolean;
  /** Has another writer moved the version? */
  stale: boolean;
  /** What another writer has stored. */
  foreign: number | undefined;
  /** What was acknowledged within the transaction that is open. */
  inside: { readonly base: Plain | null; readonly uncertain: boolean; sent: Plain } | undefined;
}

export interface State {
  readonly sides: [Side, Side];
  open: boolean;
}

export type Slot = 0 | 1;

/** The real thing. */
export interface Real {
  readonly model: MongooseModel<Doc>;
  readonly docs: [Doc, Doc];
  session: ClientSession | undefined;
  readonly faults: Faults;
}

export interface Faults {
  arm(fault: Fault, command: 'update' | 'insert' | 'commitTransaction'): Promise<void>;
  disarm(): Promise<void>;
  /** Ends what a commit that never arrived has left open at the server. */
  kill(session: ClientSession): Promise<void>;
}

export const saveFaults = ['none', 'refused', 'connection closed', 'late replication', 'answer lost'] as const;
export const commitFaults = ['none', 'refused', 'never run', 'late replication', 'answer lost'] as const;
export type Fault = (typeof saveFaults)[number] | (typeof commitFaults)[number];

/** Was the command run, although an error came back? */
export const isRun = (fault: Fault): boolean => fault === 'late replication' || fault === 'answer lost';
/** Does the application learn that it was not? */
export const isCertain = (fault: Fault): boolean => fault === 'none' || fault === 'refused';

export const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

/** Must a save of this document write something? */
export const isDirty = (side: Side): boolean => side.base === null || !same(side.base, side.memory);

/** A save was acknowledged. */
export function acknowledged(state: State, side: Side, sent: Plain): void {
  if (!state.open) {
    side.base = side.stored = sent;
    side.uncertain = false;
    return;
  }
  side.inside =
    side.inside === undefined ? { base: side.base, uncertain: side.uncertain, sent } : { ...side.inside, sent };
  side.base = sent;
  side.uncertain = false;
}

/** Nobody knows whether a save was applied; the test does. */
export function lost(side: Side, sent: Plain, applied: boolean): void {
  side.uncertain = true;
  if (applied) side.stored = sent;
}

/** The transaction is over. */
export function ended(state: State, how: 'committed' | 'aborted' | 'unknown', applied = how === 'committed'): void {
  state.open = false;
  for (const side of state.sides) {
    const { inside } = side;
    side.inside = undefined;
    if (inside === undefined) continue;
    if (applied) side.stored = inside.sent;
    if (how === 'committed') continue;
    side.base = inside.base;
    side.uncertain = how === 'unknown' || inside.uncertain;
  }
}

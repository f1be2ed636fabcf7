/**
 * Which attempt at a transaction a session is in, and how it ends. The driver has no events for commit and abort, so the three
 * methods of each session object that we meet are wrapped, once.
 */
import { isUnanswered } from './answers';
import { Attempt } from './attempts';
import { rootStateOf, settingsOf } from './capture';
import type { Doc } from './internals';

export interface Session {
  readonly transaction?: { readonly isActive: boolean };
  readonly hasEnded?: boolean;
  startTransaction(...args: unknown[]): unknown;
  commitTransaction(...args: unknown[]): Promise<unknown>;
  abortTransaction(...args: unknown[]): Promise<unknown>;
}

const attempts = new WeakMap<Session, Attempt>();

/** The session that a write of a document takes part in. */
export function sessionOf(root: Doc): Session | undefined {
  const options = root.$__.saveOptions;
  const bulk = rootStateOf(root).session;
  const own = (bulk ?? root.$session()) as Session | null | undefined;
  if (own !== undefined && own !== null) return own;
  if (options !== undefined && options !== null && Object.hasOwn(options, 'session')) return undefined;
  const store = (
    root as unknown as {
      db?: { base?: { transactionAsyncLocalStorage?: { getStore(): { session?: Session } | undefined } } };
    }
  ).db?.base?.transactionAsyncLocalStorage?.getStore();
  return store?.session;
}

/** The attempt that a write of a document takes part in, if it leaves now. */
export function attemptOf(root: Doc): Attempt | undefined {
  const session = sessionOf(root);
  if (session?.transaction?.isActive !== true) return undefined;
  return attempts.get(session) ?? wrap(session);
}

function wrap(session: Session): Attempt {
  let attempt = begin(session);
  const { startTransaction, commitTransaction, abortTransaction } = session;
  const own = (name: string, value: unknown): void => {
    Object.defineProperty(session, name, { value, writable: true, configurable: true, enumerable: false });
  };
  own('startTransaction', function (this: Session, ...args: unknown[]) {
    // Throws if one is open, which then goes on.
    const result = startTransaction.apply(this, args);
    attempt = begin(session);
    return result;
  });
  own('commitTransaction', async function (this: Session, ...args: unknown[]) {
    const mine = attempt;
    let result: unknown;
    mine.startCommit();
    try {
      result = await commitTransaction.apply(this, args);
    } catch (error) {
      // The driver says COMMITTED after a failed commit as well: only the answer counts.
      mine.failCommit(hasLabel(error, 'UnknownTransactionCommitResult') || isUnanswered(error));
      throw error;
    } finally {
      mine.endCommit();
    }
    await tell(mine.commit());
    return result;
  });
  own('abortTransaction', async function (this: Session, ...args: unknown[]) {
    const mine = attempt;
    try {
      return await abortTransaction.apply(this, args);
    } finally {
      mine.abort();
    }
  });
  return attempt;
}

function begin(session: Session): Attempt {
  const attempt = new Attempt();
  attempts.set(session, attempt);
  return attempt;
}

/** Every record is told, also after an error; the first error reaches whoever awaits the commit. */
async function tell(records: ReturnType<Attempt['commit']>): Promise<void> {
  const errors: unknown[] = [];
  for (const { doc, record } of records) {
    try {
      await settingsOf(doc)?.onSaved?.(record(), doc);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

function hasLabel(error: unknown, label: string): boolean {
  return (error as { hasErrorLabel?: (label: string) => boolean } | null)?.hasErrorLabel?.(label) === true;
}

// An application that writes while things break, and what its acknowledgements promise about the database.
import type mongoose from 'mongoose';
import { Schema } from 'mongoose';
import type { ClientSession, Model } from 'mongoose';
import cowTracking from '../../lib';
import type { Doc, Plain } from '../helpers/documents';

export const ledgerSchema = (): Schema<Doc> => {
  const schema = new Schema<Doc>({
    entries: [Number],
    sum: Number,
    last: Number,
    details: {},
  });
  schema.plugin(cowTracking);
  return schema;
};

/**
 * One document. Each entry is a push, an increment, a field and a leaf of Mixed: nothing of it carries a guard of Mongoose's,
 * as a write to an element would.
 */
export class Ledger {
  doc: Doc;
  /** Acknowledged entries, and those whose save has failed. */
  readonly acknowledged = new Set<number>();
  readonly pending = new Set<number>();
  private next = 0;

  constructor(readonly model: Model<Doc>) {
    this.doc = new model({ entries: [], sum: 0, last: 0, details: { n: 0 } });
  }

  /** Adds an entry to the document; it leaves with the next save. */
  add(): number {
    const n = ++this.next;
    this.doc.entries.push(n);
    if (this.doc.isNew) this.doc.sum += n;
    else this.doc.$inc('sum', n);
    this.doc.last = n;
    this.doc.details.n = n;
    this.pending.add(n);
    return n;
  }

  /** Saves; answers the error. Entries added meanwhile are not part of it. */
  async save(session?: ClientSession): Promise<unknown> {
    const sent = [...this.pending];
    try {
      await this.doc.save(session === undefined ? {} : { session });
    } catch (error) {
      return error;
    }
    if (session === undefined) this.confirm(sent);
    return null;
  }

  /** What was sent is acknowledged. */
  confirm(sent: Iterable<number>): void {
    for (const n of sent) {
      this.pending.delete(n);
      this.acknowledged.add(n);
    }
  }

  /** Until it works, or is refused because the version has moved: then the document is read anew, as an application would. */
  async recover(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const error = await this.save();
      if (error === null) return;
      const { name, code } = error as { name?: string; code?: number };
      if (name === 'VersionError' || code === 11000) {
        await this.reload();
        return;
      }
      if (tries > 20) throw error as Error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async reload(): Promise<void> {
    this.doc = await this.model.findById(this.doc._id).orFail();
    for (const n of this.doc.entries as number[]) this.confirm([n]);
    const lost = [...this.pending];
    this.pending.clear();
    // What was refused is entered again.
    for (const n of lost) {
      this.pending.add(n);
      this.doc.entries.push(n);
      this.doc.$inc('sum', n);
      this.doc.last = n;
      this.doc.details.n = n;
    }
    if (lost.length > 0) expect(await this.save()).toBeNull();
  }

  async stored(): Promise<Plain | null> {
    return await this.model.collection.findOne({ _id: this.doc._id });
  }

  /** Whatever has happened: what was acknowledged is there, once; nothing is there twice; all parts of an entry agree. */
  async expectPromisesKept(): Promise<void> {
    const stored = await this.stored();
    if (stored === null) {
      expect([...this.acknowledged]).toEqual([]);
      return;
    }
    const entries = stored['entries'] as number[];
    expect(entries).toEqual([...new Set(entries)]);
    expect(entries).toEqual(expect.arrayContaining([...this.acknowledged]));
    expect(entries.filter((n) => !this.acknowledged.has(n) && !this.pending.has(n))).toEqual([]);
    expect(stored['sum']).toBe(entries.reduce((sum, n) => sum + n, 0));
    const last = entries.at(-1) ?? 0;
    expect(stored).toMatchObject({ last, details: { n: last } });
  }

  /** And once everything works again, all of it is stored, and nothing is left to write. */
  async expectCompleteAfterRecovery(): Promise<void> {
    await this.recover();
    await this.expectPromisesKept();
    expect([...this.pending]).toEqual([]);
    const stored = await this.stored();
    expect(stored?.['entries']).toEqual(Array.from({ length: this.next }, (_item, i) => i + 1));
    expect(this.doc.isModified()).toBe(false);
    expect(this.doc.$tracker.getUpdate()).toBeNull();
    expect(this.doc.__v).toBe(stored?.['__v']);
  }
}

export async function ledgers(connection: mongoose.Connection, count: number): Promise<Ledger[]> {
  const existing = connection.models['Ledger'];
  const model = existing ?? connection.model('Ledger', ledgerSchema());
  await model.createCollection();
  await model.init();
  return Array.from({ length: count }, () => new Ledger(model));
}

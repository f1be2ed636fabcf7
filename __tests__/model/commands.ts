import fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import type { Doc, Plain } from '../helpers/documents';
import { edits, initial, valuesOf } from './edits';
import { acknowledged, commitFaults, ended, isCertain, isDirty, isRun, lost, saveFaults, same } from './model';
import type { Fault, Real, Side, Slot, State } from './model';

type Command = AsyncCommand<State, Real>;

const memoryOf = (doc: Doc): Plain => valuesOf(doc.toObject({ flattenMaps: true }));

/** Everything that must hold after every command. */
async function check(state: State, { model, docs, session }: Real, stored = true): Promise<void> {
  const ids = docs.map((doc) => doc._id as unknown);
  const raws = stored
    ? await model.collection.find({ _id: { $in: ids as never[] } }, session ? { session } : {}).toArray()
    : [];
  for (const slot of [0, 1] as const) {
    const side = state.sides[slot];
    const doc = docs[slot];
    // Nobody but the user changes values.
    expect(memoryOf(doc)).toEqual(side.memory);
    expect(doc.isNew).toBe(side.base === null);
    const dirty = isDirty(side);
    const tracker = doc.$tracker;
    if (dirty || !side.uncertain) {
      expect({ slot, tracker: tracker.isModified(), mongoose: doc.isModified() }).toEqual({
        slot,
        tracker: dirty,
        // Its marks of a new document are no longer there after the first failed insert, or were never there.
        mongoose: side.base === null ? doc.isModified() : dirty,
      });
    }
    if (side.base !== null && !side.uncertain) {
      expect(tracker.getUpdate() !== null).toBe(dirty);
      expect(tracker.diff().length > 0).toBe(dirty);
      expect(valuesOf(plainOriginal(tracker.original()))).toEqual(side.base);
    }
    if (!stored) continue;
    const raw = raws.find(({ _id }) => doc._id.equals(_id)) ?? null;
    const expected = side.inside?.sent ?? side.stored;
    expect(raw === null ? null : sortedValues(raw)).toEqual(expected === null ? null : sortedValues(expected));
    if (raw === null) continue;
    expect(raw['foreign']).toEqual(side.foreign);
    if (!dirty && !side.uncertain && !side.stale) {
      expect({ slot, version: doc.__v, at: doc.updatedAt }).toEqual({
        slot,
        version: raw['__v'],
        at: raw['updatedAt'],
      });
    }
  }
}

function plainOriginal(original: Plain): Plain {
  const { map, ...rest } = original;
  return { ...rest, map: map instanceof Map ? Object.fromEntries(map) : map };
}

/** MongoDB appends a key that was missing. */
function sortedValues(plain: Plain): Plain {
  return Object.fromEntries(Object.entries(valuesOf(plain)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

class Edit implements Command {
  constructor(
    readonly slot: Slot,
    readonly edit: string,
    readonly n: number,
  ) {}
  check = (): boolean => true;
  async run(state: State, real: Real): Promise<void> {
    const doc = real.docs[this.slot];
    edits[this.edit]?.(doc, this.n);
    state.sides[this.slot].memory = memoryOf(doc);
    await check(state, real, false);
  }
  toString = (): string => `edit(${this.slot}, '${this.edit}', ${this.n})`;
}

const ways = ['save', 'no middleware', 'no validation', 'no timestamps', 'bulkSave'] as const;
type Way = (typeof ways)[number];

class Save implements Command {
  constructor(
    readonly slot: Slot,
    readonly way: Way,
    readonly fault: Fault,
    /** An edit while it is under way. */
    readonly inFlight: [edit: string, n: number] | null,
  ) {}
  // In a transaction a write has no write concern of its own, and whoever loses its answer aborts.
  check = ({ open }: State): boolean => !open || this.fault === 'none' || this.fault === 'refused';

  async run(state: State, real: Real): Promise<void> {
    const side = state.sides[this.slot];
    const doc = real.docs[this.slot];
    const dirty = isDirty(side);
    await real.faults.arm(this.fault, side.base === null ? 'insert' : 'update');
    const { sent, error } = await this.write(real, side, doc);
    await real.faults.disarm();
    await settle(state, real, [{ side, sent, dirty }], this.fault, error);
    await check(state, real);
  }

  private async write(real: Real, side: Side, doc: Doc): Promise<{ sent: Plain; error: unknown }> {
    const sent = side.memory;
    const session = real.session === undefined ? {} : { session: real.session };
    const options = {
      ...session,
      ...(this.way === 'no middleware' && { middleware: false }),
      ...(this.way === 'no validation' && { validateBeforeSave: false }),
      ...(this.way === 'no timestamps' && { timestamps: false }),
    };
    const stop = this.editInFlight(real, side, doc);
    const saving: Promise<unknown> = this.way === 'bulkSave' ? real.model.bulkSave([doc], session) : doc.save(options);
    const error = await saving.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    stop();
    return { sent, error };
  }

  private editInFlight(real: Real, side: Side, doc: Doc): () => void {
    const { inFlight } = this;
    const client = real.model.db.getClient();
    const listener = ({ commandName }: { commandName: string }): void => {
      if (inFlight === null || !['update', 'insert'].includes(commandName)) return;
      client.off('commandStarted', listener);
      const edit = (): void => {
        edits[inFlight[0]]?.(doc, inFlight[1]);
        side.memory = memoryOf(doc);
      };
      // Mongoose 8 hands the living document to the driver: what is edited before it is on the wire is part of the insert.
      if (this.way === 'bulkSave' && commandName === 'insert') setImmediate(edit);
      else edit();
    };
    client.on('commandStarted', listener);
    return () => client.off('commandStarted', listener);
  }

  toString = (): string =>
    `save(${this.slot}, '${this.way}', '${this.fault}'${this.inFlight === null ? '' : `, ${JSON.stringify(this.inFlight)}`})`;
}

/** Both at once. */
class BulkSave implements Command {
  constructor(readonly fault: Fault) {}
  check = ({ sides }: Readonly<State>): boolean => sides.every(({ uncertain, stale }) => !uncertain && !stale);
  async run(state: State, real: Real): Promise<void> {
    const written = state.sides.map((side) => ({ side, sent: side.memory, dirty: isDirty(side) }));
    const [first] = written.filter(({ dirty }) => dirty);
    await real.faults.arm(this.fault, first?.side.base === null ? 'insert' : 'update');
    const error: unknown = await real.model
      .bulkSave(real.docs, real.session === undefined ? {} : { session: real.session })
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    await real.faults.disarm();
    await settle(state, real, written, this.fault, error);
    await check(state, real);
  }
  toString = (): string => `bulkSave('${this.fault}')`;
}

interface Written {
  readonly side: Side;
  readonly sent: Plain;
  readonly dirty: boolean;
}

/** Was the write refused for what is stored, and not for the fault? */
function isRefusal(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: number };
  return name === 'VersionError' || name === 'DocumentNotFoundError' || code === 11000;
}

/** What the outcome of a save means for the model. */
async function settle(state: State, real: Real, written: Written[], fault: Fault, error: unknown): Promise<void> {
  const unsure = written.some(({ side }) => side.uncertain || side.stale);
  const mustFail = fault !== 'none' && written.some(({ dirty }) => dirty);
  if (!unsure)
    expect({ fault, failed: error !== null, error: mustFail ? null : error }).toEqual({
      fault,
      failed: mustFail,
      error: null,
    });
  if (error === null) {
    for (const { side, sent, dirty } of written) {
      if (dirty || side.uncertain) acknowledged(state, side, sent);
      // bulkSave() of Mongoose 8 inserts without a version: there is none to hold on to until the document is read.
      if (real.docs[state.sides.indexOf(side)]?.__v === undefined) side.stale = true;
    }
    return;
  }
  for (const { side, sent } of written) {
    if (isCertain(fault) || isRefusal(error)) continue;
    // Of a document that somebody else has changed, or may have, the command may have matched nothing.
    const raw =
      side.uncertain || side.stale
        ? await real.model.collection.findOne({ _id: real.docs[state.sides.indexOf(side)]?._id })
        : null;
    const run = raw === null ? isRun(fault) : isRun(fault) && same(valuesOf(raw), sent);
    lost(side, sent, run);
  }
  if (real.session !== undefined) await endTransaction(state, real, 'aborted');
}

async function endTransaction(state: State, real: Real, how: 'aborted'): Promise<void> {
  const { session } = real;
  real.session = undefined;
  await session?.abortTransaction();
  await session?.endSession();
  ended(state, how);
}

class Begin implements Command {
  check = ({ open }: Readonly<State>): boolean => !open;
  async run(state: State, real: Real): Promise<void> {
    real.session = await real.model.db.startSession();
    real.session.startTransaction();
    state.open = true;
  }
  toString = (): string => 'begin()';
}

class Abort implements Command {
  check = ({ open }: Readonly<State>): boolean => open;
  async run(state: State, real: Real): Promise<void> {
    await endTransaction(state, real, 'aborted');
    await check(state, real);
  }
  toString = (): string => 'abort()';
}

class Commit implements Command {
  constructor(
    readonly fault: Fault,
    /** Asks again after an answer that did not come, as the driver's `withTransaction()` does; with an edit in between. */
    readonly repeat: [slot: Slot, edit: string, n: number] | null,
  ) {}
  check = ({ open }: Readonly<State>): boolean => open;
  async run(state: State, real: Real): Promise<void> {
    const session = real.session!;
    // A transaction without a write has nothing to commit, and the driver does not ask.
    const empty = state.sides.every(({ inside }) => inside === undefined);
    if (!empty) await real.faults.arm(this.fault, 'commitTransaction');
    const commit = (): Promise<unknown> =>
      session.commitTransaction().then(
        () => null,
        (thrown: unknown) => thrown,
      );
    const error = await commit();
    await real.faults.disarm();
    if (!empty) expect(error === null).toBe(this.fault === 'none');
    const unknown =
      (error as { hasErrorLabel?: (label: string) => boolean } | null)?.hasErrorLabel?.(
        'UnknownTransactionCommitResult',
      ) === true;
    if (unknown && this.repeat !== null) {
      const [slot, edit, n] = this.repeat;
      edits[edit]?.(real.docs[slot], n);
      state.sides[slot].memory = memoryOf(real.docs[slot]);
      expect(await commit()).toBeNull();
      ended(state, 'committed');
    } else if (error === null) ended(state, 'committed');
    else {
      await real.faults.kill(session);
      ended(state, unknown ? 'unknown' : 'aborted', isRun(this.fault));
    }
    real.session = undefined;
    await session.endSession();
    await check(state, real);
  }
  toString = (): string => `commit('${this.fault}'${this.repeat === null ? '' : `, ${JSON.stringify(this.repeat)}`})`;
}

class Revert implements Command {
  constructor(readonly slot: Slot) {}
  // A document that was never stored has nothing to go back to.
  check = ({ sides }: Readonly<State>): boolean => sides[this.slot].base !== null;
  async run(state: State, real: Real): Promise<void> {
    const doc = real.docs[this.slot];
    doc.$tracker.revert();
    const side = state.sides[this.slot];
    expect(same(memoryOf(doc), side.base)).toBe(true);
    side.memory = memoryOf(doc);
    await check(state, real, false);
  }
  toString = (): string => `revert(${this.slot})`;
}

class Reload implements Command {
  constructor(readonly slot: Slot) {}
  check = ({ sides, open }: Readonly<State>): boolean => !open && sides[this.slot].stored !== null;
  async run(state: State, real: Real): Promise<void> {
    const doc: Doc = await real.model.findById(real.docs[this.slot]._id).orFail();
    real.docs[this.slot] = doc;
    const side = state.sides[this.slot];
    side.memory = memoryOf(doc);
    side.base = side.stored;
    side.uncertain = side.stale = false;
    expect(same(side.memory, side.stored)).toBe(true);
    await check(state, real);
  }
  toString = (): string => `reload(${this.slot})`;
}

/** Another writer, on a path of its own, and with a version of its own if it likes. */
class Foreign implements Command {
  constructor(
    readonly slot: Slot,
    readonly n: number,
    readonly versioned: boolean,
  ) {}
  check = ({ sides, open }: Readonly<State>): boolean => !open && sides[this.slot].stored !== null;
  async run(state: State, real: Real): Promise<void> {
    const { n, versioned } = this;
    await real.model.collection.updateOne(
      { _id: real.docs[this.slot]._id },
      { $set: { foreign: n }, ...(versioned && { $inc: { __v: 1 } }) },
    );
    const side = state.sides[this.slot];
    side.foreign = n;
    side.stale ||= versioned;
    await check(state, real);
  }
  toString = (): string => `foreign(${this.slot}, ${this.n}${this.versioned ? ', version' : ''})`;
}

const slot = fc.constantFrom<Slot>(0, 1);
const edit = fc.constantFrom(...Object.keys(edits));
const n = fc.nat({ max: 2 });
/** Most commands of a run should go well: a fault is more telling after something has happened. */
const faultOf = (faults: readonly Fault[]): fc.Arbitrary<Fault> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Fault>('none') },
    { weight: 2, arbitrary: fc.constantFrom(...faults.slice(1)) },
  );

const edited = fc.tuple(slot, edit, n).map(([s, e, m]) => new Edit(s, e, m));
const saved = fc
  .tuple(slot, fc.constantFrom(...ways), faultOf(saveFaults), fc.option(fc.tuple(edit, n), { freq: 3 }))
  .map(([s, way, fault, inFlight]) => new Save(s, way, fault, inFlight));

const committed = fc
  .tuple(faultOf(commitFaults), fc.option(fc.tuple(slot, edit, n)))
  .map(([fault, repeat]) => new Commit(fault, repeat));

/** Each is as likely as it stands here often. */
export const commands = (maxCommands: number): fc.Arbitrary<Iterable<Command>> =>
  fc.commands<State, Real>(
    [
      ...[edited, edited, edited, edited],
      ...[saved, saved, saved],
      faultOf(['none', 'refused', 'connection closed']).map((fault) => new BulkSave(fault)),
      ...[fc.constant(new Begin()), fc.constant(new Begin())],
      ...[committed, committed],
      fc.constant(new Abort()),
      slot.map((s) => new Revert(s)),
      slot.map((s) => new Reload(s)),
      fc.tuple(slot, n, fc.boolean()).map(([s, m, versioned]) => new Foreign(s, m, versioned)),
    ],
    { maxCommands, size: 'max' },
  ) as never;

/** One document that exists, and one that is new. */
export function start(): State {
  const side = (base: Plain | null): Side => ({
    base,
    memory: initial(),
    stored: base,
    uncertain: false,
    stale: false,
    foreign: undefined,
    inside: undefined,
  });
  return { sides: [side(initial()), side(null)], open: false };
}

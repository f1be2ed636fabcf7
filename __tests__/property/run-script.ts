import type { Script } from './arbitraries';
import { bytesOf, checkBookkeeping, checkBytes, checkMinimal, checkPreview, checkShape, checkStored } from './checks';
import type { SavedStep } from './checks';
import { applyEdit, restoredBy } from './edits';
import type { Edit, Mark } from './edits';
import { check } from './failure';
import type { Lab, Sent } from './lab';
import { isSelected, loadOf } from './loads';
import type { Load, LoadName } from './loads';
import { clock } from './models';
import type { Doc } from './tracked';
import { differences, flatten, plainCopy, showDifferences, toRaw } from './values';

type Json = Record<string, unknown>;

/** What happened, summed over many scripts. */
export class Tally {
  scripts = 0;
  saves = 0;
  reverts = 0;
  plainBytes = 0;
  trackedBytes = 0;
  /** How often something was let pass, by its name. */
  readonly exceptions = new Map<string, number>();

  except(name: string): void {
    this.exceptions.set(name, (this.exceptions.get(name) ?? 0) + 1);
  }

  summary(): string {
    const share = this.plainBytes === 0 ? 0 : Math.round((100 * this.trackedBytes) / this.plainBytes);
    return `${this.scripts} scripts, ${this.saves} saves, ${this.reverts} reverts, ${share} % of plain Mongoose's bytes`;
  }
}

const unmarked: Mark = () => undefined;

/** Both copies, and a third to revert, from one load to the next. */
interface Copies {
  readonly load: Load;
  readonly plain: Doc;
  readonly tracked: Doc;
  /** Loaded like `tracked`; gone once it was reverted. */
  third: { readonly doc: Doc; readonly loaded: Map<string, string>; readonly pending: Json | null } | null;
}

/** Both sides refused the same step: nothing more can be compared. */
class BothRefused extends Error {}

export async function runScript(lab: Lab, script: Script, tally: Tally): Promise<void> {
  tally.scripts += 1;
  await lab.store(script.variant, script.seed);
  try {
    await new Run(lab, script, tally).go();
  } catch (error) {
    if (!(error instanceof BothRefused)) throw error;
    tally.except(error.message);
  }
}

class Run {
  private copies!: Copies;
  private stored!: SavedStep['after'];
  /** What only the comparison marked since the last save. */
  private readonly unseen = new Set<string>();
  /** Top-level paths that were given an equal value since the document was loaded. */
  private readonly restored = new Set<string>();

  constructor(
    private readonly lab: Lab,
    private readonly script: Script,
    private readonly tally: Tally,
  ) {}

  async go(): Promise<void> {
    this.stored = await this.readBoth();
    await this.load(this.script.load);
    for (const step of this.script.steps) {
      if (step.do === 'save') await this.save(step.again);
      else if (step.do === 'reload') await this.load(step.load);
      else this.edit(step);
    }
    await this.save(true);
  }

  // ---- Loading ---------------------------------------------------------------------------------------------------

  private async load(name: LoadName): Promise<void> {
    const load = loadOf(name);
    this.restored.clear();
    const plain = await this.find('plain', load);
    const tracked = await this.find('tracked', load);
    const tracker = tracked.$tracker;
    check('dirty after load', tracker?.isModified() !== true, () => JSON.stringify(tracker?.diff()));
    const doc = this.script.revert && tracker !== undefined ? await this.find('tracked', load) : null;
    const third = doc && { doc, loaded: inMemory(doc), pending: doc.$tracker?.getUpdate() ?? null };
    this.copies = { load, plain, tracked, third };
  }

  private async find(side: 'plain' | 'tracked', load: Load): Promise<Doc> {
    const { Root } = this.lab.models(side, this.script.variant);
    const query = Root.findOne({}, load.projection);
    for (const path of load.populate ?? []) query.populate(path);
    return (await query.orFail()) as Doc;
  }

  // ---- Editing ---------------------------------------------------------------------------------------------------

  private edit(edit: Edit): void {
    const { plain, tracked, third } = this.copies;
    // Tells plain Mongoose what it cannot see, unless it knows already.
    const markUnseen: Mark = (doc, path, pathFromRoot) => {
      if (doc.isModified(path)) return;
      doc.markModified(path);
      this.unseen.add(pathFromRoot);
    };
    const refused = [
      attempt(() => applyEdit(plain, edit, markUnseen)),
      attempt(() => applyEdit(tracked, edit, this.lab.plugin === undefined ? markUnseen : unmarked)),
      ...(third === null ? [] : [attempt(() => applyEdit(third.doc, edit, unmarked))]),
    ];
    this.agreeOnErrors('edit', refused);
    for (const path of restoredBy(edit, plain)) this.restored.add(path);
  }

  /** Either every side takes a step or every side refuses it, for the same reason. */
  private agreeOnErrors(action: string, errors: readonly (Error | null)[]): void {
    const names = errors.map((error) => error?.name ?? 'none');
    check(`${action} refused by one side`, new Set(names).size === 1, () =>
      errors.map((error) => error?.stack ?? 'none').join('\n  and\n'),
    );
    const [error] = errors;
    if (error != null) throw new BothRefused(`${action} refused by both: ${error.name} ${error.message.slice(0, 60)}`);
  }

  // ---- Saving ----------------------------------------------------------------------------------------------------

  private async save(again: boolean): Promise<void> {
    const { load, plain, tracked, third } = this.copies;
    this.tally.saves += 1;
    this.compareMemory();
    if (third !== null) await this.revert(third);
    this.copies.third = null;

    const tracker = tracked.$tracker;
    const preview = tracker?.getUpdate() ?? null;
    this.checkAnswers(preview);
    const modified = tracker?.isModified() === true;
    const stampEdited = this.isStampEdited();
    clock.now += 1000;
    const sent = await this.saveBoth(plain, tracked);
    const before = this.stored;
    const after = (this.stored = await this.readBoth());
    const { variant } = this.script;
    const options = { optimistic: variant === 'optimistic', minimize: variant !== 'keepEmpty' };
    const except = (name: string): void => this.tally.except(name);
    const unseen = new Set(this.unseen);
    this.unseen.clear();
    const step = {
      load,
      before,
      after,
      sent,
      modified,
      stampEdited,
      unseen,
      restored: this.restored,
      except,
      ...options,
    };

    this.checkDrift(step);
    const wiped = checkStored(step);
    checkShape(sent);
    if (tracker !== undefined) {
      checkPreview(preview, sent.tracked);
      checkMinimal(step);
      checkBookkeeping(step);
      const dearer = checkBytes(step);
      if (dearer !== null) this.tally.except(`more bytes: ${dearer}`);
      this.checkClean(tracked);
    }
    this.tally.plainBytes += bytesOf(sent.plain);
    this.tally.trackedBytes += bytesOf(sent.tracked);
    if (again && tracker !== undefined) await this.saveAgain(tracked);
    if (wiped) throw new BothRefused('plain Mongoose wiped what was not selected (F5)');
  }

  private async saveBoth(plain: Doc, tracked: Doc): Promise<SavedStep['sent']> {
    const errors: (Error | null)[] = [];
    const save = async (doc: Doc): Promise<Sent> =>
      this.lab.sent(async () => {
        errors.push(
          await doc.save().then(
            () => null,
            (error: unknown) => error as Error,
          ),
        );
      });
    const sent = { plain: await save(plain), tracked: await save(tracked) };
    const [plainError, trackedError] = errors;
    // Whatever Mongoose would have sent: an update of ours that the server refuses is a bug. Unless what lies above the
    // path was not selected: nobody knows, then, that it is null.
    const blind = this.copies.load.projection !== undefined && plainError?.name === 'MongoServerError';
    const refused = this.lab.plugin !== undefined && trackedError?.name === 'MongoServerError' && !blind;
    // A limit of the server: one and the same update, or the `$or` in a `$pull` that SecantusDB does not know.
    const known = trackedError?.message === 'unknown operator: $or' || sameUpdates(sent);
    if (refused && plainError?.message === trackedError.message && known) {
      throw new BothRefused(`the same update refused: ${trackedError.message.slice(0, 60)}`);
    }
    check('rejected by the server', !refused, () => trackedError?.message ?? '');
    // The plugin may well save what plain Mongoose cannot: an update that conflicts with itself, say.
    if (plainError != null && trackedError == null) {
      throw new BothRefused(
        `save refused by plain Mongoose only: ${plainError.name} ${plainError.message.slice(0, 60)}`,
      );
    }
    this.agreeOnErrors('save', errors);
    return sent;
  }

  private async saveAgain(tracked: Doc): Promise<void> {
    clock.now += 1000;
    const { updates, others } = await this.lab.sent(() => tracked.save());
    // The version check of optimisticConcurrency is always made.
    const allowed = this.script.variant === 'optimistic' ? others.filter((name) => name !== 'find') : others;
    check('second save', updates.length === 0 && allowed.length === 0, () =>
      [...updates.map(({ update }) => JSON.stringify(update)), ...others].join(' + '),
    );
  }

  private async readBoth(): Promise<SavedStep['after']> {
    const { variant } = this.script;
    return { plain: await this.lab.stored('plain', variant), tracked: await this.lab.stored('tracked', variant) };
  }

  // ---- Checks of what is in memory ---------------------------------------------------------------------------------

  private compareMemory(): void {
    const plain = flatten(toRaw(plainCopy(this.copies.plain._doc) as Json));
    const tracked = flatten(toRaw(plainCopy(this.copies.tracked._doc) as Json));
    // Of one written alone, and of one that is part of a whole value, `minimize` leaves out the first.
    const mayBeLeftOut = (path: string): boolean =>
      this.script.variant !== 'keepEmpty' &&
      [plain, tracked].every((side) => [undefined, 'object'].includes(side.get(path)));
    const wrong = differences(plain, tracked).filter(
      (path) => !/(^|\.)updatedAt$|^__v$/.test(path) && !mayBeLeftOut(path),
    );
    check('in memory', wrong.length === 0, () => showDifferences(wrong, { plain, tracked }));
  }

  /** Did an edit change a timestamp, or take one away? It is a change of its own, although the hook then writes another one. */
  private isStampEdited(): boolean {
    const memory = flatten(toRaw(plainCopy(this.copies.tracked._doc) as Json));
    const stored = flatten(this.stored.tracked);
    return differences(memory, stored).some(
      (path) => /(^|\.)(updatedAt|createdAt)$/.test(path) && isSelected(this.copies.load, path) === true,
    );
  }

  /** The tracker's answers are different views of one thing. */
  private checkAnswers(preview: Json | null): void {
    const tracker = this.copies.tracked.$tracker;
    if (tracker === undefined) return;
    const paths = tracker.diff().map(({ path }) => path);
    const changes = Object.keys(tracker.getChanges());
    check('diff() is sorted', paths.join() === [...paths].sort().join(), () => paths.join());
    check(
      'getChanges() and diff()',
      [...changes].sort().join() === [...paths].sort().join(),
      () => `getChanges ${changes.join()} | diff ${paths.join()}`,
    );
    check('isModified() and diff()', tracker.isModified() === paths.length > 0, () => paths.join());
    check('a change without an update', paths.length === 0 || preview !== null, () => paths.join());
    for (const path of paths) check('isModified(path)', tracker.isModified(path), () => path);
  }

  private checkClean(doc: Doc): void {
    check('clean after save', !doc.isModified() && doc.modifiedPaths().length === 0, () => doc.modifiedPaths().join());
    const tracker = doc.$tracker;
    check('tracker clean after save', tracker?.isModified() !== true, () => JSON.stringify(tracker?.diff()));
    check('update after save', (tracker?.getUpdate() ?? null) === null, () => JSON.stringify(tracker?.getUpdate()));
  }

  private async revert({ doc, loaded, pending }: NonNullable<Copies['third']>): Promise<void> {
    this.tally.reverts += 1;
    const tracker = doc.$tracker;
    if (tracker === undefined) return;
    tracker.revert();
    const reverted = inMemory(doc);
    const wrong = differences(loaded, reverted);
    check('revert: values', wrong.length === 0, () => showDifferences(wrong, { loaded, reverted }));
    check('revert: clean', !doc.isModified() && !tracker.isModified(), () => doc.modifiedPaths().join());
    check('revert: modifiedPaths()', doc.modifiedPaths().length === 0, () => doc.modifiedPaths().join());
    // Defaults that the stored document lacks were pending at load, and still are.
    checkPreview(pending, { updates: asSent(tracker.getUpdate()), others: [] }, 'revert: getUpdate()');
    if (pending !== null || this.script.variant === 'optimistic') return;
    const { updates, others } = await this.lab.sent(() => doc.save());
    check('revert: save', updates.length + others.length === 0, () => JSON.stringify(updates[0]?.update ?? others));
  }

  /**
   * Plain Mongoose did not store what it holds in memory: one of its own bugs, and no reference for anybody. The plugin
   * may share it or be right, and the script ends.
   */
  private checkDrift({ load, after }: SavedStep): void {
    const drift = (doc: Doc, raw: Json): string[] => {
      const paths = differences(settled(toRaw(plainCopy(doc._doc) as Json)), settled(raw));
      return paths.filter((path) => isSelected(load, path) === true && path !== 'hidden');
    };
    const wrong = drift(this.copies.plain, after.plain);
    if (wrong.length === 0) return;
    const stored = { plain: settled(after.plain), tracked: settled(after.tracked) };
    if (process.env['PROPERTY_DRIFT'] !== undefined) {
      console.log(`drift\n${showDifferences(wrong, stored)}\n${JSON.stringify(this.script)}`);
    }
    const own = drift(this.copies.tracked, after.tracked);
    const shared = differences(stored.plain, stored.tracked).filter((path) => isSelected(load, path) === true);
    // Of a document loaded in part, much is in memory as a default only: a drift counts where the two sides differ.
    if (load.projection !== undefined && !shared.some((path) => wrong.includes(path))) return;
    check('stored, where plain is wrong', shared.length === 0 || own.length === 0, () =>
      showDifferences(shared, stored),
    );
    throw new BothRefused('plain Mongoose stored something else than it holds');
  }
}

/** Of what is held and what is stored: an empty object may or may not have been left out (`minimize`). */
function settled(raw: Json): Map<string, string> {
  const flat = flatten(raw);
  for (const [path, value] of flat) {
    if (path === '__v' || /(^|\.)(updatedAt|createdAt)$/.test(path) || value === 'object') flat.delete(path);
    const number = /^(?:Long|Int32|Double) .*"(\S+)"}$/.exec(value)?.[1];
    if (number !== undefined) flat.set(path, `number ${number}`);
  }
  return flat;
}

// Populated documents as their ids: the tracker keeps no others.
const inMemory = (doc: Doc): Map<string, string> =>
  flatten(toRaw(doc.toObject({ flattenMaps: true, virtuals: false, depopulate: true })));

const sameUpdates = ({ plain, tracked }: SavedStep['sent']): boolean =>
  differences(flatten(plain.updates.map(({ update }) => update)), flatten(tracked.updates.map(({ update }) => update)))
    .length === 0;

const asSent = (update: Json | null): Sent['updates'] =>
  update === null ? [] : [{ filter: {}, update: toRaw(update), bytes: 0 }];

function attempt(action: () => void): Error | null {
  try {
    action();
    return null;
  } catch (error) {
    return error as Error;
  }
}

/**
 * Mongoose's marks and our originals are two answers to one question. Settling brings them in step: a mark goes where
 * nothing differs, and comes where something differs that Mongoose did not see.
 */
import type { DocumentState, Entry, Survey } from '../document/state';
import {
  Comparison,
  FREE,
  isOneValue,
  within,
  type ComparingHost,
  type Difference,
  type Place,
  type Rules,
} from '../tracker/differences';
import { isAtOrBelow, join, overlaps } from '../values/path';
import { equal } from '../values/equal';
import { kindOf, isPlainObject } from '../values/kind';
import { captureNewKeys, settingsOf } from './capture';
import { carriesOn } from './carried';
import { getRaw, mongooseHost, originalFields, rootOf, valueAt } from './host';
import { STATE, isDocument, isSubdocument, markPath, markedPaths, type Doc } from './internals';
import { addDoubt, isStamp, keysOf, partOf } from './doubts';
import { isInStep, plainDifferences } from './in-step';
import { syncMarks, type Child, type Outcome } from './marks';
import { baselineOf, compareFields, fieldsBefore } from './part';
import { isPartlySelected, isStamped, placeOfKey } from './schema-facts';

export class SurveyHost implements ComparingHost {
  readonly plain = mongooseHost.plain;
  readonly keepsOriginals = mongooseHost.keepsOriginals;
  readonly currentFields = mongooseHost.currentFields;
  readonly originalFields = mongooseHost.originalFields;
  readonly carriesOn = carriesOn;
  readonly visited = new Map<object, string>();
  private children: Child[] = [];

  constructor(
    private readonly rules: Rules,
    private readonly marks: boolean,
    private readonly root: Doc,
    /** Paths whose last write had no answer. */
    private readonly doubts?: Set<string>,
  ) {}

  isQuiet(value: object): boolean {
    return !isDocument(value) || (value.$__[STATE]?.originals.size ?? 0) === 0;
  }

  compareOwn(value: object, path: string, comparison: Comparison): void {
    const doc = value as Doc;
    const state = doc.$__[STATE];
    if (state === undefined || state.originals.size === 0) return;
    const outer = this.children;
    this.children = [];
    const size = comparison.found.length;
    this.record(doc, state, path, comparison);
    this.children = outer;
    if (comparison.found.length > size) outer.push({ path, doc });
  }

  canMerge(original: object, current: object): boolean {
    const now = current as Doc;
    const key = now.$__schema.options.discriminatorKey;
    const before = isDocument(original) ? originalFields(original) : (original as Record<string, unknown>);
    return key === undefined || equal(before[key], now._doc[key]);
  }

  vanishesEmpty(original: object, current: object): boolean {
    const { constructor, $__schemaTypeOptions } = current as Doc & {
      constructor: { $__required?: boolean };
      $__schemaTypeOptions?: { minimize?: boolean };
    };
    if (constructor.$__required === true || $__schemaTypeOptions?.minimize === false) return false;
    if (isStamped((current as Doc).$__schema)) return false;
    return !isDocument(original) || original.$__.selected === undefined || original.$__.selected === null;
  }

  isUnloadedDefault(original: object, current: object, key: string): boolean {
    if (!isDocument(original)) return false;
    const before = original;
    const { selected } = before.$__;
    if (selected === undefined || selected === null || before.$__isSelected(key)) return false;
    return (current as Doc).$__.activePaths.paths[key] === 'default';
  }

  placeOf(value: object, key: string): Place {
    return placeOfKey((value as Doc).$__schema, key);
  }

  /** Compares every original of one (sub)document with what it holds now. */
  record(
    doc: Doc,
    state: DocumentState,
    prefix: string,
    comparison: Comparison,
    only?: (path: string) => boolean,
  ): void {
    this.visited.set(doc, prefix);
    captureNewKeys(doc, state);
    const outcomes: Outcome[] = [];
    const handled: string[] = [];
    for (const [path, entry] of state.originals) {
      if (comparison.done) return;
      if (only !== undefined && !only(path)) continue;
      // `$ignore()`: neither validated nor saved.
      if (doc.$__.activePaths.paths[path] === 'ignore') continue;
      if (handled.length > 0 && handled.some((parent) => isAtOrBelow(path, parent))) continue;
      const size = comparison.found.length;
      const kids = this.children.length;
      const parent = path.includes('.') ? this.wholeParent(doc, state, path, prefix) : undefined;
      if (parent === undefined) this.compareEntry(doc, path, entry, prefix, comparison);
      else this.compareParent(doc, state, parent, prefix, comparison);
      const top = parent ?? path;
      let entries: Outcome['entries'] = [[path, entry]];
      if (doc.$__schema.nested[top] === true) {
        // It speaks for everything in it, such as what was put into an object that was null.
        handled.push(top);
        entries = [...state.originals].filter(([below]) => isAtOrBelow(below, top));
      }
      if (!comparison.firstOnly) {
        const dirty = comparison.found.length > size;
        const witness =
          dirty && entries.length === 1 ? witnessIn(comparison.found[size], join(prefix, path)) : undefined;
        for (const [, other] of entries) {
          other.dirty = dirty;
          other.witness = witness;
        }
      }
      outcomes.push({
        path: top,
        entries,
        found: comparison.found.slice(size),
        children: this.children.slice(kids),
      });
    }
    if (this.marks && !comparison.firstOnly) syncMarks(doc, state, outcomes, prefix);
  }

  private compareEntry(doc: Doc, path: string, entry: Entry, prefix: string, comparison: Comparison): void {
    const full = join(prefix, path);
    const raw = getRaw(doc, path);
    if (!entry.known || (entry.unloaded === true && entry.assigned)) {
      if (entry.assigned || entry.forced || isMarked(doc, path) || isWritten(doc, path, entry, raw))
        comparison.unknown(full, raw, entry.assigned || assignedAbove(doc, path) !== undefined);
      return;
    }
    const place = this.placeOfEntry(doc, path, prefix);
    const size = comparison.found.length;
    if (entry.prior === 'default' && !doc.$isNew) {
      this.compareDefault(doc, path, entry, full, place, comparison);
    } else if (this.isCollapsed(doc, path, entry, raw)) {
      this.compareCollapsed(entry, raw, full, comparison);
    } else {
      comparison.value(entry.original, raw, full, entry.partial ? { ...place, partial: true } : place);
    }
    if (entry.forced) {
      comparison.found.length = size;
      comparison.leaf(full, entry.original, raw, place);
    }
    if (this.doubts !== undefined) this.addDoubts(this.doubts, entry, full, comparison, size);
  }

  private addDoubts(doubts: Set<string>, entry: Entry, full: string, { found }: Comparison, size: number): void {
    for (const path of doubts) {
      if (!isAtOrBelow(path, full)) continue;
      doubts.delete(path);
      const from = path === full ? entry.original : partOf(entry.original, path.slice(full.length + 1));
      addDoubt(found, path, from, valueAt(this.root, path), size);
    }
  }

  /** What is in doubt where nothing is kept: a nested object that was written whole. */
  addOtherDoubts({ found }: Comparison): void {
    for (const path of this.doubts ?? []) {
      const value = valueAt(this.root, path);
      if (addDoubt(found, path, value, value) && this.marks && !this.isLeaving(path))
        markPath(this.root.$__.activePaths, path);
    }
  }

  /** Is it on its way again? Then nothing would take the mark away when the answer comes. */
  private isLeaving(path: string): boolean {
    const writing = this.root.$__[STATE]?.root?.writing;
    return writing !== undefined && keysOf(writing).some((key) => overlaps(key, path));
  }

  private placeOfEntry(doc: Doc, path: string, prefix: string): Place {
    const place = placeOfKey(doc.$__schema, path);
    const nested = assignedAbove(doc, path);
    if (nested !== undefined) return within(place, join(prefix, nested));
    return place.guarded ? place : within(place, join(prefix, path));
  }

  /**
   * A default that was never stored: absent in the database. Its own value is no change, and neither is `undefined`; anything
   * else is written whole (gh-758), but for what is added to an empty array or Map.
   */
  private compareDefault(
    doc: Doc,
    path: string,
    entry: Entry,
    full: string,
    place: Place,
    comparison: Comparison,
  ): void {
    const raw = getRaw(doc, path);
    if (raw === undefined) return;
    if (!comparison.differs(entry.original, raw, full, place)) {
      if (this.isSetBelow(doc, path, full)) comparison.leaf(full, undefined, raw, place);
      return;
    }
    const kind = kindOf(entry.original);
    const empty =
      (kind === 'array' && (entry.original as unknown[]).length === 0) ||
      (kind === 'map' && (entry.original as Map<unknown, unknown>).size === 0);
    if (empty) comparison.value(entry.original, raw, full, { ...place, absent: true });
    else comparison.leaf(full, entry.original, raw, place);
  }

  /** Was a default of a subdocument set by hand? The defaults of elements are not written with the next save as those of the root. */
  private isSetBelow(doc: Doc, path: string, full: string): boolean {
    const { root } = this;
    if (doc === root || doc.$__.activePaths.states['modify']?.[path] !== true) return false;
    return root.$__.activePaths.paths[full] !== 'default';
  }

  /** Was a Mixed value emptied key by key, with only those keys marked? Then the keys go, not the value (gh-16252). */
  private isCollapsed(doc: Doc, path: string, entry: Entry, raw: unknown): boolean {
    if (!isPlainObject(raw) || !isPlainObject(entry.original) || Object.keys(raw).length > 0) return false;
    const marks = markedPaths(doc.$__.activePaths);
    return !marks.includes(path) && marks.some((mark) => mark.startsWith(`${path}.`));
  }

  private compareCollapsed(entry: Entry, raw: unknown, full: string, comparison: Comparison): void {
    const before = entry.original as Record<string, unknown>;
    for (const key of Object.keys(before))
      comparison.value(before[key], (raw as Record<string, unknown>)[key], join(full, key), FREE);
  }

  /** The topmost nested object above a path that must be compared and written as one. */
  private wholeParent(doc: Doc, state: DocumentState, path: string, prefix: string): string | undefined {
    let dot = path.indexOf('.');
    while (dot !== -1) {
      const parent = path.slice(0, dot);
      const raw = getRaw(doc, parent);
      if (!isPlainObject(raw)) return raw === undefined && isEmptyRecord(state, parent) ? undefined : parent;
      if (state.originals.has(parent) || this.isOneValue(doc, parent, prefix)) return parent;
      if (state.assigned?.has(parent) === true && this.mayWriteWhole(doc, state, parent, raw)) return parent;
      dot = path.indexOf('.', dot + 1);
    }
    return undefined;
  }

  /** Did the user ask for a nested object as one? What was not selected of it must survive, so all of it has to be there. */
  private isOneValue(doc: Doc, parent: string, prefix: string): boolean {
    return isOneValue(this.rules, join(prefix, parent)) && !isPartlySelected(doc, parent);
  }

  /** An assigned nested object goes as one if nothing was in it before, or nothing is left, and all of it was loaded. */
  private mayWriteWhole(doc: Doc, state: DocumentState, parent: string, raw: Record<string, unknown>): boolean {
    for (const [path, entry] of state.originals)
      if (path !== parent && isAtOrBelow(path, parent) && !entry.known) return false;
    const question = new Comparison(this, this.rules, true);
    return question.isEmpty(raw) || question.isEmpty(nestedOriginal(doc, parent));
  }

  private compareParent(doc: Doc, state: DocumentState, parent: string, prefix: string, comparison: Comparison): void {
    const own = state.originals.get(parent);
    const before = own === undefined ? nestedOriginal(doc, parent) : own.original;
    const raw = getRaw(doc, parent);
    const full = join(prefix, parent);
    const place = placeOfKey(doc.$__schema, parent);
    if (own === undefined && comparison.asOne(before, raw, full, place)) return;
    if (
      comparison.isEmpty(before) &&
      comparison.isEmpty(raw) &&
      (raw === undefined || before === undefined || isPlainObject(before))
    )
      return;
    if (!equal(before, raw, this)) comparison.leaf(full, before, raw, place);
  }
}

/** The way to the first leaf that differs, within a value. */
function witnessIn(difference: Difference | undefined, path: string): readonly string[] | undefined {
  let first = difference;
  while (first?.kind === 'array') first = first.items[0];
  return first?.kind === 'leaf' && first.path.length > path.length
    ? first.path.slice(path.length + 1).split('.')
    : undefined;
}

/** The raw nested object at the baseline. */
function nestedOriginal(doc: Doc, path: string): unknown {
  let current: unknown = originalFields(doc);
  for (const part of path.split('.')) current = isPlainObject(current) ? current[part] : undefined;
  // What is no object now (null) was laid over nothing: with an original of its own it would not be asked for here.
  return isPlainObject(current) ? current : undefined;
}

/** The topmost nested object above a path that was assigned as a whole. */
function assignedAbove(doc: Doc, path: string): string | undefined {
  const assigned = doc.$__[STATE]?.assigned;
  if (assigned === undefined) return undefined;
  return [...assigned].filter((nested) => path.startsWith(`${nested}.`)).sort()[0];
}

function isEmptyRecord(state: DocumentState, parent: string): boolean {
  for (const [path, entry] of state.originals) {
    if (isAtOrBelow(path, parent) && !(entry.known && entry.original === undefined)) return false;
  }
  return true;
}

function isMarked(doc: Doc, path: string): boolean {
  const modify = doc.$__.activePaths.states['modify'];
  if (modify === undefined) return false;
  if (modify[path] === true) return true;
  // A parent that was assigned says nothing about a field of it that was not selected: it must survive.
  const selected = doc.$__isSelected(path);
  return Object.keys(modify).some((mark) => isAtOrBelow(mark, path) || (selected && isAtOrBelow(path, mark)));
}

/** Was something put at a path that was not selected, other than a default that Mongoose put there itself? */
function isWritten(doc: Doc, path: string, entry: Entry, raw: unknown): boolean {
  // A subdocument that had to be made for a path below it: that path is written, not its siblings.
  if (doc.$__isSelected(path) || isSubdocument(raw)) return false;
  return doc.$__.activePaths.paths[path] !== 'default' && !equal(entry.original, raw, mongooseHost);
}

/** Rules of a document: its settings with Mongoose's `minimize`, which every schema may set for itself. */
export function rulesOf(root: Doc): Rules | undefined {
  const settings = settingsOf(root);
  if (settings === undefined) return undefined;
  const minimize = root.$__schema.options.minimize !== false;
  return minimize ? withMinimize(settings.rules) : settings.rules;
}

const minimized = new WeakMap<Rules, Rules>();

function withMinimize(rules: Rules): Rules {
  let result = minimized.get(rules);
  if (result === undefined) minimized.set(rules, (result = { ...rules, minimize: true }));
  return result;
}

const NOTHING: Survey = { differences: [], visited: new Map(), plain: false };

/**
 * What differs in a document, with its marks put in step.
 * @param only lets through the entries to look at; all of them if it is missing
 */
export function survey(root: Doc, marks = true, only?: (path: string) => boolean): Survey {
  const state = root.$__[STATE];
  const rules = rulesOf(root);
  if (state === undefined || rules === undefined || state.originals.size === 0) return NOTHING;
  if (!rules.byPath && only === undefined) {
    const differences = plainDifferences(root, state);
    if (differences !== undefined) return { differences, visited: new Map([[root, '']]), plain: true };
  }
  const host = new SurveyHost(rules, marks && !root.$isNew, root, doubtsOf(root, state, only));
  const comparison = new Comparison(host, rules);
  host.record(root, state, '', comparison, only);
  host.addOtherDoubts(comparison);
  return { differences: comparison.found, visited: host.visited, plain: false };
}

function doubtsOf(root: Doc, state: DocumentState, only?: (path: string) => boolean): Set<string> | undefined {
  const doubts = state.root?.doubts;
  if (doubts === undefined) return undefined;
  return new Set([...doubts.paths].filter((path) => (only === undefined || only(path)) && !isStamp(root, path)));
}

/** What differs in the entries of a document that the filter lets through; marks stay as they are. */
export function surveyPaths(root: Doc, only: (path: string) => boolean, firstOnly: boolean): readonly Difference[] {
  const state = root.$__[STATE];
  const rules = rulesOf(root);
  if (state === undefined || rules === undefined || state.originals.size === 0) return [];
  const host = new SurveyHost(rules, false, root, doubtsOf(root, state, only));
  const comparison = new Comparison(host, rules, firstOnly);
  host.record(root, state, '', comparison, only);
  if (!comparison.done) host.addOtherDoubts(comparison);
  return comparison.found;
}

/** What differs in a subdocument from what stood in its place, with full paths; marks stay as they are. */
export function surveyPart(doc: Doc, prefix: string): readonly Difference[] {
  const root = rootOf(doc);
  const rules = rulesOf(root);
  if (rules === undefined) return [];
  const host = new SurveyHost(rules, false, root);
  const comparison = new Comparison(host, rules);
  const before = baselineOf(doc);
  if (before !== doc) compareFields(doc, fieldsBefore(before) ?? {}, doc._doc, prefix, '', comparison);
  else if (doc.$__[STATE] !== undefined) host.record(doc, doc.$__[STATE], prefix, comparison);
  return comparison.found;
}

/**
 * Before Mongoose is asked about modifications. Not while it sets values itself: they are half set then.
 * @param paths looks only at the top-level fields of these, so that asking for every path in a loop stays linear (gh-16379)
 */
export function settle(doc: Doc, paths?: readonly string[]): void {
  const root = rootOf(doc);
  const state = root.$__[STATE];
  if (
    state === undefined ||
    root.$isNew ||
    (state.root !== undefined && (state.root.setting > 0 || state.root.narrowed !== undefined))
  )
    return;
  if (rulesOf(root)?.byPath === false && isInStep(root, state)) return;
  survey(root, true, doc === root ? withinFields(paths) : undefined);
}

/** Lets through the entries within the top-level fields of some paths; all of them if there are none. */
function withinFields(paths: readonly string[] | undefined): ((path: string) => boolean) | undefined {
  if (paths === undefined) return undefined;
  const tops = paths.map(topOf);
  return (path) => tops.includes(topOf(path));
}

/**
 * Before a (sub)document is asked for its own marks: a subdocument settles alone, and only if something in it was met.
 * @param paths looks only at the top-level fields of these
 */
export function settleOwn(doc: Doc, paths?: readonly string[]): void {
  if (doc.$isSubdocument !== true) {
    settle(doc, paths);
    return;
  }
  const state = doc.$__[STATE];
  if (state === undefined || state.originals.size === 0 || doc.$isNew) return;
  const root = rootOf(doc);
  const rootState = root.$__[STATE]?.root;
  const rules = rulesOf(root);
  if (
    rules === undefined ||
    root.$isNew ||
    (rootState !== undefined && (rootState.setting > 0 || rootState.narrowed !== undefined))
  )
    return;
  if (!rules.byPath && isInStep(doc, state)) return;
  const host = new SurveyHost(rules, true, root);
  // Paths within the subdocument: rules about full paths are looked up with its own.
  host.record(doc, state, '', new Comparison(host, rules), withinFields(paths));
}

function topOf(path: string): string {
  const dot = path.indexOf('.');
  return dot === -1 ? path : path.slice(0, dot);
}

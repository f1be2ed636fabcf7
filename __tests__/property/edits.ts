import { isSpecialOnly } from './paths';
import { isDocument, isPlainObject, make, plainCopy, rawValue } from './values';
import type { Data } from './values';
import { changeLeaf, mutate, reordered } from './mutations';

/**
 * One edit as plain data, applied alike to every copy of the document. `pick` says which element each `*` of `at` means
 * (modulo what is there); an edit that finds nothing to edit does nothing.
 */
export type Edit =
  | { do: 'set'; at: string; pick: number[]; via: Via; value: Data }
  | { do: 'reassign'; at: string; pick: number[]; via: Via; how: Reassign; n: number; value: Data }
  | { do: 'array'; at: string; pick: number[]; call: ArrayCall; n: number; m: number; values: Data[] }
  | { do: 'map'; at: string; pick: number[]; call: 'set' | 'delete' | 'clear'; key: string; value: Data }
  | { do: 'inPlace'; at: string; pick: number[]; n: number; value: Data }
  | { do: 'increment'; at: string; pick: number[]; n: number }
  | { do: 'setMany'; values: Record<string, Data> }
  | ResubmitEdit
  | { do: 'undone'; edit: Edit };

/** What a form sends back: all that is there, with some leaves changed and some fields left out. */
interface ResubmitEdit {
  do: 'resubmit';
  call: 'set' | 'overwrite';
  stamps: boolean;
  changes: number[];
  drop: string[];
  /** Leaves are counted by name: fields may stand in another order in the other copy. */
  sorted?: true;
}

/** `assign` reads its way through the live document; `set` names the path and reads nothing. */
export type Via = 'assign' | 'set';

export const reassigns = [
  'equal',
  'reordered',
  'oneLeaf',
  'twoLeaves',
  'dropKey',
  'addKey',
  'emptied',
  'same',
  'spread',
  'append',
  'reversed',
  'filtered',
  'concat',
] as const;
export type Reassign = (typeof reassigns)[number];

export const arrayCalls = [
  'push',
  'pushTwice',
  'pushEach',
  'pushPop',
  'pull',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'addToSet',
  'set',
  'index',
  'fill',
  'copyWithin',
  'length',
  '$shift',
  '$pop',
  'remove',
] as const;
export type ArrayCall = (typeof arrayCalls)[number];

export interface EditableDocument {
  set(path: string | object, value?: unknown): void;
  overwrite(value: object): void;
  markModified(path: string): void;
  isModified(path: string): boolean;
  isSelected(path: string): boolean;
  $inc(path: string, by: number): void;
  readonly _doc: Record<string, unknown>;
}

/** Arrays, maps and subdocuments as Mongoose makes them: only what the edits call. */
interface LiveArray extends Array<unknown> {
  set(index: number, value: unknown): void;
  pull(...values: unknown[]): void;
  addToSet(...values: unknown[]): void;
  id(id: unknown): { deleteOne(): void } | null;
  $shift(): void;
  $pop(): void;
  readonly isMongooseDocumentArray?: boolean;
}

interface Target {
  /** The concrete path from the root, and the one from the nearest (sub)document, which is where a mark belongs. */
  readonly path: string;
  readonly owner: EditableDocument;
  readonly own: string;
  /** The object that holds the value. Undefined when the path was resolved without reading. */
  readonly holder: unknown;
  readonly key: string;
}

/** Plain Mongoose does not see what this changes: its document is told with `markModified`, which makes it the reference. */
export type Mark = (target: EditableDocument, path: string, pathFromRoot: string) => void;

export function applyEdit(doc: EditableDocument, edit: Edit, mark: Mark): void {
  switch (edit.do) {
    case 'setMany':
      doc.set(make(edit.values) as object);
      return;
    case 'resubmit':
      resubmit(doc, edit);
      return;
    case 'undone':
      undone(doc, edit.edit, mark);
      return;
    default: {
      const special = doc._doc['kind'] === 'Special';
      if (isSpecialOnly(edit.at) && !special) return;
      const target = resolve(doc, edit.at, edit.pick, 'via' in edit ? edit.via : 'assign');
      if (target !== null) applyAt(doc, target, edit, mark);
    }
  }
}

type TargetedEdit = Extract<Edit, { at: string }>;

function applyAt(doc: EditableDocument, target: Target, edit: TargetedEdit, mark: Mark): void {
  switch (edit.do) {
    case 'set':
      put(doc, target, make(edit.value), mark);
      return;
    case 'reassign':
      reassign(doc, target, edit, mark);
      return;
    case 'array': {
      const array = read(target);
      if (Array.isArray(array)) callArray(array as LiveArray, edit, () => mark(target.owner, target.own, target.path));
      return;
    }
    case 'map': {
      const map = read(target);
      if (!(map instanceof Map)) return;
      if (edit.call === 'set') map.set(edit.key, make(edit.value));
      else if (edit.call === 'delete') map.delete(edit.key);
      else map.clear();
      return;
    }
    case 'inPlace': {
      if (mutate(read(target), edit.n, () => make(edit.value))) mark(target.owner, target.own, target.path);
      return;
    }
    case 'increment':
      if (typeof rawValue(doc, target.path) === 'number') doc.$inc(target.path, edit.n);
  }
}

// ---- Finding the place ---------------------------------------------------------------------------------------------

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object';

const child = (holder: unknown, key: string): unknown => {
  if (holder instanceof Map) return (holder as Map<string, unknown>).get(key);
  return isObject(holder) ? holder[key] : undefined;
};

function resolve(doc: EditableDocument, at: string, pick: readonly number[], via: Via): Target | null {
  const parts = at.split('.');
  const picks = [...pick];
  const concrete: string[] = [];
  let holder: unknown = doc;
  let owner = doc;
  let ownFrom = 0;
  for (const [depth, part] of parts.entries()) {
    // Without reading, what is there is looked up behind Mongoose's back.
    const here = via === 'set' ? rawValue(doc, concrete.join('.')) : holder;
    if (part === '*' && !isObject(here)) return null;
    const key = part === '*' ? choose(here as object, picks.shift() ?? 0) : part;
    if (key === null) return null;
    concrete.push(key);
    if (depth === parts.length - 1) {
      const path = concrete.join('.');
      return { path, owner, own: concrete.slice(ownFrom).join('.'), holder: via === 'set' ? undefined : holder, key };
    }
    if (via === 'set') continue;
    holder = child(holder, key);
    if (!isObject(holder)) return null;
    // A nested object has `$__` too, but belongs to its document.
    if (isDocument(holder) && holder.$__isNested !== true) {
      owner = holder as unknown as EditableDocument;
      ownFrom = concrete.length;
    }
  }
  return null;
}

function choose(container: object, n: number): string | null {
  if (container instanceof Map) {
    const keys = [...(container as Map<string, unknown>).keys()].sort();
    return keys[n % keys.length] ?? null;
  }
  if (!Array.isArray(container) || container.length === 0) return null;
  return String(n % container.length);
}

const read = (target: Target): unknown => child(target.holder, target.key);

function put(doc: EditableDocument, target: Target, value: unknown, mark: Mark): void {
  const { holder, key } = target;
  // What this means depends in Mongoose itself on whether the document was saved before.
  if (value === undefined && !doc.isSelected(target.path)) return;
  if (holder === undefined) doc.set(target.path, value);
  else if (holder instanceof Map) holder.set(key, value);
  else (holder as Record<string, unknown>)[key] = value;
  // F9: Mongoose's equality misses some changes of a Mixed value (a Date to {}, say).
  if (/(^|\.)(mixed|mixes\.\d+|mixMap\.[^.]+|extra)$/.test(target.path)) mark(target.owner, target.own, target.path);
}

// ---- Replacing what is there ---------------------------------------------------------------------------------------

function reassign(doc: EditableDocument, target: Target, edit: Extract<Edit, { do: 'reassign' }>, mark: Mark): void {
  const raw = rawValue(doc, target.path);
  if (!isObject(raw)) return;
  if (edit.how === 'same' || edit.how === 'spread' || edit.how === 'filtered' || edit.how === 'concat') {
    const live = target.holder === undefined ? raw : read(target);
    const next = reused(live, edit);
    if (next !== undefined) put(doc, target, next, mark);
    return;
  }
  put(doc, target, rebuilt(plainCopy(raw), edit), mark);
}

/** The user's own objects again: the very same, spread into a new container, or filtered. */
function reused(live: unknown, edit: Extract<Edit, { do: 'reassign' }>): unknown {
  if (edit.how === 'same') return live;
  if (Array.isArray(live)) {
    if (edit.how === 'filtered') return live.filter((_, index) => index !== edit.n % live.length);
    if (edit.how === 'concat') return live.concat([make(edit.value)]);
    return [...(live as unknown[])];
  }
  if (live instanceof Map) return edit.how === 'spread' ? new Map(live as Map<string, unknown>) : undefined;
  return edit.how === 'spread' ? { ...(live as object) } : undefined;
}

function rebuilt(copy: unknown, { how, n, value }: Extract<Edit, { do: 'reassign' }>): unknown {
  if (how === 'oneLeaf') return changeLeaf(copy, n);
  if (how === 'twoLeaves') return changeLeaf(changeLeaf(copy, n), n + 3);
  if (Array.isArray(copy)) {
    if (how === 'append') return [...(copy as unknown[]), make(value)];
    if (how === 'reversed') return [...(copy as unknown[])].reverse();
    if (how === 'dropKey') return copy.filter((_, index) => index !== n % copy.length);
    return how === 'emptied' ? [] : copy;
  }
  if (how === 'emptied') return copy instanceof Map ? new Map() : {};
  if (how === 'reordered') return reordered(copy);
  if (copy instanceof Map) {
    if (how === 'dropKey') copy.delete([...(copy as Map<string, unknown>).keys()][n % copy.size]);
    if (how === 'addKey') copy.set('added', make(value));
  } else if (isPlainObject(copy)) {
    const keys = Object.keys(copy);
    if (how === 'dropKey') Reflect.deleteProperty(copy, keys[n % keys.length] ?? '');
    if (how === 'addKey') copy['added'] = make(value);
  }
  return copy;
}

function resubmit(doc: EditableDocument, edit: Extract<Edit, { do: 'resubmit' }>): void {
  const body = plainCopy(doc._doc) as Record<string, unknown>;
  if (!edit.stamps) for (const key of ['_id', '__v', 'createdAt', 'updatedAt']) Reflect.deleteProperty(body, key);
  // Without a path that is not selected: plain Mongoose removes it before the first save and keeps it after one.
  for (const key of edit.drop) if (doc.isSelected(key)) Reflect.deleteProperty(body, key);
  doc[edit.call](edit.changes.reduce<object>((changed, n) => changeLeaf(changed, n, edit.sorted) as object, body));
}

/** An edit, and then what was there before put back. */
function undone(doc: EditableDocument, edit: Edit, mark: Mark): void {
  const before = new Map(topPaths(edit).map((path) => [path, plainCopy(doc._doc[path])]));
  applyEdit(doc, edit, mark);
  for (const [path, value] of before) if (value !== undefined || doc.isSelected(path)) doc.set(path, value);
}

/** The top-level paths to which an edit assigns what was there before. */
export function restoredBy(edit: Edit, doc: EditableDocument): string[] {
  if (edit.do === 'undone') return [...topPaths(edit.edit), ...restoredBy(edit.edit, doc)];
  if (edit.do === 'resubmit') return Object.keys(doc._doc);
  const equal = edit.do === 'reassign' && ['equal', 'same', 'spread', 'reordered'].includes(edit.how);
  return equal ? topPaths(edit) : [];
}

const topPaths = (edit: Edit): string[] =>
  'at' in edit ? [(edit.at.split('.')[0] ?? '').replace('nick', 'aliased')] : touched(edit);

const touched = (edit: Edit): string[] =>
  edit.do === 'setMany' ? Object.keys(edit.values).map((path) => path.split('.')[0] ?? '') : [];

// ---- Arrays --------------------------------------------------------------------------------------------------------

function callArray(array: LiveArray, edit: Extract<Edit, { do: 'array' }>, mark: () => void): void {
  const { call, n, m } = edit;
  const values = edit.values.map(make);
  const at = array.length === 0 ? 0 : n % array.length;
  const documents = array.isMongooseDocumentArray === true;
  switch (call) {
    case 'push':
      array.push(...values);
      return;
    case 'pushTwice':
      for (const value of values) array.push(value);
      return;
    case 'pushEach':
      array.push({ $each: values, $position: m % 4 });
      return;
    case 'pushPop':
      array.push(...values);
      for (const _ of values) array.pop();
      return;
    case 'pull':
      if (array.length > 0) array.pull(documents ? ((array[at] as { _id?: unknown })._id ?? array[at]) : array[at]);
      return;
    case 'unshift':
      array.unshift(...values);
      return;
    case 'splice':
      array.splice(at, m % 3, ...values);
      return;
    case 'sort':
      if (documents) array.sort((a, b) => Number((a as { num: unknown }).num) - Number((b as { num: unknown }).num));
      else array.sort();
      return;
    case 'addToSet':
      array.addToSet(...values);
      return;
    case 'set':
      if (values.length > 0) array.set(n % (array.length + 1), values[0]);
      return;
    case 'index':
      if (values.length > 0) array[n % (array.length + 1)] = values[0];
      return;
    case 'fill':
      // One subdocument at several indexes is nothing Mongoose promises to keep apart.
      if (!documents && values.length > 0) array.fill(values[0], at, at + (m % 3));
      return;
    case 'copyWithin':
      if (!documents) array.copyWithin(at, m % (array.length + 1));
      return;
    case 'length':
      array.length = at;
      mark();
      return;
    case 'remove':
      if (documents && array.length > 0) array.id((array[at] as { _id?: unknown })._id)?.deleteOne();
      return;
    default:
      array[call]();
  }
}

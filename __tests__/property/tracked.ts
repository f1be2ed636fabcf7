import type { EditableDocument } from './edits';

/** The part of `doc.$tracker` that the property holds against what happens. */
export interface Tracker {
  isModified(path?: string): boolean;
  getChanges(): Record<string, unknown>;
  diff(): readonly { readonly path: string; readonly to?: unknown }[];
  getUpdate(): Record<string, unknown> | null;
  revert(): void;
}

export interface Doc extends EditableDocument {
  save(): Promise<unknown>;
  isModified(path?: string): boolean;
  modifiedPaths(): string[];
  toObject(options?: object): object;
  /** Only on documents of models that have the plugin. */
  readonly $tracker?: Tracker;
}

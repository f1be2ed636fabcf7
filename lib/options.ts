import { fail } from './errors';
import { noRules, type Rules } from './tracker/differences';
import type { CowTrackingOptions } from './types';
import { describe, isAtOrBelow, isIndex, parsePath } from './values/path';

/** The options, checked, in the form that the hot paths want. */
export interface Settings {
  readonly cleanSave: 'skip' | 'check';
  readonly onSaved: CowTrackingOptions['onSaved'];
  readonly conflicts: 'ignore' | 'detect';
  readonly rules: Rules;
  /** Are there rules about paths at all? Then full paths must be worked out. */
  readonly hasPathRules: boolean;
  /** May a read of the path keep its original? */
  detects(path: string): boolean;
}

/** Answers whether a schema has a path; `child` of what is free data counts as well. */
export type HasPath = (path: string) => boolean;

type Check = (value: unknown, name: string, hasPath: HasPath) => void;

const CHECKS: Readonly<Record<keyof CowTrackingOptions, Check>> = {
  cleanSave: oneOf('skip', 'check'),
  detectInPlace: (value, name, hasPath) => {
    if (typeof value !== 'boolean') checkPaths(value, name, hasPath, 'true, false or an array of paths');
  },
  wholePaths: (value, name, hasPath) => {
    checkPaths(value, name, hasPath, 'an array of paths');
  },
  exclude: (value, name, hasPath) => {
    checkPaths(value, name, hasPath, 'an array of paths');
  },
  equals: (value, name, hasPath) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw fail(
        'ERR_INVALID_OPTION',
        `The option '${name}' must be an object of functions by path, got ${describe(value)}.`,
      );
    }
    for (const [path, compare] of Object.entries(value)) {
      checkPath(path, name, hasPath);
      if (typeof compare !== 'function') {
        throw fail(
          'ERR_INVALID_OPTION',
          `The option '${name}' must give a function (original, current) => boolean for '${path}', got ${describe(compare)}.`,
        );
      }
    }
  },
  conflicts: oneOf('ignore', 'detect'),
  onSaved: (value, name) => {
    if (typeof value !== 'function') {
      throw fail(
        'ERR_INVALID_OPTION',
        `The option '${name}' must be a function (record, doc) => void, got ${describe(value)}.`,
      );
    }
  },
};

function oneOf(...allowed: string[]): Check {
  return (value, name) => {
    if (!allowed.includes(value as string)) {
      throw fail(
        'ERR_INVALID_OPTION',
        `The option '${name}' must be ${allowed.map((item) => `'${item}'`).join(' or ')}, got ${describe(value)}.`,
      );
    }
  };
}

function checkPaths(value: unknown, name: string, hasPath: HasPath, allowed: string): void {
  if (!Array.isArray(value)) {
    throw fail('ERR_INVALID_OPTION', `The option '${name}' must be ${allowed}, got ${describe(value)}.`);
  }
  for (const path of value as unknown[]) checkPath(path, name, hasPath);
}

function checkPath(path: unknown, name: string, hasPath: HasPath): void {
  parsePath(path);
  if (!hasPath(path as string)) {
    throw fail(
      'ERR_UNKNOWN_PATH',
      `The option '${name}' names the path '${String(path)}', which this schema does not have. ` +
        `Correct it, or apply the plugin with this option only to the schema that has the path.`,
    );
  }
}

/**
 * Checks what a user gave and works it out once.
 * @throws CowTrackingError `ERR_UNKNOWN_OPTION`, `ERR_INVALID_OPTION`, `ERR_INVALID_PATH` or `ERR_UNKNOWN_PATH`
 */
export function resolveOptions(options: unknown, hasPath: HasPath): Settings {
  if (options !== undefined && options !== null && (typeof options !== 'object' || Array.isArray(options))) {
    throw fail('ERR_INVALID_OPTION', `The options of cowTracking must be an object, got ${describe(options)}.`);
  }
  const given = (options ?? {}) as CowTrackingOptions;
  for (const [name, value] of Object.entries(given)) {
    // `deduplicate` is Mongoose's own option of `schema.plugin()`, which it hands on to the plugin.
    if (name === 'deduplicate') continue;
    if (!Object.hasOwn(CHECKS, name)) {
      throw fail('ERR_UNKNOWN_OPTION', `Unknown option '${name}'. Allowed: ${Object.keys(CHECKS).join(', ')}.`);
    }
    if (value !== undefined) CHECKS[name as keyof CowTrackingOptions](value, name, hasPath);
  }
  const wholePaths = given.wholePaths ?? [];
  const exclude = given.exclude ?? [];
  const equals = Object.entries(given.equals ?? {});
  const detect = given.detectInPlace ?? true;
  const hasPathRules = wholePaths.length + exclude.length + equals.length > 0 || typeof detect !== 'boolean';
  return {
    cleanSave: given.cleanSave ?? 'skip',
    onSaved: given.onSaved,
    conflicts: given.conflicts ?? 'ignore',
    hasPathRules,
    rules: hasPathRules
      ? {
          byPath: true,
          minimize: false,
          isWhole: (path) => wholePaths.some((rule) => matches(rule, path)),
          isExcluded: (path) => exclude.some((rule) => matches(rule, path) || isBelow(path, rule)),
          equalsAt: (path) => equals.find(([rule]) => matches(rule, path))?.[1],
        }
      : noRules,
    detects:
      typeof detect === 'boolean'
        ? () => detect
        : (path) => detect.some((rule) => matches(rule, path) || isBelow(path, rule) || isBelow(rule, path)),
  };
}

/**
 * Does a path of a document (`items.1.qty`, `prices.eur.amount`) fall under a path of the schema (`items.qty`,
 * `prices.$*.amount`)? Indexes may be left out of the rule, `$*` and `*` stand for any Map key.
 */
export function matches(rule: string, path: string): boolean {
  if (rule === path) return true;
  const wanted = rule.split('.');
  const given = path.split('.');
  let i = 0;
  for (const part of given) {
    const want = wanted[i];
    if (want === part || want === '$*' || want === '*') i++;
    else if (!isIndex(part)) return false;
  }
  return i === wanted.length;
}

/** Is `path` below something that the rule names? */
function isBelow(path: string, rule: string): boolean {
  if (isAtOrBelow(path, rule)) return path !== rule;
  const parts = path.split('.');
  for (let n = parts.length - 1; n > 0; n--) {
    if (matches(rule, parts.slice(0, n).join('.'))) return true;
  }
  return false;
}

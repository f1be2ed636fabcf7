import type { Script } from './arbitraries';
import { PropertyFailure } from './failure';

/** A script as the literal that counterexamples.ts holds: one step a line. */
export function showScript({ steps, ...rest }: Script): string {
  const head = Object.entries(rest).map(([key, value]) => `  ${key}: ${literal(value)},`);
  return ['{', ...head, '  steps: [', ...steps.map((step) => `    ${literal(step)},`), '  ],', '}'].join('\n');
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => `${name(key)}: ${literal(item)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value);
}

const name = (key: string): string => (/^[a-zA-Z_$][\w$]*$/.test(key) ? key : `'${key}'`);

export interface Found {
  readonly script: Script;
  readonly error: unknown;
  /** None of a script that was written down. */
  readonly seed: number | null;
}

/** Failures of one check on one kind of path are most often one bug. */
export const kindOf = (error: unknown): string =>
  (error instanceof PropertyFailure ? error.check : String(error).split('\n')[0]) ?? '';

export const showFound = ({ script, error, seed }: Found): string => {
  const told =
    error instanceof PropertyFailure ? error.message : error instanceof Error ? (error.stack ?? '') : String(error);
  return `${told}\n${seed === null ? '' : `seed ${seed}, `}as a script:\n${showScript(script)}`;
};

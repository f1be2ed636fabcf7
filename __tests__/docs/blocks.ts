// The code blocks of the documents, and the examples of the doc comments.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../..');

export interface Block {
  /** Where it stands, for the title of its test. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

function blocksOf(path: string, text: string, firstLine = 1): Block[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    place: `${path}:${String(firstLine + text.slice(0, match.index).split('\n').length)}`,
    language: match[1]!,
    code: match[2]!,
  }));
}

/** The blocks of a Markdown file. */
export function markdownBlocks(path: string): Block[] {
  return blocksOf(path, readFileSync(join(ROOT, path), 'utf8'), 0);
}

/** The examples in the doc comments of a TypeScript file. */
export function exampleBlocks(path: string): Block[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(/^ *\/\*\*.*?\*\//gms)].flatMap((comment) => {
    const line = text.slice(0, comment.index).split('\n').length;
    return blocksOf(path, comment[0].replaceAll(/^ *\* ?/gm, ''), line - 1);
  });
}

/** All files below a folder with one of the endings, as paths from the root of the repository. */
export function filesBelow(folder: string, ...endings: string[]): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

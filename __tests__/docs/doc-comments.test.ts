// Every public member has a doc comment with an example, and every example runs and prints what its comments say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { exampleBlocks, filesBelow, ROOT } from './blocks';
import { expectToPrint, useBlocks } from './run-block';

const PUBLIC = ['lib/types.ts', 'lib/tracker/state-tracker.ts', 'lib/errors.ts', 'lib/plugin.ts'];
/** What these have is called or set by users, so an example tells more than a type. */
const WITH_EXAMPLES = ['Tracker', 'DocumentTracker', 'CowTrackingOptions', 'RefreshOptions', 'StateTracker'];

useBlocks();

it.each(filesBelow('lib', '.ts').flatMap(exampleBlocks))('$place', expectToPrint);

describe('documented', () => {
  const members = PUBLIC.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    return source.statements.filter(isExported).flatMap((statement) => {
      const name = (statement as ts.DeclarationStatement).name?.getText(source) ?? '';
      const inner =
        ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)
          ? [...statement.members].filter((member) => isPublic(member))
          : [];
      return [
        { name, node: statement, example: ts.isFunctionDeclaration(statement) && name !== 'fail' },
        ...inner.map((member) => ({
          name: `${name}.${member.name?.getText(source) ?? 'constructor'}`,
          node: member,
          example: WITH_EXAMPLES.includes(name),
        })),
      ];
    });
  });

  it('there are members to look at', () => {
    expect(members.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'Tracker.isModified',
        'DocumentTracker.rebase',
        'StateTracker.constructor',
        'cowTracking',
      ]),
    );
  });

  it('each has a comment', () => {
    expect(members.filter(({ node }) => ts.getJSDocCommentsAndTags(node).length === 0).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it('each that is called or set has an example', () => {
    const without = members.filter(
      ({ node, example }) => example && !ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'example'),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

function isExported(node: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

/** Not `#private`, not the text for Node's inspector, and not the body behind overloads. */
function isPublic(member: ts.TypeElement | ts.ClassElement): boolean {
  if (member.name !== undefined && (ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name)))
    return false;
  if (!ts.isMethodDeclaration(member) || member.body === undefined) return true;
  const { members } = member.parent as ts.ClassDeclaration;
  const name = member.name.getText();
  return members.filter((other) => other.name?.getText() === name).length === 1;
}

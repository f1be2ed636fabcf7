// docs/reference.md out of the doc comments. With `--update` it is written; without, it has to be what it would be.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/reference.md');

const HEAD = `# Reference

Made from the doc comments by \`npm run api:update\`; do not edit. A test runs the examples. They know of \`User\`, a model with the
plugin; \`user\`, a document that was just loaded: \`{ name: 'Ada', visits: 1, address: { city: 'London', zip: 'N1' }, tags: ['admin'],
meta: { theme: 'dark' } }\`; its \`_id\`; \`tracker\`, a \`StateTracker\` over the same document as a lean one; and \`schema\`, with the same
fields and without the plugin.
`;

/** In the order in which a reader needs them; what is not named comes behind, by name. */
const ORDER = [
  'cowTracking',
  'CowTrackingOptions',
  'trackerOf',
  'CowTracked',
  'DocumentTracker',
  'Tracker',
  'StateTracker',
];

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name));
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const entry = join(root, 'lib/index.mts');
const program = ts.createProgram([entry], options);
const checker = program.getTypeChecker();

/** The exports by name, with their declarations; the default one is a second name. */
function exported() {
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)));
  const found = symbols
    .filter((symbol) => symbol.name !== 'default')
    .map((symbol) => checker.getAliasedSymbol(symbol))
    .map((symbol) => ({ name: symbol.name, node: symbol.declarations[0] }));
  const place = ({ name }) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return found.sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name, 'en'));
}

/** What a doc comment says: its text, and its tags. */
function comment(node) {
  const lines = [];
  const own = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (own) lines.push(ts.getTextOfJSDocComment(own.comment) ?? '');
  for (const tag of ts.getJSDocTags(node)) {
    const text = (ts.getTextOfJSDocComment(tag.comment) ?? '').trim();
    const kind = tag.tagName.text;
    if (kind === 'param') lines.push(`- \`${tag.name.getText()}\`: ${text}`);
    else if (kind === 'returns') lines.push(`**Returns** ${text}`);
    else if (kind === 'throws') lines.push(`**Throws** ${text}`);
    else if (kind === 'defaultValue') lines.push(`**Default** ${text}`);
    else if (kind === 'example') lines.push(text);
  }
  return lines.join('\n\n').replaceAll(/\{@link (\w+)\}/g, (_, name) => `[\`${name}\`](#${name.toLowerCase()})`);
}

const code = (text) => `\`\`\`ts\n${text}\n\`\`\``;

/** A declaration as one reads it: without its comment and its body. */
function signature(node) {
  const text = node.body ? node.getText().slice(0, node.body.getStart() - node.getStart()) : node.getText();
  return text
    .replace(/^export /, '')
    .replace(/^(?:readonly )/, '')
    .replaceAll(/\/\*\*?.*?\*\/\s*/gs, '')
    .replace(/[\s;]+$/, '');
}

const names = (node) =>
  node.members
    .filter(
      (member) => !member.name || !(ts.isPrivateIdentifier(member.name) || ts.isComputedPropertyName(member.name)),
    )
    // Behind overloads stands a body that is not for users.
    .filter(
      (member, _, all) =>
        !member.body || all.filter((other) => other.name?.getText() === member.name?.getText()).length === 1,
    );

function section({ name, node }) {
  const lines = [`## \`${name}\``, comment(node)];
  if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
    const base = node.heritageClauses
      ?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      ?.types[0].expression.getText();
    if (base && base !== 'Error') lines.push(`It has all that [\`${base}\`](#${base.toLowerCase()}) has, and:`);
    for (const member of names(node)) {
      lines.push(
        `### \`${name}.${member.name?.getText() ?? 'constructor'}\``,
        code(signature(member)),
        comment(member),
      );
    }
  } else {
    lines.splice(1, 0, code(signature(node)));
  }
  return lines.join('\n\n');
}

const text = [HEAD, ...exported().map(section)].join('\n\n');
const style = await prettier.resolveConfig(target);
const wanted = await prettier.format(text, { ...style, parser: 'markdown' });
if (process.argv.includes('--update')) {
  writeFileSync(target, wanted);
} else if (readFileSync(target, 'utf8') !== wanted) {
  console.error('docs/reference.md is not what the doc comments say. Run npm run api:update.');
  process.exitCode = 1;
}

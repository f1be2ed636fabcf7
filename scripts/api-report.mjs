// The public interface as a report that is kept in the repository: a change of the interface has to change it as well
// (`npm run api:update`), and so is seen by who reviews it. Without `--update`, fails if the two differ.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const REPORT = 'mongoose-cow-tracking.api.md';
const root = join(import.meta.dirname, '..');
const update = process.argv.includes('--update');

// Declarations of what is there now, and not of the last build. With a configuration of their own below `.cache`, where
// the report tool would otherwise look at those of the tests too.
const declarations = join(root, '.cache/api');
rmSync(declarations, { recursive: true, force: true });
mkdirSync(join(root, 'etc'), { recursive: true });
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const build = ['-p', 'tsconfig.build.json', '--outDir', declarations, '--emitDeclarationOnly', '--sourceMap', 'false'];
execFileSync(process.execPath, [tsc, ...build, '--inlineSources', 'false'], { cwd: root, stdio: 'inherit' });

const compilerOptions = { strict: true, target: 'es2022', module: 'nodenext', skipLibCheck: true, types: ['node'] };
writeFileSync(join(declarations, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['index.d.mts'] }));

const config = ExtractorConfig.prepare({
  configObjectFullPath: join(root, 'api-extractor.json'),
  packageJsonFullPath: join(root, 'package.json'),
  configObject: {
    projectFolder: root,
    mainEntryPointFilePath: join(declarations, 'index.d.mts'),
    compiler: { tsconfigFilePath: join(declarations, 'tsconfig.json') },
    newlineKind: 'lf',
    apiReport: {
      enabled: true,
      reportFileName: REPORT,
      reportFolder: join(root, 'etc'),
      reportTempFolder: declarations,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      extractorMessageReporting: {
        // Every export is public here; there is nothing to tell apart by tags.
        'ae-missing-release-tag': { logLevel: 'none' },
        'ae-undocumented': { logLevel: 'none' },
      },
    },
  },
});
const { succeeded, apiReportChanged, errorCount, warningCount } = Extractor.invoke(config, {
  localBuild: update,
  messageCallback: (message) => {
    // It speaks of flags of its own program; what to do here is said below.
    if (message.messageId.startsWith('console-')) message.logLevel = 'none';
  },
});
if (apiReportChanged && !update) {
  console.error(`The public interface is another one than etc/${REPORT} says. If that is meant: npm run api:update`);
}
if (!update && (apiReportChanged || !succeeded)) process.exitCode = 1;
if (update && errorCount + warningCount > 0) process.exitCode = 1;
console.log(
  `${apiReportChanged ? 'changed' : 'unchanged'}: etc/${REPORT}, ${readFileSync(join(root, 'etc', REPORT), 'utf8').split('\n').length} lines`,
);

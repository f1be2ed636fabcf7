/** Mutation testing of what a value is and of the tracker: `npm run mutation`. */
export default {
  mutate: ['lib/tracker/**/*.ts', 'lib/values/**/*.ts'],
  testRunner: 'jest',
  jest: { configFile: 'scripts/mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  reporters: ['clear-text', 'progress', 'json', 'html'],
  clearTextReporter: { logTests: false },
  tempDirName: '.cache/stryker',
  jsonReporter: { fileName: '.cache/mutation/mutation.json' },
  htmlReporter: { fileName: '.cache/mutation/index.html' },
  ignorePatterns: ['dist', 'coverage', '.cache', 'benchmarks/results', 'docs/figures'],
  thresholds: { high: 95, low: 90, break: 90 },
  // A run takes well under a second, and loops are counted besides.
  timeoutMS: 2000,
  concurrency: 1,
  // What is run once at load would need a new process for each mutant.
  ignoreStatic: true,
  incremental: true,
  incrementalFile: '.cache/mutation/incremental.json',
};

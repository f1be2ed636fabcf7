'use strict';

/** The same tests on both majors: they import `mongoose`, and the second project answers with 8. */
const project = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  // Copies of packages lie there, some with a package.json of a name that is taken.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
  transform: { '\\.m?ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
};

const modules = {
  '^mongoose-cow-tracking$': '<rootDir>/lib/index.ts',
  '^\\./runtime_adapters$': '<rootDir>/__tests__/helpers/driver-runtime.cjs',
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    { ...project, displayName: 'mongoose 9', globals: { MONGOOSE_MAJOR: '9' }, moduleNameMapper: modules },
    {
      ...project,
      displayName: 'mongoose 8',
      globals: { MONGOOSE_MAJOR: '8' },
      moduleNameMapper: {
        ...modules,
        '^mongoose$': 'mongoose8',
        '^mongoose/(.*)$': 'mongoose8/$1',
        // The last one for that Mongoose.
        '^@typegoose/typegoose$': 'typegoose12',
      },
    },
  ],
  globalSetup: '<rootDir>/__tests__/helpers/global-setup.cjs',
  globalTeardown: '<rootDir>/__tests__/helpers/global-teardown.cjs',
  // A server has one fail point for commands: two test files at once would take it from each other.
  maxWorkers: 1,
  testTimeout: 30_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts', '!lib/types.ts'],
  coverageThreshold: {
    './lib/tracker/state-tracker.ts': { branches: 100, functions: 100, lines: 100, statements: 100 },
  },
};

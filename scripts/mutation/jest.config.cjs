'use strict';

const { resolve } = require('node:path');

const [{ displayName, ...nine }] = require('../../jest.config.js').projects;

/** The tests that mutants are run against: those of single functions, as thousands of mutants cost a run each. */
module.exports = {
  ...nine,
  rootDir: resolve(__dirname, '../..'),
  // Absolute: Stryker loads it itself, and knows no <rootDir>.
  testEnvironment: resolve(__dirname, 'environment.cjs'),
  watchman: false,
  testMatch: ['<rootDir>/scripts/mutation/all.test.cjs'],
  moduleNameMapper: { '^mongoose$': '<rootDir>/scripts/mutation/bson-of-mongoose.cjs' },
  transform: { '\\.m?ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json', diagnostics: false }] },
};

/* global describe, TESTS_TO_RUN */
'use strict';

/**
 * All tests that mutants are run against, in one test file: what a run costs is mostly that Jest sets up a realm for each file
 * and loads everything anew into it. Files without a test that reaches the mutant are not even loaded.
 */
const { readdirSync } = require('node:fs');
const { join, resolve } = require('node:path');

/** A server, random values, memory and time: slow, or not the same twice. */
const LEFT_OUT = /(-server|-costs|random)\.test\.ts$/;

for (const folder of ['values', 'tracker']) {
  const directory = resolve(__dirname, '../../__tests__', folder);
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.test.ts') && !LEFT_OUT.test(file))) {
    const title = `${folder}/${name.slice(0, -'.test.ts'.length)}:`;
    if (TESTS_TO_RUN !== undefined && !TESTS_TO_RUN.includes(title)) continue;
    describe(title, () => {
      require(join(directory, name));
    });
  }
}

'use strict';

const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  failed = false;

  constructor(config, context) {
    super(config, context);
    // Stryker names the tests that reach a mutant.
    this.global.TESTS_TO_RUN = config.globalConfig.testNamePattern?.replaceAll('\\', '');
  }

  /** Skips what comes after the first failure: a mutant is killed once. Jest itself stops only between files. */
  handleTestEvent(event) {
    if (event.name === 'test_fn_failure') this.failed = true;
    else if (event.name === 'test_start' && this.failed) event.test.mode = 'skip';
  }
};

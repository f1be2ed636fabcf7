'use strict';

const { TestEnvironment } = require('jest-environment-node');
const knownOpen = require('./known-open.json');

/**
 * Tests of behaviour that is known to be wrong still, by their full names: they run, and must fail. One that passes turns the
 * run red until it is taken off the list, so the list says what is open and nothing else.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.project = config.projectConfig.displayName?.name;
  }

  handleTestEvent(event) {
    if (event.name !== 'test_start') return;
    const names = [];
    for (let block = event.test; block !== undefined && block.name !== 'ROOT_DESCRIBE_BLOCK'; block = block.parent)
      names.unshift(block.name);
    const name = names.join(' › ');
    if (knownOpen.some((open) => open.test === name && (open.on === 'both' || open.on === this.project)))
      event.test.failing = true;
  }
};

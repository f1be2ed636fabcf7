/**
 * Records what reaches the server, as the driver's command monitoring reports it.
 */
import mongoose from 'mongoose';

const { BSON } = mongoose.mongo;

/**
 * @typedef {object} SentCommand
 * @property {string} name `update`, `find`, …
 * @property {number} bytes size of the whole command as BSON, session fields included
 * @property {number} statements documents that the command addresses
 * @property {Map<string, Set<string>>} operators the paths under each update operator
 * @property {Set<string>} guards what the filter asks for besides `_id`
 */

/** @returns {SentCommand} */
function describe({ commandName, command }) {
  /** @type {SentCommand} */
  const sent = {
    name: commandName,
    bytes: BSON.calculateObjectSize(command),
    statements: command.updates?.length ?? 1,
    operators: new Map(),
    guards: new Set(),
  };
  const filters = command.updates ? command.updates.map(({ q }) => q) : [command.filter ?? {}];
  for (const filter of filters) {
    for (const path of Object.keys(filter)) {
      if (path !== '_id') sent.guards.add(path);
    }
  }
  for (const { u } of command.updates ?? []) {
    for (const [operator, paths] of Object.entries(u)) {
      const known = sent.operators.get(operator) ?? new Set();
      for (const path of Object.keys(paths)) known.add(path);
      sent.operators.set(operator, known);
    }
  }
  return sent;
}

/** @param {import('mongoose').Connection} connection opened with `monitorCommands` */
export function recorderOf(connection) {
  const client = connection.getClient();
  return {
    /**
     * @param {() => Promise<unknown>} work
     * @returns {Promise<SentCommand[]>} the commands that were sent while `work` ran
     */
    async during(work) {
      const commands = [];
      const listener = (event) => commands.push(describe(event));
      client.on('commandStarted', listener);
      try {
        await work();
      } finally {
        client.off('commandStarted', listener);
      }
      return commands;
    },
  };
}

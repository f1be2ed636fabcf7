// The everyday steps of a behaviour test: a model with the plugin, a document loaded from what is
// stored, and the update that a save really put on the wire.
import mongoose from 'mongoose';
import type { ClientSession, Connection, Model, SaveOptions, Schema } from 'mongoose';
import cowTracking from '../../lib';
import type { CowTrackingOptions } from '../../lib';

const { BSON } = mongoose.mongo;

/** Documents of test schemas: typed loosely, since a test reads and writes every path of them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Doc = any;

export type Plain = Record<string, unknown>;

/** One command that reached the server, about the collection of the test. */
export interface Command {
  name: string;
  filter?: Plain;
  update?: Plain;
  documents?: Plain[];
  projection?: Plain;
}

const RECORDED = new Set(['find', 'insert', 'update', 'delete', 'findAndModify', 'aggregate', 'count', 'distinct']);

/** A value as the server sees it: through BSON, so that class instances and wrappers do not matter. */
export function onWire<T>(value: T): T {
  const bytes = BSON.serialize({ value }, { ignoreUndefined: false });
  return (BSON.deserialize(bytes, { promoteBuffers: true }) as { value: T }).value;
}

/** No path may stand in two operators, or above another one: the server would refuse the update. */
export function conflictsIn(update: Plain): string[] {
  const paths = Object.values(update).flatMap((operator) => Object.keys(operator as Plain));
  return paths.filter((path, at) =>
    paths.some((other, otherAt) => otherAt !== at && (other === path || path.startsWith(`${other}.`))),
  );
}

/** A plain document with the `$set` and `$unset` of an update applied: what has to be stored afterwards. */
export function applied(plain: Plain, update: Plain | null): Plain {
  const result = structuredClone(plain);
  const parentOf = (path: string): [parent: Plain, key: string] => {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    return [keys.reduce<Plain>((parent, key) => parent[key] as Plain, result), last];
  };
  for (const [path, value] of Object.entries((update?.['$set'] ?? {}) as Plain)) {
    const [parent, key] = parentOf(path);
    parent[key] = value;
  }
  for (const path of Object.keys(update?.['$unset'] ?? {})) {
    const [parent, key] = parentOf(path);
    Reflect.deleteProperty(parent, key);
  }
  return result;
}

export class Documents {
  private count = 0;

  constructor(private readonly connect: () => Connection) {}

  get connection(): Connection {
    return this.connect();
  }

  /** A model whose schema has the plugin, on a collection of its own. */
  async model(schema: Schema<Doc>, options?: CowTrackingOptions): Promise<Model<Doc>> {
    schema.plugin(cowTracking, options);
    return this.plainModel(schema);
  }

  /** The same without the plugin, for what has to stay as Mongoose does it. */
  async plainModel(schema: Schema<Doc>): Promise<Model<Doc>> {
    const name = `Model${String(++this.count)}`;
    const model = this.connection.model(name, schema, name.toLowerCase()) as unknown as Model<Doc>;
    // Created before the first write: some servers do not take both at once.
    await model.createCollection();
    await model.init();
    return model;
  }

  /** Stores `raw` past Mongoose, as an earlier program would have left it, and loads it. */
  async load(model: Model<Doc>, raw: Plain = {}, projection?: Plain | string): Promise<Doc> {
    const stored = { _id: new mongoose.Types.ObjectId(), __v: 0, ...raw };
    await model.collection.insertOne(stored);
    return this.again(model, stored, projection);
  }

  /** Another instance of a document that is stored. */
  async again(model: Model<Doc>, doc: { _id: unknown }, projection?: Plain | string): Promise<Doc> {
    return model.findById(doc._id, projection as never).orFail();
  }

  /** What the database holds, without `_id` and the version key. */
  async stored(doc: Doc): Promise<Plain> {
    const raw = await doc.constructor.collection.findOne({ _id: doc._id }, { promoteBuffers: true });
    expect(raw).not.toBeNull();
    const { _id, __v, ...rest } = raw as Plain;
    return rest;
  }

  /** The commands about a model's collection that reach the server while `action` runs. */
  async commands(model: Model<Doc>, action: () => unknown): Promise<Command[]> {
    const recorded: Command[] = [];
    const client = this.connection.getClient();
    const listener = (event: { commandName: string; command: Plain }): void => {
      const { commandName: name, command } = event;
      if (!RECORDED.has(name) || command[name] !== model.collection.collectionName) return;
      const entry: Command = { name };
      if (name === 'update') {
        for (const one of command['updates'] as Plain[]) {
          recorded.push(onWire({ name, filter: one['q'] as Plain, update: one['u'] as Plain }));
        }
        return;
      }
      if (name === 'insert') entry.documents = command['documents'] as Plain[];
      if (name === 'find') {
        entry.filter = command['filter'] as Plain;
        if (command['projection'] !== undefined) entry.projection = command['projection'] as Plain;
      }
      recorded.push(onWire(entry));
    };
    client.on('commandStarted', listener as never);
    try {
      await action();
    } finally {
      client.off('commandStarted', listener as never);
    }
    return recorded;
  }

  /** Saves and answers the one update that was sent, or `null` when nothing at all was sent. */
  async save(doc: Doc, options?: SaveOptions): Promise<{ filter: Plain; update: Plain } | null> {
    const commands = await this.commands(doc.constructor, () => doc.save(options));
    expect(commands.filter((command) => command.name !== 'update')).toEqual([]);
    expect(commands.length).toBeLessThanOrEqual(1);
    const [command] = commands;
    if (command === undefined) return null;
    const { filter = {}, update = {} } = command;
    expect(conflictsIn(update)).toEqual([]);
    return { filter, update };
  }

  /** The update of a save, or `null`. */
  async updateOf(doc: Doc, options?: SaveOptions): Promise<Plain | null> {
    return (await this.save(doc, options))?.update ?? null;
  }

  /** Saves, and runs `edit` at the moment the write leaves: an edit in flight. */
  async saveWhile(doc: Doc, edit: () => void, options?: SaveOptions): Promise<unknown> {
    const client = this.connection.getClient();
    let edited = false;
    const listener = (event: { commandName: string; command: Plain }): void => {
      const { commandName, command } = event;
      if (edited || !['insert', 'update'].includes(commandName)) return;
      if (command[commandName] !== doc.constructor.collection.collectionName) return;
      edited = true;
      edit();
    };
    client.on('commandStarted', listener as never);
    try {
      return await doc.save(options);
    } finally {
      client.off('commandStarted', listener as never);
      expect(edited).toBe(true);
    }
  }

  /** Runs a piece of work in a transaction and always ends the session. */
  async inSession<T>(work: (session: ClientSession) => Promise<T>): Promise<T> {
    const session = await this.connection.startSession();
    try {
      return await work(session);
    } finally {
      await session.endSession();
    }
  }
}

/** An error that tells the driver to run a transaction's callback again. */
export function transientError(): Error {
  const error = new mongoose.mongo.MongoError('the test lets this attempt fail');
  error.addErrorLabel('TransientTransactionError');
  return error;
}

/** The error a promise rejects with; fails when it does not reject. */
export async function rejection(promise: Promise<unknown>): Promise<Doc> {
  return promise.then(
    () => {
      throw new Error('expected a rejection');
    },
    (error: unknown) => error,
  );
}

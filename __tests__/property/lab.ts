import type { Connection, Schema } from 'mongoose';
import { clock, defineModels, people, seedDocument, variantNames } from './models';
import type { Models, VariantName } from './models';
import { byteSize, toRaw } from './values';

type Json = Record<string, unknown>;

/** An update as it left for the server. */
export interface SentUpdate {
  readonly filter: Json;
  readonly update: Json;
  readonly bytes: number;
}

export interface Sent {
  readonly updates: readonly SentUpdate[];
  /** The names of all other commands about the collection: the existence check, say. */
  readonly others: readonly string[];
}

interface StartedEvent {
  readonly commandName: string;
  readonly command: Json;
}

/** Both sides of every variant on one connection, and the commands that they send. */
export class Lab {
  readonly plain = new Map<VariantName, Models>();
  readonly tracked = new Map<VariantName, Models>();
  private recorded: { name: string; command: Json; bytes: number }[] | null = null;

  /** Without a plugin both sides are plain Mongoose: the way to test the test. */
  constructor(
    readonly connection: Connection,
    readonly plugin?: (schema: Schema) => void,
  ) {
    for (const variant of variantNames) {
      this.plain.set(variant, defineModels(connection, variant, 'plain'));
      this.tracked.set(variant, defineModels(connection, variant, 'tracked', plugin));
    }
    connection.getClient().on('commandStarted', this.record as never);
  }

  async open(): Promise<void> {
    // Created one by one and before the first write: some servers do not take both at once.
    for (const models of [...this.plain.values(), ...this.tracked.values()]) await models.Root.createCollection();
    await this.connection.collection('people').insertMany(people.map((person) => ({ ...person }) as never));
  }

  close(): void {
    this.connection.getClient().off('commandStarted', this.record as never);
  }

  models(side: 'plain' | 'tracked', variant: VariantName): Models {
    const models = this[side].get(variant);
    if (models === undefined) throw new Error(`No models for ${variant}`);
    return models;
  }

  /** The same document in both collections, and the clock where it was at the start. */
  async store(variant: VariantName, seed: string): Promise<void> {
    clock.now = 1_700_000_000_000;
    for (const side of ['plain', 'tracked'] as const) {
      const document = seedDocument(seed, variant);
      const { collection } = this.models(side, variant).Root;
      await collection.replaceOne({ _id: document['_id'] } as never, document, { upsert: true });
    }
  }

  /** What the database holds, with the BSON types as they are stored. */
  async stored(side: 'plain' | 'tracked', variant: VariantName): Promise<Json> {
    const { collection } = this.models(side, variant).Root;
    const { _id } = seedDocument('old', variant);
    const options = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };
    const raw = (await collection.findOne({ _id } as never, options)) as Json | null;
    return raw ?? {};
  }

  /** What `action` sends about documents; an error goes through. */
  async sent(action: () => Promise<unknown>): Promise<Sent> {
    const recorded: typeof this.recorded = [];
    this.recorded = recorded;
    try {
      await action();
    } finally {
      this.recorded = null;
    }
    const updates = recorded.flatMap(({ name, command, bytes }) =>
      name === 'update'
        ? (command['updates'] as { q: Json; u: Json }[]).map(({ q, u }) => ({ filter: q, update: u, bytes }))
        : [],
    );
    return { updates, others: recorded.filter(({ name }) => name !== 'update').map(({ name }) => name) };
  }

  // Copied through BSON at once: the driver's command holds the document's own, live values.
  private readonly record = ({ commandName, command }: StartedEvent): void => {
    if (this.recorded === null || !('$db' in command) || commandName === 'endSessions') return;
    const updates = (command['updates'] as object[] | undefined) ?? [];
    const copy = toRaw({ updates });
    this.recorded.push({ name: commandName, command: copy, bytes: byteSize(copy) });
  };
}

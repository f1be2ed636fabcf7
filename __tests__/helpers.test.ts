import mongoose, { Schema } from 'mongoose';
import { startPrivateServer } from '../scripts/server/index.cjs';
import { connect, failCommand, recordCommands } from './helpers/db';

declare const MONGOOSE_MAJOR: string;

interface Note {
  text: string;
  data?: { n: number };
}

const noteSchema = () => new Schema<Note>({ text: String, data: {} }, { minimize: false });

describe('the jest projects', () => {
  it('run on the major they are named after', () => {
    expect(mongoose.version.split('.')[0]).toBe(MONGOOSE_MAJOR);
  });
});

describe('connect', () => {
  it('gives each caller a database of its own', async () => {
    const [one, other] = [await connect(), await connect()];
    expect(one.connection.name).toMatch(/^cow_helpers_[89]_[0-9a-f]{24}$/);
    expect(one.connection.name).not.toBe(other.connection.name);

    const [Mine, Theirs] = [await one.model(noteSchema()), await other.model(noteSchema())];
    await Mine.create({ text: 'mine' });
    expect(await Mine.countDocuments()).toBe(1);
    expect(await Theirs.countDocuments()).toBe(0);
  });

  it('gives models whose collection and indexes exist', async () => {
    const db = await connect();
    const Model = await db.model(new Schema({ key: { type: String, unique: true } }), 'Keyed');
    const collections = await db.connection.listCollections();
    expect(collections.map(({ name }) => name)).toContain(Model.collection.collectionName);
    expect(Object.keys(await Model.collection.indexInformation())).toContain('key_1');
    await Model.create({ key: 'a' });
    await expect(Model.create({ key: 'a' })).rejects.toMatchObject({ code: 11000 });
  });
});

describe('recordCommands', () => {
  it('records an insert, once, as the server read it', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const recorder = recordCommands(db.connection);
    const sizes: number[] = [];
    const client = db.connection.getClient();
    client.on('commandStarted', ({ command }) => sizes.push(mongoose.mongo.BSON.calculateObjectSize(command)));
    const note = await Model.create({ text: 'é', data: { n: 1 } });

    expect(recorder.commands).toHaveLength(1);
    const [insert] = recorder.commands;
    expect(insert).toMatchObject({
      name: 'insert',
      collection: Model.collection.collectionName,
      command: { documents: [{ _id: note._id, text: 'é', data: { n: 1 }, __v: 0 }] },
    });
    expect(sizes).toEqual([insert?.bytes]);
  });

  it('keeps a command as it was sent when the document changes later', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const recorder = recordCommands(db.connection);
    const data = { n: 1 };
    await new Model({ text: 'a', data }).save();
    data.n = 2;
    expect(recorder.commands[0]?.command).toMatchObject({ documents: [{ data: { n: 1 } }] });
  });

  it('forgets on clear, and ends on stop', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const recorder = recordCommands(db.connection);
    await Model.find();
    recorder.clear();
    await Model.updateOne({ text: 'a' }, { text: 'b' });
    expect(recorder.commands.map(({ name }) => name)).toEqual(['update']);
    recorder.stop();
    await Model.find();
    expect(recorder.commands).toHaveLength(1);
  });

  it('shows the end of a transaction, but none of what the driver sends for itself', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const recorder = recordCommands(db.connection);
    const session = await db.connection.startSession();
    await session.withTransaction(() => Model.create([{ text: 'a' }], { session }));
    await session.endSession();
    await db.connection.getClient().db('admin').command({ ping: 1 });
    expect(recorder.commands.map(({ name }) => name)).toEqual(['insert', 'commitTransaction']);
  });
});

describe('the server', () => {
  it('commits a transaction', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    await db.connection.transaction(async (session) => {
      await Model.create([{ text: 'a' }], { session });
      expect(await Model.countDocuments()).toBe(0);
      expect(await Model.countDocuments().session(session)).toBe(1);
    });
    expect(await Model.countDocuments()).toBe(1);
  });

  it('aborts a transaction', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const session = await db.connection.startSession();
    session.startTransaction();
    await Model.create([{ text: 'a' }], { session });
    await session.abortTransaction();
    await session.endSession();
    expect(await Model.countDocuments()).toBe(0);
  });

  it('refuses the second of two transactions that write one document', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const { _id } = await Model.create({ text: 'a' });
    const [one, other] = [await db.connection.startSession(), await db.connection.startSession()];
    one.startTransaction();
    other.startTransaction();
    await Model.updateOne({ _id }, { text: 'b' }, { session: one });
    await expect(Model.updateOne({ _id }, { text: 'c' }, { session: other })).rejects.toMatchObject({
      codeName: 'WriteConflict',
    });
    await one.commitTransaction();
    await other.abortTransaction();
    await Promise.all([one.endSession(), other.endSession()]);
    expect(await Model.findOne().lean()).toMatchObject({ text: 'b' });
  });
});

describe('failCommand', () => {
  it('fails the next command and no other', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    await failCommand(db.connection, { failCommands: ['insert'], errorCode: 8000 });
    await expect(Model.create({ text: 'a' })).rejects.toMatchObject({ code: 8000 });
    await Model.create({ text: 'b' });
    expect(await Model.find().lean()).toMatchObject([{ text: 'b' }]);
  });

  it('fails until it is ended', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const end = await failCommand(db.connection, { failCommands: ['insert'], errorCode: 8000 }, 'alwaysOn');
    await expect(Model.create({ text: 'a' })).rejects.toMatchObject({ code: 8000 });
    await expect(Model.create({ text: 'a' })).rejects.toMatchObject({ code: 8000 });
    await end();
    await Model.create({ text: 'b' });
  });

  it('does not touch other connections, which may be those of other tests', async () => {
    const [mine, theirs] = [await connect(), await connect()];
    const [Mine, Theirs] = [await mine.model(noteSchema()), await theirs.model(noteSchema())];
    await failCommand(mine.connection, { failCommands: ['insert'], errorCode: 8000 });
    await Theirs.create({ text: 'a' });
    await expect(Mine.create({ text: 'a' })).rejects.toMatchObject({ code: 8000 });
  });

  it('lets the driver retry a write whose connection was closed, without a long wait', async () => {
    const db = await connect();
    const Model = await db.model(noteSchema());
    const recorder = recordCommands(db.connection);
    const started = Date.now();
    await failCommand(db.connection, { failCommands: ['insert'], closeConnection: true });
    await Model.create({ text: 'a' });
    await failCommand(db.connection, { failCommands: ['insert'], errorCode: 91 });
    await Model.create({ text: 'b' });
    expect(recorder.commands.map(({ name }) => name)).toEqual(['insert', 'insert', 'insert', 'insert']);
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('startPrivateServer', () => {
  it('can be killed, and started again on what it had stored', async () => {
    const server = await startPrivateServer();
    const connection = mongoose.createConnection(server.uri, { dbName: 'private', serverSelectionTimeoutMS: 1000 });
    try {
      const Model = connection.model('Note', noteSchema());
      await Model.init();
      const note = await Model.create({ text: 'before' });

      await server.kill();
      expect(server.pid()).toBeNull();
      note.text = 'after';
      await expect(note.save()).rejects.toThrow();

      await server.restart();
      expect(server.pid()).not.toBeNull();
      expect(await Model.findById(note._id).lean()).toMatchObject({ text: 'before' });
      await note.save();
      expect(await Model.findById(note._id).lean()).toMatchObject({ text: 'after' });
    } finally {
      await connection.close();
      await server.stop();
    }
  });
});

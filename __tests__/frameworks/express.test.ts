// A form that sends all of its fields back, also those that nobody touched.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import mongoose, { Schema } from 'mongoose';
import type { Model } from 'mongoose';
import { StateTracker, trackerOf } from '../../lib';
import { useDocuments } from '../helpers/use-documents';
import type { Doc, Plain } from '../helpers/documents';

const documents = useDocuments();

const STORED = {
  name: 'Ann',
  age: 41,
  active: true,
  born: new Date('1985-03-01T00:00:00Z'),
  address: { city: 'Bergen', zip: '5003' },
  tags: ['a', 'b'],
  lines: [
    { _id: new mongoose.Types.ObjectId('65f000000000000000000001'), sku: 'x', qty: 1 },
    { _id: new mongoose.Types.ObjectId('65f000000000000000000002'), sku: 'y', qty: 2 },
  ],
};

/** The fields of that document as a browser sends them: all of them, all as text. */
const FORM = {
  name: 'Ann',
  age: '41',
  active: 'true',
  born: '1985-03-01T00:00:00.000Z',
  'address[city]': 'Bergen',
  'address[zip]': '5003',
  'tags[0]': 'a',
  'tags[1]': 'b',
  'lines[0][_id]': '65f000000000000000000001',
  'lines[0][sku]': 'x',
  'lines[0][qty]': '1',
  'lines[1][_id]': '65f000000000000000000002',
  'lines[1][sku]': 'y',
  'lines[1][qty]': '2',
};

let users: Model<Doc>;
let server: Server;

beforeAll(async () => {
  users = await documents.model(
    new Schema<Doc>(
      {
        name: String,
        age: Number,
        active: Boolean,
        born: Date,
        address: { city: String, zip: String },
        tags: [String],
        lines: [new Schema({ sku: String, qty: Number })],
      },
      { timestamps: true },
    ),
  );
  server = application(users).listen(0);
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

function application(model: Model<Doc>): Express {
  const app = express();
  app.use(express.urlencoded({ extended: true }), express.json());
  app.put('/users/:id', async (request: Request, response: Response) => {
    const user = await model.findById(request.params['id']).orFail();
    user.set(request.body);
    await user.save();
    response.json({ changes: trackerOf(user).lastSave?.changes.map(({ path, from, to }) => [path, from, to]) });
  });
  // Without a document: the request is compared with what is stored as it is.
  app.patch('/users/:id', async (request: Request, response: Response) => {
    const user = await model.findById(request.params['id']).lean().orFail();
    const tracker = new StateTracker(user as Plain);
    for (const [path, value] of Object.entries(request.body as Plain)) tracker.set(path, value);
    const update = tracker.getUpdate();
    if (update) await model.updateOne({ _id: user._id }, update);
    response.json({ update });
  });
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(error.name === 'ValidationError' ? 400 : 500).json({ error: error.message });
  });
  return app;
}

async function send(method: string, doc: Doc, body: URLSearchParams | string): Promise<[status: number, answer: Doc]> {
  const { port } = server.address() as AddressInfo;
  const headers = {
    'content-type': typeof body === 'string' ? 'application/json' : 'application/x-www-form-urlencoded',
  };
  const url = `http://127.0.0.1:${String(port)}/users/${String(doc._id)}`;
  const response = await fetch(url, { method, headers, body: String(body) });
  return [response.status, await response.json()];
}

async function put(doc: Doc, fields: Record<string, string>) {
  let answer: [number, Doc] = [0, undefined];
  const commands = await documents.commands(users, async () => {
    answer = await send('PUT', doc, new URLSearchParams({ ...FORM, ...fields }));
  });
  return { answer, updates: commands.filter(({ name }) => name !== 'find') };
}

it('does not write at all when the form comes back as it was', async () => {
  const doc = await documents.load(users, STORED);
  const { answer, updates } = await put(doc, {});
  expect(answer).toEqual([200, { changes: [] }]);
  expect(updates).toEqual([]);
});

it('writes the one field that was edited, and answers old and new value', async () => {
  const doc = await documents.load(users, STORED);
  const { answer, updates } = await put(doc, { 'address[city]': 'Oslo' });
  const [, { changes }] = answer;
  expect(changes).toContainEqual(['address.city', 'Bergen', 'Oslo']);
  expect(changes.map(([path]: [string]) => path)).toEqual(['address.city', 'updatedAt']);
  expect(updates.map(({ update }) => update)).toEqual([
    { $set: { 'address.city': 'Oslo', updatedAt: expect.any(Date) } },
  ]);
});

it('writes one field of one line, found by its _id', async () => {
  const doc = await documents.load(users, STORED);
  const { updates } = await put(doc, { 'lines[1][qty]': '3', age: '42' });
  expect(updates).toHaveLength(1);
  expect(updates[0]?.update).toMatchObject({ $set: { age: 42, 'lines.1.qty': 3 } });
  expect(Object.keys(updates[0]?.update?.['$set'] as Plain).sort()).toEqual(['age', 'lines.1.qty', 'updatedAt']);
  expect(await documents.stored(doc)).toMatchObject({ ...STORED, age: 42, lines: [{ qty: 1 }, { qty: 3 }] });
});

it('refuses a value of the wrong type and writes nothing', async () => {
  const doc = await documents.load(users, STORED);
  const { answer, updates } = await put(doc, { name: 'Eve', age: 'old' });
  expect(answer[0]).toBe(400);
  expect(updates).toEqual([]);
  expect(await documents.stored(doc)).toEqual(STORED);
});

it('saves a request body over a lean document', async () => {
  const doc = await documents.load(users, STORED);
  const [, { update }] = await send(
    'PATCH',
    doc,
    JSON.stringify({ 'address.city': 'Oslo', name: 'Ann', 'tags.1': 'c' }),
  );
  expect(update).toEqual({ $set: { 'address.city': 'Oslo', 'tags.1': 'c' } });
  expect(await documents.stored(doc)).toMatchObject({ address: { city: 'Oslo', zip: '5003' }, tags: ['a', 'c'] });
});

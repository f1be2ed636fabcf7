import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Get, Injectable, Module, Param, Put } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectModel, MongooseModule, Prop, Schema, SchemaFactory, getConnectionToken } from '@nestjs/mongoose';
import type { Connection, HydratedDocument, Model } from 'mongoose';
import cowTracking, { trackerOf } from '../../lib';
import type { CowTracked, SaveRecord } from '../../lib';
import { connect, recordCommands, serverUri } from '../helpers/db';

@Schema({ _id: false })
class Collar {
  @Prop({ type: String }) color!: string;
  @Prop({ type: Number }) size!: number;
}

@Schema()
class Cat {
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: Number }) age!: number;
  @Prop({ type: SchemaFactory.createForClass(Collar) }) collar!: Collar;
  @Prop({ type: [String] }) toys!: string[];
}
type CatDocument = HydratedDocument<Cat> & CowTracked<Cat>;

/** The audit trail of the application. */
const written: SaveRecord[] = [];

@Injectable()
class CatsService {
  constructor(@InjectModel(Cat.name) private readonly cats: Model<CatDocument>) {}

  async create(cat: Partial<Cat>): Promise<string> {
    return String((await this.cats.create(cat))._id);
  }

  async update(id: string, changes: Partial<Cat>): Promise<{ age: number; changed: string[] }> {
    const cat = await this.cats.findById(id).orFail();
    cat.set(changes);
    const age = cat.$tracker.original('age');
    const changed = cat.$tracker.diff().map(({ path }) => path);
    await cat.save();
    return { age, changed };
  }

  async original(id: string): Promise<unknown> {
    const cat = await this.cats.findById(id).orFail();
    cat.name = 'edited, and not saved';
    return trackerOf(cat).original();
  }
}

@Controller('cats')
class CatsController {
  constructor(private readonly service: CatsService) {}

  @Put(':id')
  update(@Param('id') id: string, @Body() body: object): Promise<unknown> {
    return this.service.update(id, body);
  }

  @Get(':id')
  original(@Param('id') id: string): Promise<unknown> {
    return this.service.original(id);
  }
}

let app: INestApplication;
let address: string;

beforeAll(async () => {
  const { connection } = await connect();

  @Module({
    imports: [
      MongooseModule.forRoot(serverUri(), { dbName: connection.name, monitorCommands: true }),
      MongooseModule.forFeatureAsync([
        {
          name: Cat.name,
          useFactory: () => {
            const schema = SchemaFactory.createForClass(Cat);
            schema.plugin(cowTracking, { onSaved: (record) => void written.push(record) });
            return schema;
          },
        },
      ]),
    ],
    controllers: [CatsController],
    providers: [CatsService],
  })
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- NestJS wants one to hang the decorator on
  class AppModule {}

  app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0);
  address = `http://127.0.0.1:${String((app.getHttpServer().address() as AddressInfo).port)}/cats`;
});

afterAll(async () => {
  await app.close();
});

const stored = { name: 'Tom', age: 3, collar: { color: 'red', size: 1 }, toys: ['ball'] };

async function put(id: string, body: object): Promise<{ answer: unknown; updates: unknown[] }> {
  const recorder = recordCommands(app.get<Connection>(getConnectionToken()));
  const response = await fetch(`${address}/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  recorder.stop();
  const updates = recorder.commands
    .filter(({ name }) => name === 'update')
    .map(({ command }) => (command['updates'] as { u: unknown }[])[0]?.u);
  return { answer: await response.json(), updates };
}

it('writes what a request really changes, and knows the old value', async () => {
  const id = await app.get(CatsService).create(stored);
  const { answer, updates } = await put(id, { ...stored, age: 4, collar: { color: 'blue', size: 1 } });
  expect(answer).toEqual({ age: 3, changed: ['age', 'collar.color'] });
  expect(updates).toEqual([{ $set: { age: 4, 'collar.color': 'blue' } }]);
});

it('writes nothing when a request changes nothing', async () => {
  const id = await app.get(CatsService).create(stored);
  const { answer, updates } = await put(id, stored);
  expect(answer).toEqual({ age: 3, changed: [] });
  expect(updates).toEqual([]);
});

it('calls onSaved of the schema that a factory built', async () => {
  written.length = 0;
  const id = await app.get(CatsService).create(stored);
  await put(id, { toys: ['ball', 'mouse'] });
  expect(written.map(({ isNew }) => isNew)).toEqual([true, false]);
  expect(written[1]?.changes).toEqual([{ path: 'toys.1', type: 'add', from: undefined, to: 'mouse' }]);
});

it('answers the original through trackerOf()', async () => {
  const id = await app.get(CatsService).create(stored);
  const response = await fetch(`${address}/${id}`);
  expect(await response.json()).toEqual({ ...stored, _id: id, __v: 0 });
});

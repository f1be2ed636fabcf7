import { getModelForClass, modelOptions, mongoose, plugin, post, pre, prop } from '@typegoose/typegoose';
import type { DocumentType, Ref, ReturnModelType } from '@typegoose/typegoose';
import cowTracking, { trackerOf } from '../../lib';
import { connect, recordCommands } from '../helpers/db';

class Address {
  @prop({ type: String }) public city?: string;
  @prop({ type: String }) public zip?: string;
}

@modelOptions({ options: { customName: 'TypegooseCompany' } })
@plugin(cowTracking)
class Company {
  @prop({ type: String, required: true }) public name!: string;
}

const seen: string[][] = [];

@pre<Person>('save', function () {
  seen.push([
    'before',
    ...trackerOf(this)
      .diff()
      .map(({ path }) => path),
  ]);
})
@post<Person>('save', function () {
  seen.push(['after', ...(trackerOf(this).lastSave?.changes ?? []).map(({ path }) => path)]);
})
@modelOptions({ options: { customName: 'TypegoosePerson' } })
@plugin(cowTracking, { wholePaths: ['badge'] })
class Person {
  @prop({ type: String, required: true }) public name!: string;
  @prop({ type: Number, default: 0 }) public age!: number;
  @prop({ type: () => Address, _id: false }) public address?: Address;
  @prop({ type: () => [Address], _id: false, default: [] }) public homes!: mongoose.Types.Array<Address>;
  @prop({ type: () => Address, _id: false }) public badge?: Address;
  @prop({ ref: () => Company }) public company?: Ref<Company>;

  /** A method, as users write them. */
  public birthday(this: DocumentType<Person>): number {
    this.age++;
    return trackerOf(this).original('age');
  }
}

let People: ReturnModelType<typeof Person>;
let Companies: ReturnModelType<typeof Company>;
let connection: mongoose.Connection;

beforeAll(async () => {
  ({ connection } = await connect());
  Companies = getModelForClass(Company, { existingConnection: connection });
  People = getModelForClass(Person, { existingConnection: connection });
  await Companies.init();
  await People.init();
});

async function load(): Promise<DocumentType<Person>> {
  const company = await Companies.create({ name: 'Acme' });
  const { _id } = await People.create({
    name: 'Ann',
    age: 41,
    address: { city: 'Bergen', zip: '5003' },
    homes: [{ city: 'Oslo' }],
    badge: { city: 'a', zip: 'b' },
    company: company._id,
  });
  seen.length = 0;
  return People.findById(_id).orFail();
}

async function updatesOf(doc: DocumentType<Person>): Promise<unknown[]> {
  const recorder = recordCommands(connection);
  await doc.save();
  recorder.stop();
  return recorder.commands.flatMap(({ command }) => (command['updates'] as { u: unknown }[]).map(({ u }) => u));
}

it('tracks the documents of a class, its methods and its hooks', async () => {
  const person = await load();
  expect(person.birthday()).toBe(41);
  person.address!.city = 'Oslo';
  expect(await updatesOf(person)).toEqual([{ $set: { age: 42, 'address.city': 'Oslo' } }]);
  expect(seen).toEqual([
    ['before', 'address.city', 'age'],
    ['after', 'address.city', 'age'],
  ]);
});

it('sends nothing for what was put back', async () => {
  const person = await load();
  person.birthday();
  person.age--;
  person.homes.push({ city: 'Rome' });
  person.homes.pop();
  expect(await updatesOf(person)).toEqual([]);
});

it('takes the options of the decorator', async () => {
  const person = await load();
  person.badge!.zip = 'c';
  expect(await updatesOf(person)).toEqual([{ $set: { badge: { city: 'a', zip: 'c' } } }]);
});

it('sees a populated reference as its id', async () => {
  const person = await load();
  await person.populate('company');
  expect(trackerOf(person).isModified()).toBe(false);
  const other = await Companies.create({ name: 'Other' });
  person.company = other;
  expect(trackerOf(person).diff()).toMatchObject([{ path: 'company', to: other._id }]);
  expect(await updatesOf(person)).toEqual([{ $set: { company: other._id } }]);
});

it('reverts subdocuments of classes', async () => {
  const person = await load();
  const { address } = person;
  address!.city = 'Rome';
  person.homes.push({ city: 'Paris' });
  trackerOf(person).revert();
  expect(person.address).toBe(address);
  expect([address!.city, person.homes.length, person.isModified()]).toEqual(['Bergen', 1, false]);
});

// Section 6: a value set back to the original, an equal value assigned, and the bugs that the
// optimisation of exactly this has caused in Mongoose (a change that is silently lost).
import mongoose, { Schema } from 'mongoose';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();

const holder = (): Schema<Doc> =>
  new Schema<Doc>({
    bar: String,
    nested: { bar: String, other: String },
    sub: new Schema({ bar: String, other: String }, { _id: false }),
  });

describe('gh-9396 set to the value it had before', () => {
  it.each<[string, (doc: Doc, value: string) => unknown]>([
    [
      'a value',
      (doc, value) => {
        doc.bar = value;
      },
    ],
    [
      'a nested leaf',
      (doc, value) => {
        doc.nested.bar = value;
      },
    ],
    [
      'a nested object',
      (doc, value) => {
        doc.nested = { bar: value, other: 'o' };
      },
    ],
    [
      'a subdocument',
      (doc, value) => {
        doc.sub = { bar: value, other: 'o' };
      },
    ],
    [
      'a leaf of a subdocument',
      (doc, value) => {
        doc.sub.bar = value;
      },
    ],
    ['set() of a path', (doc, value) => doc.set('nested.bar', value)],
  ])('%s: loaded, saved before, and saved with the new value', async (_kind, put) => {
    const Model = await documents.model(holder());
    const raw = { bar: 'bar', nested: { bar: 'bar', other: 'o' }, sub: { bar: 'bar', other: 'o' } };
    const doc = await documents.load(Model, raw);
    for (const round of ['loaded', 'saved before']) {
      put(doc, 'baz');
      expect([round, doc.isModified()]).toEqual([round, true]);
      put(doc, 'bar');
      expect([round, doc.isModified()]).toEqual([round, false]);
      expect(await documents.save(doc)).toBeNull();
    }
    put(doc, 'baz');
    await doc.save();
    put(doc, 'bar');
    expect(doc.isModified()).toBe(true);
    await doc.save();
    expect(await documents.stored(doc)).toEqual(raw);
  });

  it('a virtual that sets two paths, then the document set to its own JSON', async () => {
    const schema = new Schema<Doc>({ jwt: { crypt: String, salt: String } });
    schema.virtual('jwt.token').set(function (this: Doc, value: string) {
      this.set('jwt.crypt', `${value}_crypt`);
      this.set('jwt.salt', `${value}_salt`);
    });
    const Client = await documents.model(schema);
    const doc = await documents.load(Client, { jwt: { crypt: 'first_crypt', salt: 'first_salt' } });
    doc.set('jwt.token', 'second');
    doc.set(doc.toJSON());
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ jwt: { crypt: 'second_crypt', salt: 'second_salt' } });
  });
});

describe('equal values that were reported as modified', () => {
  const assigned: [string, Schema<Doc>, Doc, (doc: Doc) => unknown][] = [
    [
      'gh-323 a String',
      new Schema<Doc>({ a: String }),
      { a: '1' },
      (doc) => {
        doc.a = '1';
      },
    ],
    [
      'gh-539 a Number given as a String',
      new Schema<Doc>({ a: Number }),
      { a: 1 },
      (doc) => {
        doc.a = '1';
      },
    ],
    [
      'gh-1185 set() with the whole document',
      new Schema<Doc>({ a: String, n: { b: String, c: [String] } }),
      { a: '1', n: { b: '2', c: ['x'] } },
      (doc) => doc.set({ a: '1', n: { b: '2', c: ['x'] } }),
    ],
    [
      'gh-4224 a subdocument',
      new Schema<Doc>({ child: new Schema({ name: String, born: Date }, { _id: false }) }),
      { child: { name: 'Jacen', born: new Date(0) } },
      (doc) => {
        doc.child = { name: 'Jacen', born: new Date(0) };
      },
    ],
    [
      'gh-4487 a nested object with an ObjectId and a Date',
      new Schema<Doc>({ n: { ref: Schema.Types.ObjectId, at: Date } }),
      { n: { ref: new mongoose.Types.ObjectId('a'.repeat(24)), at: new Date(0) } },
      (doc) => {
        doc.n = { ref: 'a'.repeat(24), at: '1970-01-01T00:00:00.000Z' };
      },
    ],
    [
      'gh-12992 a nested boolean',
      new Schema<Doc>({ result: new Schema({ score: Number, passed: Boolean }, { _id: false }) }),
      { result: { score: 40, passed: false } },
      (doc) => {
        doc.result = { score: 40, passed: false };
      },
    ],
  ];

  it.each(assigned)('%s', async (_title, schema, raw, edit) => {
    const Model = await documents.model(schema);
    const doc = await documents.load(Model, raw);
    edit(doc);
    expect(doc.isModified()).toBe(false);
    expect(doc.modifiedPaths()).toEqual([]);
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-12992 one boolean of the subdocument really changed', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ result: new Schema({ score: Number, passed: Boolean }, { _id: false }) }),
    );
    const doc = await documents.load(Model, { result: { score: 40, passed: false } });
    doc.result = { score: 40, passed: true };
    expect(doc.isModified()).toBe(true);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'result.passed': true } });
  });

  it('gh-3992 a document with the id that a reference holds', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: String }));
    const Job = await documents.model(
      new Schema<Doc>({ person: { type: Schema.Types.ObjectId, ref: Person.modelName } }),
    );
    const person = await Person.create({ name: 'Val' });
    const doc = await documents.load(Job, { person: person._id });
    doc.person = person;
    expect(doc.isModified('person')).toBe(false);
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-11528 a subdocument default is not modified', async () => {
    const Message = await documents.model(
      new Schema<Doc>({
        body: { type: new Schema({ text: String }, { _id: false }), default: { text: 'hello' } },
        date: { type: Date, default: Date.now },
      }),
    );
    const { _id } = await Message.create({});
    const doc = await documents.again(Message, { _id });
    expect(doc.modifiedPaths()).toEqual([]);
    expect(await documents.save(doc)).toBeNull();
  });

  it('gh-11913 set() of everything with merge changes only what differs', async () => {
    const Person = await documents.model(new Schema<Doc>({ name: { first: String, last: String }, hair: String }));
    const raw = { name: { first: 'bob', last: 'jones' }, hair: 'brown' };
    const doc = await documents.load(Person, raw);
    doc.set({ ...raw, name: { first: 'larry', last: 'jones' } }, null, null, { merge: true });
    expect(doc.isModified('hair')).toBe(false);
    expect(doc.isModified('name.first')).toBe(true);
    expect(doc.isModified('name.last')).toBe(false);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'name.first': 'larry' } });
  });
});

describe('changes that the optimisation has lost in Mongoose', () => {
  it('gh-11395 a nested path set to itself after a change', async () => {
    const Model = await documents.model(new Schema<Doc>({ co: { value: Number } }));
    const doc = await documents.load(Model, {});
    doc.co.value = 123;
    doc.co = doc.co;
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ co: { value: 123 } });
  });

  it.each(['loaded', 'saved before'])('gh-11461 a nested object set twice to the same new value, %s', async (state) => {
    const Model = await documents.model(new Schema<Doc>({ a: { b: Number, c: Number }, n: Number }));
    const doc = await documents.load(Model, { a: { b: 1, c: 1 }, n: 0 });
    if (state === 'saved before') {
      doc.n = 1;
      await doc.save();
    }
    doc.a = { b: 2, c: 1 };
    doc.a = { b: 2, c: 1 };
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'a.b': 2 } });
  });

  it('gh-14022 gh-14053 a nested object set twice without an original of its own', async () => {
    const Model = await documents.model(new Schema<Doc>({ a: { b: { c: Number } } }));
    const doc = await documents.load(Model, {});
    doc.set('a.b', { c: 1 });
    doc.set('a.b', { c: 1 });
    expect(doc.isModified('a.b.c')).toBe(true);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ a: { b: { c: 1 } } });
  });

  it('gh-14024 a new leaf in a nested object that is otherwise equal', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ state: { field: String, json: { name: String, more: String } } }),
    );
    const doc = await documents.load(Model, { state: { field: 'f', json: { name: 'n' } } });
    doc.set('state', { field: 'f', json: { name: 'n', more: 'm' } });
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'state.json.more': 'm' } });
  });

  it('gh-12656 push and the array set to itself, twice', async () => {
    const Model = await documents.model(new Schema<Doc>({ list: [{ a: Number }] }));
    const { _id } = await Model.create({ list: [{ a: 1 }] });
    const doc = await documents.again(Model, { _id });
    for (const a of [2, 3]) {
      doc.list.push({ a });
      doc.list = [...doc.list];
      await doc.save();
    }
    const { list } = (await documents.stored(doc)) as Doc;
    expect(list.map((element: Doc) => element.a)).toEqual([1, 2, 3]);
  });

  it('gh-12672 push, save, a sorted copy assigned, push, save', async () => {
    const Model = await documents.model(new Schema<Doc>({ list: [Number] }));
    const doc = await documents.load(Model, { list: [3] });
    doc.list.push(1);
    await doc.save();
    doc.list = [...doc.list].sort();
    doc.list.push(9);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ list: [1, 3, 9] });
  });

  it('gh-10773 a nested object spread, its subdocument changed, and assigned', async () => {
    const Order = await documents.model(
      new Schema<Doc>({
        status: String,
        payments: { payout: new Schema({ status: String }, { _id: false }) },
      }),
    );
    const doc = await Order.create({ status: 'unpaid', payments: { payout: { status: 'unpaid' } } });
    const payments: Doc = Object.assign({}, doc.payments);
    payments.payout.status = 'paid';
    doc.payments = payments;
    expect(doc.isModified('payments')).toBe(true);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'payments.payout.status': 'paid' } });
  });

  it('gh-9208 a subdocument replaced, saved, and a key set that it lost', async () => {
    const Model = await documents.model(new Schema<Doc>({ nested: new Schema({ flag: Boolean, text: String }) }));
    const doc: Doc = new Model();
    doc.nested = { flag: true };
    await doc.save();
    doc.nested = { text: 'asdf' };
    await doc.save();
    doc.nested.flag = true;
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ nested: expect.objectContaining({ flag: true, text: 'asdf' }) });
  });

  it('gh-9651 emptied, assigned to its own filtered copy, and pushed to', async () => {
    const Model = await documents.model(new Schema<Doc>({ arr: [{ abc: String }] }));
    const doc = await documents.load(Model, { arr: [{ _id: new mongoose.Types.ObjectId(), abc: 'old' }] });
    doc.arr = [];
    doc.arr = doc.arr.filter(() => true);
    doc.arr.push({ abc: 'new' });
    await doc.save();
    const { arr } = (await documents.stored(doc)) as Doc;
    expect(arr.map((element: Doc) => element.abc)).toEqual(['new']);
  });

  it('gh-10272 replaced, concatenated with nothing, and pushed to', async () => {
    const Model = await documents.model(new Schema<Doc>({ children: [{ _id: false, name: String }] }));
    const doc = await documents.load(Model, { children: [{ name: 'John' }, { name: 'Jane' }] });
    doc.children = [{ name: 'John' }];
    doc.children = doc.children.concat([]);
    doc.children.push({ name: 'Mary' });
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ children: [{ name: 'John' }, { name: 'Mary' }] });
  });

  it('gh-11172 a document array set to equal data, then an element changed', async () => {
    const Order = await documents.model(new Schema<Doc>({ parts: [{ _id: false, unit: String, value: Number }] }));
    const doc = await documents.load(Order, {
      parts: [
        { unit: 'foo', value: 123 },
        { unit: 'bar', value: 42 },
      ],
    });
    doc.parts = doc.toObject().parts;
    doc.parts[1].value = 43;
    expect(doc.isModified('parts.1')).toBe(true);
    const sent = await documents.save(doc);
    // The equal array is no write, so there is only the guard that Mongoose gives to the leaf of an element.
    expect(sent).toEqual({ filter: { _id: doc._id, __v: 0 }, update: { $set: { 'parts.1.value': 43 } } });
    expect(await documents.stored(doc)).toEqual({
      parts: [
        { unit: 'foo', value: 123 },
        { unit: 'bar', value: 43 },
      ],
    });
  });

  it('gh-4676 a subdocument changed and assigned to itself', async () => {
    const User = await documents.model(
      new Schema<Doc>({ company: new Schema({ name: String, about: String }, { _id: false }) }),
    );
    const doc = await documents.load(User, { company: { name: 'Reynholm', about: '-' } });
    doc.company.about = 'XYZ';
    doc.company = doc.company;
    expect(doc.isModified('company')).toBe(true);
    expect(await documents.updateOf(doc)).toEqual({ $set: { 'company.about': 'XYZ' } });
  });

  it('gh-9501 a value equal to what its getter makes up is a change', async () => {
    const Model = await documents.model(
      new Schema<Doc>({ tax: { type: Number, get: (value?: number) => value ?? 10 } }),
    );
    const doc = await documents.load(Model, {});
    doc.set({ tax: 10 });
    expect(doc.isModified('tax')).toBe(true);
    await doc.save();
    expect(await documents.stored(doc)).toEqual({ tax: 10 });
  });

  it('gh-8652 Map keys set to the values they have', async () => {
    const Model = await documents.model(
      new Schema<Doc>({
        numbers: { type: Map, of: Number },
        people: { type: Map, of: new Schema({ name: String }, { _id: false }) },
      }),
    );
    const doc = await documents.load(Model, { numbers: { answer: 42 }, people: { captain: { name: 'Picard' } } });
    doc.numbers.set('answer', 42);
    doc.people.set('captain', { name: 'Picard' });
    expect(doc.modifiedPaths()).toEqual([]);
    expect(await documents.save(doc)).toBeNull();
  });
});

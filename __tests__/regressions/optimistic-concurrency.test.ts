// Section 10: optimisticConcurrency, and what else has to be guarded, or refused, as Mongoose does it.
import mongoose, { Schema } from 'mongoose';
import { rejection } from '../helpers/documents';
import type { Doc, Plain } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';

const documents = useDocuments();
const { VersionError } = mongoose.Error;

describe('optimisticConcurrency', () => {
  const priced = (): Schema<Doc> => new Schema<Doc>({ price: Number }, { optimisticConcurrency: true });

  it('gh-10128 a stale change is refused, a clean save of a fresh document moves nothing', async () => {
    const Model = await documents.model(priced());
    const one = await documents.load(Model, { price: 1 });
    await one.save();
    expect(one.__v).toBe(0);
    const two = await documents.again(Model, one);
    one.price = 2;
    await one.save();
    expect(one.__v).toBe(1);
    two.price = 3;
    expect(await rejection(two.save())).toBeInstanceOf(VersionError);
  });

  it.each<[string, (doc: Doc) => unknown]>([
    ['gh-11295 nothing changed', () => undefined],
    [
      'gh-10974 a change taken back',
      (doc) => {
        doc.price = 9;
        doc.price = 1;
      },
    ],
  ])('%s: the version is checked all the same', async (_title, edit) => {
    const Model = await documents.model(priced());
    const doc = await documents.load(Model, { price: 1 });
    const other = await documents.again(Model, doc);
    other.price = 2;
    await other.save();
    edit(doc);
    expect(await rejection(doc.save())).toBeInstanceOf(VersionError);
  });

  it('a change taken back on a fresh document moves neither the version nor anything else', async () => {
    const Model = await documents.model(priced());
    const doc = await documents.load(Model, { price: 1 });
    doc.price = 9;
    doc.price = 1;
    const commands = await documents.commands(Model, () => doc.save());
    expect(commands.filter(({ name }) => name === 'update')).toEqual([]);
    expect((await documents.again(Model, doc)).__v).toBe(0);
  });

  const profile = (): Schema<Doc> => new Schema<Doc>({ first: String, last: String }, { _id: false });
  const scoped: [string, unknown, (doc: Doc) => unknown][] = [
    [
      'exclude of a parent, a leaf changed',
      { exclude: ['profile'] },
      (doc) => {
        doc.profile.first = 'B';
      },
    ],
    [
      'exclude of a parent, another path changed',
      { exclude: ['profile'] },
      (doc) => {
        doc.balance = 2;
      },
    ],
    [
      'a leaf listed, its parent assigned',
      ['profile.first'],
      (doc) => {
        doc.profile = { first: 'B', last: 'l' };
      },
    ],
    [
      'a parent listed, a leaf changed',
      ['profile'],
      (doc) => {
        doc.profile.first = 'B';
      },
    ],
    [
      'a parent listed, another path changed',
      ['profile'],
      (doc) => {
        doc.balance = 2;
      },
    ],
    [
      'a leaf excluded, its sibling changed by assigning the parent',
      { exclude: ['profile.first'] },
      (doc) => {
        doc.profile = { first: 'f', last: 'M' };
      },
    ],
    [
      'gh-16383 a Map wildcard',
      ['map.$*.first'],
      (doc) => {
        doc.map.get('k').first = 'B';
      },
    ],
    [
      'gh-16383 a Map wildcard, another leaf',
      ['map.$*.first'],
      (doc) => {
        doc.map.get('k').last = 'B';
      },
    ],
  ];

  it.each(scoped)('gh-16054 %s: guarded as Mongoose guards it', async (_title, optimisticConcurrency, edit) => {
    const schema = (): Schema<Doc> =>
      new Schema<Doc>({ profile: profile(), balance: Number, map: { type: Map, of: profile() } }, {
        optimisticConcurrency,
      } as never);
    const raw = { profile: { first: 'f', last: 'l' }, balance: 1, map: { k: { first: 'f', last: 'l' } } };
    const guardOf = async (Model: Doc): Promise<unknown> => {
      const doc = await documents.load(Model, raw);
      edit(doc);
      const [command] = await documents.commands(Model, () => doc.save());
      return [Object.keys(command?.filter ?? {}).sort(), command?.update?.['$inc']];
    };
    const plain = await guardOf(await documents.plainModel(schema()));
    expect(await guardOf(await documents.model(schema()))).toEqual(plain);
  });
});

describe('guarded, or refused, as Mongoose does it', () => {
  const outcomeOf = async (Model: Doc, raw: Plain, select: string | undefined, edit: (doc: Doc) => unknown) => {
    const doc = await documents.load(Model, raw, select);
    await Model.updateOne({ _id: doc._id }, { $inc: { __v: 1 } });
    edit(doc);
    let error: string | undefined;
    const [command] = await documents.commands(Model, () =>
      doc.save().catch((reason: Error) => {
        error = reason.name;
      }),
    );
    return { error, filter: Object.keys(command?.filter ?? {}), operators: Object.keys(command?.update ?? {}) };
  };

  it.each<[string, Plain, string | undefined, (doc: Doc) => unknown]>([
    ['gh-16177 the version key selected', {}, 'price __v', (doc) => (doc.price = 2)],
    ['gh-16177 the version key not selected', {}, '-__v', (doc) => (doc.price = 2)],
    ['gh-16367 a path under the check not selected', {}, 'name __v', (doc) => (doc.name = 'm')],
    [
      'gh-16367 only paths under no check selected',
      { optimisticConcurrency: ['price'] },
      'name',
      (doc) => (doc.name = 'm'),
    ],
  ])('%s, with optimisticConcurrency', async (_title, options, select, edit) => {
    const schema = () => new Schema<Doc>({ price: Number, name: String }, { optimisticConcurrency: true, ...options });
    const raw = { price: 1, name: 'n' };
    const plain = await outcomeOf(await documents.plainModel(schema()), raw, select, edit);
    expect(await outcomeOf(await documents.model(schema()), raw, select, edit)).toEqual(plain);
  });

  it('gh-15464 a default of an array that is written beside a change', async () => {
    const schema = () => new Schema<Doc>({ name: String, list: [String] });
    const edit = (doc: Doc) => (doc.name = 'm');
    const plain = await outcomeOf(await documents.plainModel(schema()), { name: 'n' }, undefined, edit);
    expect(await outcomeOf(await documents.model(schema()), { name: 'n' }, undefined, edit)).toEqual(plain);
  });
});

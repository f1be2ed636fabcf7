/**
 * Makes one edit on a document of one of the two models, and judges by what the server holds afterwards.
 */
import { isDeepStrictEqual } from 'node:util';

/**
 * @typedef {object} Outcome
 * @property {import('./recorder.mjs').SentCommand[]} commands
 * @property {'stored' | 'lost' | 'wrong'} verdict what the server holds afterwards: what the edit meant, what it held
 *   before although the edit meant a change, or something else
 * @property {string} problem what went wrong, '' if nothing did
 * @property {number} touched documents that were written although the edit changes nothing in them
 * @property {number} stale documents that the edit changes whose `updatedAt` is still the old one
 */

/**
 * @param {import('./edits.mjs').Edit} edit
 * @param {import('mongoose').Model<any>} Model
 * @param {ReturnType<typeof import('./recorder.mjs').recorderOf>} recorder
 * @returns {Promise<Outcome>}
 */
export async function runEdit(edit, Model, recorder) {
  const filter = { cca3: { $in: [edit.country].flat() } };
  const before = await readBack(Model, filter);
  const docs = await Model.find(filter).sort({ cca3: 1 });
  const target = Array.isArray(edit.country) ? docs : docs[0];

  let failure = '';
  const commands = await recorder.during(async () => {
    try {
      await edit.edit(target, Model);
      if (!edit.saves) await target.save();
    } catch (error) {
      failure = `${error.name}: ${error.message}`;
    }
  });

  // `before` is what the server held, so reading it once more gives a copy that shares nothing with it.
  const after = await readBack(Model, filter);
  await restore(Model, before);
  const expected = await readBack(Model, filter);
  expected.forEach((document, i) => edit.intended?.(document, docs[i]));

  const outcome = { commands, verdict: 'stored', problem: failure, touched: 0, stale: 0 };
  let intended = 0;
  for (const [i, document] of after.entries()) {
    const changes = !isDeepStrictEqual(contentOf(expected[i]), contentOf(before[i]));
    const written = !isDeepStrictEqual(document, before[i]);
    if (changes) intended++;
    if (!changes && written) outcome.touched++;
    if (changes && written && !(document.updatedAt > before[i].updatedAt)) outcome.stale++;
    if (isDeepStrictEqual(contentOf(document), contentOf(expected[i]))) continue;
    outcome.verdict = written ? 'wrong' : 'lost';
    outcome.problem ||= written ? 'stored, but not what was meant!' : 'lost! The server holds the old value.';
  }
  if (failure !== '' && outcome.verdict === 'stored') outcome.verdict = 'wrong';
  // The data comes from a package: with another version of it an edit might come to nothing without anyone seeing it.
  if (edit.intended ? intended === 0 : after.length === 0) {
    throw new Error(`The edit "${edit.title}" does not fit the data: its document is not what the edit expects.`);
  }
  return outcome;
}

/** The documents as the server holds them, read past Mongoose. */
function readBack(Model, filter) {
  return Model.collection.find(filter).sort({ cca3: 1 }).toArray();
}

/** Every edit starts from the documents as they were loaded, also the one after an edit that went wrong. */
function restore(Model, documents) {
  return Model.collection.bulkWrite(
    documents.map((document) => ({ replaceOne: { filter: { _id: document._id }, replacement: document } })),
  );
}

/** A document without what Mongoose keeps about its writes. */
function contentOf({ updatedAt, __v, ...content }) {
  return content;
}

/**
 * `npm run demo`: the same edits on the same documents, once with plain Mongoose and once with the plugin, and what
 * each of them sent to the server.
 *
 * With DEMO_PLUGIN=off both sides are plain Mongoose, which needs no build.
 */
import mongoose from 'mongoose';
import { countryDocuments, countryModels } from './demo/countries.mjs';
import { sections } from './demo/edits.mjs';
import { formatNumber, printerFor } from './demo/print.mjs';
import { recorderOf } from './demo/recorder.mjs';
import { runEdit } from './demo/run.mjs';
import { startServer } from './server/index.cjs';

/** Of its own, because the server may be one with other data in it. */
const DATABASE = 'mongoose_cow_tracking_demo';

/**
 * @param {string} uri
 * @param {string} server what the server is, in one line
 * @returns {Promise<string[]>} what the plugin did wrong
 */
async function demo(uri, server) {
  const plugin = process.env.DEMO_PLUGIN === 'off' ? null : (await import('mongoose-cow-tracking')).default;
  const print = printerFor(process.stdout);
  const connection = await mongoose.createConnection(uri, { dbName: DATABASE, monitorCommands: true }).asPromise();
  try {
    // An earlier run may have been interrupted. Before there are models: these create their collections at once.
    await connection.dropDatabase();
    const models = countryModels(connection, plugin);
    const documents = await load(models);
    print.paragraph(
      `The ${documents} country documents of the npm package world-countries, loaded twice. Each edit is made on both ` +
        "copies and saved; below it stands what then reached the server, as the driver's command monitoring reports it. " +
        '✓ the document, read back from the server, is what the edit meant.',
    );
    print.paragraph(`Mongoose ${mongoose.version} on ${server}`);
    print.head('plain Mongoose', plugin ? 'with mongoose-cow-tracking' : 'plain Mongoose (DEMO_PLUGIN=off)');

    const plain = newTotals();
    const tracked = newTotals();
    const faults = [];
    let number = 0;
    const recorder = recorderOf(connection);
    for (const section of sections) {
      print.section(section.title);
      for (const edit of section.edits) {
        number++;
        const left = await runEdit(edit, models.plain, recorder);
        const right = await runEdit(edit, models.tracked, recorder);
        print.edit(number, edit, left, right);
        add(plain, left);
        add(tracked, right);
        faults.push(...faultsOf(edit, right).map((fault) => `Edit ${number} (${edit.title}): ${fault}`));
      }
    }

    print.totals(totalRows(number, plain, tracked));
    print.paragraph(conclusion(plain, tracked));
    for (const fault of faults) print.problem(fault);
    return faults;
  } finally {
    await connection.dropDatabase();
    await connection.close();
  }
}

/** Loads the same documents into both collections. */
async function load(models) {
  const documents = countryDocuments();
  for (const Model of Object.values(models)) {
    // Before the first insert: an insert that creates the collection would race with the creation of its index.
    await Model.init();
    await Model.insertMany(documents);
  }
  return documents.length;
}

/** What the plugin promises for every edit. @param {import('./demo/run.mjs').Outcome} outcome */
function faultsOf(edit, { commands, verdict, problem, touched, stale }) {
  const faults = [];
  if (verdict !== 'stored') faults.push(problem);
  if (touched > 0) faults.push('wrote a document that was not changed');
  if (stale > 0) faults.push('updatedAt did not move with the change');
  if (!edit.intended && commands.length > 0) faults.push('sent a command although nothing was changed');
  return faults;
}

function newTotals() {
  return { commands: 0, bytes: 0, paths: 0, touched: 0, lost: 0 };
}

/** @param {ReturnType<typeof newTotals>} totals @param {import('./demo/run.mjs').Outcome} outcome */
function add(totals, { commands, verdict, touched }) {
  totals.commands += commands.length;
  totals.touched += touched;
  if (verdict === 'lost') totals.lost++;
  for (const { bytes, operators } of commands) {
    totals.bytes += bytes;
    for (const paths of operators.values()) totals.paths += paths.size;
  }
}

function totalRows(edits, plain, tracked) {
  const row = (label, key) => {
    const ratio = tracked[key] > 0 ? `${(plain[key] / tracked[key]).toFixed(1)} : 1` : '';
    return [label, formatNumber(plain[key]), formatNumber(tracked[key]), ratio];
  };
  return [
    [`${edits} edits`, 'plain Mongoose', 'with the plugin', 'ratio'],
    row('commands', 'commands'),
    row('bytes sent', 'bytes'),
    row('paths written', 'paths'),
    row('documents written without a change', 'touched'),
    row('edits lost', 'lost'),
  ];
}

function conclusion(plain, tracked) {
  const percent = (key) => Math.round((100 * tracked[key]) / plain[key]);
  return (
    `With the plugin these edits took ${percent('commands')} % of the commands and ${percent('bytes')} % of the bytes, ` +
    'because a change that was taken back sends nothing and a value inside something larger is sent alone. ' +
    `Plain Mongoose lost ${plain.lost} of the edits without an error and wrote ${plain.touched} documents that were not ` +
    `changed, each with a new updatedAt; with the plugin it was ${tracked.lost} and ${tracked.touched}.`
  );
}

async function main() {
  let server;
  try {
    server = await startServer({ announce: false });
  } catch (error) {
    // Its message says what to do; a stack would only hide it.
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  try {
    const faults = await demo(server.uri, server.label);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await server.stop();
  }
}

process.exitCode = await main();

import { sections } from '../../scripts/demo/edits.mjs';
import { recorderOf } from '../../scripts/demo/recorder.mjs';
import { runEdit } from '../../scripts/demo/run.mjs';
import { exactRow } from '../harness/bench.mjs';
import { barsOfCases } from '../harness/chart.mjs';
import { countriesOn } from '../harness/countries.mjs';
import { Lane } from '../harness/lanes.mjs';
import { DIFF, PLAIN, PLUGIN, PLUGIN_DETECT, PLUGIN_DIFF, TS_PATCH } from '../harness/models.mjs';

const edits = sections.flatMap((section) => section.edits);

export const title = `What ${edits.length} everyday edits send to the server`;
export const about =
  'The edits of `npm run demo`, each on a document that was just loaded; what the driver reports of its commands, as BSON. ' +
  'Sums over the edits that plain Mongoose stores; "edits lost" counts those that a contender did not store.';
export const unit = '';

const COMMANDS = 'commands, each a round trip';
const BYTES = 'bytes of BSON';
const LOST = 'edits lost';
export const cases = [COMMANDS, BYTES, LOST];
export const contenders = [PLAIN, PLUGIN, PLUGIN_DETECT, PLUGIN_DIFF, DIFF, TS_PATCH];

export async function prepare(_caseName, contender, { uri }) {
  const { Model, connection, end } = await countriesOn(contender, uri, 'cow_bench_traffic');
  const recorder = recorderOf(connection);
  return {
    check() {},
    end,
    answers: {
      /** Commands, bytes and verdict of every edit. */
      async edits() {
        const outcomes = [];
        for (const edit of edits) {
          const { commands, verdict } = await runEdit(edit, Model, recorder);
          outcomes.push({
            title: edit.title,
            commands: commands.length,
            bytes: commands.reduce((sum, command) => sum + command.bytes, 0),
            clean: edit.intended === undefined,
            verdict,
          });
        }
        return outcomes;
      },
    },
  };
}

async function outcomesOf(contender, uri) {
  const lane = new Lane({ measure: 'traffic', case: 'all', contender, options: { uri } });
  try {
    await lane.ask('prepare');
    return await lane.ask('answer', 'edits');
  } finally {
    await lane.end();
  }
}

/** What holds for every single edit, whatever the sums are. */
function judge(plain, own) {
  for (const [i, edit] of own.entries()) {
    const other = plain[i];
    const say = (what) => {
      throw new Error(`"${edit.title}" with ${PLUGIN}: ${what}`);
    };
    if (edit.verdict !== 'stored') say(`the edit is ${edit.verdict}`);
    if (edit.clean && edit.commands > 0) say('a command although nothing was changed');
    if (other.verdict !== 'stored') continue;
    if (edit.commands > other.commands || edit.bytes > other.bytes)
      say(`more than ${PLAIN}: ${JSON.stringify([other, edit])}`);
  }
}

/** Looking for conflicts costs bytes of the filter, and no command. */
function judgeDetecting(own, detecting) {
  for (const [i, edit] of detecting.entries()) {
    if (edit.verdict === 'stored' && edit.commands === own[i].commands) continue;
    throw new Error(`"${edit.title}" with ${PLUGIN_DETECT}: ${JSON.stringify([own[i], edit])}`);
  }
}

export async function quick({ server }) {
  const { uri } = await server();
  const own = await outcomesOf(PLUGIN, uri);
  judge(await outcomesOf(PLAIN, uri), own);
  judgeDetecting(own, await outcomesOf(PLUGIN_DETECT, uri));
}

export async function measure(bench) {
  const { uri } = await bench.server();
  const all = {};
  for (const contender of contenders) {
    bench.progress(`traffic: ${contender}`);
    all[contender] = await outcomesOf(contender, uri);
  }
  const plain = all[PLAIN];
  judge(plain, all[PLUGIN]);
  judgeDetecting(all[PLUGIN], all[PLUGIN_DETECT]);
  const sum = (outcomes, key) =>
    outcomes.reduce((total, one, i) => total + (plain[i].verdict === 'stored' ? one[key] : 0), 0);
  const lost = (outcomes) => outcomes.filter(({ verdict }) => verdict !== 'stored').length;
  const limits = { [COMMANDS]: { must: 1 }, [BYTES]: { must: 1, aim: 0.25 }, [LOST]: { must: 0, aim: 0 } };
  const valueOf = { [COMMANDS]: (o) => sum(o, 'commands'), [BYTES]: (o) => sum(o, 'bytes'), [LOST]: lost };
  return cases.flatMap((caseName) =>
    contenders.map((contender) =>
      exactRow({
        case: caseName,
        contender,
        value: valueOf[caseName](all[contender]),
        base: valueOf[caseName](plain),
        isBase: contender === PLAIN,
        limits: contender === PLUGIN ? limits[caseName] : undefined,
      }),
    ),
  );
}

export const chart = (result) => barsOfCases(result);

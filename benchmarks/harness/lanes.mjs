/**
 * Every contender runs in a process of its own, because V8 specialises Mongoose's functions for the documents that it
 * sees: two contenders in one process would measure each other. The processes of one heat live at the same time and take
 * turns of a few milliseconds, so that what else the machine does meets all of them alike; and a new heat starts new
 * processes, because what V8 makes of the same code differs from process to process.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LANE = fileURLToPath(new URL('./lane.mjs', import.meta.url));

/** One process with one contender in it. */
export class Lane {
  #child;
  #pending = null;
  #ended = null;

  /** @param {import('./lane.mjs').Start} start */
  constructor(start) {
    this.name = start.contender;
    this.#child = fork(LANE, [JSON.stringify(start)], { execArgv: ['--expose-gc', '--no-warnings'] });
    this.#child.on('message', (message) => this.#settle(message));
    this.#child.on('exit', (code, signal) => {
      this.#ended = `the process of ${start.measure}, ${start.case}, ${start.contender} ended (${signal ?? code})`;
      this.#settle({ error: this.#ended });
    });
  }

  #settle(message) {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    if (message.error === undefined) pending.resolve(message.value);
    else pending.reject(new Error(message.error));
  }

  /** @param {string} method @param {unknown[]} args @returns {Promise<any>} */
  ask(method, ...args) {
    if (this.#ended !== null) return Promise.reject(new Error(this.#ended));
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#child.send({ method, args });
    });
  }

  async end() {
    if (this.#ended !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await gone;
  }
}

/**
 * @param {string} measure
 * @param {string} caseName
 * @param {readonly string[]} contenders
 * @param {object} options handed to the measure
 * @param {(lanes: Lane[]) => Promise<T>} use
 * @template T
 * @returns {Promise<T>}
 */
export async function withLanes(measure, caseName, contenders, options, use) {
  const lanes = [];
  try {
    for (const contender of contenders) {
      const lane = new Lane({ measure, case: caseName, contender, options });
      lanes.push(lane);
      // One after the other: two that start at once would disturb each other's warm-up.
      await lane.ask('prepare');
    }
    return await use(lanes);
  } finally {
    await Promise.all(lanes.map((lane) => lane.end()));
  }
}

/** The order changes from round to round, so that nobody always comes after the same one. */
function shuffled(items) {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

/**
 * @param {Lane[]} lanes
 * @param {{ rounds: number, warmupMs: number, turnMs: number }} timing
 * @returns {Promise<Record<string, number[]>>} nanoseconds per operation, by contender, round by round
 */
export async function takeTurns(lanes, { rounds, warmupMs, turnMs }) {
  for (const lane of lanes) await lane.ask('warmUp', warmupMs, turnMs);
  const times = Object.fromEntries(lanes.map((lane) => [lane.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const lane of shuffled(lanes)) times[lane.name].push(await lane.ask('turn'));
  }
  return times;
}

/**
 * Every contender runs in a process of its own, because V8 specialises Mongoose's functions for the documents that it
 * sees: two contenders in one process would measure each other. The processes of one heat live at the same time and take
 * turns of a few milliseconds, so that what else the machine does meets all of them alike; and every heat starts new
 * processes, because what V8 makes of the same code differs from process to process.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LANE = fileURLToPath(new URL('./lane.mjs', import.meta.url));

/** A contender that takes longer for one answer is out of its case, and the others go on. */
const PATIENCE_MS = 60_000;

/** Rounds of a heat that are run even if the heat's time is over. */
const LEAST_ROUNDS = 3;

export class TooSlowError extends Error {
  name = 'TooSlowError';

  /** @param {string} message @param {string} contender */
  constructor(message, contender) {
    super(message);
    this.contender = contender;
  }
}

/** One process with one contender in it. */
export class Lane {
  #child;
  #pending = null;
  #ended = null;

  /** @param {import('./lane.mjs').Start} start */
  constructor(start) {
    this.name = start.contender;
    this.title = `${start.measure}, ${start.case}, ${start.contender}`;
    this.#child = fork(LANE, [JSON.stringify(start)], { execArgv: ['--expose-gc', '--no-warnings'] });
    this.#child.on('message', (message) => this.#settle(message));
    this.#child.on('exit', (code, signal) => {
      this.#ended = `${this.title}: its process ended (${signal ?? code})`;
      this.#settle({ error: this.#ended });
    });
  }

  #settle(message) {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return;
    clearTimeout(pending.timer);
    if (message.error === undefined) pending.resolve(message.value);
    else pending.reject(new Error(message.error));
  }

  /** @param {string} method @param {unknown[]} args @returns {Promise<any>} */
  ask(method, ...args) {
    return this.askPatiently(PATIENCE_MS, method, ...args);
  }

  /** @param {number} patience milliseconds, 0 for ever @param {string} method @param {unknown[]} args */
  askPatiently(patience, method, ...args) {
    if (this.#ended !== null) return Promise.reject(new Error(this.#ended));
    return new Promise((resolve, reject) => {
      const timer = patience > 0 ? setTimeout(() => this.#giveUp(method, patience), patience) : undefined;
      this.#pending = { resolve, reject, timer };
      this.#child.send({ method, args });
    });
  }

  #giveUp(method, patience) {
    const pending = this.#pending;
    this.#pending = null;
    this.#child.kill('SIGKILL');
    pending?.reject(new TooSlowError(`${this.title}: no answer to '${method}' in ${patience / 1000} s`, this.name));
  }

  async end() {
    if (this.#ended !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }
}

/**
 * One heat: prepares and checks every contender, and calls `use` with those that were fast enough to take part.
 *
 * @param {{ measure: string, case: string, contenders: readonly string[], options: object }} heat
 * @param {(lanes: Lane[]) => Promise<T>} use
 * @param {(error: TooSlowError) => void} tooSlow
 * @template T
 * @returns {Promise<T>}
 */
export async function withLanes({ measure, case: caseName, contenders, options }, use, tooSlow) {
  const all = [];
  const ready = [];
  try {
    for (const contender of contenders) {
      const lane = new Lane({ measure, case: caseName, contender, options });
      all.push(lane);
      try {
        // One after the other: two that start at once would disturb each other's warm-up.
        await lane.ask('prepare');
        ready.push(lane);
      } catch (error) {
        if (!(error instanceof TooSlowError)) throw error;
        tooSlow(error);
      }
    }
    return await use(ready);
  } finally {
    await Promise.all(all.map((lane) => lane.end()));
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
 * @param {{ rounds: number, warmupMs: number, turnMs: number, heatMs: number }} timing
 * @returns {Promise<Record<string, number[]>>} nanoseconds per operation, by contender, round by round
 */
export async function takeTurns(lanes, { rounds, warmupMs, turnMs, heatMs }) {
  for (const lane of lanes) await lane.ask('warmUp', warmupMs, turnMs);
  const times = Object.fromEntries(lanes.map((lane) => [lane.name, []]));
  const end = performance.now() + heatMs;
  for (let round = 0; round < rounds && (round < LEAST_ROUNDS || performance.now() < end); round++) {
    for (const lane of shuffled(lanes)) times[lane.name].push(await lane.ask('turn'));
  }
  return times;
}

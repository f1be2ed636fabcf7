/** What the measures have in common: heats of turns, or of answers, made into rows. */
import { takeTurns, withLanes } from './lanes.mjs';
import { median, spreadOf } from './statistics.mjs';

/**
 * @typedef {object} Row
 * @property {string} case
 * @property {string} contender
 * @property {import('./statistics.mjs').Spread | null} value null: it took too long, or there is none
 * @property {import('./statistics.mjs').Spread | null} ratio to the base of its case
 * @property {boolean} base
 * @property {Limits} [limits] for the plugin's rows
 * @property {string} [note]
 */

/** @typedef {{ must?: number, aim?: number }} Limits at most so much of the base */

/**
 * @typedef {object} Result
 * @property {string} measure
 * @property {string} title
 * @property {string} about
 * @property {string} unit
 * @property {string} base
 * @property {object} environment
 * @property {Row[]} rows
 */

/** @typedef {{ heats: number, rounds: number, warmupMs: number, turnMs: number, heatMs: number }} Timing */

export class Bench {
  /**
   * @param {object} settings
   * @param {number} [settings.heats] instead of what the measures think right
   * @param {number} settings.rounds of the measure of heap growth
   * @param {() => Promise<{ uri: string, label: string }>} settings.server started when it is first asked for
   * @param {(text: string) => void} settings.progress
   */
  constructor({ heats, rounds, server, progress }) {
    this.heats = heats;
    this.rounds = rounds;
    this.server = server;
    this.progress = progress;
  }

  /**
   * Times per operation. A row's ratio is the median over heats of the median over rounds of
   * (time of the contender / time of the base in the same round), its spread that of the heats.
   *
   * @param {object} plan
   * @param {string} plan.measure
   * @param {string} plan.case
   * @param {readonly string[]} plan.contenders
   * @param {string} plan.base
   * @param {Timing} plan.timing
   * @param {object} [plan.options]
   * @param {(contender: string) => Limits | undefined} [plan.limits]
   * @returns {Promise<Row[]>}
   */
  turns(plan) {
    return this.#heats(plan, plan.timing.heats, async (lanes, note) => {
      const times = await takeTurns(lanes, plan.timing);
      const base = times[plan.base];
      for (const [contender, own] of Object.entries(times)) {
        note(contender, median(own), base && median(own.map((time, round) => time / base[round])));
      }
    });
  }

  /**
   * Numbers that a contender gives when it is asked, for example bytes.
   *
   * @param {Parameters<Bench['turns']>[0] & { heats: number, answer: string, args?: unknown[], patience?: number }} plan
   */
  answers(plan) {
    return this.#heats(plan, plan.heats, async (lanes, note) => {
      const values = {};
      for (const lane of lanes) {
        values[lane.name] = await lane.askPatiently(plan.patience ?? 0, 'answer', plan.answer, ...(plan.args ?? []));
      }
      for (const [contender, value] of Object.entries(values)) note(contender, value, value / values[plan.base]);
    });
  }

  async #heats({ measure, case: caseName, contenders, base, options = {}, limits }, count, run) {
    const values = Object.fromEntries(contenders.map((contender) => [contender, { values: [], ratios: [] }]));
    const slow = new Map();
    const heats = this.heats ?? count;
    for (let heat = 0; heat < heats; heat++) {
      this.progress(`${measure}: ${caseName}, heat ${heat + 1} of ${heats}`);
      await withLanes(
        { measure, case: caseName, contenders: contenders.filter((one) => !slow.has(one)), options },
        (lanes) =>
          run(lanes, (contender, value, ratio) => {
            values[contender].values.push(value);
            if (ratio !== undefined) values[contender].ratios.push(ratio);
          }),
        (error) => slow.set(error.contender, error.message),
      );
    }
    return contenders.map((contender) => rowOf({ caseName, contender, base, limits, slow, ...values[contender] }));
  }
}

/** @returns {Row} */
function rowOf({ caseName, contender, base, limits, slow, values, ratios }) {
  return {
    case: caseName,
    contender,
    value: values.length > 0 ? spreadOf(values) : null,
    ratio: ratios.length > 0 ? spreadOf(ratios) : null,
    base: contender === base,
    ...(limits?.(contender) && { limits: limits(contender) }),
    ...(slow.has(contender) && { note: slow.get(contender) }),
  };
}

/** A row of exact numbers, measured once. @returns {Row} */
export function exactRow({ case: caseName, contender, value, base, isBase = false, limits, note }) {
  return {
    case: caseName,
    contender,
    value: spreadOf([value]),
    ratio: base === undefined ? null : spreadOf([base === 0 ? (value === 0 ? 1 : Infinity) : value / base]),
    base: isBase,
    ...(limits && { limits }),
    ...(note && { note }),
  };
}

/** `limits` of measures in which only the plugin is held to something. */
export function limitsFor(contender, limits) {
  return (one) => (one === contender ? limits : undefined);
}

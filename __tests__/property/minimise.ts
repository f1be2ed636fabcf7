import type { Script, Step } from './arbitraries';

/** The smallest script that still fails: without the steps that do not matter, and each step as plain as can be. */
export async function minimise(script: Script, fails: (script: Script) => Promise<boolean>): Promise<Script> {
  let smallest = script;
  for (;;) {
    const smaller = await firstFailing(candidates(smallest), fails);
    if (smaller === null) return smallest;
    smallest = smaller;
  }
}

async function firstFailing(
  scripts: Iterable<Script>,
  fails: (script: Script) => Promise<boolean>,
): Promise<Script | null> {
  for (const script of scripts) if (await fails(script)) return script;
  return null;
}

function* candidates(script: Script): Generator<Script> {
  const { steps } = script;
  const half = Math.ceil(steps.length / 2);
  if (steps.length > 2) {
    yield { ...script, steps: steps.slice(half) };
    yield { ...script, steps: steps.slice(0, half) };
  }
  for (const index of steps.keys()) {
    if (steps.length > 1) yield { ...script, steps: steps.filter((_, at) => at !== index) };
  }
  if (script.revert) yield { ...script, revert: false };
  if (script.load !== 'whole') yield { ...script, load: 'whole' };
  if (script.seed !== 'full') yield { ...script, seed: 'full' };
  if (script.variant !== 'standard') yield { ...script, variant: 'standard' };
  for (const [index, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) {
      yield { ...script, steps: steps.map((kept, at) => (at === index ? simpler : kept)) };
    }
  }
}

function* simplerSteps(step: Step): Generator<Step> {
  if (step.do === 'undone') {
    yield step.edit;
    for (const edit of simplerSteps(step.edit)) {
      if (edit.do !== 'save' && edit.do !== 'reload') yield { ...step, edit };
    }
  }
  if (step.do === 'save' && step.again) yield { ...step, again: false };
  if (step.do === 'array' && step.values.length > 1) yield { ...step, values: step.values.slice(0, 1) };
  if ('pick' in step && step.pick.some((n) => n !== 0)) yield { ...step, pick: step.pick.map(() => 0) };
  if (step.do === 'setMany') {
    for (const gone of Object.keys(step.values)) {
      const entries = Object.entries(step.values).filter(([key]) => key !== gone);
      if (entries.length > 0) yield { ...step, values: Object.fromEntries(entries) };
    }
  }
  if (step.do === 'resubmit') {
    if (step.stamps) yield { ...step, stamps: false };
    for (const gone of step.changes) yield { ...step, changes: step.changes.filter((n) => n !== gone) };
    for (const gone of step.drop) yield { ...step, drop: step.drop.filter((path) => path !== gone) };
  }
  if ('value' in step) yield* simplerValues(step);
}

/** Objects without one of their keys. */
function* simplerValues<S extends Extract<Step, { value: unknown }>>(step: S): Generator<S> {
  const { value } = step;
  if (value === null || typeof value !== 'object' || Array.isArray(value) || '$' in value) return;
  for (const gone of Object.keys(value)) {
    yield { ...step, value: Object.fromEntries(Object.entries(value).filter(([key]) => key !== gone)) };
  }
}

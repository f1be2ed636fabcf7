/** A check that does not hold, by name: counterexamples are grouped by it. */
export class PropertyFailure extends Error {
  constructor(
    readonly check: string,
    detail: string,
  ) {
    super(`[${check}] ${detail}`);
    this.name = 'PropertyFailure';
  }
}

export function check(name: string, holds: boolean, detail: () => string): void {
  if (!holds) throw new PropertyFailure(name, detail());
}

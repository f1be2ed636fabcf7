/** `exactly<number>()(value)` compiles for a value of this very type, and not for `any` or a narrower one. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- types are compared here, not values */
export declare function exactly<Expected>(): <Actual>(
  value: (<T>() => T extends Actual ? 1 : 2) extends <T>() => T extends Expected ? 1 : 2 ? Actual : never,
) => void;
/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

declare const numeric: number;
exactly<number>()(numeric);
// @ts-expect-error -- of another type
exactly<number>()('1');
// @ts-expect-error -- a wider type
exactly<number>()(1 as number | undefined);
// @ts-expect-error -- a narrower type
exactly<number>()(1 as const);
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` would fit everywhere
declare const anything: any;
// @ts-expect-error -- not `any` either
exactly<number>()(anything);

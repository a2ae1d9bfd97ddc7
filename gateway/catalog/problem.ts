import type { Log } from '../log.ts';

/** Something in one of Potoo's own objects that the gateway cannot read, and goes without. */
export interface Problem {
  /** `Kind namespace/name`. */
  readonly object: string;
  /** Where, like `status.constraints[3]`. */
  readonly path: string;
  readonly message: string;
}

export type OnProblem = (problem: Problem) => void;

/** Tells each problem as a warning. */
export function logProblems(log: Log): OnProblem {
  return (problem) => log.warn(problem, 'cannot read part of an object');
}

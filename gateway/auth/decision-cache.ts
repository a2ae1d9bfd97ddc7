/**
 * Answers of the API server, kept for a while and asked for once, however many callers wait for the same one.
 * A question that failed is not kept: the next caller asks again. While the API server does not answer, a no goes on to hold
 * as long as a yes: it opens nothing, and callers with few rights are not worse off than those with many.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';
import { createLru } from '../lru.ts';

/** How long a yes holds: a right that was withdrawn is gone after this time at the latest. */
export const allowMs = 60_000;
/** How long a no holds: short, because people retry right after they were given a right. */
export const denyMs = 5_000;

interface Decision<T> {
  readonly answer: T;
  readonly askedAt: number;
}

export interface DecisionCache<T> {
  /**
   * What `get` answers without asking; undefined where it asks.
   * @param noHoldsMs As of `get`.
   */
  kept(key: string, noHoldsMs?: number): { readonly answer: T } | undefined;
  /**
   * The kept answer, or that of `ask`.
   * @param noHoldsMs How old a no may be; `denyMs` unless told.
   */
  get(key: string, ask: () => Promise<T>, noHoldsMs?: number): Promise<T>;
  /** The kept yes, if it may be used without asking. */
  yes(key: string): T | undefined;
  /** The last answer if it was a yes, however old: to know somebody again, not to let anybody in. */
  lastYes(key: string): T | undefined;
}

/**
 * @param options.positive Whether an answer is a yes.
 * @param options.yesMax How many of them are kept.
 * @param options.noMax Apart from them: whoever makes up tokens or names gets a no for each, and drives no yes out.
 * @param options.graceMs For how long beyond its time an answer holds while the API server gives none; 0 unless told.
 */
export function createDecisionCache<T>(options: {
  readonly clock: Clock;
  readonly yesMax: number;
  readonly noMax: number;
  readonly positive: (answer: T) => boolean;
  readonly graceMs?: number | undefined;
}): DecisionCache<T> {
  const { clock, positive, graceMs = 0 } = options;
  const yes = createLru<string, Decision<T>>(options.yesMax);
  const no = createLru<string, Decision<T>>(options.noMax);
  const pending = new Map<string, Promise<T>>();

  function keep(key: string, decision: Decision<T>): void {
    const [now, before] = positive(decision.answer) ? [yes, no] : [no, yes];
    before.delete(key);
    now.set(key, decision);
  }

  function youngerThan(decision: Decision<T> | undefined, ms: number): Decision<T> | undefined {
    return decision !== undefined && clock.monotonic() - decision.askedAt < ms ? decision : undefined;
  }

  async function askOnce(key: string, ask: () => Promise<T>): Promise<T> {
    // The answer is as old as the question: a right withdrawn while it travelled must not live longer.
    const askedAt = clock.monotonic();
    try {
      const answer = await ask();
      keep(key, { answer, askedAt });
      return answer;
    } catch (error) {
      // Not when it was the caller's own doing: who asks too much must not prolong a right by it.
      const outage = error instanceof GatewayError && error.code === 'REVIEW_UNAVAILABLE';
      const old = outage ? youngerThan(yes.get(key) ?? no.get(key), allowMs + graceMs) : undefined;
      if (old === undefined) throw error;
      return old.answer;
    } finally {
      pending.delete(key);
    }
  }

  function kept(key: string, noHoldsMs = denyMs): Decision<T> | undefined {
    return youngerThan(yes.get(key), allowMs) ?? youngerThan(no.get(key), noHoldsMs);
  }

  return {
    kept,
    async get(key, ask, noHoldsMs) {
      const known = kept(key, noHoldsMs);
      if (known !== undefined) return known.answer;
      const underWay = pending.get(key);
      if (underWay !== undefined) return underWay;
      const asking = askOnce(key, ask);
      pending.set(key, asking);
      return asking;
    },
    yes: (key) => youngerThan(yes.get(key), allowMs)?.answer,
    lastYes: (key) => yes.get(key)?.answer,
  };
}

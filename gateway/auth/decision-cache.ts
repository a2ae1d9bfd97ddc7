/**
 * Answers of the API server, kept for a while and asked for once, however many callers wait for the same one.
 * A question that failed is not kept: the next caller asks again. While questions fail, a no goes on to hold as long as a yes
 * would have: it opens nothing, and callers with few rights are not worse off than those with many.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** How long a yes holds: a right that was withdrawn is gone after this time at the latest. */
export const allowMs = 60_000;
/** How long a no holds: short, because people retry right after they were given a right. */
export const denyMs = 5_000;
/** Questions under way at a time. Beyond, callers are refused rather than queued without end. */
const pendingMax = 1_000;
/** Further ones, about what was answered with a yes before: made-up questions cannot take the place of these. */
const pendingReserve = 1_000;

interface Decision<T> {
  readonly answer: T;
  readonly askedAt: number;
}

export interface DecisionCache<T> {
  /** The kept answer, or that of `ask`. */
  get(key: string, ask: () => Promise<T>): Promise<T>;
  readonly size: number;
  /** The last answer if it was a yes, however old: to know somebody again, not to let anybody in. */
  lastYes(key: string): T | undefined;
}

/**
 * @param options.positive Whether an answer is a yes.
 * @param options.yesMax How many of them are kept.
 * @param options.noMax Apart from them: whoever makes up tokens or names gets a no for each, and drives no yes out.
 */
export function createDecisionCache<T>(options: {
  readonly clock: Clock;
  readonly yesMax: number;
  readonly noMax: number;
  readonly positive: (answer: T) => boolean;
}): DecisionCache<T> {
  const { clock, positive } = options;
  const yes = new LRUCache<string, Decision<T>>({ max: options.yesMax });
  const no = new LRUCache<string, Decision<T>>({ max: options.noMax });
  const pending = new Map<string, Promise<T>>();

  function keep(key: string, decision: Decision<T>): void {
    const [now, before] = positive(decision.answer) ? [yes, no] : [no, yes];
    before.delete(key);
    now.set(key, decision);
  }

  async function askOnce(key: string, ask: () => Promise<T>): Promise<T> {
    // The answer is as old as the question: a right withdrawn while it travelled must not live longer.
    const askedAt = clock.monotonic();
    try {
      const answer = await ask();
      keep(key, { answer, askedAt });
      return answer;
    } catch (error) {
      const known = no.get(key);
      if (known === undefined || clock.monotonic() - known.askedAt >= allowMs) throw error;
      return known.answer;
    } finally {
      pending.delete(key);
    }
  }

  return {
    async get(key, ask) {
      const known = yes.get(key) ?? no.get(key);
      const holdsMs = known !== undefined && positive(known.answer) ? allowMs : denyMs;
      if (known !== undefined && clock.monotonic() - known.askedAt < holdsMs) return known.answer;
      const underWay = pending.get(key);
      if (underWay !== undefined) return underWay;
      if (pending.size >= pendingMax + (yes.has(key) ? pendingReserve : 0)) {
        throw new GatewayError('REVIEW_UNAVAILABLE', 'Too many callers are being checked at the moment.');
      }
      const asking = askOnce(key, ask);
      pending.set(key, asking);
      return asking;
    },
    get size() {
      return yes.size + no.size;
    },
    lastYes: (key) => yes.get(key)?.answer,
  };
}

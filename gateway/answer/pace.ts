/**
 * Work on very many things, in pieces. Whoever may write policies may write 20,000 of them into one namespace, and an answer
 * over all of these takes seconds; done at once, nobody else would be answered in that time, and readiness would fail.
 *
 * The first piece is done at once, and nearly every answer is made within it. All further pieces, whoever they are for, take
 * turns, and requests that have come meanwhile are looked at between any two of them.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** Of one piece: as long as others wait. */
export const pieceMs = 10;
/** What is left of the time of a call for all that comes after the work: to encode the answer, above all. */
export const afterwardsMs = 1_000;

/** The pace of one call. */
export interface Pace {
  /** Whether the work should come to an end now, as far as it has got: soon nobody waits for the answer any more. */
  readonly late: boolean;
  /**
   * Works on one item after the other until there is none, or `work` returns false.
   * Throws DEADLINE_EXCEEDED when the time of the call is over: nobody waits for its answer any more.
   */
  each<T>(items: Iterable<T>, work: (item: T) => unknown): Promise<void>;
}

/** The paces of all calls of one gateway. @returns That of a call, by its deadline. */
export function createPaces(clock: Clock): (deadline: number) => Pace {
  let before = Promise.resolve();

  /** Waits for the turn of one more piece. @returns What ends it. */
  async function turn(): Promise<() => void> {
    const last = before;
    const own = Promise.withResolvers<void>();
    before = own.promise;
    await last;
    await clock.sleep(0);
    return own.resolve;
  }

  return (deadline) => ({
    get late() {
      return clock.monotonic() > deadline - afterwardsMs;
    },
    async each(items, work) {
      let end: (() => void) | undefined;
      let since = clock.monotonic();
      try {
        for (const item of items) {
          if (work(item) === false) return;
          if (clock.monotonic() - since < pieceMs) continue;
          end?.();
          end = await turn();
          since = clock.monotonic();
          if (since > deadline) throw new GatewayError('DEADLINE_EXCEEDED', 'The answer took too long; try again.');
        }
      } finally {
        end?.();
      }
    },
  });
}

/**
 * Tokens that the API server has refused, by where they come from: whoever makes up tokens causes a review for each, and may
 * cause only so many. Tokens that were accepted before are never held up by it, whatever comes from the same address.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';
import { createBuckets } from './buckets.ts';

/** Behind a proxy many share an address, and some of their tokens will have expired: hence more than one sender needs. */
const refusedPerMinute = 60;
const peersMax = 10_000;

export interface Strangers {
  /** To be called before a review of a token that was not accepted before. Throws RATE_LIMITED. */
  admit(): void;
  /** To be called when such a token is refused. */
  refused(): void;
}

/** @param options.peer Where the request comes from on whose account this runs. */
export function createStrangers(options: {
  readonly clock: Clock;
  readonly peer: () => string | undefined;
}): Strangers {
  const buckets = createBuckets({
    clock: options.clock,
    perSecond: refusedPerMinute / 60,
    burst: refusedPerMinute,
    keysMax: peersMax,
  });
  const key = () => options.peer() ?? 'unknown';
  return {
    admit() {
      const retryAfterSeconds = buckets.wait(key());
      if (retryAfterSeconds === 0) return;
      throw new GatewayError('RATE_LIMITED', 'Too many tokens from your address were refused; try again later.', {
        retryAfterSeconds,
      });
    },
    // What is under way at the same time can take more than there is: there is nothing to be done about it any more.
    refused() {
      buckets.take(key());
    },
  };
}

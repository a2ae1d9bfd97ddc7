/**
 * Before a review is sent: does the API server answer at all, has whoever causes it a review left, and is it its turn.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';
import type { Buckets } from './buckets.ts';
import { createCircuit } from './circuit.ts';
import type { Turns } from './turns.ts';

export interface ReviewGate {
  /**
   * Sends one review.
   * Throws RATE_LIMITED when it is not sent because of others of the same lane, and what `review` throws.
   * @param lane Whoever causes it.
   * @param reserve How many further ones the lane must have left.
   */
  ask<T>(lane: string, review: () => Promise<T>, reserve?: number): Promise<T>;
}

/**
 * Each gate finds out by itself whether the API server answers: questions of one kind that hang, like those about tokens for
 * a webhook that is down, must not stop those of another.
 * @param options.budget How many reviews a lane may cause; without it as many as there are turns.
 */
export function createReviewGate(options: {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly budget?: Buckets | undefined;
}): ReviewGate {
  const { turns, budget } = options;
  const circuit = createCircuit(options.clock);
  return {
    async ask(lane, review, reserve) {
      // First of all: what is not sent in an outage must cost nobody a review.
      circuit.check();
      const retryAfterSeconds = budget?.take(lane, reserve) ?? 0;
      if (retryAfterSeconds > 0) {
        throw new GatewayError('RATE_LIMITED', 'This needs more checks of rights than are left; try again later.', {
          retryAfterSeconds,
        });
      }
      return turns.run(lane, async () => circuit.run(review));
    },
  };
}

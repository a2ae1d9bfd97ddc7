/**
 * Whether it is worth to ask the API server at all. After some failures in a row one question a second finds out whether it
 * answers again, and all others fail at once: in an outage no caller waits for what will not come.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** In a row: a single question that got lost says nothing of the next. */
const failuresMax = 3;
/** Between two questions of an outage. */
export const probeMs = 1_000;

export interface Circuit {
  /** Throws REVIEW_UNAVAILABLE when `run` would not ask. */
  check(): void;
  /** Asks, and notes whether there was an answer. Throws what `ask` throws. */
  run<T>(ask: () => Promise<T>): Promise<T>;
}

/** Closed at first. An answer closes it, whether it is a yes or a no. */
export function createCircuit(clock: Clock): Circuit {
  let failures = 0;
  let failedAt = 0;
  let probing = false;

  function check(): void {
    if (failures < failuresMax) return;
    if (!probing && clock.monotonic() - failedAt >= probeMs) return;
    throw new GatewayError('REVIEW_UNAVAILABLE', 'The API server does not answer reviews at the moment.', {
      retryAfterSeconds: probeMs / 1_000,
    });
  }

  return {
    check,
    async run(ask) {
      check();
      const probe = failures >= failuresMax;
      if (probe) probing = true;
      try {
        const answer = await ask();
        failures = 0;
        return answer;
      } catch (error) {
        failures += 1;
        failedAt = clock.monotonic();
        throw error;
      } finally {
        if (probe) probing = false;
      }
    },
  };
}

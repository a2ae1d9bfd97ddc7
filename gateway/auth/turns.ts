/**
 * Whose review is sent next. Everybody has a lane; lanes that wait take turns, and none has more than its share under way.
 * So a caller who needs a thousand reviews takes neither the connections nor the place in the queue of one who needs two.
 */
import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** Under way in all lanes: fewer than kube/transport.ts has connections, which the lists of the catalog use, too. */
export const underWayMax = 24;
/** Under way in one lane: it takes six that are full to make anybody else wait. */
export const laneUnderWayMax = 4;
/** Waiting in one lane: what the largest call asks for at a time, several times. */
const laneWaitingMax = 200;
/** Waiting in all lanes. Beyond, one who has nothing waiting is let in still. */
const waitingMax = 4_000;
/** What has waited so long is not worth its answer: a call has less than 4 s for all it asks. */
const waitMsMax = 1_500;

export interface Turns {
  /** Runs `work` when it is the lane's turn. Throws RATE_LIMITED when there are too many before it. */
  run<T>(lane: string, work: () => Promise<T>): Promise<T>;
}

interface Lane {
  underWay: number;
  /** In order of arrival. */
  readonly waiting: Set<() => void>;
}

/** One for all reviews of the process: what they share is its connections to the API server. */
export function createTurns(clock: Clock): Turns {
  const lanes = new Map<string, Lane>();
  /** Those with somebody waiting, the next one first. */
  const queue = new Map<string, Lane>();
  let underWay = 0;
  let waiting = 0;

  const hasRoom = (lane: Lane) => underWay < underWayMax && lane.underWay < laneUnderWayMax;

  function begin(lane: Lane): void {
    underWay += 1;
    lane.underWay += 1;
  }

  function leave(name: string, lane: Lane, start: () => void): void {
    waiting -= 1;
    lane.waiting.delete(start);
    if (lane.waiting.size === 0) queue.delete(name);
  }

  async function wait(name: string, lane: Lane): Promise<void> {
    const crowded = waiting >= waitingMax && (lane.waiting.size > 0 || waiting >= 2 * waitingMax);
    if (crowded || lane.waiting.size >= laneWaitingMax) throw tooMany();
    const turn = Promise.withResolvers<void>();
    const start = () => {
      cancel();
      leave(name, lane, start);
      begin(lane);
      turn.resolve();
    };
    const cancel = clock.after(waitMsMax, () => {
      leave(name, lane, start);
      turn.reject(tooMany());
    });
    waiting += 1;
    lane.waiting.add(start);
    queue.set(name, lane);
    await turn.promise;
  }

  function startNext(): void {
    for (const [name, lane] of queue) {
      if (!hasRoom(lane)) continue;
      const [start] = lane.waiting;
      // To the end of the queue, if more wait in it.
      queue.delete(name);
      queue.set(name, lane);
      start?.();
      return;
    }
  }

  function end(lane: Lane): void {
    underWay -= 1;
    lane.underWay -= 1;
    startNext();
  }

  return {
    async run(name, work) {
      const lane = lanes.get(name) ?? { underWay: 0, waiting: new Set() };
      lanes.set(name, lane);
      try {
        if (hasRoom(lane) && lane.waiting.size === 0) begin(lane);
        else await wait(name, lane);
        return await work().finally(() => end(lane));
      } finally {
        if (lane.underWay === 0 && lane.waiting.size === 0) lanes.delete(name);
      }
    },
  };
}

function tooMany(): GatewayError {
  return new GatewayError('RATE_LIMITED', 'Too many rights are being checked at the moment; try again.', {
    retryAfterSeconds: 1,
  });
}

/** All open streams: how many there may be, one timer for all of them, and their common end. */
import type { Clock } from '../../kube/clock.ts';
import type { Identities } from '../auth/identity.ts';
import type { Changes } from '../catalog/changes.ts';
import { createCounts } from '../counts.ts';
import { type Refusal, refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Ending, Following, FollowingOptions } from './following.ts';

export const streamsMax = 2_000;
export const streamsOfCallerMax = 20;
/**
 * Changes that wait for readers, over all streams: some hundred bytes each. Readers that take nothing while somebody makes
 * changes would fill the memory long before each of them has too many.
 */
const waitingChangesMax = 1_000_000;
const retryAfterSeconds = 30;

/** Each stream has its turn once in 1.5 s: a comment is due every 2 s, and timers are late under load. */
const slots = 10;
const slotMs = 150;

export interface StreamRequest {
  /** Whose streams it is counted among: a caller with a name by that, one without by where it asks from. */
  readonly owner: string;
  /** Begins the stream. Called at once, and only where there may be one more. */
  readonly start: (options: FollowingOptions) => Following;
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

/** For metrics. */
export interface StreamObserver {
  opened(): void;
  sent(events: number): void;
  ended(ending: Ending): void;
}

export interface Streams {
  /** Begins a stream for a caller who may have it, or says why not. */
  open(request: StreamRequest): Refusal | undefined;
  /** Ends all streams, and lets none begin. */
  close(): void;
}

/** No streams, to begin with. */
export function createStreams(options: {
  readonly identities: Identities;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: StreamObserver | undefined;
  /** `waitingChangesMax` unless told. */
  readonly waitingMax?: number | undefined;
}): Streams {
  const { clock, observer, waitingMax = waitingChangesMax } = options;
  const bySlot = Array.from({ length: slots }, () => new Set<Following>());
  const ofOwner = createCounts(streamsOfCallerMax);
  let open = 0;
  let waiting = 0;
  let slot = 0;
  let cancelTurn: (() => void) | undefined;
  let closed = false;

  function nextTurn(): void {
    cancelTurn = undefined;
    if (open === 0) return;
    cancelTurn = clock.after(slotMs, () => {
      slot = (slot + 1) % slots;
      nextTurn();
      for (const stream of bySlot[slot] ?? []) stream.beat();
    });
  }

  function onWaiting(more: number): void {
    waiting += more;
    if (more < 0 || waiting <= waitingMax) return;
    // Who is furthest behind has at least as much waiting as has come now, so it is enough to end one.
    const streams = bySlot.flatMap((each) => [...each]);
    streams.reduce((most, each) => (each.waiting > most.waiting ? each : most)).end('behind');
  }

  /** Counts the stream, or says why there may not be one more. */
  function refused(owner: string): Refusal | undefined {
    if (closed) return refusal('NOT_SYNCED', 'The gateway is about to stop.');
    const inAll = open >= streamsMax;
    if (!inAll && ofOwner.add(owner)) return undefined;
    const whose = inAll ? `All ${streamsMax} event streams` : `Your ${streamsOfCallerMax} event streams`;
    return { ...refusal('TOO_MANY_STREAMS', `${whose} are open; close one, or try again later.`), retryAfterSeconds };
  }

  return {
    open(request) {
      const { owner, start } = request;
      const no = refused(owner);
      if (no !== undefined) return no;
      const among = bySlot.reduce((least, each) => (each.size < least.size ? each : least));
      open += 1;
      observer?.opened();
      const stream = start({
        ...options,
        onSent: (events) => observer?.sent(events),
        onWaiting,
        onEnd(ending, bytes) {
          if (!among.delete(stream)) return;
          open -= 1;
          ofOwner.remove(owner);
          observer?.ended(ending);
          request.onEnd(ending, bytes);
        },
      });
      among.add(stream);
      if (cancelTurn === undefined) nextTurn();
      return undefined;
    },
    close() {
      closed = true;
      for (const streams of bySlot) for (const stream of streams) stream.end('stopping');
      cancelTurn?.();
    },
  };
}

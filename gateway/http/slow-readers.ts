import type { ServerResponse } from 'node:http';
import type { Clock } from '../../kube/clock.ts';

/** How long the rest of an answer may wait for its reader. One that is still being made, as a stream is, bounds itself. */
export const readerMsMax = 30_000;
const lookMs = 5_000;

/**
 * Cuts connections whose peer does not take the answer that it asked for, which is kept in memory until then. A look at all of
 * them now and then instead of a timer for each: nearly every answer is gone before the first look.
 */
export function cutSlowReaders(inFlight: ReadonlySet<ServerResponse>, clock: Clock): Disposable {
  let waiting = new Map<ServerResponse, number>();
  let cancel = clock.after(lookMs, look);

  function look(): void {
    const now = clock.monotonic();
    const still = new Map<ServerResponse, number>();
    for (const outgoing of inFlight) {
      if (!outgoing.writableEnded) continue;
      const since = waiting.get(outgoing) ?? now;
      still.set(outgoing, since);
      // Behind an answer that does not end, a stream above all, it has no socket of its own yet.
      if (now - since >= readerMsMax) outgoing.req.socket.destroy();
    }
    waiting = still;
    cancel = clock.after(lookMs, look);
  }

  return {
    [Symbol.dispose]() {
      cancel();
    },
  };
}

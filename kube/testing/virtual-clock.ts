import assert from 'node:assert/strict';
import type { Clock } from '../clock.ts';
import { createTimerHeap } from './timer-heap.ts';

export interface VirtualClock extends Clock {
  /**
   * Lets `ms` pass: every timer due until then fires in order of its time, and after each of them everything that follows
   * from it by promises has happened. Things that need real time (sockets, files) do not take part.
   */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Advances in steps until `holds`; throws when it does not within `ms`. */
  advanceUntil(holds: () => boolean, ms: number): Promise<void>;
  /** Timers that have not fired. */
  readonly waiting: number;
  /** Sets the wall clock forward or back, as an administrator or NTP does; monotonic time and timers do not notice. */
  setWallClock(byMs: number): void;
}

const timersMax = 1_000_000;

/** A clock that stands still until told: a day passes in a moment, and the same test takes the same course each time. */
export function createVirtualClock(startedAt = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = createTimerHeap();
  let elapsed = 0;
  let wallOffset = 0;

  function after(ms: number, fire: () => void): () => void {
    assert(Number.isFinite(ms), 'a timer needs a finite time');
    return timers.add(elapsed + Math.max(0, ms), fire);
  }

  async function advance(ms: number): Promise<void> {
    const until = elapsed + ms;
    await settle();
    let fired = 0;
    for (let timer = timers.take(until); timer !== undefined; timer = timers.take(until)) {
      fired += 1;
      assert(fired <= timersMax, `more than ${timersMax} timers fired: something waits for no time in a loop`);
      elapsed = Math.max(elapsed, timer.due);
      timer.fire();
      await quiesce();
    }
    elapsed = until;
  }

  return {
    now: () => startedAt + wallOffset + Math.floor(elapsed),
    monotonic: () => elapsed,
    after,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const slept = Promise.withResolvers<void>();
      const cancel = after(ms, () => slept.resolve());
      const abort = () => {
        cancel();
        slept.reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await slept.promise;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    advance,
    settle,
    async advanceUntil(holds, ms) {
      const until = elapsed + ms;
      await settle();
      while (!holds()) {
        assert(elapsed < until, `what was waited for did not happen within ${ms} ms`);
        await advance(Math.min(until, timers.nextDue() ?? until) - elapsed);
      }
    },
    get waiting() {
      return timers.size;
    },
    setWallClock(byMs) {
      wallOffset += byMs;
    },
  };
}

/**
 * All that follows from the present microtask by promises alone has happened: Node looks at the queue of `nextTick` again
 * when no microtask is left. A turn of the event loop takes several times as long, and a simulated hour has ten thousand
 * timers.
 */
function quiesce(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** The same for what needs a turn of the event loop; and everybody else in this process gets one. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Numbers in [0, 1) from a seed (mulberry32): the same seed gives the same course. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

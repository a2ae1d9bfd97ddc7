import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument, so that a whole program runs on virtual time in a test. Nothing else reads the clock. */
export interface Clock {
  /** Milliseconds since the epoch. May jump. For what other machines read: timestamps. */
  now(): number;
  /** Milliseconds from an arbitrary start. Never jumps. For durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` after `ms` unless the returned function is called first. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? undefined : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

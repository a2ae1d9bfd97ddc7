/** What was read from the API server, for the seconds in which it is not read again. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kube/clock.ts';

/** Several tools in a row read once; what an agent is told is as new as what kubectl shows. */
export const keptMs = 5_000;

export interface Kept<T extends object> {
  /** What was read in the last seconds. */
  known(key: string): T | undefined;
  /** The same, or what is read now: once, however many ask. What fails is not kept. */
  get(key: string): Promise<T>;
}

/**
 * @param options.max How many keys are kept.
 * @param options.onGone Called for a key that is not kept any more; not when it is read again.
 */
export function createKept<T extends object>(options: {
  readonly clock: Clock;
  readonly max: number;
  readonly read: (key: string) => Promise<T>;
  readonly onGone?: (key: string) => void;
}): Kept<T> {
  const { clock, max, read, onGone } = options;
  const entries = new LRUCache<string, { readonly value: T; readonly readAt: number }>({
    max,
    dispose: (_entry, key, reason) => {
      if (reason === 'evict') onGone?.(key);
    },
  });
  const reading = new Map<string, Promise<T>>();

  function known(key: string): T | undefined {
    const entry = entries.get(key);
    return entry !== undefined && clock.monotonic() - entry.readAt < keptMs ? entry.value : undefined;
  }

  async function readNow(key: string): Promise<T> {
    try {
      const value = await read(key);
      // From when it is there: an answer that needs two things must not find the first one too old when it has the second.
      entries.set(key, { value, readAt: clock.monotonic() });
      return value;
    } finally {
      reading.delete(key);
    }
  }

  return {
    known,
    async get(key) {
      const value = known(key);
      if (value !== undefined) return value;
      const underWay = reading.get(key);
      if (underWay !== undefined) return underWay;
      const started = readNow(key);
      reading.set(key, started);
      return started;
    },
  };
}

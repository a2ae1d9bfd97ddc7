/**
 * How often each of many may do something: a bucket a key, which holds `burst` at most and gets `perSecond` back.
 */
import type { Clock } from '../../kube/clock.ts';
import { createLru } from '../lru.ts';

export interface Buckets {
  /**
   * Takes one out of the bucket of `key`.
   * @param reserve How many must be left in it.
   * @returns 0 when there was one, else after how many seconds there will be.
   */
  take(key: string, reserve?: number): number;
  /** As `take`, and takes nothing. */
  wait(key: string, reserve?: number): number;
}

interface Bucket {
  level: number;
  at: number;
}

/** @param options.keysMax Of more keys the one that was quiet for the longest time begins with a full bucket again. */
export function createBuckets(options: {
  readonly clock: Clock;
  readonly perSecond: number;
  readonly burst: number;
  readonly keysMax: number;
}): Buckets {
  const { clock, perSecond, burst } = options;
  const buckets = createLru<string, Bucket>(options.keysMax);

  function filled(key: string): Bucket {
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { level: burst, at: now };
    bucket.level = Math.min(burst, bucket.level + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    return bucket;
  }

  function wait({ level }: Bucket, reserve: number): number {
    // A sum of parts that misses a whole by the last bits of a float is that whole.
    const missing = reserve + 1 - level;
    return missing > 1e-6 ? Math.ceil(missing / perSecond) : 0;
  }

  return {
    take(key, reserve = 0) {
      const bucket = filled(key);
      const seconds = wait(bucket, reserve);
      if (seconds === 0) bucket.level -= 1;
      return seconds;
    },
    wait: (key, reserve = 0) => wait(filled(key), reserve),
  };
}

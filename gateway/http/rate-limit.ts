/**
 * How often one caller may ask: a bucket that holds a whole minute's calls and fills evenly.
 *
 * A whole minute at once, because agents and scripts ask in bursts: 600 calls are a fraction of a second of work here, and
 * what the limit is for is a loop that does not end. After that, one call at a time as the bucket fills.
 */
import assert from 'node:assert/strict';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kube/clock.ts';

export interface RateLimit {
  /** Takes one call. @returns After how many seconds there is one again, when there is none now. */
  take(key: string): number | undefined;
  /** As `take`, without taking. */
  wait(key: string): number | undefined;
}

/** Whoever drives a bucket out by making up others gives its owner a full one: nobody is worse off. */
const bucketsMax = 10_000;
const minuteMs = 60_000;

/** @param options.perMinute 0 for no limit. */
export function createRateLimit(options: { readonly clock: Clock; readonly perMinute: number }): RateLimit {
  const { clock, perMinute } = options;
  if (perMinute === 0) return { take: () => undefined, wait: () => undefined };
  assert(perMinute > 0, 'a rate limit is positive, or 0 for none');
  const intervalMs = minuteMs / perMinute;
  // Of a bucket nothing is kept but when it will be full. One that is not there is full.
  const fullAt = new LRUCache<string, number>({ max: bucketsMax });

  /** Milliseconds until the bucket holds a call. Rounded, so that sums of intervals do not miss by the last bit of a float. */
  const missingMs = (key: string, now: number) =>
    Math.round(((fullAt.get(key) ?? now) + intervalMs - now - minuteMs) * 1_000) / 1_000;

  function wait(key: string): number | undefined {
    const missing = missingMs(key, clock.monotonic());
    return missing > 0 ? Math.ceil(missing / 1_000) : undefined;
  }

  return {
    wait,
    take(key) {
      const seconds = wait(key);
      if (seconds !== undefined) return seconds;
      const now = clock.monotonic();
      fullAt.set(key, Math.max(now, fullAt.get(key) ?? now) + intervalMs);
      return undefined;
    },
  };
}

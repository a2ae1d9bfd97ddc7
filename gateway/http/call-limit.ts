/**
 * How often one caller may ask: a bucket that holds a whole minute's calls and fills evenly.
 *
 * A whole minute at once, because agents and scripts ask in bursts: 600 calls are a fraction of a second of work here, and
 * what the limit is for is a loop that does not end. After that, one call at a time as the bucket fills.
 */
import type { Clock } from '../../kube/clock.ts';
import { type Buckets, createBuckets } from '../auth/buckets.ts';

/** Whoever drives a bucket out by making up others gives its owner a full one: nobody is worse off. */
const callersMax = 10_000;

/** @param options.perMinute 0 for no limit. */
export function createCallLimit(options: { readonly clock: Clock; readonly perMinute: number }): Buckets | undefined {
  const { clock, perMinute } = options;
  if (perMinute === 0) return undefined;
  return createBuckets({ clock, perSecond: perMinute / 60, burst: perMinute, keysMax: callersMax });
}

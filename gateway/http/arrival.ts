/**
 * What is known of a request before anybody has looked at what it asks for. It follows the request through all that waits on
 * its account (`AsyncLocalStorage`), because reviews are asked for deep inside and shared between callers: the first one's
 * trace is the one that they belong to.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerResponse } from 'node:http';
import type { Trace } from './trace.ts';

export interface Arrival {
  /** As `peerOf` gives it. */
  readonly peer: string;
  readonly trace: Trace;
  /** Where the answer goes; absent without a socket. */
  readonly outgoing?: ServerResponse | undefined;
}

export interface Arrivals {
  run<T>(arrival: Arrival, work: () => T): T;
  /** Of the request on whose account this runs; undefined where there is none, as in watches. */
  current(): Arrival | undefined;
}

/** One for each gateway. */
export function createArrivals(): Arrivals {
  const storage = new AsyncLocalStorage<Arrival>();
  return {
    run: (arrival, work) => storage.run(arrival, work),
    current: () => storage.getStore(),
  };
}

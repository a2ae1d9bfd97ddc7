import type { Clock, Random } from './clock.ts';

export type Priority = 'now' | 'later';

/** Handles one key. `retryAfterMs` or a throw brings the key back. */
export type Work = (key: string, signal: AbortSignal) => Promise<void | { readonly retryAfterMs: number }>;

export interface WorkQueue {
  /** 'now' unless told. A key that waits already is not added twice; 'now' overtakes its own 'later'. */
  add(key: string, priority?: Priority): void;
  /** Adds the key after `ms`; of two such wishes for one key the earlier counts. */
  addAfter(key: string, ms: number, priority?: Priority): void;
  /** Keys that could be taken at once; neither those in work nor those that wait for their time. */
  readonly length: number;
  /** Takes keys until aborted. Resolves when all in flight have ended; what is left stays for the next run. */
  run(
    work: Work,
    options: {
      readonly workers: number;
      readonly signal: AbortSignal;
      readonly onError?: ((key: string, error: unknown) => void) | undefined;
    },
  ): Promise<void>;
  /** Resolves when no key can be taken and none is in work. Keys that wait for their time do not count. */
  whenIdle(): Promise<void>;
}

export function createWorkQueue(_options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly retryMsMax?: number | undefined;
}): WorkQueue {
  throw new Error('createWorkQueue is being written');
}

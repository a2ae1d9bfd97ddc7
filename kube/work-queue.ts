import assert from 'node:assert/strict';
import { backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { KubeError } from './errors.ts';

export type Priority = 'now' | 'later';

/** Handles one key. `retryAfterMs` or a throw brings the key back. `priority` is the one it was taken with. */
export type Work = (
  key: string,
  signal: AbortSignal,
  priority: Priority,
) => Promise<void | { readonly retryAfterMs: number }>;

/** What work of 'later' may do at the moment. */
export interface LaterLimit {
  /** How many keys may be in work that were taken with 'later'. */
  readonly workersMax: number;
  /** Until the next may be taken; 0 at once. */
  readonly waitMs: number;
}

export interface WorkQueue {
  /** 'now' unless told. A key that waits already is not added twice; 'now' overtakes its own 'later'. */
  add(key: string, priority?: Priority): void;
  /** Adds the key after `ms`; of two such wishes for one key the earlier time and the stronger priority count. */
  addAfter(key: string, ms: number, priority?: Priority): void;
  /** Forgets a key that waits, for its turn or its time. One in work comes back only when it is added again. */
  remove(key: string): void;
  /** Keys that could be taken at once; neither those in work nor those that wait for their time. */
  readonly length: number;
  /**
   * Takes keys until aborted. Resolves when all in flight have ended; what is left stays for the next run, which begins
   * when the one before has ended.
   */
  run(
    work: Work,
    options: {
      readonly workers: number;
      readonly signal: AbortSignal;
      readonly onError?: ((key: string, error: unknown) => void) | undefined;
      /** Asked before each key of 'later'; keys of 'now' wait for free workers alone. No limit unless given. */
      readonly later?: (() => LaterLimit) | undefined;
    },
  ): Promise<void>;
  /** Resolves when no key can be taken and none is in work. Keys that wait for their time do not count. */
  whenIdle(): Promise<void>;
}

/** After so many keys of 'now' one of 'later' is taken, so that a flood of changes never stops the rest for good. */
const nowInARow = 8;
const retryFirstMs = 5;

interface Delayed {
  readonly dueAt: number;
  priority: Priority;
  readonly cancel: () => void;
}

interface Run {
  readonly work: Work;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onError: ((key: string, error: unknown) => void) | undefined;
  readonly later: (() => LaterLimit) | undefined;
  readonly ended: PromiseWithResolvers<void>;
}

/**
 * Keys that need work, not events: whoever takes a key reads the newest state, so ten changes are one piece of work.
 *
 * One key is in work at most once at a time. A key that is added while it is in work is taken again afterwards. A key whose
 * work throws comes back after 5 ms, 10 ms, 20 ms … with jitter, or as late as a Retry-After says; success forgets that.
 * The number of keys is the bound: it holds each key once.
 */
export function createWorkQueue(options: {
  readonly clock: Clock;
  readonly random: Random;
  /** The longest wait after failures; a minute unless told. */
  readonly retryMsMax?: number | undefined;
}): WorkQueue {
  const { clock, random, retryMsMax = 60_000 } = options;
  const now = new Set<string>();
  const later = new Set<string>();
  const inWork = new Map<string, Priority>();
  /** Removed while in work: whatever comes of that work does not bring them back. */
  const removed = new Set<string>();
  /** Added while in work. */
  const dirty = new Map<string, Priority>();
  const delayed = new Map<string, Delayed>();
  const retries = new Map<string, Delayed>();
  const failures = new Map<string, number>();
  const idlers = new Set<() => void>();
  let takenInARow = 0;
  let run: Run | undefined;
  let cancelLook: (() => void) | undefined;

  function add(key: string, priority: Priority): void {
    if (inWork.has(key)) {
      dirty.set(key, stronger(priority, dirty.get(key)));
      return;
    }
    if (priority === 'now') {
      later.delete(key);
      now.add(key);
    } else if (!now.has(key)) later.add(key);
    pump();
  }

  function addAfter(waiting: Map<string, Delayed>, key: string, ms: number, priority: Priority): void {
    const dueAt = clock.monotonic() + ms;
    const known = waiting.get(key);
    const wanted = stronger(priority, known?.priority);
    if (known !== undefined && known.dueAt <= dueAt) {
      known.priority = wanted;
      return;
    }
    known?.cancel();
    const cancel = clock.after(ms, () => {
      waiting.delete(key);
      add(key, entry.priority);
    });
    const entry: Delayed = { dueAt, priority: wanted, cancel };
    waiting.set(key, entry);
  }

  function remove(key: string): void {
    for (const waiting of [delayed, retries]) {
      waiting.get(key)?.cancel();
      waiting.delete(key);
    }
    now.delete(key);
    later.delete(key);
    dirty.delete(key);
    failures.delete(key);
    if (inWork.has(key)) removed.add(key);
    pump();
  }

  function take(current: Run): readonly [string, Priority] | undefined {
    const [firstNow] = now;
    const [firstLater] = mayTakeLater(current) ? later : [];
    if (firstNow !== undefined && (firstLater === undefined || takenInARow < nowInARow)) {
      takenInARow += 1;
      now.delete(firstNow);
      return [firstNow, 'now'];
    }
    if (firstLater === undefined) return undefined;
    takenInARow = 0;
    later.delete(firstLater);
    return [firstLater, 'later'];
  }

  function mayTakeLater({ later: limitOf }: Run): boolean {
    if (limitOf === undefined || later.size === 0) return true;
    const { workersMax, waitMs } = limitOf();
    if (waitMs > 0) {
      cancelLook ??= clock.after(waitMs, () => {
        cancelLook = undefined;
        pump();
      });
      return false;
    }
    let laterInWork = 0;
    for (const priority of inWork.values()) if (priority === 'later') laterInWork += 1;
    return laterInWork < workersMax;
  }

  /** Starts as much as the run allows, and notices when it, or all work, has come to an end. */
  function pump(): void {
    if (run !== undefined) startWork(run);
    if (inWork.size > 0) return;
    if (run?.signal.aborted) {
      const { ended } = run;
      run = undefined;
      cancelLook?.();
      cancelLook = undefined;
      ended.resolve();
    }
    if (now.size + later.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers.clear();
  }

  function startWork(current: Run): void {
    while (!current.signal.aborted && inWork.size < current.workers) {
      const taken = take(current);
      if (taken === undefined) return;
      const [key, priority] = taken;
      inWork.set(key, priority);
      retries.get(key)?.cancel();
      retries.delete(key);
      // handle settles every outcome of the work itself; what it throws is our own mistake and ends the process.
      void handle(current, key, priority).finally(() => finish(key));
    }
  }

  async function handle({ work, signal, onError }: Run, key: string, priority: Priority): Promise<void> {
    try {
      const outcome = await work(key, signal, priority);
      failures.delete(key);
      if (outcome !== undefined && !removed.has(key)) addAfter(retries, key, outcome.retryAfterMs, priority);
    } catch (error) {
      // Cut off by the end of the run: no failure of this key, and its work is still to be done.
      if (signal.aborted) {
        if (!removed.has(key)) dirty.set(key, priority);
        return;
      }
      if (!removed.has(key)) retry(key, priority, error);
      onError?.(key, error);
    }
  }

  function retry(key: string, priority: Priority, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1;
    failures.set(key, count);
    const waitMs = backoffMs(count, { firstMs: retryFirstMs, maxMs: retryMsMax }, random);
    const askedMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    addAfter(retries, key, Math.max(waitMs, Math.min(askedMs, retryMsMax)), priority);
  }

  function finish(key: string): void {
    inWork.delete(key);
    removed.delete(key);
    const again = dirty.get(key);
    dirty.delete(key);
    if (again === undefined) pump();
    else add(key, again);
  }

  return {
    add: (key, priority = 'now') => add(key, priority),
    addAfter: (key, ms, priority = 'now') => addAfter(delayed, key, ms, priority),
    remove,
    get length() {
      return now.size + later.size;
    },
    async run(work, { workers, signal, onError, later: laterLimit }) {
      assert(workers >= 1, 'a run needs at least one worker');
      const previous = run;
      assert(previous === undefined || previous.signal.aborted, 'the queue is being worked on already');
      if (previous !== undefined) await previous.ended.promise;
      if (signal.aborted) return;
      assert(run === undefined, 'another run waits for the queue already');
      const ended = Promise.withResolvers<void>();
      run = { work, workers, signal, onError, later: laterLimit, ended };
      signal.addEventListener('abort', pump, { once: true });
      pump();
      await ended.promise;
    },
    whenIdle: () =>
      new Promise((resolve) => {
        idlers.add(resolve);
        pump();
      }),
  };
}

function stronger(priority: Priority, other: Priority | undefined): Priority {
  return other === 'now' ? other : priority;
}

/**
 * When a namespace is written: soon after the first change, and the more seldom the longer a burst goes on.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Priority, WorkQueue } from '../../kube/work-queue.ts';

/** After a first change: long enough for what comes with it, like the objects of one `kubectl apply`. */
const firstDelayMs = 20;
/** Between two writes of the same namespace in a long burst. */
const delayMsMax = 1_000;

export interface Schedule {
  changed(key: string, priority: Priority): void;
  /** The key's object is gone: what was remembered about it can go too. */
  forget(key: string): void;
}

/** Passes keys on to the queue, each at most once a gap; the gap doubles as long as changes keep coming. */
export function createSchedule(queue: WorkQueue, clock: Clock): Schedule {
  const last = new Map<string, { readonly due: number; readonly gapMs: number }>();
  return {
    changed(key, priority) {
      const now = clock.monotonic();
      const before = last.get(key);
      if (before !== undefined && before.due > now) {
        queue.addAfter(key, before.due - now, priority);
        return;
      }
      const quiet = before === undefined || now - before.due > delayMsMax;
      const gapMs = quiet ? firstDelayMs : Math.min(delayMsMax, before.gapMs * 2);
      const due = quiet ? now + gapMs : Math.max(now, before.due + gapMs);
      last.set(key, { due, gapMs });
      queue.addAfter(key, Math.max(0, due - now), priority);
    },
    forget(key) {
      last.delete(key);
    },
  };
}

/**
 * Changes of kinds whose ConstraintProfile asks to gather them: what they touch is told together, so long after the first of
 * them as the profile says. The indexes follow at once; only what is written because of them waits. A complete list of a kind
 * ends the wait: a kind that comes, or is read anew because its profile says something else, has changed once.
 */
import type { Clock } from '../../kube/clock.ts';
import type { Priority } from '../../kube/work-queue.ts';

/** What a change of a policy touches. */
export interface Touched {
  readonly namespaces: ReadonlyMap<string, Priority>;
  readonly clusterDetails: ReadonlySet<string>;
}

export interface GatheredChanges {
  /** An object of the kind (`plural.group`) has changed. */
  changed(resource: string, touched: Touched): void;
  /** What was gathered of the kind is told now. */
  flush(resource: string): void;
  /** Other waits may be asked for: what is gathered waits no longer than it would have to by now. */
  waitsChanged(): void;
}

interface Gathered {
  readonly namespaces: Map<string, Priority>;
  readonly clusterDetails: Set<string>;
  readonly dueAt: number;
  readonly cancel: () => void;
}

/** `waitMs`: how long the changes of a kind are gathered now; 0 for not at all. */
export function createGatheredChanges(deps: {
  readonly clock: Clock;
  readonly waitMs: (resource: string) => number;
  readonly tell: (touched: Touched) => void;
}): GatheredChanges {
  const { clock, waitMs, tell } = deps;
  const waiting = new Map<string, Gathered>();

  function flush(resource: string): void {
    const gathered = waiting.get(resource);
    if (gathered === undefined) return;
    gathered.cancel();
    waiting.delete(resource);
    tell(gathered);
  }

  /** Starts to wait, or goes on with what is there and a shorter wait. */
  function wait(resource: string, ms: number, before: Gathered | undefined): Gathered {
    const dueAt = clock.monotonic() + ms;
    if (before !== undefined && before.dueAt <= dueAt) return before;
    before?.cancel();
    const { namespaces = new Map<string, Priority>(), clusterDetails = new Set<string>() } = before ?? {};
    const gathered = { namespaces, clusterDetails, dueAt, cancel: clock.after(ms, () => flush(resource)) };
    waiting.set(resource, gathered);
    return gathered;
  }

  return {
    flush,
    changed(resource, touched) {
      if (touched.namespaces.size === 0 && touched.clusterDetails.size === 0) return;
      const ms = waitMs(resource);
      if (ms === 0) {
        tell(touched);
        return;
      }
      const gathered = wait(resource, ms, waiting.get(resource));
      for (const [namespace, priority] of touched.namespaces) {
        if (priority === 'now' || !gathered.namespaces.has(namespace)) gathered.namespaces.set(namespace, priority);
      }
      for (const name of touched.clusterDetails) gathered.clusterDetails.add(name);
    },
    waitsChanged() {
      for (const [resource, gathered] of waiting) {
        const ms = waitMs(resource);
        if (ms === 0) flush(resource);
        else wait(resource, ms, gathered);
      }
    },
  };
}

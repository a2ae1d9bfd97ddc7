/**
 * Writes ClusterConstraintDetails ahead of the reports that refer to them: whoever reads an id in a report finds its full
 * form. Each is written once however many namespaces wait for it.
 */
import { type Constraint, homeNamespace, type Source } from '../../crds/constraint.ts';
import { clusterDetailName } from '../../crds/detail.ts';
import type { Clock } from '../../kube/clock.ts';

export interface ClusterDetailWriter {
  /** What the detail says may have changed. */
  changed(name: string): void;
  /** Writes it if it has changed. Rejects when that fails; it counts as changed until it succeeds. */
  write(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the details of these constraints have been written, or could not be: the report is more use without them
   * than not at all, and `write` tells the failure to whoever tries again. Not later than after `msMax`, if that is given.
   */
  ahead(constraints: Iterable<Pick<Constraint, 'source'>>, signal: AbortSignal, msMax?: number): Promise<void>;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
}

/** At a time: an engine that is installed brings hundreds, and what a namespace does itself is not to wait behind them. */
const writesMax = 4;

/** `publish` observes and writes the named detail. */
export function createClusterDetailWriter(
  clock: Clock,
  publish: (name: string, signal: AbortSignal) => Promise<void>,
): ClusterDetailWriter {
  /** Details that may have to be written. No report waits for one that has failed. */
  const pending = new Map<string, 'changed' | 'failed'>();
  const inFlight = new Map<string, Promise<void>>();
  /** A name has a digest in it, and every namespace asks for the same ones. */
  const names = new WeakMap<Source, string>();

  function nameOf(source: Source): string {
    const known = names.get(source) ?? clusterDetailName(source);
    names.set(source, known);
    return known;
  }

  function write(name: string, signal: AbortSignal): Promise<void> {
    const running = inFlight.get(name);
    if (!pending.delete(name)) return running ?? Promise.resolve();
    const next = publishAfter(running, name, signal);
    inFlight.set(name, next);
    const forget = () => {
      if (inFlight.get(name) === next) inFlight.delete(name);
    };
    next.then(forget, forget);
    return next;
  }

  /** One at a time: what changed while it was written is written afterwards. */
  async function publishAfter(running: Promise<void> | undefined, name: string, signal: AbortSignal): Promise<void> {
    await Promise.allSettled([running]);
    try {
      await publish(name, signal);
    } catch (error) {
      if (!pending.has(name)) pending.set(name, 'failed');
      throw error;
    }
  }

  return {
    changed: (name) => void pending.set(name, 'changed'),
    write,
    async ahead(constraints, signal, msMax) {
      if (pending.size === 0 && inFlight.size === 0) return;
      const needed = new Set<string>();
      for (const { source } of constraints) if (homeNamespace(source) === undefined) needed.add(nameOf(source));
      const due = [...needed].filter((name) => pending.get(name) !== 'failed').values();
      const writeNext = async () => {
        for (const name of due) {
          if (signal.aborted) return;
          await Promise.allSettled([write(name, signal)]);
        }
      };
      const written = Promise.all(Array.from({ length: writesMax }, writeNext));
      await (msMax === undefined ? written : Promise.race([written, clock.sleep(msMax, signal)]));
    },
    async idle() {
      while (inFlight.size > 0) await Promise.allSettled(inFlight.values());
    },
  };
}

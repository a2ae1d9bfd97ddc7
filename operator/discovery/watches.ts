/**
 * One watch a kind, however many readers it has, and what can be said of each. Which kinds are read follows what is wanted
 * and what the cluster serves, from one moment to the next.
 */
import { type Resource, resourceName } from '../../kube/resource.ts';
import { untilAborted } from '../../kube/until-aborted.ts';
import { type Consumer, type KindWatch, type KindWatchDeps, startKindWatch, type WatchState } from './kind-watch.ts';

export type { Consumer, WatchState } from './kind-watch.ts';

/** What is served, as far as it is asked for. */
export interface Served {
  find(kind: { readonly group: string; readonly plural: string }): Resource | undefined;
}

export interface Watches {
  /**
   * From now on these readers are fed: starts, restarts and stops Reflectors as far as kinds, versions or readers are others
   * than before. A reader that is left out, or whose kind is not served any more, hears that every object is gone.
   */
  serve(consumers: readonly Consumer<unknown>[], served: Served): void;
  /** Reads all objects of a kind (`plural.group`) again. */
  reread(resource: string): void;
  /** How the kind is asked for now; undefined while it is not watched. */
  watched(resource: string): Resource | undefined;
  /** Every kind that somebody wants to read; one that the cluster does not serve is absent. */
  states(): readonly WatchState[];
  /** Resolves when every kind is read, or is known not to be readable, or has had its time. */
  settled(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Watches nothing until the first `serve`. */
export function createWatches(deps: KindWatchDeps): Watches {
  const kinds = new Map<string, KindWatch>();
  const ending = new Set<Promise<void>>();
  let absent: readonly string[] = [];
  let stopped = false;

  function end(name: string, kind: KindWatch): void {
    kinds.delete(name);
    const ended = kind.end().finally(() => ending.delete(ended));
    ending.add(ended);
  }

  return {
    serve(consumers, served) {
      if (stopped) return;
      const wanted = Map.groupBy(consumers, ({ resource }) => resourceName(resource));
      for (const [name, kind] of kinds) if (!wanted.has(name)) end(name, kind);
      absent = [...wanted].flatMap(([name, readers]) => {
        const [first] = readers;
        const resource = first === undefined ? undefined : served.find(first.resource);
        const kind = kinds.get(name);
        if (resource === undefined) {
          if (kind !== undefined) end(name, kind);
          return [name];
        }
        if (kind === undefined) kinds.set(name, startKindWatch(resource, readers, deps));
        else kind.retarget(resource, readers);
        return [];
      });
      deps.onState();
    },
    reread: (resource) => kinds.get(resource)?.reread(),
    watched: (resource) => kinds.get(resource)?.resource,
    states: () => [
      ...[...kinds.values()].map(({ state }) => state),
      ...absent.map((resource) => ({
        resource,
        state: 'absent' as const,
        lastError: undefined,
        wasSynced: false,
        overdue: false,
      })),
    ],
    async settled(signal) {
      // What one kind says may start the watch of another: a definition, that of the kind that it defines.
      const waitedFor = new Set<KindWatch>();
      for (;;) {
        const open = [...kinds.values()].filter((kind) => !waitedFor.has(kind));
        if (open.length === 0) return;
        for (const kind of open) waitedFor.add(kind);
        await untilAborted(Promise.all(open.map((kind) => kind.settled)), signal);
      }
    },
    async stop() {
      stopped = true;
      await Promise.all([...[...kinds.values()].map((kind) => kind.stop()), ...ending]);
    },
  };
}

/**
 * One Reflector a kind, however many readers it has, and what can be said of each.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import type { ServedResources } from '../../kube/discovery.ts';
import type { KubeError } from '../../kube/errors.ts';
import { type CompleteList, type Reflector, type ReflectorState, startReflector } from '../../kube/reflector.ts';
import { type KubeObject, resourceName } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';

/**
 * Reads one kind. `prune` keeps of an object what the reader needs, or nothing. Methods and not properties, so that readers
 * of different values fit into one list.
 */
export interface Consumer<T> {
  readonly resource: { readonly group: string; readonly plural: string };
  /** True when metadata is enough; a kind is read whole if any of its readers needs more. */
  readonly metadataOnly?: boolean;
  prune(object: KubeObject): T | undefined;
  upsert(key: string, value: T): void;
  remove(key: string, value: T): void;
  /** After each complete list, for readers that know of objects which the watch never showed. */
  synced?(list: CompleteList): void;
}

export interface WatchState {
  /** `plural.group`. */
  readonly resource: string;
  readonly state: ReflectorState;
  /** Whether its objects were complete once: a watch that fails later still has them. */
  readonly wasSynced: boolean;
  readonly lastError: KubeError | undefined;
}

export interface Watches {
  states(): readonly WatchState[];
  /** Resolves when every kind is read, or is known not to be readable, or has had its time. */
  settled(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface WatchDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly served: ServedResources;
  readonly onState: () => void;
  readonly onError: (resource: string, error: KubeError) => void;
  readonly onCrash: (error: unknown) => void;
}

/** How long a kind that the API server does not give may hold up everything else. */
const settleMsMax = 30_000;

/** Starts a Reflector for every kind that the cluster serves; a kind that it does not serve is told as absent. */
export function startWatches(consumers: readonly Consumer<unknown>[], deps: WatchDeps): Watches {
  const byResource = Map.groupBy(consumers, ({ resource }) => resourceName(resource));
  const synced = new Set<string>();
  const reflectors = new Map<string, Reflector<readonly unknown[]>>();
  const absent: string[] = [];

  for (const [name, readers] of byResource) {
    const resource = readers[0] === undefined ? undefined : deps.served.find(readers[0].resource);
    if (resource === undefined) absent.push(name);
    else reflectors.set(name, start(name, resource, readers));
  }

  function start(
    name: string,
    resource: Reflector<unknown>['resource'],
    readers: readonly Consumer<unknown>[],
  ): Reflector<readonly unknown[]> {
    return startReflector<readonly unknown[]>({
      transport: deps.transport,
      clock: deps.clock,
      random: deps.random,
      resource,
      metadataOnly: readers.every(({ metadataOnly }) => metadataOnly === true),
      prune(object) {
        const values = readers.map((reader) => reader.prune(object));
        return values.every((value) => value === undefined) ? undefined : values;
      },
      handler: {
        upsert(key, values) {
          for (const [index, reader] of readers.entries()) {
            if (values[index] === undefined) reader.remove(key, undefined);
            else reader.upsert(key, values[index]);
          }
        },
        remove(key, values) {
          for (const [index, reader] of readers.entries()) reader.remove(key, values[index]);
        },
        synced(list) {
          synced.add(name);
          for (const reader of readers) reader.synced?.(list);
        },
      },
      onError: (error) => deps.onError(name, error),
      onState: deps.onState,
      onCrash: deps.onCrash,
    });
  }

  return {
    states: () => [
      ...[...reflectors].map(([resource, { state, lastError }]) => ({
        resource,
        state,
        lastError,
        wasSynced: synced.has(resource),
      })),
      ...absent.map((resource) => ({
        resource,
        state: 'absent' as const,
        lastError: undefined,
        wasSynced: false,
      })),
    ],
    async settled(signal) {
      const enough = AbortSignal.any([signal, timeout(deps.clock, settleMsMax)]);
      await Promise.allSettled([...reflectors.values()].map((reflector) => reflector.whenSynced(enough)));
      signal.throwIfAborted();
    },
    async stop() {
      await Promise.all([...reflectors.values()].map((reflector) => reflector.stop()));
    },
  };
}

function timeout(clock: Clock, ms: number): AbortSignal {
  const controller = new AbortController();
  clock.after(ms, () => controller.abort(new Error(`not read within ${ms} ms`)));
  return controller.signal;
}

/**
 * The watch of one kind over the life of its Reflectors: one ends and another begins when the served version, the readers or
 * what they keep of an object changes. In between its readers hold on to what they know, so that nothing seems to vanish.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import type { KubeError } from '../../kube/errors.ts';
import { type CompleteList, type Reflector, type ReflectorState, startReflector } from '../../kube/reflector.ts';
import { apiGroup } from '../../crds/api.ts';
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';

/**
 * Reads one kind. `prune` keeps of an object what the reader needs, or nothing. Methods and not properties, so that readers
 * of different values fit into one list.
 */
export interface Consumer<T> {
  readonly resource: { readonly group: string; readonly plural: string };
  /** True when metadata is enough; a kind is read whole if any of its readers needs more. */
  readonly metadataOnly?: boolean;
  /** Id of the adapter by which it reads policies; a ConstraintProfile can switch such a reader off. */
  readonly policyOf?: string;
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
  /** It has had its time to be read for the first time. */
  readonly overdue: boolean;
  readonly lastError: KubeError | undefined;
}

export interface KindWatchDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly onState: () => void;
  readonly onError: (resource: string, error: KubeError) => void;
  readonly onCrash: (error: unknown) => void;
}

export interface KindWatch {
  readonly resource: Resource;
  readonly state: WatchState;
  /** Resolves when the kind is read, or is known not to be readable, or has had its time, or is not watched any more. */
  readonly settled: Promise<void>;
  /** Does nothing when neither version nor readers are others than before. */
  retarget(resource: Resource, readers: readonly Consumer<unknown>[]): void;
  /** Reads every object again: a reader now makes something else of them. */
  reread(): void;
  /** Ends the watch. Readers hear nothing any more. */
  stop(): Promise<void>;
  /** Ends the watch because the kind is gone, or nobody wants it: its readers are told that every object is. */
  end(): Promise<void>;
}

/** How long a kind that the API server does not give may hold up everything else. */
const settleMsMax = 30_000;

/**
 * How long what was read stays true when the right to read it is withdrawn: longer than an API server that has just started
 * refuses everybody. What we write ourselves stays known, or it would all be written again.
 */
const forbiddenMsMax = 60_000;

type Values = readonly unknown[];

/** Starts to watch. `readers` are told of everything, in the order of the watch. */
export function startKindWatch(
  resource: Resource,
  readers: readonly Consumer<unknown>[],
  deps: KindWatchDeps,
): KindWatch {
  const name = resourceName(resource);
  const settled = Promise.withResolvers<void>();
  let wasSynced = false;
  let overdue = false;
  let watching = true;
  let current = readers;
  /** What an earlier Reflector knew and the present one has not shown yet; values as in `current`. */
  const left = new Map<string, Values>();
  let reflector = start(resource);
  const cancelTimer = deps.clock.after(settleMsMax, () => {
    overdue = true;
    settled.resolve();
    deps.onState();
  });

  function start(target: Resource): Reflector<Values> {
    const own = current;
    /** A list that has just arrived may still be read after its Reflector was stopped. */
    const isCurrent = () => watching && reflector === started;
    const started = startReflector<Values>({
      transport: deps.transport,
      clock: deps.clock,
      random: deps.random,
      resource: target,
      metadataOnly: own.every(({ metadataOnly }) => metadataOnly === true),
      prune(object) {
        const values = own.map((reader) => reader.prune(object));
        return values.every((value) => value === undefined) ? undefined : values;
      },
      handler: {
        upsert(key, values) {
          if (!isCurrent()) return;
          const before = left.get(key);
          left.delete(key);
          for (const [index, reader] of own.entries()) {
            if (values[index] === undefined) reader.remove(key, before?.[index]);
            else reader.upsert(key, values[index]);
          }
        },
        remove(key, values) {
          if (isCurrent()) tellRemoved(key, values);
        },
        synced(list) {
          if (!isCurrent()) return;
          removeLeft();
          wasSynced = true;
          for (const reader of own) reader.synced?.(list);
        },
      },
      onError: (error) => deps.onError(name, error),
      onState(state) {
        if (!isCurrent()) return;
        if (state === 'absent') removeLeft();
        if (state !== 'failing') settled.resolve();
        deps.onState();
      },
      forbiddenMsMax: target.group === apiGroup ? undefined : forbiddenMsMax,
      onForgotten() {
        if (!isCurrent() || !wasSynced) return;
        removeLeft();
        wasSynced = false;
        deps.onState();
      },
      onCrash: deps.onCrash,
    });
    return started;
  }

  function tellRemoved(key: string, values: Values): void {
    for (const [index, reader] of current.entries()) if (values[index] !== undefined) reader.remove(key, values[index]);
  }

  function removeLeft(): void {
    const gone = [...left];
    left.clear();
    for (const [key, values] of gone) tellRemoved(key, values);
  }

  /** Everything that the readers know is left over from now on. */
  function detach(): Promise<void> {
    for (const [key, values] of reflector.entries()) left.set(key, values);
    return reflector.stop();
  }

  function hand(over: readonly Consumer<unknown>[]): void {
    const before = current;
    current = over;
    for (const [key, values] of left) {
      for (const [index, reader] of before.entries()) {
        if (!over.includes(reader) && values[index] !== undefined) reader.remove(key, values[index]);
      }
      left.set(
        key,
        over.map((reader) => values[before.indexOf(reader)]),
      );
    }
  }

  function restart(target: Resource, over: readonly Consumer<unknown>[]): void {
    // What stops settles every outcome by itself, or says so by onCrash.
    void detach();
    hand(over);
    reflector = start(target);
  }

  function halt(): void {
    watching = false;
    cancelTimer();
    settled.resolve();
  }

  return {
    get resource() {
      return reflector.resource;
    },
    get state() {
      const { state, lastError } = reflector;
      // One that has only just been started again is as good as the one before: its objects are all still there.
      const again = state === 'starting' && wasSynced && lastError === undefined;
      return { resource: name, state: again ? 'synced' : state, wasSynced, overdue, lastError };
    },
    settled: settled.promise,
    retarget(target, over) {
      const { version, namespaced } = reflector.resource;
      const same = target.version === version && target.namespaced === namespaced;
      const sameReaders = over.length === current.length && over.every((reader, index) => reader === current[index]);
      if (!same || !sameReaders) restart(target, over);
    },
    reread: () => restart(reflector.resource, current),
    stop() {
      halt();
      return reflector.stop();
    },
    end() {
      halt();
      const stopped = detach();
      removeLeft();
      return stopped;
    },
  };
}

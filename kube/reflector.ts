import { createClient } from './client.ts';
import type { Clock, Random } from './clock.ts';
import { KubeError } from './errors.ts';
import { createReflectorCache } from './reflector-cache.ts';
import { createReflectorRetry } from './reflector-retry.ts';
import type { KubeObject, Resource } from './resource.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';
import { unreadable } from './watch-event.ts';
import { openWatch, refusesWatchList, type WatchTarget, watchRequestName } from './watch-stream.ts';

/** Called synchronously and in order. One that throws is our own mistake: the reflector stops and says so (onCrash). */
export interface ReflectorHandler<T> {
  upsert(key: string, value: T, object: { readonly uid: string; readonly resourceVersion: string }): void;
  remove(key: string, value: T): void;
  /** After each complete list: what the server no longer has was removed before. */
  synced(list: CompleteList): void;
}

/** What a complete list held, for those who know of objects that the watch never showed. */
export interface CompleteList {
  readonly resourceVersion: string;
  /** Also of objects that `prune` leaves out. */
  has(key: string): boolean;
}

export type ReflectorState = 'starting' | 'synced' | 'forbidden' | 'absent' | 'failing';

export interface Reflector<T> {
  readonly resource: Resource;
  readonly state: ReflectorState;
  /** clock.monotonic() of the last byte or answer; that of the start before any. */
  readonly lastContactAt: number;
  readonly size: number;
  readonly lastError: KubeError | undefined;
  readonly errorCount: number;
  get(key: string): T | undefined;
  entries(): IterableIterator<[string, T]>;
  /** Ends the watch; no handler is called afterwards. */
  stop(): Promise<void>;
  /**
   * Resolves after the first complete list, and also when the server says that the kind is absent or forbidden:
   * then nothing can be seen, and `state` tells why. Rejects when stopped before, or with the signal's reason.
   */
  whenSynced(signal?: AbortSignal): Promise<void>;
}

export interface ReflectorOptions<T> extends WatchTarget {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** What is cached of an object, as a new literal; undefined leaves the object out. */
  readonly prune: (object: KubeObject) => T | undefined;
  readonly handler: ReflectorHandler<T>;
  readonly onError?: ((error: KubeError) => void) | undefined;
  /** `state` is another than before. */
  readonly onState?: ((state: ReflectorState) => void) | undefined;
  /**
   * How long objects stay known while the right to read them is missing. Then they are dropped, which the handler hears
   * object by object and `onForgotten` at the end. For ever unless told.
   */
  readonly forbiddenMsMax?: number | undefined;
  readonly onForgotten?: (() => void) | undefined;
  /** A handler or `prune` threw. Without it the rejection is left unhandled and ends the process. */
  readonly onCrash?: ((error: unknown) => void) | undefined;
}

const pageItems = 500;
/** A page that cannot be read is asked for again in so much smaller ones: four times, and the last has one object. */
const smallerPage = 10;
/** A watch that lasted so long worked; what happens to it then is no continuation of the failures before. */
const steadyMs = 5_000;
/** client-go's very short watch. */
const shortWatchMs = 1_000;

/**
 * Mirrors one kind of object: lists once, then watches, and repairs itself whatever happens to either.
 *
 * ```
 *              list complete              stream ends or breaks, 410 and so on
 *  starting ───────────────────▶ synced ◀─────────────────────────────────────▶ failing
 *     │                            │        connected again, or listed again        │
 *     └──────────────┬─────────────┴───────────────────────┬────────────────────────┘
 *                    ▼ 403, three times                    ▼ 404, three times
 *                forbidden                              absent
 *     (cache stays: it may be for a moment,    (cache is emptied: the kind is gone)
 *      but not longer than forbiddenMsMax)
 *              both try again like every failure, and end as synced
 * ```
 *
 * A connection that ends in good order, or is silent for 90 s, is opened again at the last resourceVersion; the state
 * stays synced. After an error it waits 0.8 to 30 s (client-go's values, with jitter; 8 s where a
 * right is missing) or as long as Retry-After says. 410
 * Gone and anything unreadable lead to a new list. A WatchList (events instead of pages) is tried first; a server that
 * refuses it, or ends it before its closing bookmark, is listed in pages from then on.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/client-go/tools/cache/reflector.go
 */
export function startReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { transport, resource, clock, random, namespace, labelSelector, fieldSelector, metadataOnly } = options;
  const client = createClient(transport);
  const retry = createReflectorRetry(random);
  const cache = createReflectorCache(options.prune, options.handler);
  const request = watchRequestName(options);
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  // Nobody needs to wait for it; those who do get the rejection from whenSynced.
  synced.promise.catch(() => {});

  let state: ReflectorState = 'starting';
  let lastContactAt = clock.monotonic();
  let lastError: KubeError | undefined;
  let errorCount = 0;
  /** Where to go on watching; undefined when a list is due. */
  let resourceVersion: string | undefined;
  /** When the present watch began to deliver changes. */
  let watchingSince: number | undefined;
  let watchListRefused = false;
  /** When the right to read began to be missing. */
  let forbiddenSince: number | undefined;

  function touch(): void {
    lastContactAt = clock.monotonic();
  }

  function become(next: ReflectorState): void {
    if (state === next) return;
    state = next;
    options.onState?.(next);
  }

  function settle(next: 'synced' | 'forbidden' | 'absent'): void {
    synced.resolve();
    forbiddenSince = next === 'forbidden' ? (forbiddenSince ?? clock.monotonic()) : undefined;
    become(next);
  }

  /** Nobody can tell any more whether what is known is still true. Called between two attempts, so that no watch goes on. */
  function forgetIfForbiddenTooLong(): void {
    const { forbiddenMsMax = Number.POSITIVE_INFINITY } = options;
    if (forbiddenSince === undefined || clock.monotonic() - forbiddenSince < forbiddenMsMax) return;
    resourceVersion = undefined;
    cache.clear();
    options.onForgotten?.();
  }

  function endFill(at: string): void {
    cache.endFill(at);
    resourceVersion = at;
    retry.listed();
    settle('synced');
  }

  async function listPages(): Promise<void> {
    cache.beginFill();
    let token: string | undefined;
    // Without a limit only after a token has expired: one answer cannot expire halfway (client-go's pager does the same).
    let limit: number | undefined = pageItems;
    for (;;) {
      try {
        const at = { limit, continue: token, lane: 'watch', signal: stopping.signal } as const;
        const page = await client.list(resource, { namespace, labelSelector, fieldSelector, metadataOnly, ...at });
        touch();
        for (const object of page.items) cache.upsert(object);
        token = page.continue;
        if (token === undefined) return endFill(page.resourceVersion);
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        if (error.code === 'KUBE_GONE' && token !== undefined) {
          report(error);
          token = undefined;
          limit = undefined;
          cache.beginFill();
        } else if (error.code === 'KUBE_UNREADABLE' && limit !== 1) {
          // A page of objects of 1.5 MB each is more than a transport takes. Where it is not that, asking again is no harm.
          touch();
          limit = Math.ceil((limit ?? pageItems) / smallerPage);
        } else throw error;
      }
    }
  }

  /** One watch connection, from `resourceVersion`, or from nothing as a WatchList. Returns when the server ends it. */
  async function watch(): Promise<void> {
    let filling = resourceVersion === undefined;
    if (filling) cache.beginFill();
    const events = await openWatch(transport, options, {
      resourceVersion,
      // At random, as client-go does, so that not all watches are opened again at once.
      timeoutSeconds: Math.floor(300 + random() * 300),
      signal: stopping.signal,
      onBytes: touch,
    });
    const follow = () => {
      filling = false;
      watchingSince = clock.monotonic();
      settle('synced');
    };
    touch();
    if (!filling) follow();
    try {
      for await (const event of events) {
        stopping.signal.throwIfAborted();
        if (event.type === 'BOOKMARK') {
          if (!filling) resourceVersion = event.resourceVersion;
          else if (event.initialEventsEnd) {
            endFill(event.resourceVersion);
            follow();
          } else throw unreadable(request, 'a WatchList has a bookmark before its closing one');
          continue;
        }
        if (event.type === 'DELETED') cache.remove(event.object);
        else cache.upsert(event.object);
        if (!filling) resourceVersion = event.object.metadata.resourceVersion;
      }
      if (filling) throw unreadable(request, 'a WatchList ended before the bookmark that closes its first part');
    } finally {
      if (filling) watchListRefused = true;
    }
  }

  function report(error: KubeError): void {
    if (error.status !== 0) touch();
    lastError = error;
    errorCount += 1;
    options.onError?.(error);
  }

  /** What an error means for state and cache; returns how long to wait before the next attempt. */
  function fail(error: KubeError): number {
    report(error);
    const steady = watchingSince !== undefined && clock.monotonic() - watchingSince >= steadyMs;
    const { relist, waitMs, denied } = retry.failed(error, steady);
    if (relist) resourceVersion = undefined;
    if (denied && error.code === 'KUBE_FORBIDDEN') {
      settle('forbidden');
      forgetIfForbiddenTooLong();
    } else if (denied) {
      cache.clear();
      settle('absent');
    } else if (state !== 'starting') become('failing');
    return waitMs;
  }

  /**
   * Nothing came for as long as the transport waits. That may be a connection that is dead without a word, but also a kind
   * of which nothing has happened since the server started: then it sends no bookmarks either (cacher.go, "Never send a
   * bookmark event if we did not see an event here"). Both are answered by a new connection, and neither is an error.
   */
  function isSilence(error: KubeError): boolean {
    return error.code === 'KUBE_TIMEOUT' && error.status === 0 && watchingSince !== undefined;
  }

  async function attempt(): Promise<void> {
    watchingSince = undefined;
    if (resourceVersion === undefined && !watchListRefused) {
      try {
        return await watch();
      } catch (error) {
        if (resourceVersion !== undefined || !refusesWatchList(error)) throw error;
        watchListRefused = true;
      }
    }
    if (resourceVersion === undefined) await listPages();
    await watch();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let waitMs = 0;
      try {
        await attempt();
        if (clock.monotonic() - (watchingSince ?? 0) < shortWatchMs) waitMs = retry.shortWatchMs();
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof KubeError)) throw error;
        if (!isSilence(error)) waitMs = fail(error);
      }
      if (waitMs > 0) await pause(waitMs);
    }
  }

  async function pause(ms: number): Promise<void> {
    try {
      await clock.sleep(ms, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  }

  const ended = run().catch((error: unknown) => {
    become('failing');
    synced.reject(error);
    if (options.onCrash === undefined) throw error;
    options.onCrash(error);
  });

  return {
    resource,
    get state() {
      return state;
    },
    get lastContactAt() {
      return lastContactAt;
    },
    get lastError() {
      return lastError;
    },
    get errorCount() {
      return errorCount;
    },
    get size() {
      return cache.size;
    },
    get: (key) => cache.get(key),
    entries: () => cache.entries(),
    async stop() {
      const reason = new DOMException(`the reflector of ${resource.plural} was stopped`, 'AbortError');
      stopping.abort(reason);
      synced.reject(reason);
      await ended;
    },
    whenSynced: (signal) => untilAborted(synced.promise, signal),
  };
}

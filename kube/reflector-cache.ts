import { type KubeObject, keyOf } from './resource.ts';
import type { ReflectorHandler } from './reflector.ts';

interface Entry<T> {
  readonly resourceVersion: string;
  readonly value: T;
}

/**
 * What a reflector knows: key -> pruned value. The handler hears of every change exactly once, in order.
 *
 * A fill (list, or the first part of a WatchList) changes the cache object by object, so that a large list never blocks for
 * long; what the server no longer has is removed at its end. Until then `synced` was not called and nobody counts on it.
 */
export interface ReflectorCache<T> {
  readonly size: number;
  get(key: string): T | undefined;
  entries(): IterableIterator<[string, T]>;
  upsert(object: KubeObject): void;
  remove(object: KubeObject): void;
  beginFill(): void;
  /** `resourceVersion`: that of the list as a whole. */
  endFill(resourceVersion: string): void;
  /** The kind is not served any more: nothing of it exists. */
  clear(): void;
}

/** An empty cache that tells `handler` what changes. */
export function createReflectorCache<T>(
  prune: (object: KubeObject) => T | undefined,
  handler: ReflectorHandler<T>,
): ReflectorCache<T> {
  const known = new Map<string, Entry<T>>();
  let seen: Set<string> | undefined;

  function drop(key: string): void {
    const entry = known.get(key);
    if (entry === undefined) return;
    known.delete(key);
    handler.remove(key, entry.value);
  }

  return {
    get size() {
      return known.size;
    },
    get: (key) => known.get(key)?.value,
    *entries() {
      for (const [key, { value }] of known) yield [key, value];
    },
    upsert(object) {
      const key = keyOf(object.metadata);
      seen?.add(key);
      const { uid, resourceVersion } = object.metadata;
      // A relist repeats what is known already.
      if (known.get(key)?.resourceVersion === resourceVersion) return;
      const value = prune(object);
      if (value === undefined) return drop(key);
      known.set(key, { resourceVersion, value });
      handler.upsert(key, value, { uid, resourceVersion });
    },
    remove(object) {
      const key = keyOf(object.metadata);
      seen?.delete(key);
      drop(key);
    },
    beginFill() {
      seen = new Set();
    },
    endFill(resourceVersion) {
      const listed = seen ?? new Set();
      for (const key of known.keys()) if (!listed.has(key)) drop(key);
      seen = undefined;
      handler.synced({ resourceVersion, has: (key) => listed.has(key) });
    },
    clear() {
      seen = undefined;
      for (const key of known.keys()) drop(key);
    },
  };
}

/**
 * How often something went wrong since the operator started, by adapter and kind of error.
 */
import { resourceName } from '../kube/resource.ts';
import type { Adapter } from './adapters/define.ts';

export interface ErrorCounts {
  readonly byAdapter: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** A part of an object was not understood. */
  unreadable(adapter: string): void;
  /** A list or a watch of this `plural.group` failed, other than for a right or a kind that is missing. */
  watchFailed(resource: string): void;
}

/** Counts from zero. `adapters`: those that read something now. */
export function createErrorCounts(adapters: () => readonly Pick<Adapter, 'id' | 'resources'>[]): ErrorCounts {
  const byAdapter = new Map<string, Map<string, number>>();
  function count(adapter: string, kind: string): void {
    const counts = byAdapter.get(adapter) ?? new Map<string, number>();
    byAdapter.set(adapter, counts);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return {
    byAdapter,
    unreadable: (adapter) => count(adapter, 'Unreadable'),
    watchFailed(resource) {
      for (const { id, resources } of adapters()) {
        if (resources.some((own) => resourceName(own) === resource)) count(id, 'WatchFailed');
      }
    },
  };
}

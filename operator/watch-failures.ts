/**
 * Tells why kinds cannot be read. Each is tried again for as long as it fails, so the same is told once until it is read.
 */
import type { Logger } from 'pino';
import type { KubeError } from '../kube/errors.ts';
import type { WatchState } from './discovery/watches.ts';

export interface WatchFailures {
  /** A list or a watch of this `plural.group` failed. */
  failed(resource: string, error: KubeError): void;
  /** What of each kind is known now: of one that is read again, the next failure is news. */
  states(states: readonly WatchState[]): void;
}

/** Nothing was told yet. */
export function tellWatchFailures(log: Logger): WatchFailures {
  /** `plural.group` → code of what was told last. */
  const told = new Map<string, KubeError['code']>();
  return {
    failed(resource, { code, said }) {
      if (told.get(resource) === code) return;
      told.set(resource, code);
      // A version that is too old to go on from is no trouble: another list, as when a definition changes.
      if (code === 'KUBE_GONE') log.info({ resource, code, said }, 'watch ended, listing again');
      else log.warn({ resource, code, said }, 'watch failed, trying again');
    },
    states(states) {
      for (const { resource, state } of states) if (state === 'synced') told.delete(resource);
    },
  };
}

/**
 * The health of each adapter, from the state of its watches and from what it could not read.
 */
import type { AdapterHealth } from '../crds/cluster-report.ts';
import { resourceName } from '../kube/resource.ts';
import { builtInGroups } from './adapters/built-in-groups.ts';
import type { Adapter } from './adapters/define.ts';
import type { WatchState } from './discovery/watches.ts';

/** A ClusterRole with this label adds its rules to the operator's. */
export const aggregationLabel = 'potoo.io/aggregate-to-operator';

/** Kinds that the health of one adapter names; the generic one may read hundreds. */
const kindsNamedMax = 100;
const reasonsMax = 10;

/**
 * `errors` counts since the operator started, by adapter and kind of error. `switchedOff`: `plural.group` of what is not read
 * → the ConstraintProfile that says so.
 */
export function adapterHealth(
  adapters: readonly Pick<Adapter, 'id' | 'resources'>[],
  states: readonly WatchState[],
  errors: ReadonlyMap<string, ReadonlyMap<string, number>>,
  switchedOff: ReadonlyMap<string, string>,
): AdapterHealth[] {
  const byName = new Map(states.map((state) => [state.resource, state]));
  return adapters.map(({ id, resources }) => {
    const names = resources.map(resourceName);
    const own = names.flatMap((name) => (switchedOff.has(name) ? [] : (byName.get(name) ?? [])));
    const isInstalled = own.some(({ state }) => state !== 'absent');
    const watched = own.filter(({ wasSynced, state }) => wasSynced && state !== 'absent' && state !== 'forbidden');
    const reasons = new Set(
      names.flatMap((name) => {
        const profile = switchedOff.get(name);
        const state = byName.get(name);
        if (profile !== undefined) return [`${name} is switched off by ConstraintProfile ${profile}`];
        if (state === undefined) return [];
        // Beside kinds that are there it has to be told which one is meant.
        if (isInstalled && state.state === 'absent' && !isBuiltIn(name)) return [`CRD ${name} is not installed`];
        return reasonOf(state) ?? [];
      }),
    );
    const counted = errors.get(id);
    return {
      name: id,
      enabled: watched.length > 0,
      ...(reasons.size === 0 ? {} : { reason: bounded([...reasons]) }),
      watchedResources: watched.slice(0, kindsNamedMax).map(({ resource }) => resource),
      ...(counted === undefined || counted.size === 0 ? {} : { errors: Object.fromEntries(counted) }),
    };
  });
}

function bounded(reasons: readonly string[]): string {
  const more = reasons.length - reasonsMax;
  return [...reasons.slice(0, reasonsMax), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Why a kind is not read; undefined while it is. */
export function reasonOf({ resource, state, lastError }: WatchState): string | undefined {
  switch (state) {
    case 'synced':
      return undefined;
    case 'absent':
      return isBuiltIn(resource) ? `${resource} is not served by this API server` : 'CRDs not installed';
    case 'forbidden':
      return `Forbidden: a ClusterRole labelled ${aggregationLabel}=true must allow list and watch on ${resource}`;
    case 'starting':
      return lastError === undefined ? `${resource} is being read` : `${resource} cannot be read: ${lastError.code}`;
    case 'failing':
      return `${resource} cannot be read: ${lastError?.code ?? 'no answer'}`;
  }
}

function isBuiltIn(resource: string): boolean {
  const dot = resource.indexOf('.');
  return builtInGroups.has(dot < 0 ? '' : resource.slice(dot + 1));
}

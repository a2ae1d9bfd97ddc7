/**
 * Keeps the store in step with the API server, and tells how fresh it is.
 */
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
} from '../../crds/api.ts';
import { ClusterReportStatus } from '../../crds/cluster-report.ts';
import type { Clock, Random } from '../../kube/clock.ts';
import { startReflector, type Reflector } from '../../kube/reflector.ts';
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import { untilAborted } from '../../kube/until-aborted.ts';
import type { Log } from '../log.ts';
import { type Changes, createChanges } from './changes.ts';
import { createFormReader, readClusterDetail, readDetail } from './detail.ts';
import { createLineInterner } from './intern.ts';
import { createOperatorLease } from './operator-lease.ts';
import { logProblems, type OnProblem } from './problem.ts';
import { firstIssue, readReport } from './report.ts';
import { type Catalog, type CatalogSizes, createCatalogStore } from './store.ts';

/** How long a watch may be broken, or the API server out of reach, before answers count as old. */
const contactMsMax = 20_000;

export interface WatchState {
  readonly resource: string;
  readonly state: string;
}

export interface RunningCatalog extends Catalog, AsyncDisposable {
  readonly changes: Changes;
  sizes(): CatalogSizes;
  watches(): readonly WatchState[];
  /** Resolves once all there is was seen. */
  whenSynced(signal: AbortSignal): Promise<void>;
}

export interface CatalogOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where the operator's Lease is. */
  readonly systemNamespace: string;
  /** A mistake of ours in reading objects: the process should end. */
  readonly onCrash: (error: unknown) => void;
}

/** Starts the watches; answers are complete once `synced` has resolved. */
export function startCatalog(options: CatalogOptions): RunningCatalog {
  const { transport, clock, random, log, onCrash } = options;
  const onProblem = logProblems(log);
  const store = createCatalogStore(createFormReader(onProblem));
  const intern = createLineInterner();
  const complete = new Set<Resource>();
  /** Since when a kind is not followed. What was last heard from the server does not tell: it may have been a refusal. */
  const brokenSince = new Map<Resource, number>();
  const synced = Promise.withResolvers<void>();

  /** One Reflector; `put` and `remove` get namespace and name, the namespace '' for cluster-scoped kinds. */
  function follow<T>(
    resource: Resource,
    prune: (object: KubeObject) => T | undefined,
    put: (value: T, namespace: string, name: string) => void,
    remove: (namespace: string, name: string) => void,
  ): Reflector<T> {
    brokenSince.set(resource, clock.monotonic());
    return startReflector<T>({
      transport,
      resource,
      clock,
      random,
      prune,
      handler: {
        upsert: (key, value) => put(value, ...partsOf(key)),
        remove: (key) => remove(...partsOf(key)),
        synced: () => {
          complete.add(resource);
          if (complete.size === reflectors.length) synced.resolve();
        },
      },
      onState: (state) => {
        if (state === 'synced') brokenSince.delete(resource);
        else if (!brokenSince.has(resource)) brokenSince.set(resource, clock.monotonic());
      },
      onError: (error) => log.warn({ resource: resourceName(resource), code: error.code, said: error.said }, 'watch'),
      onCrash,
    });
  }

  const reflectors: readonly Reflector<unknown>[] = [
    follow(
      constraintReports,
      (object) => readReport(object, intern, onProblem),
      (report) => store.putReport(report),
      (namespace) => store.removeReport(namespace),
    ),
    follow(
      constraintDetails,
      (object) => readDetail(object, onProblem),
      (part, namespace, name) => store.putDetail(namespace, name, part),
      (namespace, name) => store.removeDetail(namespace, name),
    ),
    follow(
      clusterConstraintDetails,
      (object) => readClusterDetail(object, onProblem),
      (part, _namespace, name) => store.putClusterDetail(name, part),
      (_namespace, name) => store.removeClusterDetail(name),
    ),
    follow(
      clusterConstraintReports,
      (object) => readClusterReport(object, onProblem),
      (status) => store.putClusterReport(status),
      () => store.putClusterReport(undefined),
    ),
  ];
  const lease = createOperatorLease({ transport, clock, namespace: options.systemNamespace, onProblem });
  const stop = new AbortController();
  const looking = lease.run(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) onCrash(error);
  });

  function isLost({ resource, state }: Reflector<unknown>): boolean {
    if (state === 'forbidden' || state === 'absent') return true;
    const since = brokenSince.get(resource);
    return since !== undefined && clock.monotonic() - since > contactMsMax;
  }

  return {
    get synced() {
      // A reflector of a kind that is gone has emptied its cache: an answer would say that nothing binds.
      return complete.size === reflectors.length && reflectors.every(({ state }) => state !== 'absent');
    },
    changes: createChanges({ store, clock }),
    whenSynced: async (signal) => untilAborted(synced.promise, signal),
    view: (namespace) => store.view(namespace),
    reports: () => store.reports(),
    clusterReport: () => store.clusterReport(),
    clusterFacts: () => store.clusterFacts(),
    sizes: () => store.sizes(),
    watches: () => reflectors.map(({ resource, state }) => ({ resource: resourceName(resource), state })),
    freshness() {
      // The Lease is asked for every few seconds, so it tells soonest that the API server is gone.
      const inContact = clock.monotonic() - lease.lastContactAt <= contactMsMax;
      const lost = reflectors.filter(isLost).map(({ resource }) => resourceName(resource));
      return { operatorAlive: lease.alive, watching: inContact && lost.length === 0, lost };
    },
    get sharedSecret() {
      return lease.uid;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([looking, ...reflectors.map(async (reflector) => reflector.stop())]);
    },
  };
}

/** The status of the one ClusterConstraintReport; undefined for any other object, and for one that cannot be read. */
export function readClusterReport(object: KubeObject, onProblem: OnProblem): ClusterReportStatus | undefined {
  const { name } = object.metadata;
  if (name !== clusterReportName || object['status'] === undefined) return undefined;
  const status = ClusterReportStatus.safeParse(object['status']);
  if (!status.success) {
    onProblem({ object: `ClusterConstraintReport ${name}`, path: 'status', message: firstIssue(status.error) });
  }
  return status.data;
}

/** Namespace and name of a key: see keyOf. */
function partsOf(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? ['', key] : [key.slice(0, slash), key.slice(slash + 1)];
}

/**
 * Keeps what stands in etcd in line with what is known: hears which namespaces have changed, and while this process leads
 * writes each that says something new. Failures are remembered until the namespace could be written.
 */
import type { Logger } from 'pino';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintReports,
} from '../../crds/api.ts';
import { compareText } from '../../crds/constraint.ts';
import { clusterDetailNameOfPart } from '../../crds/detail.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock, Random } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import { createWorkQueue, type Priority } from '../../kube/work-queue.ts';
import type { Consumer } from '../discovery/watches.ts';
import type { Metrics } from '../metrics.ts';
import { createClusterDetailWriter } from './cluster-detail-writer.ts';
import type { ObservedClusterDetail } from './compose-cluster-details.ts';
import { countBySeverity, type Observed, type PublishedReport } from './compose-report.ts';
import type { ObservedCluster, PublishedTotals } from './compose-totals.ts';
import { type PublishDeps, publishNamespace, publishTotals } from './publish.ts';
import { publishClusterDetail } from './publish-cluster-details.ts';
import {
  createPublishedObjects,
  type PublishedDetail,
  type PublishedObjects,
  readClusterDetail,
  readDetail,
  readReport,
  readTotals,
} from './published.ts';
import { createSchedule } from './schedule.ts';

export interface ReporterDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Undefined for a namespace that does not exist or is going away. */
  readonly observe: (namespace: string) => Observed | undefined;
  /** Its failures are those of reading; those of writing are known here. */
  readonly observeCluster: () => ObservedCluster;
  /** By the name of the ClusterConstraintDetail; without constraints when there is no such policy. */
  readonly observeClusterDetail: (name: string) => ObservedClusterDetail;
  readonly clusterDetails: () => Iterable<string>;
  readonly namespaces: () => Iterable<string>;
  readonly exists: (namespace: string) => boolean;
  /** clock.monotonic() up to which this process may write. */
  readonly deadline: () => number;
  /** A mistake of our own: nothing more is written. */
  readonly onCrash: (error: unknown) => void;
}

export interface Reporter {
  /** Follow what stands in etcd; what somebody else did to it is put right. */
  readonly consumers: readonly Consumer<unknown>[];
  /** 'now' for what the namespace's own objects did, 'later' for the rest. */
  changed(namespace: string, priority: Priority): void;
  gone(namespace: string): void;
  /** What the ClusterConstraintDetail of this name says may have changed. */
  clusterDetailChanged(name: string): void;
  /** Something that only the ClusterConstraintReport tells has changed. */
  totalsChanged(): void;
  /** Writes until aborted, beginning with a look at every namespace. Resolves when nothing is in flight any more. */
  write(signal: AbortSignal): Promise<void>;
}

/** The queue's key of the ClusterConstraintReport: no namespace has an empty name. */
const totalsKey = '';
/** Before the name of a ClusterConstraintDetail in the queue: no namespace has a colon in its name. */
const clusterDetailPrefix = 'cluster:';
/** The totals change with nearly every namespace; at most so often they are written. */
const totalsDelayMs = 2_000;
/** Writes at a time. More only queue up in the API server. */
const workers = 8;
/** What stopped a write is mostly ended by a person, who then waits for the report. */
const retryMsMax = 30_000;
/** Failures that the cluster report names; the rest are counted in metrics. */
const failuresNamedMax = 10;

/** Hears of changes from the start; nothing is written before `write`. */
export function createReporter(deps: ReporterDeps): Reporter {
  const { client, clock, log, metrics } = deps;
  const queue = createWorkQueue({ clock, random: deps.random, retryMsMax });
  const schedule = createSchedule(queue, clock);
  const failures = new Map<string, string>();
  /** Namespaces that were not looked at since this process leads: as long as there are any, the totals would be a promise. */
  const unseen = new Set<string>();
  const published: PublishDeps = {
    client,
    clock,
    reports: createPublishedObjects<PublishedReport>(),
    details: createPublishedObjects<PublishedDetail>(),
    clusterDetails: createPublishedObjects<PublishedDetail>(),
    totals: createPublishedObjects<PublishedTotals>(),
    onOversized: ({ id, source }) =>
      log.warn({ id, source }, 'full form too large to be stored, only its summary is published'),
    assertLeading() {
      if (clock.monotonic() >= deps.deadline()) throw new LeadershipLost();
    },
  };
  const totalsChanged = () => queue.addAfter(totalsKey, totalsDelayMs, 'later');
  const putRight = (key: string) => {
    const namespace = namespaceOf(key);
    if (deps.exists(namespace)) schedule.changed(namespace, 'now');
  };
  const clusterDetails = createClusterDetailWriter(async (name, signal) => {
    const observed = deps.observeClusterDetail(name);
    metrics.writes.inc(await publishClusterDetail(name, observed, published, signal));
    if (observed.subject === 'policy' && observed.constraints.length === 0) {
      schedule.forget(clusterDetailPrefix + name);
    }
  });
  const clusterDetailChanged = (name: string) => {
    clusterDetails.changed(name);
    schedule.changed(clusterDetailPrefix + name, 'now');
  };

  async function publishKey(key: string, signal: AbortSignal): Promise<void> {
    metrics.queue.set(queue.length);
    if (key === totalsKey) await publishCluster(signal);
    else if (key.startsWith(clusterDetailPrefix)) await publishClusterKey(key, signal);
    else await publishKnown(key, signal);
  }

  async function publishCluster(signal: AbortSignal): Promise<void> {
    if (unseen.size > 0) return;
    const read = deps.observeCluster();
    const observed = { ...read, failures: [...read.failures, ...failureSentences(failures)] };
    measure(metrics, observed);
    metrics.writes.inc(await publishTotals(observed, published, signal));
    failures.delete(totalsKey);
  }

  async function publishClusterKey(key: string, signal: AbortSignal): Promise<void> {
    await clusterDetails.write(key.slice(clusterDetailPrefix.length), signal);
    if (failures.delete(key)) totalsChanged();
    seen(key);
  }

  async function publishKnown(namespace: string, signal: AbortSignal): Promise<void> {
    await clusterDetails.ahead(deps.observe(namespace)?.constraints ?? [], signal);
    const observed = deps.observe(namespace);
    if (observed === undefined) schedule.forget(namespace);
    else {
      const end = metrics.publishSeconds.startTimer();
      try {
        metrics.writes.inc(await publishNamespace(observed, published, signal));
      } finally {
        end();
      }
    }
    if (failures.delete(namespace)) totalsChanged();
    seen(namespace);
  }

  function seen(namespace: string): void {
    if (unseen.delete(namespace) && unseen.size === 0) queue.add(totalsKey, 'later');
  }

  function onFailure(key: string, error: unknown): void {
    if (error instanceof LeadershipLost) return;
    if (!(error instanceof KubeError)) {
      deps.onCrash(error);
      return;
    }
    metrics.writeFailures.inc({ code: error.code });
    seen(key);
    // A namespace that is going away takes no more objects; its own event follows, or was faster than this answer.
    if (error.said.includes('because it is being terminated')) return;
    if (isNamespace(key) && deps.observe(key) === undefined) return;
    const failure = `${error.code}: ${error.said}`;
    // Each attempt that fails in the same way would be a line, for every namespace of a cluster whose API server is away.
    if (failures.get(key) === failure) return;
    log.error(
      { namespace: key, code: error.code, request: error.request, said: error.said },
      'not written, trying again',
    );
    failures.set(key, failure);
    if (key !== totalsKey) totalsChanged();
  }

  return {
    consumers: [
      follow(constraintReports, published.reports, readReport, putRight),
      follow(constraintDetails, published.details, readDetail, putRight),
      follow(clusterConstraintDetails, published.clusterDetails, readClusterDetail, (name) =>
        clusterDetailChanged(clusterDetailNameOfPart(name)),
      ),
      follow(clusterConstraintReports, published.totals, readTotals, totalsChanged),
    ],
    changed(namespace, priority) {
      if (deps.exists(namespace)) schedule.changed(namespace, priority);
      totalsChanged();
    },
    gone(namespace) {
      schedule.forget(namespace);
      queue.remove(namespace);
      failures.delete(namespace);
      seen(namespace);
      totalsChanged();
    },
    clusterDetailChanged,
    totalsChanged,
    async write(signal) {
      log.info('leading: this process writes the reports');
      metrics.leading.set(1);
      unseen.clear();
      // Those that stand there too: of a policy that went while nobody wrote.
      const names = [...deps.clusterDetails(), ...published.clusterDetails.namesIn('').map(clusterDetailNameOfPart)];
      for (const name of names) {
        clusterDetails.changed(name);
        unseen.add(clusterDetailPrefix + name);
        queue.add(clusterDetailPrefix + name, 'now');
      }
      for (const namespace of deps.namespaces()) {
        unseen.add(namespace);
        queue.add(namespace, 'later');
      }
      queue.add(totalsKey, 'later');
      await queue.run(publishKey, { workers, signal, onError: onFailure });
      metrics.leading.set(0);
      log.info('not leading any more');
    },
  };
}

/** Whether a key of the queue is that of a namespace. */
function isNamespace(key: string): boolean {
  return key !== totalsKey && !key.startsWith(clusterDetailPrefix);
}

/** Of `namespace/name`. */
function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

class LeadershipLost extends Error {
  override readonly name = 'LeadershipLost';
}

function follow<T extends { readonly resourceVersion: string }>(
  resource: { readonly group: string; readonly plural: string },
  objects: PublishedObjects<T>,
  read: (object: KubeObject) => T,
  onForeign: (key: string) => void,
): Consumer<T> {
  return {
    resource,
    prune(object) {
      // The echo of an own write is known already; reading it again is what costs.
      const known = objects.get(keyOf(object.metadata));
      return known?.resourceVersion === object.metadata.resourceVersion ? known : read(object);
    },
    upsert(key, value) {
      if (objects.set(key, value)) onForeign(key);
    },
    remove(key, value) {
      if (objects.remove(key, value)) onForeign(key);
    },
    synced(list) {
      for (const key of objects.forgetMissing(list)) onForeign(key);
    },
  };
}

/** The same failure in many namespaces is said once. The report of the cluster cannot tell of its own; log and metrics do. */
function failureSentences(failures: ReadonlyMap<string, string>): string[] {
  const ofNamespaces = [...failures].filter(([key]) => key !== totalsKey);
  return [...Map.groupBy(ofNamespaces, ([, said]) => said)]
    .toSorted(([a], [b]) => compareText(a, b))
    .slice(0, failuresNamedMax)
    .map(([said, entries]) => {
      const [first = ''] = entries.map(([key]) => key).toSorted();
      const others = entries.length > 1 ? ` and ${entries.length - 1} more` : '';
      const what = isNamespace(first) ? `report of ${first}` : `detail ${first.slice(clusterDetailPrefix.length)}`;
      return `The ${what}${others} could not be written: ${said}`;
    });
}

function measure(metrics: Metrics, { constraints, namespaces }: ObservedCluster): void {
  metrics.namespaces.set(namespaces);
  for (const [severity, count] of Object.entries(countBySeverity(constraints))) {
    metrics.constraints.set({ severity }, count);
  }
}

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
import type { Constraint } from '../../crds/constraint.ts';
import { clusterDetailNameOfPart } from '../../crds/detail.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock, Random } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { LeadershipLost } from '../../kube/lease.ts';
import { createWorkQueue, type LaterLimit, type Priority } from '../../kube/work-queue.ts';
import type { ReadConstraint } from '../adapters/settled.ts';
import type { Consumer } from '../discovery/watches.ts';
import type { Metrics } from '../metrics.ts';
import { createClusterDetailWriter } from './cluster-detail-writer.ts';
import type { ObservedClusterDetail } from './compose-cluster-details.ts';
import { countBySeverity, type PublishedReport } from './compose-report.ts';
import type { ObservedCluster, PublishedTotals } from './compose-totals.ts';
import { deniedBy, deniedFields } from './denied-write.ts';
import { createFigurePace } from './figure-pace.ts';
import { follow } from './follow.ts';
import {
  clearNamespace,
  type ObservedNamespace,
  type PublishDeps,
  publishNamespace,
  publishTotals,
  settledAs,
} from './publish.ts';
import { publishClusterDetail } from './publish-cluster-details.ts';
import {
  createPublishedClusterDetails,
  createPublishedObjects,
  namespaceOfKey,
  type PublishedDetail,
  readClusterDetail,
  readDetail,
  readReport,
  readTotals,
} from './published.ts';
import { createSchedule } from './schedule.ts';
import { createOversizedTeller } from './tell-oversized.ts';
import { createWriteBudget, fanOutLimits } from './write-budget.ts';
import { clusterDetailPrefix, createWriteFailures } from './write-failures.ts';

export interface ReporterDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Undefined for a namespace that does not exist or is going away. */
  readonly observe: (namespace: string) => ObservedNamespace | undefined;
  /** Its failures are those of reading; those of writing are known here. */
  readonly observeCluster: () => Omit<ObservedCluster, 'denials' | 'constraints'> & {
    readonly constraints: readonly ReadConstraint[];
  };
  /** By the name of the ClusterConstraintDetail; without constraints when there is no such policy. */
  readonly observeClusterDetail: (name: string) => ObservedClusterDetail;
  readonly clusterDetails: () => Iterable<string>;
  readonly namespaces: () => Iterable<string>;
  readonly exists: (namespace: string) => boolean;
  /** Namespaces in which, by configuration, nothing of ours may stand. */
  readonly isLeftOut: (namespace: string) => boolean;
  /** What binds the namespace; none when it is not observed. */
  readonly boundTo: (namespace: string) => Iterable<Pick<Constraint, 'source'>>;
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
/** The totals change with nearly every namespace; at most so often they are written. */
const totalsDelayMs = 2_000;
/** Writes at a time. More only queue up in the API server. */
const workers = 8;
/** Of these for changes that are not of the namespace's own: the others are free when one of its own comes. */
const laterWorkers = 2;
/** What stopped a write is mostly ended by a person, who then waits for the report. */
const retryMsMax = 30_000;

/**
 * How long a change of the namespace's own waits for details of cluster-wide policies. Then its report may refer to one that
 * is written a moment later.
 */
const aheadMsMax = 100;
/** The queue may hold what a removed policy bound for so long after the last word on it. */
const removeDetailAfterMs = 1_100;

/** Hears of changes from the start; nothing is written before `write`. */
export function createReporter(deps: ReporterDeps): Reporter {
  const { client, clock, log, metrics } = deps;
  const queue = createWorkQueue({ clock, random: deps.random, retryMsMax });
  const schedule = createSchedule(queue, clock);
  const budget = createWriteBudget(fanOutLimits);
  const figures = createFigurePace(clock);
  const failures = createWriteFailures({ random: deps.random, notNamed: totalsKey });
  const oversized = createOversizedTeller(log);
  /** Namespaces that were not looked at since this process leads: as long as there are any, the totals would be a promise. */
  const unseen = new Set<string>();
  /** Who does not write remembers no changes, however long that lasts: `write` begins with a look at everything. */
  let writing = false;
  const published: PublishDeps = {
    client,
    clock,
    reports: createPublishedObjects<PublishedReport>(),
    details: createPublishedObjects<PublishedDetail>(),
    clusterDetails: createPublishedClusterDetails(),
    totals: createPublishedObjects<PublishedTotals>(),
    onOversized: (of, constraints) => oversized.tell(of, constraints),
    onWrite: () => undefined,
    figuresWaitMs: (namespace) => figures.waitMs(namespace),
  };
  const totalsChanged = () => {
    if (writing) queue.addAfter(totalsKey, totalsDelayMs);
  };
  const putRight = (key: string) => {
    const namespace = namespaceOfKey(key);
    if (writing && (deps.exists(namespace) || deps.isLeftOut(namespace))) schedule.changed(namespace, 'now');
  };
  const isGone = (name: string) => {
    const observed = deps.observeClusterDetail(name);
    return observed.subject === 'policy' && observed.constraints.length === 0;
  };
  const clusterDetails = createClusterDetailWriter(clock, async (name, signal) => {
    metrics.writes.inc(await publishClusterDetail(name, deps.observeClusterDetail(name), published, signal));
    if (isGone(name)) schedule.forget(clusterDetailPrefix + name);
  });
  /** Reports that need it write it ahead of themselves; otherwise it takes its turn with the rest of the fan-out. */
  const clusterDetailChanged = (name: string) => {
    if (!writing) return;
    clusterDetails.changed(name);
    // Reports refer to it until they are written, which what is queued by then will be before it.
    if (isGone(name)) queue.addAfter(clusterDetailPrefix + name, removeDetailAfterMs, 'later');
    else schedule.changed(clusterDetailPrefix + name, 'later');
  };

  /** Who takes over begins at full speed: until all is looked at, nobody knows whether any report is right. */
  const isTakingOver = () => unseen.size > 0;
  const laterLimit = (): LaterLimit =>
    isTakingOver()
      ? { workersMax: workers, waitMs: 0 }
      : { workersMax: laterWorkers, waitMs: budget.waitMs(clock.monotonic()) };

  async function publishKey(
    key: string,
    signal: AbortSignal,
    priority: Priority,
  ): Promise<void | { readonly retryAfterMs: number }> {
    metrics.queue.set(queue.length);
    try {
      if (key === totalsKey) return await publishCluster(signal);
      // A thousand reports that are right already would be one long turn, in which nothing else is heard.
      if (priority === 'later') await clock.sleep(0, signal);
      if (key.startsWith(clusterDetailPrefix)) return await publishClusterKey(key, signal);
      return await publishKnown(key, signal, priority);
    } catch (error) {
      // What the cluster refuses is no failure of the queue, which would try it again too often.
      if (signal.aborted || !(error instanceof KubeError) || deniedBy(error) === undefined) throw error;
      return tellFailure(key, error) ? { retryAfterMs: failures.retryAfterMs(key) } : undefined;
    }
  }

  async function publishCluster(signal: AbortSignal): Promise<void> {
    if (isTakingOver()) return;
    const read = deps.observeCluster();
    const told = failures.sentences();
    const constraints = read.constraints.map((constraint) => settledAs(constraint, published.reports));
    const observed = { ...read, constraints, failures: [...read.failures, ...told.failures], denials: told.denials };
    measure(metrics, observed);
    succeeded(totalsKey, await publishTotals(observed, published, signal));
  }

  async function publishClusterKey(key: string, signal: AbortSignal): Promise<void> {
    await clusterDetails.write(key.slice(clusterDetailPrefix.length), signal);
    succeeded(key, 0);
    seen(key);
  }

  async function publishKnown(
    namespace: string,
    signal: AbortSignal,
    priority: Priority,
  ): Promise<void | { readonly retryAfterMs: number }> {
    await clusterDetails.ahead(deps.boundTo(namespace), signal, priority === 'now' ? aheadMsMax : undefined);
    const observed = deps.observe(namespace);
    if (observed === undefined) {
      if (deps.isLeftOut(namespace)) metrics.writes.inc(await clearNamespace(namespace, published, signal));
      forget(namespace);
      return;
    }
    const isLimited = priority === 'later' && !isTakingOver();
    const onWrite = (bytes: number) => {
      if (isLimited) budget.spend(clock.monotonic(), bytes);
    };
    const end = metrics.publishSeconds.startTimer();
    try {
      const { written, retryAfterMs } = await publishNamespace(observed, { ...published, onWrite }, signal);
      if (written > 0) figures.written(namespace);
      succeeded(namespace, written);
      seen(namespace);
      return retryAfterMs === undefined ? undefined : { retryAfterMs };
    } finally {
      end();
    }
  }

  function succeeded(key: string, written: number): void {
    metrics.writes.inc(written);
    const { hadFailed, deniedToo } = failures.succeeded(key);
    if (!hadFailed) return;
    measureDenied();
    if (key !== totalsKey) totalsChanged();
    if (written === 0) return;
    for (const other of deniedToo) queue.add(other, isNamespace(other) ? 'later' : 'now');
  }

  function forget(namespace: string): void {
    schedule.forget(namespace);
    figures.forget(namespace);
    oversized.forget(namespace);
    failures.forget(namespace);
    measureDenied();
    seen(namespace);
  }

  function measureDenied(): void {
    for (const [by, count] of failures.denied()) metrics.deniedWrites.set({ by }, count);
  }

  function seen(namespace: string): void {
    if (unseen.delete(namespace) && unseen.size === 0) queue.add(totalsKey);
  }

  function onFailure(key: string, error: unknown): void {
    if (error instanceof LeadershipLost) return;
    if (error instanceof KubeError) tellFailure(key, error);
    else deps.onCrash(error);
  }

  /** Returns whether the key is still to be written. */
  function tellFailure(key: string, error: KubeError): boolean {
    metrics.writeFailures.inc({ code: error.code });
    seen(key);
    // A namespace that is going away takes no more objects; its own event follows, or was faster than this answer.
    if (error.said.includes('because it is being terminated')) return false;
    if (isNamespace(key) && !deps.exists(key) && !deps.isLeftOut(key)) return false;
    const { isNews, isWorthTelling, denied } = failures.failed(key, error);
    measureDenied();
    // Each attempt that fails in the same way would be a line, for every namespace of a cluster whose API server is away.
    if (isWorthTelling) {
      log.error(
        { namespace: key, code: error.code, request: error.request, said: error.said, ...deniedFields(denied) },
        'not written, trying again',
      );
    }
    if (isNews && key !== totalsKey) totalsChanged();
    return true;
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
      if (writing && deps.exists(namespace)) schedule.changed(namespace, priority);
      totalsChanged();
    },
    gone(namespace) {
      queue.remove(namespace);
      forget(namespace);
      totalsChanged();
    },
    clusterDetailChanged(name) {
      clusterDetailChanged(name);
      // A policy that binds no namespace is counted all the same.
      totalsChanged();
    },
    totalsChanged,
    async write(signal) {
      log.info('leading: this process writes the reports');
      metrics.leading.set(1);
      writing = true;
      unseen.clear();
      // Those that stand there too: of a policy that went while nobody wrote.
      for (const name of new Set([...deps.clusterDetails(), ...published.clusterDetails.groups()])) {
        clusterDetails.changed(name);
        unseen.add(clusterDetailPrefix + name);
        queue.add(clusterDetailPrefix + name, 'later');
      }
      for (const namespace of deps.namespaces()) {
        unseen.add(namespace);
        queue.add(namespace, 'later');
      }
      for (const namespace of [...published.reports.groups(), ...published.details.groups()]) {
        if (deps.isLeftOut(namespace)) queue.add(namespace, 'later');
      }
      queue.add(totalsKey);
      await queue.run(publishKey, { workers, signal, onError: onFailure, later: laterLimit });
      // A report that did not wait for them has left some behind.
      await clusterDetails.idle();
      writing = false;
      metrics.leading.set(0);
      log.info('not leading any more');
    },
  };
}

/** Whether a key of the queue is that of a namespace. */
function isNamespace(key: string): boolean {
  return key !== totalsKey && !key.startsWith(clusterDetailPrefix);
}

function measure(metrics: Metrics, { constraints, namespaces }: ObservedCluster): void {
  metrics.namespaces.set(namespaces);
  for (const [severity, count] of Object.entries(countBySeverity(constraints))) {
    metrics.constraints.set({ severity }, count);
  }
}

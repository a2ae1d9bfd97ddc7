/**
 * The operator on a transport: watches feed the cluster's state, its changes reach the reporter, and while this process leads
 * the reporter writes. Standby replicas do all of it but the last.
 */
import type { Logger } from 'pino';
import * as z from 'zod';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintReports,
  operatorLeaseName,
} from '../crds/api.ts';
import { clusterFactsName } from '../crds/detail.ts';
import type { NamespaceScope } from '../crds/scope.ts';
import { createClient } from '../kube/client.ts';
import type { Clock, Random } from '../kube/clock.ts';
import { discoverResources, type ServedResources } from '../kube/discovery.ts';
import type { KubeError } from '../kube/errors.ts';
import { type Leadership, startLeadership, whileLeading } from '../kube/lease.ts';
import { resourceName } from '../kube/resource.ts';
import type { Transport } from '../kube/transport.ts';
import { adapterHealth, reasonOf } from './adapter-health.ts';
import { adapters } from './adapters/all.ts';
import { createClusterState } from './discovery/cluster-state.ts';
import { apiServices, customResourceDefinitions } from './discovery/definitions.ts';
import { type Discovery, startDiscovery } from './discovery/discovery.ts';
import { createPolicyKinds } from './discovery/policy-kinds.ts';
import { factsOf, profileStatus } from './discovery/profile-status.ts';
import { createProfileWriter } from './discovery/profile-writer.ts';
import { type Consumer, createWatches, type Watches, type WatchState } from './discovery/watches.ts';
import { createErrorCounts } from './error-counts.ts';
import type { Metrics } from './metrics.ts';
import { tellLeaseFailures } from './lease-failures.ts';
import { timestamp } from './reports/content.ts';
import { createReporter } from './reports/reporter.ts';
import { bindsNamespace } from './scope/namespace-scope.ts';
import { tellWatchFailures } from './watch-failures.ts';

export interface OperatorDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where the Lease is. */
  readonly namespace: string;
  /** Names this process in the Lease. */
  readonly identity: string;
  readonly version: string;
  /** Which namespaces get a report; all unless told. */
  readonly reported?: Pick<NamespaceScope, 'globs' | 'excluded'> | undefined;
  /** Aborted when the process has been told to stop, also before the start is complete. */
  readonly signal: AbortSignal;
  /** A mistake of our own, after which the process has to end. */
  readonly onCrash: (error: unknown) => void;
}

export interface RunningOperator extends AsyncDisposable {
  /** Whether all is read that can be read, so that this process could write. */
  readonly ready: boolean;
  readonly leading: boolean;
}

const ownKinds = [constraintReports, constraintDetails, clusterConstraintReports, clusterConstraintDetails];
/** Without one of them the operator does less than it should, whatever the reason. */
const requiredKinds = [...ownKinds, customResourceDefinitions];
const Version = z.object({ gitVersion: z.string() });

/** Resolves when everything is started; reading all of the cluster may take longer (`ready`). Throws without our CRDs. */
export async function startOperator(deps: OperatorDeps): Promise<RunningOperator> {
  const { transport, clock, random, log, metrics } = deps;
  const client = createClient(transport);
  const served = await discoverResources(transport, deps.signal);
  assertDefinitions(served);
  const kubernetes = Version.parse(
    await transport.request({ method: 'GET', path: '/version', signal: deps.signal }),
  ).gitVersion;
  const watchFailures = tellWatchFailures(log);
  /** What every adapter reads now, with what its policies take parameters from. */
  const reading = () =>
    policies.adapters.map(({ id, resources }) => ({
      id,
      resources: [...resources, ...state.parameterKinds.resourcesOf(id)],
    }));
  const errors = createErrorCounts(reading);
  let leadership: Leadership | undefined;
  const writer = createClient(whileLeading(transport, () => leadership?.leading === true));
  let ready = false;
  let unread = '';

  const { reported = {} } = deps;
  const isLeftOut = (name: string) => !bindsNamespace(reported, { name, labels: {} });
  const state = createClusterState({
    clock,
    adapters,
    isLeftOut,
    waitMs: (resource) => policies.decided.waitMs.get(resource) ?? 0,
    events: {
      onNamespace: (namespace, priority) => reporter.changed(namespace, priority),
      onNamespaceGone: (namespace) => reporter.gone(namespace),
      onClusterDetail: (name) => reporter.clusterDetailChanged(name),
      onProblem(adapter, problem) {
        errors.unreadable(adapter);
        metrics.problems.inc({ adapter });
        log.warn({ adapter, ...problem }, 'part of a policy was not understood');
        reporter.totalsChanged();
      },
      onParameterKinds: () => discovery.wantedChanged(),
    },
  });
  const reporter = createReporter({
    client: writer,
    clock,
    random,
    log,
    metrics,
    onCrash: deps.onCrash,
    namespaces: () => state.namespaces,
    exists: state.exists,
    isLeftOut,
    boundTo: state.boundTo,
    observe(namespace) {
      const observed = state.observe(namespace);
      return observed === undefined ? undefined : { ...observed, unread: unreadKinds(watches) };
    },
    observeClusterDetail: (name) => state.observeClusterDetail(name, discovery.served),
    clusterDetails: () => state.clusterDetails(),
    observeCluster: () => ({
      constraints: state.constraints(),
      namespaces: [...state.namespaces].length,
      namespacesWithConstraints: state.namespacesWithConstraints(),
      adapters: adapterHealth(reading(), watches.states(), errors.byAdapter, policies.decided.switchedOff),
      versions: { operator: deps.version, kubernetes },
      lastDiscovery: timestamp(discovery.lastAt),
      failures: [
        ...discoveryFailure(discovery),
        ...watches
          .states()
          .filter(isFailing)
          .flatMap((watch) => reasonOf(watch) ?? []),
      ],
    }),
  });
  const watches = createWatches({
    transport,
    clock,
    random,
    onState() {
      const states = watches.states();
      metrics.watchedKinds.set(states.filter((watch) => watch.state !== 'absent').length);
      watchFailures.states(states);
      policies.stateChanged(states);
      profiles.changed();
      reporter.totalsChanged();
      unreadMayHaveChanged();
    },
    onCrash: deps.onCrash,
    onError(resource, error) {
      metrics.watchErrors.inc({ resource: metrics.resourceLabel(resource), code: error.code });
      watchFailures.failed(resource, error);
      // Health says so by itself. Counted there as well, every further try would be a write of the totals.
      if (isDenial(error)) return;
      errors.watchFailed(resource);
      reporter.totalsChanged();
    },
  });

  const policies = createPolicyKinds({
    adapters,
    policyConsumer: (adapter, resource) => state.policyConsumer(adapter, resource),
    onChange: () => discovery.wantedChanged(),
    onStatus: () => profiles.changed(),
    onReread: (resource) => watches.reread(resource),
  });
  /** What is read for more than the policies in it: a profile that names another version would take it away. */
  const ownReaders = [...state.consumers, ...reporter.consumers, policies.consumer].filter(
    ({ policyOf }) => policyOf === undefined,
  );
  const neededKinds = new Set(
    [customResourceDefinitions, apiServices, ...ownReaders.map(({ resource }) => resource)].map(resourceName),
  );
  const profileVersion = (resource: string) =>
    neededKinds.has(resource) ? undefined : policies.decided.wantedVersion.get(resource);
  const discovery = startDiscovery({
    transport,
    clock,
    random,
    watches,
    served,
    wantedVersion: (resource) => profileVersion(resource) ?? state.parameterKinds.versionOf(resource),
    consumers(definitions) {
      const found = policies.found(definitions, state.parameterKinds.asked());
      state.waitsChanged();
      const { switchedOff } = policies.decided;
      const isWanted = ({ policyOf, resource }: Consumer<unknown>) =>
        policyOf === undefined || !switchedOff.has(resourceName(resource));
      const ofParameters = state.parameterKinds.consumers({
        definitions,
        served: discovery.served,
        versionOfOthers: profileVersion,
        isSwitchedOff: (resource) => switchedOff.has(resource),
      });
      const own = [...state.consumers, ...found].filter(isWanted);
      return [...own, ...reporter.consumers, policies.consumer, ...ofParameters];
    },
    onServed: () => reporter.clusterDetailChanged(clusterFactsName),
    onError(error) {
      log.warn({ code: error.code, said: error.said }, 'what the cluster serves is not known, trying again');
      reporter.totalsChanged();
    },
    onCrash: deps.onCrash,
  });
  const profiles = createProfileWriter({
    client: writer,
    clock,
    random,
    log,
    metrics,
    profiles: policies.profiles,
    statusOf: (name, known, now) => profileStatus(factsOf(name, known, policies, watches), known.conditions, now),
    onCrash: deps.onCrash,
  });
  discovery.wantedChanged();

  const disposing = new AbortController();
  /** What has not been read stands in every report. */
  function unreadMayHaveChanged(): void {
    const now = ready ? unreadKinds(watches).join() : unread;
    if (now === unread) return;
    unread = now;
    for (const namespace of state.namespaces) reporter.changed(namespace, 'later');
  }

  const stop = AbortSignal.any([deps.signal, disposing.signal]);
  let writing: Promise<void> = Promise.resolve();
  const begun = watches.settled(stop).then(() => {
    ready = true;
    unread = unreadKinds(watches).join();
    log.info({ namespaces: [...state.namespaces].length, constraints: state.constraints().length }, 'all is read');
    leadership = startLeadership({
      client,
      namespace: deps.namespace,
      name: operatorLeaseName,
      identity: deps.identity,
      clock,
      random,
      onStarted(signal) {
        // A new term begins only after what was in flight in the last one has ended.
        const term = AbortSignal.any([signal, stop]);
        writing = writing.then(async () => void (await Promise.all([reporter.write(term), profiles.write(term)])));
        writing.catch(deps.onCrash);
      },
      onError: tellLeaseFailures(log, clock),
    });
  });
  begun.catch((error: unknown) => {
    if (!stop.aborted) deps.onCrash(error);
  });

  return {
    get ready() {
      return ready;
    },
    get leading() {
      return leadership?.leading ?? false;
    },
    async [Symbol.asyncDispose]() {
      disposing.abort(new Error('the operator stops'));
      await Promise.allSettled([begun]);
      // First what is in flight, then the Lease: whoever takes it must be the only one who writes.
      await Promise.allSettled([writing]);
      await Promise.allSettled([leadership?.stop()]);
      await watches.stop();
      await discovery.stop();
    },
  };
}

function assertDefinitions(served: ServedResources): void {
  const missing = ownKinds.filter((resource) => served.find(resource) === undefined);
  if (missing.length > 0) {
    const names = missing.map(resourceName).join(', ');
    throw new Error(`The cluster does not serve ${names}: apply the CustomResourceDefinitions of crds/yaml first`);
  }
}

function discoveryFailure({ failure }: Pick<Discovery, 'failure'>): string[] {
  return failure === undefined ? [] : [`What the cluster serves cannot be read: ${failure.code}`];
}

/**
 * Whether a right is missing or a kind is not served. After a few in a row that is the state of the kind, which is told and is
 * no failure: then the first of them were none either.
 */
function isDenial({ code }: KubeError): boolean {
  return code === 'KUBE_FORBIDDEN' || code === 'KUBE_NOT_FOUND';
}

/** Whether a kind should be read and is not: those that RBAC forbids or no CRD defines are told, but are no failure. */
function isFailing({ resource, state, wasSynced, overdue }: WatchState): boolean {
  if (state === 'absent' || state === 'forbidden') return requiredKinds.some((own) => resourceName(own) === resource);
  return state === 'failing' || (!wasSynced && overdue);
}

/** Kinds that should have been read by now and never were; those that are absent or forbidden are told in the totals. */
function unreadKinds(watches: Watches): string[] {
  return watches
    .states()
    .filter(({ wasSynced, overdue, state }) => !wasSynced && overdue && state !== 'absent' && state !== 'forbidden')
    .flatMap((watch) => reasonOf(watch) ?? []);
}

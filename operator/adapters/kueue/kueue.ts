/**
 * Kueue: how much of a cluster the workloads of namespaces may use at a time. A LocalQueue is how a namespace uses a
 * ClusterQueue: what binds it is the ClusterQueue behind each of its LocalQueues, and nothing where it has none.
 *
 * - A ClusterQueue takes workloads of the namespaces that its namespaceSelector selects: none when that is absent. A
 *   LocalQueue in another namespace is there and starts nothing, which is a constraint of the LocalQueue.
 * - Nor does anything start by a LocalQueue that is stopped, or whose ClusterQueue does not exist.
 * - stopPolicy Hold lets what runs go on, HoldAndDrain ends it.
 * - A workload that asks for a resource of no group never starts. A limit of 0 forbids, unless there is a cohort to borrow
 *   from and no borrowingLimit of 0.
 *
 * Kueue never refuses an object: workloads wait, suspended or behind a scheduling gate. It is a limit all the same:
 * Critical when nothing can start or a resource is limited to 0, as for quotas, Info otherwise. Usage is not read: it stands
 * in the status, moves with each workload, and is one of the cohort as much as of the queue.
 *
 * Which workloads go through Kueue is set by a label of the workload and not of its pods (`kueue.x-k8s.io/queue-name`; where
 * it is absent, a LocalQueue of the name `default` takes it), and by the configuration of Kueue, which no API serves. Hence
 * no scope of pods. ResourceFlavors, AdmissionChecks and WorkloadPriorityClasses say where and how, and bind nobody.
 *
 * @see https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.19.0/pkg/scheduler/scheduler.go
 */
import { compareText, type Severity } from '../../../crds/constraint.ts';
import type { CapacityCohort, CapacityRule } from '../../../crds/rules/capacity.ts';
import type { Scope } from '../../../crds/scope.ts';
import type { Draft } from '../define.ts';
import { selectsAll } from '../fields.ts';
import { defineJoiningAdapter, type ImposedBy } from '../join.ts';
import { sentence } from '../text.ts';
import {
  type ClusterQueuePart,
  clusterQueues,
  type CohortPart,
  cohorts,
  type KueuePart,
  type LocalQueuePart,
  localQueues,
} from './parts.ts';
import { capacityMessage, capacitySummary, hasNothing, resourcesWithoutAny } from './text.ts';

export const kueue = defineJoiningAdapter<KueuePart>({
  id: 'kueue',
  resources: ['clusterqueues', 'cohorts', 'localqueues'].map((plural) => ({ group: 'kueue.x-k8s.io', plural })),
  kinds: [clusterQueues, localQueues, cohorts],
  join(values) {
    const queues = values
      .filter((value) => value.is === 'localQueue')
      .toSorted((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
    const clusterQueue = values.find((value) => value.is === 'clusterQueue');
    if (clusterQueue === undefined) return queues.map(withoutClusterQueue);
    const byName = new Map(values.filter((value) => value.is === 'cohort').map((cohort) => [cohort.name, cohort]));
    return [
      ...clusterQueueImposes(clusterQueue, queues, byName),
      ...queues.flatMap((queue) => localQueueImposes(queue, clusterQueue)),
    ];
  },
});

/** More namespaces than one pool is shared by; a rule that names them all would not fit into an object. */
const queuesMax = 5_000;

function clusterQueueImposes(
  part: ClusterQueuePart,
  queues: readonly LocalQueuePart[],
  byName: ReadonlyMap<string, CohortPart>,
): ImposedBy[] {
  const { namespaces, stopPolicy, head, scopeUnread } = part;
  if (namespaces === undefined || queues.length === 0) return [];
  const { cohorts: chain, above } = cohortsOf(part.cohort, byName);
  const stopped = stopPolicy === 'None' ? {} : { blocked: 'stopped' as const };
  const rule: CapacityRule = {
    form: 'capacity',
    queues: queues.slice(0, queuesMax).map((queue) => ({
      namespace: queue.namespace,
      name: queue.name,
      ...(queue.stopPolicy === 'None' ? {} : { stopped: true as const }),
    })),
    cohorts: chain,
    ...(above ? { cohortsAbove: true as const } : {}),
    ...stopped,
    ...(stopPolicy === 'HoldAndDrain' ? { drains: true as const } : {}),
    ...part.rule,
  };
  const scope: Scope = {
    namespaces: {
      names: [...new Set(queues.map(({ namespace }) => namespace))],
      ...(selectsAll(namespaces) ? {} : { selector: namespaces }),
    },
    ...(scopeUnread.length === 0 ? {} : { unread: [...scopeUnread] }),
  };
  const draft: Draft = {
    key: 'capacity',
    type: 'ResourceLimit',
    severity: severityOf(rule),
    effect: 'limit',
    summary: capacitySummary(rule),
    message: capacityMessage(rule, { name: head.metadata.name, namespaces }),
    scope,
    rule,
  };
  return [{ source: head, drafts: [draft] }];
}

function severityOf(rule: CapacityRule): Severity {
  if (rule.blocked !== undefined) return 'Critical';
  // What is not understood may be the capacity that seems to be missing.
  if (rule.unread !== undefined) return 'Warning';
  return hasNothing(rule) || resourcesWithoutAny(rule).length > 0 ? 'Critical' : 'Info';
}

/** Deeper than anyone nests teams. A cohort that is its own ancestor, which Kueue refuses to use, ends here too. */
const cohortsMax = 20;

function cohortsOf(first: string | undefined, byName: ReadonlyMap<string, CohortPart>) {
  const chain: CapacityCohort[] = [];
  let name = first;
  while (name !== undefined && chain.length < cohortsMax) {
    const cohort = byName.get(name);
    chain.push({
      name,
      ...(cohort === undefined || cohort.groups.length === 0 ? {} : { groups: [...cohort.groups] }),
      ...(cohort === undefined || cohort.unread.length === 0 ? {} : { unread: [...cohort.unread] }),
    });
    name = cohort?.parent;
  }
  return { cohorts: chain, above: name !== undefined };
}

/** What keeps back everything that comes by this queue, beside what the ClusterQueue says of all. */
function localQueueImposes(queue: LocalQueuePart, { namespaces, head }: ClusterQueuePart): ImposedBy[] {
  const drafts: Draft[] = [];
  const leadsTo = `ClusterQueue ${sentence(head.metadata.name, 80)}`;
  if (queue.stopPolicy !== 'None') {
    const drains = queue.stopPolicy === 'HoldAndDrain';
    drafts.push(
      blockedDraft(queue, {
        key: 'stopped',
        blocked: 'stopped',
        because: `it is stopped${drains ? ', and what runs is stopped, too' : ''}`,
        drains,
      }),
    );
  }
  if (namespaces === undefined || !selectsAll(namespaces)) {
    drafts.push(
      blockedDraft(queue, {
        key: 'notAdmitted',
        blocked: 'notAdmitted',
        because: `${leadsTo} takes ${namespaces === undefined ? 'no namespace' : 'only namespaces with other labels'}`,
        // Where the selector does select the namespace, this is not so.
        ...(namespaces === undefined ? {} : { noneOf: [{ selector: namespaces }] }),
      }),
    );
  }
  return drafts.length === 0 ? [] : [{ source: queue.head, drafts }];
}

function withoutClusterQueue(queue: LocalQueuePart): ImposedBy {
  const because = `there is no ClusterQueue ${sentence(queue.clusterQueue, 80)}`;
  return { source: queue.head, drafts: [blockedDraft(queue, { key: 'missing', blocked: 'missing', because })] };
}

function blockedDraft(
  queue: LocalQueuePart,
  {
    key,
    blocked,
    because,
    drains = false,
    noneOf,
  }: {
    readonly key: string;
    readonly blocked: NonNullable<CapacityRule['blocked']>;
    readonly because: string;
    readonly drains?: boolean;
    readonly noneOf?: NonNullable<Scope['namespaces']['noneOf']>;
  },
): Draft {
  const { namespace, name, stopPolicy, unread, weight } = queue;
  const rule: CapacityRule = {
    form: 'capacity',
    queues: [{ namespace, name, ...(stopPolicy === 'None' ? {} : { stopped: true as const }) }],
    groups: [],
    cohorts: [],
    blocked,
    ...(drains ? { drains: true as const } : {}),
    ...(weight === undefined ? {} : { weight }),
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
  return {
    key,
    type: blocked === 'missing' ? 'MissingResource' : 'ResourceLimit',
    severity: 'Critical',
    effect: 'limit',
    summary: capacitySummary(rule),
    message: `Workloads that come in by LocalQueue ${sentence(name, 80)} do not start: ${because}`,
    scope: { namespaces: { names: [namespace], ...(noneOf === undefined ? {} : { noneOf }) } },
    rule,
  };
}

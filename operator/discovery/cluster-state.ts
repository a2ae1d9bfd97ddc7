/**
 * What the operator knows of the cluster: policies, namespaces and workloads in their indexes, fed by the watches. It says
 * which namespaces a change touches and answers what is known of one; it writes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Constraint, homeNamespace } from '../../crds/constraint.ts';
import type { Clock } from '../../kube/clock.ts';
import { resourceName, type KubeObject } from '../../kube/resource.ts';
import type { Priority } from '../../kube/work-queue.ts';
import type { Adapter, AdapterResource, Problem, Reading } from '../adapters/define.ts';
import { isParameter, type ParameterKind } from '../adapters/parameters.ts';
import type { ReadConstraint } from '../adapters/settled.ts';
import { clusterDetailName, clusterFactsName, type StoredNamespaceFact } from '../../crds/detail.ts';
import type { ServedResources } from '../../kube/discovery.ts';
import type { ObservedClusterDetail } from '../reports/compose-cluster-details.ts';
import type { ObservedNamespace } from '../reports/publish.ts';
import { createClusterPolicies } from '../scope/cluster-policies.ts';
import {
  createNamespaceFacts,
  labelsFact,
  type NamespaceFactKind,
  namespaceFactKinds,
} from '../scope/namespace-facts.ts';
import { createParameterIndex, isOfRequest, type ParameterObject, readParamsOf } from '../scope/parameter-index.ts';
import { createScopeIndex } from '../scope/scope-index.ts';
import { type Workload, workloadKinds, workloadOf, workloadOfPod } from '../scope/workload.ts';
import { createWorkloadIndex } from '../scope/workload-index.ts';
import { createClusterFacts } from './cluster-facts.ts';
import { isWhole } from './decide-kinds.ts';
import { createGatheredChanges } from './gathered-changes.ts';
import { createPacedKinds } from './paced-kinds.ts';
import { createParameterKinds, type ParameterKinds } from './parameter-kinds.ts';
import { createPolicies } from './policies.ts';
import type { Consumer } from './watches.ts';

export interface ClusterState {
  /** What has to be fed from watches. */
  readonly consumers: readonly Consumer<unknown>[];
  /** Reads a kind of policy that is found while the operator runs. */
  policyConsumer(adapter: Adapter, resource: AdapterResource): Consumer<unknown>;
  /** Reads what policies take parameters from. */
  readonly parameterKinds: ParameterKinds;
  /** Undefined for a namespace that does not exist, is going away or left out: nothing is written there. */
  observe(namespace: string): Omit<ObservedNamespace, 'unread'> | undefined;
  /** By the name of the ClusterConstraintDetail; without constraints when there is no such policy. */
  observeClusterDetail(name: string, served: ServedResources): ObservedClusterDetail;
  /** Names of all ClusterConstraintDetails that there should be. */
  clusterDetails(): Iterable<string>;
  /** Without those that are going away or left out. */
  readonly namespaces: Iterable<string>;
  /** False too for a namespace that is going away or left out. */
  readonly exists: (namespace: string) => boolean;
  readonly boundTo: (namespace: string) => Iterable<ReadConstraint>;
  /** Once each. Without those of policies that live in a namespace that is going away, of which no report tells any more. */
  constraints(): readonly ReadConstraint[];
  namespacesWithConstraints(): number;
  /** Other waits may be asked for than before. */
  waitsChanged(): void;
}

export interface ClusterStateEvents {
  /** What is known of the namespace has changed. 'now' for what its own objects did, 'later' for the rest. */
  readonly onNamespace: (namespace: string, priority: Priority) => void;
  readonly onNamespaceGone: (namespace: string) => void;
  /** What the ClusterConstraintDetail says has changed. */
  readonly onClusterDetail: (name: string) => void;
  readonly onProblem: (adapter: string, problem: Problem) => void;
  /** Policies take parameters from other kinds than before. */
  readonly onParameterKinds: () => void;
}

/** In place of the resource of policies: what parameters change is not gathered, whatever profiles say of policies. */
const parametersGathered = 'parameters';

const Phase = z.object({ phase: z.string() });

export interface ClusterStateDeps {
  readonly clock: Clock;
  /** Read policies. */
  readonly adapters: readonly Adapter[];
  /** How long changes of a kind of policy (`plural.group`) are gathered before `events` hear of them. */
  readonly waitMs: (resource: string) => number;
  /** Hear what each change touches. */
  readonly events: ClusterStateEvents;
  /** By name, of which namespaces nothing is told; none unless told. */
  readonly isLeftOut?: ((namespace: string) => boolean) | undefined;
}

/** An empty state; its consumers fill it. */
export function createClusterState({ clock, adapters, waitMs, events, isLeftOut }: ClusterStateDeps): ClusterState {
  const scopes = createScopeIndex();
  const clusterPolicies = createClusterPolicies();
  const workloads = createWorkloadIndex();
  const namespaceFacts = createNamespaceFacts();
  const clusterFacts = createClusterFacts({
    onFacts: () => events.onClusterDetail(clusterFactsName),
    onDefaultPriorityClass() {
      for (const namespace of scopes.namespaces.keys()) events.onNamespace(namespace, 'later');
    },
  });
  const terminating = new Set<string>();
  /** Details of policies of the cluster that the present change touches. */
  let touchedDetails = new Set<string>();
  const parameters = createParameterIndex();
  const policies = createPolicies({
    scopes: {
      ...scopes,
      setPolicy(policy, constraints) {
        for (const name of clusterPolicies.set(policy, constraints)) touchedDetails.add(name);
        return scopes.setPolicy(policy, constraints);
      },
      removePolicy(policy) {
        for (const name of clusterPolicies.remove(policy)) touchedDetails.add(name);
        return scopes.removePolicy(policy);
      },
    },
    onProblem: events.onProblem,
    parameters: parameters.known,
    onParameterKinds: events.onParameterKinds,
  });
  const onKind = (kind: ParameterKind) => touched(parametersGathered, policies.parametersChanged(kind), undefined);
  const pacedKinds = createPacedKinds(clock, onKind);
  const parameterKinds = createParameterKinds({
    index: parameters,
    asked: () => policies.parameterKinds(),
    onKind,
    onLabels: (kind) => pacedKinds.changed(kind),
    onObject: tellUsers,
  });

  const isLiving = (namespace: string) =>
    scopes.namespaces.has(namespace) && !terminating.has(namespace) && isLeftOut?.(namespace) !== true;

  function isTold({ source }: ReadConstraint): boolean {
    const home = homeNamespace(source);
    return home === undefined || isLiving(home);
  }

  const changes = createGatheredChanges({
    clock,
    waitMs,
    tell({ namespaces, clusterDetails }) {
      for (const [namespace, priority] of namespaces) events.onNamespace(namespace, priority);
      // Afterwards: one that is to be removed goes after the reports that refer to it.
      for (const name of clusterDetails) events.onClusterDetail(name);
    },
  });

  function touched(resource: string, namespaces: ReadonlySet<string>, home: string | undefined): void {
    const clusterDetails = touchedDetails;
    touchedDetails = new Set();
    const priorities = [...namespaces].map((name) => [name, name === home ? 'now' : 'later'] as const);
    changes.changed(resource, { namespaces: new Map(priorities), clusterDetails });
  }

  /** What is stored of the object stands beside the constraints that use it. */
  function tellUsers(kind: ParameterKind, versions: readonly ParameterObject[]): void {
    const uses = (constraint: ReadConstraint, isOfNamespace: boolean) => {
      const params = readParamsOf(constraint);
      return (
        params?.apiVersion === kind.apiVersion &&
        params.kind === kind.kind &&
        isOfRequest(params) === isOfNamespace &&
        versions.some((object) => isParameter(params, object))
      );
    };
    for (const constraint of scopes.all()) {
      if (uses(constraint, false)) events.onClusterDetail(clusterDetailName(constraint.source));
    }
    for (const namespace of new Set(versions.flatMap((object) => object.namespace ?? []))) {
      if ([...scopes.boundTo(namespace)].some((one) => uses(one, true))) events.onNamespace(namespace, 'now');
    }
  }

  const namespaceConsumer: Consumer<{
    readonly labels: Readonly<Record<string, string>>;
    readonly terminating: boolean;
  }> = {
    resource: { group: '', plural: 'namespaces' },
    prune(object) {
      const { labels = {}, deletionTimestamp } = object.metadata;
      const phase = Phase.safeParse(object['status']).data?.phase;
      return { labels, terminating: deletionTimestamp !== undefined || phase === 'Terminating' };
    },
    upsert(name, value) {
      const wasTerminating = terminating.has(name);
      if (value.terminating) terminating.add(name);
      else terminating.delete(name);
      const relabelled = !isDeepStrictEqual(scopes.namespaces.get(name)?.labels, value.labels);
      if (relabelled) scopes.setNamespace({ name, labels: value.labels });
      if (value.terminating) {
        if (!wasTerminating) events.onNamespaceGone(name);
      } else if (relabelled || wasTerminating) events.onNamespace(name, 'now');
    },
    remove(name) {
      terminating.delete(name);
      scopes.removeNamespace(name);
      events.onNamespaceGone(name);
    },
  };

  function policyConsumer(adapter: Adapter, resource: AdapterResource): Consumer<Reading> {
    const name = resourceName(resource);
    const prefix = `${name}/`;
    return {
      resource,
      policyOf: adapter.id,
      prune: (object) => adapter.read(object),
      upsert(key, reading) {
        const [first] = reading.constraints;
        const home = first === undefined ? homeOfKey(key) : homeNamespace(first.source);
        touched(name, policies.set(adapter, prefix + key, reading), home);
      },
      remove(key) {
        touched(name, policies.remove(adapter, prefix + key), homeOfKey(key));
      },
      synced: () => changes.flush(name),
    };
  }

  function workloadConsumer(
    resource: { readonly group: string; readonly plural: string },
    read: (object: KubeObject) => Workload | undefined,
    metadataOnly: boolean,
  ): Consumer<Workload> {
    const name = resourceName(resource);
    return {
      resource,
      metadataOnly,
      prune: read,
      upsert(key, workload) {
        const namespace = homeOfKey(key);
        if (workloads.set(namespace, `${name}/${key}`, workload)) events.onNamespace(namespace, 'now');
      },
      remove(key) {
        const namespace = homeOfKey(key);
        if (workloads.remove(namespace, `${name}/${key}`)) events.onNamespace(namespace, 'now');
      },
    };
  }

  function factConsumer({ group, plural, metadataOnly, read }: NamespaceFactKind): Consumer<StoredNamespaceFact> {
    const name = resourceName({ group, plural });
    return {
      resource: { group, plural },
      metadataOnly,
      prune: read,
      upsert(key, fact) {
        const namespace = homeOfKey(key);
        if (namespaceFacts.set(namespace, `${name}/${key}`, fact)) events.onNamespace(namespace, 'now');
      },
      remove(key) {
        const namespace = homeOfKey(key);
        if (namespaceFacts.remove(namespace, `${name}/${key}`)) events.onNamespace(namespace, 'now');
      },
    };
  }

  const policyDetail = (constraints: readonly Constraint[]): ObservedClusterDetail => ({
    subject: 'policy',
    constraints,
    parameters: parameters.textsOf(constraints),
  });

  return {
    policyConsumer,
    waitsChanged: () => changes.waitsChanged(),
    parameterKinds,
    consumers: [
      namespaceConsumer,
      ...adapters.flatMap((adapter) =>
        adapter.resources.filter((resource) => !isWhole(resource)).map((resource) => policyConsumer(adapter, resource)),
      ),
      ...workloadKinds.map((kind) => workloadConsumer(kind, (object) => workloadOf(object, kind), false)),
      workloadConsumer({ group: '', plural: 'pods' }, workloadOfPod, true),
      ...namespaceFactKinds.map(factConsumer),
      ...clusterFacts.consumers,
    ],
    observe(namespace) {
      const identity = scopes.namespaces.get(namespace);
      if (identity === undefined || !isLiving(namespace)) return undefined;
      const constraints = [...scopes.boundTo(namespace)];
      const bound = new Set(constraints);
      return {
        namespace,
        constraints,
        elsewhere: [...scopes.livingIn(namespace)].filter((constraint) => !bound.has(constraint)),
        workloads: workloads.of(namespace),
        parameters: parameters.textsOf(constraints, namespace),
        facts: [JSON.stringify(labelsFact(identity.labels)), ...namespaceFacts.of(namespace)],
        defaultPriorityClass: clusterFacts.defaultPriorityClass,
      };
    },
    observeClusterDetail: (name, served) =>
      name === clusterFactsName
        ? { subject: 'cluster', facts: clusterFacts.of(served) }
        : policyDetail(clusterPolicies.constraintsOf(name)),
    clusterDetails: () => [clusterFactsName, ...clusterPolicies.names()],
    get namespaces() {
      return [...scopes.namespaces.keys()].filter(isLiving);
    },
    exists: isLiving,
    boundTo: (namespace) => scopes.boundTo(namespace),
    constraints: () => [...scopes.all()].filter(isTold),
    namespacesWithConstraints() {
      let count = 0;
      for (const name of scopes.namespaces.keys()) {
        if (!isLiving(name)) continue;
        for (const _ of scopes.boundTo(name)) {
          count += 1;
          break;
        }
      }
      return count;
    },
  };
}

/** `namespace/name` → namespace; a cluster-scoped name stands for itself, as that of a Namespace does. */
function homeOfKey(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}

/**
 * Whom a rule of Cilium binds.
 *
 * - endpointSelector of a CiliumNetworkPolicy means pods of its own namespace: Cilium writes that over a `k8s:` label that
 *   names another one. That of a CiliumClusterwideNetworkPolicy means all namespaces unless it speaks of them.
 * - nodeSelector means nodes, and with them the pods on their network (clusterwide only).
 * - `reserved:` labels belong to endpoints that are no pods (health, ingress, init, host).
 *
 * What cannot be decided here makes the scope wider and stands in `unread`: the name of the own cluster, labels of other
 * sources, and labels that identities have only where the agents are configured so.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/k8s/apis/cilium.io/utils/utils.go (ParseToCiliumRule)
 * @see https://docs.cilium.io/en/v1.20/security/policy/language/
 */
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { NamespaceScope, Scope, WorkloadScope } from '../../../crds/scope.ts';
import { matchesLabels } from '../../../kube/label-selector.ts';
import { labelsText } from '../../../kube/scope-text.ts';
import { type Fault, jsonPointer } from '../define.ts';
import { selectsAll } from '../fields.ts';
import { type Demand, demandsOf, isPositive, namesOf, selectorOf } from './labels.ts';

export interface Subject {
  readonly scope: Scope;
  readonly faults: readonly Fault[];
  /** Whether it speaks of pods that are just being set up, whose peers are not taken to be in a namespace. */
  readonly isInit: boolean;
  /** What is bound where that is not just pods. */
  readonly whom?: { readonly short: string; readonly full: string };
}

/** @param home The namespace of the policy; undefined for a clusterwide one. */
export function endpointSubject(
  selector: LabelSelector,
  path: readonly PropertyKey[],
  home: string | undefined,
): Subject {
  const demands = demandsOf(selector, path);
  const about = Map.groupBy(demands, (demand) => demand.about);
  const topic = (name: Demand['about']) => about.get(name) ?? [];
  const namespaces = home === undefined ? namespacesOf(topic('namespace')) : ownNamespace(topic('namespace'), home);
  const accounts = accountsOf(topic('serviceAccount'));
  const faults = [
    ...namespaces.faults,
    ...accounts.faults,
    ...topic('cluster')
      .filter(({ operator }) => operator !== 'Exists')
      .map(({ path: at }) => ({ path: at, message: 'Potoo does not know the name of the cluster' })),
    ...topic('leftOut').map(leftOutFault),
    ...topic('foreign').map(({ path: at }) => ({ path: at, message: 'Potoo knows labels of Kubernetes only' })),
  ];
  const bindsNoPod = namespaces.isNone || topic('reserved').some(isPositive);
  const labels = selectorOf(topic('namespaceLabel'));
  const pods = selectorOf([...topic('pod'), ...topic('leftOut').filter(isPositive)]);
  const scope = {
    namespaces: bindsNoPod
      ? { names: [] }
      : { ...namespaces.scope, ...(selectsAll(labels) ? {} : { selector: labels }) },
    workloads: {
      ...(selectsAll(pods) ? {} : { selector: pods }),
      ...(accounts.names === undefined ? {} : { serviceAccounts: [...accounts.names] }),
      hostNetwork: false as const,
    },
  };
  const isInit = topic('reserved').some(({ key }) => key === 'init');
  return { scope: withUnread(scope, faults), faults, isInit, ...(bindsNoPod ? { whom: otherThanPods(selector) } : {}) };
}

/** Of a clusterwide policy. */
export function nodeSubject(selector: LabelSelector, path: readonly PropertyKey[]): Subject {
  const { nodes, unknown } = nodeLabels(selector, path);
  const faults = unknown.map(({ path: at }) => ({ path: at, message: 'Potoo knows labels of Kubernetes only' }));
  const workloads: WorkloadScope = { nodes };
  const whom = {
    short: `${selectsAll(nodes) ? 'All' : 'Some'} nodes and pods on their network`,
    full: `${selectsAll(nodes) ? 'All nodes' : `Nodes${labelsText(nodes)}`} and pods on their network`,
  };
  return { scope: withUnread({ namespaces: {}, workloads }, faults), faults, isInit: false, whom };
}

function otherThanPods(selector: LabelSelector): NonNullable<Subject['whom']> {
  return { short: 'Endpoints that are no pods', full: `Endpoints that are no pods,${labelsText(selector)},` };
}

/** A selector on the labels of nodes, and what it asks beside them. */
export function nodeLabels(selector: LabelSelector, path: readonly PropertyKey[]) {
  const demands = demandsOf(selector, path).filter(({ about, key }) => about !== 'reserved' || key !== 'host');
  const isOfNode = ({ about, source }: Demand) => source === 'node' || (about !== 'reserved' && about !== 'foreign');
  const keys = demands.filter(isOfNode).map((demand) => ({ ...demand, key: withoutSource(demand.written.key) }));
  return { nodes: selectorOf(keys), unknown: demands.filter((demand) => !isOfNode(demand)) };
}

/** Of a selector that cannot be read: everybody whom the policy could mean. */
export function unreadSubject(path: readonly PropertyKey[], home: string | undefined, isHost: boolean): Scope {
  const namespaces = home === undefined ? {} : { names: [home] };
  const workloads: WorkloadScope = isHost ? { nodes: {} } : { hostNetwork: false };
  return withUnread({ namespaces, workloads }, [{ path, message: '' }]);
}

/** Many parts say no more than a few. */
const unreadMax = 10;

function withUnread(scope: Scope, faults: readonly Fault[]): Scope {
  const unread = faults.slice(0, unreadMax).map(({ path }) => jsonPointer(path));
  return unread.length === 0 ? scope : { ...scope, unread };
}

/** Of a demand on a label that identities do not have by default. */
export function leftOutFault({ path }: Demand): Fault {
  return {
    path,
    message:
      'Should be a label that Cilium keeps: it leaves this one out of identities, so that nothing has it, unless it is configured otherwise',
  };
}

function withoutSource(key: string): string {
  return key.slice(key.indexOf(':') + 1);
}

interface Namespaces {
  readonly scope: NamespaceScope;
  readonly isNone: boolean;
  readonly faults: readonly Fault[];
}

function ownNamespace(demands: readonly Demand[], home: string): Namespaces {
  const others = demands.filter(
    (demand) =>
      !(demand.inMatchLabels && demand.source === 'k8s') &&
      !matchesLabels(selectorOf([demand]), { [demand.key]: home }),
  );
  const faults = others.map(({ path }) => ({
    path,
    message: `Must be namespace ${home}: a CiliumNetworkPolicy binds pods of its own namespace only`,
  }));
  return { scope: { names: [home] }, isNone: false, faults };
}

function namespacesOf(demands: readonly Demand[]): Namespaces {
  const names = namesOf(demands);
  const excluded = demands
    .filter(({ operator }) => operator === 'NotIn')
    .flatMap(({ values }) => values)
    // No namespace has such a name, and the scope would take it for a pattern.
    .filter((name) => !/[*?]/.test(name));
  return {
    scope: {
      ...(names === undefined ? {} : { names: [...names] }),
      ...(excluded.length === 0 ? {} : { excluded: [...new Set(excluded)] }),
    },
    isNone: demands.some(({ operator }) => operator === 'DoesNotExist'),
    faults: [],
  };
}

function accountsOf(demands: readonly Demand[]): { names: readonly string[] | undefined; faults: readonly Fault[] } {
  const faults = demands
    .filter((demand) => !isPositive(demand))
    .map(({ path }) => ({ path, message: 'Potoo knows In and Exists for ServiceAccounts, and takes all to be bound' }));
  return { names: namesOf(demands), faults };
}

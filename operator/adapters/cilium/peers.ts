/**
 * The other side of a connection, in the terms of Cilium: one list of one kind an item.
 *
 * - Labels of a CiliumNetworkPolicy mean pods of its own namespace, unless they speak of namespaces or are `reserved:`; those of
 *   a clusterwide one mean pods of every namespace. A selector that only says what must not be, and names the namespace by
 *   its exclusion, takes in all that is no pod, too.
 * - Addresses are those outside the cluster only: what is known as a pod or a node is no address to Cilium.
 * - What a label asks that cannot be decided here (another cluster, a label that identities do not have) is a condition.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/k8s/apis/cilium.io/utils/utils.go (getEndpointSelector)
 * @see https://docs.cilium.io/en/v1.20/security/policy/language/#layer-3
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { LabelExpression } from '../../../crds/label-expression.ts';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { NetworkCondition, NetworkPeer, NetworkPods } from '../../../crds/rules/network.ts';
import { type Fault, faultsOf } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { Address, Cidr, liesIn } from './addresses.ts';
import { type Demand, demandsOf, isPositive, namesOf, selectorOf } from './labels.ts';
import { readSelector } from './selector.ts';
import { leftOutFault, nodeLabels } from './subject.ts';

/** Whose peers they are. */
export interface PeerContext {
  /** Of the policy; undefined for a clusterwide one. */
  readonly home: string | undefined;
  /** Whether the subject is pods that are just being set up. */
  readonly isInit: boolean;
}

export type PeerKind = 'endpoints' | 'cidr' | 'cidrSet' | 'entities' | 'nodes' | 'groups' | 'services' | 'fqdns';

/** One peer, everyone, or what is not understood of it. */
export interface ReadPeer {
  /** Undefined where it is not understood. */
  readonly peer?: NetworkPeer | 'everyone' | 'nobody';
  readonly conditions?: readonly NetworkCondition[];
  readonly faults?: readonly Fault[];
}

type Path = readonly PropertyKey[];

/** One item of a list of peers. */
export function readPeer(kind: PeerKind, value: unknown, path: Path, context: PeerContext): ReadPeer {
  switch (kind) {
    case 'endpoints':
      return endpointPeer(value, path, context);
    case 'nodes':
      return nodePeer(value, path);
    case 'entities':
      return parsed(Entity, value, path, (entity) =>
        entity === 'all' ? 'everyone' : entity === 'none' ? 'nobody' : { entities: [entity] },
      );
    case 'cidr':
      return parsed(Address, value, path, (cidr) => ({ ipBlock: { cidr, except: [] } }));
    case 'cidrSet':
      return cidrSetPeer(value, path);
    case 'groups':
      return parsed(Group, value, path, (group) => ({ external: JSON.stringify(group) }));
    case 'services':
      return servicePeer(value, path);
    case 'fqdns':
      return parsed(DomainName, value, path, (name) => ({ domainNames: [name] }));
    default:
      return kind satisfies never;
  }
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: Path,
  peerOf: (value: z.infer<Schema>) => NonNullable<ReadPeer['peer']>,
): ReadPeer {
  const read = schema.safeParse(value);
  return read.success ? { peer: peerOf(read.data) } : { faults: faultsOf(read.error, path) };
}

/** What stands behind `reserved:` and in lists of entities. */
const entities = [
  'cluster',
  'cluster-mesh',
  'health',
  'host',
  'ingress',
  'init',
  'kube-apiserver',
  'remote-node',
  'unmanaged',
  'world',
] as const;
const Entity = z.enum(['all', 'none', ...entities]);
const reserved: ReadonlySet<string> = new Set(
  entities.filter((entity) => entity !== 'cluster' && entity !== 'cluster-mesh'),
);

function endpointPeer(value: unknown, path: Path, context: PeerContext): ReadPeer {
  const read = readSelector(value, path);
  if (read.selector === undefined) return { faults: read.faults };
  const demands = demandsOf(read.selector, path);
  if (demands.some(({ about }) => about === 'reserved')) return reservedPeer(demands, path);
  const isWithin = isWithinNamespaces(demands, context);
  if (isWithin || demands.some(isPositive)) return podsPeer(demands, context);
  // Without a demand that only pods fulfil it takes in what is no pod.
  if (demands.length === 0) return { peer: 'everyone' };
  return otherThanPods(demands);
}

/** Whether Cilium adds that the peer is in the policy's namespace, or in any. */
function isWithinNamespaces(demands: readonly Demand[], { home, isInit }: PeerContext): boolean {
  if (demands.some(({ about }) => about === 'namespace')) return false;
  if (home === undefined) return !isInit;
  return !demands.some(({ about }) => about === 'namespaceLabel');
}

function reservedPeer(demands: readonly Demand[], path: Path): ReadPeer {
  const [demand, ...others] = demands;
  const [value = '', ...values] = demand?.values ?? [];
  if (demand === undefined || others.length > 0 || !isPositive(demand) || value !== '' || values.length > 0) {
    return { faults: [{ path, message: 'Must be one reserved label without a value: what others mean is not known' }] };
  }
  if (demand.key === 'all') return { peer: 'everyone' };
  if (reserved.has(demand.key)) return { peer: { entities: [demand.key] } };
  return { faults: [{ path, message: `Must be one of the reserved labels ${[...reserved].join(', ')}` }] };
}

function podsPeer(demands: readonly Demand[], { home }: PeerContext): ReadPeer {
  const topic = (about: Demand['about']) => demands.filter((demand) => demand.about === about);
  const namespaces = topic('namespace');
  const labels = topic('namespaceLabel');
  const absentNamespace = namespaces.find(({ operator }) => operator === 'DoesNotExist');
  if (absentNamespace !== undefined) {
    return { faults: [{ path: absentNamespace.path, message: 'Must leave pods: each of them is in a namespace' }] };
  }
  const undecided = [
    ...topic('leftOut'),
    ...topic('foreign'),
    ...topic('cluster').filter(({ operator }) => operator !== 'Exists'),
    ...topic('serviceAccount').filter((demand) => !isPositive(demand)),
  ];
  const serviceAccounts = namesOf(topic('serviceAccount'));
  const pods: NetworkPods = {
    ...placeOf(namespaces, labels, home),
    podSelector: selectorOf(topic('pod')),
    ...(serviceAccounts === undefined ? {} : { serviceAccounts: [...serviceAccounts] }),
  };
  return {
    peer: { pods },
    conditions: undecided.map(({ written }) => ({ kind: 'other', text: JSON.stringify(written) })),
    faults: topic('leftOut').map(leftOutFault),
  };
}

/** The label that the API server gives every namespace: its name. */
const nameLabel = 'kubernetes.io/metadata.name';

function placeOf(
  namespaces: readonly Demand[],
  labels: readonly Demand[],
  home: string | undefined,
): Pick<NetworkPods, 'namespace' | 'namespaceSelector'> {
  if (namespaces.length === 0 && labels.length === 0)
    return home === undefined ? { namespaceSelector: {} } : { namespace: home };
  const names = namesOf(namespaces);
  const [name] = names ?? [];
  const isOne = names?.length === 1 && namespaces.every(isPositive) && labels.length === 0;
  if (isOne && name !== undefined) return { namespace: name };
  const named = namespaces
    .filter(({ operator }) => operator !== 'Exists')
    .map((demand) => ({ ...demand, key: nameLabel, inMatchLabels: false }));
  return { namespaceSelector: selectorOf([...labels, ...named]) };
}

/** All demands are negative: whoever is not a pod that breaks one of them. */
function otherThanPods(demands: readonly Demand[]): ReadPeer {
  const unknown = demands.find(({ about }) => about !== 'pod' && about !== 'namespace' && about !== 'namespaceLabel');
  if (unknown !== undefined) {
    return {
      faults: [{ path: unknown.path, message: 'Must stand beside a namespace: what it leaves out is not known' }],
    };
  }
  const [only, ...others] = demands;
  if (only?.about === 'namespace' && only.operator === 'NotIn' && others.length === 0) {
    const [name, ...names] = only.values;
    const values = only.values.toSorted(compareText);
    const place =
      name !== undefined && names.length === 0
        ? { namespace: name }
        : { namespaceSelector: { matchExpressions: [{ key: nameLabel, operator: 'In' as const, values }] } };
    return { peer: { notPods: { ...place, podSelector: {} } } };
  }
  const expression: LabelExpression = { any: demands.map(broken) };
  return { peer: { notPods: { namespaceSelector: {}, podSelector: {}, expression } } };
}

function broken({ about, key, operator, values }: Demand): LabelExpression {
  const of = about === 'pod' ? {} : { of: 'namespace' as const };
  const name = about === 'namespace' ? nameLabel : key;
  if (operator === 'DoesNotExist') return { key: name, operator: 'Exists', ...of };
  return { key: name, operator: 'In', values: [...values], ...of };
}

function nodePeer(value: unknown, path: Path): ReadPeer {
  const read = readSelector(value, path);
  if (read.selector === undefined) return { faults: read.faults };
  const { nodes, unknown } = nodeLabels(read.selector, path);
  if (unknown.length === 0) return { peer: { nodes } };
  return { faults: unknown.map((demand) => ({ path: demand.path, message: 'Potoo knows labels of Kubernetes only' })) };
}

const name = z.string().min(1);
const CidrSet = z.strictObject({
  cidr: absent(Cidr),
  cidrGroupRef: absent(name),
  cidrGroupSelector: z.unknown().optional(),
  except: absent(listOf(Cidr)),
});

function cidrSetPeer(value: unknown, path: Path): ReadPeer {
  const read = CidrSet.safeParse(value);
  if (!read.success) return { faults: faultsOf(read.error, path) };
  const { cidr, cidrGroupRef, except = [] } = read.data;
  const cidrGroupSelector = read.data.cidrGroupSelector ?? undefined;
  if ([cidr, cidrGroupRef, cidrGroupSelector].filter((part) => part !== undefined).length !== 1) {
    return { faults: [{ path, message: 'Must have one of cidr, cidrGroupRef and cidrGroupSelector' }] };
  }
  if (cidr !== undefined) {
    const outside = except.findIndex((inner) => !liesIn(inner, cidr));
    if (outside < 0) return { peer: { ipBlock: { cidr, except } } };
    return { faults: [{ path: [...path, 'except', outside], message: `Must lie in ${cidr}` }] };
  }
  const kind = 'CiliumCIDRGroup';
  const limits = except.length === 0 ? {} : { except };
  if (cidrGroupRef !== undefined) return { peer: { ipSets: [{ kind, name: cidrGroupRef, ...limits }] } };
  const labels = readPlainSelector(cidrGroupSelector, [...path, 'cidrGroupSelector']);
  if (labels.selector === undefined) return { faults: labels.faults };
  return { peer: { ipSets: [{ kind, selector: labels.selector, ...limits }] } };
}

const Service = z
  .strictObject({
    k8sService: absent(z.strictObject({ serviceName: name, namespace: absent(z.string()) })),
    k8sServiceSelector: absent(z.strictObject({ selector: z.unknown(), namespace: absent(z.string()) })),
  })
  .refine((service) => (service.k8sService === undefined) !== (service.k8sServiceSelector === undefined), {
    error: 'Must have one of k8sService and k8sServiceSelector',
    when: ({ issues }) => issues.length === 0,
  });

function servicePeer(value: unknown, path: Path): ReadPeer {
  const read = Service.safeParse(value);
  if (!read.success) return { faults: faultsOf(read.error, path) };
  const { k8sService, k8sServiceSelector } = read.data;
  const place = (namespace: string | undefined) => (namespace === undefined || namespace === '' ? {} : { namespace });
  if (k8sService !== undefined) {
    return { peer: { services: [{ ...place(k8sService.namespace), name: k8sService.serviceName }] } };
  }
  const labels = readPlainSelector(k8sServiceSelector?.selector, [...path, 'k8sServiceSelector', 'selector']);
  if (labels.selector === undefined) return { faults: labels.faults };
  return { peer: { services: [{ ...place(k8sServiceSelector?.namespace), selector: labels.selector }] } };
}

/** On the labels of an object, where a source says nothing more. */
function readPlainSelector(value: unknown, path: Path): { selector?: LabelSelector; faults: readonly Fault[] } {
  const read = readSelector(value, path);
  if (read.selector === undefined) return read;
  const demands = demandsOf(read.selector, path);
  const unknown = demands.filter(({ about }) => about === 'reserved' || about === 'foreign');
  if (unknown.length > 0) {
    return {
      faults: unknown.map((demand) => ({ path: demand.path, message: 'Potoo knows labels of Kubernetes only' })),
    };
  }
  const plain = demands.map((demand) => ({
    ...demand,
    key: demand.written.key.slice(demand.written.key.indexOf(':') + 1),
  }));
  return { selector: selectorOf(plain), faults: [] };
}

const Group = z.strictObject({
  aws: z.strictObject({
    labels: absent(
      z
        .record(z.string(), z.string())
        .transform((labels) => Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => compareText(a, b)))),
    ),
    region: absent(z.string()),
    securityGroupsIds: absent(listOf(z.string())),
    securityGroupsNames: absent(listOf(z.string())),
  }),
});

const domainLengthMax = 255;
const DomainName = z
  .strictObject({
    matchName: absent(z.string().min(1).max(domainLengthMax)),
    matchPattern: absent(z.string().min(1).max(domainLengthMax)),
  })
  .refine(({ matchName, matchPattern }) => (matchName === undefined) !== (matchPattern === undefined), {
    error: 'Must have one of matchName and matchPattern',
    when: ({ issues }) => issues.length === 0,
  })
  .transform(({ matchName, matchPattern = '' }, context) => {
    const text = (matchName ?? matchPattern).toLowerCase().replace(/\.$/, '');
    if (matchName !== undefined) return { pattern: text, wildcard: 'oneLabel' as const };
    if (text === '*') return { pattern: text, wildcard: 'manyLabels' as const };
    if (!text.startsWith('**.')) return { pattern: text, wildcard: 'oneLabel' as const };
    if (!text.includes('*', 3)) return { pattern: text.slice(1), wildcard: 'manyLabels' as const };
    const message = 'Must have no * behind **. : what both mean together is not known';
    context.addIssue({ code: 'custom', path: ['matchPattern'], message });
    return z.NEVER;
  });

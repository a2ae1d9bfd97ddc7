/**
 * A second, slow and obvious reading of the rule form `network`, as far as Kubernetes itself has policies: it sees scope and
 * rule of the constraints and never the policies. What it does not know, it refuses to judge.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { Constraint } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';

type Labels = Readonly<Record<string, string>>;

/** A pod, or an address outside the cluster. */
export interface End {
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly labels: Labels;
  readonly namespace_labels: Labels;
  readonly ip?: string | undefined;
}

export interface ContainerPort {
  readonly name?: string | undefined;
  readonly containerPort: number;
  readonly protocol: string;
}

export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol: string;
  /** Of the pod at `to`. */
  readonly ports: readonly ContainerPort[];
}

type Verdict = 'allow' | 'deny';

/** It passes when what binds the source lets it out, and what binds the destination lets it in. */
export function verdictOf(connection: Connection, constraints: readonly Constraint[]): Verdict {
  const { from, to } = connection;
  const out = decide('Egress', from, to, connection, constraints);
  return out === 'deny' ? 'deny' : decide('Ingress', to, from, connection, constraints);
}

function decide(
  direction: NetworkRule['direction'],
  subject: End,
  other: End,
  connection: Connection,
  constraints: readonly Constraint[],
): Verdict {
  const bound = constraints.flatMap((constraint) => {
    const { rule, source } = constraint;
    if (rule.form !== 'network' || rule.direction !== direction || !binds(constraint, subject)) return [];
    return [{ rule, name: source.name }];
  });
  for (const tier of ['Admin', undefined, 'Baseline']) {
    const inTier = bound
      .filter(({ rule }) => rule.place?.tier === tier)
      .toSorted((a, b) => orderOf(a.rule) - orderOf(b.rule) || (a.name < b.name ? -1 : 1));
    const matching = inTier.flatMap(({ rule }) => rule.clauses).filter((clause) => matches(clause, other, connection));
    // Without a place all clauses let through, so the first that matches is as good as any.
    const action = matching[0] === undefined ? undefined : (matching[0].action ?? 'allow');
    if (action === 'allow' || action === 'deny') return action;
    if (action === 'log') throw new Error('No policy of Kubernetes has logs');
    if (action === undefined && inTier.some(({ rule }) => rule.otherwise === undefined)) return 'deny';
    if (inTier.some(({ rule }) => rule.otherwise === 'unknown' || rule.otherwise === 'allow')) {
      throw new Error('No policy of Kubernetes ends so');
    }
  }
  return 'allow';
}

function orderOf({ place }: NetworkRule): number {
  return place?.order ?? 0;
}

function binds({ scope }: Constraint, { pod, namespace, labels, namespace_labels }: End): boolean {
  if (pod === undefined || namespace === undefined) return false;
  const { names, selector = {}, ...rest } = scope.namespaces;
  const { selector: podSelector = {}, hostNetwork, ...others } = scope.workloads ?? {};
  const unknown = { ...rest, ...others, ...(scope.unread === undefined ? {} : { unread: scope.unread }) };
  if (hostNetwork !== false || Object.keys(unknown).length > 0) {
    throw new Error(`Not judged: ${JSON.stringify(scope)}`);
  }
  if (names !== undefined && !names.includes(namespace)) return false;
  return selects(selector, withName(namespace_labels, namespace)) && selects(podSelector, labels);
}

function withName(labels: Labels, namespace: string): Labels {
  return { 'kubernetes.io/metadata.name': namespace, ...labels };
}

function selects(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const listed = value !== undefined && values.includes(value);
    const holds = { In: listed, NotIn: !listed, Exists: value !== undefined, DoesNotExist: value === undefined };
    if (!holds[operator]) return false;
  }
  return true;
}

function matches(clause: NetworkClause, other: End, connection: Connection): boolean {
  const { path: _path, action: _action, peers, ports, ...unknown } = clause;
  if (Object.keys(unknown).length > 0) throw new Error(`Not judged: ${JSON.stringify(clause)}`);
  const peer = peers === undefined || peers.some((one) => isPeer(one, other));
  return peer && (ports === undefined || ports.some((one) => isPort(one, connection)));
}

function isPeer(peer: NetworkPeer, other: End): boolean {
  const { ipBlock, pods, nodes, ...unknown } = peer;
  if (Object.keys(unknown).length > 0) throw new Error(`Not judged: ${JSON.stringify(peer)}`);
  // Neither a pod with a network of its own nor an address outside the cluster is a node.
  if (nodes !== undefined) return false;
  if (ipBlock !== undefined) {
    const { ip } = other;
    return ip !== undefined && contains(ipBlock.cidr, ip) && !ipBlock.except.some((part) => contains(part, ip));
  }
  if (pods === undefined || other.pod === undefined || other.namespace === undefined) return false;
  const { namespace, namespaceSelector, podSelector } = pods;
  const inNamespace =
    namespace !== undefined
      ? namespace === other.namespace
      : namespaceSelector !== undefined &&
        selects(namespaceSelector, withName(other.namespace_labels, other.namespace));
  return inNamespace && selects(podSelector, other.labels);
}

function contains(cidr: string, ip: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/** A name is that of a container port of the destination, and means its number and protocol. */
function isPort({ protocol, port, endPort }: NetworkPort, connection: Connection): boolean {
  if (protocol !== 'ANY' && protocol !== connection.protocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return connection.port >= port && connection.port <= (endPort ?? port);
  return connection.ports.some(
    ({ name, containerPort, protocol: own }) =>
      name === port && containerPort === connection.port && own === connection.protocol,
  );
}

/**
 * Whether a clause of a rule on connections means a connection of which only some is known. Every answer has three outcomes:
 * undefined is never taken for either of the others.
 */
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type {
  NetworkClause,
  NetworkPeer,
  NetworkPlace,
  NetworkPods,
  NetworkPort,
} from '../../../crds/rules/network.ts';
import { inAnyBlock, ipVersionOf, isInBlock } from '../../../kube/ip-address.ts';
import { allOf, holdsExpression } from '../../../kube/label-expression.ts';
import { matchesLabels } from '../../../kube/label-selector.ts';

type Labels = Readonly<Record<string, string>>;
export type Answer = boolean | undefined;

/** One side of a connection, as far as it is known. */
export interface Side {
  /** outside: no pod and no node of the cluster. undefined: any of them. */
  readonly is: 'pod' | 'outside' | undefined;
  readonly namespace?: string | undefined;
  /** All of them, with that of its name; undefined where they are not known. */
  readonly namespaceLabels?: Labels | undefined;
  readonly labels?: Labels | undefined;
  readonly serviceAccount?: string | undefined;
  readonly address?: string | undefined;
  /** Whether the address is what a policy sees: that of a Service is not. */
  readonly addressIsFinal?: boolean | undefined;
  readonly host?: string | undefined;
  readonly entity?: string | undefined;
  /** Named ports of its containers; undefined where they are not known. */
  readonly ports?: readonly { readonly name: string; readonly protocol: string; readonly port: number }[] | undefined;
  /** Taken for granted, not told: what speaks for a match counts, what speaks against it does not. */
  readonly assumed?: true | undefined;
}

/** A connection as the rules of one direction see it. */
export interface Passage {
  /** Whose rules they are. */
  readonly subject: Side;
  readonly other: Side;
  /** Where it goes to: the one of the two whose ports count. */
  readonly target: Side;
  readonly protocol: string | undefined;
  readonly port: number | undefined;
  readonly portIsFinal: boolean;
}

type Engine = NetworkPlace['engine'];

/** One `true` decides, then one that is not known leaves it open. */
export function anyOf(answers: readonly Answer[]): Answer {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function not(answer: Answer): Answer {
  return answer === undefined ? undefined : !answer;
}

/** Whether the connection is one of those that the clause decides. */
export function matchesClause(clause: NetworkClause, passage: Passage, engine: Engine): Answer {
  const { peers, ports, notPorts = [], own, ipVersion, conditions = [], unread } = clause;
  if (unread !== undefined) return undefined;
  const answer = allOf([
    ports === undefined ? true : anyOf(ports.map((port) => matchesPort(port, passage))),
    ...notPorts.map((port) => not(matchesPort(port, passage))),
    peers === undefined ? true : anyOf(peers.map((peer) => matchesPeer(peer, passage.other, engine))),
    own === undefined ? true : matchesPeer(own, passage.subject, engine),
    ipVersion === undefined ? true : isOfVersion(passage.other, ipVersion),
  ]);
  return answer === true && conditions.length > 0 ? undefined : answer;
}

function isOfVersion({ address }: Side, version: 4 | 6): Answer {
  return address === undefined ? undefined : ipVersionOf(address) === version;
}

/** Numbers on which DNS pods listen behind a Service with port 53. */
const dnsPort = 53;
const dnsTargetPort = 5_353;

function matchesPort({ protocol, port, endPort, icmpType }: NetworkPort, passage: Passage): Answer {
  const isProtocol = matchesProtocol(protocol, passage.protocol);
  if (isProtocol === false || icmpType !== undefined) return isProtocol === false ? false : undefined;
  if (port === undefined) return isProtocol;
  if (passage.port === undefined) return undefined;
  const { port: wanted, portIsFinal, target } = passage;
  if (typeof port === 'string') {
    if (wanted === dnsPort && port.startsWith('dns')) return isProtocol;
    if (target.ports === undefined || !portIsFinal) return undefined;
    const isOfName = target.ports.some(
      (each) => each.name === port && each.port === wanted && matchesProtocol(protocol, each.protocol),
    );
    return isOfName && isProtocol === true;
  }
  const isWithin = (number: number) => number >= port && number <= (endPort ?? port);
  if (wanted === dnsPort && !portIsFinal)
    return isWithin(wanted) ? isProtocol : isWithin(dnsTargetPort) ? undefined : false;
  if (!portIsFinal) return undefined;
  return isWithin(wanted) ? isProtocol : false;
}

function matchesProtocol(ofRule: string, ofConnection: string | undefined): Answer {
  if (ofConnection === undefined) return undefined;
  if (ofRule === 'ANY') return !ofConnection.startsWith('ICMP');
  return ofRule.toUpperCase() === ofConnection.toUpperCase();
}

function matchesPeer(peer: NetworkPeer, side: Side, engine: Engine): Answer {
  const { pods, notPods, ipBlock, notIpBlocks = [], entities, nodes, domainNames, services, ...rest } = peer;
  // Sets in objects of their own, proven identities, ports of the other side: nothing here knows them.
  const { ipSets, notIpSets = [], identities, external, ports, notPorts = [] } = rest;
  if (ipSets?.length === 0 || identities?.length === 0 || ports?.length === 0) return false;
  const isOpen =
    [ipSets, identities, external, ports].some((part) => part !== undefined) || notIpSets.length + notPorts.length > 0;
  return allOf([
    pods === undefined ? true : matchesPods(pods, side),
    notPods === undefined ? true : not(matchesPods(notPods, side)),
    ipBlock === undefined
      ? true
      : allOf([
          matchesBlock(ipBlock.cidr, side, engine),
          ...ipBlock.except.map((cidr) => not(matchesBlock(cidr, side, engine))),
        ]),
    ...notIpBlocks.map((cidr) => not(matchesBlock(cidr, side, engine))),
    entities === undefined ? true : anyOf(entities.map((entity) => isEntity(entity, side))),
    nodes === undefined ? true : side.is === undefined ? undefined : false,
    domainNames === undefined ? true : anyOf(domainNames.map((name) => isNamed(name, side))),
    services === undefined ? true : services.length === 0 ? false : side.is === 'outside' ? false : undefined,
    isOpen ? undefined : true,
  ]);
}

function matchesPods(
  { namespace, namespaceSelector, podSelector, expression, serviceAccounts }: NetworkPods,
  side: Side,
): Answer {
  if (side.is === 'outside') return false;
  const isThere =
    namespace === undefined
      ? selects(
          namespaceSelector ?? {},
          side.namespaceLabels ?? nameLabels(side.namespace),
          side.namespaceLabels !== undefined,
        )
      : side.namespace === undefined
        ? undefined
        : namespace === side.namespace;
  const answer = allOf([
    isThere,
    selects(podSelector, side.labels ?? {}, side.labels !== undefined && side.assumed === undefined),
    expression === undefined ? true : holdsWith(expression, side),
    serviceAccounts === undefined
      ? true
      : side.serviceAccount === undefined
        ? undefined
        : serviceAccounts.includes(side.serviceAccount),
  ]);
  // What is no known pod may be an address of anything.
  if (answer === true && side.is === undefined) return undefined;
  return answer === false && side.assumed && namespace === undefined ? undefined : answer;
}

function nameLabels(namespace: string | undefined): Labels {
  return namespace === undefined ? {} : { 'kubernetes.io/metadata.name': namespace };
}

function holdsWith(expression: NonNullable<NetworkPods['expression']>, { labels, namespaceLabels }: Side): Answer {
  return labels === undefined ? undefined : holdsExpression(expression, { own: labels, namespace: namespaceLabels });
}

/** As `matchesLabels`, over labels that may not be all there are. */
function selects(selector: LabelSelector, labels: Labels, isWhole: boolean): Answer {
  if (isWhole) return matchesLabels(selector, labels);
  const parts: Answer[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    parts.push(Object.hasOwn(labels, key) ? labels[key] === value : undefined);
  }
  for (const expression of selector.matchExpressions ?? []) {
    parts.push(
      Object.hasOwn(labels, expression.key) ? matchesLabels({ matchExpressions: [expression] }, labels) : undefined,
    );
  }
  return allOf(parts);
}

/** Whether a selector may mean pods with such labels; `labels` undefined: of which nothing is known. */
export function selectsPods(selector: LabelSelector, labels: Labels | undefined): Answer {
  return selects(selector, labels ?? {}, labels !== undefined);
}

/**
 * To Cilium a pod has no address; others judge it by the address of the pod, and that of a Service is neither.
 *
 * @see https://docs.cilium.io/en/v1.18/security/policy/language/#ip-cidr-based
 */
function matchesBlock(cidr: string, { is, address, addressIsFinal }: Side, engine: Engine): Answer {
  if (engine === 'cilium' && is === 'pod') return false;
  const isEverything = cidr === '0.0.0.0/0' || cidr === '::/0';
  if (address === undefined) return isEverything && cidr === '0.0.0.0/0' && engine !== 'cilium' ? true : undefined;
  const contained = isInBlock(cidr, address);
  if (is === 'outside') return contained;
  // The API server takes no such address for an endpoint, so no Service leads there.
  if (contained === false && isLinkLocal(cidr.split('/', 1)[0] ?? '')) return false;
  if (contained === true && isEverything && engine !== 'cilium') return true;
  if (addressIsFinal !== true) return undefined;
  return contained === false ? false : engine === 'kubernetes' || is === 'pod' ? contained : undefined;
}

/** @see https://github.com/kubernetes/kubernetes/blob/release-1.36/pkg/apis/core/validation/validation.go (ValidateEndpointIP) */
const isLinkLocal = inAnyBlock(['169.254.0.0/16', 'fe80::/10']);

function isEntity(entity: string, side: Side): Answer {
  if (entity === 'all') return true;
  if (entity === 'none') return false;
  if (side.entity !== undefined) {
    const own = side.entity.startsWith('world') ? 'world' : side.entity;
    return (
      own === entity ||
      (entity === 'cluster' && own !== 'world') ||
      (entity.startsWith('world-') && own === 'world' ? undefined : false)
    );
  }
  if (side.is === undefined) return undefined;
  if (entity === 'cluster' || entity === 'cluster-mesh') return side.is === 'pod';
  if (entity.startsWith('world')) return side.is === 'outside' ? (entity === 'world' ? true : undefined) : false;
  return side.is === 'outside' && entity === 'kube-apiserver' ? undefined : false;
}

function isNamed({ pattern, wildcard }: NonNullable<NetworkPeer['domainNames']>[number], { is, host }: Side): Answer {
  if (is === 'pod') return false;
  if (host === undefined) return undefined;
  const name = host.toLowerCase();
  const lower = pattern.toLowerCase();
  if (!lower.includes('*')) return lower === name;
  if (lower === '*') return true;
  if (!lower.startsWith('*.') || lower.indexOf('*', 1) >= 0) return undefined;
  const ending = lower.slice(1);
  if (!name.endsWith(ending) || name.length === ending.length) return false;
  return wildcard === 'manyLabels' || !name.slice(0, -ending.length).includes('.');
}

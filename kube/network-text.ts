/**
 * Peers, ports and conditions of rules on connections, in words for people. As long as what they describe: whoever asks cuts it.
 */
import type {
  IpBlock,
  IpSet,
  NetworkClause,
  NetworkPeer,
  NetworkPlace,
  NetworkPods,
  NetworkPort,
} from '../crds/rules/network.ts';
import { conditionText } from './network-condition-text.ts';
import { labelsText, podsText, selectedNamespacesText, several } from './scope-text.ts';

/** One peer: `pods with app=web in namespace shop`. Every part of it must hold. */
export function peerText(peer: NetworkPeer): string {
  const kinds = kindTexts(peer);
  const [first = 'anyone', ...rest] = kinds;
  const also = rest.map((text) => ` that are also ${text}`);
  return [first, ...also, ...limitTexts(peer)].join('');
}

function kindTexts(peer: NetworkPeer): string[] {
  const { pods, ipBlock, entities, nodes, domainNames, services, ipSets, identities, external } = peer;
  const some = <Item>(items: readonly Item[] | undefined, text: (item: Item) => string) =>
    items === undefined ? [] : [items.length === 0 ? 'nobody' : several(items.map(text), ' or ')];
  return [
    ...(pods === undefined ? [] : [networkPodsText(pods)]),
    ...(ipBlock === undefined ? [] : [ipBlockText(ipBlock)]),
    ...(nodes === undefined ? [] : [`nodes${labelsText(nodes)}`]),
    ...some(entities, (entity) => `the entity ${entity}`),
    ...some(domainNames, domainNameText),
    ...some(services, serviceText),
    ...(ipSets === undefined ? [] : [ipSets.length === 0 ? 'nobody' : ipSetsText(ipSets, ' or ')]),
    ...some(identities, (identity) => `the identity ${identity}`),
    ...(external === undefined ? [] : [`the external set ${external}`]),
  ];
}

function limitTexts({ notPods, notIpBlocks = [], notIpSets = [], ports, notPorts = [] }: NetworkPeer): string[] {
  return [
    ...(notPods === undefined ? [] : [` other than ${networkPodsText(notPods)}`]),
    ...(notIpBlocks.length === 0 ? [] : [` outside of ${several(notIpBlocks)}`]),
    ...(notIpSets.length === 0 ? [] : [` outside of ${ipSetsText(notIpSets, ' and ')}`]),
    ...(ports === undefined ? [] : [` using ${portsText(ports)} on their side`]),
    ...(notPorts.length === 0 ? [] : [` not using ${portsText(notPorts)} on their side`]),
  ];
}

function networkPodsText({ namespace, namespaceSelector = {}, podSelector, expression, serviceAccounts }: NetworkPods) {
  const pods = `pods${podsText({ selector: podSelector, expression, serviceAccounts })}`;
  if (namespace !== undefined) return `${pods} in namespace ${namespace}`;
  return `${pods}${selectedNamespacesText(namespaceSelector)}`;
}

function ipBlockText({ cidr, except }: IpBlock): string {
  return `${cidr}${exceptText(except)}`;
}

function exceptText(except: readonly string[] = []): string {
  return except.length === 0 ? '' : ` except ${several(except)}`;
}

function domainNameText({ pattern, wildcard }: NonNullable<NetworkPeer['domainNames']>[number]): string {
  return wildcard === 'manyLabels' && pattern.includes('*') ? `${pattern} at any depth` : pattern;
}

function serviceText({ namespace, name, selector = {} }: NonNullable<NetworkPeer['services']>[number]): string {
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
  return name === undefined ? `Services${labelsText(selector)} ${where}` : `Service ${name} ${where}`;
}

/** Kinds of sets of which the same is asked stand together: `any NetworkSet or GlobalNetworkSet with a=b`. */
function ipSetsText(sets: readonly IpSet[], separator: string): string {
  const alike = Map.groupBy(sets.slice(0, setsMax), (set) => JSON.stringify({ ...set, kind: '' }));
  const texts = [...alike.values()].map((group) => {
    const [first = { kind: '' }] = group;
    return first.name === undefined
      ? ipSetText({ ...first, kind: several([...new Set(group.map(({ kind }) => kind))], ' or ') })
      : several(group.map(ipSetText), separator);
  });
  const more = sets.length - setsMax;
  return `${several(texts, separator)}${more > 0 ? ` and ${more} more` : ''}`;
}

/** More are not looked at: nobody reads them. */
const setsMax = 8;

function ipSetText(set: IpSet): string {
  const { kind, namespace, name, selector = {}, expression, except } = set;
  const which = name === undefined ? `any ${kind}${labelsText(selector, expression)}` : `${kind} ${name}`;
  return `${which}${namespace === undefined ? '' : ` in namespace ${namespace}`}${exceptText(except)}`;
}

/** `TCP 8080`, `any UDP port`, `the TCP port named sql`, `ICMP type 8`. */
export function portText({ protocol, port, endPort, icmpType, icmpCode }: NetworkPort): string {
  if (protocol === 'ICMP' || protocol === 'ICMPv6') {
    const code = icmpCode === undefined ? '' : ` code ${icmpCode}`;
    return icmpType === undefined ? protocol : `${protocol} type ${icmpType}${code}`;
  }
  const isAny = protocol === 'ANY';
  if (port === undefined) {
    if (isAny) return 'any port';
    return portless(protocol) ? protocolText(protocol) : `any ${protocolText(protocol)} port`;
  }
  if (typeof port === 'string')
    return isAny ? `the port named ${port}` : `the ${protocolText(protocol)} port named ${port}`;
  const range = endPort === undefined ? `${port}` : `${port}-${endPort}`;
  return `${isAny ? 'port' : protocolText(protocol)} ${range}`;
}

const withPorts: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP', 'UDPLite']);

function portless(protocol: string): boolean {
  return !withPorts.has(protocol);
}

function protocolText(protocol: string): string {
  return /^\d+$/.test(protocol) ? `protocol ${protocol}` : protocol;
}

/** Any of them. */
export function portsText(ports: readonly NetworkPort[]): string {
  return ports.length === 0 ? 'no port' : several(ports.map(portText), ', ', 20);
}

/** What beside peers and ports must hold: ` over IPv4 if the HTTP request is GET`, or nothing. */
export function limitsText({ own, ipVersion, conditions = [] }: NetworkClause): string {
  const version = ipVersion === undefined ? '' : ` over IPv${ipVersion}`;
  const bound = own === undefined ? '' : ` where the bound side is ${peerText(own)}`;
  const texts = conditions.map(conditionText);
  return `${version}${bound}${texts.length === 0 ? '' : ` if ${several(texts, ' and ')}`}`;
}

/** Where a policy stands, and what overrides what: `in tier Admin with priority 10, before NetworkPolicies`. Nothing of Cilium. */
export function placeText({ engine, tier, tierOrder, order }: NetworkPlace): string {
  switch (engine) {
    case 'cilium':
      return '';
    case 'calico': {
      const name = `tier ${tier}${tierOrder === undefined ? '' : ` (order ${tierOrder})`}`;
      return order === undefined ? `last in ${name}` : `in ${name} with order ${order}`;
    }
    case 'kubernetes': {
      const relation = tier === 'Baseline' ? 'only for pods that no NetworkPolicy isolates' : 'before NetworkPolicies';
      return `in tier ${tier}${order === undefined ? '' : ` with priority ${order}`}, ${relation}`;
    }
    default:
      return engine satisfies never;
  }
}

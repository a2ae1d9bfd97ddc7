/**
 * What can be said of a rule of the form `network`, whichever engine it comes from: its effect, its severity, its sentences.
 *
 * Critical: nothing passes, or only listed ports do; most of what breaks on a network breaks there. Warning: only peers or
 * whole protocols are restricted, or a part is not understood. Info: everything passes.
 */
import type { Effect, Severity } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';
import { labelSelectorText } from '../../kube/label-selector.ts';
import { selectsAll } from './fields.ts';
import { boundedList, boundedListOf, sentence } from './text.ts';

const messageLengthMax = 980;
const subjectLengthMax = 200;
const peersLengthMax = 300;
const portsLengthMax = 150;

/** deny: nothing passes; allow: everything does; restrict: some; unknown: no opening could be read whole. */
export function networkEffect(rule: NetworkRule): Effect {
  const openings = understood(rule);
  if (openings.some(isUnlimited)) return 'allow';
  if (openings.length > 0) return 'restrict';
  return rule.clauses.length === 0 ? 'deny' : 'unknown';
}

/** Critical: nothing or only listed ports; Warning: only peers or protocols are restricted; Info: everything passes. */
export function networkSeverity(rule: NetworkRule): Severity {
  const openings = understood(rule);
  if (openings.some(isUnlimited)) return 'Info';
  if (openings.length < rule.clauses.length) return 'Warning';
  return openings.every(listsPorts) ? 'Critical' : 'Warning';
}

/** For every reader of the namespace: neither ports nor peers, nor who the pods are. */
export function networkSummary(rule: NetworkRule, subject: LabelSelector): string {
  const openings = understood(rule);
  const pods = selectsAll(subject) ? 'All pods' : 'Some pods';
  const { verb, from, anyone } = words[rule.direction];
  if (openings.some(isUnlimited)) return `${pods} ${verb} ${rule.direction.toLowerCase()} ${from} ${anyone}`;
  const unread = openings.length < rule.clauses.length ? '; rules that Potoo does not understand may allow more' : '';
  return `${pods} ${verb} ${amount(rule, openings)}${unread}`;
}

/** The full sentence. */
export function networkMessage(rule: NetworkRule, subject: LabelSelector): string {
  const openings = understood(rule);
  const pods = selectsAll(subject) ? 'All pods' : `Pods with ${labelSelectorText(subject)}`;
  const { verb, from, anyone } = words[rule.direction];
  const lead = `${sentence(pods, subjectLengthMax)} ${verb}`;
  const direction = rule.direction.toLowerCase();
  if (openings.some(isUnlimited)) return `${lead} ${direction} ${from} ${anyone} on any port`;

  const pointers = rule.clauses.flatMap(({ unread = [] }) => unread);
  const unread =
    pointers.length === 0
      ? ''
      : `; more may be allowed by what is not understood: ${boundedList(pointers, { separator: ', ', lengthMax: 120, noun: 'part' })}`;
  if (openings.length === 0) return `${lead} no ${direction}${unread}`;

  const lengthMax = messageLengthMax - lead.length - unread.length - ' ingress only  … and 9999 more rules'.length;
  const text = (opening: NetworkClause) => openingText(opening, rule.direction);
  return `${lead} ${direction} only ${boundedListOf(openings, text, { separator: ', or ', lengthMax, noun: 'rule' })}${unread}`;
}

const words = {
  Ingress: { verb: 'accept', from: 'from', anyone: 'anyone' },
  Egress: { verb: 'have', from: 'to', anyone: 'anywhere' },
} as const;

function understood(rule: NetworkRule): readonly NetworkClause[] {
  return rule.clauses.filter(({ unread }) => unread === undefined);
}

function isUnlimited({ peers, ports }: NetworkClause): boolean {
  return peers === undefined && ports === undefined;
}

/** A port entry without a number means its whole protocol, and so does the range of all numbers: no port is listed there. */
function isWholeProtocol({ port, endPort }: NetworkPort): boolean {
  return port === undefined || (typeof port === 'number' && port <= 1 && endPort === 65_535);
}

function listsPorts({ ports }: NetworkClause): boolean {
  return ports !== undefined && !ports.some(isWholeProtocol);
}

/** `no ingress`, `ingress only from listed peers on listed ports`, and what is between. */
function amount({ direction }: NetworkRule, openings: readonly NetworkClause[]): string {
  const traffic = direction.toLowerCase();
  if (openings.length === 0) return `no ${traffic}`;
  const peers = `${words[direction].from} listed peers`;
  const whole = openings.every(({ ports }) => ports === undefined || ports.every(isWholeProtocol));
  const ports = whole ? 'over listed protocols' : 'on listed ports';
  const withPeers = openings.filter((opening) => opening.peers !== undefined).length;
  const withPorts = openings.filter((opening) => opening.ports !== undefined).length;
  const all = openings.length;
  if (withPorts === 0) return `${traffic} only ${peers}`;
  if (withPeers === 0) return `${traffic} only ${ports}`;
  if (withPeers === all && withPorts === all) return `${traffic} only ${peers} ${ports}`;
  if (withPeers === all) return `${traffic} only ${peers}, in part only ${ports}`;
  if (withPorts === all) return `${traffic} only ${ports}, in part only ${peers}`;
  return `${traffic} only ${peers} or ${ports}`;
}

function openingText({ peers, ports }: NetworkClause, direction: NetworkRule['direction']): string {
  const { from, anyone } = words[direction];
  const portsText =
    ports === undefined
      ? 'any port'
      : boundedListOf(ports, portText, { separator: ', ', lengthMax: portsLengthMax, noun: 'port' });
  if (peers === undefined) return `on ${portsText} ${from} ${anyone}`;
  const peersText = boundedListOf(peers, peerText, { separator: ' or ', lengthMax: peersLengthMax, noun: 'peer' });
  return `${from} ${peersText} on ${portsText}`;
}

function peerText(peer: NetworkPeer): string {
  if (peer.ipBlock !== undefined) {
    const { cidr, except } = peer.ipBlock;
    return except.length === 0 ? cidr : `${cidr} except ${except.join(', ')}`;
  }
  if (peer.pods === undefined) return JSON.stringify(peer);
  const { namespace, namespaceSelector = {}, podSelector } = peer.pods;
  const pods = selectsAll(podSelector) ? 'pods' : `pods with ${labelSelectorText(podSelector)}`;
  if (namespace !== undefined) return `${pods} in namespace ${namespace}`;
  if (selectsAll(namespaceSelector)) return `${pods} in any namespace`;
  return `${pods} in namespaces with ${labelSelectorText(namespaceSelector)}`;
}

function portText({ protocol, port, endPort }: NetworkPort): string {
  if (port === undefined) return `any ${protocol} port`;
  if (typeof port === 'string') return `the ${protocol} port named ${port}`;
  return endPort === undefined ? `${protocol} ${port}` : `${protocol} ${port}-${endPort}`;
}

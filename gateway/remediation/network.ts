/**
 * Rules on connections: what passes, whom they bind, and how one more thing is let through.
 *
 * NetworkPolicies add up, so a further one opens without a change to those that are there. Policies of other engines may
 * deny regardless, so of them nothing is drafted.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { selectorWords } from './selector.ts';
import { ask, link, look, manual, podsWith, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from '../words.ts';

const openingsMax = 5;
const textLengthMax = 1_000;

/** From the full form. */
export function networkRemediation(subject: Subject, rule: NetworkRule): Remediation {
  const traffic = rule.direction === 'Ingress' ? 'incoming' : 'outgoing';
  if (subject.effect === 'allow') {
    return {
      summary: `Nothing needs to be done: ${titleOf(subject)} lets every ${traffic} connection pass.`,
      steps: [...look(subject, 'See the policy.'), link('How network policies work.', 'network')],
    };
  }
  const selector = subject.full?.scope.workloads?.selector;
  const whom = isEverything(selector ?? {}) ? 'all of the namespace' : `those with ${selectorWords(selector ?? {})}`;
  const others = isPlainPolicy(subject) ? '; what another NetworkPolicy of the same pods lets through passes, too' : '';
  const isClosed = rule.clauses.length === 0 && isPlainPolicy(subject);
  return {
    summary: isClosed
      ? `${titleOf(subject)} by itself lets no ${traffic} connection through: use one that another policy lets through, or have one allowed.`
      : `Use a connection that ${titleOf(subject)} lets through, or have one more ${traffic} connection allowed.`,
    steps: [
      manual(`${shown(passes(rule), textLengthMax)}${dnsText(rule)}${others}.`, 'developer'),
      podsWith(subject, selector, `See which pods are bound: ${whom}.`),
      ...look(subject, 'See the policy.'),
      opening(subject, rule),
      link('How network policies work.', 'network'),
    ],
  };
}

function passes({ direction, clauses }: NetworkRule): string {
  const known = clauses.filter(({ unread }) => unread === undefined);
  const parts = clauses.flatMap(({ unread = [] }) => unread);
  if (known.length === 0 && parts.length > 0) return `What it lets through is not known: ${listed(parts, 2)}`;
  if (known.length === 0) return `It lets no ${direction === 'Ingress' ? 'incoming' : 'outgoing'} connection through`;
  const unknown = parts.length === 0 ? '' : `; what ${listed(parts, 2)} lets through is not known`;
  const texts = known.slice(0, openingsMax).map((each) => openingText(each, direction));
  const more = known.length - texts.length;
  return `It lets through: ${texts.join('; ')}${more === 0 ? '' : `; and ${more} more`}${unknown}`;
}

/** What is easily forgotten where ports are listed: without this, no name of a Service is resolved. */
function dnsText({ direction, clauses }: NetworkRule): string {
  const isOpen = clauses.some(
    ({ ports, unread }) => unread !== undefined || ports === undefined || ports.some(mayBeDns),
  );
  return direction === 'Egress' && !isOpen ? '; DNS (port 53) is not among it' : '';
}

function mayBeDns({ port, endPort }: NetworkPort): boolean {
  if (typeof port !== 'number') return true;
  return port <= 53 && (endPort ?? port) >= 53;
}

function openingText({ peers, ports }: NetworkClause, direction: NetworkRule['direction']): string {
  const word = direction === 'Ingress' ? 'from' : 'to';
  const who = peers === undefined ? (direction === 'Ingress' ? 'anyone' : 'anywhere') : listed(peers.map(peerText), 3);
  const where = ports === undefined ? 'any port' : listed(ports.map(portText), 6);
  return `${word} ${who} on ${where}`;
}

function peerText(peer: NetworkPeer): string {
  if (peer.ipBlock !== undefined) {
    const { cidr, except } = peer.ipBlock;
    return except.length === 0 ? cidr : `${cidr} except ${listed(except, 5)}`;
  }
  if (peer.pods === undefined) return shown(JSON.stringify(peer), 200);
  const { namespace, namespaceSelector, podSelector } = peer.pods;
  const who = isEverything(podSelector) ? 'all pods' : `pods with ${selectorWords(podSelector)}`;
  if (namespace !== undefined) return `${who} in ${namespace}`;
  return isEverything(namespaceSelector ?? {})
    ? `${who} in any namespace`
    : `${who} in namespaces with ${selectorWords(namespaceSelector ?? {})}`;
}

function isEverything({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

function portText({ protocol, port, endPort }: NetworkPort): string {
  if (port === undefined) return `${protocol} on any port`;
  return `${protocol} ${port}${endPort === undefined ? '' : `-${endPort}`}`;
}

function isPlainPolicy({ kind, apiVersion }: Subject): boolean {
  return kind === 'NetworkPolicy' && apiVersion.startsWith('networking.k8s.io/');
}

/** A name that stands for one of the reader's own: no namespace and no pod is likely to have it. */
const replaceMe = 'replace-me';

/** One policy more, which lets nobody through until names are put in: it is applied by people in a hurry. */
function opening(subject: Subject, { direction }: NetworkRule): RemediationStep {
  const { full, home, namespace, name } = subject;
  if (!isPlainPolicy(subject) || home !== namespace || full === undefined) {
    const privilege = home === undefined ? 'cluster-admin' : 'namespace-admin';
    return ask(subject, 'to let the connection through: say from where, to where and on which port.', privilege);
  }
  const some = { matchLabels: { 'app.kubernetes.io/name': replaceMe } };
  const peer = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': replaceMe } },
    podSelector: some,
  };
  const selector = full.scope.workloads?.selector ?? {};
  // Beside a policy for all pods, a policy for all of them would open more than is asked for.
  const isForAll = isEverything(selector);
  const ports = [{ protocol: 'TCP', port: 8_080 }];
  const added = `${name}-addition`;
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: isDnsSubdomain(added) ? added : 'addition', namespace: home },
    spec: {
      podSelector: isForAll ? some : selector,
      policyTypes: [direction],
      ...(direction === 'Ingress' ? { ingress: [{ from: [peer], ports }] } : { egress: [{ to: [peer], ports }] }),
    },
  };
  return {
    ...yamlPatch(
      `Let one more connection through by a policy beside ${shown(name)}: put ${isForAll ? 'the pods that need it, ' : ''}namespace ` +
        `and pods of the other side${isForAll ? ',' : ''} and the port in place of ${replaceMe} and 8080; addresses outside the cluster ` +
        'need an ipBlock in place of both selectors. What isolates the other side must let it through, too.',
      policy,
      'namespace-admin',
      ['apply', '-f', 'FILE'],
    ),
    ...(subject.contact === undefined ? {} : { contact: subject.contact }),
  };
}

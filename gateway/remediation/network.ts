/**
 * Rules on connections: what passes, whom they bind, and how one more thing is let through.
 *
 * NetworkPolicies add up, so a further one opens without a change to those that are there. Policies of other engines may
 * deny regardless, so of them nothing is drafted.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { NetworkOpening, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { selectorWords } from './selector.ts';
import { ask, link, look, manual, podsWith, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from './words.ts';

const openingsMax = 5;

/** From the full form. */
export function networkRemediation(subject: Subject, rule: NetworkRule): Remediation {
  const traffic = rule.direction === 'Ingress' ? 'incoming' : 'outgoing';
  if (subject.effect === 'allow') {
    return {
      summary: `Nothing needs to be done: ${titleOf(subject)} lets every ${traffic} connection pass.`,
      steps: [...look(subject, 'See the policy.'), link('How network policies work.', 'network')],
    };
  }
  const { workloads } = subject.full?.scope ?? {};
  return {
    summary: `Use a connection that ${titleOf(subject)} lets through, or have one more ${traffic} connection allowed.`,
    steps: [
      manual(`${passes(rule)}${unread(rule)}.`, 'developer'),
      podsWith(
        subject,
        workloads?.selector,
        `See which pods are bound: those with ${selectorWords(workloads?.selector ?? {})}.`,
      ),
      ...look(subject, 'See the policy.'),
      opening(subject, rule),
      link('How network policies work.', 'network'),
    ],
  };
}

function passes({ direction, allow }: NetworkRule): string {
  const known = allow.filter(({ unread: parts }) => parts === undefined);
  if (known.length === 0)
    return `No ${direction === 'Ingress' ? 'incoming' : 'outgoing'} connection is let through by it`;
  const texts = known.slice(0, openingsMax).map((each) => openingText(each, direction));
  const more = known.length - texts.length;
  return `It lets through: ${texts.join('; ')}${more === 0 ? '' : `; and ${more} more`}`;
}

function unread({ allow }: NetworkRule): string {
  const parts = allow.flatMap(({ unread: pointers = [] }) => pointers);
  return parts.length === 0 ? '' : `; what ${listed(parts, 2)} lets through is not known`;
}

function openingText({ peers, ports }: NetworkOpening, direction: NetworkRule['direction']): string {
  const word = direction === 'Ingress' ? 'from' : 'to';
  const who = peers === undefined ? (direction === 'Ingress' ? 'anyone' : 'anywhere') : listed(peers.map(peerText), 3);
  const where = ports === undefined ? 'any port' : listed(ports.map(portText), 6);
  return `${word} ${who} on ${where}`;
}

function peerText(peer: NetworkPeer): string {
  if ('ipBlock' in peer) {
    const { cidr, except } = peer.ipBlock;
    return except.length === 0 ? cidr : `${cidr} except ${listed(except, 3)}`;
  }
  const { namespace, namespaceSelector, podSelector } = peer.pods;
  const inside = namespace ?? `namespaces with ${selectorWords(namespaceSelector ?? {})}`;
  return `pods with ${selectorWords(podSelector)} in ${inside}`;
}

function portText({ protocol, port, endPort }: NetworkPort): string {
  if (port === undefined) return `${protocol} on any port`;
  return `${protocol} ${port}${endPort === undefined ? '' : `-${endPort}`}`;
}

/** A name that stands for one of the reader's own: no namespace and no pod is likely to have it. */
const replaceMe = 'replace-me';

/** One policy more, which lets nobody through until names are put in: it is applied by people in a hurry. */
function opening(subject: Subject, { direction }: NetworkRule): RemediationStep {
  const { full, home, namespace, name } = subject;
  const isPlainPolicy = subject.kind === 'NetworkPolicy' && subject.apiVersion.startsWith('networking.k8s.io/');
  if (!isPlainPolicy || home !== namespace || full === undefined) {
    const privilege = home === undefined ? 'cluster-admin' : 'namespace-admin';
    return ask(subject, 'to let the connection through: say from where, to where and on which port.', privilege);
  }
  const peer = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': replaceMe } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': replaceMe } },
  };
  const ports = [{ protocol: 'TCP', port: 8_080 }];
  const added = `${name}-addition`;
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: isDnsSubdomain(added) ? added : 'addition', namespace: home },
    spec: {
      podSelector: full.scope.workloads?.selector ?? {},
      policyTypes: [direction],
      ...(direction === 'Ingress' ? { ingress: [{ from: [peer], ports }] } : { egress: [{ to: [peer], ports }] }),
    },
  };
  return {
    ...yamlPatch(
      `Let one more connection through by a policy beside ${shown(name)}: put its namespace, pods and port in place of ${replaceMe} and 8080.`,
      policy,
      'namespace-admin',
    ),
    ...(subject.contact === undefined ? {} : { contact: subject.contact }),
  };
}

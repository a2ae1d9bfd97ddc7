/**
 * Rules on connections: what passes, whom they bind, and how one more thing is let through.
 *
 * NetworkPolicies add up, so a further one opens without a change to those that are there. Policies of other engines, and of
 * administrators, may deny regardless, so of them nothing is drafted: who may change them has to be asked.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { NetworkClause, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import { limitsText, peerText, placeText, portText } from '../../kube/network-text.ts';
import { podsText } from '../../kube/scope-text.ts';
import type { Link } from './links.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, link, look, manual, podsWith, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { capitalized, listed, shown } from '../words.ts';

const clausesMax = 5;
const textLengthMax = 1_000;

/** From the full form. */
export function networkRemediation(subject: Subject, rule: NetworkRule): Remediation {
  const nothing = nothingToDo(subject, rule);
  if (nothing !== undefined) {
    return {
      summary: `Nothing needs to be done: ${nothing}.`,
      steps: [...look(subject, 'See the policy.'), link('How network policies work.', linkOf(subject))],
    };
  }
  return {
    summary: summaryOf(subject, rule),
    steps: [
      manual(`${shown(decisions(subject, rule), textLengthMax)}.`, 'developer'),
      ...bound(subject, rule),
      ...look(subject, 'See the policy.'),
      ...instead(rule),
      opening(subject, rule),
      link('How network policies work.', linkOf(subject)),
    ],
  };
}

function nothingToDo(subject: Subject, rule: NetworkRule): string | undefined {
  const title = titleOf(subject);
  if (rule.staged) return `${title} is written down and not enforced`;
  if (subject.effect === 'audit') return `${title} only notes connections in a log`;
  if (subject.effect !== 'allow') return undefined;
  return isIsolating(rule) || rule.clauses.length === 0
    ? `${title} lets every ${trafficOf(rule)} connection pass`
    : `${title} refuses no ${trafficOf(rule)} connection`;
}

function summaryOf(subject: Subject, rule: NetworkRule): string {
  const title = titleOf(subject);
  const traffic = trafficOf(rule);
  if (rule.clauses.length === 0 && isPlainPolicy(subject)) {
    return `${title} by itself lets no ${traffic} connection through: use one that another policy lets through, or have one allowed.`;
  }
  return isIsolating(rule) && rule.clauses.every(({ action }) => action === undefined || action === 'log')
    ? `Use a connection that ${title} lets through, or have one more ${traffic} connection allowed.`
    : `Use a connection that ${title} does not refuse, or have one more ${traffic} connection allowed.`;
}

const links: Readonly<Record<string, Link>> = {
  'cilium.io': 'cilium',
  'crd.projectcalico.org': 'calico',
  'policy.networking.k8s.io': 'adminNetwork',
  'projectcalico.org': 'calico',
};

function linkOf({ apiVersion }: Subject): Link {
  const [group = ''] = apiVersion.split('/', 1);
  return Object.hasOwn(links, group) ? (links[group] ?? 'network') : 'network';
}

function trafficOf({ direction }: NetworkRule): string {
  return direction === 'Ingress' ? 'incoming' : 'outgoing';
}

/** Whether what no policy of its tier lets through is dropped. */
function isIsolating({ otherwise }: NetworkRule): boolean {
  return otherwise === undefined || otherwise === 'deny';
}

/** What its rules say of connections, and what others may say. */
function decisions(subject: Subject, rule: NetworkRule): string {
  const others = isPlainPolicy(subject) ? '; what another NetworkPolicy of the same pods lets through passes, too' : '';
  const place = rule.place === undefined ? '' : placeText(rule.place);
  const where = place === '' ? '' : `. It stands ${place}`;
  return `${rule.clauses.some(({ action }) => action !== undefined) ? inOrder(rule) : passes(rule)}${dnsText(rule)}${others}${where}`;
}

/** Of a rule that only lets through. */
function passes(rule: NetworkRule): string {
  const { direction, clauses } = rule;
  const known = clauses.filter(({ unread }) => unread === undefined);
  const parts = clauses.flatMap(({ unread = [] }) => unread);
  if (known.length === 0 && parts.length > 0) return `What it lets through is not known: ${listed(parts, 2)}`;
  if (known.length === 0) return `It lets no ${trafficOf(rule)} connection through`;
  const unknown = parts.length === 0 ? '' : `; what ${listed(parts, 2)} lets through is not known`;
  const rest = isIsolating(rule) ? '' : `; ${restText(rule)}`;
  return `It lets through: ${clausesText(known, (clause) => clauseText(clause, direction))}${rest}${unknown}`;
}

/** Of a rule that also refuses, or leaves to others: the first that matches decides. */
function inOrder(rule: NetworkRule): string {
  const text = (clause: NetworkClause) =>
    clause.unread === undefined
      ? does(clause.action, `connections ${clauseText(clause, rule.direction)}`)
      : `what ${listed(clause.unread, 2)} says is not known`;
  const rules = clausesText(rule.clauses, text);
  const first =
    rule.clauses.length === 1 ? capitalized(rules) : `The first of its rules that matches decides: ${rules}`;
  return `${first}; ${restText(rule)}`;
}

function does(action: NetworkClause['action'], connections: string): string {
  switch (action) {
    case undefined:
      return `it lets through ${connections}`;
    case 'deny':
      return `it refuses ${connections}`;
    case 'pass':
      return `it leaves ${connections} to what follows`;
    case 'log':
      return `it notes ${connections} and goes on`;
    default:
      return action satisfies never;
  }
}

function restText({ otherwise = 'deny' }: NetworkRule): string {
  switch (otherwise) {
    case 'deny':
      return 'what no rule lets through is dropped';
    case 'next':
      return 'what no rule decides is left to other policies';
    case 'allow':
      return 'what no rule decides passes';
    case 'unknown':
      return 'what becomes of the rest is not known';
    default:
      return otherwise satisfies never;
  }
}

function clausesText(clauses: readonly NetworkClause[], text: (clause: NetworkClause) => string): string {
  const told = clauses.slice(0, clausesMax).map(text);
  const more = clauses.length - told.length;
  return `${told.join('; ')}${more === 0 ? '' : `; and ${more} more`}`;
}

/** What is easily forgotten where ports are listed: without this, no name of a Service is resolved. */
function dnsText(rule: NetworkRule): string {
  const isOpen = rule.clauses.some(
    ({ action, ports, unread }) =>
      unread !== undefined || (action !== 'deny' && action !== 'log' && (ports === undefined || ports.some(mayBeDns))),
  );
  return rule.direction === 'Egress' && isIsolating(rule) && !isOpen ? '; DNS (port 53) is not among it' : '';
}

function mayBeDns({ protocol, port, endPort }: NetworkPort): boolean {
  if (protocol.startsWith('ICMP')) return false;
  if (typeof port !== 'number') return true;
  return port <= 53 && (endPort ?? port) >= 53;
}

function clauseText(clause: NetworkClause, direction: NetworkRule['direction']): string {
  const { peers, ports, notPorts = [] } = clause;
  const word = direction === 'Ingress' ? 'from' : 'to';
  const who = peers === undefined ? (direction === 'Ingress' ? 'anyone' : 'anywhere') : listed(peers.map(peerText), 3);
  const where = ports === undefined ? 'any port' : listed(ports.map(portText), 6);
  const not = notPorts.length === 0 ? '' : ` other than ${listed(notPorts.map(portText), 6)}`;
  return `${word} ${who === '' ? 'nobody' : who} on ${where === '' ? 'no port' : where}${not}${shown(limitsText(clause), 200)}`;
}

/** Whose connections are judged, and how to find them. */
function bound(subject: Subject, { hook }: NetworkRule): RemediationStep[] {
  if (hook === 'host') return [];
  const { selector, expression, serviceAccounts } = subject.full?.scope.workloads ?? {};
  const which = podsText({ selector, expression, serviceAccounts });
  const whom = which === '' ? 'all of the namespace' : `those${shown(which, 200)}`;
  return [podsWith(subject, selector, `See which pods are bound: ${whom}.`)];
}

/** What is said last is what a namespace can say itself. */
function instead({ place, direction }: NetworkRule): RemediationStep[] {
  if (place?.engine !== 'kubernetes' || place.tier !== 'Baseline') return [];
  const word = capitalized(direction.toLowerCase());
  const text = `A NetworkPolicy of the namespace that selects these pods with ${word} in policyTypes decides in its place.`;
  return [manual(text, 'namespace-admin')];
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
  const isForAll =
    Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
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

/**
 * What to do about a connection that did not come about: what opens exactly this one, and how to see who dropped it.
 */
import type { LabelSelector } from '../../../crds/label-selector.ts';
import { isDnsLabel } from '../../../kube/names.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual, yamlPatch } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { About, Suspect, Suspects } from '../finding.ts';
import { workloadOf } from '../named-objects.ts';
import { type Connection, type Direction, isPrivate, serviceOf } from '../suspects/connection.ts';
import { isDns, type NamedPolicy } from '../suspects/network.ts';

export interface NetworkHelp {
  readonly connection: Connection;
  readonly named?: NamedPolicy | undefined;
  /** Whether Hubble can tell more. */
  readonly hubble?: boolean | undefined;
}

/** From the connection and what may have dropped it, the most useful first. */
export function networkSteps(
  { connection, named, hubble }: NetworkHelp,
  suspects: Suspects,
  about: About,
): readonly RemediationStep[] {
  const all = [...suspects.certain, ...suspects.possible];
  const blamed = suspects.certain[0] ?? (named === undefined ? all[0] : undefined);
  return [
    ...(blamed === undefined ? [] : opening(connection, blamed, about)),
    ...(all.some(({ candidate }) => candidate.kind === 'NetworkPolicy') || all.length === 0
      ? [lookAtPolicies(about)]
      : []),
    ...(hubble === true || all.some(({ candidate }) => candidate.kind.startsWith('Cilium')) ? [observe(about)] : []),
  ];
}

function lookAtPolicies({ namespace }: About): RemediationStep {
  return kubectl(
    'See which NetworkPolicies of the namespace select the pod, in which direction, and what they let through.',
    ['describe', 'networkpolicies', '-n', { value: namespace }],
    'developer',
  );
}

function observe({ namespace }: About): RemediationStep {
  return kubectl(
    'See the next drops as Cilium tells them, with both ends, port and direction.',
    [
      'exec',
      '-n',
      'kube-system',
      'ds/cilium',
      '-c',
      'cilium-agent',
      '--',
      'hubble',
      'observe',
      '--verdict',
      'DROPPED',
      '--namespace',
      { value: namespace },
      '--last',
      '50',
    ],
    'cluster-admin',
  );
}

/** One more NetworkPolicy that lets this connection through; where that would not do, who can. */
function opening(connection: Connection, { candidate }: Suspect, about: About): RemediationStep[] {
  const { kind, full, type } = candidate;
  const direction: Direction = type === 'NetworkIngress' ? 'Ingress' : 'Egress';
  const adds =
    (kind === 'NetworkPolicy' && full?.source.apiVersion.startsWith('networking.k8s.io/') !== false) ||
    isOfCilium(candidate, full);
  if (!adds || !isDnsLabel(about.namespace)) {
    const privilege = kind === 'NetworkPolicy' ? 'namespace-admin' : 'cluster-admin';
    return [
      ask(about, `to have ${shown(kind, 80)} ${shown(candidate.name)} let through ${wanted(connection)}.`, privilege),
    ];
  }
  const selector = full?.scope.workloads?.selector;
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: nameOf(connection, direction), namespace: about.namespace },
    spec: { podSelector: podsOf(selector, about), policyTypes: [direction], ...rulesOf(connection, direction) },
  };
  const description = `Let through ${wanted(connection)} by one more policy${missing(connection, direction)}. Whatever isolates the other side must let it through, too.`;
  return [
    {
      ...yamlPatch(description, policy, 'namespace-admin', ['apply', '-f', 'FILE']),
      ...(about.contact === undefined ? {} : { contact: about.contact }),
    },
  ];
}

/** Beside policies of Cilium a NetworkPolicy adds to what they let through; not to what one of them denies. */
function isOfCilium({ kind, effect }: Suspect['candidate'], full: Suspect['candidate']['full']): boolean {
  if (!kind.startsWith('Cilium') || effect === 'deny') return false;
  return full?.rule.form === 'network' && !full.rule.clauses.some(({ action }) => action === 'deny');
}

function wanted(connection: Connection): string {
  if (isDns(connection)) return 'the resolution of names (UDP and TCP 53 to the DNS of the cluster)';
  const { port, protocol } = connection;
  return port === undefined ? 'this connection' : `${protocol ?? 'TCP'} ${port}`;
}

function nameOf(connection: Connection, direction: Direction): string {
  if (isDns(connection)) return 'allow-dns';
  const { port } = connection;
  return `allow-${direction.toLowerCase()}${port === undefined ? '' : `-${port}`}`;
}

const replaceMe = 'replace-me';

/** The pods of the workload where it is known, else those that the policy selects; never all of the namespace at once. */
function podsOf(selector: LabelSelector | undefined, about: About): LabelSelector {
  const workload = workloadOf(about);
  const labels = workload?.labels ?? {};
  const app = ['app.kubernetes.io/name', 'app', 'k8s-app'].find((key) => Object.hasOwn(labels, key));
  if (app !== undefined) return { matchLabels: { [app]: labels[app] ?? '' } };
  const demands = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length;
  if (selector !== undefined && demands > 0) return selector;
  return { matchLabels: { 'app.kubernetes.io/name': replaceMe } };
}

interface Opened {
  readonly to?: object[];
  readonly from?: object[];
  readonly ports: object[];
}

function rulesOf(connection: Connection, direction: Direction): object {
  const { port, protocol } = connection;
  const number = port ?? 8_080;
  if (isDns(connection)) {
    const ports = [
      { protocol: 'UDP', port: number },
      { protocol: 'TCP', port: number },
    ];
    const to = [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ];
    return { egress: [{ to, ports }] };
  }
  const peer = peerOf(direction === 'Egress' ? connection.to : connection.from);
  const known = protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP';
  const opened: Opened = {
    ...(direction === 'Egress' ? { to: [peer] } : { from: [peer] }),
    ports: [{ protocol: known, port: number }],
  };
  return direction === 'Egress' ? { egress: [opened] } : { ingress: [opened] };
}

function peerOf(end: Connection['to']): object {
  const service = end.host === undefined ? undefined : serviceOf(end.host);
  const namespace = end.namespace ?? service?.namespace;
  if (namespace !== undefined) {
    const labels = end.labels ?? {};
    const app = ['app.kubernetes.io/name', 'app', 'k8s-app'].find((key) => Object.hasOwn(labels, key));
    return {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      podSelector:
        app === undefined
          ? { matchLabels: { 'app.kubernetes.io/name': replaceMe } }
          : { matchLabels: { [app]: labels[app] ?? '' } },
    };
  }
  const { address } = end;
  if (address !== undefined && !isPrivate(address))
    return { ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } };
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': replaceMe } },
    podSelector: { matchLabels: { 'app.kubernetes.io/name': replaceMe } },
  };
}

/** What has to be put in, or looked up, before it is applied. */
function missing(connection: Connection, direction: Direction): string {
  if (isDns(connection)) return '; on OpenShift the namespace is openshift-dns and the port 5353';
  const parts = [
    `names in place of ${replaceMe} (outside the cluster an ipBlock)`,
    ...(connection.portIsFinal ? [] : ['of a Service its targetPort in place of the port']),
    ...(connection.port === undefined ? ['the port in place of 8080'] : []),
  ];
  return `: put ${parts.join(', ')}${direction === 'Egress' ? '; name resolution (port 53) must be open, too' : ''}`;
}

/** Whether something listens there at all: what a refused connection is asked first. */
export function endpointsStep({ to }: Connection, { namespace }: About): RemediationStep {
  const service = to.host === undefined ? undefined : serviceOf(to.host);
  const [first = '', second] = to.host?.split('.') ?? [];
  const name = service?.service ?? (second === undefined || to.host?.split('.').length === 2 ? first : '');
  const where = service?.namespace ?? second ?? namespace;
  const description =
    'See whether the Service has ready endpoints, and on which port: without one the connection is refused.';
  if (!isDnsLabel(name) || !isDnsLabel(where)) {
    return kubectl(description, ['get', 'endpointslices', '-n', { value: namespace }], 'developer');
  }
  return kubectl(
    description,
    ['get', 'endpointslices', '-n', where, `--selector=kubernetes.io/service-name=${name}`],
    'developer',
  );
}

/** What nobody but the writer of the text can tell. */
export function tellMore(): RemediationStep {
  return manual(
    'Ask again with the workload that opened the connection, so that its pods are held against the policies.',
    'developer',
  );
}

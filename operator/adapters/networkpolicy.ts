/**
 * NetworkPolicy: which directions a policy isolates, for which pods of its namespace, and what it lets through.
 *
 * - A direction is in force when policyTypes lists it. Absent or empty policyTypes mean Ingress, and Egress too when there
 *   is at least one egress rule; the API server stores that default, an object that was never stored still needs it here.
 *   Rules of a direction that is not in force have no effect (Cilium applies them nevertheless).
 * - Absent, null and empty are the same for ingress, egress, from, to and ports. No rule: nothing passes. No from or to:
 *   everyone passes. No ports: every port of every protocol. A port entry without a number: every port of its protocol,
 *   which is TCP when none is given.
 * - A peer with only a podSelector means pods of the policy's own namespace, one with only a namespaceSelector all pods of
 *   those namespaces, one with both such pods in such namespaces. An ipBlock stands alone.
 *
 * A rule, peer or port with a field that is not known here is not taken for what is left of it, which could be wider: it
 * becomes a problem and an opening whose `unread` names the field.
 *
 * What a policy does to pods on the network of their node is not defined, and most network plugins do nothing: the scope
 * leaves them out. True of every policy and in no constraint: a pod always reaches itself and its node always reaches it,
 * replies pass, and nothing is enforced by a network plugin without NetworkPolicy.
 * Not read: status, which Kubernetes 1.28 removed.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/networking/v1/types.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/networking/v1/defaults.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/networking/validation/validation.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';
import type { Scope } from '../../crds/scope.ts';
import { type Fault, NamespacedMetadata, defineAdapter, faultsOf, jsonPointer } from './define.ts';
import { SelectorField, absent, listOf, selectsAll } from './fields.ts';
import { type Clauses, type Path, readClauses, readEach, unreadClauses } from './network-clauses.ts';
import { pointersOf } from './fault-pointers.ts';
import { unknownFields } from './unknown-fields.ts';
import { networkDraft } from './network-draft.ts';

const Types = z.array(z.string());
const Rules = z.array(z.unknown());

/** The parts are read one by one, so that one of them that is not understood does not hide the others. */
const Spec = z.looseObject({
  podSelector: z.unknown().optional(),
  policyTypes: absent(Types),
  ingress: absent(Rules),
  egress: absent(Rules),
});
const knownFields = new Set(Object.keys(Spec.shape));

const IngressRule = z
  .strictObject({ from: absent(Rules), ports: absent(Rules) })
  .transform(({ from = [], ports = [] }) => ({ peers: from, ports }));
const EgressRule = z
  .strictObject({ to: absent(Rules), ports: absent(Rules) })
  .transform(({ to = [], ports = [] }) => ({ peers: to, ports }));

const Peer = z
  .strictObject({
    podSelector: absent(SelectorField),
    namespaceSelector: absent(SelectorField),
    ipBlock: absent(z.strictObject({ cidr: z.string(), except: absent(listOf(z.string())) })),
  })
  .refine((peer) => Object.values(peer).some((part) => part !== undefined), {
    error: 'Must have a podSelector, a namespaceSelector or an ipBlock',
    // An unknown field is told apart from no field at all.
    when: ({ issues }) => issues.length === 0,
  })
  .refine(({ ipBlock, podSelector, namespaceSelector }) => !ipBlock || (!podSelector && !namespaceSelector), {
    error: 'Must not have an ipBlock beside a selector',
  });

const portNumber = z.int().min(1).max(65_535);
const Port = z
  .strictObject({
    protocol: absent(z.string().min(1)),
    port: absent(z.union([portNumber, z.string().min(1)], { error: 'Must be a port number or the name of a port' })),
    endPort: absent(portNumber),
  })
  .refine(({ port, endPort }) => endPort === undefined || (typeof port === 'number' && port <= endPort), {
    path: ['endPort'],
    error: 'Must be at least the number in port',
  });

export const networkPolicy = defineAdapter({
  id: 'networkpolicy',
  resources: [{ group: 'networking.k8s.io', plural: 'networkpolicies' }],
  fields: { metadata: NamespacedMetadata, spec: absent(Spec) },
  constraints({ metadata: { namespace }, spec = Spec.parse({}) }) {
    const { rules, scope, faults } = readNetworkPolicy(spec, namespace);
    return { drafts: rules.map((rule) => networkDraft({ key: rule.direction, rule, scope, home: namespace })), faults };
  },
});

/** The spec of a NetworkPolicy, with fields that are not known, too. */
export { Spec as NetworkPolicySpec };

/** What the spec comes to: whom it binds, and one rule for each direction in force. */
export function readNetworkPolicy(
  spec: Spec,
  namespace: string,
): { readonly rules: readonly NetworkRule[]; readonly scope: Scope; readonly faults: readonly Fault[] } {
  const whole = readWhole(spec);
  const { subject, unread } = whole;
  const types = readTypes(spec);
  const faults: Fault[] = [...whole.faults, ...types.faults];
  const rules: NetworkRule[] = [];
  for (const direction of types.directions) {
    const field = direction === 'Ingress' ? 'ingress' : 'egress';
    const read = readClauses(spec[field] ?? [], ['spec', field], (rule, path) =>
      readRule(rule, direction, namespace, path),
    );
    faults.push(...read.faults);
    rules.push({ form: 'network', direction, clauses: [...whole.clauses, ...read.clauses] });
  }
  const scope = {
    namespaces: { names: [namespace] },
    workloads: { ...(selectsAll(subject) ? {} : { selector: subject }), hostNetwork: false as const },
    ...(unread.length === 0 ? {} : { unread }),
  };
  return { rules, scope, faults };
}

type Spec = z.infer<typeof Spec>;
type Direction = NetworkRule['direction'];

interface Whole extends Clauses {
  readonly subject: LabelSelector;
  /** Parts of the podSelector that are not understood. */
  readonly unread: string[];
}

/**
 * The subject, and what may change the meaning of all rules: a field of the spec that is not known, or a podSelector that
 * cannot be read. The policy then is taken to bind every pod, and what it lets through is not known.
 */
function readWhole(spec: Spec): Whole {
  const subject = SelectorField.safeParse(spec.podSelector ?? {});
  const subjectFaults = subject.success ? [] : faultsOf(subject.error, ['spec', 'podSelector']);
  const faults = [...subjectFaults, ...unknownFields(spec, knownFields, ['spec'])];
  return {
    subject: subject.data ?? {},
    unread: pointersOf(subjectFaults),
    clauses: unreadClauses(['spec'], faults),
    faults,
  };
}

function readTypes({ policyTypes = [], egress = [] }: Spec): { directions: Direction[]; faults: Fault[] } {
  const implied = egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  const types = policyTypes.length > 0 ? policyTypes : implied;
  const directions = (['Ingress', 'Egress'] as const).filter((direction) => types.includes(direction));
  const faults = policyTypes.flatMap((type, index) =>
    type === 'Ingress' || type === 'Egress'
      ? []
      : [{ path: ['spec', 'policyTypes', index], message: 'Must be Ingress or Egress' }],
  );
  return { directions, faults };
}

/** What is understood of a rule is one opening; what is not understood, a second one. */
function readRule(value: unknown, direction: Direction, namespace: string, path: Path): Clauses {
  const rule = direction === 'Ingress' ? IngressRule.safeParse(value) : EgressRule.safeParse(value);
  if (!rule.success) {
    const faults = faultsOf(rule.error, path);
    return { clauses: unreadClauses(path, faults), faults };
  }
  const peers = readEach(rule.data.peers, Peer, [...path, direction === 'Ingress' ? 'from' : 'to']);
  const ports = readEach(rule.data.ports, Port, [...path, 'ports']);
  const faults = [...peers.faults, ...ports.faults];
  // 'from: []' is everyone, but a 'from' of which no peer is understood is not.
  const nothingLeft = faults.length > 0 && (isEmptied(rule.data.peers, peers) || isEmptied(rule.data.ports, ports));
  const opening: NetworkClause = {
    path: jsonPointer(path),
    ...(peers.items.length === 0 ? {} : { peers: peers.items.map((peer) => peerOf(peer, namespace)) }),
    ...(ports.items.length === 0 ? {} : { ports: ports.items.map(portOf) }),
  };
  return { clauses: [...(nothingLeft ? [] : [opening]), ...unreadClauses(path, faults)], faults };
}

function isEmptied(values: readonly unknown[], read: { readonly items: readonly unknown[] }): boolean {
  return values.length > 0 && read.items.length === 0;
}

function peerOf({ ipBlock, namespaceSelector, podSelector }: z.infer<typeof Peer>, namespace: string): NetworkPeer {
  if (ipBlock !== undefined) return { ipBlock: { cidr: ipBlock.cidr, except: ipBlock.except ?? [] } };
  if (namespaceSelector === undefined) return { pods: { namespace, podSelector: podSelector ?? {} } };
  return { pods: { namespaceSelector, podSelector: podSelector ?? {} } };
}

function portOf({ protocol = 'TCP', port, endPort }: z.infer<typeof Port>): NetworkPort {
  return {
    protocol,
    ...(port === undefined ? {} : { port }),
    ...(endPort === undefined ? {} : { endPort }),
  };
}

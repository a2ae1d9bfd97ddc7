/**
 * AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy: what administrators decide about connections of pods,
 * before or after the NetworkPolicies of namespaces.
 *
 * - The tier Admin goes first: its policies by priority, lower ones first, the rules of each from the top; the first that
 *   matches decides. Then NetworkPolicies decide about pods that any of them isolates in that direction, and about no
 *   others. Then the tier Baseline, and at last connections pass. Which of several policies with the same priority goes first is
 *   not defined.
 * - An AdminNetworkPolicy is in the tier Admin, a BaselineAdminNetworkPolicy in the tier Baseline, a ClusterNetworkPolicy says
 *   in which. Nothing is isolated by being selected: a direction without rules is not touched, and what no rule matches is left
 *   to what follows. Pass skips the rest of the tier, not only of the policy.
 * - A rule names at least one peer. A peer with no field at all comes from a newer version through an older definition,
 *   and the API wants that to fail closed: a rule that allows then matches nothing, one that denies or passes denies everything. Of a
 *   field that is there and not known here, the network plugin may know more: what such a rule means stays open.
 * - The peer `networks` means pods with such addresses, too. `*` in a domain name stands for one label or more, and only
 *   rules that allow have domain names.
 * - Pods on the network of their node are neither subjects nor such peers.
 *
 * Not read: status, and the names of rules.
 *
 * @see https://network-policy-api.sigs.k8s.io/reference/spec/
 * @see https://github.com/kubernetes-sigs/network-policy-api/blob/v0.1.8/apis/v1alpha1/adminnetworkpolicy_types.go
 * @see https://github.com/kubernetes-sigs/network-policy-api/blob/v0.2.0/apis/v1alpha2/clusternetworkpolicy_types.go
 */
import * as z from 'zod';
import type { NetworkClause, NetworkPlace, NetworkRule } from '../../crds/rules/network.ts';
import type { Scope } from '../../crds/scope.ts';
import { AdminPeer, AdminPort, AdminProtocol, AdminSubject, type SubjectSelectors } from './admin-network-fields.ts';
import { defineAdapter, type Draft, type Fault, faultsOf, jsonPointer } from './define.ts';
import { absent, selectsAll } from './fields.ts';
import { type Clauses, type Path, readClauses, readEach, unreadClauses } from './network-clauses.ts';
import { pointersOf } from './fault-pointers.ts';
import { unknownFields } from './unknown-fields.ts';
import { networkDraft } from './network-draft.ts';

type Direction = NetworkRule['direction'];

/** As many rules, peers and ports an API server stores in one list. */
const listMax = 100;

const directions = ['Ingress', 'Egress'] as const;
const Rules = z.array(z.unknown());
const Priority = z.int().min(0).max(1_000);
const Tier = z.enum(['Admin', 'Baseline']);

/** The parts are read one by one, so that one of them that is not understood does not hide the others. */
const Spec = z.looseObject({ ingress: absent(Rules), egress: absent(Rules) });
type Spec = z.infer<typeof Spec>;

export const adminNetworkPolicy = defineAdapter({
  id: 'adminnetworkpolicy',
  resources: ['adminnetworkpolicies', 'baselineadminnetworkpolicies', 'clusternetworkpolicies'].map((plural) => ({
    group: 'policy.networking.k8s.io',
    plural,
  })),
  fields: { spec: absent(Spec) },
  constraints({ kind, spec = Spec.parse({}) }) {
    const head = readHead(spec, kind);
    const faults: Fault[] = [...head.faults];
    const drafts: Draft[] = [];
    for (const direction of directions) {
      const field = direction === 'Ingress' ? 'ingress' : 'egress';
      const rules = spec[field] ?? [];
      // A field that is not known may say something of a direction without rules, too.
      if (rules.length === 0 && !head.mayAct) continue;
      const read = readClauses(rules, ['spec', field], (rule, path) => readRule(rule, direction, path), listMax);
      faults.push(...read.faults);
      const { place, scope } = head;
      const clauses = [...head.clauses, ...read.clauses];
      const rule: NetworkRule = { form: 'network', direction, clauses, otherwise: 'next', place };
      drafts.push(networkDraft({ key: direction, rule, scope }));
    }
    return { drafts, faults };
  },
});

/** What holds for all rules of a policy. */
interface Head extends Clauses {
  readonly place: NetworkPlace;
  readonly scope: Scope;
  /** Whether there are fields that nobody here knows. */
  readonly mayAct: boolean;
}

function readHead(spec: Spec, kind: string): Head {
  const subject = AdminSubject.safeParse(spec['subject']);
  const subjectFaults = subject.success ? [] : faultsOf(subject.error, ['spec', 'subject']);
  const place = readPlace(spec, kind);
  const unknown = unknownFields(spec, place.fields, ['spec']);
  const faults = [...subjectFaults, ...place.faults, ...unknown];
  return {
    place: place.place,
    scope: scopeOf(subject.data ?? {}, pointersOf(subjectFaults)),
    mayAct: unknown.length > 0 && subject.success,
    clauses: unreadClauses(['spec'], faults),
    faults,
  };
}

function scopeOf({ namespaceSelector = {}, podSelector = {} }: SubjectSelectors, unread: string[]): Scope {
  return {
    namespaces: selectsAll(namespaceSelector) ? {} : { selector: namespaceSelector },
    workloads: { ...(selectsAll(podSelector) ? {} : { selector: podSelector }), hostNetwork: false },
    ...(unread.length === 0 ? {} : { unread }),
  };
}

const commonFields = ['subject', 'ingress', 'egress'];

/** The place of a policy by its kind, and the fields that the kind has. */
function readPlace(
  spec: Spec,
  kind: string,
): { readonly place: NetworkPlace; readonly fields: ReadonlySet<string>; readonly faults: readonly Fault[] } {
  const engine = 'kubernetes' as const;
  if (kind === 'BaselineAdminNetworkPolicy') {
    return { place: { engine, tier: 'Baseline' }, fields: new Set(commonFields), faults: [] };
  }
  const priority = Priority.safeParse(spec['priority']);
  const order = priority.success ? { order: priority.data } : {};
  const faults = priority.success ? [] : faultsOf(priority.error, ['spec', 'priority']);
  const fields = new Set([...commonFields, 'priority']);
  if (kind === 'AdminNetworkPolicy') return { place: { engine, tier: 'Admin', ...order }, fields, faults };
  const tier = Tier.safeParse(spec['tier']);
  return {
    place: { engine, tier: tier.data ?? 'Admin', ...order },
    fields: fields.add('tier'),
    faults: [...(tier.success ? [] : faultsOf(tier.error, ['spec', 'tier'])), ...faults],
  };
}

const Action = z.enum(['Allow', 'Accept', 'Deny', 'Pass']);
type Action = z.infer<typeof Action>;

const actions: Readonly<Record<Action, NetworkClause['action']>> = {
  Allow: undefined,
  Accept: undefined,
  Deny: 'deny',
  Pass: 'pass',
};

const Peers = z.array(z.unknown(), { error: 'Must name at least one peer' }).min(1).max(listMax);
const Ports = absent(z.array(z.unknown()).min(1).max(listMax));
const rest = { name: absent(z.unknown()), action: Action, ports: Ports, protocols: Ports };
const Rule = {
  Ingress: z.strictObject({ ...rest, from: Peers }).transform(({ from, ...rule }) => ({ ...rule, peers: from })),
  Egress: z.strictObject({ ...rest, to: Peers }).transform(({ to, ...rule }) => ({ ...rule, peers: to })),
};

/** What is not understood of a rule may change all of it, since the first rule that matches decides. */
function readRule(value: unknown, direction: Direction, path: Path): Clauses {
  const rule = Rule[direction].safeParse(value);
  if (!rule.success) {
    const faults = faultsOf(rule.error, path);
    return { clauses: unreadClauses(path, faults), faults };
  }
  const action = actions[rule.data.action];
  const peersPath = [...path, direction === 'Ingress' ? 'from' : 'to'];
  const peers = readEach(rule.data.peers, AdminPeer[direction], peersPath);
  const closed = peers.items.findIndex((parts) => parts.length === 0);
  const ports = readPorts(rule.data, path);
  const unread = [...peers.faults, ...ports.faults, ...domainNameFaults(rule.data, peersPath)];
  if (unread.length > 0) return { clauses: unreadClauses(path, unread, action), faults: unread };
  if (closed >= 0) return failClosed(action, path, [...peersPath, closed]);
  const clause: NetworkClause = {
    path: jsonPointer(path),
    ...(action === undefined ? {} : { action }),
    peers: peers.items.flat(),
    ...(ports.items === undefined ? {} : { ports: ports.items }),
  };
  return { clauses: [clause], faults: [] };
}

function failClosed(action: NetworkClause['action'], path: Path, peer: Path): Clauses {
  const clause: NetworkClause =
    action === undefined ? { path: jsonPointer(path), peers: [] } : { path: jsonPointer(path), action: 'deny' };
  const becomes = action === undefined ? 'matches nothing' : 'denies everything';
  return { clauses: [clause], faults: [{ path: peer, message: `Must have a field; without one the rule ${becomes}` }] };
}

function readPorts(
  { ports, protocols }: { ports?: unknown[] | undefined; protocols?: unknown[] | undefined },
  path: Path,
) {
  if (ports === undefined && protocols === undefined) return { items: undefined, faults: [] };
  const byPort = readEach(ports ?? [], AdminPort, [...path, 'ports']);
  const byProtocol = readEach(protocols ?? [], AdminProtocol, [...path, 'protocols']);
  return { items: [...byPort.items, ...byProtocol.items], faults: [...byPort.faults, ...byProtocol.faults] };
}

const WithDomainNames = z.object({ domainNames: z.array(z.unknown()) });

/** The API refuses them in rules that do not allow; what a network plugin does with them anyway differs. */
function domainNameFaults({ action, peers }: { action: Action; peers: readonly unknown[] }, path: Path): Fault[] {
  if (actions[action] === undefined) return [];
  const index = peers.findIndex((peer) => WithDomainNames.safeParse(peer).success);
  return index < 0 ? [] : [{ path: [...path, index, 'domainNames'], message: 'Must be in a rule that allows' }];
}

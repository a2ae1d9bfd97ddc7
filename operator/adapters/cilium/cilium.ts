/**
 * CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: `spec` and every item of `specs` is a rule of its own, with a subject
 * and what it lets through or denies in each direction.
 *
 * - A direction with items, of either kind, is isolated: what no rule of the tier lets through is dropped. So one denial
 *   cuts everything else, and `ingress: [{}]` lets nothing in. enableDefaultDeny turns that off; a rule then only adds. An
 *   empty list isolates nothing.
 * - A denial goes before whatever any CiliumNetworkPolicy, clusterwide one or NetworkPolicy lets through. All of them stand in
 *   one tier and have no order among themselves.
 * - Cilium takes an object as a whole or not at all: one rule that is not valid, and nothing of it is enforced. That is a
 *   problem and no constraint; so is the condition Valid=False, by which Cilium says the same.
 * - enableDefaultDeny for a direction without items is documented to isolate it and has no effect in the source; and what
 *   rules for requests drop where nothing is isolated is told in two ways, too. Both are `otherwise: unknown`.
 *
 * Not read: labels and log, which decide nothing. Not known here: the enforcement mode and the options of the agents (audit
 * mode, host firewall, selectors on nodes, matching of nodes and pods by address). CiliumCIDRGroup, CiliumLocalRedirectPolicy
 * and CiliumEgressGatewayPolicy say where addresses lead, and let nothing through.
 *
 * @see https://docs.cilium.io/en/v1.20/security/policy/
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/api/rule_validation.go
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/utils/parserules.go
 */
import * as z from 'zod';
import type { NetworkClause, NetworkRule } from '../../../crds/rules/network.ts';
import { type Draft, type Fault, type Imposed, defineAdapter, faultsOf, restUnread } from '../define.ts';
import { absent } from '../fields.ts';
import { networkDraft } from '../network-draft.ts';
import { sentence } from '../text.ts';
import { type Budget, budgetMax, type ItemContext, readItems, refusal, unreadClause } from './items.ts';
import { readSelector } from './selector.ts';
import { unknownFields } from '../unknown-fields.ts';
import { endpointSubject, nodeSubject, type Subject, unreadSubject } from './subject.ts';

type Path = readonly PropertyKey[];

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  message: z.string().catch(''),
});
const conditionsMax = 20;
const Status = z
  .object({ conditions: z.array(z.unknown()).catch([]) })
  .catch({ conditions: [] })
  .transform(({ conditions }) =>
    conditions.slice(0, conditionsMax).flatMap((one) => Condition.safeParse(one).data ?? []),
  );

export const cilium = defineAdapter({
  id: 'cilium',
  resources: [
    { group: 'cilium.io', plural: 'ciliumclusterwidenetworkpolicies' },
    { group: 'cilium.io', plural: 'ciliumnetworkpolicies' },
  ],
  fields: {
    spec: z.unknown().optional(),
    specs: absent(z.array(z.unknown())),
    status: Status.optional(),
  },
  constraints({ kind, metadata, spec, specs = [], status }) {
    const isClusterwide = kind === 'CiliumClusterwideNetworkPolicy';
    if (!isClusterwide && metadata.namespace === undefined) {
      return { drafts: [], faults: [{ path: ['metadata', 'namespace'], message: 'Must be there' }] };
    }
    const refusedBy = status?.find((one) => one.type === 'Valid' && one.status === 'False');
    if (refusedBy !== undefined) {
      const message = refusal(`Cilium says that it is not valid (${sentence(refusedBy.message, 150)})`);
      return { drafts: [], faults: [{ path: ['status', 'conditions'], message }] };
    }
    return readRules(spec ?? undefined, specs, isClusterwide ? undefined : metadata.namespace);
  },
});

/** Far more than people or programs write. */
const specsMax = 200;

function readRules(spec: unknown, specs: readonly unknown[], home: string | undefined): Imposed {
  const rules = [
    ...(spec === undefined ? [] : [{ rule: spec, path: ['spec'] }]),
    ...specs.slice(0, specsMax).map((rule, index) => ({ rule, path: ['specs', index] })),
  ];
  if (rules.length === 0) return { drafts: [], faults: [{ path: [], message: refusal('Must have spec or specs') }] };
  const drafts: Draft[] = [];
  const faults: Fault[] = specs.length > specsMax ? [restUnread(['specs'], specsMax)] : [];
  const refused: Fault[] = [];
  const budget = { left: budgetMax };
  for (const { rule, path } of rules) {
    const read = readRule(rule, path, home, budget);
    drafts.push(...read.drafts);
    faults.push(...read.faults);
    refused.push(...read.refused);
  }
  return { drafts: refused.length > 0 ? [] : drafts, faults: [...refused, ...faults] };
}

interface ReadRule {
  readonly drafts: readonly Draft[];
  readonly faults: readonly Fault[];
  readonly refused: readonly Fault[];
}

const DefaultDeny = z.strictObject({ ingress: absent(z.boolean()), egress: absent(z.boolean()) });
const List = z.array(z.unknown());

const directions = [
  { direction: 'Ingress', field: 'ingress', allow: 'ingress', deny: 'ingressDeny' },
  { direction: 'Egress', field: 'egress', allow: 'egress', deny: 'egressDeny' },
] as const;
const known: ReadonlySet<string> = new Set([
  ...directions.flatMap(({ allow, deny }) => [allow, deny]),
  'description',
  'enableDefaultDeny',
  'endpointSelector',
  'labels',
  'log',
  'nodeSelector',
]);

function readRule(value: unknown, path: Path, home: string | undefined, budget: Budget): ReadRule {
  const rule = z.record(z.string(), z.unknown()).safeParse(value).data;
  if (rule === undefined) return { drafts: [], faults: [{ path, message: 'Must be an object' }], refused: [] };
  const unknown = unknownFields(rule, known, path).slice(0, unknownMax);
  const subject = readSubject(rule, path, home);
  const defaultDeny = absent(DefaultDeny).safeParse(rule['enableDefaultDeny']);
  const faults = [...unknown, ...subject.faults];
  if (!defaultDeny.success) faults.push(...faultsOf(defaultDeny.error, [...path, 'enableDefaultDeny']));
  const refused = [...subject.refused];
  const isHost = (rule['nodeSelector'] ?? undefined) !== undefined;
  const drafts: Draft[] = [];
  let isEmpty = unknown.length === 0;
  for (const { direction, field, allow, deny } of directions) {
    const context = { home, isInit: subject.isInit, isHost, direction, budget };
    const denied = readList(rule[deny], [...path, deny], { ...context, denies: true });
    const allowed = readList(rule[allow], [...path, allow], { ...context, denies: false });
    faults.push(...denied.faults, ...allowed.faults);
    refused.push(...denied.refused, ...allowed.refused);
    isEmpty &&= denied.isEmpty && allowed.isEmpty;
    const asked = defaultDeny.data?.[field];
    // A field that is not known may be about this direction, too.
    const isSilent = denied.isEmpty && allowed.isEmpty && asked !== true && unknown.length === 0;
    if (isSilent) continue;
    const clauses = [
      ...(unknown.length === 0 ? [] : [unreadClause(path, unknown, true)]),
      ...denied.clauses,
      ...allowed.clauses,
    ];
    const isDecided = defaultDeny.success && !(denied.isEmpty && allowed.isEmpty);
    const otherwise = isDecided ? otherwiseOf(asked ?? true, clauses) : 'unknown';
    drafts.push(draftOf(ruleOf(direction, clauses, otherwise, isHost), subject, path, home, rule['description']));
  }
  if (isEmpty) {
    const message = refusal('Must have items in ingress, ingressDeny, egress or egressDeny');
    refused.push({ path, message });
  }
  return { drafts, faults, refused };
}

const unknownMax = 20;

interface ReadSubject extends Subject {
  readonly refused: readonly Fault[];
}

function readSubject(rule: Readonly<Record<string, unknown>>, path: Path, home: string | undefined): ReadSubject {
  const endpoints = rule['endpointSelector'] ?? undefined;
  const nodes = rule['nodeSelector'] ?? undefined;
  const everybody = { scope: unreadSubject(path, home, false), faults: [], isInit: false };
  if ((endpoints === undefined) === (nodes === undefined)) {
    const message = refusal('Must have one of endpointSelector and nodeSelector');
    return { ...everybody, refused: [{ path, message }] };
  }
  const field = nodes === undefined ? 'endpointSelector' : 'nodeSelector';
  const at = [...path, field];
  if (nodes !== undefined && home !== undefined) {
    const message = refusal('Must not be there: only a CiliumClusterwideNetworkPolicy has one');
    return { ...everybody, refused: [{ path: at, message }] };
  }
  const { selector, faults } = readSelector(rule[field], at);
  if (selector === undefined) {
    return { scope: unreadSubject(at, home, nodes !== undefined), faults, isInit: false, refused: [] };
  }
  const subject = nodes === undefined ? endpointSubject(selector, at, home) : nodeSubject(selector, at);
  return { ...subject, refused: [] };
}

function readList(value: unknown, path: Path, context: ItemContext) {
  const list = absent(List).safeParse(value);
  if (list.success) return { ...readItems(list.data ?? [], path, context), isEmpty: (list.data ?? []).length === 0 };
  const faults = faultsOf(list.error, path);
  return { clauses: [unreadClause(path, faults, context.denies)], faults, refused: [], isEmpty: false };
}

/** What becomes of connections that nothing of the tier decides. */
function otherwiseOf(isDefaultDeny: boolean, clauses: readonly NetworkClause[]): NetworkRule['otherwise'] {
  if (isDefaultDeny) return 'deny';
  return clauses.some(({ conditions }) => conditions?.some(({ kind }) => kind !== 'authentication'))
    ? 'unknown'
    : 'next';
}

function ruleOf(
  direction: NetworkRule['direction'],
  clauses: NetworkClause[],
  otherwise: NetworkRule['otherwise'],
  isHost: boolean,
): NetworkRule {
  return {
    form: 'network',
    direction,
    clauses,
    otherwise,
    place: { engine: 'cilium', tier: 'Normal', tierOrder: 200, order: 0 },
    ...(isHost ? { hook: 'host' } : {}),
  };
}

function draftOf(
  rule: NetworkRule,
  subject: Subject,
  path: Path,
  home: string | undefined,
  description: unknown,
): Draft {
  const { scope, whom } = subject;
  const draft = networkDraft({ key: `${path.join('/')}/${rule.direction}`, rule, scope, home, whom });
  const said = z.string().min(1).safeParse(description).data;
  const notes = [
    draft.message,
    ...(rule.clauses.some(namesAddresses) ? ['addresses and names mean what is outside the cluster'] : []),
    ...(said === undefined ? [] : [`it is described as "${sentence(said, descriptionLengthMax)}"`]),
  ];
  return { ...draft, message: notes.join('; ') };
}

/** Of which a reader may think that they mean pods and nodes, too: to Cilium these have no address. */
function namesAddresses({ peers = [] }: NetworkClause): boolean {
  return peers.some(({ ipBlock, ipSets, domainNames }) => (ipBlock ?? ipSets ?? domainNames) !== undefined);
}

const descriptionLengthMax = 200;

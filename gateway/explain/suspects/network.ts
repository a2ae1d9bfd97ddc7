/**
 * Which constraints dropped a connection, or may have: those that the text names, else what the rules of all policies that bind
 * the pod come to for this connection.
 */
import { shown } from '../../words.ts';
import type { StoredWorkload } from '../../../crds/detail.ts';
import type { NetworkRule } from '../../../crds/rules/network.ts';
import type { Scope } from '../../../crds/scope.ts';
import { allOf, holdsExpression } from '../../../kube/label-expression.ts';
import type { Candidate } from '../candidates.ts';
import { type About, noSuspects, type Suspect, type Suspects } from '../finding.ts';
import { workloadOf } from '../named-objects.ts';
import { type Connection, type Direction, type End, isPrivate, serviceOf } from './connection.ts';
import { obeys } from './enforcers.ts';
import { type Answer, type Passage, selectsPods, type Side } from './network-match.ts';
import { type BoundRule, type Decider, judge, type Judgement } from './network-verdict.ts';

/** A policy that a text names. */
export interface NamedPolicy {
  /** Any of these; the likeliest first. */
  readonly kinds: readonly string[];
  readonly name: string;
  /** Another form of the name: Calico puts the tier before it. */
  readonly alias?: string | undefined;
  readonly namespace?: string | undefined;
  readonly rule?: string | undefined;
}

export interface NetworkCase {
  readonly connection: Connection;
  readonly named?: NamedPolicy | undefined;
  /** drop: no answer came. reject: one came, which those that drop never give. */
  readonly mayBe: 'drop' | 'reject';
  /** Who says that it dropped it; absent where only the connection tells. */
  readonly engine?: string | undefined;
  /** What it says of rules: none let it through, or one denies it. */
  readonly matched?: 'none' | 'denial' | undefined;
}

const directions = ['Egress', 'Ingress'] as const;
/** Full forms that are read for one answer. */
const formsMax = 300;

/** What dropped the connection: certain where a text names it or where by all rules together nothing else can be. */
export function networkSuspects(network: NetworkCase, candidates: readonly Candidate[], about: About): Suspects {
  const { named, connection, mayBe, engine } = network;
  if (named !== undefined) return { certain: namedSuspects(named, connection, candidates, about), possible: [] };
  const inForce = candidates.filter(
    ({ type, kind }) => (type === 'NetworkEgress' || type === 'NetworkIngress') && obeys(engine, kind),
  );
  // Cilium drops, and never answers, unless it is told to.
  if (mayBe === 'reject' && inForce.some(({ kind }) => kind.startsWith('Cilium'))) return noSuspects;
  const sides = directions.filter((direction) => mayStandAt(direction, connection, about));
  const judged = sides.map((direction) => {
    const own = inForce.filter(({ type }) => type === `Network${direction}`);
    return suspectsAt(direction, network, own, about);
  });
  const certain = judged.flatMap((each) => each.certain);
  const ranked = judged.flatMap((each) => each.possible).toSorted((a, b) => b.weight - a.weight);
  const possible = ranked.map(({ suspect }) => suspect);
  // Whether this engine answers or drops is not known, and where both sides may have dropped it one of them is enough.
  const isSure = mayBe === 'drop' && (connection.direction !== undefined || sides.length === 1);
  return isSure ? { certain, possible } : { certain: [], possible: [...certain, ...possible] };
}

function namedSuspects(
  named: NamedPolicy,
  { direction }: Connection,
  candidates: readonly Candidate[],
  about: About,
): Suspect[] {
  const { kinds, name, alias, namespace, rule } = named;
  const found = candidates.filter((candidate) => {
    if (!kinds.includes(candidate.kind) || (candidate.name !== name && candidate.name !== alias)) return false;
    if (namespace === undefined) return true;
    const home = candidate.binding.own ? about.namespace : candidate.home;
    return home === namespace || (home === undefined && candidate.kind.includes('Clusterwide'));
  });
  const sameWay = found.filter(({ type }) => direction === undefined || type === `Network${direction}`);
  const chosen = sameWay.length > 0 ? sameWay : found;
  const reason = `The text names it${rule === undefined ? '' : `, and its rule ${shown(rule, 80)}`}`;
  return chosen.map((candidate) => ({ candidate, reason }));
}

/** Whether a pod of this namespace may be at the end whose rules these are. */
function mayStandAt(
  direction: Direction,
  { direction: told, from, to, ...rest }: Connection,
  { namespace }: About,
): boolean {
  if (told !== undefined && told !== direction) return false;
  if (direction === 'Ingress' && isDns({ to, ...rest })) return dnsNamespaces.has(namespace);
  const end = direction === 'Egress' ? from : to;
  const place = end.namespace ?? serviceOf(end.host ?? '')?.namespace;
  if (place !== undefined) return place === namespace;
  if (end.entity !== undefined && end.entity !== 'cluster' && end.entity !== 'unmanaged') return false;
  return direction === 'Egress' || (!isOutside(end) && !isElsewhere(end, namespace));
}

/** Whether the name is that of a Service of another namespace, or of no Service at all. */
function isElsewhere({ host }: End, namespace: string): boolean {
  const [first = '', second, ...more] = host?.split('.') ?? [];
  const told = host === undefined ? undefined : serviceOf(host)?.namespace;
  if (told !== undefined) return told !== namespace;
  // `db-0.db` is a pod of a StatefulSet, of any namespace.
  return second !== undefined && more.length === 0 && second !== namespace && !/[0-9]$/.test(first);
}

/** Where clouds tell a machine about itself: behind the node, whatever the plugin. */
const metadataServers: ReadonlySet<string> = new Set(['169.254.169.254', 'fd00:ec2::254', '100.100.100.200']);

/** Whether no pod of the cluster can be there: a public address, or a name that none of its Services has. */
function isOutside({ address, host, entity, name }: End): boolean {
  if (name !== undefined) return false;
  if (entity !== undefined) return entity.startsWith('world');
  if (address !== undefined) return !isPrivate(address) || metadataServers.has(address);
  return host !== undefined && host.includes('.') && serviceOf(host) === undefined && host.split('.').length > 2;
}

interface Weighed {
  readonly suspect: Suspect;
  readonly how: Decider<Candidate>['how'];
  readonly weight: number;
}

interface Held {
  readonly certain: readonly Suspect[];
  readonly possible: readonly Weighed[];
}

/** Holds all rules of one direction against the connection. */
function suspectsAt(
  direction: Direction,
  { connection, engine, matched }: NetworkCase,
  candidates: readonly Candidate[],
  about: About,
): Held {
  const passage = passageOf(direction, connection, about);
  const workload = subjectWorkload(direction, connection, about);
  const rules: BoundRule<Candidate>[] = [];
  const hidden: Candidate[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const full = index < formsMax ? candidate.full : undefined;
    if (full === undefined) {
      if (isRefusing(candidate)) hidden.push(candidate);
      continue;
    }
    const { rule, scope, source } = full;
    if (rule.form !== 'network' || rule.direction !== direction || !obeys(engine, candidate.kind, rule.place)) continue;
    const binds = bindsSubject(scope, passage.subject, workload);
    if (binds === false) continue;
    const name = `${source.name}/${source.namespace ?? ''}/${source.kind}`;
    rules.push({ of: candidate, name, rule: matched === 'none' ? withoutDenials(rule) : rule, binds });
  }
  const judgement = judge(rules, passage);
  // What is not shown may let through what another one drops, or the other way round.
  const hides = candidates.some((candidate, index) => index >= formsMax || candidate.full === undefined);
  const asGuessed = passage.portIsFinal ? judgement : judge(rules, { ...passage, portIsFinal: true });
  const asked = workloadOf(about);
  const isAsked = ({ full }: Candidate) =>
    asked !== undefined && full !== undefined && bindsSubject(full.scope, { ...asked, is: 'pod' }, asked) === true;
  const told = suspectsOf(judgement, asGuessed, direction).filter(
    ({ how }) => matched !== 'denial' || how === 'denies',
  );
  return {
    certain: judgement.verdict === 'deny' && !hides ? told.map(({ suspect }) => suspect) : [],
    possible: [
      // Of what comes into question equally, what binds the workload that was asked about.
      ...(judgement.verdict === 'deny' && !hides
        ? []
        : told.map((each) => ({ ...each, weight: each.weight + (isAsked(each.suspect.candidate) ? 0.5 : 0) }))),
      ...hidden.map((candidate) => ({
        suspect: { candidate, reason: hiddenReason(direction) },
        how: 'isolates' as const,
        weight: 0,
      })),
    ],
  };
}

/** Where the engine says that no rule matched, none that denies has. */
function withoutDenials(rule: NetworkRule): NetworkRule {
  return { ...rule, clauses: rule.clauses.filter(({ action }) => action !== 'deny') };
}

function isRefusing({ effect }: Candidate): boolean {
  return effect === 'deny' || effect === 'restrict' || effect === 'limit' || effect === 'unknown';
}

function hiddenReason(direction: Direction): string {
  return `It limits ${wayOf(direction)} connections; what it lets through is not shown at this level`;
}

function wayOf(direction: Direction): string {
  return direction === 'Egress' ? 'outgoing' : 'incoming';
}

/** Once each: a policy with several rules that may have done it is named for the gravest. */
function suspectsOf(
  { verdict, deciders }: Judgement<Candidate>,
  asGuessed: Judgement<Candidate>,
  direction: Direction,
): Weighed[] {
  const best = new Map<Candidate, Weighed>();
  for (const decider of deciders) {
    const weight = weightOf(decider, verdict, asGuessed);
    const known = best.get(decider.of);
    if (known !== undefined && known.weight >= weight) continue;
    const suspect = { candidate: decider.of, reason: reasonOf(decider, direction) };
    best.set(decider.of, { suspect, how: decider.how, weight });
  }
  return [...best.values()].toSorted((a, b) => b.weight - a.weight);
}

function weightOf(
  { how, mayAllow }: Decider<Candidate>,
  verdict: Judgement<Candidate>['verdict'],
  asGuessed: Judgement<Candidate>,
): number {
  if (verdict === 'deny') return how === 'denies' ? 6 : 5;
  if (asGuessed.verdict === 'deny') return 4;
  if (asGuessed.verdict === 'allow') return 1;
  return mayAllow ? 2 : 3;
}

function reasonOf({ how, path, mayAllow }: Decider<Candidate>, direction: Direction): string {
  const connections = `${wayOf(direction)} connections`;
  if (how === 'denies') return `It refuses such ${connections} (${shown(path ?? '', 120)})`;
  return mayAllow
    ? `It isolates the pod for ${connections}, and whether it lets this one through depends on what the text does not say`
    : `It isolates the pod for ${connections}, and no rule of it lets this one through`;
}

/** Whether the scope takes in the pod. That it binds the namespace is known: else it would be no candidate. */
function bindsSubject(
  { workloads, unread = [] }: Scope,
  { labels, serviceAccount }: Side,
  workload: StoredWorkload | undefined,
): Answer {
  if (workloads === undefined) return false;
  const { selector = {}, expression, serviceAccounts, hostNetwork, nodes } = workloads;
  if (nodes !== undefined)
    return workload?.hostNetwork === true ? undefined : workload === undefined ? undefined : false;
  if (hostNetwork === false && workload?.hostNetwork === true) return false;
  const answer = allOf([
    selectsPods(selector, labels),
    expression === undefined ? true : labels === undefined ? undefined : holdsExpression(expression, { own: labels }),
    serviceAccounts === undefined
      ? true
      : serviceAccount === undefined
        ? undefined
        : serviceAccounts.includes(serviceAccount),
  ]);
  return answer === true && unread.length > 0 ? undefined : answer;
}

/** The workload whose rules these are, where it is known. */
function subjectWorkload(direction: Direction, connection: Connection, about: About): StoredWorkload | undefined {
  const { from, to } = connection;
  const end = direction === 'Egress' ? from : to;
  const named = end.name === undefined ? undefined : ownerOf(end.name, about.workloads);
  if (named !== undefined || end.name !== undefined) return named;
  const asked = workloadOf(about);
  if (asked === undefined) return undefined;
  // Whose name is that of the Service that was called is called, and does not call.
  const isCalled = to.host !== undefined && (serviceOf(to.host)?.service ?? to.host) === asked.name;
  if (direction === 'Egress') return isCalled || from.address !== undefined ? undefined : asked;
  return isCalled || connection.direction === 'Ingress' ? asked : undefined;
}

/** The one that made a pod with this name: `web-5c7d9f6b8-abcde` is of `web`. */
function ownerOf(pod: string, workloads: About['workloads'] = []): StoredWorkload | undefined {
  return workloads
    .filter(({ name }) => pod === name || pod.startsWith(`${name}-`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

function passageOf(direction: Direction, connection: Connection, about: About): Passage {
  const from = sideOf(
    connection.from,
    connection,
    direction === 'Egress' ? { about, workload: subjectWorkload(direction, connection, about) } : undefined,
  );
  const to = sideOf(
    connection.to,
    connection,
    direction === 'Ingress' ? { about, workload: subjectWorkload(direction, connection, about) } : undefined,
  );
  const { protocol, port, portIsFinal } = connection;
  const [subject, other] = direction === 'Egress' ? [from, to] : [to, from];
  return { subject, other, target: to, protocol, port, portIsFinal: portIsFinal || isOutside(connection.to) };
}

const dnsLabels = { 'k8s-app': 'kube-dns' };
/** Where the pods run that resolve names for a cluster: of kubeadm and most clouds, of OpenShift. */
const dnsNamespaces: ReadonlySet<string> = new Set(['kube-system', 'openshift-dns']);

/** Whether it is a question for the DNS of the cluster, whose pods the text does not name. */
export function isDns({ to, port, portIsFinal }: Pick<Connection, 'to' | 'port' | 'portIsFinal'>): boolean {
  return port === 53 && !portIsFinal && to.namespace === undefined;
}

/** @param own Of the side whose rules these are: a pod of the namespace that was asked about. */
function sideOf(
  end: End,
  connection: Connection,
  own?: { readonly about: About; readonly workload: StoredWorkload | undefined },
): Side {
  const { namespace, labels, address, host, entity } = end;
  const base = { address, host, entity, addressIsFinal: connection.portIsFinal };
  if (own !== undefined) {
    const { workload, about } = own;
    return {
      ...base,
      is: 'pod',
      namespace: about.namespace,
      labels: labels ?? workload?.labels,
      serviceAccount: workload?.serviceAccount,
      ports: workload?.ports,
    };
  }
  if (end === connection.to && isDns(connection)) {
    return { ...base, is: 'pod', namespace: 'kube-system', labels: dnsLabels, assumed: true };
  }
  const service = host === undefined ? undefined : serviceOf(host);
  if (end.name !== undefined || service !== undefined) {
    return { ...base, is: 'pod', namespace: namespace ?? service?.namespace, labels };
  }
  if (isOutside(end)) return { ...base, is: 'outside' };
  return { ...base, is: undefined };
}

/**
 * What constraints of the form `network` come to for one side of a connection, read slowly from scope and rule alone, for the
 * engines whose policies have a place: it never sees a policy. Undefined where the constraints leave it open.
 */
import { BlockList, isIPv6 } from 'node:net';
import { compareText, type Constraint } from '../../crds/constraint.ts';
import type { LabelExpression } from '../../crds/label-expression.ts';
import type {
  IpSet,
  NetworkClause,
  NetworkPeer,
  NetworkPods,
  NetworkPort,
  NetworkRule,
} from '../../crds/rules/network.ts';
import type { NamespaceFilter, Scope } from '../../crds/scope.ts';
import { holdsExpression } from '../../kube/label-expression.ts';
import { matchesLabels } from '../../kube/label-selector.ts';

type Labels = Readonly<Record<string, string>>;
type Answer = boolean | undefined;

export interface Namespace {
  readonly name: string;
  /** With that of its name. */
  readonly labels: Labels;
}

/** Who may be at an end of a connection. */
export type End =
  | {
      readonly is: 'pod';
      readonly name: string;
      readonly namespace: Namespace;
      readonly labels: Labels;
      readonly serviceAccount: { readonly name: string; readonly labels: Labels };
      readonly ip: string;
      readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
    }
  | { readonly is: 'outside'; readonly ip: string };
export type PodEnd = Extract<End, { is: 'pod' }>;

/** An object that lists addresses. */
export interface AddressSet {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: Namespace;
  readonly labels: Labels;
  readonly nets: readonly string[];
}

export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly protocol: string;
  readonly port: number;
}

/** Whether an address lies in one of the networks. */
export function liesInAny(ip: string, cidrs: readonly string[]): boolean {
  return cidrs.some((cidr) => {
    const [net = '', bits = '32'] = cidr.split('/');
    const list = new BlockList();
    list.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4');
    return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
  });
}

/** Whether `subject`, which is at its end, is let through; undefined where that is left open. */
export function formVerdict(
  direction: NetworkRule['direction'],
  connection: Connection,
  constraints: readonly Constraint[],
  sets: readonly AddressSet[],
): Answer {
  const [subject, other] =
    direction === 'Ingress' ? [connection.to, connection.from] : [connection.from, connection.to];
  if (subject.is !== 'pod') return true;
  const about = { direction, subject, other, connection, sets };
  const bound = constraints.flatMap(({ rule, scope, source }) => {
    if (rule.form !== 'network' || rule.direction !== direction || rule.staged === true) return [];
    const binds = bindsPod(scope, subject);
    return binds === false ? [] : [{ rule, source, binds }];
  });
  if (bound.some(({ binds }) => binds === undefined)) return undefined;
  const rules = bound
    .toSorted((a, b) => byPlace(a.rule, b.rule) || compareText(nameOf(a.source), nameOf(b.source)))
    .map(({ rule }) => rule);
  const tiers = [...new Set(rules.map(({ place }) => place?.tier))];
  for (const tier of tiers) {
    const inTier = rules.filter(({ place }) => place?.tier === tier);
    const isCilium = inTier.some(({ place }) => place?.engine === 'cilium');
    const clauses = inTier.flatMap((rule) => rule.clauses);
    const isDenial = ({ action }: NetworkClause) => action === 'deny';
    const ordered = isCilium
      ? [...clauses.filter(isDenial), ...clauses.filter((clause) => !isDenial(clause))]
      : clauses;
    const end = decided(ordered, about) ?? endOf(inTier);
    if (end === 'unknown') return undefined;
    if (end !== 'next') return end === 'allow';
  }
  return true;
}

function nameOf({ name, namespace = '', kind }: Constraint['source']): string {
  return `${name}/${namespace}/${kind}`;
}

function byPlace(a: NetworkRule, b: NetworkRule): number {
  const [x, y] = [a.place, b.place];
  return (
    (x?.tierOrder ?? Infinity) - (y?.tierOrder ?? Infinity) ||
    compareText(x?.tier ?? '', y?.tier ?? '') ||
    compareNumbers(x?.order, y?.order)
  );
}

function compareNumbers(a = Infinity, b = Infinity): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

type Decision = 'allow' | 'deny' | 'next' | 'unknown';

/** The first that matches decides; of Cilium, one that may match leaves it open only where a later one decides otherwise. */
function decided(clauses: readonly NetworkClause[], about: About): Decision | undefined {
  for (const [index, clause] of clauses.entries()) {
    if (clause.action === 'log') continue;
    const answer = matches(clause, about);
    if (answer === false) continue;
    const does = clause.action === 'pass' ? 'next' : (clause.action ?? 'allow');
    if (answer === true) return does;
    return decided(clauses.slice(index + 1), about) === does ? does : 'unknown';
  }
  return undefined;
}

function endOf(rules: readonly NetworkRule[]): Decision {
  const ends = rules.map(({ otherwise = 'deny' }) => otherwise);
  if (ends.includes('deny')) return 'deny';
  if (ends.includes('unknown')) return 'unknown';
  return ends.includes('allow') ? 'allow' : 'next';
}

/** Of a pod on a network of its own. */
export function bindsPod({ namespaces, workloads, unread = [] }: Scope, pod: PodEnd): Answer {
  const { anyOf, noneOf = [], ...own } = namespaces;
  const isThere =
    holdsFilter(own, pod.namespace) &&
    (anyOf === undefined || anyOf.some((filter) => holdsFilter(filter, pod.namespace))) &&
    !noneOf.some((filter) => holdsFilter(filter, pod.namespace));
  if (!isThere || workloads === undefined || workloads.nodes !== undefined) return false;
  const { selector = {}, expression, serviceAccounts } = workloads;
  const isMeant =
    matchesLabels(selector, pod.labels) &&
    (serviceAccounts === undefined || serviceAccounts.includes(pod.serviceAccount.name)) &&
    (expression === undefined || holds(expression, pod) === true);
  return isMeant && unread.length > 0 ? undefined : isMeant;
}

function holdsFilter({ names, globs = [], excluded = [], selector = {}, expression }: NamespaceFilter, of: Namespace) {
  if (globs.length > 0) throw new Error('No policy here has patterns');
  return (
    (names === undefined || names.includes(of.name)) &&
    !excluded.includes(of.name) &&
    matchesLabels(selector, of.labels) &&
    (expression === undefined || holdsExpression(expression, { own: of.labels }) === true)
  );
}

function holds(expression: LabelExpression, { labels, namespace, serviceAccount }: PodEnd): Answer {
  return holdsExpression(expression, {
    own: labels,
    namespace: namespace.labels,
    serviceAccount: { ...serviceAccount.labels, 'projectcalico.org/name': serviceAccount.name },
  });
}

interface About {
  readonly direction: NetworkRule['direction'];
  readonly subject: PodEnd;
  readonly other: End;
  readonly connection: Connection;
  readonly sets: readonly AddressSet[];
}

function matches(clause: NetworkClause, about: About): Answer {
  const { peers, ports, notPorts = [], own, ipVersion, conditions = [], unread } = clause;
  if (unread !== undefined) return undefined;
  const { subject, other, connection } = about;
  const isOnPort = ports === undefined || ports.some((port) => isPort(port, connection));
  const isOnOther = notPorts.some((port) => isPort(port, connection));
  const isOwn = own === undefined || isPeer(own, subject, about);
  const isOf = peers === undefined || peers.some((peer) => isPeer(peer, other, about));
  const isVersion = ipVersion === undefined || isIPv6(other.ip) === (ipVersion === 6);
  if (!isOnPort || isOnOther || !isOwn || !isOf || !isVersion) return false;
  return conditions.length > 0 ? undefined : true;
}

function isPort({ protocol, port, endPort }: NetworkPort, { to, ...connection }: Connection): boolean {
  const isProtocol = protocol === connection.protocol || (protocol === 'ANY' && connection.protocol !== 'ICMP');
  if (!isProtocol) return false;
  if (port === undefined) return true;
  if (typeof port === 'number') return connection.port >= port && connection.port <= (endPort ?? port);
  if (to.is !== 'pod') return false;
  return to.ports.some(
    (known) => known.name === port && known.port === connection.port && known.protocol === connection.protocol,
  );
}

const judged = new Set(['pods', 'notPods', 'ipBlock', 'notIpBlocks', 'entities', 'ipSets', 'notIpSets']);

function isPeer(peer: NetworkPeer, end: End, about: About): boolean {
  const { pods, notPods, ipBlock, notIpBlocks = [], entities, ipSets, notIpSets = [] } = peer;
  const beyond = Object.keys(peer).find((part) => !judged.has(part));
  if (beyond !== undefined) throw new Error(`Not judged here: ${beyond}`);
  return (
    (pods === undefined || isOfPods(pods, end)) &&
    (notPods === undefined || !isOfPods(notPods, end)) &&
    (ipBlock === undefined || isAddress(ipBlock, end, about)) &&
    !liesInAny(end.ip, notIpBlocks) &&
    (entities === undefined || entities.some((entity) => isEntity(entity, end))) &&
    (ipSets === undefined || ipSets.some((set) => isInSet(set, end, about))) &&
    !notIpSets.some((set) => isInSet(set, end, about))
  );
}

/** To Cilium, what is a pod has no address. */
function isAddress(block: NonNullable<NetworkPeer['ipBlock']>, end: End, { sets }: About): boolean {
  const isCilium = sets.some(({ kind }) => kind === 'CiliumCIDRGroup');
  return !(isCilium && end.is === 'pod') && liesInAny(end.ip, [block.cidr]) && !liesInAny(end.ip, block.except);
}

function isEntity(entity: string, end: End): boolean {
  if (entity === 'cluster' || entity === 'cluster-mesh') return end.is === 'pod';
  return entity === 'world' && end.is === 'outside';
}

function isOfPods(
  { namespace, namespaceSelector = {}, podSelector, expression, serviceAccounts }: NetworkPods,
  end: End,
) {
  return (
    end.is === 'pod' &&
    (namespace === undefined
      ? matchesLabels(namespaceSelector, end.namespace.labels)
      : namespace === end.namespace.name) &&
    matchesLabels(podSelector, end.labels) &&
    (serviceAccounts === undefined || serviceAccounts.includes(end.serviceAccount.name)) &&
    (expression === undefined || holds(expression, end) === true)
  );
}

function isInSet({ kind, namespace, name, selector = {}, expression, except = [] }: IpSet, end: End, { sets }: About) {
  return sets.some(
    (set) =>
      set.kind === kind &&
      (namespace === undefined || namespace === set.namespace?.name) &&
      (name === undefined || name === set.name) &&
      matchesLabels(selector, set.labels) &&
      (expression === undefined ||
        holdsExpression(expression, { own: set.labels, namespace: set.namespace?.labels ?? {} }) === true) &&
      end.is === 'outside' &&
      liesInAny(end.ip, set.nets) &&
      !liesInAny(end.ip, except),
  );
}

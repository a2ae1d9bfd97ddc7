/**
 * What a rule of the form `network` comes to, whichever engine it is from: its effect and its severity.
 *
 * Critical: nothing passes, or only listed ports do, or ports are denied; most of what breaks on a network breaks there.
 * Warning: only peers or whole protocols are restricted, or a part is not understood. Info: nothing is cut off.
 */
import type { Effect, Severity } from '../../crds/constraint.ts';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../crds/rules/network.ts';

/** A rule without what never matters. */
export interface NetworkCourse {
  /** What decides about some connections, in the order of the rule; all of it is understood. */
  readonly clauses: readonly NetworkClause[];
  /**
   * What becomes of all others: they are refused or let through, this tier has said its last word on them (pass), what
   * follows in this tier and after it decides (next), or it is not known.
   */
  readonly end: 'deny' | 'allow' | 'pass' | 'next' | 'unknown';
  /** Whether a clause of the rule itself makes that end, so that no other policy of its place does better. */
  readonly isFinal: boolean;
  /** JSON pointers of what is not understood and may let more through. */
  readonly mayAllow: readonly string[];
  /** The same of what may refuse more, too. */
  readonly mayDeny: readonly string[];
}

/**
 * Nothing that stands behind the first clause that matches everything has a meaning. Where nothing but openings add up, what
 * stands before it has none either.
 */
export function networkCourse(rule: NetworkRule): NetworkCourse {
  const decisive = rule.clauses.findIndex(decidesEverything);
  const reached = decisive < 0 ? rule.clauses : rule.clauses.slice(0, decisive);
  const unread = reached.filter((clause) => clause.unread !== undefined);
  const clauses = reached.filter((clause) => clause.unread === undefined && !matchesNothing(clause));
  const pointers = (mayRefuse: boolean) =>
    unread.filter((clause) => refusesPerhaps(rule, clause) === mayRefuse).flatMap((clause) => clause.unread ?? []);
  const course = { mayAllow: pointers(false), mayDeny: pointers(true) };
  const last = rule.clauses[decisive];
  if (last === undefined) return { ...course, clauses, end: rule.otherwise ?? 'deny', isFinal: false };
  const end = endingOf(last);
  const needed = clauses.slice(0, clauses.findLastIndex(({ action = 'allow' }) => action !== end) + 1);
  const isOpen = end === 'allow' && course.mayDeny.length === 0 && needed.every(({ action }) => action === undefined);
  return { ...course, ...(isOpen ? { mayAllow: [] } : {}), clauses: needed, end, isFinal: true };
}

function decidesEverything(clause: NetworkClause): boolean {
  return clause.unread === undefined && clause.action !== 'log' && isUnlimited(clause);
}

function endingOf({ action }: NetworkClause): 'deny' | 'allow' | 'pass' {
  return action === 'deny' || action === 'pass' ? action : 'allow';
}

/** Without a place, rules only open. Of Cilium, whose denials stand apart, an allowing one stays one. */
function refusesPerhaps({ place }: NetworkRule, { action }: NetworkClause): boolean {
  return action !== undefined || (place !== undefined && place.engine !== 'cilium');
}

function isUnlimited({ peers, ports, notPorts = [], own, ipVersion, conditions = [] }: NetworkClause): boolean {
  const isForAll = own === undefined && ipVersion === undefined && conditions.length === 0;
  const hasPeers = peers !== undefined && !peers.some(isAnyone);
  return !hasPeers && ports === undefined && notPorts.length === 0 && isForAll;
}

function isAnyone(peer: NetworkPeer): boolean {
  return Object.values(peer).every((part) => part === undefined);
}

/** One list that is empty lets nobody in. */
function matchesNothing({ peers, ports }: NetworkClause): boolean {
  return ports?.length === 0 || peers?.every(isNobody) === true;
}

function isNobody({ entities, domainNames, services, ipSets, identities, ports }: NetworkPeer): boolean {
  return [entities, domainNames, services, ipSets, identities, ports].some((list) => list?.length === 0);
}

/**
 * deny: nothing passes, or all that it does is to refuse; allow: it refuses nothing; restrict: some passes; audit: it only
 * notes; unknown: what matters is not understood.
 */
export function networkEffect(rule: NetworkRule): Effect {
  if (rule.staged) return 'audit';
  const course = networkCourse(rule);
  const { end, mayAllow, mayDeny } = course;
  const actions = new Set(course.clauses.map(({ action = 'allow' }) => action));
  const refuses = end === 'deny' || actions.has('deny');
  const opens = (end === 'allow' && course.isFinal) || actions.has('allow') || actions.has('pass');
  if (refuses && opens) return 'restrict';
  if (refuses) return mayAllow.length > 0 || mayDeny.length > 0 ? unreadEffect(course) : 'deny';
  if (end === 'unknown' || mayDeny.length > 0) return 'unknown';
  return actions.has('log') && actions.size === 1 && end === 'next' ? 'audit' : 'allow';
}

/** A rule that refuses, and of which a part may let something through after all. */
function unreadEffect({ clauses }: NetworkCourse): Effect {
  return clauses.some(({ action }) => action === 'deny') ? 'restrict' : 'unknown';
}

/** By what is cut off: ports or everything is grave, only some peers less so. */
export function networkSeverity(rule: NetworkRule): Severity {
  const effect = networkEffect(rule);
  if (effect === 'audit' || effect === 'allow') return 'Info';
  const { clauses, end, mayAllow, mayDeny } = networkCourse(rule);
  if (effect === 'unknown' || mayAllow.length > 0 || mayDeny.length > 0) return 'Warning';
  if (clauses.some((clause) => clause.action === 'deny' && listsPorts(clause))) return 'Critical';
  const sweeping = clauses.findIndex((clause) => clause.action === 'deny' && isSweeping(clause));
  if (sweeping < 0 && end !== 'deny') return 'Warning';
  const before = sweeping < 0 ? clauses : clauses.slice(0, sweeping);
  const open = before.filter(({ action }) => action === undefined || action === 'pass');
  return open.every(listsPorts) ? 'Critical' : 'Warning';
}

/** A port entry without a number means its whole protocol, and so does the range of all numbers: no port is listed there. */
export function isWholeProtocol({ port, endPort, icmpType }: NetworkPort): boolean {
  if (icmpType !== undefined) return false;
  return port === undefined || (typeof port === 'number' && port <= 1 && endPort === 65_535);
}

function listsPorts({ ports }: NetworkClause): boolean {
  return ports !== undefined && !ports.some(isWholeProtocol);
}

/** Whether everybody of a kind is meant, on any port: engines that want a peer named have no other way to say everyone. */
function isSweeping(clause: NetworkClause): boolean {
  const { peers = [], ...rest } = clause;
  return isUnlimited(rest) && peers.some(isEveryone);
}

const everyone: ReadonlySet<string> = new Set(['all', 'world', 'cluster']);

function isEveryone({ pods, ipBlock, entities, ...rest }: NetworkPeer): boolean {
  if (Object.values(rest).some((part) => part !== undefined)) return false;
  const kinds = [pods, ipBlock, entities].filter((part) => part !== undefined);
  if (kinds.length !== 1) return false;
  if (ipBlock !== undefined) return /^[0.:]+\/0$/.test(ipBlock.cidr) && ipBlock.except.length === 0;
  if (entities !== undefined) return entities.some((entity) => everyone.has(entity));
  if (pods?.namespace !== undefined || pods?.expression !== undefined || pods?.serviceAccounts !== undefined)
    return false;
  return [pods?.podSelector, pods?.namespaceSelector].every((selector) => Object.keys(selector ?? {}).length === 0);
}

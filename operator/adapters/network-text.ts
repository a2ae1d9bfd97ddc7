/**
 * What a rule of the form `network` says, in a sentence for every reader and in a whole one. Both follow the order of the
 * rule: `accept no ingress from …; else ingress only from …`.
 */
import type { NetworkClause, NetworkRule } from '../../crds/rules/network.ts';
import type { Scope, WorkloadScope } from '../../crds/scope.ts';
import { limitsText, peerText, placeText, portText } from '../../kube/network-text.ts';
import { boundPodsText, namespacesText } from '../../kube/scope-text.ts';
import { selectsAll } from './fields.ts';
import { isWholeProtocol, networkCourse, type NetworkCourse } from './network-form.ts';
import { boundedList, boundedListOf, sentence } from './text.ts';

/** Whom a rule binds. */
export interface NetworkSubject {
  readonly scope: Pick<Scope, 'namespaces' | 'workloads' | 'unread'>;
  /** The namespace of the policy, which goes without saying. */
  readonly home?: string | undefined;
  /** What is bound where that is not just pods. `short` is for every reader: `Some nodes`, and `Nodes with role=edge`. */
  readonly whom?: { readonly short: string; readonly full: string } | undefined;
}

interface Words {
  readonly traffic: string;
  readonly verb: string;
  readonly from: string;
  readonly anyone: string;
}

const words: Readonly<Record<NetworkRule['direction'], Words>> = {
  Ingress: { traffic: 'ingress', verb: 'accept', from: 'from', anyone: 'anyone' },
  Egress: { traffic: 'egress', verb: 'have', from: 'to', anyone: 'anywhere' },
};

/** For every reader of the namespace: neither ports nor peers, nor who the pods are. */
export function networkSummary(rule: NetworkRule, { scope, whom }: NetworkSubject): string {
  const course = networkCourse(rule);
  const { mayAllow, mayDeny } = course;
  const does = courseText(course, rule, {
    all: (word) => `${word.from} ${word.anyone}`,
    some: (clauses, word) => extentText(clauses, word),
    groupsMax: 3,
    lengthMax: messageLengthMax,
  });
  const unread = [
    ...(mayAllow.length === 0 ? [] : ['; rules that Potoo does not understand may allow more']),
    ...(mayDeny.length === 0 ? [] : ['; rules that Potoo does not understand may change that']),
  ];
  const subject = whom?.short ?? (rule.hook === 'host' ? 'Some nodes' : somePodsText(scope.workloads));
  return staged(rule, `${subject} ${does}${precedenceText(rule)}${unread.join('')}${additionText(rule, course)}`);
}

/** Whether all pods or some are bound, for every reader. */
export function somePodsText({ selector = {}, expression, serviceAccounts }: WorkloadScope = {}): string {
  return selectsAll(selector) && expression === undefined && serviceAccounts === undefined ? 'All pods' : 'Some pods';
}

const messageLengthMax = 980;
const subjectLengthMax = 240;
const peersLengthMax = 300;
const portsLengthMax = 150;
const limitsLengthMax = 200;
const groupsMax = 20;
const placeLengthMax = 200;

/** The full sentence: whom it binds, what it does in its order, and where it stands among others. */
export function networkMessage(rule: NetworkRule, { scope, home, whom }: NetworkSubject): string {
  const pods =
    rule.hook === 'host' ? 'Nodes' : `${boundPodsText(scope.workloads)}${namespacesText(scope.namespaces, home)}`;
  const subject = sentence(whom?.full ?? pods, subjectLengthMax);
  const course = networkCourse(rule);
  const end = [
    placedText(rule),
    hookText(rule),
    pointersText('; more may be allowed by what is not understood: ', course.mayAllow),
    pointersText('; that may be changed by what is not understood: ', course.mayDeny),
    pointersText('; it may bind less because of what is not understood: ', scope.unread ?? []),
    additionText(rule, course),
  ].join('');
  const lengthMax = Math.max(200, messageLengthMax - subject.length - end.length - ' … and 9999 more rules'.length);
  const does = courseText(course, rule, {
    all: (word) => `${word.from} ${word.anyone} on any port`,
    some: (clauses, word, length) => clausesText(clauses, word, length),
    groupsMax,
    lengthMax,
  });
  return staged(rule, `${subject} ${does}${end}`);
}

function staged({ staged: isStaged }: NetworkRule, text: string): string {
  return isStaged ? `Written down but not enforced: ${text.slice(0, 1).toLowerCase()}${text.slice(1)}` : text;
}

interface Wording {
  readonly all: (word: Words) => string;
  readonly some: (clauses: readonly NetworkClause[], word: Words, lengthMax: number) => string;
  readonly groupsMax: number;
  readonly lengthMax: number;
}

/** `accept ingress only from …`, `have no egress to …; else leave egress to … to NetworkPolicies`. */
function courseText(course: NetworkCourse, rule: NetworkRule, wording: Wording): string {
  const word = words[rule.direction];
  const groups = grouped(course.clauses);
  const isOnly = course.end === 'deny' && groups.at(-1)?.action === 'allow';
  const ending = isOnly ? '' : endText(course, rule, wording);
  let left = wording.lengthMax - ending.length;
  let text = '';
  let link = '';
  for (const [index, group] of groups.entries()) {
    const rest = groups.length - index;
    if (index === wording.groupsMax || (index > 0 && left < groupLengthMin)) {
      text += '; else what further rules say';
      break;
    }
    const which = wording.some(group.clauses, word, left - linkLengthMax - (rest > 1 ? furtherLengthMax : 0));
    text += `${link}${groupText(group, which, rule, isOnly && rest === 1)}`;
    left = wording.lengthMax - ending.length - text.length;
    // What is only noted in a log goes on to what stands after it.
    link = group.action === 'log' ? ', then ' : '; else ';
  }
  return ending === '' ? text : `${text}${link}${ending}`;
}

/** Where less than this is left for a part of a sentence, nobody learns anything from it. */
const groupLengthMin = 160;
const linkLengthMax = '; else leave ingress to NetworkPolicies'.length;
const furtherLengthMax = '; else what further rules say'.length;

interface Group {
  readonly action: 'allow' | 'deny' | 'pass' | 'log';
  readonly clauses: NetworkClause[];
}

/** Clauses that stand together and do the same. */
function grouped(clauses: readonly NetworkClause[]): readonly Group[] {
  const groups: Group[] = [];
  for (const clause of clauses) {
    const { action = 'allow' } = clause;
    const last = groups.at(-1);
    if (last?.action === action) last.clauses.push(clause);
    else groups.push({ action, clauses: [clause] });
  }
  return groups;
}

function groupText({ action }: Group, which: string, rule: NetworkRule, isOnly: boolean): string {
  const { verb, traffic } = words[rule.direction];
  switch (action) {
    case 'allow':
      return `${verb} ${traffic} ${isOnly ? 'only ' : ''}${which}`;
    case 'deny':
      return `${verb} no ${traffic} ${which}`;
    case 'pass':
      return `leave ${traffic} ${which} to ${followingText(rule)}`;
    case 'log':
      return `have ${traffic} ${which} logged`;
    default:
      return action satisfies never;
  }
}

function endText({ end, clauses }: NetworkCourse, rule: NetworkRule, { all }: Wording): string {
  const word = words[rule.direction];
  const { verb, traffic } = word;
  const other = clauses.some(({ action }) => action !== 'log') ? 'other ' : '';
  switch (end) {
    case 'deny':
      return `${verb} no ${other}${traffic}`;
    case 'allow':
      return `${verb} ${other}${traffic} ${all(word)}`;
    case 'pass':
      return `leave all ${other}${traffic} to ${followingText(rule)}`;
    case 'next':
      return clauses.length === 0 ? `leave all ${traffic} to ${followingText(rule)}` : '';
    case 'unknown':
      return `have ${other}${traffic} decided by the tier, in a way that is not known`;
    default:
      return end satisfies never;
  }
}

/** To whom a connection is left that a tier does not decide. */
function followingText({ place }: NetworkRule): string {
  if (place?.engine === 'kubernetes' && place.tier === 'Admin') return 'NetworkPolicies';
  return place?.engine === 'calico' ? 'the next tier' : 'what follows';
}

/** `from listed peers on listed ports`, and what is between. */
function extentText(clauses: readonly NetworkClause[], { from, anyone }: Words): string {
  const peers = `${from} listed peers`;
  const withPeers = clauses.filter((clause) => clause.peers !== undefined).length;
  const withPorts = clauses.filter(namesPorts).length;
  const whole = clauses.every(
    ({ ports, notPorts }) => !notPorts && (ports === undefined || ports.every(isWholeProtocol)),
  );
  const ports = whole ? 'over listed protocols' : 'on listed ports';
  const limited = clauses.filter(hasConditions).length;
  const limits = limited === 0 ? '' : limited === clauses.length ? ' under conditions' : ', in part under conditions';
  const extent = between(clauses.length, { peers, withPeers, ports, withPorts });
  if (extent !== '') return `${extent}${limits}`;
  return limited > 0 && limited === clauses.length ? 'under conditions' : `${from} ${anyone}${limits}`;
}

function between(
  all: number,
  { peers, withPeers, ports, withPorts }: { peers: string; withPeers: number; ports: string; withPorts: number },
): string {
  if (withPeers === 0 && withPorts === 0) return '';
  if (withPorts === 0) return peers;
  if (withPeers === 0) return ports;
  if (withPeers === all && withPorts === all) return `${peers} ${ports}`;
  if (withPeers === all) return `${peers}, in part only ${ports}`;
  if (withPorts === all) return `${ports}, in part only ${peers}`;
  return `${peers} or ${ports}`;
}

function hasConditions({ own, ipVersion, conditions = [] }: NetworkClause): boolean {
  return own !== undefined || ipVersion !== undefined || conditions.length > 0;
}

function namesPorts({ ports, notPorts = [] }: NetworkClause): boolean {
  return ports !== undefined || notPorts.length > 0;
}

function clausesText(clauses: readonly NetworkClause[], word: Words, lengthMax: number): string {
  const text = (clause: NetworkClause) => clauseText(clause, word);
  return boundedListOf(clauses, text, { separator: ', or ', lengthMax: Math.max(40, lengthMax), noun: 'rule' });
}

function clauseText(clause: NetworkClause, { from, anyone }: Words): string {
  const { peers } = clause;
  const limits = sentence(limitsText(clause), limitsLengthMax);
  const ports = clausePortsText(clause);
  if (peers === undefined) return `on ${ports} ${from} ${anyone}${limits}`;
  const peersText = boundedListOf(peers, peerText, { separator: ' or ', lengthMax: peersLengthMax, noun: 'peer' });
  return `${from} ${peersText} on ${ports}${limits}`;
}

function clausePortsText({ ports, notPorts = [] }: NetworkClause): string {
  const list = { separator: ', ', lengthMax: portsLengthMax, noun: 'port' };
  const not = notPorts.length === 0 ? '' : ` other than ${boundedListOf(notPorts, portText, list)}`;
  return `${ports === undefined ? 'any port' : boundedListOf(ports, portText, list)}${not}`;
}

/** Where it stands, for every reader. */
function precedenceText({ place }: NetworkRule): string {
  if (place?.engine !== 'kubernetes') return '';
  if (place.tier === 'Admin') return ', before any NetworkPolicy decides';
  return place.tier === 'Baseline' ? ', where no NetworkPolicy decides' : '';
}

/** Where it stands, and what overrides what. */
function placedText({ place }: NetworkRule): string {
  const text = place === undefined ? '' : placeText(place);
  return text === '' ? '' : `; ${sentence(text, placeLengthMax)}`;
}

function hookText({ hook }: NetworkRule): string {
  switch (hook) {
    case undefined:
    case 'host':
      return '';
    case 'forward':
      return '; for what nodes forward, too';
    case 'preDnat':
      return '; at nodes, before addresses are translated';
    case 'untracked':
      return '; at nodes, without tracking connections: replies are judged, too';
    default:
      return hook satisfies never;
  }
}

function pointersText(lead: string, pointers: readonly string[]): string {
  if (pointers.length === 0) return '';
  return `${lead}${boundedList(pointers, { separator: ', ', lengthMax: 120, noun: 'part' })}`;
}

/** Policies add up: what one of them does not let through, another may. A reader of one sentence has to know. */
function additionText({ place, staged: isStaged }: NetworkRule, course: NetworkCourse): string {
  const { end, isFinal, clauses, mayAllow, mayDeny } = course;
  if (isStaged || end !== 'deny' || isFinal || mayAllow.length > 0 || mayDeny.length > 0) return '';
  const refuses = place?.engine === 'cilium' && clauses.some(({ action }) => action === 'deny');
  return `; other policies may allow more${refuses ? ', but nothing that is refused here' : ''}`;
}

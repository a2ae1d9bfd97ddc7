/**
 * The scheduler: pods that no node takes. Also what the kubelet and node autoscalers say about that.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/scheduler/framework/types.go (FitError)
 */
import { shown } from '../../words.ts';
import { format, word } from '../format.ts';
import type { ErrorText } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { outside, says } from '../sayings.ts';
import { isDigit, isLetter, runFrom, wordBefore } from '../places.ts';
import { adviceFor, type FitReason, schedulingSteps } from '../steps/scheduling.ts';

const engine = 'kube-scheduler';

/** Reasons of one message that are read. */
const reasonsMax = 12;
const messageLengthMax = 2_400;

/** `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable. preemption: …`, and of Volcano `all nodes are unavailable: …`. */
const fit: Signature = {
  anchors: [' nodes are available: ', ' nodes are unavailable: ', ' nodes available: '],
  read(text, at) {
    const count = wordBefore(text, at, 24);
    const isAll = count.toLowerCase() === 'all';
    const [free = '', total = '', ...more] = count.split('/');
    if (!isAll && (more.length > 0 || !/^[0-9]+$/.test(free) || !/^[0-9]+$/.test(total))) return undefined;
    if (isOfPreemption(text, at - count.length)) return undefined;
    const from = text.flat.indexOf(': ', at) + 2;
    const end = endOfMessage(text, from);
    const start = at - count.length;
    const reasons = reasonsIn(text.flat.slice(from, end).replaceAll("''", "'"));
    // The reason stands in front of the nodes: which object is not there.
    if (reasons.some(({ reason }) => isMissingClaim(reason.toLowerCase()))) return undefined;
    return unfit({ start, end }, reasons, isAll ? undefined : total);
  },
};

/** Whether these are the words of a message on what preemption would change, and the message itself stands in front of them. */
function isOfPreemption({ lower }: ErrorText, start: number): boolean {
  const before = lower.slice(Math.max(0, start - messageLengthMax), start);
  return before.endsWith(' preemption: ') && before.includes(' nodes are available: ');
}

function isMissingClaim(reason: string): boolean {
  return reason.startsWith('persistentvolumeclaim "') && reason.endsWith('" not found');
}

function unfit(
  span: { start: number; end: number },
  reasons: readonly FitReason[],
  total: string | undefined,
): Finding {
  const names = reasons
    .slice(0, 4)
    .map(({ count, reason }) => `${count === undefined ? '' : `${count} × `}${shown(reason, 100)}`);
  const nodes =
    total === undefined ? 'No node' : total === '1' ? 'Not even the only node' : `None of the ${total} nodes`;
  return outside({
    category: 'scheduling',
    engine,
    certainty: 'stated',
    span,
    evidence: [{ start: span.start, end: Math.min(span.end, span.start + 300) }],
    sentence:
      names.length === 0
        ? `${nodes} takes the pod.`
        : `${nodes} takes the pod, for these reasons: ${names.join('; ')}.`,
    steps: (about) => schedulingSteps(reasons, about),
  });
}

/** Where the list of reasons ends: its full stop, that of the words about preemption, or the line. */
function endOfMessage(text: ErrorText, from: number): number {
  const bound = Math.min(text.flat.length, from + messageLengthMax);
  let end = stopAfter(text, from, bound);
  for (const words of [' preemption: ', ' no new claims to deallocate', ' preemption: not eligible']) {
    if (text.lower.startsWith(words, end)) end = stopAfter(text, end + words.length, bound);
  }
  while (end < bound && text.flat.charAt(end) === '.') end += 1;
  return end;
}

/** Lines of a message that was folded or wrapped. */
const linesMax = 5;

function stopAfter(text: ErrorText, from: number, bound: number): number {
  let lineEnd = text.lineEnd(from);
  let lines = 1;
  for (let at = from; at < bound; at += 1) {
    if (at >= lineEnd) {
      if (lines >= linesMax || !goesOn(text, lineEnd + 1)) return lineEnd;
      lineEnd = text.lineEnd(lineEnd + 1);
      lines += 1;
    }
    if (text.flat.charAt(at) !== '.') continue;
    const next = text.flat.charAt(at + 1);
    if (next === '' || ' .\'"'.includes(next)) return at + 1;
  }
  return Math.min(bound, lineEnd);
}

/** Words that reasons hold and that begin with a capital letter. */
const capitals = [
  "Pod's",
  "Pod''s",
  'PersistentVolume',
  'ReadWriteOncePod',
  'Preemption',
  'No preemption',
  'Insufficient',
  'Too many pods',
];

/** Whether a line goes on with a sentence: with a small letter or a number, and not with a word and a colon. */
function goesOn(text: ErrorText, at: number): boolean {
  if (capitals.some((each) => text.flat.startsWith(each, at))) return true;
  const [first = ''] = text.flat.slice(at, at + 40).split(' ', 1);
  if (isDigit(first.charAt(0))) return /^[0-9]+$/.test(first);
  return isLetter(first.charAt(0)) && !first.includes(':');
}

/** The counts and reasons of a list; what stands behind its first full stop concerns preemption. */
function reasonsIn(list: string): FitReason[] {
  const [first = ''] = splitAt(list, '. ');
  const parts: string[] = [];
  for (const piece of splitAt(first.endsWith('.') ? first.slice(0, -1) : first, ', ')) {
    // Only a count begins a reason: taints hold commas as well.
    if (parts.length === 0 || isDigit(piece.charAt(0))) parts.push(piece);
    else parts[parts.length - 1] += `, ${piece}`;
  }
  return parts
    .slice(0, reasonsMax)
    .filter((part) => part !== '')
    .map((part) => {
      const digits = runFromStart(part);
      const behind = part.slice(digits.length + 1);
      return digits !== '' && part.charAt(digits.length) === ' ' ? { count: digits, reason: behind } : { reason: part };
    });
}

function runFromStart(part: string): string {
  let end = 0;
  while (end < part.length && isDigit(part.charAt(end))) end += 1;
  return part.slice(0, end);
}

function splitAt(list: string, stop: string): readonly string[] {
  return list.split(stop, 64);
}

/** Before 1.8: `No nodes are available that match all of the following predicates:: Insufficient cpu (9), MatchNodeSelector (18).` */
const olderFit: Signature = {
  anchors: [
    'no nodes are available that match all of the',
    'failed to fit in any node',
    'fit failure summary on nodes',
  ],
  read(text, at) {
    const colon = text.flat.indexOf(': ', at);
    const lineEnd = text.lineEnd(at);
    const end = Math.min(lineEnd, at + messageLengthMax);
    const list = colon < 0 || colon > end ? '' : text.flat.slice(colon + 2, end);
    const [first = ''] = splitAt(list, '. ');
    const reasons = splitAt(first.endsWith('.') ? first.slice(0, -1) : first, ', ')
      .filter((part) => part !== '')
      .slice(0, reasonsMax)
      .map((part) => {
        const open = part.lastIndexOf(' (');
        return open > 0 && part.endsWith(')')
          ? { count: part.slice(open + 2, -1), reason: part.slice(0, open) }
          : { reason: part };
      });
    return unfit({ start: at, end }, reasons, undefined);
  },
};

const outOf = format`didn't have enough resource: ${word('resource')}, requested: ${word('requested')}, used: ${word('used')}, capacity: ${word('capacity')}`;

/** The kubelet, when a pod came to a node that has no room. */
const kubelet: Signature = {
  anchors: ["didn't have enough resource: "],
  read(text, at) {
    const found = outOf.read(text, at);
    const { resource, requested, used, capacity } = found?.parts ?? {};
    if (found === undefined || resource === undefined) return undefined;
    const numbers =
      capacity === undefined
        ? ''
        : ` (${shown(requested ?? '')} asked, ${shown(used ?? '')} of ${shown(capacity)} used)`;
    return outside({
      category: 'scheduling',
      engine,
      certainty: 'stated',
      span: found,
      evidence: [found],
      sentence: `The node had no room for the pod when it came there: ${shown(resource)}${numbers}.`,
      steps: () => [...adviceFor(`Insufficient ${resource}`)],
    });
  },
};

const gatesForm = format`waiting for scheduling gates: [${word('gates', 400)}]`;

const gates: Signature = {
  anchors: ['waiting for scheduling gates: [', 'scheduling is blocked due to non-empty scheduling gates'],
  read(text, at) {
    const found = gatesForm.read(text, at);
    const span = found ?? { start: at, end: text.lineEnd(at) };
    const gate =
      found === undefined ? undefined : runFrom(text, at + 'waiting for scheduling gates: ['.length, ']', 300);
    return outside({
      category: 'scheduling',
      engine,
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: `The pod waits: a controller has yet to take away its scheduling gate${gate === undefined ? '' : ` (${shown(gate)})`}.`,
      steps: () => adviceFor('scheduling gates'),
    });
  },
};

export const schedulingSignatures: readonly Signature[] = [
  fit,
  olderFit,
  kubelet,
  gates,
  ...says({ category: 'scheduling', engine }, [
    {
      words: ['priorityclass is not permitted in'],
      sentence: 'Pods with a system priority class are allowed in some namespaces only, kube-system by default.',
      advice: ['Take another PriorityClass, or have the pod run in kube-system.'],
    },
    {
      words: ['the integer value of priority ('],
      sentence: 'The pod states a priority that is not the one of its PriorityClass.',
      advice: ['Leave out spec.priority: it follows from spec.priorityClassName.'],
    },
    {
      words: ['running prebind plugin "volumebinding"', 'predicatereasons=['],
      sentence:
        'The scheduler or autoscaler could not put the pod on a node: the message names the plugin and its reason.',
      advice: ['Look at what the reason names: the volume claims, the taints or the resources that the pod asks for.'],
    },
    {
      words: ['skip schedule deleting pod'],
      sentence: 'The pod is being deleted, so it is put on no node any more.',
      advice: ['Wait until it is gone; kubectl get pod with -o yaml tells which finalizers it still has.'],
    },
    {
      words: ['no nodes available to schedule pods'],
      sentence: 'The cluster has no node that pods could be put on.',
      advice: ['See with kubectl get nodes whether there are nodes, and whether they are ready.'],
    },
    {
      words: ['pod has unbound immediate persistentvolumeclaims', 'pod has unbound persistentvolumeclaims'],
      sentence: 'The pod waits for a PersistentVolumeClaim that has no volume yet.',
      advice: [
        'Look with kubectl describe at the claim: its events say why no volume was bound (StorageClass, size, access mode).',
      ],
    },
    {
      words: [
        "pod didn't trigger scale-up",
        'pod did not trigger scale-up',
        'max node group size reached',
        'max cluster cpu limit reached',
        'max cluster memory limit reached',
        'notriggerscaleup',
      ],
      sentence:
        'No node takes the pod, and the cluster autoscaler would not help: no group of nodes that may grow would fit it.',
      advice: [
        'Look at what the pod asks for (resources, selector, tolerations, zones) and at the largest size of the node groups.',
      ],
    },
    {
      words: [
        'incompatible with nodepool',
        'incompatible with provisioner',
        'no instance type met all requirements',
        'no instance type satisfied resources',
        'no instance type has enough resources',
        'no instance type which had enough resources',
        'all available instance types exceed limits for',
        'failed to schedule pod, ',
        'could not schedule pod',
        'no nodepools found',
        'did not tolerate taint',
        'did not tolerate ',
      ],
      beside: ['nodepool', 'provisioner', 'karpenter', 'instance type', 'schedule pod'],
      sentence:
        'Karpenter has no kind of node that would take the pod: the message names the requirement that does not fit.',
      advice: [
        'Compare what the pod asks for (resources, selector, tolerations) with the requirements, taints and limits of the NodePools.',
      ],
    },
    {
      words: [
        'predicate nodeaffinity failed',
        'predicate matchnodeselector failed',
        'pod was rejected: predicate',
        'pod predicate ',
        'pod was rejected: node',
        'preempted in order to admit critical pod',
        'preempted by pod ',
        'preempted by a pod',
        'preempted by ',
      ],
      holds: (text, at) => !text.lower.startsWith('preempted by ', at) || nearNode(text, at),
      sentence: 'The pod did not stay on its node: it does not fit there, or a more important pod took its place.',
      advice: [
        'Look at the node selector and affinity of the pod, at the labels of the node, and at the priority of the pod.',
      ],
    },
    {
      words: [
        "couldn't assign flavors to pod set",
        'insufficient unused quota for',
        'insufficient quota for ',
        'podgroup is not ready',
        'pod group is not ready',
        "workload didn't fit",
        "the workload couldn't be admitted",
      ],
      beside: ['flavor', 'clusterqueue', 'pending', 'minavailable', 'queue', 'podgroup', 'pod group'],
      sentence: 'The queue that the workload waits in has no room for it now.',
      advice: [
        'Look at the queue (kubectl describe clusterqueue, or that of the scheduler) and at what its other workloads hold.',
      ],
    },
  ]),
];

function nearNode(text: ErrorText, at: number): boolean {
  return text.lower.slice(at, at + 200).includes(' on node ');
}

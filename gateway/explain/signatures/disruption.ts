/**
 * PodDisruptionBudget: evictions and drains that were refused, in the words of the API server, kubectl drain, autoscalers,
 * Cluster API and managed clusters.
 *
 * The API server names the budget in a cause beside its message, which most clients do not print. Deletion, rollouts and
 * evictions by the kubelet pass budgets by: messages on those are none of this.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/registry/core/pod/storage/eviction.go
 * @see https://github.com/kubernetes/kubectl/blob/v0.36.0/pkg/drain/drain.go
 * @see https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.34.0/cluster-autoscaler/simulator/drainability/rules/pdb/rule.go
 * @see https://github.com/kubernetes-sigs/karpenter/blob/v1.8.0/pkg/controllers/state/statenode.go
 */
import type { ErrorText, Span } from '../error-text.ts';
import { fieldIn } from '../fields.ts';
import type { Certainty, Finding, Signature } from '../finding.ts';
import { format, word } from '../format.ts';
import { type ObjectName, objectNameAt } from '../object-name.ts';
import { firstWithin, lastWithin } from '../places.ts';
import { disruptionSteps } from '../steps/disruption.ts';
import { budgetSuspects } from '../suspects/disruption.ts';
import { shown } from '../../words.ts';
import { objectEndingAt, podBefore, podBehind } from './disruption-pods.ts';

/** What is told of one refusal. */
export interface Refusal {
  readonly budget: ObjectName | undefined;
  readonly pod: ObjectName | undefined;
  /** healthy: too few pods are; sync: the budget was not counted; several: more than one budget selects the pod. */
  readonly why: 'healthy' | 'sync' | 'several' | 'unknown';
  readonly needs?: number | undefined;
  readonly has?: number | undefined;
}

/** How far before and behind a sentence its pod and its budget are looked for. */
const reach = 500;
const sentence = 'cannot evict pod as it would violate';

const needsHealthy = format`the disruption budget ${word('budget')} needs ${word('needs')} healthy pods and has ${word('has', 12)}`;
const countsAlone = format`needs ${word('needs', 12)} healthy pods and has ${word('has', 12)}`;
const processed = format`the disruption budget ${word('budget')} is still being processed`;
const failedSync = format`the disruption budget ${word('budget')} does not allow evicting pods currently`;

function refused(text: ErrorText, refusal: Refusal, at: Span, certainty: Certainty = 'stated'): Finding {
  const { budget } = refusal;
  return {
    category: 'pdb',
    engine: 'poddisruptionbudget',
    policy: budget?.name,
    certainty,
    span: around(text, at),
    evidence: [at],
    sentence: sentenceOf(refusal),
    suspects: budgetSuspects(refusal),
    steps: disruptionSteps(refusal),
  };
}

/** What says the same in front of it, from the nearest on. */
const introductions = [
  sentence,
  'often caused by a restrictive pod disruption budget',
  'failed when evicting pod ',
  'eviction failed with too many requests',
  'error when evicting ',
  'too many req pod ',
];

/** With the words of kubectl, the API server and others in front. */
function around(text: ErrorText, { start, end }: Span): Span {
  let first = start;
  for (const words of introductions) {
    const at = lastWithin(text.lower, words, first - reach, first);
    if (at >= 0 && !isApart(text, at + words.length, first)) first = at;
  }
  return { start: first, end };
}

/** Whether another refusal begins between. */
function isApart(text: ErrorText, from: number, to: number): boolean {
  const length = Math.max(0, to - from);
  return (
    firstWithin(text.lower, sentence, from, from + length) >= 0 ||
    firstWithin(text.lower, 'error when evicting ', from, from + length) >= 0
  );
}

function sentenceOf({ budget, pod, why, needs, has }: Refusal): string {
  const which = budget === undefined ? 'A PodDisruptionBudget' : `PodDisruptionBudget ${shown(budget.name)}`;
  const what = pod === undefined ? 'an eviction' : `the eviction of pod ${shown(pod.name)}`;
  if (why === 'several') {
    return `More than one PodDisruptionBudget selects ${pod === undefined ? 'the pod' : `pod ${shown(pod.name)}`}, and then it cannot be evicted.`;
  }
  if (why === 'sync') return `${which} held up ${what}: the healthy pods were not counted.`;
  const counts = needs === undefined || has === undefined ? '' : `: ${needs} healthy pods needed, ${has} there`;
  return `${which} held up ${what}${counts}.`;
}

/** The cause that the API server gives; it names the budget. */
const ofCause: Signature = {
  anchors: ['the disruption budget '],
  read(text, at) {
    const healthy = needsHealthy.read(text, at);
    const other = healthy === undefined ? (processed.read(text, at) ?? failedSync.read(text, at)) : undefined;
    const found = healthy ?? other;
    const name = found?.parts.budget;
    if (found === undefined || name === undefined) return undefined;
    const refusal = {
      budget: { name, namespace: undefined },
      pod: podBefore(text, saidBefore(text, at)),
      why: healthy === undefined ? ('sync' as const) : ('healthy' as const),
      needs: countIn(healthy?.parts.needs),
      has: countIn(healthy?.parts.has),
    };
    return refused(text, refusal, found);
  },
};

/** Where the sentence stands that this place belongs to; else the place itself. */
function saidBefore(text: ErrorText, at: number): number {
  const said = lastWithin(text.lower, sentence, at - reach, at);
  return said < 0 || isApart(text, said + sentence.length, at) ? at : said;
}

function countIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** The same cause without the name of the budget, as people shorten it. */
const ofCounts: Signature = {
  anchors: ['needs '],
  read(text, at) {
    const found = countsAlone.read(text, at);
    const needs = countIn(found?.parts.needs);
    if (found === undefined || needs === undefined) return undefined;
    const refusal = { budget: undefined, pod: podBefore(text, at), why: 'healthy' as const, needs };
    return refused(text, { ...refusal, has: countIn(found.parts.has) }, found);
  },
};

/** Drains of AKS: `ns/pod blocked by pdb NAME (MaxUnavailable: 1) with 2 unready pods: […]`. */
const ofManagedDrain: Signature = {
  anchors: [' blocked by pdb '],
  read(text, at) {
    const budget = objectNameAt(text, at + ' blocked by pdb '.length);
    if (budget === undefined) return undefined;
    const pod = objectEndingAt(text, at);
    // What anybody writes of a drain has no `namespace/pod` in front and no details behind.
    const isDetailed = [' (m', ' with '].some((words) => text.lower.startsWith(words, budget.end));
    if (pod?.namespace === undefined && !isDetailed) return undefined;
    const end = Math.min(text.lineEnd(at), at + reach);
    const start = at - (pod === undefined ? 0 : pod.length);
    return refused(text, { budget: { ...budget, namespace: pod?.namespace }, pod, why: 'unknown' }, { start, end });
  },
};

/** Karpenter, from its first versions on. */
const ofKarpenter: Signature = {
  anchors: ['prevents pod evictions', 'is blocking evictions'],
  read(text, at) {
    const behind = text.lower.startsWith('prevents pod evictions (poddisruptionbudget=', at);
    if (behind) {
      const open = at + 'prevents pod evictions (poddisruptionbudget='.length;
      const budget = objectNameAt(text, text.flat.charAt(open) === '[' ? open + 1 : open);
      const start = lastWithin(text.lower, 'pdb ', at - 4, at);
      if (start < 0) return undefined;
      return refused(text, { budget, pod: undefined, why: 'unknown' }, { start, end: budget?.end ?? open });
    }
    const close = text.flat.startsWith('" ', at - 2) ? at - 2 : at - 1;
    const budget = objectEndingAt(text, close);
    const start = lastWithin(text.lower, 'pdb ', at - reach, at);
    if (budget === undefined || start < 0 || close - budget.length - start > 5) return undefined;
    const end =
      at + (text.lower.startsWith('prevents', at) ? 'prevents pod evictions' : 'is blocking evictions').length;
    return refused(text, { budget, pod: undefined, why: 'unknown' }, { start, end });
  },
};

/** Gardener: a budget that no eviction passes. */
const ofZeroEvictions: Signature = {
  anchors: ['is misconfigured and requires zero voluntary evictions'],
  read(text, at) {
    const budget = objectEndingAt(text, at - 1);
    const start = lastWithin(text.lower, 'pod disruption budget ', at - reach, at);
    if (budget === undefined || start < 0) return undefined;
    const end = at + 'is misconfigured and requires zero voluntary evictions'.length;
    return refused(text, { budget, pod: podBefore(text, start), why: 'unknown' }, { start, end });
  },
};

/** The disruption controller about a budget that it cannot count: an event of the budget. */
const ofController: Signature = {
  anchors: ['failed to calculate the number of expected pods'],
  read(text, at) {
    const resource = 'poddisruptionbudget/';
    const named = lastWithin(text.lower, resource, at - reach, at);
    const budget = named < 0 ? undefined : objectNameAt(text, named + resource.length);
    const start = named < 0 ? at : named;
    return refused(text, { budget, pod: undefined, why: 'sync' }, { start, end: text.lineEnd(at) });
  },
};

/** More than one budget for a pod. */
const ofSeveral: Signature = {
  anchors: ['this pod has more than one poddisruptionbudget', 'eviction does not support multiple pdbs'],
  read(text, at) {
    const behind = firstWithin(text.lower, '(pod=', at, at + 60);
    const pod = behind < 0 ? podBefore(text, at) : objectNameAt(text, behind + '(pod='.length);
    const end = Math.min(text.lineEnd(at), at + reach);
    return refused(text, { budget: undefined, pod, why: 'several' }, { start: at, end });
  },
};

/** The sentence of the API server alone, or cut within. */
const ofSentence: Signature = {
  anchors: [sentence],
  read(text, at) {
    const dot = firstWithin(text.lower, 'disruption budget', at, at + 80);
    const end = dot < 0 ? Math.min(text.flat.length, at + 80) : dot + 'disruption budget'.length;
    if (dot < 0 && end < text.flat.length && !text.flat.startsWith('…', at + sentence.length)) return undefined;
    return refused(
      text,
      { budget: undefined, pod: podBefore(text, at) ?? podBehind(text, end), why: 'healthy' },
      { start: at, end },
    );
  },
};

/** Others in whose words a budget is what held an eviction up: where the pod stands, and in front of it or behind. */
const byPod: readonly { readonly anchor: string; readonly pod: 'behind' | 'within' | 'none' }[] = [
  { anchor: 'not enough pod disruption budget to move ', pod: 'behind' },
  { anchor: 'eviction blocked by too many requests (usually a pdb): ', pod: 'behind' },
  { anchor: 'violates a pdb', pod: 'within' },
  { anchor: 'no.scale.down.node.pod.not.enough.pdb', pod: 'none' },
  { anchor: 'notenoughpdb', pod: 'none' },
  { anchor: 'often caused by a restrictive pod disruption budget', pod: 'within' },
  { anchor: 'too many req pod ', pod: 'behind' },
];

const ofPod: Signature = {
  anchors: byPod.map(({ anchor }) => anchor),
  read(text, at) {
    const form = byPod.find(({ anchor }) => text.lower.startsWith(anchor, at));
    if (form === undefined) return undefined;
    const end = at + form.anchor.length;
    const behind = form.pod === 'behind' ? objectNameAt(text, end) : undefined;
    const after = firstWithin(text.lower, '(pod=', end, end + 8);
    const pod = after >= 0 ? objectNameAt(text, after + '(pod='.length) : (behind ?? podBefore(text, at));
    // `evicting pod … violates a PDB`: others write so of what would, in general.
    if (form.anchor === 'violates a pdb' && lastWithin(text.lower, 'evicting pod ', at - 340, at) < 0) return undefined;
    return refused(text, { budget: undefined, pod, why: 'unknown' }, { start: at, end: behind?.end ?? end });
  },
};

/** Tools that say in words of their own that a budget held them up. */
const ofOthers: Signature = {
  anchors: [
    'blocked by pod disruption budget',
    'blocked by poddisruptionbudget',
    'due to pod disruption budget',
    'due to poddisruptionbudget',
    'violate pod disruption budget',
    'violate poddisruptionbudget',
    'violates pod disruption budget',
    'violates poddisruptionbudget',
  ],
  read(text, at) {
    const end = at + text.lower.slice(at, at + 40).indexOf('budget') + 'budget'.length;
    const mark = text.flat.slice(end, end + 2);
    const named = mark === ' "' ? objectNameAt(text, end + 2) : objectNameAt(text, end + 1);
    // Without quotation marks or a namespace, what follows is the next word.
    const budget = mark === ' "' || named?.namespace !== undefined ? named : undefined;
    const span = { start: at, end: budget?.end ?? end };
    return refused(text, { budget, pod: podBefore(text, at), why: 'unknown' }, span, 'likely');
  },
};

/** Alerts of OpenShift about a budget at its limit. */
const ofAlert: Signature = {
  anchors: ['poddisruptionbudgetatlimit', 'poddisruptionbudgetlimit'],
  read(text, at) {
    const window = { start: Math.max(0, at - reach), end: Math.min(text.flat.length, at + reach) };
    const name = fieldIn(text, 'poddisruptionbudget', window);
    const namespace = fieldIn(text, 'namespace', window);
    const budget = name === undefined ? undefined : { name, namespace };
    const span = { start: at, end: Math.min(text.lineEnd(at), at + reach) };
    return refused(text, { budget, pod: undefined, why: 'unknown' }, span, 'likely');
  },
};

/** A drain that came to no end; budgets are what mostly does that. */
const unfinished: readonly { readonly anchor: string; readonly certainty: Certainty; readonly after?: string }[] = [
  { anchor: 'podevictionfailure', certainty: 'likely' },
  { anchor: 'trying to evict pods from nodes', certainty: 'likely' },
  { anchor: 'global timeout reached: ', certainty: 'possible', after: 'error when evicting ' },
  { anchor: 'drain did not complete within ', certainty: 'possible' },
  { anchor: 'pods are waiting to be evicted', certainty: 'possible' },
  // The operator of machine configurations of OpenShift: failed to drain node: NODE after 1 hour.
  { anchor: ' after 1 hour', certainty: 'possible', after: 'failed to drain node' },
];

const ofDrain: Signature = {
  anchors: unfinished.map(({ anchor }) => anchor),
  read(text, at) {
    const form = unfinished.find(({ anchor }) => text.lower.startsWith(anchor, at));
    if (form === undefined || (form.after !== undefined && lastWithin(text.lower, form.after, at - reach, at) < 0))
      return undefined;
    const span = { start: at, end: Math.min(text.lineEnd(at), at + reach) };
    return refused(text, { budget: undefined, pod: podBefore(text, at), why: 'unknown' }, span, form.certainty);
  },
};

export const disruptionSignatures: readonly Signature[] = [
  ofManagedDrain,
  ofCause,
  ofCounts,
  ofKarpenter,
  ofZeroEvictions,
  ofController,
  ofSeveral,
  ofSentence,
  ofPod,
  ofOthers,
  ofAlert,
  ofDrain,
];

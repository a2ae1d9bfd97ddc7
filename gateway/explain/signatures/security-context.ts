/**
 * What judges pods on OpenShift (SecurityContextConstraints), and did in Kubernetes before 1.25 (PodSecurityPolicy). A pod needs
 * one set of permissions that allows all of it: no single one refuses, and the message lists what each of them had against it.
 *
 * @see https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies
 * @see https://github.com/kubernetes/kubernetes/blob/v1.24.17/plugin/pkg/admission/security/podsecuritypolicy/admission.go
 */
import { listed } from '../../words.ts';
import { envelopeStart } from '../envelope.ts';
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { endOfRun, wholeWordsStart } from '../places.ts';
import { securityContextSteps } from '../steps/security-context.ts';
import { setsNamed } from '../suspects/security-context.ts';

const sets = 'unable to validate against any security context constraint';
const policies = [
  'podsecuritypolicy: unable to admit pod',
  'podsecuritypolicy: unable to validate pod',
  'podsecuritypolicy: no providers available',
  'unable to validate against any pod security policy',
  'no providers available to validate pod',
];
const listLengthMax = 6_000;
const itemsMax = 64;

const noSet: Signature = {
  anchors: [sets, ...policies],
  read(from, at) {
    const isSet = from.lower.startsWith(sets, at);
    const head = isSet ? sets : (policies.find((words) => from.lower.startsWith(words, at)) ?? '');
    const { list, end } = readList(from, at + head.length);
    const { tried, unusable } = setsIn(list);
    const faults = faultsIn(list);
    const kind = isSet ? 'SecurityContextConstraints' : 'PodSecurityPolicy';
    const none = isSet
      ? 'no SecurityContextConstraints that it may use allow it'
      : 'no PodSecurityPolicy that it may use allows it';
    const named = tried.length === 0 ? '' : `; tried: ${listed(tried)}`;
    return {
      category: 'podsecurity',
      engine: isSet ? 'securitycontextconstraints' : 'podsecuritypolicy',
      policy: tried.length === 1 ? tried[0] : undefined,
      certainty: 'stated',
      span: { start: envelopeStart(from, at), end },
      evidence: [{ start: at, end: Math.min(end, at + 300) }],
      sentence: `The pod was refused, because ${none}${named}.`,
      suspects: (candidates) => setsNamed(candidates, kind, { tried, unusable }),
      steps: (_suspects, about) => securityContextSteps({ kind, faults, unusable }, about),
    };
  },
};

const ranges = ': must be in the ranges: [';

/** What both say of a field, and nobody else in the form of a field error. */
const faultWords = [
  ranges,
  ': capability may not be added',
  ': host network is not allowed to be used',
  ': host pid is not allowed to be used',
  ': host ipc is not allowed to be used',
  ': privileged containers are not allowed',
  'volumes are not allowed to be used',
  ' is not an allowed group',
  ': forbidden: seccomp may not be set',
  ': forbidden: not usable by user or serviceaccount',
];

/** A part of the list without what stands in front of it. */
const faultAlone: Signature = {
  anchors: faultWords,
  read(from, at) {
    const { flat, lower } = from;
    const before = lower.slice(Math.max(0, at - 160), at);
    const isField = lower.startsWith(': forbidden: ', at) || before.includes(': invalid value: ');
    if (!isField) return undefined;
    const start = wholeWordsStart(from, at, 400);
    const end = Math.min(from.lineEnd(at), at + 2_000);
    const list = flat.slice(start, end);
    const { tried, unusable } = setsIn(list);
    // Since Kubernetes 1.25 there is but the other kind, and a PodSecurityPolicy has its ranges in braces: [{1 65535}].
    const isSet = !list.includes('must be in the ranges: [{');
    const kind = isSet ? 'SecurityContextConstraints' : 'PodSecurityPolicy';
    return {
      category: 'podsecurity',
      engine: isSet ? 'securitycontextconstraints' : 'podsecuritypolicy',
      policy: tried.length === 1 ? tried[0] : undefined,
      certainty: 'likely',
      span: { start, end },
      evidence: [{ start, end: Math.min(end, start + 300) }],
      sentence: `No ${kind} that the pod may use allows it, as far as the text has the list of what was tried.`,
      suspects: (candidates) => setsNamed(candidates, kind, { tried, unusable }),
      steps: (_suspects, about) => securityContextSteps({ kind, faults: faultsIn(list), unusable }, about),
    };
  },
};

/** What stands in brackets behind the head; without an end as far as there is. */
function readList({ flat, lower }: ErrorText, at: number): { readonly list: string; readonly end: number } {
  const open = endOfRun(flat, at, 2, /[: ]/);
  if (flat.charAt(open) !== '[') return { list: '', end: at };
  const bound = Math.min(flat.length, open + listLengthMax);
  const other = lower.slice(open, bound).indexOf(' is forbidden: ');
  const stop = other < 0 ? bound : open + other;
  let depth = 0;
  for (let end = open; end < stop; end += 1) {
    const character = flat.charAt(end);
    if (character === '[') depth += 1;
    else if (character === ']') depth -= 1;
    if (depth === 0) return { list: flat.slice(open + 1, end), end: end + 1 };
  }
  return { list: flat.slice(open + 1, stop), end: stop };
}

interface Sets {
  /** Those that allow something else than the pod asks for. */
  readonly tried: readonly string[];
  /** Those that the pod may not use. */
  readonly unusable: readonly string[];
}

/** `provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec…`. */
function setsIn(list: string): Sets {
  const tried = new Set<string>();
  const unusable = new Set<string>();
  let at = list.indexOf('provider ');
  for (let count = 0; at >= 0 && count < itemsMax; count += 1) {
    const nameAt = endOfRun(list, at + 'provider '.length, 1, /["']/);
    const nameEnd = endOfRun(list, nameAt, 253, /[a-z0-9.-]/);
    const behind = endOfRun(list, nameEnd, 2, /["':]/);
    const name = list.slice(nameAt, nameEnd);
    if (nameEnd > nameAt && behind > nameEnd && behind < list.length) {
      (list.startsWith(' Forbidden: not usable', behind) ? unusable : tried).add(name);
    }
    at = list.indexOf('provider ', nameEnd);
  }
  return { tried: [...tried], unusable: [...unusable] };
}

const errorTypes = [': Invalid value: ', ': Forbidden: '];

/** Field and what is wrong with it, each once. */
function faultsIn(list: string): readonly string[] {
  const faults = new Set<string>();
  let at = 0;
  for (let count = 0; count < itemsMax; count += 1) {
    const found = errorTypes.map((type) => ({ type, place: list.indexOf(type, at) })).filter(({ place }) => place >= 0);
    const next = found.toSorted((a, b) => a.place - b.place)[0];
    if (next === undefined) break;
    const pathStart = Math.max(list.lastIndexOf(' ', next.place - 1) + 1, at);
    const valueAt = next.place + next.type.length;
    const following = errorTypes.map((type) => list.indexOf(type, valueAt)).filter((place) => place >= 0);
    const bound = following.length === 0 ? list.length : list.lastIndexOf(' ', Math.min(...following));
    const path = list.slice(pathStart, next.place);
    const reason = list.slice(valueAt, Math.max(bound, valueAt));
    if (!reason.startsWith('not usable')) faults.add(`${path}: ${withoutEnd(reason)}`);
    at = Math.max(bound, valueAt);
  }
  return [...faults];
}

/** Without the comma, and the provider that follows it. */
function withoutEnd(reason: string): string {
  const provider = `${reason} `.lastIndexOf(', provider ');
  const text = provider < 0 ? reason : reason.slice(0, provider);
  return text.endsWith(',') ? text.slice(0, -1) : text;
}

export const securityContextSignatures: readonly Signature[] = [noSet, faultAlone];

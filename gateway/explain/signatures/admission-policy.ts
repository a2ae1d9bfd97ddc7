/**
 * ValidatingAdmissionPolicy and MutatingAdmissionPolicy: refusals, warnings, and entries of the audit log. What refuses says
 * its policy and, where the fault is not the policy's own, the binding.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
 */
import { cited, shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import { quotedField } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { endsAt, messageFrom, standsAt } from '../message.ts';
import { admissionPolicySteps } from '../steps/admission-policy.ts';
import { makerOf, type NamedPolicy, policyBindings } from '../suspects/admission-policy.ts';
import { refusing } from '../suspects/named-policy.ts';
import { type Demand, demandOf } from './admission-policy-message.ts';

/** Characters of a name, and what stands in front of it. */
const nameLengthMax = 320;

type Kind = NamedPolicy['kind'];

const denied: Signature = {
  anchors: [
    "validatingadmissionpolicy '",
    "mutatingadmissionpolicy '",
    'validatingadmissionpolicy "',
    'mutatingadmissionpolicy "',
  ],
  read(text, at) {
    const kind: Kind = text.lower.startsWith('mutating', at) ? 'MutatingAdmissionPolicy' : 'ValidatingAdmissionPolicy';
    return readNamed(text, at, kind, at + kind.length + 1);
  },
};

/** Of a MutatingAdmissionPolicy, whose kind is not said. */
const mutationDenied: Signature = {
  anchors: ["policy '", 'policy "'],
  read(text, at) {
    if (/^[a-z]$/.test(text.lower.charAt(at - 1))) return undefined;
    const found = readNamed(text, at, 'MutatingAdmissionPolicy', at + 'policy '.length);
    // Others call things policies as well: without its last words it is not known.
    return found?.isWhole === true ? found : undefined;
  },
};

/** What stands behind `ValidatingAdmissionPolicy `: the name in quotation marks, the binding, and what is said. */
function readNamed(
  text: ErrorText,
  at: number,
  kind: Kind,
  nameAt: number,
): (Finding & { isWhole: boolean }) | undefined {
  const intro = 'validation failed for ';
  const isWarning = text.lower.startsWith(intro, Math.max(0, at - intro.length)) && at >= intro.length;
  const start = isWarning ? at - intro.length : at;
  const isRefusal =
    text.lower.slice(Math.max(0, at - 16), at).endsWith(' is forbidden: ') ||
    text.lower.slice(Math.max(0, at - 14), at).endsWith(' is invalid: : ');
  const first = nameIn(text, nameAt);
  if (first === undefined) return undefined;
  if (first.name === undefined) {
    if (!isWarning && !isRefusal) return undefined;
    return { ...findingOf(text, { kind, start, end: text.flat.length, isWarning }), isWhole: false };
  }
  const { name: policy } = first;
  let { end } = first;
  let binding: string | undefined;
  const withBinding = standsAt(text, end, ' with binding ');
  if (withBinding === 'whole') {
    const second = nameIn(text, end + ' with binding '.length);
    if (second === undefined) return undefined;
    if (second.name === undefined) {
      return { ...findingOf(text, { kind, start, end: second.end, policy, isWarning }), isWhole: false };
    }
    ({ name: binding, end } = second);
  }
  const words = isWarning ? ':' : ' denied request:';
  const said = standsAt(text, end, words);
  if (said === 'whole') {
    const message = messageFrom(text, end + words.length);
    return {
      ...findingOf(text, { kind, start, end: message.end, policy, binding, message, isWarning }),
      isWhole: true,
    };
  }
  const isCut = said === 'cut' || withBinding === 'cut';
  const isMine = isWarning || isRefusal || binding !== undefined || (isCut && !endsAt(text.lower, end));
  if (!isCut || !isMine) return undefined;
  return { ...findingOf(text, { kind, start, end: text.lineEnd(end), policy, binding, isWarning }), isWhole: false };
}

/** A name in quotation marks: those of YAML stand twice. Without a name where the text is cut within it. */
function nameIn({ flat, lower }: ErrorText, at: number): { name: string | undefined; end: number } | undefined {
  const mark = ["''", "'", '"'].find((each) => flat.startsWith(each, at));
  if (mark === undefined) return undefined;
  const from = at + mark.length;
  const found = flat.slice(from, from + nameLengthMax).indexOf(mark);
  const name = flat.slice(from, found < 0 ? Math.min(flat.length, from + nameLengthMax) : from + found);
  if (found < 0) {
    const isCut = flat.length <= from + nameLengthMax && !name.includes(' ');
    return isCut && endsAt(lower, flat.length) ? { name: undefined, end: flat.length } : undefined;
  }
  if (name === '' || name.includes(' ')) return undefined;
  return name.endsWith('…') ? { name: undefined, end: from + found } : { name, end: from + found + mark.length };
}

interface Read {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly policy?: string | undefined;
  readonly binding?: string | undefined;
  readonly message?: Span | undefined;
  readonly isWarning: boolean;
}

function findingOf(text: ErrorText, { kind, start, end, policy, binding, message, isWarning }: Read): Finding {
  const span = { start, end };
  const demand = message === undefined ? undefined : demandOf(text.flat.slice(message.start, message.end));
  return {
    category: 'vap',
    engine: kind.toLowerCase(),
    policy,
    rule: binding,
    certainty: 'stated',
    passed: isWarning,
    span,
    evidence: [span],
    sentence: sentenceOf({ kind, policy, binding, demand, isWarning }),
    suspects: (candidates) =>
      policy === undefined
        ? { certain: [], possible: [] }
        : policyBindings({ kind, policy, binding }, candidates, isWarning ? ['warn'] : refusing),
    steps: (suspects, about) => admissionPolicySteps({ kind, policy, binding, demand, isWarning }, suspects, about),
  };
}

function sentenceOf(told: {
  readonly kind: Kind;
  readonly policy: string | undefined;
  readonly binding: string | undefined;
  readonly demand: Demand | undefined;
  readonly isWarning: boolean;
}): string {
  const { kind, policy, binding, demand, isWarning } = told;
  const maker = policy === undefined ? undefined : makerOf(policy);
  const who = [
    policy === undefined ? `A ${kind} whose name is cut off` : `The ${kind} ${shown(policy)}`,
    ...(binding === undefined ? [] : [`, by its binding ${shown(binding)},`]),
  ].join('');
  const what = demand === undefined ? '' : whatOf(demand);
  const did = isWarning ? 'let the request pass with a warning' : 'refused the request';
  const made = maker === undefined ? '' : ` Policies with such names are written by ${maker}.`;
  return `${who} ${did}${what}.${made}`;
}

function whatOf(demand: Demand): string {
  switch (demand.is) {
    case 'message':
      return `: ${cited(demand.message, 300)}`;
    case 'expression':
      return `: this is not true of it: ${cited(demand.expression, 300)}`;
    case 'fault':
      return ` because it could not be evaluated: ${cited(demand.fault, 300)}`;
    case 'unbound':
      return ` because it is not set up as it must be: ${cited(demand.fault, 300)}`;
    default:
      return demand satisfies never;
  }
}

const auditKey = 'validation.policy.admission.k8s.io/validation_failure';
const auditLengthMax = 3_000;

/** An annotation of an audit event: a list of what was not met, as JSON in a string. */
const audited: Signature = {
  anchors: [auditKey],
  read(text, at) {
    const entry = { start: at, end: Math.min(text.flat.length, at + auditLengthMax) };
    const policy = quotedField(text, 'policy', entry);
    if (policy === undefined) return undefined;
    const binding = quotedField(text, 'binding', entry);
    const message = quotedField(text, 'message', entry);
    const end = Math.max(policy.end, binding?.end ?? 0, message?.end ?? 0);
    const name = text.flat.slice(policy.start, policy.end);
    const bound = binding === undefined ? undefined : text.flat.slice(binding.start, binding.end);
    const kind = 'ValidatingAdmissionPolicy';
    const found = findingOf(text, { kind, start: at, end, policy: name, binding: bound, message, isWarning: true });
    return {
      ...found,
      sentence: `The audit log says that the request did not meet the ${kind} ${shown(name)}${message === undefined ? '' : `: ${cited(text.flat.slice(message.start, message.end), 300)}`}.`,
      suspects: (candidates) =>
        policyBindings({ kind, policy: name, binding: bound }, candidates, ['audit', 'warn', 'deny']),
    };
  },
};

export const admissionPolicySignatures: readonly Signature[] = [denied, mutationDenied, audited];

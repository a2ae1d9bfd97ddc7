/**
 * What Kyverno writes beside denials: events, warnings, reports, and the words of its command line. They tell of policies that
 * only audit as well.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/event/events.go
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/webhooks/utils/warning.go
 */
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { format, quoted, text, word } from '../format.ts';
import { firstWithin, lastWithin, lineEnd } from '../places.ts';
import { celKinds, ruleKinds } from '../suspects/kyverno-kinds.ts';
import { judgedObject, kyvernoFinding, type KyvernoTold } from './kyverno-told.ts';

const anyKind = [...ruleKinds, ...celKinds];

/** `policy 'p' (Validation) rule 'r' failed. message`, of releases before 1.7. */
const quotedForm = format`policy '${quoted('policy', "'")}' (${word('type')}) rule '${quoted('rule', "'")}' ${word('status')}`;
/** `policy p -> resource shop/Pod/web failed: 1 - r: message`, of the command line. */
const commandForm = format`policy ${word('policy')} -> resource ${word('resource')} failed:`;
/** `Warning: policy p.r: message` */
const warningForm = format`policy ${word('name')}: ${text('message')}`;

/** Events and warnings begin with the word. */
const policyWords: Signature = {
  anchors: ['policy '],
  read(from, at) {
    const told = quotedEvent(from, at) ?? plainEvent(from, at) ?? commandLine(from, at) ?? warning(from, at);
    return told === undefined ? undefined : kyvernoFinding(told);
  },
};

function quotedEvent(from: ErrorText, at: number): KyvernoTold | undefined {
  const found = quotedForm.read(from, at);
  const { policy, rule, status = '' } = found?.parts ?? {};
  if (found === undefined || policy === undefined) return undefined;
  if (!found.cut && status.toLowerCase() !== 'failed' && status.toLowerCase() !== 'error') return undefined;
  const end = lineEnd(from, found.end);
  const message = withoutStop(from.flat.slice(found.end, end));
  return { policy, rule, message, kinds: ruleKinds, outcome: 'noted', span: { start: at, end } };
}

function withoutStop(words: string): string {
  const rest = words.trim();
  return rest.startsWith('.') ? rest.slice(1).trim() : rest;
}

const verdicts = [' fail: ', ' error: ', ' warn: ', ' fail (blocked)'];

/** `policy p/r fail: message`; rules may have blanks in their names. */
function plainEvent(from: ErrorText, at: number): KyvernoTold | undefined {
  const { flat, lower } = from;
  const start = at + 'policy '.length;
  const slash = firstWithin(flat, '/', start, start + 254);
  if (slash < 0 || !isName(flat.slice(start, slash))) return undefined;
  const window = lower.slice(slash, slash + 160);
  const ends = verdicts.map((verdict) => window.indexOf(verdict)).filter((index) => index > 0);
  if (ends.length === 0) return undefined;
  const verdictAt = slash + Math.min(...ends);
  const names = flat.slice(start, verdictAt);
  // A colon before the verdict belongs to another message.
  if (names.includes(':') || names.includes('"')) return undefined;
  const end = lineEnd(from, verdictAt);
  const colon = firstWithin(flat, ':', verdictAt, end);
  const message = colon < 0 ? '' : flat.slice(colon + 1, end).trim();
  const isBlocked = lower.slice(verdictAt, verdictAt + 20).includes('(blocked)');
  const parts = names.split('/');
  // Of a namespaced policy some releases write the namespace too.
  const [policy, rule] = parts.length === 3 ? [parts[1], parts[2]] : [parts[0], parts.slice(1).join('/')];
  const outcome = isBlocked ? 'refused' : 'noted';
  return { policy, rule: rule === '' ? undefined : rule, message, kinds: anyKind, outcome, span: { start: at, end } };
}

function isName(name: string): boolean {
  return /^[a-z0-9._-]+$/.test(name);
}

function commandLine(from: ErrorText, at: number): KyvernoTold | undefined {
  const found = commandForm.read(from, at);
  const { policy, resource } = found?.parts ?? {};
  if (found === undefined || policy === undefined || !isName(policy)) return undefined;
  const { flat } = from;
  // The rules follow with their numbers: `1 - check-owner validation error: …` or `1. check-owner: …`
  const line = flat.slice(found.end, found.end + 400).trimStart();
  const lead = ['1 - ', '1. ', '1: '].find((each) => line.startsWith(each));
  const [name = ''] = lead === undefined ? [] : line.slice(lead.length).split(' ', 1);
  const rule = name.endsWith(':') ? name.slice(0, -1) : name;
  const textStart = found.end + 1;
  const end = lead === undefined ? found.end : lineEnd(from, textStart);
  const message = lead === undefined ? '' : afterRule(flat.slice(textStart, end), name);
  return {
    policy,
    rule: rule === '' ? undefined : rule,
    message,
    object: resource === undefined ? undefined : commandObject(resource),
    kinds: anyKind,
    outcome: 'noted',
    span: { start: at, end },
  };
}

function afterRule(line: string, name: string): string {
  const at = line.indexOf(name);
  return at < 0 ? line.trim() : line.slice(at + name.length).trim();
}

/** `namespace/Kind/name` */
function commandObject(resource: string): KyvernoTold['object'] {
  const [namespace = '', kind = '', name = ''] = resource.split('/', 3);
  return judgedObject(`${kind}/${namespace}/${name}`);
}

/** Of a policy with emitWarning or the action Warn. */
function warning(from: ErrorText, at: number): KyvernoTold | undefined {
  const { flat, lower } = from;
  if (!lower.slice(Math.max(0, at - 9), at).endsWith('warning: ')) return undefined;
  const end = lineEnd(from, at);
  const shared = { outcome: 'warned', certainty: 'likely', span: { start: at, end } } as const;
  const start = at + 'policy '.length;
  const blank = firstWithin(flat, ' ', start, start + 254);
  const verdict = [' failed: ', ' error: '].find((each) => lower.startsWith(each, blank));
  if (blank > 0 && verdict !== undefined && isName(flat.slice(start, blank))) {
    const message = flat.slice(blank + verdict.length, end).trim();
    return { ...shared, policy: flat.slice(start, blank), rule: undefined, message, kinds: celKinds };
  }
  const { name, message = '' } = warningForm.read(from, at)?.parts ?? {};
  const dot = name?.indexOf('.') ?? -1;
  if (name === undefined || dot <= 0 || dot === name.length - 1 || !isName(name.slice(0, dot))) return undefined;
  // The names may hold dots themselves; rules hardly do, so the last one counts.
  const last = name.lastIndexOf('.');
  return { ...shared, policy: name.slice(0, last), rule: name.slice(last + 1), message, kinds: ruleKinds };
}

/** `Rule(s) 'r' of policy 'p' failed to apply on the resource`, of old releases. */
const oldForm = format`rule(s) '${quoted('rule', "'")}' of policy '${quoted('policy', "'")}' failed to apply`;
/** The same on the policy itself, which it does not name. */
const oldPolicyForm = format`rule(s) '${quoted('rule', "'")}' failed to apply on resource ${word('resource')}`;

const oldEvent: Signature = {
  anchors: ["rule(s) '"],
  read(from, at) {
    const found = oldForm.read(from, at);
    const ofPolicy = oldPolicyForm.read(from, at);
    const whole = found?.parts.policy === undefined && ofPolicy?.parts.resource !== undefined ? ofPolicy : found;
    if (whole === undefined) return undefined;
    const [rule] = (whole.parts.rule ?? '').split(/[;,]/, 1);
    return kyvernoFinding({
      policy: found?.parts.policy ?? policyBefore(from, at),
      rule: rule === '' ? undefined : rule,
      message: '',
      kinds: ruleKinds,
      outcome: 'noted',
      span: { start: at, end: Math.max(whole.end, Math.min(from.lineEnd(at), whole.end + 40)) },
    });
  },
};

/** `Failed to satisfy policy on resource 'shop/web'.The following rule(s) 'r;' failed to apply.`, of the first releases. */
const firstForm = format`following rule(s) '${quoted('rule', "'")}' failed to apply`;

const firstEvent: Signature = {
  anchors: ["following rule(s) '"],
  read(from, at) {
    const found = firstForm.read(from, at);
    const start = lastWithin(from.lower, 'failed to satisfy policy', at - 400, at);
    if (found === undefined || start < 0) return undefined;
    const [rule] = (found.parts.rule ?? '').split(/[;,]/, 1);
    return kyvernoFinding({
      policy: undefined,
      rule: rule === '' ? undefined : rule,
      message: '',
      kinds: ruleKinds,
      outcome: 'noted',
      span: { start, end: lineEnd(from, found.end, 60) },
    });
  },
};

/** The policy that an event is about, in the table of events: `clusterpolicy/name`. */
function policyBefore({ flat, lower }: ErrorText, at: number): string | undefined {
  const from = Math.max(0, at - 400);
  const before = lower.slice(from, at);
  // As YAML the event names its object with the kind in front.
  const object = before.lastIndexOf('policy name: ');
  if (object >= 0) {
    const [name = ''] = flat.slice(from + object + 'policy name: '.length, at).split(' ', 1);
    return isName(name) ? name : undefined;
  }
  const start = Math.max(before.lastIndexOf('policy/'), before.lastIndexOf('policy '));
  if (start < 0) return undefined;
  const [name = ''] = flat.slice(from + start + 'policy/'.length, at).split(' ', 1);
  return before.startsWith('policy/', start) && isName(name) ? name : undefined;
}

/** `Pod shop/web: [r] fail (blocked); message`, an event of the policy. */
const policyEvent: Signature = {
  anchors: ['] fail (blocked)', '] fail; ', '] error (blocked)', '] error; '],
  read(from, at) {
    const { flat, lower } = from;
    const open = lastWithin(flat, ': [', at - 90, at);
    if (open < 0) return undefined;
    const before = flat.slice(Math.max(0, open - 340), open).split(' ');
    const name = before.at(-1) ?? '';
    const [first = '', second] = name.split('/', 2);
    const object = second === undefined ? { namespace: '', name: first } : { namespace: first, name: second };
    const kind = before.at(-2) ?? '';
    if (object.name === '' || !/^[A-Z]/.test(kind)) return undefined;
    const end = lineEnd(from, at);
    const semicolon = firstWithin(flat, '; ', at, end);
    const isBlocked = lower.slice(at, at + 20).includes('(blocked)');
    const isEvent = isBlocked || lower.slice(Math.max(0, open - 400), open).includes('policyviolation');
    return kyvernoFinding({
      policy: policyBefore(from, open - kind.length - name.length - 1),
      rule: flat.slice(open + 3, at),
      message: semicolon < 0 ? '' : flat.slice(semicolon + 2, end).trim(),
      object: { kind, ...object },
      kinds: anyKind,
      outcome: isBlocked ? 'refused' : 'noted',
      certainty: isEvent ? 'stated' : 'likely',
      span: { start: open - name.length - kind.length - 1, end },
    });
  },
};

const reportWindow = 1_500;

/** A result in a policy report, where `source` says whose it is; keys in the order of the alphabet, as they are printed. */
const report: Signature = {
  anchors: ['source: kyverno', '"source":"kyverno', '"source": "kyverno'],
  read(from, at) {
    const { flat, lower } = from;
    const start = Math.max(0, at - reportWindow);
    const before = lower.slice(start, at);
    const result = fieldIn(before, flat, start, 'result');
    const policy = fieldIn(before, flat, start, 'policy');
    if (policy === undefined || result === undefined || !['fail', 'error', 'warn'].includes(result.value)) {
      return undefined;
    }
    const rule = fieldIn(before, flat, start, 'rule');
    const end = Math.min(from.lineEnd(at), at + 40);
    const fromPolicy = policy.start;
    return kyvernoFinding({
      policy: policy.value,
      rule: rule === undefined || rule.start < fromPolicy ? undefined : rule.value,
      message: '',
      kinds: anyKind,
      outcome: 'noted',
      span: { start: fromPolicy, end },
      evidence: [{ start: fromPolicy, end }],
    });
  },
};

/** The last field of a name before a place, as YAML or JSON. */
function fieldIn(
  before: string,
  flat: string,
  offset: number,
  field: string,
): { readonly value: string; readonly start: number } | undefined {
  const at = Math.max(before.lastIndexOf(` ${field}: `), before.lastIndexOf(`"${field}":`));
  if (at < 0) return undefined;
  const colon = before.indexOf(':', at);
  const [value = ''] = flat
    .slice(offset + colon + 1, offset + before.length)
    .trimStart()
    .split(/[ ",}]/, 2)
    .filter((part) => part !== '');
  return value === '' ? undefined : { value, start: offset + at + 1 };
}

/** The words of a rule without its policy, as people quote them. */
const bareRule: Signature = {
  anchors: [' failed at path /'],
  read(from, at) {
    const { flat, lower } = from;
    const window = Math.max(0, at - 120);
    const start = lower.slice(window, at).lastIndexOf('rule ');
    if (start < 0) return undefined;
    const rule = flat.slice(window + start + 'rule '.length, at);
    const error = lower.slice(Math.max(0, at - 600), at).lastIndexOf('validation error: ');
    if (rule === '' || rule.includes('. ')) return undefined;
    const begin = error < 0 ? window + start : Math.max(0, at - 600) + error;
    const end = lineEnd(from, at, 400);
    return kyvernoFinding({
      policy: undefined,
      rule: withoutNumber(rule),
      message: flat.slice(begin, end),
      kinds: ruleKinds,
      outcome: 'noted',
      certainty: 'likely',
      span: { start: begin, end },
    });
  },
};

/** Of several patterns each has a number: `check-owner[1]`. */
function withoutNumber(rule: string): string {
  const open = rule.lastIndexOf('[');
  return open > 0 && /^[0-9]+$/.test(rule.slice(open + 1, -1)) && rule.endsWith(']') ? rule.slice(0, open) : rule;
}

export const kyvernoEventSignatures: readonly Signature[] = [
  policyWords,
  firstEvent,
  oldEvent,
  policyEvent,
  report,
  bareRule,
];

/**
 * Kyverno: denials, warnings and events. The webhook that could not be asked, and policies of Kyverno that are invalid
 * themselves, are none of these.
 *
 * @see https://github.com/kyverno/kyverno/tree/v1.19.1/pkg/webhooks
 */
import type { ErrorText } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { firstWithin, lastWithin, lineEnd } from '../places.ts';
import { celKinds, kindsByHook, ruleKinds } from '../suspects/kyverno-kinds.ts';
import { blockedRules } from './kyverno-block.ts';
import { kyvernoEventSignatures } from './kyverno-events.ts';
import { kyvernoLogSignatures } from './kyverno-log.ts';
import { type JudgedObject, judgedObject, kyvernoFinding } from './kyverno-told.ts';

/** What stands behind the object of a block, and the word in front of it; the latter two are of the releases 1.8 to 1.10. */
const blocks = [
  { words: 'was blocked due to the following polic', lead: 'resource ' },
  { words: 'for resource violation', lead: 'policy ' },
  { words: 'for resource error', lead: 'policy ' },
] as const;
/** What stands before a block and belongs to it. */
const headLengthMax = 700;
const blockLengthMax = 8_000;
const hookWords = 'admission webhook "';
const deniedWords = '" denied the request';

/** `resource Pod/shop/web was blocked due to the following policies` and what follows. */
const blocked: Signature = {
  anchors: blocks.map(({ words }) => words),
  read(from, at) {
    const { flat, lower } = from;
    const block = blocks.find(({ words }) => lower.startsWith(words, at));
    const object = block === undefined ? undefined : objectBefore(from, at, block.lead);
    if (block === undefined || object === undefined) return undefined;
    let body = at + block.words.length;
    while (/^[a-z:.]/.test(lower.charAt(body))) body += 1;
    const next = firstWithin(lower, block.words, body, body + blockLengthMax);
    const rules = blockedRules(from, body, next < 0 ? flat.length : next);
    const hook = hookBefore(from, at);
    // The words of the older form are everybody's.
    if (block.lead === 'policy ' && hook === undefined && rules.length === 0) return undefined;
    const start = hook?.start ?? object.start;
    const shared = { object: object.judged, kinds: ruleKinds, outcome: 'refused' as const };
    if (rules.length === 0) {
      const span = { start, end: body };
      return kyvernoFinding({ ...shared, policy: hook?.policy, rule: undefined, message: '', span });
    }
    return rules.map(({ policy, rule, message, span }, index) =>
      kyvernoFinding({
        ...shared,
        policy,
        rule,
        message,
        span: index === 0 ? { start, end: span.end } : span,
        evidence: [span],
      }),
    );
  },
};

function objectBefore(
  { flat, lower }: ErrorText,
  at: number,
  lead: string,
): { readonly start: number; readonly judged: JudgedObject } | undefined {
  const start = lastWithin(lower, lead, at - 600, at);
  if (start < 0) return undefined;
  const words = flat.slice(start + lead.length, at).trim();
  const judged = words.includes(' ') ? undefined : judgedObject(words);
  return judged === undefined ? undefined : { start, judged };
}

interface Hook {
  readonly start: number;
  readonly end: number;
  readonly kinds: readonly string[];
  /** Of a webhook that there is for one policy. */
  readonly policy: string | undefined;
}

function hookBefore(from: ErrorText, at: number): Hook | undefined {
  const start = lastWithin(from.lower, hookWords, at - headLengthMax, at);
  return start < 0 ? undefined : hookAt(from, start);
}

/** The webhook of policies, by its name; undefined for another, that of Kyverno for its own objects among them. */
function hookAt({ flat, lower }: ErrorText, start: number): Hook | undefined {
  const from = start + hookWords.length;
  const end = firstWithin(flat, '"', from, from + 600);
  if (end < 0) return undefined;
  const name = lower.slice(from, end);
  const service = name.indexOf('kyverno.svc');
  const before = service < 0 ? [] : name.slice(0, service).split('.');
  const [first = '', second] = before;
  const kinds = Object.hasOwn(kindsByHook, first) ? kindsByHook[first] : undefined;
  const verb = kinds === undefined ? first : second;
  if (verb !== 'validate' && verb !== 'mutate') return undefined;
  const own = name.indexOf('-finegrained-');
  const policy = own < 0 ? '' : name.slice(own + '-finegrained-'.length);
  return { start, end, kinds: kinds ?? ruleKinds, policy: policy === '' ? undefined : policy };
}

/** Other words of a webhook of Kyverno: policies in CEL, mutations, or a text that ends there. */
const deniedOtherwise: Signature = {
  anchors: ['kyverno.svc'],
  read(from, at) {
    const { flat, lower } = from;
    const hook = hookBefore(from, at);
    if (hook === undefined || hook.end < at || !lower.startsWith(deniedWords, hook.end)) return undefined;
    let body = hook.end + deniedWords.length;
    while (': '.includes(flat.charAt(body)) && body < flat.length) body += 1;
    const bound = nextHook(from, body);
    const behind = lower.slice(body, body + 900);
    if (blocks.some(({ words }) => behind.includes(words))) return undefined;
    const told = judgedPolicies(from, { body, bound, hook });
    if (told.length > 0) return told;
    const end = Math.min(lineEnd(from, body), bound);
    return kyvernoFinding({
      ...mutationIn(from, body, end, hook),
      span: { start: hook.start, end },
      outcome: 'refused',
    });
  },
};

function nextHook({ flat, lower }: ErrorText, from: number): number {
  const next = firstWithin(lower, hookWords, from, from + bodyLengthMax);
  return next < 0 ? flat.length : next;
}

/** Policies in one refusal, and characters of it. */
const policiesMax = 8;
const bodyLengthMax = 4_000;

/** `Policy a failed: message; Policy b error: message`. */
function judgedPolicies(
  from: ErrorText,
  { body, bound, hook }: { readonly body: number; readonly bound: number; readonly hook: Hook },
): Finding[] {
  const { flat, lower } = from;
  const starts: { readonly at: number; readonly name: string; readonly words: number }[] = [];
  const last = Math.min(bound, body + bodyLengthMax);
  for (let at = firstWithin(lower, 'policy ', body, last); at >= 0 && starts.length < policiesMax; ) {
    const verdict = verdictAt(from, at);
    const isFirst = starts.length === 0 && (at === body || flat.charAt(at - 1) === '[');
    if (verdict !== undefined && (isFirst || flat.startsWith('; ', at - 2))) starts.push({ at, ...verdict });
    at = firstWithin(lower, 'policy ', at + 1, last);
  }
  return starts.map(({ at, name, words }, index) => {
    const end = starts[index + 1]?.at ?? endOfLast(from, words, last, starts.length === 1);
    return kyvernoFinding({
      policy: name,
      rule: undefined,
      message: withoutJoint(flat.slice(words, end).trim()),
      kinds: hook.kinds === ruleKinds ? [...celKinds] : hook.kinds,
      outcome: 'refused',
      span: { start: index === 0 ? hook.start : at, end },
      evidence: [{ start: at, end }],
    });
  });
}

/** What joins it with the next, or ends the list. */
function withoutJoint(message: string): string {
  const isList = message.endsWith(']') && !message.includes('[');
  return message.endsWith(';') || isList ? message.slice(0, -1) : message;
}

/** The end of the line; where the message begins a line of its own, it may have several. */
function endOfLast(from: ErrorText, words: number, last: number, isOnly: boolean): number {
  let end = lineEnd(from, words);
  if (!isOnly || from.flat.slice(words, end).trim() !== '') return Math.min(end, last);
  for (let lines = 0; lines < linesMax && end < last; lines += 1) end = lineEnd(from, end + 1);
  return Math.min(end, last);
}

const linesMax = 3;

/** `Policy name failed: ` or `Policy name error: ` at a place; the colon is lost in some copies. */
function verdictAt({ flat, lower }: ErrorText, at: number): { name: string; words: number } | undefined {
  const start = at + 'policy '.length;
  const blank = firstWithin(flat, ' ', start, start + 254);
  const colon = firstWithin(flat, ':', start, start + 254);
  // The policies that change objects say no verdict.
  if (colon > start && (blank < 0 || colon < blank)) {
    return { name: flat.slice(start, colon), words: colon + 1 };
  }
  if (blank < 0) return undefined;
  const verdict = ['failed', 'error'].find((word) => lower.startsWith(word, blank + 1));
  if (verdict === undefined) return undefined;
  const end = blank + 1 + verdict.length;
  const after = flat.charAt(end);
  if (after !== '' && after !== ':' && after !== ' ') return undefined;
  return { name: flat.slice(start, blank), words: after === ':' ? end + 1 : end };
}

/** `mutation policy p error: failed to apply policy p rules [r: message]`. */
function mutationIn(
  { flat, lower }: ErrorText,
  body: number,
  end: number,
  hook: Hook,
): { policy: string | undefined; rule: string | undefined; message: string; kinds: readonly string[] } {
  const message = flat.slice(body, end).trim();
  const words = 'mutation policy ';
  const at = firstWithin(lower, words, body, end);
  const nothing = { policy: hook.policy, rule: undefined, message, kinds: hook.kinds };
  if (at < 0) return nothing;
  const blank = firstWithin(flat, ' ', at + words.length, end);
  if (blank < 0 || !lower.startsWith(' error', blank)) return nothing;
  const list = firstWithin(flat, ' rules [', blank, end);
  const colon = list < 0 ? -1 : firstWithin(flat, ':', list, list + 90);
  const rule = colon < 0 ? undefined : flat.slice(list + ' rules ['.length, colon);
  return { policy: flat.slice(at + words.length, blank), rule, message, kinds: hook.kinds };
}

export const kyvernoSignatures: readonly Signature[] = [
  blocked,
  deniedOtherwise,
  ...kyvernoEventSignatures,
  ...kyvernoLogSignatures,
];

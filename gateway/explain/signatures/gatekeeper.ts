/**
 * Gatekeeper: denials and warnings, one line a violation with the constraint's name in brackets. The kind of the constraint is
 * not said, and others write brackets too, so what stands around them decides.
 *
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/webhook/policy.go
 * @see https://github.com/open-policy-agent/gatekeeper/blob/v3.23.1/pkg/expansion/aggregate.go (Implied by)
 */
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { firstWithin } from '../places.ts';
import { gatekeeperEventSignatures } from './gatekeeper-events.ts';
import { gatekeeperFinding } from './gatekeeper-told.ts';

const denied = 'admission webhook "validation.gatekeeper.sh" denied the request';
const violationsMax = 24;
const bodyLengthMax = 8_000;
const nameLengthMax = 253;

interface Violation {
  readonly constraint: string;
  readonly message: string;
  readonly span: Span;
}

const denial: Signature = {
  anchors: [denied],
  read(from, at) {
    const { flat, lower } = from;
    let body = at + denied.length;
    while (body < flat.length && ': "*'.includes(flat.charAt(body))) body += 1;
    const next = firstWithin(lower, 'admission webhook "', body, body + bodyLengthMax);
    const bound = Math.min(next < 0 ? flat.length : next, body + bodyLengthMax);
    const violations = violationsFrom(from, body, bound);
    // Anything else is said of objects of Gatekeeper itself, and of its own mistakes.
    if (violations.length === 0) {
      const isCut = isCutBracket(from, body);
      return isCut ? nameless(at, flat.length) : undefined;
    }
    return toFindings(violations, at, lower.slice(Math.max(0, at - 40), at).includes('dryrun') ? 'noted' : 'refused');
  },
};

function nameless(start: number, end: number): Finding {
  const span = { start, end };
  return gatekeeperFinding({ constraint: undefined, messages: [], outcome: 'refused', span });
}

/** The text ends before the name is whole. */
function isCutBracket({ flat }: ErrorText, at: number): boolean {
  const rest = flat.slice(at, at + nameLengthMax + 20).trim();
  return (
    rest === '' ||
    ((rest.startsWith('[') || rest === '…') && !rest.includes(']') && at + rest.length + 2 >= flat.length)
  );
}

/** A finding for each place; those of one constraint tell all that it says. */
function toFindings(violations: readonly Violation[], start: number, outcome: 'refused' | 'noted'): Finding[] {
  const messages = Map.groupBy(violations, ({ constraint }) => constraint);
  return violations.map(({ constraint, span }, index) =>
    gatekeeperFinding({
      constraint,
      messages: (messages.get(constraint) ?? []).map(({ message }) => message),
      outcome,
      span: index === 0 ? { start, end: span.end } : span,
      evidence: [span],
    }),
  );
}

function violationsFrom(from: ErrorText, body: number, bound: number): readonly Violation[] {
  const { flat } = from;
  const starts: { readonly at: number; readonly constraint: string; readonly words: number }[] = [];
  for (
    let at = firstWithin(flat, '[', body, bound);
    at >= 0 && starts.length < violationsMax;
    at = firstWithin(flat, '[', at + 1, bound)
  ) {
    const bracket = bracketAt(from, at);
    if (bracket === undefined) continue;
    // Only the first stands right behind the head: without it this is no list of violations.
    if (starts.length === 0 && flat.slice(body, at).trim() !== '') break;
    const isKnown = starts.some(({ constraint }) => constraint === bracket.constraint);
    if (starts.length > 0 && !beginsViolation(from, at, { isKnown, ...bracket })) continue;
    starts.push({ at, ...bracket });
  }
  return starts.map(({ at, constraint, words }, index) => {
    const next = starts[index + 1]?.at ?? bound;
    const end = messageEnd(from, words, next, index < starts.length - 1);
    return { constraint, message: withoutQuote(flat.slice(words, end).trim()), span: { start: at, end } };
  });
}

/** The mark that ends the string in which the whole text stands. */
function withoutQuote(message: string): string {
  const mark = message.at(-1) ?? '';
  const isAlone = (mark === '"' || mark === "'") && message.split(mark).length % 2 === 0;
  return isAlone ? message.slice(0, -1) : message;
}

/** Behind the first: at the beginning of a line; within one a name that is there already, or what hardly stands for another thing. */
function beginsViolation(
  from: ErrorText,
  at: number,
  { isKnown, isOld, constraint }: { readonly isKnown: boolean; readonly isOld: boolean; readonly constraint: string },
): boolean {
  const { flat } = from;
  if (isKnown || isOld) return true;
  if (from.lineEnd(at - 1) === at - 1) return true;
  const before = flat.charAt(at - 2);
  return (
    flat.charAt(at - 1) === ' ' &&
    constraint.includes('-') &&
    !':,=(['.includes(before) &&
    /^[A-Z<{]/.test(flat.slice(at + constraint.length + 3))
  );
}

interface Bracket {
  readonly constraint: string;
  /** Where the message begins. */
  readonly words: number;
  readonly isOld: boolean;
}

/** `[name] ` and, up to 3.3, `[denied by name] `. */
function bracketAt({ flat }: ErrorText, at: number): Bracket | undefined {
  const close = firstWithin(flat, ']', at, at + nameLengthMax + 12);
  if (close < 0) return undefined;
  const inner = flat.slice(at + 1, close);
  const isOld = inner.startsWith('denied by ');
  const constraint = isOld ? inner.slice('denied by '.length) : inner;
  const after = flat.charAt(close + 1);
  if (!/^[a-z0-9.-]+$/.test(constraint)) return undefined;
  // kubectl puts the whole refusal in parentheses, where some copies leave its words out.
  if (isOld && flat.startsWith('): ', close + 1)) return { constraint, words: close + 4, isOld };
  if (after !== ' ' && after !== '') return undefined;
  return { constraint, words: Math.min(close + 2, flat.length), isOld };
}

/** With the line; the last line of a message that another one follows goes on to that. */
function messageEnd(from: ErrorText, words: number, next: number, isFollowed: boolean): number {
  const lineEnd = Math.min(from.lineEnd(words), next);
  if (isFollowed) return next - 1;
  const [first = ''] = from.flat.slice(lineEnd + 1, Math.min(next, lineEnd + 80)).split(' ', 1);
  // What was wrapped goes on in small letters; a word with a colon begins something else.
  const goesOn = lineEnd < next && /^[a-z]/.test(first) && !/[:=/]/.test(first);
  return goesOn ? Math.min(from.lineEnd(lineEnd + 1), next) : lineEnd;
}

/** The same words without the webhook that said them. */
const deniedBy: Signature = {
  anchors: ['[denied by '],
  read(from, at) {
    const bracket = bracketAt(from, at);
    if (bracket === undefined || isOfWarden(from, at)) return undefined;
    return toldInLine(from, at, bracket, 'refused');
  },
};

/** What a line says in brackets and behind them, without the webhook that would make it sure. */
function toldInLine(
  from: ErrorText,
  start: number,
  { constraint, words }: Bracket,
  outcome: 'refused' | 'warned',
): Finding {
  const end = Math.min(from.lineEnd(words), words + 2_000);
  const messages = [from.flat.slice(words, end).trim()];
  return gatekeeperFinding({ constraint, messages, outcome, certainty: 'likely', span: { start, end } });
}

/** Policies of the platform that GKE Warden enforces are told in the same brackets. */
function isOfWarden({ lower }: ErrorText, at: number): boolean {
  return lower.slice(Math.max(0, at - 800), at + 400).includes('warden');
}

/** `Warning: [name] message`, also beside a denial. */
const warning: Signature = {
  anchors: ['warning: ['],
  read(from, at) {
    const start = at + 'warning: '.length;
    const bracket = bracketAt(from, start);
    if (bracket === undefined || bracket.isOld) return undefined;
    return toldInLine(from, at, bracket, 'warned');
  },
};

/** Mutators refuse where they cannot be applied. */
const mutation: Signature = {
  anchors: ['admission webhook "mutation.gatekeeper.sh" denied the request'],
  read(from, at) {
    const words = at + 'admission webhook "mutation.gatekeeper.sh" denied the request'.length;
    const end = Math.min(from.lineEnd(words), words + 2_000);
    const message = from.flat.slice(words, end).trim();
    return gatekeeperFinding({
      constraint: undefined,
      messages: message === '' ? [] : [message.startsWith(':') ? message.slice(1).trim() : message],
      outcome: 'notMutated',
      span: { start: at, end },
    });
  },
};

export const gatekeeperSignatures: readonly Signature[] = [
  denial,
  mutation,
  ...gatekeeperEventSignatures,
  deniedBy,
  warning,
];

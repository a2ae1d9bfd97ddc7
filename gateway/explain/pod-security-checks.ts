/**
 * What Pod Security found, check by check: `reason (detail), reason (detail)`.
 *
 * @see https://github.com/kubernetes/pod-security-admission/blob/v0.36.3/policy/checks.go
 */
import type { ErrorText, Span } from './error-text.ts';
import { endOfRun } from './places.ts';

/** A check that was not passed. */
export interface Check extends Span {
  /** In lower case. */
  readonly reason: string;
  /** As the message says it. */
  readonly words: string;
  /** What in the pod; absent where the message tells none, or is cut within it. */
  readonly detail?: string | undefined;
}

/** Longer ones first where one begins like another. */
const reasons = [
  'allowprivilegeescalation != false',
  'forbidden apparmor profiles',
  'forbidden apparmor profile',
  'forbidden sysctls',
  'host namespaces',
  'hostpath volumes',
  'hostport',
  'hostprocess',
  'non-default capabilities',
  'privileged',
  'probe or lifecycle host',
  'procmount',
  'restricted volume types',
  'runasnonroot != true',
  'runasuser=0',
  'seccompprofile',
  'selinuxoptions',
  'unrestricted capabilities',
];
const checksMax = 24;
const detailLengthMax = 2_000;
/** Where a text that was cut goes on with something else. */
const otherWords = ['…', '...', ' is forbidden: ', 'podsecurity "', 'error creating: ', 'error from server'];

export interface Checks {
  readonly checks: readonly Check[];
  readonly end: number;
}

/** The checks that are listed from here on. */
export function readChecks(from: ErrorText, at: number): Checks {
  const checks: Check[] = [];
  let end = at;
  while (checks.length < checksMax) {
    const start = endOfRun(from.flat, end, 6, /[ ,*_>]/);
    const check = readCheck(from, start);
    if (check === undefined) break;
    checks.push(check);
    end = check.end;
    if (check.detail === undefined && from.flat.charAt(endOfRun(from.flat, end, 2, /[*_]/)) !== ',') break;
  }
  return { checks, end };
}

function readCheck(from: ErrorText, start: number): Check | undefined {
  const { flat, lower } = from;
  const reason = reasons.find((each) => lower.startsWith(each, start)) ?? unknownReason(from, start);
  if (reason === undefined) return undefined;
  const reasonEnd = start + reason.length;
  const open = endOfRun(flat, reasonEnd, 4, /[ *_]/);
  const words = flat.slice(start, reasonEnd);
  if (flat.charAt(open) !== '(') return { reason, words, start, end: reasonEnd };
  const window = lower.slice(open, open + detailLengthMax);
  const stops = otherWords.map((word) => window.indexOf(word)).filter((stop) => stop >= 0);
  const bound = Math.min(window.length, ...stops);
  const length = closedLength(window.slice(0, bound));
  if (length === undefined) return { reason, words, start, end: open + bound };
  return { reason, words, start, end: open + length, detail: flat.slice(open + 1, open + length - 1) };
}

/** Checks of versions to come have other reasons, but details in parentheses like these. */
function unknownReason({ flat, lower }: ErrorText, start: number): string | undefined {
  const end = endOfRun(flat, start, 60, /[A-Za-z0-9 !=-]/);
  const isReason = flat.charAt(end) === '(' && flat.charAt(end - 1) === ' ' && end - start > 4;
  return isReason ? lower.slice(start, end - 1) : undefined;
}

/** Up to the parenthesis that closes the first one. */
function closedLength(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

/** Part of a detail: of what it speaks. */
export interface Clause {
  readonly text: string;
  /** Whether the pod as a whole is meant, in place of its containers or beside them. */
  readonly pod: 'or' | 'and' | 'no';
  readonly containers: readonly string[];
  /** Whether something must be set that is not; otherwise something is set that must not be. */
  readonly mustSet: boolean;
}

const containersMax = 20;

/** Of `pod or container "a" must set x; container "b" must not set y`. */
export function clausesOf(detail: string): readonly Clause[] {
  return detail
    .split(';')
    .slice(0, containersMax)
    .map((part) => part.trim())
    .map((text) => ({
      text,
      pod: text.startsWith('pod or ') ? 'or' : text.startsWith('pod ') ? 'and' : 'no',
      containers: quotedAfter(text, 'container'),
      mustSet: text.includes(' must set '),
    }));
}

/** `"a", "b"` behind some words. */
export function quotedAfter(text: string, words: string): readonly string[] {
  const names: string[] = [];
  const wordsAt = text.indexOf(words);
  let open = wordsAt < 0 ? -1 : text.indexOf('"', wordsAt);
  while (open >= 0 && names.length < containersMax) {
    const close = text.indexOf('"', open + 1);
    if (close < 0) break;
    names.push(text.slice(open + 1, close));
    open = text.startsWith(', "', close + 1) ? close + 3 : -1;
  }
  return names;
}

/**
 * What Kyverno writes behind "was blocked due to the following policies": YAML of policies, their rules, and a message each.
 *
 *     require-owner:
 *       check-owner: 'validation error: say who owns it. rule check-owner failed at path
 *         /metadata/labels/owner/'
 *
 * It arrives whole, indented, wrapped at any width, within a quoted string of other YAML, or on one line. Messages are plain,
 * quoted or block scalars; a plain one holds no colon with a blank behind it, so on one line that is the next key.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/webhooks/utils/block.go
 * @see https://yaml.org/spec/1.2.2/#733-plain-style
 */
import type { ErrorText, Span } from '../error-text.ts';
import { firstWithin } from '../places.ts';

/** One rule that refused. */
export interface BlockedRule {
  readonly policy: string;
  /** Undefined where the text ends before it. */
  readonly rule: string | undefined;
  readonly message: string;
  readonly span: Span;
}

/** Characters of a block that are read, of one message, and rules. */
const blockLengthMax = 8_000;
const messageLengthMax = 2_000;
const rulesMax = 16;
/** Names of rules have up to 63 characters, generated ones included; they may hold blanks. */
const keyLengthMax = 253;
const ruleLengthMax = 80;

interface Key extends Span {
  readonly name: string;
  /** Blanks in front of its line; undefined where it begins none. */
  readonly indent: number | undefined;
  readonly endsLine: boolean;
}

/** What is read of one block. */
interface Block {
  readonly from: ErrorText;
  readonly bound: number;
  /** By where lines begin. */
  readonly indents: ReadonlyMap<number, number>;
}

/** @param at Behind the head. @param bound Where something else begins. */
export function blockedRules(from: ErrorText, at: number, bound: number): readonly BlockedRule[] {
  const lines = from.linesFrom(at, blockLengthMax).filter(({ start }) => start > at);
  const block: Block = {
    from,
    bound: Math.min(bound, at + blockLengthMax),
    indents: new Map(lines.map(({ start, indent }) => [start, indent])),
  };
  const rules: BlockedRule[] = [];
  let policy = keyAt(block, at);
  let start = policy?.start ?? at;
  let rule = policy === undefined ? undefined : keyAt(block, policy.end);
  while (policy !== undefined && isPolicyName(policy.name) && rules.length < rulesMax) {
    if (rule === undefined || rule.name.length > ruleLengthMax) {
      rules.push({ policy: policy.name, rule: undefined, message: '', span: { start, end: policy.end } });
      return rules;
    }
    const value = valueAt(block, rule, policy);
    rules.push({ policy: policy.name, rule: rule.name, message: value.message, span: { start, end: value.end } });
    const next = keyAt(block, value.end);
    if (next === undefined) return rules;
    start = next.start;
    const is = nextIs(block, next, { policy, rule });
    if (is === 'policy') {
      policy = next;
      rule = keyAt(block, next.end);
    } else if (is === 'rule') rule = next;
    else return rules;
  }
  return rules;
}

/** A key behind a message: another rule of the policy, another policy, or words that are no part of the block. */
function nextIs(
  block: Block,
  next: Key,
  { policy, rule }: { readonly policy: Key; readonly rule: Key },
): 'policy' | 'rule' | undefined {
  if (next.indent !== undefined && isStepped(policy, rule)) {
    if (next.indent === rule.indent) return next.name.length <= ruleLengthMax ? 'rule' : undefined;
    return next.indent === policy.indent && next.endsLine && isPolicyName(next.name) ? 'policy' : undefined;
  }
  if (!isPolicyName(next.name)) return undefined;
  // Without indentation a policy is what has a key right behind it.
  const below = keyAt(block, next.end);
  const hasKey = below !== undefined && isPolicyName(below.name);
  if (hasKey && (next.endsLine || next.indent === undefined)) return 'policy';
  return next.name.includes('-') ? 'rule' : undefined;
}

function isStepped(policy: Key, rule: Key): boolean {
  return policy.indent !== undefined && rule.indent !== undefined && rule.indent > policy.indent;
}

/** Names of objects; anything else is no policy. */
function isPolicyName(name: string): boolean {
  return /^[a-z0-9./_-]+$/.test(name);
}

/** What ends before a colon, on its line. */
function keyAt({ from, bound, indents }: Block, at: number): Key | undefined {
  const { flat } = from;
  const start = skipMargin(from, at, bound);
  const mark = flat.charAt(start);
  const isQuoted = mark === '"' || mark === "'";
  const lineEnd = from.lineEnd(start + 1);
  const last = Math.min(lineEnd, bound, start + keyLengthMax);
  const from1 = isQuoted ? start + 1 : start;
  const stop = isQuoted ? `${mark}:` : ':';
  for (
    let end = firstWithin(flat, stop, from1, last + 1);
    end > from1;
    end = firstWithin(flat, stop, end + 1, last + 1)
  ) {
    const after = end + stop.length;
    if (after < flat.length && flat.charAt(after) !== ' ') continue;
    const name = flat.slice(from1, end);
    return { start, end: after, name, indent: indents.get(at) ?? indents.get(start), endsLine: after >= lineEnd };
  }
  return undefined;
}

/** Blanks, and what quotations and frames put in front of lines. */
function skipMargin({ flat }: ErrorText, at: number, bound: number): number {
  let start = at;
  while (start < bound && ' │|>#'.includes(flat.charAt(start))) start += 1;
  return start;
}

interface Value {
  readonly message: string;
  readonly end: number;
}

function valueAt(block: Block, rule: Key, policy: Key): Value {
  const { from, bound } = block;
  const start = Math.min(rule.end + 1, bound);
  const mark = from.flat.charAt(start);
  const inner = isStepped(policy, rule) ? (rule.indent ?? 0) : undefined;
  if (mark === "'") return singleQuoted(block, start);
  if (mark === '"') return doubleQuoted(block, start);
  if (mark === '|' || mark === '>') {
    const end = inner === undefined ? from.lineEnd(start) : deeperLinesEnd(block, start, inner);
    // What stands behind the mark says how lines are joined: |-, >2+.
    const blank = firstWithin(from.flat, ' ', start, end);
    return { message: blank < 0 ? '' : from.flat.slice(blank, end).trim(), end };
  }
  const whole = inner === undefined ? plainEnd(block, start) : deeperLinesEnd(block, start, inner);
  const end = beforeStringEnd(from.flat, start, whole);
  return { message: from.flat.slice(start, end).trim(), end };
}

/** The end of this line, or of those below it that stand deeper. */
function deeperLinesEnd({ from, bound, indents }: Block, at: number, than: number): number {
  let end = from.lineEnd(at);
  for (let next = end + 1; next < bound && (indents.get(next) ?? 0) > than; next = end + 1) end = from.lineEnd(next);
  return Math.min(end, bound);
}

/** Before what ends a string of JSON in which all of it stands. */
function beforeStringEnd(flat: string, start: number, end: number): number {
  const words = flat.slice(start, end);
  const stops = ['","', '", "', '"}'].map((stop) => words.indexOf(stop)).filter((at) => at >= 0);
  return stops.length === 0 ? end : start + Math.min(...stops);
}

/** On one line: before the word that a colon ends. */
function plainEnd({ from, bound }: Block, at: number): number {
  const { flat } = from;
  const lineEnd = Math.min(from.lineEnd(at), bound, at + messageLengthMax);
  const colon = firstWithin(flat, ': ', at, lineEnd);
  if (colon < 0) return lineEnd;
  const blank = at + flat.slice(at, colon).lastIndexOf(' ');
  return blank > at && flat.slice(blank, colon).includes('-') ? blank : lineEnd;
}

/**
 * Within single quotation marks, where each of its own is doubled; and all of them once more in a string of other YAML. As many
 * marks as opened it, once or three times over, close it.
 */
function singleQuoted({ from, bound }: Block, at: number): Value {
  const { flat } = from;
  const last = Math.min(bound, at + messageLengthMax);
  const opening = runLength(flat, at);
  const isEmpty = opening % 2 === 0 && (at + opening >= flat.length || flat.charAt(at + opening) === ' ');
  if (isEmpty) return { message: '', end: at + opening };
  const unit = opening > 1 && opening % 2 === 0 ? 2 : 1;
  for (let mark = firstWithin(flat, "'", at + opening, last); mark >= 0; ) {
    const length = runLength(flat, mark);
    const after = mark + length;
    // A mark within a word is an apostrophe that was typeset.
    const isWithinWord = /^[A-Za-z0-9]/.test(flat.charAt(after));
    if (Math.floor(length / unit) % 2 === 1 && !isWithinWord) return { message: unquoted(flat, at, mark), end: after };
    mark = firstWithin(flat, "'", after, last);
  }
  // The text is cut, or the marks were lost.
  const end = last === flat.length ? last : Math.min(from.lineEnd(at), last);
  return { message: unquoted(flat, at, end), end };
}

function runLength(flat: string, at: number): number {
  let end = at;
  while (flat.charAt(end) === "'") end += 1;
  return end - at;
}

function unquoted(flat: string, from: number, to: number): string {
  return withoutMargins(flat.slice(from, to)).replaceAll(/[']+/g, "'").slice(1).trim();
}

/** What frames put in front of lines. */
function withoutMargins(words: string): string {
  return words.replaceAll(' │ ', ' ');
}

/** Its own marks are no longer told from the one that closes it: that is the first that ends a line. */
function doubleQuoted({ from, bound }: Block, at: number): Value {
  const { flat } = from;
  const last = Math.min(bound, at + messageLengthMax);
  for (let mark = firstWithin(flat, '"', at + 1, last); mark >= 0; mark = firstWithin(flat, '"', mark + 1, last)) {
    if (from.lineEnd(mark) <= mark + 1) return { message: flat.slice(at + 1, mark).trim(), end: mark + 1 };
  }
  const end = Math.min(from.lineEnd(at), last);
  return { message: flat.slice(at + 1, end).trim(), end };
}

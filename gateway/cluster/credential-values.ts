/**
 * Credentials that are known by what stands in front of them: a name, a flag, a scheme of authorization, the user of a URL.
 *
 * Every look back and every look ahead is bounded, or ends where the search goes on, so the work grows with the text alone.
 */
import { endOfRun, type Span } from './credential-forms.ts';
import { credentialOfName, isHarmless, nameLengthMax } from './credential-names.ts';

const nameCharacter = /[A-Za-z0-9_.-]/;
/** Of base64 no more than once up to its end: what goes on after `=` is another value. */
const encoded = /[A-Za-z0-9+/_-]*={0,2}/y;
const flagName = /[A-Za-z0-9_.-]*/y;
/** Quotes, their escapes in JSON and in JSON within JSON, and blanks. */
const wrapping = /["'`\\ \t]/;
const wrapLengthMax = 8;
const schemeLengthMax = 32;
const authorityLengthMax = 512;

/** Where values stand that something in front of them makes credentials. */
export function valueSpans(text: string): Span[] {
  return [...assignmentSpans(text), ...flagSpans(text), ...schemeSpans(text), ...urlSpans(text)];
}

/** `password=…`, `"token": "…"`, `AccountKey=…;`, a line of YAML, a parameter of a URL. */
function assignmentSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x3a && code !== 0x3d) continue;
    const name = nameBefore(text, at);
    // Whether the name tells comes first: values are read once, and only those of such names.
    const isLogin = /^_?auth$/i.test(name);
    const credential = isLogin ? undefined : credentialOfName(name);
    if (credential === undefined && !isLogin) continue;
    const began = valueStart(text, at);
    if (began === undefined || text.startsWith('[redacted', began.start)) continue;
    const { start } = began;
    const end = isLogin ? endOfRun(text, start, encoded) : valueEnd(text, began);
    const value = text.slice(start, end);
    if (credential === undefined ? !isBasic(value) : isHarmless(value, credential)) continue;
    spans.push({ start, end, kind: credential ?? 'registry login' });
    at = Math.max(at, end - 1);
  }
  return spans;
}

function nameBefore(text: string, separator: number): string {
  let end = separator;
  const least = Math.max(0, separator - wrapLengthMax);
  while (end > least && wrapping.test(text.charAt(end - 1))) end -= 1;
  let start = end;
  const farthest = Math.max(0, end - nameLengthMax);
  while (start > farthest && nameCharacter.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start, end);
}

interface ValueStart {
  readonly start: number;
  /** Whether it is a block of YAML, which goes to the end of its line. */
  readonly block: boolean;
}

/** Where the value of the assignment at `separator` begins; undefined for a colon that is no assignment. */
function valueStart(text: string, separator: number): ValueStart | undefined {
  let start = separator + 1;
  // `=>`, `:=` and `==` assign, too.
  while (start < separator + 3 && /[=>]/.test(text.charAt(start))) start += 1;
  start = endOfRun(text, start, /[ \t]{0,8}\\{0,8}/y);
  // No more than one quote: a second one ends the value.
  if (isQuote(text.charAt(start))) start += 1;
  // In a sentence: `volume "token" : references …`.
  const isSentence = text.charAt(separator) === ':' && /[ \t]/.test(text.charAt(separator - 1));
  if (isSentence && !isQuote(text.charAt(start - 1))) return undefined;
  // Its text stands on the next line, or on the same where somebody has joined them.
  const block = /^[|>][-+]?(?:[ \t]{0,4}(?:\r?\n|\\{1,4}n)[ \t]{0,64}|[ \t]{1,64})/.exec(text.slice(start, start + 80));
  return block === null ? { start, block: false } : { start: start + block[0].length, block: true };
}

/** Within quotes up to the same quotes, else up to what ends a value in a log, a URL or a connection string. */
function valueEnd(text: string, { start, block }: ValueStart): number {
  const unquoted = block ? /[^\n"'`\\]*/y : /[^\s"'`,;&)}\]<>\\]*/y;
  const quote = text.charAt(start - 1);
  if (block || !isQuote(quote)) return endOfRun(text, start, unquoted);
  const escapes = escapesBefore(text, start - 1);
  for (let end = start; end < text.length && text.charAt(end) !== '\n'; end += 1) {
    if (text.charAt(end) === quote && escapesBefore(text, end) <= escapes) return end - escapes;
  }
  return endOfLine(text, start);
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'" || character === '`';
}

/** Backslashes in front of a quote: more of them than before the first one mean that it belongs to the value. */
function escapesBefore(text: string, at: number): number {
  let count = 0;
  while (count < wrapLengthMax && text.charAt(at - 1 - count) === '\\') count += 1;
  return count;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** `--password …`, as command lines have it; `-u user:password` as curl has it. */
function flagSpans(text: string): Span[] {
  const spans: Span[] = [];
  let nameEnd = 0;
  for (let at = text.indexOf('--'); at !== -1; at = text.indexOf('--', nameEnd)) {
    nameEnd = endOfRun(text, at + 2, flagName);
    const start = endOfRun(text, nameEnd, /[ \t"',]{0,8}/y);
    const credential = credentialOfName(text.slice(at + 2, nameEnd));
    if (start === nameEnd || credential === undefined) continue;
    if (text.startsWith('-', start) || text.startsWith('[redacted', start)) continue;
    const end = endOfRun(text, start, /[^\s"'`;&|)\],]*/y);
    if (isHarmless(text.slice(start, end), credential)) continue;
    spans.push({ start, end, kind: credential });
    nameEnd = end;
  }
  for (const found of text.matchAll(/ -(?:u|-user)[ =]["']?/g)) {
    const start = found.index + found[0].length;
    const colon = text.slice(start, start + nameLengthMax).search(/[:\s"']/);
    if (colon === -1 || text.charAt(start + colon) !== ':') continue;
    const end = endOfRun(text, start + colon + 1, /[^\s"'`]*/y);
    if (isNumber(text.slice(start, start + colon))) continue;
    if (!text.startsWith('[redacted', start + colon + 1) && end > start + colon + 1) {
      spans.push({ start: start + colon + 1, end, kind: 'password' });
    }
  }
  return spans;
}

/** User and group by their numbers, `-u 1000:1000`, are no login. */
function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

/** `Bearer …` and `Basic …`, also far from a header; and all that an Authorization header holds. */
function schemeSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const found of text.matchAll(/\b(?:bearer|basic|token|apikey|digest)[ \t:="'\\]{1,8}/gi)) {
    const start = found.index + found[0].length;
    const scheme = found[0].slice(0, 6).toLowerCase();
    if (text.startsWith('[redacted', start)) continue;
    const before = text.slice(Math.max(0, found.index - schemeLengthMax), found.index);
    const isHeader = /authorization["'\\]{0,4}[ \t]{0,4}[:=][[ \t"'\\]{0,8}$/i.test(before);
    // Neither of the signs that may stand in front is part of it, so nothing is read twice.
    const end = endOfRun(text, start, /[^\s"'`,;\\<>:=]*={0,2}/y);
    const value = text.slice(start, end);
    if (value === '') continue;
    const tells = scheme === 'bearer' ? isOpaque(value) : scheme.startsWith('basic') && isBasic(value);
    if (isHeader || tells) spans.push({ start, end, kind: scheme === 'bearer' ? 'bearer token' : 'authorization' });
  }
  return spans;
}

/** What no word of a sentence looks like. */
function isOpaque(value: string): boolean {
  return value.length >= 20 || (value.length >= 6 && (/[0-9_=+/~]/.test(value) || /[a-z][A-Z]/.test(value)));
}

/** Whether it is the base64 of `user:password`. */
function isBasic(value: string): boolean {
  if (value.length < 4 || value.length > 8_192 || endOfRun(value, 0, encoded) !== value.length) return false;
  return /^[\x20-\x7e]{0,256}:/.test(Buffer.from(value, 'base64').toString('latin1'));
}

/** `scheme://user:password@host`, and tokens in place of the user. */
function urlSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at + 3)) {
    const start = at + 3;
    const rest = text.slice(start, start + authorityLengthMax);
    const whole = rest.slice(0, endOfRun(rest, 0, /[^\s"'`<>]*/y));
    const authorityEnd = whole.search(/[/?#]/);
    const authority = authorityEnd === -1 ? whole : whole.slice(0, authorityEnd);
    const colon = authority.indexOf(':');
    // A password may hold the very characters that end an authority; what follows the colon is then no port.
    const raw = authority.includes('@') || colon === -1 || /^\d{0,5}$/.test(authority.slice(colon + 1));
    const login = raw ? authority : whole;
    const sign = login.lastIndexOf('@');
    if (sign === -1) continue;
    const user = login.slice(0, sign);
    const split = user.indexOf(':');
    const secret = split === -1 ? user : user.slice(split + 1);
    if (secret === '' || secret.startsWith('[redacted') || (split === -1 && secret.length < 16)) continue;
    spans.push({ start: start + sign - secret.length, end: start + sign, kind: 'password in a URL' });
  }
  return spans;
}

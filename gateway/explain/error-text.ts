/**
 * A pasted error as signatures read it: on one line, without what terminals, JSON, HTML and Markdown put around words. Where
 * its lines ended is kept beside it, and every place of it leads back to the text as it was pasted.
 */

import { endOfColour, escape } from './colours.ts';
import { withoutMargins } from './margins.ts';

/** Characters that are looked at. Of a longer text its beginning and its end: errors stand at either. */
export const textLengthMax = 1_048_576;

/** From and to (exclusive), in `flat`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A line of the text, in `flat`. */
export interface Line extends Span {
  /** Blanks in front of it. */
  readonly indent: number;
}

export interface ErrorText {
  /** White space is single blanks. */
  readonly flat: string;
  /** The same in lower case, of the same length. */
  readonly lower: string;
  /** Whether something in the middle was left out. */
  readonly shortened: boolean;
  /** The words of a place as they were pasted, without white space around them; at most `lengthMax` characters. */
  quote(span: Span, lengthMax?: number): string;
  /** Where the line ends that holds this place. */
  lineEnd(at: number): number;
  /** The lines from this place on, the first of them from there, as far as `lengthMax` characters reach. */
  linesFrom(at: number, lengthMax: number): readonly Line[];
}

/** What is not seen, and white space; none of it is ASCII that is seen. */
const blank = /[\s\p{Cc}\p{Cf}]/u;

/** What a character may begin, by its code: 0 stands for itself. */
const plain = 0;
const space = 1;
const white = 2;
const slashed = 3;
const entity = 4;
const dropped = 5;
const doubled = 6;
const roles = new Uint8Array(128);
for (let code = 0; code < 128; code += 1) if (blank.test(String.fromCharCode(code))) roles[code] = white;
roles[' '.charCodeAt(0)] = space;
roles['\\'.charCodeAt(0)] = slashed;
roles['&'.charCodeAt(0)] = entity;
roles['`'.charCodeAt(0)] = dropped;
roles['*'.charCodeAt(0)] = doubled;

const quotationMarks: Readonly<Record<string, string>> = { '\u201c': '"', '\u201d': '"', '\u2018': "'", '\u2019': "'" };

/** Entities of HTML, without the ampersand. */
const entities: readonly (readonly [string, string])[] = [
  ['quot;', '"'],
  ['#34;', '"'],
  ['#x22;', '"'],
  ['apos;', "'"],
  ['#39;', "'"],
  ['#x27;', "'"],
  ['lt;', '<'],
  ['gt;', '>'],
  ['amp;', '&'],
];

/** What is escaped in JSON: behind the backslashes, however many encodings of one another have put there. */
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '/': '/',
  n: '\n',
  r: '\r',
  t: '\t',
  u0022: '"',
  u0026: '&',
  u0027: "'",
  u003c: '<',
  u003e: '>',
  u001b: '\u001b',
};

/**
 * A character that may not stand for itself: what is not seen, and what is looked up in roles; of blanks those before another
 * one. It is one character and looks at one more at most, so to find the next takes one pass whatever the text.
 */
const unusual = / (?=[\s\p{Cc}\p{Cf}\\\x26\x60*“”‘’])|[[\s\p{Cc}\p{Cf}\\\x26\x60*“”‘’]--[ ]]/gv;

/** Where the next one is; undefined when there is none. */
function nextUnusual(original: string, at: number): number | undefined {
  unusual.lastIndex = at;
  if (!unusual.test(original)) return undefined;
  const last = unusual.lastIndex - 1;
  // Beyond 16 bits it is a pair, and what stands before a pair is none.
  return last > at && isPairAt(original, last - 1) ? last - 1 : last;
}

/** Characters that are read at once, of long texts. */
const stretch = 32_768;

/** Any text; what is longer than `textLengthMax` without its middle. */
export function readErrorText(pasted: string): ErrorText {
  const reading = beginErrorText(pasted);
  for (const read of reading.stretches) read();
  return reading.text();
}

/** A text that is read by and by. */
export interface ErrorTextReading {
  /** To be done one after the other. */
  readonly stretches: Iterable<() => void>;
  /** Once all of them were. */
  text(): ErrorText;
}

/** As `readErrorText`, in stretches that take a few milliseconds each. */
export function beginErrorText(pasted: string): ErrorTextReading {
  const shortened = pasted.length > textLengthMax;
  const half = textLengthMax / 2;
  const whole = shortened ? `${pasted.slice(0, half)}\n${pasted.slice(-half)}` : pasted;
  const original = withoutMargins(whole);
  const pieces: string[] = [];
  /** Where pieces begin, in `flat` and in the original. */
  const flatStarts: number[] = [];
  const originalStarts: number[] = [];
  /** Blanks in `flat` that stand for ends of lines, and the indentation after each. */
  const breaks: number[] = [];
  const indents: number[] = [];
  let length = 0;
  let endsInBlank = true;

  function add(piece: string, from: number): void {
    if (piece === '') return;
    flatStarts.push(length);
    originalStarts.push(from);
    pieces.push(piece);
    length += piece.length;
    endsInBlank = piece.endsWith(' ');
  }

  /** @param indent Blanks behind the end of a line; undefined where no line ends. */
  function addBlank(from: number, indent: number | undefined): void {
    if (!endsInBlank) add(' ', from);
    if (indent === undefined || length === 0) return;
    if (breaks.at(-1) === length - 1) indents[indents.length - 1] = indent;
    else {
      breaks.push(length - 1);
      indents.push(indent);
    }
  }

  const end = original.length;
  let read = 0;
  let at = 0;
  /** What comes next and is written otherwise. */
  function readNext(): void {
    const from = at;
    const code = original.charCodeAt(at);
    const role = code < 128 ? roles[code] : roleOf(original, at);
    let instead: string | undefined = '';
    if (role === space || role === white) at = endOfBlanks(original, at);
    else if (role === slashed) {
      const escaped = escapedAt(original, at);
      at = escaped.end;
      instead = escaped.character;
    } else if (role === entity) {
      const [name, character] = entities.find(([each]) => original.startsWith(each, from + 1)) ?? [];
      at += 1 + (name?.length ?? 0);
      instead = character;
    } else if (role === doubled) {
      const isPair = original.charCodeAt(at + 1) === code;
      at += isPair ? 2 : 1;
      if (!isPair) instead = undefined;
    } else {
      at += 1;
      instead = quotationMarks[original.charAt(from)] ?? '';
    }
    // Stands for itself after all.
    if (instead === undefined) return;
    add(original.slice(read, from), read);
    read = at;
    if (role === space || role === white) {
      const run = original.slice(from, at);
      const lineEnd = run.lastIndexOf('\n');
      const isColour = original.charAt(at - 1) === escape;
      if (at - from > 1 || !isColour) addBlank(from, lineEnd < 0 ? undefined : run.length - lineEnd - 1);
      if (isColour) read = at = endOfColour(original, at);
    } else if (instead === escape) read = at = endOfColour(original, at);
    else if (instead === '\n') {
      at = endOfIndent(original, at);
      addBlank(from, at - read);
      read = at;
    } else if (instead === '\r' || instead === '\t') {
      read = at = endOfIndent(original, at);
      addBlank(from, undefined);
    } else add(instead, from);
  }

  function readTo(until: number): void {
    while (at < until) {
      // A blank behind what ends in one is none more.
      const isFurtherBlank = at === read && endsInBlank && original[at] === ' ';
      const next = isFurtherBlank ? at : nextUnusual(original, at);
      at = next ?? end;
      if (next !== undefined) readNext();
    }
  }

  function* stretches(): Iterable<() => void> {
    for (let until = stretch; until < end + stretch; until += stretch) yield () => readTo(Math.min(end, until));
    add(original.slice(read), read);
  }

  return {
    stretches: stretches(),
    text: () => textOf({ whole, shortened, pieces, flatStarts, originalStarts, breaks, indents }),
  };
}

interface Rewritten {
  /** As it was pasted, of the length of what was read. */
  readonly whole: string;
  readonly shortened: boolean;
  readonly pieces: readonly string[];
  readonly flatStarts: readonly number[];
  readonly originalStarts: readonly number[];
  readonly breaks: readonly number[];
  readonly indents: readonly number[];
}

function textOf({ whole, shortened, pieces, flatStarts, originalStarts, breaks, indents }: Rewritten): ErrorText {
  const flat = pieces.join('');
  const lower = lowerOf(flat);

  function originalAt(at: number): number {
    const index = lastNotAfter(flatStarts, at);
    if (index < 0) return 0;
    const next = originalStarts[index + 1] ?? whole.length;
    return Math.min((originalStarts[index] ?? 0) + at - (flatStarts[index] ?? 0), next);
  }

  /** Behind a character: what was escaped is longer as it was pasted. */
  function originalEnd(at: number): number {
    const start = originalAt(at);
    if (whole[start] === flat[at]) return start + 1;
    return at + 1 < flat.length ? Math.max(start + 1, originalAt(at + 1)) : whole.length;
  }

  function lineEnd(at: number): number {
    return breaks[lastNotAfter(breaks, at - 1) + 1] ?? flat.length;
  }

  return {
    flat,
    lower,
    shortened,
    quote({ start, end }, lengthMax = 300) {
      const text = whole.slice(originalAt(start), originalEnd(Math.max(start, end - 1))).trim();
      return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
    },
    lineEnd,
    linesFrom(at, lengthMax) {
      const lines: Line[] = [];
      const bound = Math.min(flat.length, at + lengthMax);
      let indent = 0;
      for (let start = at, index = lastNotAfter(breaks, at - 1) + 1; start < bound; index += 1) {
        const end = Math.min(breaks[index] ?? flat.length, bound);
        if (end > start) lines.push({ start, end, indent });
        indent = indents[index] ?? 0;
        start = end + 1;
      }
      return lines;
    },
  };
}

/** What a character beyond ASCII may begin. */
function roleOf(original: string, at: number): number {
  const character = String.fromCodePoint(original.codePointAt(at) ?? 0);
  if (quotationMarks[character] !== undefined) return dropped;
  return blank.test(character) ? white : plain;
}

function isBlankAt(original: string, at: number): boolean {
  const code = original.charCodeAt(at);
  const role = code < 128 ? roles[code] : at < original.length ? roleOf(original, at) : plain;
  return role === space || role === white;
}

function endOfBlanks(original: string, from: number): number {
  let at = from;
  while (isBlankAt(original, at)) at += isPairAt(original, at) ? 2 : 1;
  return at;
}

function isPairAt(original: string, at: number): boolean {
  const code = original.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}

/** Blanks and tabs behind the end of a line. */
function endOfIndent(original: string, from: number): number {
  let at = from;
  while (original[at] === ' ' || original[at] === '\t') at += 1;
  return at;
}

/** The character that some backslashes and what is behind them stand for, if any. */
function escapedAt(original: string, from: number): { readonly end: number; readonly character: string | undefined } {
  let at = from;
  while (original[at] === '\\') at += 1;
  const next = original.charAt(at);
  const name = next === 'u' ? original.slice(at, at + 5).toLowerCase() : next;
  const character = escapes[name];
  return character === undefined ? { end: at, character } : { end: at + name.length, character };
}

/** In lower case, and as long: one letter is two in lower case. */
function lowerOf(flat: string): string {
  const lower = flat.toLowerCase();
  if (lower.length === flat.length) return lower;
  const even = flat.replaceAll('\u0130', 'i').toLowerCase();
  return even.length === flat.length ? even : flat;
}

/** Index of the last of ascending numbers that is not greater; -1 when there is none. */
function lastNotAfter(ascending: readonly number[], wanted: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

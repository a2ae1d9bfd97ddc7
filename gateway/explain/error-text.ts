/**
 * A pasted error as signatures read it: on one line, without what terminals, JSON, HTML and Markdown put around words. Where
 * its lines ended is kept beside it, and every place of it leads back to the text as it was pasted.
 */

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
  /** The same with A to Z in lower case, of the same length. */
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

/**
 * What is written otherwise in `flat`. Every repetition has a bound or takes all there is, so this is read in one pass: white
 * space and what is not seen; escapes of JSON, also several times over; entities of HTML; typographic quotation marks; marks of
 * Markdown.
 */
const rewritten =
  / [\s\p{Cc}\p{Cf}]+|(?! )[\s\p{Cc}\p{Cf}]+|\\{1,8}(?:["'/]|[nrt][ \t]*|u00(?:1[bB]|22|26|27|3[cCeE]))|&(?:quot|apos|lt|gt|amp|#34|#39|#x22|#x27);|[“”‘’`]|\*\*/gu;
/** What follows the escape character where a terminal is told a colour. */
const colour = /\[[0-9;]{0,24}[A-Za-z]/y;
const escape = '\u001b';

const words: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#34;': '"',
  '&#x22;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&#x27;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  u0022: '"',
  u0026: '&',
  u0027: "'",
  u003c: '<',
  u003e: '>',
  '\u201c': '"',
  '\u201d': '"',
  '\u2018': "'",
  '\u2019': "'",
  '`': '',
  '**': '',
};

/** Any text; what is longer than `textLengthMax` without its middle. */
export function readErrorText(pasted: string): ErrorText {
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

  function addBlank(run: string, from: number): void {
    if (!endsInBlank) add(' ', from);
    const end = Math.max(run.lastIndexOf('\n'), run.startsWith('\\') ? run.lastIndexOf('n') : -1);
    if (end < 0 || length === 0) return;
    const indent = run.length - end - 1;
    if (breaks.at(-1) === length - 1) indents[indents.length - 1] = indent;
    else {
      breaks.push(length - 1);
      indents.push(indent);
    }
  }

  let read = 0;
  for (const match of original.matchAll(rewritten)) {
    const [run] = match;
    add(original.slice(read, match.index), read);
    read = match.index + run.length;
    const escaped = run.startsWith('\\') ? run.replaceAll('\\', '').toLowerCase() : '';
    const word = words[escaped === '' ? run : escaped];
    if (word !== undefined) add(word, match.index);
    else if (/^[^nrtu]/.test(escaped)) add(escaped, match.index);
    else if (run !== escape && escaped !== 'u001b') addBlank(run, match.index);
    if (run.endsWith(escape) || escaped === 'u001b') read += lengthOfColour(original, read);
  }
  add(original.slice(read), read);
  const flat = pieces.join('');
  const lower = flat.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());

  function originalAt(at: number): number {
    const index = lastNotAfter(flatStarts, at);
    if (index < 0) return 0;
    const next = originalStarts[index + 1] ?? original.length;
    return Math.min((originalStarts[index] ?? 0) + at - (flatStarts[index] ?? 0), next);
  }

  function lineEnd(at: number): number {
    return breaks[lastNotAfter(breaks, at - 1) + 1] ?? flat.length;
  }

  return {
    flat,
    lower,
    shortened,
    quote({ start, end }, lengthMax = 300) {
      const text = whole.slice(originalAt(start), originalAt(Math.max(start, end - 1)) + 1).trim();
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

function lengthOfColour(original: string, at: number): number {
  colour.lastIndex = at;
  return colour.exec(original)?.[0].length ?? 0;
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

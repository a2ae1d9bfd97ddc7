/**
 * Words and characters around a place of a text. Each look is bounded, whatever the text: what is looked for is often not
 * there, and all that stands behind it is none of its business.
 */
import type { ErrorText, Span } from './error-text.ts';

/** Where the words first stand between two places; -1 when they do not. */
export function firstWithin(text: string, words: string, from: number, to: number): number {
  const at = text.slice(from, to).indexOf(words);
  return at < 0 ? -1 : from + at;
}

/** Where the words last stand between two places; -1 when they do not. */
export function lastWithin(text: string, words: string, from: number, to: number): number {
  const start = Math.max(0, from);
  const at = text.slice(start, to).lastIndexOf(words);
  return at < 0 ? -1 : start + at;
}

/** Where the line begins that holds this place, not further back than `reach`. */
export function lineStart(text: ErrorText, at: number, reach: number): number {
  // Ends of lines ascend with places, so the first place of the line is found by halving.
  let [low, high] = [Math.max(0, at - reach), at];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (text.lineEnd(middle) >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where the line ends that holds this place, not further than `reach`. */
export function lineEnd(text: ErrorText, at: number, reach = 2_000): number {
  return Math.min(text.lineEnd(at), at + reach);
}

/** The line that holds this place, not further than `reach` to either side. */
export function lineAround(text: ErrorText, at: number, reach = 2_000): Span {
  return { start: lineStart(text, at, reach), end: lineEnd(text, at, reach) };
}

/** As `lineStart`, but not in the middle of a word where the line begins further back. */
export function wholeWordsStart(text: ErrorText, at: number, reach: number): number {
  const start = lineStart(text, at, reach);
  if (start === 0 || start > at - reach) return start;
  const blank = firstWithin(text.flat, ' ', start, at);
  return blank < 0 ? start : blank + 1;
}

/** The words before a place, the nearest first, at most `wordsMax` of them. */
export function wordsBefore({ flat }: ErrorText, at: number, wordsMax: number): readonly Span[] {
  const words: Span[] = [];
  const bound = Math.max(0, at - 1_000);
  let end = at;
  while (words.length < wordsMax && end > bound) {
    while (end > bound && flat.charAt(end - 1) === ' ') end -= 1;
    let start = end;
    while (start > bound && flat.charAt(start - 1) !== ' ') start -= 1;
    if (start === end || (start === bound && bound > 0)) break;
    words.push({ start, end });
    end = start;
  }
  return words;
}

/** The words from a place on, at most `wordsMax` of them. */
export function wordsAfter({ flat }: ErrorText, at: number, wordsMax: number): readonly Span[] {
  const words: Span[] = [];
  const bound = Math.min(flat.length, at + 2_000);
  let start = at;
  while (words.length < wordsMax && start < bound) {
    while (start < bound && flat.charAt(start) === ' ') start += 1;
    let end = start;
    while (end < bound && flat.charAt(end) !== ' ') end += 1;
    if (end > start) words.push({ start, end });
    start = end;
  }
  return words;
}

/** The words of spans. */
export function textsOf({ flat }: ErrorText, spans: readonly Span[]): readonly string[] {
  return spans.map(({ start, end }) => flat.slice(start, end));
}

/** The run of characters that ends right before a place, none of them a blank or a quotation mark. */
export function wordBefore({ flat }: ErrorText, at: number, lengthMax = 320): string {
  let start = at;
  const bound = Math.max(0, at - lengthMax);
  while (start > bound && !' "\'([{,;'.includes(flat.charAt(start - 1))) start -= 1;
  return flat.slice(start, at);
}

/** The run of characters that begins at a place, none of them one of these. */
export function runFrom({ flat }: ErrorText, at: number, stops: string, lengthMax = 320): string {
  let end = at;
  const bound = Math.min(flat.length, at + lengthMax);
  while (end < bound && !stops.includes(flat.charAt(end))) end += 1;
  return flat.slice(at, end);
}

/**
 * Where the run of characters ends that begins at a place.
 *
 * @param allowed Matches one character.
 */
export function endOfRun(flat: string, at: number, lengthMax: number, allowed: RegExp): number {
  let end = at;
  while (end < flat.length && end - at < lengthMax && allowed.test(flat.charAt(end))) end += 1;
  return end;
}

/** Whether a word begins here: no letter and no digit in front. */
export function startsWord({ lower }: ErrorText, at: number): boolean {
  const before = lower.charAt(at - 1);
  return !isLetter(before) && !isDigit(before);
}

/** A to Z, in lower case. */
export function isLetter(character: string): boolean {
  return character >= 'a' && character <= 'z';
}

/** 0 to 9. */
export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

/**
 * Small readings around a place of a text, each of them bounded.
 */
import type { ErrorText, Span } from './error-text.ts';

/** An object as texts write it: `namespace/name`, or the name alone. */
export interface ObjectName {
  readonly name: string;
  readonly namespace: string | undefined;
}

const nameLengthMax = 320;

/** What may be the name of an object, from here on; undefined when none begins here, or the text ends within it. */
export function objectNameAt(
  { lower, flat }: ErrorText,
  at: number,
): (ObjectName & { readonly end: number }) | undefined {
  const bound = Math.min(flat.length, at + nameLengthMax);
  let end = at;
  while (end < bound && isNameCharacter(lower.charCodeAt(end))) end += 1;
  while (end > at && '.:/-'.includes(flat.charAt(end - 1))) end -= 1;
  // No object has an underscore in its name: what goes on so is something else.
  if (end === at || flat.charAt(end) === '_' || flat.startsWith('…', end) || flat.startsWith('...', end))
    return undefined;
  const word = flat.slice(at, end);
  const slash = word.indexOf('/');
  const name = word.slice(slash + 1);
  if (name === '' || name.includes('/')) return undefined;
  return { name, namespace: slash > 0 ? word.slice(0, slash) : undefined, end };
}

function isNameCharacter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x2d && code <= 0x39);
}

/** The last place of these words that ends at or before `at`, not further back than `reach`; -1 when there is none. */
export function lastBefore({ lower }: ErrorText, words: string, at: number, reach: number): number {
  const from = Math.max(0, at - reach);
  const found = lower.slice(from, at).lastIndexOf(words);
  return found < 0 ? -1 : from + found;
}

/** The first place of these words from `at` on, not further than `reach`; -1 when there is none. */
export function firstAfter({ lower }: ErrorText, words: string, at: number, reach: number): number {
  const found = lower.slice(at, at + reach).indexOf(words);
  return found < 0 ? -1 : at + found;
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

/** The value after `name=` or `"name":` within a span: to its closing quotation mark, or to a blank or comma. */
export function fieldIn(text: ErrorText, name: string, { start, end }: Span): string | undefined {
  for (const lead of [`${name}="`, `"${name}":"`, `"${name}": "`, `${name}=`]) {
    const at = firstAfter(text, lead, start, Math.max(0, end - start));
    if (at < 0) continue;
    const from = at + lead.length;
    const isQuoted = lead.endsWith('"');
    let stop = from;
    while (stop < end && !(isQuoted ? '"' : ' ,"').includes(text.flat.charAt(stop))) stop += 1;
    // Half a value is another one.
    if (stop === text.flat.length) continue;
    const value = text.flat.slice(from, stop);
    if (value !== '' && value !== '-') return value;
  }
  return undefined;
}

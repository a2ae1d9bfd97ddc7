/**
 * What stands around a place of a text: words before and after it, values of keys. Bounded, whatever the text.
 */
import type { ErrorText, Span } from '../error-text.ts';

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

/** What follows `key` up to one of the characters that end it; undefined when the key is not there. */
export function valueAfter(text: string, key: string, ends = ' ,"'): string | undefined {
  const at = text.indexOf(key);
  if (at < 0) return undefined;
  const start = at + key.length;
  let end = start;
  while (end < text.length && end - start < 512 && !ends.includes(text.charAt(end))) end += 1;
  return end === start ? undefined : text.slice(start, end);
}

/** The value of a field in JSON, as text: `"key":"value"`, `"key": 12`. */
export function fieldOf(json: string, key: string): string | undefined {
  const at = json.indexOf(`"${key}"`);
  if (at < 0) return undefined;
  const value = json.slice(at + key.length + 2, at + key.length + 600).replace(/[ :]+/, '');
  return value.startsWith('"') ? valueAfter(value, '"', '"') : valueAfter(value, '', ' ,}]');
}

/** The object or list of a field in JSON, with its brackets; as far as it is there. */
export function partOf(json: string, key: string): string | undefined {
  for (let at = json.indexOf(`"${key}"`); at >= 0; at = json.indexOf(`"${key}"`, at + 1)) {
    const rest = json.slice(at + key.length + 2, at + key.length + 6_000).replace(/[ :]+/, '');
    if (rest.startsWith('{') || rest.startsWith('[')) return rest.slice(0, endOfBrackets(rest));
  }
  return undefined;
}

/** Where the brackets end that a text begins with. */
export function endOfBrackets(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** The innermost object of JSON around a place, as far as it is there. */
export function objectAround({ flat }: ErrorText, at: number): Span {
  const bound = Math.max(0, at - 6_000);
  let depth = 0;
  let start = at;
  for (let place = at - 1; place >= bound && start === at; place -= 1) {
    const character = flat.charAt(place);
    if (character === '}' || character === ']') depth += 1;
    else if (character === '{' || character === '[') {
      if (depth === 0) start = place;
      else depth -= 1;
    }
  }
  const window = flat.slice(start, start + 12_000);
  return { start, end: start + (start === at ? Math.min(window.length, 2_000) : endOfBrackets(window)) };
}

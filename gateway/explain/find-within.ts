/**
 * Words within a part of a text: what is looked for is often not there, and the whole text behind it is none of its business.
 */

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

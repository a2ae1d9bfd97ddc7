/**
 * Commands as one may copy them into a POSIX shell. Every word of every command goes through here.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02 (single quotes)
 */
import { isPlain } from '../words.ts';

const wordLengthMax = 1_024;

/**
 * One word of a shell, whatever is in it. Undefined for a word that one must not paste: the line editor of a terminal acts on
 * control characters even between quotes, and others hide what stands there.
 */
export function quoted(word: string): string | undefined {
  if (word.length > wordLengthMax || !isPlain(word)) return undefined;
  // Not with `=` in front, which zsh takes for the path of a program.
  return /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$/.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A value as an argument of its own. Never one that a program would take for an option. */
export interface Value {
  readonly value: string;
}

/** The line for these words; undefined when one of them cannot stand in it. */
export function commandLine(words: readonly (string | Value)[]): string | undefined {
  const parts: string[] = [];
  for (const word of words) {
    const text = typeof word === 'string' ? word : word.value;
    if (typeof word !== 'string' && (text === '' || text.startsWith('-'))) return undefined;
    const part = quoted(text);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts.join(' ');
}

/**
 * What tells a terminal to show words in a colour, as it stands in copied output.
 */

/** The escape character of terminals. */
export const escape = '\u001b';
const colourMax = 24;

/** Where what tells a terminal a colour ends: `[31;1m`. */
export function endOfColour(original: string, from: number): number {
  if (original[from] !== '[') return from;
  const rest = original.slice(from + 1, from + 2 + colourMax);
  const last = rest.search(/[^0-9;]/);
  return last >= 0 && /[A-Za-z]/.test(rest.charAt(last)) ? from + last + 2 : from;
}

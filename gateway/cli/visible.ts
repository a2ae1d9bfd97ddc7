/**
 * Text from outside as a terminal may get it. A policy's message could hold escape sequences that recolour, move or hide what
 * stands on the screen, or characters that turn its direction; each is written as its code point instead.
 *
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */

const ascii = /^[ -~]*$/;

/**
 * Controls, formats (directions, zero widths, tags), lone surrogates, private and unassigned code points, separators of lines,
 * and letters that are not drawn. A variation selector only chooses between two drawings, and stays.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu;
/** No script needs more marks on one letter; with hundreds a letter covers the lines around it. */
const excessiveMarks = /(?<=\p{M}{4})\p{M}/gu;

/** One line in which every character is what it looks like. */
export function visible(text: string): string {
  if (ascii.test(text)) return text;
  return text.replaceAll(unseen, escapeOf).replaceAll(excessiveMarks, escapeOf);
}

/** The same line by line. */
export function visibleLines(text: string): string[] {
  return text.split('\n').map((line) => visible(line));
}

/** JSON or quoted YAML in which such characters stand as the escapes that both have. Line ends stay. */
export function visibleEscaped(text: string): string {
  return text.replaceAll(unseen, (character) => (character === '\n' ? character : jsonEscapeOf(character)));
}

function escapeOf(character: string): string {
  if (character === '\n') return String.raw`\n`;
  if (character === '\t') return String.raw`\t`;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return String.raw`\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? String.raw`\u${code.padStart(4, '0')}` : String.raw`\u{${code}}`;
}

function jsonEscapeOf(character: string): string {
  return character
    .split('')
    .map((unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

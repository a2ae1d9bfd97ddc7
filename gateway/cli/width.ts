/**
 * How many columns of a terminal a text takes. In doubt one more, so that nothing is ever broken into a second line.
 *
 * @see https://www.unicode.org/reports/tr11/
 */

const ascii = /^[ -~]*$/;
/** Marks on the letter before, and the middle and end of a Hangul syllable that is written in parts. */
const none = /^[\p{Mn}\p{Me}\u1160-\u11ff]$/u;
/** East_Asian_Width W and F of Unicode 16; emoji have a property of their own. */
const two =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4dc0-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]$/u;
/** Asks for the coloured drawing of the character before, which is wide. */
const emojiSelector = '\u{fe0f}';

/** Columns of one line without control characters. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** At most `width` columns; what is cut ends in an ellipsis. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width < 1 ? '' : `${beginning(text, width - 1).trimEnd()}…`;
}

/** The text and blanks up to `width` columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Lines of at most `width` columns, broken at blanks where there are some. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const part = beginning(line, width) || firstCharacter(line);
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** As much as fits; a mark stays with its letter. */
function beginning(text: string, width: number): string {
  let taken = 0;
  let end = 0;
  for (const character of text) {
    taken += widthOfCharacter(character);
    if (taken > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x20);
}

function widthOfCharacter(character: string): number {
  if (character <= '~' || character === emojiSelector) return 1;
  if (none.test(character)) return 0;
  return two.test(character) ? 2 : 1;
}

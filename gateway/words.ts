/**
 * Words that come from outside, as they may stand in a sentence or a patch of ours: data, and no more than that.
 */

/**
 * What a terminal or a reader takes for something else than stands there: control, format and direction characters, and what
 * fonts show as nothing (variation selectors, fillers).
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const unseenRuns = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu;
const unseenEach = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** What nearly all words consist of, which is found faster. */
const ascii = /^[ -~]*$/;

/** Whether every character is what it looks like. */
export function isPlain(text: string): boolean {
  return ascii.test(text) || (text.isWellFormed() && !unseen.test(text));
}

/** One line of at most `lengthMax` characters; what is cut ends in an ellipsis. */
export function shown(text: string, lengthMax = 120): string {
  if (text.length <= lengthMax && ascii.test(text)) return text;
  // Far more than is shown need not be looked at.
  const line = text
    .slice(0, lengthMax * 4)
    .replaceAll(unseenRuns, ' ')
    .toWellFormed();
  if (line.length <= lengthMax && text.length <= lengthMax * 4) return line;
  return `${line.slice(0, lengthMax - 1).toWellFormed()}…`;
}

/**
 * One line that says all that is there, as it may stand where people read it in a terminal and models in a text: nothing that
 * ends the line for some reader (U+2028), turns text around or hides it is left as it is. Other scripts stay readable.
 */
export function harmless(text: string, lengthMax = 256): string {
  if (text.length <= lengthMax && ascii.test(text)) return text;
  const short = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return short.toWellFormed().replaceAll(unseenEach, (character) => `<U+${hexOf(character)}>`);
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** In quotation marks, those inside escaped: where the words end is not theirs to say. */
export function cited(text: string, lengthMax = 200): string {
  return JSON.stringify(shown(text, lengthMax));
}

/** `a, b, c and 3 more`, of at most `itemsMax` that are named. */
export function listed(items: readonly string[], itemsMax = 4): string {
  const named = items.slice(0, itemsMax).map((item) => shown(item));
  const more = items.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

/** With a capital letter in front. */
export function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

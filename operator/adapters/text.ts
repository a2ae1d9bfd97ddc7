/**
 * Putting sentences together from parts that come out of policy objects: one line, bounded, the same on every machine.
 */
import { compareText } from '../../crds/constraint.ts';

/**
 * One line of at most `lengthMax` characters: what is cut ends in an ellipsis. Without what turns the direction of the text
 * around, which shows something else than stands there.
 */
export function sentence(text: string, lengthMax: number): string {
  // Far more than is shown is not looked at: texts of policies may be a megabyte long.
  const start = text.slice(0, lengthMax * 8);
  const line = start.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, ' ').toWellFormed();
  // A cut through a surrogate pair leaves half of it, which toWellFormed replaces.
  return start.length === text.length && line.length <= lengthMax
    ? line
    : `${line.slice(0, lengthMax - 1).toWellFormed()}…`;
}

/** An expression of many lines on one, in quotation marks. Far more than is shown is not looked at. */
export function citedExpression(text: string, lengthMax: number): string {
  const line = text
    .slice(0, lengthMax * 8)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return JSON.stringify(sentence(line, lengthMax));
}

interface ListForm {
  readonly separator: string;
  readonly lengthMax: number;
  readonly noun: string;
}

/** The items as far as they fit into `lengthMax`, then how many `nouns` are left out: `a, b … and 3 more rules`. */
export function boundedList(items: readonly string[], form: ListForm): string {
  return boundedListOf(items, (item) => item, form);
}

/** The same of items that are put into words one by one: not those that are left out, of which there may be thousands. */
export function boundedListOf<Item>(items: readonly Item[], word: (item: Item) => string, form: ListForm): string {
  return listOfFirst(items, items.length, word, form);
}

/** The same of texts in their order. Not all are put in order: there may be a hundred thousand, of which dozens are told. */
export function boundedListInOrder(texts: ReadonlySet<string>, word: (text: string) => string, form: ListForm): string {
  const toldMax = Math.ceil(form.lengthMax / form.separator.length) + 1;
  return listOfFirst(firstInOrder(texts, toldMax), texts.size, word, form);
}

function listOfFirst<Item>(
  first: readonly Item[],
  total: number,
  word: (item: Item) => string,
  { separator, lengthMax, noun }: ListForm,
): string {
  let text = '';
  for (const [index, item] of first.entries()) {
    const longer = index === 0 ? sentence(word(item), lengthMax) : `${text}${separator}${word(item)}`;
    if (longer.length > lengthMax) return `${text} … and ${counted(total - index, `more ${noun}`)}`;
    text = longer;
  }
  return text;
}

/** The first `max` texts by their order. */
function firstInOrder(texts: ReadonlySet<string>, max: number): string[] {
  const kept: string[] = [];
  let last: string | undefined;
  for (const text of texts) {
    if (last !== undefined && compareText(text, last) >= 0) continue;
    kept.push(text);
    // Now and then, so that texts in falling order are not sorted once each.
    if (kept.length < max * 2) continue;
    kept.sort(compareText);
    kept.length = max;
    last = kept.at(-1);
  }
  return kept.toSorted(compareText).slice(0, max);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

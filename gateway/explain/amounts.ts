/**
 * Amounts by resource as messages list them: `limits.cpu=800m,requests.memory=1Gi`.
 */
import { parseQuantity, type Quantity } from '../../kube/quantity.ts';
import type { ErrorText } from './error-text.ts';
import { endOfRun } from './places.ts';

const amountsMax = 64;
const nameLengthMax = 320;
const valueLengthMax = 64;

export interface AmountList {
  /** By resource, as the text has them. */
  readonly amounts: ReadonlyMap<string, Quantity>;
  /** Behind the last of them. */
  readonly end: number;
}

/**
 * The list that begins here; empty when there is none.
 *
 * @param next Words that follow a whole list. Without them the text is cut, and its last amount may be half of one.
 */
export function readAmounts({ flat, lower }: ErrorText, at: number, next?: string): AmountList {
  const amounts = new Map<string, Quantity>();
  let last: string | undefined;
  let end = at;
  for (let from = at, count = 0; count < amountsMax; count += 1) {
    const nameEnd = endOfRun(flat, from, nameLengthMax, /[A-Za-z0-9._/-]/);
    if (nameEnd === from || flat.charAt(nameEnd) !== '=') break;
    const reached = endOfRun(flat, nameEnd + 1, valueLengthMax, /[A-Za-z0-9.+-]/);
    let valueEnd = reached;
    while (valueEnd > nameEnd && flat.charAt(valueEnd - 1) === '.') valueEnd -= 1;
    const quantity = parseQuantity(flat.slice(nameEnd + 1, valueEnd));
    if (quantity === undefined) break;
    end = valueEnd;
    if (flat.startsWith('...', valueEnd) || flat.charAt(valueEnd) === '…') break;
    last = flat.slice(from, nameEnd);
    amounts.set(last, quantity);
    if (flat.charAt(reached) !== ',') break;
    // A blank after the comma is where a line was broken, unless the next words follow.
    from = flat.charAt(reached + 1) === ' ' ? reached + 2 : reached + 1;
  }
  if (next !== undefined && last !== undefined && !lower.startsWith(next, end)) amounts.delete(last);
  return { amounts, end };
}

/**
 * Names of objects as texts write them.
 */
import type { ErrorText } from './error-text.ts';

/** `namespace/name`, or the name alone. */
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

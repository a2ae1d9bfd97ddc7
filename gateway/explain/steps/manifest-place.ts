/**
 * A place in a manifest that a message names by its path.
 */

export interface Place {
  readonly keys: readonly string[];
  /** `spec.containers[0].image` */
  readonly words: string;
  /** A label or an annotation: its key may hold slashes. */
  readonly isLabel: boolean;
}

const keysMax = 16;
const lengthMax = 300;

/** @param path `spec/containers/0/image/`, as a path between slashes; undefined for what is none. */
export function placeOf(path: string): Place | undefined {
  if (path.length > lengthMax) return undefined;
  const parts = path.split('/').map((part) => withoutEnd(part));
  const given = parts.filter((part) => part !== '');
  if (given.length === 0 || given.length > keysMax || !given.every(isKey)) return undefined;
  const at = given.findIndex(
    (part, index) => (part === 'labels' || part === 'annotations') && given[index - 1] === 'metadata',
  );
  const isLabel = at > 0 && at < given.length - 1;
  const keys = isLabel ? [...given.slice(0, at + 1), given.slice(at + 1).join('/')] : given;
  return { keys, words: wordsOf(keys), isLabel };
}

/** Quotation marks and brackets of what the message stood in. */
function withoutEnd(part: string): string {
  let end = part.length;
  while (end > 0 && `'"})],;`.includes(part.charAt(end - 1))) end -= 1;
  return part.slice(0, end);
}

function isKey(part: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(part);
}

function isIndex(key: string): boolean {
  return /^[0-9]+$/.test(key);
}

function wordsOf(keys: readonly string[]): string {
  return keys
    .map((key, index) =>
      isIndex(key) ? `[${key}]` : key.includes('/') ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`,
    )
    .join('');
}

/** The value within what is around it; within a list only what is around it in its item. */
export function nested({ keys }: Place, value: unknown): object {
  const inItem = keys.slice(keys.findLastIndex(isIndex) + 1);
  return inItem.reduceRight<Record<string, unknown>>(
    (inner, key, index) => ({ [key]: index === inItem.length - 1 ? value : inner }),
    {},
  );
}

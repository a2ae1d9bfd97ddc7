/**
 * Keys of the constraints of one object that go by names which people write, and may write twice.
 */
import { sentence } from './text.ts';

const keyLengthMax = 253;

/** The name, numbered where it is taken: also by another name that looks like a numbered one. `taken` counts how often each was asked for. */
export function newKey(name: string, taken: Map<string, number>): string {
  const first = sentence(name, keyLengthMax);
  let count = (taken.get(first) ?? 0) + 1;
  let key = count === 1 ? first : `${first}#${count}`;
  for (; taken.has(key); count += 1) key = `${first}#${count + 1}`;
  taken.set(first, count);
  if (key !== first) taken.set(key, 1);
  return key;
}

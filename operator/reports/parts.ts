/**
 * Cuts a list of texts into parts that etcd takes, at places that the texts themselves decide. Were each part filled up to its
 * bound, one text more in the middle would move one from every part to the next: all of them would be written, and in between
 * a text would stand in none.
 */
import { detailTextsBytesMax, storedBytes } from '../../crds/detail.ts';

/** A part is not ended before; what is smaller altogether is one part. */
const bytesMin = 131_072;
/** Behind the smallest size an end comes after so many bytes in the mean. */
const bytesToEnd = 196_608;
/** The beginning of a text is what tells it from the others: its id, or kind and name. */
const hashedLength = 96;

/** Each of at most detailTextsBytesMax, in order; none for no texts. A text alone may not be larger than that. */
export function inParts(texts: readonly string[]): string[][] {
  const parts: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const size = storedBytes(text);
    if (bytes + size > detailTextsBytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(text);
    bytes += size;
    if (bytes >= bytesMin && hashOf(text) * bytesToEnd < size) bytes = Number.POSITIVE_INFINITY;
  }
  return parts;
}

/** In [0, 1): FNV-1a with the last mixing of Murmur3, as texts that differ in their last character alone are many. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < Math.min(text.length, hashedLength); index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * All places of many words in one pass over a text, however many words there are.
 *
 * @see A. V. Aho and M. J. Corasick, Efficient string matching: an aid to bibliographic search, CACM 18(6), 1975
 */

/** Finds words. @param found Told each place, in order of its end; false makes an end. */
export type Anchors = (lower: string, found: (word: number, at: number) => void) => void;

const alphabet = 128;

/** @param words ASCII in lower case, none of them empty. Throws for another one: it could never be found. */
export function createAnchors(words: readonly string[]): Anchors {
  const size = 1 + words.reduce((sum, { length }) => sum + length, 0);
  if (size > 65_535) throw new Error('Anchors: too many letters for 16 bits');
  const next = new Uint16Array(size * alphabet);
  const ends: number[][] = [[]];
  for (const [index, word] of words.entries()) {
    if (!/^[ -@[-~]+$/.test(word)) throw new Error(`Anchor ${JSON.stringify(word)}: must be ASCII in lower case`);
    let state = 0;
    for (let at = 0; at < word.length; at += 1) {
      const slot = state * alphabet + word.charCodeAt(at);
      if (next[slot] === 0) {
        next[slot] = ends.length;
        ends.push([]);
      }
      state = next[slot] ?? 0;
    }
    ends[state]?.push(index);
  }
  completeByFallbacks(next, ends);
  // Nearly no place is the end of a word, and bytes are sooner looked at than lists.
  const isEnd = Uint8Array.from(ends, ({ length }) => Math.min(length, 1));
  return (lower, found) => {
    let state = 0;
    for (let at = 0; at < lower.length; at += 1) {
      const code = lower.charCodeAt(at);
      state = code < alphabet ? (next[state * alphabet + code] ?? 0) : 0;
      if (isEnd[state] === 0) continue;
      for (const word of ends[state] ?? []) found(word, at + 1 - (words[word]?.length ?? 0));
    }
  };
}

/** Gives every state a successor for every letter, by the longest suffix that is a state too; breadth first. */
function completeByFallbacks(next: Uint16Array, ends: number[][]): void {
  const fallback = new Uint16Array(ends.length);
  const queue: number[] = [];
  for (let code = 0; code < alphabet; code += 1) {
    const child = next[code] ?? 0;
    if (child !== 0) queue.push(child);
  }
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] ?? 0;
    const behind = fallback[state] ?? 0;
    ends[state]?.push(...(ends[behind] ?? []));
    for (let code = 0; code < alphabet; code += 1) {
      const slot = state * alphabet + code;
      const otherwise = next[behind * alphabet + code] ?? 0;
      const child = next[slot] ?? 0;
      if (child === 0) next[slot] = otherwise;
      else {
        fallback[child] = otherwise;
        queue.push(child);
      }
    }
  }
}

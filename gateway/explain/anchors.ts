/**
 * All places of many words in one pass over a text, however many words there are.
 *
 * @see A. V. Aho and M. J. Corasick, Efficient string matching: an aid to bibliographic search, CACM 18(6), 1975
 */

/**
 * Begins to look for words in a text.
 *
 * @param found Told each place, in order of its end.
 * @returns Looks on, as far as that place.
 */
export type Anchors = (lower: string, found: (word: number, at: number) => void) => (until: number) => void;

const alphabet = 128;

/** @param words ASCII in lower case, none of them empty. Throws for another one: it could never be found. */
export function createAnchors(words: readonly string[]): Anchors {
  const size = 1 + words.reduce((sum, { length }) => sum + length, 0);
  if (size > 65_535) throw new Error('Anchors: too many letters for 16 bits');
  const { letterOf, letters } = lettersOf(words);
  const next = new Uint16Array(size * letters);
  const ends: number[][] = [[]];
  for (const [index, word] of words.entries()) {
    if (!/^[ -@[-~]+$/.test(word)) throw new Error(`Anchor ${JSON.stringify(word)}: must be ASCII in lower case`);
    let state = 0;
    for (let at = 0; at < word.length; at += 1) {
      const slot = state * letters + (letterOf[word.charCodeAt(at)] ?? 0);
      if (next[slot] === 0) {
        next[slot] = ends.length;
        ends.push([]);
      }
      state = next[slot] ?? 0;
    }
    ends[state]?.push(index);
  }
  completeByFallbacks(next, ends, letters);
  // Nearly no place is the end of a word, and bytes are sooner looked at than lists.
  const isEnd = Uint8Array.from(ends, ({ length }) => Math.min(length, 1));
  return (lower, found) => {
    let state = 0;
    let at = 0;
    return (until) => {
      for (const end = Math.min(until, lower.length); at < end; at += 1) {
        const code = lower.charCodeAt(at);
        state = code < alphabet ? (next[state * letters + (letterOf[code] ?? 0)] ?? 0) : 0;
        if (isEnd[state] === 0) continue;
        for (const word of ends[state] ?? []) found(word, at + 1 - (words[word]?.length ?? 0));
      }
    };
  };
}

/** Numbers for what stands in any word, so that a state takes less room. 0 is all that stands in none. */
function lettersOf(words: readonly string[]): { readonly letterOf: Uint8Array; readonly letters: number } {
  const letterOf = new Uint8Array(alphabet);
  let letters = 1;
  for (const word of words) {
    for (let at = 0; at < word.length; at += 1) {
      const code = word.charCodeAt(at);
      if (code < alphabet && letterOf[code] === 0) letterOf[code] = letters++;
    }
  }
  return { letterOf, letters };
}

/** Gives every state a successor for every letter, by the longest suffix that is a state too; breadth first. */
function completeByFallbacks(next: Uint16Array, ends: number[][], letters: number): void {
  const fallback = new Uint16Array(ends.length);
  const queue: number[] = [];
  for (let letter = 0; letter < letters; letter += 1) {
    const child = next[letter] ?? 0;
    if (child !== 0) queue.push(child);
  }
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] ?? 0;
    const behind = fallback[state] ?? 0;
    ends[state]?.push(...(ends[behind] ?? []));
    for (let letter = 0; letter < letters; letter += 1) {
      const slot = state * letters + letter;
      const otherwise = next[behind * letters + letter] ?? 0;
      const child = next[slot] ?? 0;
      if (child === 0) next[slot] = otherwise;
      else {
        fallback[child] = otherwise;
        queue.push(child);
      }
    }
  }
}

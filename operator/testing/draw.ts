/** Draws from a seeded random: the same calls in the same order give the same course. */
export interface Draw {
  /** A whole number from 0. */
  below(count: number): number;
  /** Whether something happens that happens once in `times`. */
  once(times: number): boolean;
  pick<T>(...choices: readonly [T, ...T[]]): T;
  /** All of these with an even chance each, as one object. */
  some(...parts: readonly object[]): object;
}

export function createDraw(random: () => number): Draw {
  const below = (count: number) => Math.floor(random() * count);
  return {
    below,
    once: (times) => below(times) === 0,
    pick: (...choices) => choices[below(choices.length)] ?? choices[0],
    some: (...parts) => Object.assign({}, ...parts.filter(() => below(2) === 0)),
  };
}

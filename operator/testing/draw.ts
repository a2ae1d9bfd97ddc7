/** What something can be picked from. */
export type Choices<T> = readonly [T, ...T[]];

/** Draws from a seeded random: the same calls in the same order give the same course. */
export interface Draw {
  /** A whole number from 0. */
  readonly below: (count: number) => number;
  /** Whether something happens that happens once in `times`. */
  readonly once: (times: number) => boolean;
  readonly pick: <T>(...choices: Choices<T>) => T;
  /** From one to `most` of these, each once. */
  readonly sample: <T>(most: number, ...choices: Choices<T>) => Choices<T>;
  /** All of these with an even chance each, as one object. */
  readonly some: (...parts: readonly object[]) => object;
}

export function createDraw(random: () => number): Draw {
  const below = (count: number) => Math.floor(random() * count);
  function pick<T>(...choices: Choices<T>): T {
    return choices[below(choices.length)] ?? choices[0];
  }
  return {
    below,
    once: (times) => below(times) === 0,
    pick,
    sample(most, ...choices) {
      const first = pick(...choices);
      const others = choices.filter((choice) => choice !== first && below(choices.length) < most - 1);
      return [first, ...others];
    },
    some: (...parts) => Object.assign({}, ...parts.filter(() => below(2) === 0)),
  };
}

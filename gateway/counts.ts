/** How many of something each of many has at the moment, like connections or streams. */
export interface Counts {
  /** Counts one more, unless `key` has as many as it may. What was counted is given back once. */
  add(key: string): boolean;
  remove(key: string): void;
}

/** Counts by key up to `max`, and keeps nothing of a key that has none. */
export function createCounts(max: number): Counts {
  const counts = new Map<string, number>();
  return {
    add(key) {
      const count = counts.get(key) ?? 0;
      if (count >= max) return false;
      counts.set(key, count + 1);
      return true;
    },
    remove(key) {
      const count = (counts.get(key) ?? 0) - 1;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
    },
  };
}

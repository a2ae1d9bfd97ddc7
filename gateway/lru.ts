import { LRUCache } from 'lru-cache';

/**
 * Keeps what was used last, so many at most. It takes memory for what is in it: told `max` instead, lru-cache makes room for all of
 * it at once, which for what the gateway keeps of rights alone is some 40 ms and 40 MB at start.
 */
export function createLru<Key extends object | string, Value extends object>(entriesMax: number): LRUCache<Key, Value> {
  return new LRUCache<Key, Value>({ maxSize: entriesMax, sizeCalculation: () => 1 });
}

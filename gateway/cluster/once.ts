import type { Call } from '../call.ts';
import type { Pace } from '../answer/pace.ts';

/**
 * Remembers what a call has read. A call whose answer turns out to be too large for its message is asked once more for less;
 * it is the same call then, with the same pace, and that is no reason to ask the API server again.
 */
export function oncePerCall<T>(): (call: Call, key: string, read: () => Promise<T>) => Promise<T> {
  const known = new WeakMap<Pace, Map<string, Promise<T>>>();
  return async ({ pace }, key, read) => {
    const ofCall = known.get(pace) ?? new Map<string, Promise<T>>();
    known.set(pace, ofCall);
    const reading = ofCall.get(key) ?? read();
    ofCall.set(key, reading);
    return reading;
  };
}

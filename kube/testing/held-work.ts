import { createVirtualClock } from './virtual-clock.ts';
import { createWorkQueue, type Work } from '../work-queue.ts';

/** A queue on a virtual clock, without jitter. */
export function queueOn(clock = createVirtualClock()) {
  return { clock, queue: createWorkQueue({ clock, random: () => 0.5 }), stop: new AbortController() };
}

/** Work that ends when told, so that a test decides what happens meanwhile. */
export function heldWork() {
  const started: string[] = [];
  const held = new Map<string, PromiseWithResolvers<void>>();
  const work: Work = (key) => {
    started.push(key);
    const gate = Promise.withResolvers<void>();
    held.set(key, gate);
    return gate.promise;
  };
  return { started, work, finish: (key: string) => held.get(key)?.resolve() };
}

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from './errors.ts';
import { createVirtualClock, seededRandom } from './testing/virtual-clock.ts';
import { createWorkQueue, type Work } from './work-queue.ts';
import { heldWork, queueOn } from './testing/held-work.ts';

test('a key that is added many times is worked on once', async () => {
  const { clock, queue, stop } = queueOn();
  for (let count = 0; count < 5; count += 1) queue.add('a');
  expect(queue.length).toBe(1);
  const { started, work, finish } = heldWork();
  void queue.run(work, { workers: 4, signal: stop.signal });
  await clock.settle();
  finish('a');
  await queue.whenIdle();
  expect(started).toEqual(['a']);
});

test('a key that is added while it is in work is taken again afterwards, never twice at a time', async () => {
  const { clock, queue, stop } = queueOn();
  const { started, work, finish } = heldWork();
  void queue.run(work, { workers: 4, signal: stop.signal });
  queue.add('a');
  queue.add('a');
  queue.add('a');
  await clock.settle();
  expect(started).toEqual(['a']);
  finish('a');
  await clock.settle();
  expect(started).toEqual(['a', 'a']);
  finish('a');
  await queue.whenIdle();
  expect(started).toEqual(['a', 'a']);
});

test('no more keys are in work than there are workers', async () => {
  const { clock, queue, stop } = queueOn();
  const { started, work, finish } = heldWork();
  for (const key of ['a', 'b', 'c']) queue.add(key);
  void queue.run(work, { workers: 2, signal: stop.signal });
  await clock.settle();
  expect(started).toEqual(['a', 'b']);
  finish('b');
  await clock.settle();
  expect(started).toEqual(['a', 'b', 'c']);
});

test('what is wanted now goes before what may come later, and later is never left out for good', async () => {
  const { queue, stop } = queueOn();
  for (let index = 0; index < 3; index += 1) queue.add(`later-${index}`, 'later');
  for (let index = 0; index < 20; index += 1) queue.add(`now-${index}`);
  const order: string[] = [];
  void queue.run(
    async (key) => {
      order.push(key);
    },
    { workers: 1, signal: stop.signal },
  );
  await queue.whenIdle();
  expect(order).toHaveLength(23);
  expect(order.indexOf('later-0')).toBe(8);
  expect(order.indexOf('later-1')).toBe(17);
  expect(order.indexOf('later-2')).toBe(22);
});

test('a key that waits for later moves up when it is wanted now, and never down', async () => {
  const { queue, stop } = queueOn();
  queue.add('x', 'later');
  queue.add('y', 'later');
  queue.add('y');
  queue.add('y', 'later');
  const order: string[] = [];
  void queue.run(
    async (key) => {
      order.push(key);
    },
    { workers: 1, signal: stop.signal },
  );
  await queue.whenIdle();
  expect(order).toEqual(['y', 'x']);
});

test('failed work comes back later each time, and success forgets the failures', async () => {
  const { clock, queue, stop } = queueOn();
  const at: number[] = [];
  const errors: unknown[] = [];
  let failing = true;
  const work: Work = async () => {
    at.push(clock.monotonic());
    if (failing) throw new Error('not yet');
  };
  void queue.run(work, { workers: 1, signal: stop.signal, onError: (_key, error) => errors.push(error) });
  queue.add('a');
  await clock.advance(100);
  expect(at.map(Math.round)).toEqual([0, 8, 23, 53]);
  expect(errors).toHaveLength(4);
  failing = false;
  await clock.advance(10_000);
  const tries = at.length;
  failing = true;
  queue.add('a');
  await clock.advance(10);
  expect(at.length - tries).toBe(2);
});

test('failures never wait longer than the maximum', async () => {
  const clock = createVirtualClock();
  const queue = createWorkQueue({ clock, random: () => 0.999, retryMsMax: 1_000 });
  let tries = 0;
  const failing: Work = async () => {
    tries += 1;
    throw new Error('never');
  };
  void queue.run(failing, { workers: 1, signal: new AbortController().signal });
  queue.add('a');
  await clock.advance(60_000);
  const before = tries;
  await clock.advance(10_000);
  expect(tries - before).toBeGreaterThanOrEqual(10);
});

test('a Retry-After is waited for', async () => {
  const { clock, queue, stop } = queueOn();
  let tries = 0;
  const throttled: Work = async () => {
    tries += 1;
    if (tries === 1) throw new KubeError('KUBE_THROTTLED', { status: 429, request: 'PUT /x', retryAfterMs: 3_000 });
  };
  void queue.run(throttled, { workers: 1, signal: stop.signal });
  queue.add('a');
  await clock.advance(2_999);
  expect(tries).toBe(1);
  await clock.advance(1);
  expect(tries).toBe(2);
});

test('work can ask for another turn without having failed', async () => {
  const { clock, queue, stop } = queueOn();
  let tries = 0;
  void queue.run(
    async () => {
      tries += 1;
      return tries < 3 ? { retryAfterMs: 1_000 } : undefined;
    },
    { workers: 1, signal: stop.signal },
  );
  queue.add('a');
  await clock.advance(10_000);
  expect(tries).toBe(3);
});

test('of two wishes for a later turn the earlier counts, and both together give one turn', async () => {
  const { clock, queue } = queueOn();
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 1_000);
  queue.addAfter('a', 9_000);
  await clock.advance(999);
  expect(queue.length).toBe(0);
  await clock.advance(1);
  expect(queue.length).toBe(1);
  await clock.advance(10_000);
  expect(queue.length).toBe(1);
  expect(clock.waiting).toBe(0);
});

test('a run ends when everything in flight has, and what it cut off is left for the next one', async () => {
  const { clock, queue, stop } = queueOn();
  const work: Work = (_key, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('cut off')));
    });
  const run = queue.run(work, { workers: 1, signal: stop.signal });
  queue.add('a');
  queue.add('b');
  await clock.settle();
  stop.abort();
  const done: string[] = [];
  const next = new AbortController();
  void queue.run(
    async (key) => {
      done.push(key);
    },
    { workers: 1, signal: next.signal },
  );
  await run;
  await queue.whenIdle();
  expect(done.toSorted()).toEqual(['a', 'b']);
});

test('two runs at a time are refused', async () => {
  const { queue, stop } = queueOn();
  void queue.run(async () => {}, { workers: 1, signal: stop.signal });
  await expect(queue.run(async () => {}, { workers: 1, signal: stop.signal })).rejects.toThrow('already');
});

test('whatever is added, fails and is added again: every key ends with a success after its last addition', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    how: fc.constantFrom('now', 'later', 'after'),
    waitMs: fc.nat(50),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
      const clock = createVirtualClock();
      const random = seededRandom(seed);
      const queue = createWorkQueue({ clock, random });
      const stop = new AbortController();
      const wanted = new Map<string, number>();
      const seen = new Map<string, number>();
      const busy = new Set<string>();
      const work: Work = async (key) => {
        expect(busy.has(key)).toBe(false);
        busy.add(key);
        const version = wanted.get(key) ?? 0;
        await clock.sleep(random() * 20);
        busy.delete(key);
        if (random() < 0.3) throw new Error('no luck');
        seen.set(key, version);
      };
      const run = queue.run(work, { workers: 2, signal: stop.signal });
      for (const { key, how, waitMs } of steps) {
        wanted.set(key, (wanted.get(key) ?? 0) + 1);
        if (how === 'after') queue.addAfter(key, waitMs);
        else queue.add(key, how === 'now' ? 'now' : 'later');
        await clock.advance(waitMs);
      }
      await clock.advance(600_000);
      expect(seen).toEqual(wanted);
      stop.abort();
      await run;
    }),
    { numRuns: 50 },
  );
});

/** The order in which one worker takes what is due. */
async function takenFrom({ clock, queue, stop }: ReturnType<typeof queueOn>) {
  const order: string[] = [];
  void queue.run(
    async (key) => {
      order.push(key);
    },
    { workers: 1, signal: stop.signal },
  );
  await clock.settle();
  return order;
}

test('of two delayed wishes for one key the stronger priority counts, whichever is due first', async () => {
  const on = queueOn();
  const { clock, queue } = on;
  queue.addAfter('other', 5, 'later');
  queue.addAfter('same time', 20, 'later');
  queue.addAfter('same time', 20, 'now');
  queue.addAfter('after', 20, 'later');
  queue.addAfter('after', 25, 'now');
  queue.addAfter('before', 25, 'now');
  queue.addAfter('before', 20, 'later');
  await clock.advance(20);
  expect(queue.length).toBe(4);
  expect(await takenFrom(on)).toEqual(['same time', 'after', 'before', 'other']);
});

test('a removed key is forgotten, whether it waits for its turn, its time or its next try', async () => {
  const on = queueOn();
  const { clock, queue } = on;
  queue.add('now');
  queue.add('later', 'later');
  queue.addAfter('delayed', 10);
  for (const key of ['now', 'later', 'delayed', 'never added']) queue.remove(key);
  expect(queue.length).toBe(0);
  await queue.whenIdle();
  await clock.advance(20);
  expect(await takenFrom(on)).toEqual([]);
  queue.add('now');
  await clock.settle();
  expect(queue.length).toBe(0);
});

test.each([
  ['fails', () => Promise.reject(new Error('not yet'))],
  ['asks to be called again', () => Promise.resolve({ retryAfterMs: 5 })],
])('a key that is removed while its work %s does not come back unless it is added again', async (_how, end) => {
  const { clock, queue, stop } = queueOn();
  const gates: PromiseWithResolvers<void>[] = [];
  const work: Work = async () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return end();
  };
  void queue.run(work, { workers: 1, signal: stop.signal });
  queue.add('a');
  queue.add('a');
  queue.remove('a');
  await clock.settle();
  gates[0]?.resolve();
  await clock.advance(120_000);
  expect(gates).toHaveLength(1);
  queue.add('a');
  queue.remove('a');
  queue.add('a');
  gates[1]?.resolve();
  await clock.settle();
  expect(gates).toHaveLength(3);
  queue.remove('a');
  gates[2]?.resolve();
  await queue.whenIdle();
});

test('a key that is removed while in work is not left over by a run that ends', async () => {
  const { clock, queue, stop } = queueOn();
  const work: Work = (_key, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('cut off')), { once: true });
    });
  const running = queue.run(work, { workers: 1, signal: stop.signal });
  queue.add('a');
  await clock.settle();
  queue.remove('a');
  stop.abort();
  await running;
  expect(queue.length).toBe(0);
});

import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createWorkQueue } from '../../kube/work-queue.ts';
import { createSchedule } from './schedule.ts';

function setUp() {
  const clock = createVirtualClock();
  const taken: [key: string, ms: number][] = [];
  const startedAt = clock.monotonic();
  const queue = createWorkQueue({ clock, random: () => 0 });
  const stop = new AbortController();
  const ended = queue.run(
    (key) => {
      taken.push([key, clock.monotonic() - startedAt]);
      return Promise.resolve();
    },
    { workers: 1, signal: stop.signal },
  );
  return { clock, taken, schedule: createSchedule(queue, clock), stop: () => (stop.abort(new Error('end')), ended) };
}

test('a single change is taken 20 ms after it, with what came in between', async () => {
  const { clock, taken, schedule, stop } = setUp();
  schedule.changed('shop', 'now');
  await clock.advance(10);
  schedule.changed('shop', 'now');
  await clock.advance(5_000);
  expect(taken).toEqual([['shop', 20]]);
  schedule.changed('shop', 'now');
  await clock.advance(5_000);
  expect(taken).toEqual([
    ['shop', 20],
    ['shop', 5_030],
  ]);
  await stop();
});

test('the longer a burst, the wider the gaps, up to a second; the last change is always taken', async () => {
  const { clock, taken, schedule, stop } = setUp();
  for (let ms = 0; ms < 6_000; ms += 5) {
    schedule.changed('shop', 'now');
    await clock.advance(5);
  }
  const lastChange = 5_995;
  await clock.advance(5_000);
  const times = taken.map(([, ms]) => ms);
  const gaps = times.slice(1).map((ms, index) => ms - (times[index] ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_005);
  expect(times.length).toBeLessThan(13);
  expect(times.at(-1)).toBeGreaterThanOrEqual(lastChange);
  await stop();
});

test('namespaces do not wait for one another', async () => {
  const { clock, taken, schedule, stop } = setUp();
  schedule.changed('a', 'later');
  schedule.changed('b', 'now');
  await clock.advance(100);
  expect(taken.map(([key]) => key).toSorted()).toEqual(['a', 'b']);
  await stop();
});

import { expect, test } from 'vitest';
import type { Work } from './work-queue.ts';
import { heldWork, queueOn } from './testing/held-work.ts';

test('work of later holds no more workers than its limit says, and what is wanted now takes the others', async () => {
  const { clock, queue, stop } = queueOn();
  const { started, work, finish } = heldWork();
  for (let index = 0; index < 4; index += 1) queue.add(`later-${index}`, 'later');
  void queue.run(work, { workers: 3, signal: stop.signal, later: () => ({ workersMax: 2, waitMs: 0 }) });
  await clock.settle();
  expect(started).toEqual(['later-0', 'later-1']);
  queue.add('now-0');
  queue.add('now-1');
  queue.add('later-3');
  await clock.settle();
  expect(started).toEqual(['later-0', 'later-1', 'now-0']);
  finish('later-0');
  await clock.settle();
  expect(started).toEqual(['later-0', 'later-1', 'now-0', 'now-1']);
  finish('now-0');
  await clock.settle();
  // It has become one of now, which no limit holds.
  expect(started.slice(4)).toEqual(['later-3']);
  finish('now-1');
  await clock.settle();
  expect(started.slice(5)).toEqual(['later-2']);
});

test('work of later waits as long as its limit says, without being asked again and again', async () => {
  const { clock, queue, stop } = queueOn();
  const taken: [key: string, ms: number][] = [];
  let openAt = 100;
  let asked = 0;
  const work: Work = async (key, _signal, priority) => {
    taken.push([`${key} ${priority}`, clock.monotonic()]);
    if (priority === 'later') openAt = clock.monotonic() + 50;
  };
  const later = () => {
    asked += 1;
    return { workersMax: 1, waitMs: Math.max(0, openAt - clock.monotonic()) };
  };
  queue.add('a', 'later');
  queue.add('b', 'later');
  const run = queue.run(work, { workers: 2, signal: stop.signal, later });
  queue.addAfter('c', 30);
  await clock.advance(1_000);
  expect(taken).toEqual([
    ['c now', 30],
    ['a later', 100],
    ['b later', 150],
  ]);
  expect(asked).toBeLessThan(12);
  openAt = clock.monotonic() + 1_000;
  queue.add('d', 'later');
  stop.abort();
  await run;
  expect(clock.waiting).toBe(0);
  expect(queue.length).toBe(1);
});

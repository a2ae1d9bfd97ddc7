import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createCallLimit } from './call-limit.ts';

test('a minute of calls may come at once, and then one at a time as the bucket fills', async () => {
  const clock = createVirtualClock();
  const limit = createCallLimit({ clock, perMinute: 600 });
  for (let call = 0; call < 600; call += 1) expect(limit?.take('ann')).toBe(0);
  expect(limit?.take('ann')).toBe(1);
  await clock.advance(99);
  expect(limit?.take('ann')).toBe(1);
  await clock.advance(1);
  expect([limit?.take('ann'), limit?.take('ann')]).toEqual([0, 1]);
});

test('who is told to wait may ask right then, and not a moment before', async () => {
  const clock = createVirtualClock();
  const limit = createCallLimit({ clock, perMinute: 4 });
  for (let call = 0; call < 4; call += 1) limit?.take('ann');
  expect(limit?.take('ann')).toBe(15);
  await clock.advance(14_999);
  expect(limit?.take('ann')).toBe(1);
  await clock.advance(1);
  expect(limit?.take('ann')).toBe(0);
});

test('a refused call takes nothing, and nobody is limited by another', () => {
  const limit = createCallLimit({ clock: createVirtualClock(), perMinute: 1 });
  expect([limit?.take('ann'), limit?.take('ann'), limit?.take('ann'), limit?.take('bob')]).toEqual([0, 60, 60, 0]);
});

test('no limit is no limit', () => {
  expect(createCallLimit({ clock: createVirtualClock(), perMinute: 0 })).toBeUndefined();
});

test('to ask how long to wait takes nothing', () => {
  const limit = createCallLimit({ clock: createVirtualClock(), perMinute: 1 });
  expect([limit?.wait('ann'), limit?.wait('ann'), limit?.take('ann'), limit?.wait('ann')]).toEqual([0, 0, 0, 60]);
});

test('however calls come, no more than the bucket holds and what has flowed in are let through', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }),
      async (perMinute, pauses) => {
        const clock = createVirtualClock();
        const limit = createCallLimit({ clock, perMinute });
        let passed = 0;
        for (const ms of pauses) {
          await clock.advance(ms);
          if (limit?.take('ann') === 0) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(perMinute + Math.ceil((clock.monotonic() * perMinute) / 60_000));
      },
    ),
    { numRuns: 50 },
  );
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createRateLimit } from './rate-limit.ts';

test('a minute of calls may come at once, and then one at a time as the bucket fills', async () => {
  const clock = createVirtualClock();
  const limit = createRateLimit({ clock, perMinute: 600 });
  for (let call = 0; call < 600; call += 1) expect(limit.take('ann')).toBeUndefined();
  expect(limit.take('ann')).toBe(1);
  await clock.advance(99);
  expect(limit.take('ann')).toBe(1);
  await clock.advance(1);
  expect([limit.take('ann'), limit.take('ann')]).toEqual([undefined, 1]);
});

test('who is told to wait may ask right then, and not a moment before', async () => {
  const clock = createVirtualClock();
  const limit = createRateLimit({ clock, perMinute: 4 });
  for (let call = 0; call < 4; call += 1) limit.take('ann');
  expect(limit.take('ann')).toBe(15);
  await clock.advance(14_999);
  expect(limit.take('ann')).toBe(1);
  await clock.advance(1);
  expect(limit.take('ann')).toBeUndefined();
});

test('a refused call takes nothing, and nobody is limited by another', () => {
  const limit = createRateLimit({ clock: createVirtualClock(), perMinute: 1 });
  expect([limit.take('ann'), limit.take('ann'), limit.take('ann'), limit.take('bob')]).toEqual([
    undefined,
    60,
    60,
    undefined,
  ]);
});

test('no limit is no limit', () => {
  const limit = createRateLimit({ clock: createVirtualClock(), perMinute: 0 });
  for (let call = 0; call < 10_000; call += 1) expect(limit.take('ann')).toBeUndefined();
});

test('however calls come, no more than the bucket holds and what has flowed in are let through', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }),
      async (perMinute, pauses) => {
        const clock = createVirtualClock();
        const limit = createRateLimit({ clock, perMinute });
        let passed = 0;
        for (const ms of pauses) {
          await clock.advance(ms);
          if (limit.take('ann') === undefined) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(perMinute + Math.ceil((clock.monotonic() * perMinute) / 60_000));
      },
    ),
    { numRuns: 50 },
  );
});

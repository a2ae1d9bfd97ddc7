import { describe, expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { errorOfEvent, retryAfterMsOf } from './status.ts';

test('an ERROR event carries its status, its message and how long to wait in its object', () => {
  const status = {
    kind: 'Status',
    code: 429,
    reason: 'TooManyRequests',
    message: 'later',
    details: { retryAfterSeconds: 3 },
  };
  expect(errorOfEvent(status, 'WATCH /x')).toMatchObject({
    code: 'KUBE_THROTTLED',
    status: 429,
    said: 'later',
    retryAfterMs: 3_000,
    request: 'WATCH /x',
  });
  expect(errorOfEvent({ code: 410, reason: 'Expired' }, 'WATCH /x')).toMatchObject({
    code: 'KUBE_GONE',
    said: 'Expired',
  });
  expect(errorOfEvent('nonsense', 'WATCH /x')).toMatchObject({ code: 'KUBE_SERVER_ERROR', status: 500 });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  test.each([
    ['1', 1_000],
    ['0', undefined],
    ['-5', undefined],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2015 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (header, expected) => {
    expect(retryAfterMsOf(header, now)).toBe(expected);
  });
});

test('waits double from the first to the maximum, with up to as much again at random', () => {
  const limits = { firstMs: 800, maxMs: 30_000 };
  const waits = (random: number) =>
    [1, 2, 3, 5, 6, 1_000_000].map((failures) => backoffMs(failures, limits, () => random));
  expect(waits(0)).toEqual([800, 1_600, 3_200, 12_800, 15_000, 15_000]);
  expect(waits(1)).toEqual([1_600, 3_200, 6_400, 25_600, 30_000, 30_000]);
});

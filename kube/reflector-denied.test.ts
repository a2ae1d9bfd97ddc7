import { expect, test } from 'vitest';
import { pod, pods, start } from './testing/simulated-reflector.ts';

// A kind that is not served, or may not be read.

test('a kind that is not served is absent, loses its objects, and is found again', async () => {
  const { api, clock, begin, take } = start();
  api.put(pods, pod('a'));
  const reflector = begin();
  await clock.settle();
  api.serve(pods, false);
  await clock.advance(5_000);
  expect(reflector.state).toBe('absent');
  expect(take()).toEqual(['+a', 'synced', '-a']);
  await clock.advance(60_000);
  const asked = api.requests.length;
  await clock.advance(300_000);
  // Two requests an attempt: a WatchList, and the list that it falls back to.
  expect(api.requests.length - asked).toBeLessThanOrEqual(2 * (300 / 15 + 1));
  api.serve(pods, true);
  await clock.advance(60_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual(['+a', 'synced']);
  await reflector.stop();
});

test('a kind that is forbidden is so stated, asked for slowly, and read when the right is given', async () => {
  const { api, clock, begin, take } = start();
  api.put(pods, pod('a'));
  const allow = api.fail({ times: Number.POSITIVE_INFINITY, status: 403, reason: 'Forbidden', message: 'no list' });
  const reflector = begin();
  await clock.advance(5_000);
  await reflector.whenSynced();
  expect(reflector.state).toBe('forbidden');
  expect(reflector.lastError).toMatchObject({ code: 'KUBE_FORBIDDEN', said: 'no list' });
  await clock.advance(60_000);
  const asked = api.requests.length;
  await clock.advance(300_000);
  expect(api.requests.length - asked).toBeLessThanOrEqual(300 / 4 + 1);
  allow();
  await clock.advance(8_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual(['+a', 'synced']);
  await reflector.stop();
});

// An API server that has just started refuses everybody until it has read its roles. Taken at its word, the kind was asked
// for again only half a minute later, and every report stood still so long.
test.each([
  ['forbidden', 403],
  ['not served', 404],
])('a kind that is %s for a moment is neither given up nor forgotten', async (_, status) => {
  const { api, clock, begin, take } = start();
  api.put(pods, pod('a'));
  const reflector = begin();
  await clock.advance(10_000);
  take();
  api.fail({ times: 2, status });
  api.cutWatches();
  await clock.advance(4_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual(status === 404 ? ['synced'] : []);
  await reflector.stop();
});

test('objects stay known while the right to read them is missing: it may be for a moment', async () => {
  const { api, clock, begin, take } = start();
  api.put(pods, pod('a'));
  const reflector = begin();
  await clock.advance(10_000);
  take();
  const allow = api.fail({ times: Number.POSITIVE_INFINITY, status: 403 });
  api.cutWatches();
  await clock.advance(10_000);
  expect(reflector.state).toBe('forbidden');
  expect(reflector.get('shop/a')).toBeDefined();
  allow();
  await clock.advance(60_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual([]);
  await reflector.stop();
});

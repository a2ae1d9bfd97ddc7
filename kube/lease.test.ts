import { describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { KubeError } from './errors.ts';
import { type Leadership, LeadershipLost, leases, microTime, startLeadership, whileLeading } from './lease.ts';
import { createFakeApi, type FakeApi } from './testing/fake-api.ts';
import { createVirtualClock, seededRandom, type VirtualClock } from './testing/virtual-clock.ts';

const at = { namespace: 'potoo-system', name: 'potoo-operator' };

interface Candidate extends Leadership {
  readonly terms: AbortSignal[];
  readonly errors: KubeError[];
}

function candidate(api: FakeApi, clock: VirtualClock, identity: string): Candidate {
  const terms: AbortSignal[] = [];
  const errors: KubeError[] = [];
  const leadership = startLeadership({
    client: createClient(api.connect(identity)),
    ...at,
    identity,
    clock,
    random: seededRandom(identity.length),
    onStarted: (signal) => terms.push(signal),
    onError: (error) => errors.push(error),
  });
  return Object.assign(Object.create(leadership), { terms, errors, stop: () => leadership.stop() });
}

function cluster() {
  const clock = createVirtualClock();
  return { clock, api: createFakeApi({ resources: [leases], clock }) };
}

function specOf(api: FakeApi) {
  return api.get(leases, at)?.spec;
}

test('the first one creates the Lease and leads, with times of six digits', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.settle();
  expect(one.leading).toBe(true);
  expect(one.terms).toHaveLength(1);
  expect(specOf(api)).toEqual({
    holderIdentity: 'one',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  });
  expect(api.requests.every(({ lane }) => lane === 'lease')).toBe(true);
});

test('the holder renews every two seconds and keeps acquireTime', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.advance(60_000);
  expect(one.terms).toHaveLength(1);
  expect(specOf(api)).toMatchObject({
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:01:00.000000Z',
    leaseTransitions: 0,
  });
  expect(api.requests.filter(({ verb }) => verb === 'get')).toHaveLength(1);
});

test('a second one waits as long as the first renews', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.settle();
  const two = candidate(api, clock, 'two');
  await clock.advance(300_000);
  expect([one.leading, two.leading]).toEqual([true, false]);
});

test('stopping hands the Lease over at once', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.settle();
  const two = candidate(api, clock, 'two');
  await clock.advance(5_000);
  await one.stop();
  expect(one.leading).toBe(false);
  expect(one.terms[0]?.aborted).toBe(true);
  expect(specOf(api)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await clock.advance(4_400);
  expect(two.leading).toBe(true);
  expect(specOf(api)).toMatchObject({ holderIdentity: 'two', leaseDurationSeconds: 15, leaseTransitions: 1 });
});

test('whenever the holder dies, another leads within 20 s', async () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { api, clock } = cluster();
    const one = candidate(api, clock, 'one');
    await clock.settle();
    const two = candidate(api, clock, 'x'.repeat(seed));
    await clock.advance(20_000 + seed * 137);
    api.fail({ matching: ({ client }) => client === 'one', times: Number.POSITIVE_INFINITY, status: 0 });
    const diedAt = clock.monotonic();
    await clock.advanceUntil(() => two.leading, 30_000);
    expect(clock.monotonic() - diedAt, `seed ${seed}`).toBeLessThan(20_000);
    await Promise.all([one.stop(), two.stop()]);
  }
});

describe('a holder that cannot reach the server', () => {
  test('stops by itself at its deadline, before another begins', async () => {
    const { api, clock } = cluster();
    const one = candidate(api, clock, 'one');
    await clock.settle();
    const two = candidate(api, clock, 'two');
    await clock.advance(20_000);
    api.fail({ matching: ({ client }) => client === 'one', times: Number.POSITIVE_INFINITY, status: 0 });
    const deadline = clock.monotonic() + 10_000;
    await clock.advance(9_999);
    expect(one.leading).toBe(true);
    await clock.advance(1);
    expect(one.leading).toBe(false);
    expect(one.terms[0]?.aborted).toBe(true);
    expect(two.leading).toBe(false);
    await clock.advanceUntil(() => two.leading, 20_000);
    expect(clock.monotonic()).toBeGreaterThan(deadline);
    expect(one.errors.map(({ code }) => code)).toContain('KUBE_UNREACHABLE');
  });

  test('leads again when the server is back and nobody took over', async () => {
    const { api, clock } = cluster();
    const one = candidate(api, clock, 'one');
    await clock.settle();
    const back = api.fail({ times: Number.POSITIVE_INFINITY, status: 0 });
    await clock.advance(12_000);
    expect(one.leading).toBe(false);
    back();
    await clock.advance(5_000);
    expect(one.leading).toBe(true);
    expect(one.terms.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

test('what is on its way to a connection when leadership ends is not sent', async () => {
  const { api } = cluster();
  let leading = true;
  const client = createClient(whileLeading(api.connect('one'), () => leading));
  await client.create(leases, { metadata: at, spec: {} });
  leading = false;
  await expect(client.delete(leases, at)).rejects.toThrow(LeadershipLost);
  expect(api.requests.map(({ verb }) => verb)).toEqual(['create']);
});

test('a holder whose renewal hangs ends at its deadline all the same', async () => {
  const clock = createVirtualClock();
  let latencyMs = 0;
  const api = createFakeApi({ resources: [leases], clock, latencyMs: () => latencyMs });
  const one = candidate(api, clock, 'one');
  await clock.settle();
  latencyMs = 60_000;
  await clock.advance(10_000);
  expect(one.leading).toBe(false);
  expect(one.terms[0]?.aborted).toBe(true);
});

test('an answer that comes after the deadline of its renewal begins nothing', async () => {
  const clock = createVirtualClock();
  let latencyMs = 12_000;
  const api = createFakeApi({ resources: [leases], clock, latencyMs: () => latencyMs });
  const one = candidate(api, clock, 'one');
  await clock.advance(24_000);
  expect(one.leading).toBe(false);
  latencyMs = 0;
  await clock.advance(20_000);
  expect(one.leading).toBe(true);
});

test('stopping while it reads again after a refused renewal hands the Lease over all the same', async () => {
  const clock = createVirtualClock();
  let latencyMs = 0;
  const api = createFakeApi({ resources: [leases], clock, latencyMs: () => latencyMs });
  const one = candidate(api, clock, 'one');
  await clock.settle();
  const lease = api.get(leases, at);
  api.put(leases, { ...lease, metadata: { ...at, labels: { touched: 'by-somebody' } } });
  latencyMs = 1_000;
  // Sent at 2 s, refused at 3 s, read again until 4 s.
  await clock.advance(3_500);
  expect(api.requests.at(-1)).toMatchObject({ verb: 'get', plural: 'leases' });
  const stopped = one.stop();
  await clock.advance(3_000);
  await expect(stopped).resolves.toBeUndefined();
  expect(specOf(api)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
});

test('renewTime of another machine means nothing: what counts is how long the Lease stood still here', async () => {
  const { api, clock } = cluster();
  api.put(leases, {
    metadata: at,
    spec: { holderIdentity: 'ghost', leaseDurationSeconds: 15, renewTime: microTime(clock.now() - 86_400_000) },
  });
  const one = candidate(api, clock, 'one');
  await clock.advance(14_999);
  expect(one.leading).toBe(false);
  await clock.advance(5_000);
  expect(one.leading).toBe(true);
});

test('whoever finds the Lease taken by another stops at once', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.settle();
  api.put(leases, { metadata: at, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });
  await clock.advance(2_000);
  expect(one.leading).toBe(false);
  expect(specOf(api)).toMatchObject({ holderIdentity: 'thief' });
});

test('a Lease that somebody deletes is created again', async () => {
  const { api, clock } = cluster();
  const one = candidate(api, clock, 'one');
  await clock.settle();
  api.remove(leases, at);
  await clock.advance(10_000);
  expect(one.leading).toBe(true);
  expect(specOf(api)).toMatchObject({ holderIdentity: 'one' });
});

test('of many who start together exactly one leads, whoever is cut off meanwhile', async () => {
  const { api, clock } = cluster();
  const random = seededRandom(7);
  const names = ['a', 'bb', 'ccc', 'dddd'];
  const all = names.map((name) => candidate(api, clock, name));
  for (let round = 0; round < 40; round += 1) {
    const victim = names[Math.floor(random() * names.length)];
    const heal = api.fail({ matching: ({ client }) => client === victim, times: Number.POSITIVE_INFINITY, status: 0 });
    for (let step = 0; step < 30; step += 1) {
      await clock.advance(random() * 1_500);
      expect(all.filter(({ leading }) => leading).length).toBeLessThanOrEqual(1);
    }
    heal();
    await clock.advanceUntil(() => all.some(({ leading }) => leading), 60_000);
  }
});

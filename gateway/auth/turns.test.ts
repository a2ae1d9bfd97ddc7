import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createBuckets } from './buckets.ts';
import { createTurns, laneUnderWayMax, underWayMax } from './turns.ts';

const laneNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Work that ends when it is told to. */
function setup() {
  const clock = createVirtualClock();
  const turns = createTurns(clock);
  const started: { lane: string; end: () => void }[] = [];
  const outcomes: string[] = [];
  const run = (lane: string) => {
    const work = async () => {
      const ended = Promise.withResolvers<void>();
      started.push({ lane, end: ended.resolve });
      await ended.promise;
    };
    turns.run(lane, work).then(
      () => outcomes.push(`${lane} done`),
      (error: unknown) => outcomes.push(`${lane} ${error instanceof Error ? error.message : String(error)}`),
    );
  };
  const lanes = () => started.map(({ lane }) => lane);
  return { clock, turns, started, outcomes, run, lanes };
}

test('one lane has its share under way, and the next ones come in their order', async () => {
  const { clock, started, run, lanes } = setup();
  for (let index = 0; index < 50; index += 1) run('big');
  await clock.settle();
  expect(started).toHaveLength(laneUnderWayMax);
  run('small');
  await clock.settle();
  expect(lanes().at(-1)).toBe('small');
});

test('when all places are taken, lanes that wait take turns', async () => {
  const { clock, started, run, lanes } = setup();
  for (const lane of laneNames) for (let index = 0; index < 20; index += 1) run(lane);
  await clock.settle();
  expect(started).toHaveLength(underWayMax);
  run('late');
  const before = started.length;
  for (let index = 0; index < 5; index += 1) {
    started[index]?.end();
    await clock.settle();
  }
  expect(lanes().slice(before)).toContain('late');
  expect(new Set(lanes().slice(before)).size).toBeGreaterThan(2);
});

test('what waits too long, or behind too many of its own, is refused and takes no place', async () => {
  const { clock, started, outcomes, run } = setup();
  for (let index = 0; index < laneUnderWayMax + 201; index += 1) run('big');
  await clock.settle();
  expect(outcomes).toEqual(['big Too many rights are being checked at the moment; try again.']);
  await clock.advance(1_500);
  expect(outcomes).toHaveLength(201);
  expect(clock.waiting).toBe(0);
  started[0]?.end();
  run('big');
  await clock.settle();
  expect(started).toHaveLength(laneUnderWayMax + 1);
});

test('work that fails gives its place back', async () => {
  const { clock, turns } = setup();
  for (let index = 0; index < 100; index += 1) {
    await expect(turns.run('a', async () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  }
  expect(await turns.run('a', async () => 'done')).toBe('done');
  expect(clock.waiting).toBe(0);
});

test('whatever comes and goes, no lane and not all of them have more under way than they may, and nothing is left', async () => {
  const step = fc.oneof(fc.constantFrom(...laneNames), fc.nat(100));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
      const { clock, started, outcomes, run } = setup();
      const underWay = new Set<(typeof started)[number]>();
      const look = async () => {
        await clock.settle();
        for (const each of started.splice(0)) underWay.add(each);
        expect(underWay.size).toBeLessThanOrEqual(underWayMax);
        for (const group of Map.groupBy(underWay, ({ lane }) => lane).values()) {
          expect(group.length).toBeLessThanOrEqual(laneUnderWayMax);
        }
      };
      for (const each of steps) {
        if (typeof each === 'string') run(each);
        else {
          const ending = [...underWay][each % Math.max(1, underWay.size)];
          ending?.end();
          if (ending !== undefined) underWay.delete(ending);
        }
        await look();
      }
      while (underWay.size > 0) {
        for (const each of underWay) each.end();
        underWay.clear();
        await look();
      }
      expect(outcomes).toHaveLength(steps.filter((each) => typeof each === 'string').length);
      expect(outcomes.every((outcome) => outcome.endsWith('done'))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

describe('a bucket', () => {
  const setupBuckets = () => {
    const clock = createVirtualClock();
    return { clock, buckets: createBuckets({ clock, perSecond: 10, burst: 20, keysMax: 2 }) };
  };

  test('never gives more than its burst and what comes in since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(3_000), fc.nat(60)), { maxLength: 20 }), async (steps) => {
        const { clock, buckets } = setupBuckets();
        let taken = 0;
        for (const [ms, times] of steps) {
          await clock.advance(ms);
          for (let index = 0; index < times; index += 1) taken += buckets.take('a') === 0 ? 1 : 0;
          expect(taken).toBeLessThanOrEqual(20 + (clock.monotonic() / 1_000) * 10 + 1e-6);
        }
      }),
    );
  });

  test('says when there will be one again, also above a reserve', async () => {
    const { clock, buckets } = setupBuckets();
    for (let index = 0; index < 20; index += 1) expect(buckets.take('a')).toBe(0);
    expect([buckets.take('a'), buckets.take('a', 15), buckets.take('b', 15)]).toEqual([1, 2, 0]);
    await clock.advance(1_600);
    expect(buckets.take('a', 15)).toBe(0);
  });
});

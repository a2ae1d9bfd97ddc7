import { expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createPaces, pieceMs } from './pace.ts';

/** A clock by which each thing that is worked on takes a millisecond. */
function busyClock(): { readonly clock: VirtualClock; readonly worked: string[]; work: (item: string) => void } {
  const clock = createVirtualClock();
  const worked: string[] = [];
  const busy = Object.assign(Object.create(clock), { monotonic: () => clock.monotonic() + worked.length });
  return { clock: busy, worked, work: (item) => void worked.push(item) };
}

const items = (name: string, count: number) => Array<string>(count).fill(name);

test('little work is done at once', async () => {
  const { clock, worked, work } = busyClock();
  const done = createPaces(clock)(1_000).each(items('a', pieceMs - 1), work);
  expect(worked).toHaveLength(pieceMs - 1);
  await done;
  expect(clock.waiting).toBe(0);
});

test('much work is done in pieces that take turns, whoever they are for', async () => {
  const { clock, worked, work } = busyClock();
  const paces = createPaces(clock);
  const both = Promise.all([paces(1_000).each(items('a', 50), work), paces(1_000).each(items('b', 50), work)]);
  // The first piece of each; then one after the other, each after a look at what else has come.
  expect(worked.join('')).toBe('a'.repeat(pieceMs) + 'b'.repeat(pieceMs));
  await clock.settle();
  expect(worked).toHaveLength(2 * pieceMs);
  await clock.advance(0);
  await both;
  expect(worked.join('')).toBe(('a'.repeat(pieceMs) + 'b'.repeat(pieceMs)).repeat(5));
});

test('no work goes on after its deadline, and others have their turn still', async () => {
  const { clock, worked, work } = busyClock();
  const paces = createPaces(clock);
  const late = paces(20).each(items('a', 100), work);
  const other = paces(1_000).each(items('b', 30), work);
  const ends = Promise.allSettled([late, other]);
  await clock.advance(0);
  expect(await ends).toMatchObject([{ reason: { code: 'DEADLINE_EXCEEDED' } }, { status: 'fulfilled' }]);
  expect(worked.filter((item) => item === 'a').length).toBeLessThan(40);
  expect(worked.filter((item) => item === 'b')).toHaveLength(30);
});

test('work ends where it has enough, or fails, and others have their turn still', async () => {
  const { clock, worked, work } = busyClock();
  const paces = createPaces(clock);
  const until = (count: number, stop: () => boolean) => (item: string) => {
    work(item);
    return worked.filter((each) => each === item).length < count || stop();
  };
  const enough = paces(1_000).each(
    items('a', 100),
    until(20, () => false),
  );
  const fails = paces(1_000).each(
    items('b', 100),
    until(20, () => {
      throw new Error('cannot be worked on');
    }),
  );
  const other = paces(1_000).each(items('c', 40), work);
  const ends = Promise.allSettled([enough, fails, other]);
  await clock.advance(0);
  expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(['a', 'b', 'c'].map((name) => worked.filter((item) => item === name).length)).toEqual([20, 20, 40]);
});

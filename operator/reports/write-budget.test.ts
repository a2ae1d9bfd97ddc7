import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWriteBudget } from './write-budget.ts';

const limits = { writesPerSecond: 50, bytesPerSecond: 1_000 };

/** Writes as soon as it may, until `ms` have passed. */
function writesWithin(ms: number, bytesOf: (index: number) => number) {
  const budget = createWriteBudget(limits);
  const written: number[] = [];
  let now = 0;
  for (;;) {
    now += budget.waitMs(now);
    if (now >= ms) return written;
    written.push(bytesOf(written.length));
    budget.spend(now, bytesOf(written.length - 1));
  }
}

test('small writes are limited by their number', () => {
  expect(writesWithin(10_000, () => 1)).toHaveLength(502);
});

test('large writes are limited by their bytes, and one that is larger than all that is left makes the next ones wait', () => {
  expect(writesWithin(10_000, () => 5_000)).toHaveLength(3);
  const budget = createWriteBudget(limits);
  budget.spend(0, 5_040);
  expect(budget.waitMs(0)).toBe(5_001);
  expect(budget.waitMs(5_001)).toBe(0);
});

test('a long silence saves up no more than a twenty-fifth of a second', () => {
  const budget = createWriteBudget(limits);
  budget.spend(0, 1);
  for (let index = 0; index < 2; index += 1) budget.spend(3_600_000, 1);
  expect(budget.waitMs(3_600_000)).toBeGreaterThan(0);
});

test('whatever the sizes, no more is written than the budget of the time, the first twenty-fifth of a second and one write', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { minLength: 1, maxLength: 50 }), fc.nat(20_000), (sizes, ms) => {
      const written = writesWithin(ms, (index) => sizes[index % sizes.length] ?? 0);
      expect(written.length).toBeLessThanOrEqual((50 * ms) / 1_000 + 3);
      const bytes = written.reduce((sum, size) => sum + size, 0);
      expect(bytes).toBeLessThanOrEqual(ms + 40 + (written.at(-1) ?? 0));
    }),
  );
});

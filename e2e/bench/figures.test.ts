import { expect, test } from 'vitest';
import { percentiles, quotient } from './figures.ts';

test('each percentile is the smallest sample that at least so many samples do not exceed', () => {
  const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(percentiles(samples)).toEqual({ p50: 100, p95: 190, p99: 198, max: 200, samples: 200 });
});

test('of a single sample every percentile is that sample', () => {
  expect(percentiles([7.126])).toEqual({ p50: 7.13, p95: 7.13, p99: 7.13, max: 7.13, samples: 1 });
});

test('no samples have no percentiles', () => {
  expect(() => percentiles([])).toThrow('one sample at least');
});

test('what was never done has no cost each', () => {
  expect(quotient(3, 0)).toBeNull();
  expect(quotient(3, 2)).toBe(1.5);
});

import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('kinds that come and go do not make series without end, and those that were there first keep theirs', () => {
  const metrics = createMetrics();
  expect(metrics.resourceLabel('pods')).toBe('pods');
  const labels = Array.from({ length: 5_000 }, (_, index) => metrics.resourceLabel(`things${index}.example.org`));
  expect(new Set(labels).size).toBe(200);
  expect(labels.at(-1)).toBe('other');
  expect(metrics.resourceLabel('pods')).toBe('pods');
});

import { expect, test } from 'vitest';
import { createCounts } from './counts.ts';

test('what is given back for a key, it may have again', () => {
  const counts = createCounts(2);
  expect([counts.add('a'), counts.add('a'), counts.add('a'), counts.add('b')]).toEqual([true, true, false, true]);
  counts.remove('a');
  expect([counts.add('a'), counts.add('a')]).toEqual([true, false]);
});

import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createPacedKinds } from './paced-kinds.ts';

const limits = { apiVersion: 'example.org/v1', kind: 'Limit' };

test('the first change is told at once, thousands that follow within a moment once, and the last is never lost', async () => {
  const clock = createVirtualClock();
  let stand = 0;
  const told: number[] = [];
  const kinds = createPacedKinds(clock, () => told.push(stand));
  for (stand = 1; stand < 3_000; stand += 1) kinds.changed(limits);
  expect(told).toEqual([1]);
  kinds.changed({ ...limits, kind: 'Other' });
  expect(told).toEqual([1, 3_000]);
  await clock.advance(10_000);
  expect(told).toEqual([1, 3_000, 3_000]);
  stand = 3_001;
  kinds.changed(limits);
  expect(told.at(-1)).toBe(3_001);
});

import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Priority } from '../../kube/work-queue.ts';
import { createGatheredChanges } from './gathered-changes.ts';

function gatherIn(waitMs: (resource: string) => number) {
  const clock = createVirtualClock();
  const told: string[] = [];
  const changes = createGatheredChanges({
    clock,
    waitMs,
    tell: ({ namespaces, clusterDetails }) =>
      void told.push(
        [...[...namespaces].map(([name, priority]) => `${name}:${priority}`), ...clusterDetails].join(' '),
      ),
  });
  const change = (resource: string, namespace: string, priority: Priority = 'now') =>
    changes.changed(resource, { namespaces: new Map([[namespace, priority]]), clusterDetails: new Set() });
  return { clock, told, changes, change };
}

test('changes of a kind are told together after its time, those of others at once', async () => {
  const { clock, told, changes, change } = gatherIn((resource) => (resource === 'slow' ? 10_000 : 0));
  change('slow', 'a', 'later');
  await clock.advance(6_000);
  change('slow', 'a', 'now');
  change('slow', 'b', 'later');
  changes.changed('slow', { namespaces: new Map(), clusterDetails: new Set(['detail']) });
  change('quick', 'c');
  expect(told).toEqual(['c:now']);
  await clock.advance(4_000);
  expect(told).toEqual(['c:now', 'a:now b:later detail']);
  await clock.advance(60_000);
  expect(told).toHaveLength(2);
});

test('what touches nothing starts no wait', async () => {
  const { clock, told, changes } = gatherIn(() => 1_000);
  changes.changed('slow', { namespaces: new Map(), clusterDetails: new Set() });
  await clock.advance(10_000);
  expect(told).toEqual([]);
});

test('a complete list ends the wait', async () => {
  const { clock, told, changes, change } = gatherIn(() => 10_000);
  change('slow', 'a');
  changes.flush('slow');
  expect(told).toEqual(['a:now']);
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
});

test('a shorter wait counts for what is gathered already, a longer one does not', async () => {
  let ms = 60_000;
  const { clock, told, changes, change } = gatherIn(() => ms);
  change('slow', 'a');
  ms = 5_000;
  changes.waitsChanged();
  ms = 600_000;
  changes.waitsChanged();
  change('slow', 'b');
  await clock.advance(5_000);
  expect(told).toEqual(['a:now b:now']);
  change('slow', 'c');
  ms = 0;
  changes.waitsChanged();
  expect(told).toHaveLength(2);
});

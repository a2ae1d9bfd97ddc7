import { expect, test } from 'vitest';
import { createChanges, seededRandom } from './changes.ts';
import { expectedEntries, populationOf } from './population.ts';

const changesOf = (count: number, namespaces = 50) => {
  const changes = createChanges(populationOf(namespaces), seededRandom(1));
  return Array.from({ length: count }, () => changes.next(0));
};

test('the same seed makes the same changes', () => {
  expect(changesOf(30)).toEqual(changesOf(30));
});

test('each change makes another report of its namespace', () => {
  const before = new Map(populationOf(200).map(({ namespace, policies }) => [namespace, expectedEntries(policies)]));
  for (const change of changesOf(200, 200)) {
    if (change === undefined) throw new Error('there are as many namespaces as changes');
    expect(change.entries).not.toEqual(before.get(change.namespace));
  }
});

test('a namespace rests after a change', () => {
  const changes = createChanges(populationOf(1), seededRandom(1));
  expect(changes.next(0)).toMatchObject({ verb: 'create', namespace: 'team-0000' });
  expect(changes.next(1_999)).toBeUndefined();
  expect(changes.next(2_000)).toMatchObject({ verb: 'patch', namespace: 'team-0000' });
});

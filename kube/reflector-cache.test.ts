import { expect, test } from 'vitest';
import { type CompleteList, startReflector } from './reflector.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { createVirtualClock, seededRandom } from './testing/virtual-clock.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const pod = (name: string) => ({ metadata: { name, namespace: 'shop' } });

test.each([
  ['a WatchList', true],
  ['pages', false],
])('says after each list by %s what it held, left out or not, and of which version it is', async (_, watchList) => {
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: [pods], clock, watchList });
  api.put(pods, pod('a'));
  const listedAt = api.put(pods, pod('left-out')).metadata.resourceVersion;
  const lists: CompleteList[] = [];
  const reflector = startReflector({
    transport: api.transport,
    resource: pods,
    clock,
    random: seededRandom(1),
    prune: ({ metadata: { name } }) => (name === 'left-out' ? undefined : name),
    handler: { upsert: () => {}, remove: () => {}, synced: (list) => lists.push(list) },
  });
  await reflector.whenSynced();
  const held = (list: CompleteList | undefined) => ['a', 'left-out', 'b'].map((name) => list?.has(`shop/${name}`));
  expect(lists.map(({ resourceVersion }) => resourceVersion)).toEqual([listedAt]);
  expect(held(lists[0])).toEqual([true, true, false]);

  api.stallWatches();
  api.remove(pods, { namespace: 'shop', name: 'a' });
  const relistedAt = api.put(pods, pod('b')).metadata.resourceVersion;
  api.compact();
  api.cutWatches();
  await clock.advance(10_000);
  expect(lists.map(({ resourceVersion }) => resourceVersion)).toEqual([listedAt, relistedAt]);
  expect(held(lists[0])).toEqual([true, true, false]);
  expect(held(lists[1])).toEqual([false, true, true]);
  await reflector.stop();
});

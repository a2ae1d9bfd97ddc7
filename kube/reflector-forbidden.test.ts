import { expect, test } from 'vitest';
import { startReflector } from './reflector.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { createVirtualClock, seededRandom } from './testing/virtual-clock.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const pod = (name: string) => ({ metadata: { name, namespace: 'shop' } });

test('objects that nobody may read any more are forgotten after the time that was given, and read anew', async () => {
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: [pods], clock });
  const heard: string[] = [];
  const take = () => heard.splice(0);
  api.put(pods, pod('a'));
  const reflector = startReflector<string>({
    transport: api.transport,
    resource: pods,
    clock,
    random: seededRandom(1),
    prune: ({ metadata }) => metadata.name,
    handler: {
      upsert: (_key, name) => void heard.push(`+${name}`),
      remove: (_key, name) => void heard.push(`-${name}`),
      synced: () => void heard.push('synced'),
    },
    forbiddenMsMax: 60_000,
    onForgotten: () => void heard.push('forgotten'),
  });
  await clock.advance(10_000);
  expect(take()).toEqual(['+a', 'synced']);
  const allow = api.fail({ times: Number.POSITIVE_INFINITY, status: 403 });
  api.cutWatches();
  await clock.advance(60_000);
  expect(take()).toEqual([]);
  await clock.advance(15_000);
  expect(take().slice(0, 2)).toEqual(['-a', 'forgotten']);
  api.remove(pods, { namespace: 'shop', name: 'a' });
  api.put(pods, pod('b'));
  allow();
  await clock.advance(8_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual(['+b', 'synced']);
  await reflector.stop();
});

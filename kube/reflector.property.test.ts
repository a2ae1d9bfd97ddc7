import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { startReflector } from './reflector.ts';
import { createFakeApi, type FakeApi } from './testing/fake-api.ts';
import { createVirtualClock, seededRandom } from './testing/virtual-clock.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const others = { ...pods, plural: 'others', kind: 'Other' };

type Step = (api: FakeApi) => void;

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

const change: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(names, fc.nat(3)).map(
    ([name, value]): Step =>
      (api) => {
        api.put(pods, { metadata: { name, namespace: 'shop' }, spec: { value } });
      },
  ),
  names.map(
    (name): Step =>
      (api) => {
        const at = { name, namespace: 'shop' };
        if (api.get(pods, at) !== undefined) api.remove(pods, at);
      },
  ),
  fc.constant<Step>((api) => void api.put(others, { metadata: { name: 'x', namespace: 'shop' } })),
);

const fault: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>(
    (api) => api.cutWatches(),
    (api) => api.endWatches(),
    (api) => api.refuseWatches(),
    (api) => api.refuseWatches({ code: 500, reason: 'InternalError' }),
    (api) => api.stallWatches(),
    (api) => api.bookmarkWatches(),
    (api) => api.sendToWatches('{"broken'),
    (api) => api.compact(),
    (api) => api.serve(pods, false),
    (api) => api.serve(pods, true),
  ),
  fc.tuple(fc.constantFrom(0, 400, 403, 404, 410, 422, 429, 500, 503, 504), fc.integer({ min: 1, max: 4 })).map(
    ([status, times]): Step =>
      (api) =>
        void api.fail({ status, times }),
  ),
);

test('whatever happens to the objects and the connections, the cache ends equal to the server, and the handler with it', async () => {
  const steps = fc.array(fc.tuple(fc.oneof(change, change, fault), fc.constantFrom(0, 0, 7, 900, 20_000)), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), fc.nat(), async (history, watchList, seed) => {
      const clock = createVirtualClock();
      const random = seededRandom(seed);
      const latencyMs = () => Math.floor(random() * 30);
      const api = createFakeApi({ resources: [pods, others], clock, watchList, latencyMs, chunkBytesMax: 37 });
      const heard = new Map<string, unknown>();
      let ready = false;
      const reflector = startReflector({
        transport: api.transport,
        resource: pods,
        clock,
        random,
        prune: ({ spec }) => spec,
        handler: {
          upsert: (key, value) => heard.set(key, value),
          remove: (key, value) => {
            expect(heard.get(key)).toBe(value);
            heard.delete(key);
          },
          synced: () => {
            ready = true;
          },
        },
      });
      for (const [step, waitMs] of history) {
        step(api);
        await clock.advance(waitMs);
      }
      api.serve(pods, true);
      await clock.advance(1_000_000);
      const stored = api.list(pods).map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec]);
      expect(Object.fromEntries(reflector.entries())).toEqual(Object.fromEntries(stored));
      expect(heard).toEqual(new Map(reflector.entries()));
      expect([reflector.state, ready]).toEqual(['synced', true]);
      await reflector.stop();
      expect([api.watches, clock.waiting <= 2_000]).toEqual([[], true]);
    }),
    { numRuns: 150 },
  );
});

/** A Reflector against a simulated API server, for tests. */
import type { KubeError } from '../errors.ts';
import { type ReflectorOptions, startReflector } from '../reflector.ts';
import type { KubeObject } from '../resource.ts';
import { createFakeApi, type FakeApiOptions } from './fake-api.ts';
import { createVirtualClock, seededRandom } from './virtual-clock.ts';

export const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };

/** In namespace shop. */
export function pod(name: string, value: unknown = 1, labels: Record<string, string> = {}) {
  return { metadata: { name, namespace: 'shop', labels }, spec: { value } };
}

function valueOf(object: KubeObject): unknown {
  return { spec: object.spec };
}

/** Pods of a simulated API server, and a Reflector of them once begun; `take` is what its handler heard since the last time. */
export function start(api: Partial<FakeApiOptions> = {}, more: Partial<ReflectorOptions<unknown>> = {}) {
  const clock = createVirtualClock();
  const fake = createFakeApi({ resources: [pods], clock, chunkBytesMax: 50, ...api });
  const heard: string[] = [];
  const errors: KubeError[] = [];
  const begin = (different: Partial<ReflectorOptions<unknown>> = {}) =>
    startReflector<unknown>({
      transport: fake.transport,
      resource: pods,
      clock,
      random: seededRandom(1),
      prune: valueOf,
      handler: {
        upsert: (key) => heard.push(`+${key.slice(5)}`),
        remove: (key) => heard.push(`-${key.slice(5)}`),
        synced: () => heard.push('synced'),
      },
      onError: (error) => errors.push(error),
      ...more,
      ...different,
    });
  const take = () => heard.splice(0);
  return { api: fake, clock, begin, take, errors };
}

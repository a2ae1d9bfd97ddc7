import { expect, test } from 'vitest';
import { discoverResources } from './discovery.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import type { Transport } from './transport.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const policies = { group: 'kyverno.io', version: 'v2', plural: 'policies', kind: 'Policy', namespaced: true };
const nodes = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

test('lists every resource once, in the version its group prefers', async () => {
  const older = { ...policies, version: 'v1' };
  const onlyOld = { ...policies, version: 'v1', plural: 'cleanups', kind: 'Cleanup' };
  const api = createFakeApi({
    clock: createVirtualClock(),
    resources: [pods, { ...policies, statusSubresource: true }, older, onlyOld, nodes],
  });
  const served = await discoverResources(api.transport);
  expect(served.all.map(({ group, version, plural }) => `${group}/${version}/${plural}`)).toEqual([
    '/v1/nodes',
    '/v1/pods',
    'kyverno.io/v1/cleanups',
    'kyverno.io/v2/policies',
  ]);
  expect(served.find(policies)).toMatchObject({ ...policies, subresources: ['status'] });
  expect(served.findIn('v1', policies)).toMatchObject(older);
  expect(served.findIn('v3', policies)).toBeUndefined();
  expect(served.find(nodes)).toMatchObject({ namespaced: false, kind: 'Node' });
  expect(served.find({ group: 'kyverno.io', plural: 'pods' })).toBeUndefined();
  expect(served.find(pods)?.verbs).toContain('watch');
  expect(api.requests.map(({ path }) => path)).toEqual(['/api', '/apis']);
});

function answering(lists: Readonly<Record<string, unknown>>): Transport {
  return {
    request: async ({ path }) => lists[path],
    stream: () => Promise.reject(new Error('no streams here')),
    close: async () => {},
  };
}

test('names versions that are listed from memory, and reads nulls where Go writes them', async () => {
  const empty = { kind: 'APIGroupDiscoveryList', items: [] };
  const served = await discoverResources(
    answering({
      '/api': empty,
      '/apis': {
        kind: 'APIGroupDiscoveryList',
        items: [
          {
            metadata: { name: 'metrics.k8s.io', creationTimestamp: null },
            versions: [
              {
                version: 'v1beta1',
                freshness: 'Stale',
                resources: [
                  { resource: 'nodes', responseKind: { kind: 'NodeMetrics' }, scope: 'Cluster', verbs: null },
                  { resource: 'ghosts', responseKind: null, scope: 'Cluster', verbs: [] },
                ],
              },
              { version: 'v1alpha1', resources: null },
            ],
          },
        ],
      },
    }),
  );
  expect(served.stale).toEqual(['metrics.k8s.io/v1beta1']);
  expect(served.all).toEqual([
    {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      plural: 'nodes',
      kind: 'NodeMetrics',
      namespaced: false,
      verbs: [],
      categories: [],
      subresources: [],
    },
  ]);
});

test('an answer in the old form is refused with what is needed', async () => {
  const old = { kind: 'APIVersions', versions: ['v1'] };
  await expect(discoverResources(answering({ '/api': old, '/apis': old }))).rejects.toMatchObject({
    code: 'KUBE_UNREADABLE',
    said: expect.stringContaining('1.30'),
  });
});

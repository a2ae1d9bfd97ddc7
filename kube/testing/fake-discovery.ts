import type { Resource } from '../resource.ts';
import type { FakeRequest } from './fake-request.ts';
import type { FakeResource } from './fake-store.ts';

const aggregated = 'as=APIGroupDiscoveryList';

/** Aggregated discovery of what the fake API server serves; undefined for other requests. */
export function fakeDiscovery(request: FakeRequest, resources: () => readonly FakeResource[]): unknown {
  if (request.path !== '/api' && request.path !== '/apis') return undefined;
  if (request.accept?.includes(aggregated) !== true) return undefined;
  const served = resources().filter(({ group }) => (group === '') === (request.path === '/api'));
  const groups = Map.groupBy(served, ({ group }) => group);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups].map(([group, members]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [...Map.groupBy(members, ({ version }) => version)].map(([version, kinds]) => ({
        version,
        freshness: 'Current',
        resources: kinds.map(discoveryOf),
      })),
    })),
  };
}

function discoveryOf(resource: FakeResource): unknown {
  const { group, version, kind }: Resource = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
    ...(resource.statusSubresource === true
      ? { subresources: [{ subresource: 'status', responseKind: { group, version, kind }, verbs: ['get', 'update'] }] }
      : {}),
  };
}

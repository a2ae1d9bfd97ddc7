import { expect, test } from 'vitest';
import { apiVersionOf, keyOf, resourceName, resourcePath } from './resource.ts';

const pods = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const roles = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterroles',
  kind: 'ClusterRole',
  namespaced: false,
};

test('paths of collections, objects and subresources, with every part escaped', () => {
  expect(resourcePath(pods)).toBe('/api/v1/pods');
  expect(resourcePath(pods, { namespace: 'shop' })).toBe('/api/v1/namespaces/shop/pods');
  expect(resourcePath(pods, { namespace: 'shop', name: 'web', subresource: 'status' })).toBe(
    '/api/v1/namespaces/shop/pods/web/status',
  );
  expect(resourcePath(pods, { namespace: '../x', name: 'a/b?c#d' })).toBe(
    '/api/v1/namespaces/..%2Fx/pods/a%2Fb%3Fc%23d',
  );
  // Upper case and colons are part of the names of roles.
  expect(resourcePath(roles, { namespace: 'ignored', name: 'system:Node' })).toBe(
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3ANode',
  );
});

test('names that RBAC, manifests and caches use', () => {
  expect([resourceName(pods), resourceName(roles)]).toEqual(['pods', 'clusterroles.rbac.authorization.k8s.io']);
  expect([apiVersionOf(pods), apiVersionOf(roles)]).toEqual(['v1', 'rbac.authorization.k8s.io/v1']);
  expect([keyOf({ name: 'a' }), keyOf({ name: 'a', namespace: 'n' })]).toEqual(['a', 'n/a']);
});

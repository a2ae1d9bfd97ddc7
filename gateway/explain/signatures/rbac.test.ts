import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';
import { noSuspects } from '../finding.ts';

const about = {
  namespace: 'shop',
  workloadName: undefined,
  named: [],
  workloads: undefined,
  complete: true,
  contact: undefined,
};

function explained(message: string) {
  const [cause, ...others] = findCauses(readErrorText(message));
  return { cause, others, steps: cause?.steps(noSuspects, about) ?? [], text: readErrorText(message) };
}

test.each([
  [
    'pods is forbidden: User "jo" cannot list resource "pods" in API group "" in the namespace "shop"',
    'list pods in the namespace shop',
  ],
  [
    'Error from server (Forbidden): secrets "tls" is forbidden: User "jo" cannot get resource "secrets" in API group "" in the namespace "shop"',
    'get secrets "tls" in the namespace shop',
  ],
  [
    'pods "web-1" is forbidden: User "jo" cannot create resource "pods/exec" in API group "" in the namespace "shop"',
    'create pods/exec "web-1" in the namespace shop',
  ],
  [
    'nodes is forbidden: User "jo" cannot list resource "nodes" in API group "" at the cluster scope',
    'list nodes at the cluster scope',
  ],
  ['forbidden: User "jo" cannot get path "/metrics"', 'get "/metrics"'],
  ['User "jo" cannot list pods in the namespace "shop". (get pods)', 'list pods in the namespace shop'],
  ['User "jo" cannot list all nodes in the cluster', 'list nodes at the cluster scope'],
  [
    'widgets.example.org is forbidden: User "jo" cannot list widgets\n.example.org at the cluster scope',
    'list widgets.example.org at the cluster scope',
  ],
  [
    '{"err":"deployments.apps \\"web\\" is forbidden: User \\"jo\\" cannot patch resource \\"deployments\\" in API group \\"apps\\" in the namespace \\"shop\\""}',
    'patch deployments.apps "web" in the namespace shop',
  ],
  [
    'users "boss" is forbidden: User "jo" cannot impersonate resource "users" in API group "" at the cluster scope',
    'impersonate users "boss" at the cluster scope',
  ],
  ['Forbidden (user=jo, verb=get, resource=nodes, subresource=proxy)', 'get nodes/proxy at the cluster scope'],
])('%s', (message, what) => {
  const { cause, others } = explained(message);
  expect(cause).toMatchObject({ category: 'rbac', engine: 'rbac', certainty: 'stated' });
  expect(cause?.sentence).toContain(`RBAC does not allow the user "jo" to ${what}.`);
  expect(others).toEqual([]);
});

test('the grant is exactly what was asked for, and one can see whether it works', () => {
  const { steps } = explained(
    'configmaps "settings" is forbidden: User "system:serviceaccount:shop:web" cannot patch resource "configmaps" in API group "" in the namespace "shop"',
  );
  expect(steps[0]?.patch).toContain('resourceNames:\n          - settings');
  expect(steps[0]?.patch).toContain('kind: ServiceAccount\n        name: web\n        namespace: shop');
  expect(steps[1]?.command).toBe(
    'kubectl auth can-i patch configmaps/settings -n shop --as system:serviceaccount:shop:web',
  );
  expect(steps.every(({ requires_privilege: privilege }) => privilege !== undefined)).toBe(true);
});

test('what cannot be granted by name is granted without it', () => {
  const { steps } = explained(
    'leases.coordination.k8s.io "a" is forbidden: User "jo" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "shop"',
  );
  expect(steps[0]?.patch).not.toContain('resourceNames');
  expect(steps[0]?.patch).toContain('coordination.k8s.io');
});

test.each([
  'x is forbidden: User "jo" cannot list resource "pods; rm -rf" in API group "" in the namespace "shop"',
  'x is forbidden: User "jo" cannot $(id) resource "pods;" in API group "" in the namespace "shop"',
])('no command and no patch holds what is no name: %s', (message) => {
  const { steps } = explained(message);
  expect(steps.filter(({ command, patch }) => command !== undefined || patch !== undefined)).toEqual([]);
});

test.each([
  [
    'roles.rbac.authorization.k8s.io "a" is forbidden: user "jo" (groups=["x"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["get"]}',
    'rbac',
  ],
  ['nodes "a" is forbidden: node "b" is not allowed to modify node "a"', 'node-restriction'],
  ['pods "p" is forbidden: node "b" can only create pods with spec.nodeName set to itself', 'node-restriction'],
  ['error: You must be logged in to the server (Unauthorized)', 'rbac'],
  [
    'pods "a" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
    'rbac',
  ],
])('%s', (message, engine) => {
  const { cause, others } = explained(message);
  expect(cause).toMatchObject({ category: 'rbac', engine, certainty: 'stated' });
  expect(others).toEqual([]);
});

test('who is not known at all needs credentials and no role', () => {
  const { cause, steps } = explained(
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
  );
  expect(cause?.sentence).toContain('without credentials');
  expect(steps.some(({ patch }) => patch !== undefined)).toBe(false);
});

test('roles that bindings name, and providers that decide as well, are told', () => {
  expect(
    explained(
      'pods is forbidden: User "jo" cannot list resource "pods" in API group "" in the namespace "shop": RBAC: role.rbac.authorization.k8s.io "gone" not found',
    ),
  ).toMatchObject({ others: [], cause: { sentence: expect.stringContaining('names a role that is not there') } });
  expect(
    explained(
      'pods is forbidden: User "jo" cannot list resource "pods" in API group "" in the namespace "shop": requires one of ["container.pods.list"] permission(s).',
    ).cause?.sentence,
  ).toContain('Google Cloud IAM');
});

test.each([
  ['stated', 'pods is forbidden: User "jo" cannot list pods'],
  ['stated', '{"kind":"Status","status":"Failure","reason":"Unauthorized","code":401}'],
  [
    'stated',
    'Unable to authenticate the request err="[invalid bearer token, square/go-jose: error in cryptographic primitive]"',
  ],
  [
    'likely',
    'Unable to continue with install: could not get information about the resource ClusterRole "a" in namespace "": clusterroles.rbac.authorization.k8s.io "a" is forbidden',
  ],
])('%s, although cut or without a user: %s', (certainty, message) => {
  expect(explained(message).cause).toMatchObject({ category: 'rbac', certainty });
});

test.each([
  '{"error":"invalid bearer token","docs":"https://api.example.org/docs"}',
  '{"status":401,"reason":"Unauthorized","message":"the key is not known"}',
  'order 7 is held: User "jo" cannot get refunds',
])('%s: somebody else does not know or let the user', (message) => {
  expect(explained(message).cause?.category).not.toBe('rbac');
});

test.each(['the user "jo" cannot see the page', 'you cannot do that at the cluster scope', 'User "jo" cannot'])(
  '%s: not RBAC',
  (message) => {
    expect(explained(message).cause?.category).not.toBe('rbac');
  },
);

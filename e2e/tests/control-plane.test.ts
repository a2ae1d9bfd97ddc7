import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { apply, at, conditionOf, get, list, remove, request, waitFor } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { isAlive } from '../control-plane/processes.ts';
import { startTcpProxy } from '../control-plane/tcp-proxy.ts';

// What the other tests of this folder build on is real here: authentication, RBAC, admission, controllers, audit, faults.

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
});
afterAll(() => cluster?.stop());

const namespace = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});
const serviceAccount = (name: string, inNamespace: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: inNamespace },
});
const pod = (name: string, inNamespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: inNamespace },
  spec: { containers: [{ name: 'main', image: 'example.com/main' }] },
});

const holdsRule = (role: unknown) => JSON.stringify(at(role, 'rules')).includes('"widgets"');

describe('who may do what', () => {
  test('a token of a ServiceAccount is reviewed as that ServiceAccount', async () => {
    const token = await cluster.serviceAccountToken('default', 'default');
    const review = await request(cluster, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token },
    });
    expect(at(review, 'status', 'authenticated')).toBe(true);
    expect(at(review, 'status', 'user', 'username')).toBe('system:serviceaccount:default:default');
  });

  test('RBAC refuses a ServiceAccount without rights and allows it what a RoleBinding gives, and the audit log tells both', async () => {
    await apply(cluster, [namespace('rbac'), serviceAccount('reader', 'rbac')]);
    const reader = await cluster.kubeconfigFor('reader', await cluster.serviceAccountToken('rbac', 'reader'));
    const refused = list(reader, '/api/v1/namespaces/rbac/pods');
    await expect(refused).rejects.toMatchObject({ status: 403, said: expect.stringContaining('cannot list resource') });
    await apply(cluster, [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'reader', namespace: 'rbac' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'rbac' }],
      },
    ]);
    // The authorizer learns of a binding by a watch of its own, which cannot be watched from here.
    await vi.waitFor(() => list(reader, '/api/v1/namespaces/rbac/pods'), { timeout: 120_000 });

    const answers = auditLines(cluster)
      .filter((line) => at(line, 'user', 'username') === 'system:serviceaccount:rbac:reader')
      .filter((line) => at(line, 'verb') === 'list' && at(line, 'objectRef', 'resource') === 'pods')
      .map((line) => at(line, 'responseStatus', 'code'));
    expect(answers).toContain(403);
    expect(answers.at(-1)).toBe(200);
  });

  test('a ClusterRole is aggregated into view', async () => {
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    await apply(cluster, [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
        rules: [rule],
      },
    ]);
    const view = '/apis/rbac.authorization.k8s.io/v1/clusterroles/view';
    expect(await waitFor(cluster, view, holdsRule, 'view to hold the rule')).toBeDefined();
  });
});

describe('admission and controllers', () => {
  test('Pod Security refuses with its real message', async () => {
    await apply(cluster, [namespace('locked', { 'pod-security.kubernetes.io/enforce': 'restricted' })]);
    const refused = apply(cluster, [pod('any', 'locked')]);
    await expect(refused).rejects.toMatchObject({
      status: 403,
      said: expect.stringContaining('violates PodSecurity "restricted:latest"'),
    });
  });

  test('a quota counts and enforces once the controller manager has written its status', async () => {
    await apply(cluster, [
      namespace('small'),
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'one-pod', namespace: 'small' },
        spec: { hard: { pods: '1' } },
      },
    ]);
    const quota = '/api/v1/namespaces/small/resourcequotas/one-pod';
    await waitFor(cluster, quota, (object) => at(object, 'status', 'hard', 'pods') === '1', 'the quota to be in force');
    await apply(cluster, [pod('first', 'small')]);
    await waitFor(cluster, quota, (object) => at(object, 'status', 'used', 'pods') === '1', 'the pod to be counted');
    const second = apply(cluster, [pod('second', 'small')]);
    await expect(second).rejects.toMatchObject({
      status: 403,
      said: expect.stringContaining('exceeded quota: one-pod'),
    });
    const pods = await list(cluster, '/api/v1/namespaces/small/pods');
    expect(pods.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Pod first']);
  });

  test('a kind and an object of it can be applied together, twice', async () => {
    const objects = [
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'gadgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          ],
        },
      },
      { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'one', namespace: 'default' }, size: 3 },
    ];
    const [definition] = await apply(cluster, objects);
    expect(at(definition, 'spec', 'names', 'kind')).toBe('Gadget');
    const stored = await get(cluster, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.com');
    expect(conditionOf(stored, 'Established')).toBe('True');
    const [, first] = await apply(cluster, objects);
    const [, second] = await apply(cluster, objects);
    expect(first).toMatchObject({ kind: 'Gadget', size: 3 });
    expect(second?.metadata.resourceVersion).toBe(first?.metadata.resourceVersion);
  });

  test('a removed namespace goes with all that is in it', async () => {
    await apply(cluster, [namespace('short-lived'), serviceAccount('any', 'short-lived')]);
    await remove(cluster, '/api/v1/namespaces/short-lived');
    await waitFor(cluster, '/api/v1/namespaces/short-lived', (object) => object === undefined, 'it to be gone');
    await remove(cluster, '/api/v1/namespaces/short-lived');
    expect(await get(cluster, '/api/v1/namespaces/short-lived')).toBeUndefined();
  });

  test('waiting for what does not come names it, the place and what was there', async () => {
    const waiting = waitFor(cluster, '/api/v1/namespaces/default', () => false, 'the impossible', 5_000);
    await expect(waiting).rejects.toThrow(
      /^waited 5000 ms for the impossible at \/api\/v1\/namespaces\/default; last seen: \{"kind":"Namespace"/,
    );
  });
});

describe('faults', () => {
  test('an API server that was killed has its data again on the same address', async () => {
    await apply(cluster, [namespace('durable')]);
    const { pid } = cluster.apiserver;
    await cluster.apiserver.kill();
    await expect(get(cluster, '/api/v1/namespaces/durable')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await cluster.apiserver.start();
    expect(cluster.apiserver.pid).not.toBe(pid);
    expect(await get(cluster, '/api/v1/namespaces/durable')).toMatchObject({ metadata: { name: 'durable' } });
  });

  test('with etcd paused nothing is ready, and a write of that time arrives when it goes on', async () => {
    cluster.etcd.pause();
    const write = Promise.allSettled([apply(cluster, [namespace('patient')])]);
    try {
      // The API server remembers the health of etcd for a moment.
      const unready = () => expect(request(cluster, 'GET', '/readyz')).rejects.toMatchObject({ status: 500 });
      await vi.waitFor(unready, { timeout: 120_000 });
    } finally {
      cluster.etcd.resume();
    }
    expect(await write).toMatchObject([{ status: 'fulfilled', value: [{ metadata: { name: 'patient' } }] }]);
    await vi.waitFor(() => request(cluster, 'GET', '/readyz'), { timeout: 120_000 });
  });

  test('behind a proxy the API server can go silent and can be cut off', async () => {
    const { hostname, port } = new URL(cluster.server);
    await using proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const behind = await cluster.kubeconfigFor('behind', cluster.adminToken, `https://127.0.0.1:${proxy.port}`);
    expect(await get(behind, '/api/v1/namespaces/default')).toBeDefined();

    await expect.poll(() => proxy.connections).toBe(0);
    proxy.stall();
    const silent = get(behind, '/api/v1/namespaces/default');
    await expect.poll(() => proxy.connections).toBe(1);
    expect(await get(cluster, '/api/v1/namespaces/default')).toBeDefined();
    proxy.flow();
    expect(await silent).toBeDefined();

    await expect.poll(() => proxy.connections).toBe(0); // those before
    proxy.stall();
    const cut = Promise.allSettled([get(behind, '/api/v1/namespaces/default')]);
    await expect.poll(() => proxy.connections).toBe(1);
    proxy.cut();
    expect(await cut).toMatchObject([{ status: 'rejected', reason: { code: 'ECONNRESET' } }]);
    proxy.flow();
    expect(await get(behind, '/api/v1/namespaces/default')).toBeDefined();
  });

  test('a stop leaves no process and no folder, but the audit log', async () => {
    const pids = [cluster.etcd, cluster.apiserver, cluster.controllerManager].map(({ pid }) => pid);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await cluster.stop();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(existsSync(cluster.folder)).toBe(false);
    expect(auditLines(cluster).length).toBeGreaterThan(100);
  });
});

function auditLines(controlPlane: ControlPlane): unknown[] {
  const lines = readFileSync(controlPlane.auditLog, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

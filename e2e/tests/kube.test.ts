import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Client, createClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadCredentials } from '../../kube/credentials.ts';
import { discoverResources } from '../../kube/discovery.ts';
import { leases, startLeadership } from '../../kube/lease.ts';
import { type Reflector, type ReflectorOptions, startReflector } from '../../kube/reflector.ts';
import { createTransport, type Transport } from '../../kube/transport.ts';
import { apply, remove } from '../control-plane/admin.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';

// What the fake API server of kube/testing claims about the protocol, asked of a real one.

const serviceAccounts = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const random = () => Math.random();

let cluster: ControlPlane;
let transport: Transport;
let client: Client;
const requests: string[] = [];

beforeAll(async () => {
  cluster = await startControlPlane();
  const credentials = loadCredentials({ kubeconfig: cluster.adminKubeconfig, clock: systemClock });
  transport = createTransport({
    credentials,
    clock: systemClock,
    userAgent: 'potoo-e2e',
    onRequest: ({ method, resource, status }) => requests.push(`${method} ${resource} ${status}`),
  });
  client = createClient(transport);
});
afterAll(async () => {
  await transport?.close();
  await cluster?.stop();
});

function follow<T>(options: Pick<ReflectorOptions<T>, 'resource' | 'prune'> & Partial<ReflectorOptions<T>>) {
  const heard: string[] = [];
  const reflector = startReflector<T>({
    transport,
    clock: systemClock,
    random,
    handler: {
      upsert: (key) => heard.push(`+${key}`),
      remove: (key) => heard.push(`-${key}`),
      synced: () => heard.push('synced'),
    },
    ...options,
  });
  return { reflector, heard };
}

/** Waits for what this process gets to know, for which there is nothing to ask the server. */
async function until(what: string, holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect({ what, holds: holds() }).toEqual({ what, holds: true }), {
    timeout: 120_000,
    interval: 20,
  });
}

const keysOf = (reflector: Reflector<unknown>) => [...reflector.entries()].map(([key]) => key);

const namespace = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { kube: 'e2e' } },
});

describe('a reflector', () => {
  test('fills by WatchList in one request and follows what happens', async () => {
    requests.length = 0;
    const { reflector, heard } = follow({
      resource: namespaces,
      prune: ({ metadata }) => metadata.labels ?? {},
      labelSelector: 'kube=e2e',
    });
    await reflector.whenSynced();
    expect(reflector.state).toBe('synced');
    expect(reflector.errorCount).toBe(0);
    expect(requests).toEqual(['GET namespaces 200']);
    await apply(cluster, [namespace('follow-a'), namespace('follow-b')]);
    await until('both namespaces', () => reflector.size === 2);
    expect(reflector.get('follow-a')).toMatchObject({ kube: 'e2e' });
    await client.replace(namespaces, {
      ...(await client.get(namespaces, { name: 'follow-a' })),
      metadata: { ...(await client.get(namespaces, { name: 'follow-a' })).metadata, labels: { kube: 'no' } },
    });
    await until('the end of follow-a', () => reflector.size === 1);
    expect(heard).toEqual(['synced', '+follow-a', '+follow-b', '-follow-a']);
    await reflector.stop();
  });

  test('of metadata alone sees labels and no spec, in the list and in the watch', async () => {
    await apply(cluster, [namespace('meta-a')]);
    const { reflector } = follow({
      resource: namespaces,
      metadataOnly: true,
      prune: ({ kind, metadata, spec, status }) => ({ kind, name: metadata.name, spec, status }),
    });
    await reflector.whenSynced();
    expect(reflector.errorCount).toBe(0);
    await apply(cluster, [namespace('meta-b')]);
    await until('the new namespace', () => reflector.get('meta-b') !== undefined);
    for (const name of ['meta-a', 'meta-b']) {
      expect(reflector.get(name)).toEqual({ kind: 'Namespace', name, spec: undefined, status: undefined });
    }
    await reflector.stop();
  });

  test('of a kind that is not served, or forbidden, says so', async () => {
    const nothing = { group: 'potoo.example', version: 'v1', plural: 'nothings', kind: 'Nothing', namespaced: true };
    const absent = follow({ resource: nothing, prune: () => 1 });
    await absent.reflector.whenSynced();
    expect(absent.reflector.state).toBe('absent');
    await absent.reflector.stop();

    const token = await cluster.serviceAccountToken('default', 'default');
    const credentials = loadCredentials({
      kubeconfig: await cluster.kubeconfigFor('powerless', token),
      clock: systemClock,
    });
    const powerless = createTransport({ credentials, clock: systemClock, userAgent: 'potoo-e2e' });
    const forbidden = follow({ resource: namespaces, prune: () => 1, transport: powerless });
    await forbidden.reflector.whenSynced();
    expect(forbidden.reflector.state).toBe('forbidden');
    expect(forbidden.reflector.lastError?.said).toContain('cannot');
    await forbidden.reflector.stop();
    await powerless.close();
  });

  test('outlives the API server, and notices what was deleted meanwhile', async () => {
    await apply(cluster, [namespace('outlive')]);
    const account = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: 'outlive' },
    });
    await apply(cluster, [account('stays'), account('goes')]);
    const { reflector } = follow({ resource: serviceAccounts, namespace: 'outlive', prune: () => 1 });
    await reflector.whenSynced();
    await cluster.apiserver.kill();
    await until('the loss to be noticed', () => reflector.state === 'failing');
    await cluster.apiserver.start();
    await remove(cluster, '/api/v1/namespaces/outlive/serviceaccounts/goes');
    await until('the deletion', () => reflector.state === 'synced' && reflector.get('outlive/goes') === undefined);
    expect(keysOf(reflector)).toContain('outlive/stays');
    await reflector.stop();
  });
});

test('lists come in pages of one version, and metadata alone on demand', async () => {
  const first = await client.list(namespaces, { limit: 2 });
  expect(first.items).toHaveLength(2);
  expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'Namespace' });
  const second = await client.list(namespaces, { limit: 500, continue: first.continue ?? '' });
  expect(second.resourceVersion).toBe(first.resourceVersion);
  expect(second.continue).toBeUndefined();
  const { items } = await client.list(namespaces, { metadataOnly: true });
  expect(items.every(({ kind, spec }) => kind === 'Namespace' && spec === undefined)).toBe(true);
});

test('of two who replace the same version the second is told so', async () => {
  const draft = { metadata: { name: 'conflict', namespace: 'default' }, spec: { holderIdentity: 'x' } };
  const created = await client.create(leases, draft);
  await client.replace(leases, { ...created, spec: { holderIdentity: 'y' } });
  const late = client.replace(leases, { ...created, spec: { holderIdentity: 'z' } });
  await expect(late).rejects.toMatchObject({ code: 'KUBE_CONFLICT', status: 409 });
  await expect(client.create(leases, draft)).rejects.toMatchObject({ code: 'KUBE_ALREADY_EXISTS' });
  await client.delete(leases, created.metadata);
});

test('a Lease is accepted, handed over on stop, and taken over when its holder falls silent', async () => {
  const at = { namespace: 'default', name: 'leadership' };
  const timing = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 300 };
  const begin = (identity: string, through = client) =>
    startLeadership({ client: through, ...at, identity, clock: systemClock, random, timing, onStarted: () => {} });
  const one = begin('one');
  await until('the first leader', () => one.leading);
  const two = begin('two');
  await one.stop();
  await until('the second leader', () => two.leading);
  const { spec } = await client.get(leases, at);
  expect(spec).toMatchObject({
    holderIdentity: 'two',
    leaseTransitions: 1,
    renewTime: expect.stringMatching(/\.\d{6}Z$/),
  });

  const three = begin('three');
  await client.replace(leases, {
    ...(await client.get(leases, at)),
    spec: { holderIdentity: 'ghost', leaseDurationSeconds: 3, renewTime: '2000-01-01T00:00:00.000000Z' },
  });
  await until('the loss to be noticed', () => !two.leading);
  await until('a new leader', () => two.leading || three.leading);
  expect([two.leading, three.leading].filter(Boolean)).toHaveLength(1);
  await Promise.all([two.stop(), three.stop()]);
});

test('discovery knows built-in kinds with verbs, subresources and scope', async () => {
  const served = await discoverResources(transport);
  expect(served.find({ group: 'apps', plural: 'deployments' })).toMatchObject({
    version: 'v1',
    kind: 'Deployment',
    namespaced: true,
    subresources: expect.arrayContaining(['status', 'scale']),
    verbs: expect.arrayContaining(['list', 'watch']),
  });
  expect(served.find(namespaces)).toMatchObject({ namespaced: false });
  expect(served.stale).toEqual([]);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock as clock } from '../../kube/clock.ts';
import { createAuditTrail } from '../bench/audit-trail.ts';
import {
  createReader,
  createReaderRole,
  listAll,
  listedNamespaces,
  spread,
  writeReports,
} from '../bench/listed-namespaces.ts';
import { connect } from '../control-plane/connection.ts';
import type { Gateway } from '../programs.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { gatewayUser } from './evidence/audit-log.ts';

// Work that is counted in the audit log of the API server: how many reviews a listing costs a caller without cluster-wide right.

const namespaces = listedNamespaces(300);
const allowed = spread(namespaces, 30);

let cluster: Cluster;
let gateway: Gateway;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  cluster = await startCluster();
  await using admin = await connect(cluster.controlPlane);
  await writeReports(admin, namespaces);
  await createReaderRole(admin);
  for (const name of ['lister', 'single', 'stranger']) {
    const rights = { lister: allowed, single: namespaces.slice(0, 1), stranger: [] }[name] ?? [];
    tokens[name] = await createReader(cluster.controlPlane, admin, name, rights);
  }
  tokens['everywhere'] = await cluster.caller('everywhere', [{ role: 'potoo-mcp-client' }]);
  tokens['all'] = await cluster.caller('all', [{ role: 'potoo-cluster-view' }]);
  gateway = await cluster.startGateway();
  // Cursors are sealed by the Lease, at which the gateway looks every few seconds.
  await eventually('the gateway has seen all reports and the Lease', async () => {
    const all = await listAll(gateway.url, cluster.controlPlane.adminToken);
    return all.namespaces.length === namespaces.length;
  });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** What happened meanwhile, and the reviews that it caused. */
async function counted<T>(work: () => Promise<T>): Promise<{ value: T; reviews: Readonly<Record<string, number>> }> {
  const audit = createAuditTrail(cluster.controlPlane.auditLog, clock);
  const mark = await audit.mark();
  const value = await work();
  return { value, reviews: await audit.reviewsSince(mark, gatewayUser) };
}

const list = async (name: string) => listAll(gateway.url, tokens[name] ?? '');
const query = async (name: string, namespace: string) =>
  fetch(`${gateway.url}/tools/potoo_query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens[name]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ namespace }),
  });

test('a listing asks once about each namespace, and twice about the whole cluster', async () => {
  const { value, reviews } = await counted(async () => list('lister'));
  expect(value.namespaces).toEqual(allowed);
  expect(reviews).toEqual({ tokenreviews: 1, subjectaccessreviews: namespaces.length + 2 });
});

test('a listing that is repeated within a minute asks about no namespace again', async () => {
  const { value, reviews } = await counted(async () => list('lister'));
  expect(value.namespaces).toEqual(allowed);
  // The cluster-wide right to list is asked for every five seconds.
  expect(reviews['subjectaccessreviews'] ?? 0).toBeLessThanOrEqual(1);
});

test('who may list everything costs one question', async () => {
  const { value, reviews } = await counted(async () => list('everywhere'));
  expect(value.namespaces).toEqual(namespaces);
  expect(reviews).toEqual({ tokenreviews: 1, subjectaccessreviews: 1 });
});

test('who may read everything is asked about once for each kind, however many namespaces it reads', async () => {
  const { value, reviews } = await counted(async () => {
    const statuses: number[] = [];
    for (const namespace of namespaces.slice(0, 50)) statuses.push((await query('all', namespace)).status);
    return statuses;
  });
  expect(new Set(value)).toEqual(new Set([200]));
  expect(reviews).toEqual({ tokenreviews: 1, subjectaccessreviews: ['constraintreports', 'constraintdetails'].length });
});

test('a caller with a right in one namespace pays two questions for each kind, and nothing when it asks again', async () => {
  const [first = ''] = namespaces;
  const ask = async () => expect((await query('single', first)).status).toBe(200);
  expect((await counted(ask)).reviews).toEqual({ tokenreviews: 1, subjectaccessreviews: 4 });
  expect((await counted(ask)).reviews).toEqual({});
});

test('who may see nothing gets to the end of an empty list', async () => {
  const { value, reviews } = await counted(async () => list('stranger'));
  expect(value.namespaces).toEqual([]);
  expect(reviews['subjectaccessreviews']).toBe(namespaces.length + 2);
});

test('a right that is given counts in single calls while a listing remembers the no', async () => {
  const namespace = namespaces[7] ?? '';
  expect((await query('stranger', namespace)).status).toBe(403);
  await using admin = await connect(cluster.controlPlane);
  const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
  await admin.json('POST', path, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'stranger', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reads-reports' },
    subjects: [{ kind: 'ServiceAccount', name: 'stranger', namespace: 'default' }],
  });
  await eventually('the right counts', async () => (await query('stranger', namespace)).status === 200);
  expect((await list('stranger')).namespaces).toEqual([namespace]);
});

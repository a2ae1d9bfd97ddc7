import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock as clock } from '../../kube/clock.ts';
import { createAuditTrail } from '../bench/audit-trail.ts';
import { listedNamespaces, writeReports } from '../bench/listed-namespaces.ts';
import { apply } from '../control-plane/admin.ts';
import { connect } from '../control-plane/connection.ts';
import type { Gateway } from '../programs.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { gatewayUser } from './evidence/audit-log.ts';

// Callers who are known by a token of the gateway's own, with the rights that RBAC gives to their names.

const [own = '', other = ''] = listedNamespaces(2);

let cluster: Cluster;
let file: string;
let alone: Gateway;
let both: Gateway;

async function writeTokens(tokens: Readonly<Record<string, string>>): Promise<void> {
  const entries = Object.entries(tokens).map(([token, username]) => ({
    sha256: createHash('sha256').update(token).digest('hex'),
    username,
    groups: ['robots'],
  }));
  await writeFile(file, JSON.stringify({ tokens: entries }));
}

beforeAll(async () => {
  cluster = await startCluster();
  await using admin = await connect(cluster.controlPlane);
  await writeReports(admin, [own, other]);
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'ci', namespace: own },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'potoo-mcp-client' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ci' }],
    },
  ]);
  file = join(cluster.controlPlane.folder, 'tokens.json');
  await writeTokens({ 'first-token': 'ci', 'other-token': 'nobody' });
  const env = { POTOO_STATIC_TOKENS_FILE: file };
  alone = await cluster.startGateway('alone', undefined, { ...env, POTOO_AUTHENTICATION: 'bearer-token' });
  both = await cluster.startGateway('both', undefined, { ...env, POTOO_AUTHENTICATION: 'kubernetes-sa,bearer-token' });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

async function statusOf(gateway: Gateway, namespace: string, token: string): Promise<number> {
  const response = await fetch(`${gateway.url}/resources/reports/${namespace}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.arrayBuffer();
  return response.status;
}

test('a static token has the rights of its user, in each namespace', async () => {
  for (const gateway of [alone, both]) {
    expect(await statusOf(gateway, own, 'first-token')).toBe(200);
    expect(await statusOf(gateway, other, 'first-token')).toBe(403);
    expect(await statusOf(gateway, own, 'other-token')).toBe(403);
    expect(await statusOf(gateway, own, 'no-token')).toBe(401);
  }
});

test('a token of the API server is accepted where both are, and where static tokens stand alone no TokenReview is sent', async () => {
  const { adminToken, auditLog } = cluster.controlPlane;
  const audit = createAuditTrail(auditLog, clock);
  const mark = await audit.mark();
  expect(await statusOf(alone, own, adminToken)).toBe(401);
  expect(await audit.reviewsSince(mark, gatewayUser)).toEqual({});
  expect(await statusOf(both, own, adminToken)).toBe(200);
  expect(await audit.reviewsSince(mark, gatewayUser)).toMatchObject({ tokenreviews: 1 });
});

test('a token that is taken out of the file is refused, and a new one counts, without a restart', async () => {
  await writeTokens({ 'second-token': 'ci' });
  await eventually('the file was read again', async () => (await statusOf(alone, own, 'first-token')) === 401);
  expect(await statusOf(alone, own, 'second-token')).toBe(200);
});

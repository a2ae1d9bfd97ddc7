import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, at } from '../control-plane/admin.ts';
import { engineKinds } from './engine-kinds.ts';
import { type Cluster, reportWithTotal, startCluster } from './cluster.ts';

/** Kubernetes 1.33 does not stream lists unless told, and 1.32 only as a beta: both programs then page through lists. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ kubeApiserverFlags: ['--feature-gates=WatchList=false'] });
});
afterAll(() => cluster[Symbol.asyncDispose]());

test('an API server without streamed lists is read all the same', async () => {
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    },
    ...engineKinds().definitions,
  ]);
  await cluster.startOperator();
  const report = await reportWithTotal(cluster, 'shop', 2);
  expect(at(report, 'status', 'critical')).toBe(1);
  const gateway = await cluster.startGateway();
  const reader = await cluster.caller('reader', [{ role: 'cluster-admin' }]);
  const response = await fetch(`${gateway.url}/resources/reports/shop`, {
    headers: { Authorization: `Bearer ${reader}` },
  });
  expect(await response.json()).toMatchObject({ constraintCount: 2, criticalCount: 1 });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterDetailName } from '../../crds/detail.ts';
import { AdminError, apply, get, remove, waitFor } from '../control-plane/admin.ts';
import {
  type Cluster,
  clusterDetailPath,
  clusterReportPath,
  detailPath,
  eventually,
  reportPath,
  reportWithTotal,
  startCluster,
} from './cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'guard' },
};
const policyPath = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/guard';
const detail = clusterDetailPath(clusterDetailName({ ...policy, name: 'guard' }));

test('the detail of a cluster-wide policy comes and goes with it, and is for those who were given it', async () => {
  const { controlPlane } = cluster;
  const operator = await cluster.startOperator();
  await apply(controlPlane, [namespace('shop'), namespace('left-out')]);
  await reportWithTotal(cluster, 'shop', 0);
  await apply(controlPlane, [
    {
      ...policy,
      webhooks: [
        {
          name: 'guard.example.org',
          rules: [{ operations: ['CREATE'], apiGroups: ['example.org'], apiVersions: ['*'], resources: ['things'] }],
          clientConfig: { service: { namespace: 'default', name: 'nobody' } },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
        },
      ],
    },
  ]);
  await reportWithTotal(cluster, 'shop', 1);
  expect(await get(controlPlane, detail)).toMatchObject({ subject: 'policy', texts: [expect.any(String)] });

  const mayRead = async (token: string, path: string) => {
    try {
      return (await get({ ...controlPlane, adminToken: token }, path)) !== undefined;
    } catch (error) {
      if (error instanceof AdminError && error.status === 403) return false;
      throw error;
    }
  };
  const viewer = await cluster.caller('viewer', [{ role: 'potoo-cluster-view' }]);
  const client = await cluster.caller('client', [{ role: 'potoo-mcp-client' }]);
  await eventually('the role gives the right', () => mayRead(viewer, detail));
  await eventually('the other role gives its own', () => mayRead(client, clusterReportPath));
  expect(await mayRead(client, detail)).toBe(false);

  await remove(controlPlane, policyPath);
  await reportWithTotal(cluster, 'shop', 0);
  await waitFor(controlPlane, detail, (value) => value === undefined, 'the detail to go');
  await operator.process.stop();
});

test('a namespace that is left out from now on loses what was written there', async () => {
  const { controlPlane } = cluster;
  const report = reportPath('left-out');
  expect(await get(controlPlane, report)).toBeDefined();
  expect(await get(controlPlane, detailPath('left-out', 'namespace'))).toBeDefined();
  await cluster.startOperator('with-exclusion', undefined, { POTOO_EXCLUDED_NAMESPACES: 'left-*' });
  await eventually('nothing of ours stands in it', async () => {
    const found = [await get(controlPlane, report), await get(controlPlane, detailPath('left-out', 'namespace'))];
    return found.every((object) => object === undefined);
  });
  expect(await get(controlPlane, reportPath('shop'))).toBeDefined();
});

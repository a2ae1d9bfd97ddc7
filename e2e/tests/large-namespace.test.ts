import { afterAll, beforeAll, expect, test } from 'vitest';
import { detailBytesMax } from '../../crds/detail.ts';
import { reportBytesMax, reportEntriesMax } from '../../crds/report.ts';
import { apply, at, list, waitFor } from '../control-plane/admin.ts';
import { connect } from '../control-plane/connection.ts';
import type { Gateway } from '../programs.ts';
import { type Cluster, eventually, reportPath, startCluster } from './cluster.ts';

// One namespace with more than a report can hold: what found no room is still answered.

const policies = 3_000;
const workloads = 2_000;
const apps = 50;

let cluster: Cluster;
let gateway: Gateway;
let token: string;

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'large' } }]);
  // Each Deployment would have a ReplicaSet, and three writes more, of which nothing here reads anything.
  await controlPlane.controllerManager.stop();
  await using admin = await connect(controlPlane);
  const waiting = creations().values();
  const work = async () => {
    for (const { path, body } of waiting) await admin.json('POST', path, body);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  await cluster.startOperator();
  gateway = await cluster.startGateway();
  token = controlPlane.adminToken;
});
afterAll(() => cluster[Symbol.asyncDispose]());

function creations(): { path: string; body: object }[] {
  const name = (prefix: string, index: number) => `${prefix}-${String(index).padStart(4, '0')}`;
  return [
    ...Array.from({ length: policies }, (_, index) => ({
      path: '/apis/networking.k8s.io/v1/namespaces/large/networkpolicies',
      body: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: name('policy', index) },
        spec: {
          podSelector: { matchLabels: { app: name('app', index % apps) } },
          policyTypes: ['Ingress'],
          ingress: [{ ports: [{ port: 1_000 + index }] }],
        },
      },
    })),
    ...Array.from({ length: workloads }, (_, index) => {
      const labels = { app: name('app', index % apps) };
      return {
        path: '/apis/apps/v1/namespaces/large/deployments',
        body: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: name('workload', index) },
          spec: {
            replicas: 0,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example.org/app' }] } },
          },
        },
      };
    }),
  ];
}

test('its report and details keep their bounds, and the gateway answers for every policy and workload', async () => {
  const { controlPlane } = cluster;
  const report = await waitFor(
    controlPlane,
    reportPath('large'),
    (value) => at(value, 'status', 'total') === policies,
    'a report that counts all of them',
  );
  const entries = at(report, 'status', 'constraints');
  const more = at(report, 'status', 'more');
  if (!Array.isArray(entries) || !Array.isArray(more)) throw new Error('the report has entries and more');
  expect(entries.length).toBeLessThanOrEqual(reportEntriesMax);
  expect(Buffer.byteLength(JSON.stringify(entries))).toBeLessThanOrEqual(reportBytesMax + 2 * entries.length);
  expect(new Set([...entries.map((entry) => at(entry, 'id')), ...more]).size).toBe(policies);

  const details = await list(controlPlane, '/apis/potoo.io/v1alpha1/namespaces/large/constraintdetails');
  for (const detail of details) {
    expect(Buffer.byteLength(JSON.stringify(detail)), detail.metadata.name).toBeLessThanOrEqual(detailBytesMax);
  }
  const textsOf = (subject: string) =>
    details
      .filter((detail) => detail['subject'] === subject)
      .flatMap(({ texts }) => (Array.isArray(texts) ? texts : []));
  expect(textsOf('constraints')).toHaveLength(policies);
  expect(textsOf('workloads')).toHaveLength(workloads);

  await eventually('the gateway has all of it', async () => (await page(undefined)).total === policies);
  const names = new Set<string>();
  let affected = 0;
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    for (const constraint of answer.constraints) {
      names.add(String(at(constraint, 'name')));
      affected += Number(at(constraint, 'affected_workloads_total'));
      expect(at(constraint, 'detail_level')).toBe('detailed');
    }
    cursor = answer.cursor;
  } while (cursor !== undefined);
  process.stdout.write(
    `${JSON.stringify({
      figure: 'large-namespace',
      policies,
      workloads,
      reportEntries: entries.length,
      more: more.length,
      reportBytes: Buffer.byteLength(JSON.stringify(report)),
      details: details.length,
      detailBytes: Math.max(...details.map((detail) => Buffer.byteLength(JSON.stringify(detail)))),
      answered: names.size,
    })}\n`,
  );
  expect(names.size).toBe(policies);
  expect(affected).toBe(policies * (workloads / apps));
});

async function page(cursor: string | undefined) {
  const response = await fetch(`${gateway.url}/tools/potoo_query`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ namespace: 'large', limit: 1_000, ...(cursor === undefined ? {} : { cursor }) }),
  });
  const body: unknown = await response.json();
  if (!response.ok && response.status !== 404) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  const constraints = at(body, 'constraints');
  const next = at(body, 'next_cursor');
  return {
    total: at(body, 'total'),
    constraints: Array.isArray(constraints) ? constraints : [],
    cursor: typeof next === 'string' ? next : undefined,
  };
}

import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, at, conditionOf, get, remove, request, waitFor } from '../control-plane/admin.ts';
import type { Program } from '../programs.ts';
import { type Cluster, clusterReportPath, eventually, reportPath, reportWithTotal, startCluster } from './cluster.ts';

// The cluster itself stands in the operator's way: it lives on, says what stops it and where, and catches up.

let cluster: Cluster;
let operator: Program;

beforeAll(async () => {
  cluster = await startCluster();
  operator = await cluster.startOperator();
  await waitFor(cluster.controlPlane, clusterReportPath, (totals) => conditionOf(totals, 'Ready') === 'True', 'totals');
});
afterAll(() => cluster[Symbol.asyncDispose]());

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const denyIngress = (inNamespace: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny', namespace: inNamespace },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
});
const messageOf = (totals: unknown) => String(at(totals, 'status', 'conditions', 0, 'message'));
const metrics = async () => (await fetch(`${operator.metricsUrl}/metrics`)).text();
const isAlive = async () => (await fetch(`${operator.metricsUrl}/healthz`)).ok;
const ownEntries = (report: unknown) => {
  const constraints = at(report, 'status', 'constraints');
  return Array.isArray(constraints) ? constraints.map((entry) => at(entry, 'name')) : [];
};

test('a webhook on everything that fails closed and is down', async () => {
  const { controlPlane } = cluster;
  await apply(controlPlane, [namespace('behind-webhook')]);
  await waitFor(controlPlane, reportPath('behind-webhook'), (report) => at(report, 'status') !== undefined, 'a report');
  const webhook = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/stops-all';
  await apply(controlPlane, [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'stops-all' },
      webhooks: [
        {
          name: 'all.example.com',
          rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }],
          clientConfig: { service: { namespace: 'default', name: 'nobody' } },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          // The administrator of this test is spared, or nobody could do anything.
          matchConditions: [{ name: 'not-admin', expression: 'request.userInfo.username != "admin"' }],
          timeoutSeconds: 1,
        },
      ],
    },
  ]);
  await apply(controlPlane, [denyIngress('behind-webhook')]);
  await eventually('the write that is denied is counted', async () =>
    /potoo_operator_denied_writes\{by="webhook"\} [1-9]/.test(await metrics()),
  );
  // Long enough for the Lease to run out too: its renewal is denied like everything else.
  await eventually('it does not lead any more', async () => /potoo_operator_leading 0/.test(await metrics()));
  expect(await isAlive()).toBe(true);
  await remove(controlPlane, webhook);
  const report = await waitFor(
    controlPlane,
    reportPath('behind-webhook'),
    (value) => ownEntries(value).includes('deny'),
    'the report that was held up',
  );
  expect(conditionOf(report, 'Ready')).toBe('True');
  await waitFor(
    controlPlane,
    clusterReportPath,
    (totals) => conditionOf(totals, 'Ready') === 'True',
    'totals that say that all is well',
  );
});

test('a quota on the number of our own reports', async () => {
  const { controlPlane } = cluster;
  await apply(controlPlane, [
    namespace('no-reports'),
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'no-reports', namespace: 'no-reports' },
      spec: { hard: { 'count/constraintreports.potoo.io': '0', 'count/constraintdetails.potoo.io': '0' } },
    },
  ]);
  const quota = '/api/v1/namespaces/no-reports/resourcequotas/no-reports';
  await waitFor(controlPlane, quota, (value) => at(value, 'status', 'hard') !== undefined, 'a quota in force');
  // The operator may have been faster than the quota: what it wrote is taken away, and may not come back.
  await remove(controlPlane, reportPath('no-reports'));
  const totals = await waitFor(
    controlPlane,
    clusterReportPath,
    (value) => messageOf(value).includes('no-reports'),
    'totals that name the culprit',
  );
  expect(conditionOf(totals, 'Ready')).toBe('False');
  expect(at(totals, 'status', 'conditions', 0, 'reason')).toBe('WritesDenied');
  expect(messageOf(totals)).toMatch(/quota/i);
  // Other namespaces are none of its business.
  await apply(controlPlane, [namespace('beside'), denyIngress('beside')]);
  await waitFor(controlPlane, reportPath('beside'), (report) => ownEntries(report).includes('deny'), 'another report');

  await remove(controlPlane, quota);
  await reportWithTotal(cluster, 'no-reports', 0);
  await waitFor(controlPlane, clusterReportPath, (value) => conditionOf(value, 'Ready') === 'True', 'all is well');
});

test('a namespace that is going away, and takes its time', async () => {
  const { controlPlane } = cluster;
  await apply(controlPlane, [
    namespace('leaving'),
    denyIngress('leaving'),
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'held', namespace: 'leaving', finalizers: ['example.org/hold'] },
    },
  ]);
  await waitFor(controlPlane, reportPath('leaving'), (report) => ownEntries(report).includes('deny'), 'its report');
  await remove(controlPlane, '/api/v1/namespaces/leaving');
  await waitFor(controlPlane, reportPath('leaving'), (report) => report === undefined, 'its report to go');
  // Something else changes meanwhile: the totals are written, and have nothing to complain of.
  await apply(controlPlane, [namespace('staying'), denyIngress('staying')]);
  await waitFor(controlPlane, reportPath('staying'), (report) => ownEntries(report).includes('deny'), 'another report');
  const there = await get(controlPlane, '/api/v1/namespaces/leaving');
  expect(at(there, 'status', 'phase')).toBe('Terminating');
  expect(await get(controlPlane, reportPath('leaving'))).toBeUndefined();
  expect(conditionOf(await get(controlPlane, clusterReportPath), 'Ready')).toBe('True');
  await request(
    controlPlane,
    'PATCH',
    '/api/v1/namespaces/leaving/serviceaccounts/held?fieldManager=potoo-admin&force=true',
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'held', namespace: 'leaving', finalizers: [] },
    },
  );
  await waitFor(controlPlane, '/api/v1/namespaces/leaving', (value) => value === undefined, 'the end of the namespace');
});

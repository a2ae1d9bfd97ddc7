import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { reportEntriesMax } from '../../crds/report.ts';
import { type EventReader, eventsIn, readEvents } from '../../gateway/testing/event-reader.ts';
import { apply, at, conditionOf, get, list, remove, request, waitFor } from '../control-plane/admin.ts';
import type { Gateway, Program } from '../programs.ts';
import {
  type Cluster,
  clusterReportPath,
  detailPath,
  eventually,
  reportPath,
  reportWithTotal,
  startCluster,
} from './cluster.ts';
import { readAuditLog, reportWrites } from './evidence/audit-log.ts';

let cluster: Cluster;
let operator: Program;
let gateway: Gateway;

beforeAll(async () => {
  cluster = await startCluster();
  operator = await cluster.startOperator();
  gateway = await cluster.startGateway();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const namespace = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});
const networkPolicy = (inNamespace: string, name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: inNamespace },
  spec,
});
const deployment = (inNamespace: string, name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: inNamespace },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: 'example.org/app' }] } },
  },
});
const policyPath = (inNamespace: string, name: string) =>
  `/apis/networking.k8s.io/v1/namespaces/${inNamespace}/networkpolicies/${name}`;

async function query(name: string, token?: string): Promise<{ status: number; body: unknown; text: string }> {
  const response = await fetch(`${gateway.url}/tools/potoo_query`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ namespace: name }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), text };
}

describe('reports', () => {
  test('every namespace has one, also the one without any policy', async () => {
    await apply(cluster.controlPlane, [namespace('empty')]);
    const report = await reportWithTotal(cluster, 'empty', 0);
    expect(at(report, 'status')).toMatchObject({ total: 0, critical: 0, constraints: [], inherited: [] });
    expect(conditionOf(report, 'Ready')).toBe('True');
  });

  test('say what the namespace’s policies impose, and on which workloads', async () => {
    await apply(cluster.controlPlane, [
      namespace('shop', {
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'privileged',
      }),
      deployment('shop', 'web'),
      deployment('shop', 'db'),
      networkPolicy('shop', 'deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
      networkPolicy('shop', 'web-in', {
        podSelector: { matchLabels: { app: 'web' } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'edge' } } }], ports: [{ port: 8443 }] }],
      }),
      {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'objects', namespace: 'shop' },
        spec: { hard: { 'count/deployments.apps': '2', 'count/services': '10' } },
      },
    ]);
    const report = await waitFor(
      cluster.controlPlane,
      reportPath('shop'),
      (value) => at(value, 'status', 'total') === 5 && at(value, 'status', 'critical') === 5,
      'five critical constraints',
    );
    expect(at(report, 'status', 'constraints')).toMatchObject([
      { name: 'deny-all', type: 'NetworkIngress', effect: 'deny', affectedWorkloads: { total: 2, all: true } },
      {
        name: 'web-in',
        type: 'NetworkIngress',
        effect: 'restrict',
        affectedWorkloads: { total: 1, items: ['Deployment/web'] },
      },
      { name: 'deny-all', type: 'NetworkEgress', effect: 'deny' },
      { name: 'shop', type: 'Admission', effect: 'deny', source: { kind: 'Namespace' } },
      {
        name: 'objects',
        type: 'ResourceLimit',
        effect: 'limit',
        metrics: { 'count/deployments.apps': { hard: '2', used: '2' }, 'count/services': { hard: '10', used: '0' } },
      },
    ]);
    // What a port or a selector is stands in the details alone.
    expect(JSON.stringify(at(report, 'status'))).not.toMatch(/8443|edge/);
    const detail = await get(cluster.controlPlane, detailPath('shop', 'constraints'));
    expect(JSON.stringify(detail)).toMatch(/8443.*edge|edge.*8443/);
  });

  test('follow a change, the removal of a policy and of a label', async () => {
    await remove(cluster.controlPlane, policyPath('shop', 'web-in'));
    await reportWithTotal(cluster, 'shop', 4);
    await request(
      cluster.controlPlane,
      'PATCH',
      '/api/v1/namespaces/shop?fieldManager=potoo-admin&force=true',
      namespace('shop'),
    );
    await reportWithTotal(cluster, 'shop', 3);
  });

  test('are put right when somebody changes or removes them', async () => {
    const before = at(await get(cluster.controlPlane, reportPath('shop')), 'status');
    await request(cluster.controlPlane, 'PATCH', `${reportPath('shop')}/status?fieldManager=other&force=true`, {
      apiVersion: 'potoo.io/v1alpha1',
      kind: 'ConstraintReport',
      metadata: { name: 'constraints' },
      status: {
        total: 77,
        critical: 0,
        warning: 0,
        info: 0,
        constraints: [],
        inherited: [],
        lastChanged: '2020-01-01T00:00:00Z',
      },
    });
    await reportWithTotal(cluster, 'shop', 3);
    await remove(cluster.controlPlane, reportPath('shop'));
    await reportWithTotal(cluster, 'shop', 3);
    await remove(cluster.controlPlane, detailPath('shop', 'constraints'));
    await waitFor(cluster.controlPlane, detailPath('shop', 'constraints'), (value) => value !== undefined, 'details');
    await apply(cluster.controlPlane, [
      {
        apiVersion: 'potoo.io/v1alpha1',
        kind: 'ConstraintDetail',
        metadata: { name: 'constraints-7', namespace: 'shop' },
        subject: 'constraints',
        part: 7,
        texts: ['{}'],
      },
    ]);
    await waitFor(
      cluster.controlPlane,
      detailPath('shop', 'constraints-7'),
      (value) => value === undefined,
      'its removal',
    );
    const entries = (status: unknown) =>
      JSON.stringify(at(status, 'constraints'), (key, value: unknown) => (key === 'lastChanged' ? undefined : value));
    expect(entries(at(await get(cluster.controlPlane, reportPath('shop')), 'status'))).toBe(entries(before));
  });

  test('have the columns that kubectl shows', async () => {
    const definition = await get(
      cluster.controlPlane,
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/constraintreports.potoo.io',
    );
    const columns = at(definition, 'spec', 'versions', 0, 'additionalPrinterColumns');
    expect(Array.isArray(columns) && columns.map((column) => at(column, 'name'))).toEqual([
      'Total',
      'Critical',
      'Warning',
      'Info',
      'Age',
      'Changed',
    ]);
    for (const name of [
      'constraintreports',
      'constraintdetails',
      'clusterconstraintreports',
      'clusterconstraintdetails',
    ]) {
      const crd = await get(
        cluster.controlPlane,
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}.potoo.io`,
      );
      expect(conditionOf(crd, 'NonStructuralSchema')).toBeUndefined();
    }
  });

  test('are bounded: what is beyond stands in more', async () => {
    await apply(cluster.controlPlane, [namespace('many')]);
    const policies = Array.from({ length: 260 }, (_, index) =>
      networkPolicy('many', `p${index}`, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    );
    for (let from = 0; from < policies.length; from += 20) {
      await Promise.all(policies.slice(from, from + 20).map((policy) => apply(cluster.controlPlane, [policy])));
    }
    const report = await reportWithTotal(cluster, 'many', 520);
    expect(at(report, 'status', 'constraints', 'length')).toBe(reportEntriesMax);
    expect(at(report, 'status', 'more', 'length')).toBe(20);
  });

  test('go with their namespace, and nothing is written into one that is going away', async () => {
    await apply(cluster.controlPlane, [
      namespace('leaving'),
      // A finalizer keeps the namespace terminating for as long as the test wants.
      {
        ...networkPolicy('leaving', 'held', { podSelector: {} }),
        metadata: { name: 'held', namespace: 'leaving', finalizers: ['example.org/hold'] },
      },
    ]);
    await reportWithTotal(cluster, 'leaving', 1);
    await remove(cluster.controlPlane, '/api/v1/namespaces/leaving');
    await waitFor(cluster.controlPlane, reportPath('leaving'), (report) => report === undefined, 'its removal');
    await request(
      cluster.controlPlane,
      'PATCH',
      `${policyPath('leaving', 'held')}?fieldManager=potoo-admin&force=true`,
      {
        ...networkPolicy('leaving', 'held', { podSelector: {} }),
        metadata: { name: 'held', namespace: 'leaving', finalizers: [] },
      },
    );
    await waitFor(cluster.controlPlane, '/api/v1/namespaces/leaving', (value) => value === undefined, 'its end');
    const failed = readAuditLog(cluster.controlPlane.auditLog).filter(
      ({ objectRef, responseStatus, verb }) =>
        objectRef?.namespace === 'leaving' && verb === 'create' && (responseStatus?.code ?? 0) >= 400,
    );
    expect(failed.length).toBeLessThanOrEqual(1);
  });
});

describe('the cluster report', () => {
  test('counts each constraint once and tells how well each adapter reads', async () => {
    const report = await waitFor(
      cluster.controlPlane,
      clusterReportPath,
      (value) => at(value, 'status', 'constraints') === 523,
      'all constraints',
    );
    expect(at(report, 'status')).toMatchObject({
      critical: 523,
      byType: { NetworkIngress: 261, NetworkEgress: 261, ResourceLimit: 1 },
      namespacesWithConstraints: 2,
      adapters: expect.arrayContaining([
        { name: 'limitrange', enabled: true, watchedResources: ['limitranges'] },
        { name: 'networkpolicy', enabled: true, watchedResources: ['networkpolicies.networking.k8s.io'] },
        { name: 'podsecurity', enabled: true, watchedResources: ['namespaces'] },
        { name: 'resourcequota', enabled: true, watchedResources: ['resourcequotas'] },
      ]),
    });
    expect(conditionOf(report, 'Ready')).toBe('True');
  });
});

describe('callers of the gateway', () => {
  test('see as much as RBAC gives them', async () => {
    await apply(cluster.controlPlane, [
      networkPolicy('shop', 'web-in', {
        podSelector: { matchLabels: { app: 'web' } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'edge' } } }], ports: [{ port: 8443 }] }],
      }),
    ]);
    await reportWithTotal(cluster, 'shop', 4);
    const viewer = await cluster.caller('viewer', [{ role: 'view', namespace: 'shop' }]);
    const admin = await cluster.caller('shop-admin', [{ role: 'admin', namespace: 'shop' }]);
    const stranger = await cluster.caller('stranger', []);
    // `view` and `admin` get our rules from the controller that aggregates ClusterRoles.
    await eventually('the viewer may read', async () => (await query('shop', viewer)).status === 200);
    await eventually('the admin sees details', async () => (await query('shop', admin)).text.includes('8443'));

    const summary = await query('shop', viewer);
    expect(at(summary.body, 'total')).toBe(4);
    expect(summary.text).toContain('Some pods accept ingress only from listed peers on listed ports');
    expect(summary.text).not.toMatch(/8443|edge/);
    expect((await query('shop', admin)).text).toMatch(/team=edge.*TCP 8443/);

    const refused = await query('shop', stranger);
    expect(refused.status).toBe(403);
    expect((await query('no-such-namespace', stranger)).text).toBe(
      refused.text.replaceAll('shop', 'no-such-namespace'),
    );
    expect((await query('empty', viewer)).status).toBe(403);
    expect((await query('shop', 'no.such.token')).status).toBe(401);
  });

  test('without a token are told to bring one, until anonymous is given the right', async () => {
    expect((await query('shop')).status).toBe(401);
    await apply(cluster.controlPlane, [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'anonymous' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'potoo-mcp-client' },
        subjects: [{ kind: 'User', name: 'system:anonymous', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ]);
    await eventually('anonymous may read', async () => (await query('shop')).status === 200);
    expect((await query('shop')).text).not.toMatch(/8443|edge/);
    await remove(cluster.controlPlane, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/anonymous');
  });

  test('get an answer that follows the cluster', async () => {
    const admin = await cluster.controlPlane.serviceAccountToken('default', 'shop-admin', 3_600);
    await remove(cluster.controlPlane, policyPath('shop', 'web-in'));
    await eventually('the policy is gone', async () => !(await query('shop', admin)).text.includes('8443'));
  });
});

describe('readers of events', () => {
  async function open(path: string, token: string): Promise<EventReader> {
    const response = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
    const reader = readEvents(response);
    onTestFinished(async () => reader.leave());
    await eventually('the stream begins', async () => Promise.resolve(reader.text !== ''));
    return reader;
  }

  test('are told what the operator finds, a summary of it or all', async () => {
    await apply(cluster.controlPlane, [namespace('streamed')]);
    await reportWithTotal(cluster, 'streamed', 0);
    const readers = [
      await open('/sse', await cluster.caller('hears', [{ role: 'view', namespace: 'streamed' }])),
      await open(
        '/events?namespace=streamed',
        await cluster.caller('hears-all', [{ role: 'admin', namespace: 'streamed' }]),
      ),
    ];
    const told = async (...expected: readonly (readonly string[])[]) => {
      for (const [index, reader] of readers.entries()) {
        const news: string[] = [];
        await eventually('the events come', async () => {
          news.push(...reader.news());
          return Promise.resolve(news.length >= (expected[index]?.length ?? 0));
        });
        expect(news).toEqual(expected[index]);
      }
    };
    const write = async (rest: object) =>
      apply(cluster.controlPlane, [networkPolicy('streamed', 'web-in', { podSelector: {}, ...rest })]);
    const openOn = (port: number) => ({ ingress: [{ from: [{ podSelector: {} }], ports: [{ port }] }] });
    await write(openOn(8_443));
    await told(['added streamed/web-in'], ['added streamed/web-in']);
    // Another port is a matter of the full form alone.
    await write(openOn(9_443));
    await told([], ['updated streamed/web-in']);
    await write({});
    await told(['updated streamed/web-in'], ['updated streamed/web-in']);
    await remove(cluster.controlPlane, policyPath('streamed', 'web-in'));
    await told(['removed streamed/web-in'], ['removed streamed/web-in']);
    for (const { text } of readers) {
      expect(text).not.toMatch(/8443|9443/);
      expect(eventsIn(text).every(({ data }) => data.constraintType === 'NetworkIngress')).toBe(true);
    }
  });
});

describe('whatever happens to the processes', () => {
  const entriesOf = async () => (await list(cluster.controlPlane, '/apis/potoo.io/v1alpha1/constraintreports')).length;

  test('an operator that restarts writes nothing that is right already', async () => {
    await waitFor(
      cluster.controlPlane,
      clusterReportPath,
      (value) => at(value, 'status', 'constraints') === 523,
      'totals that follow the last change',
    );
    await operator.process.stop();
    const before = reportWrites(readAuditLog(cluster.controlPlane.auditLog)).length;
    await operator.process.start();
    const published = async () =>
      Number(/^potoo_operator_publish_seconds_count (\d+)/m.exec(await metrics())?.[1] ?? 0);
    const metrics = async () => (await fetch(`${operator.metricsUrl}/metrics`)).text();
    const namespaces = await entriesOf();
    await eventually('it has looked at every namespace', async () => (await published()) >= namespaces);
    expect(reportWrites(readAuditLog(cluster.controlPlane.auditLog)).slice(before)).toEqual([]);
  });

  test('an API server that was killed is watched again when it is back', async () => {
    await cluster.controlPlane.apiserver.kill();
    await cluster.controlPlane.apiserver.start();
    await apply(cluster.controlPlane, [
      namespace('after-the-kill', { 'pod-security.kubernetes.io/enforce': 'baseline' }),
    ]);
    await reportWithTotal(cluster, 'after-the-kill', 2);
    const admin = await cluster.controlPlane.serviceAccountToken('default', 'shop-admin', 3_600);
    await eventually('the gateway answers', async () => (await query('shop', admin)).status === 200);
  });

  test('a standby takes over when the leader is killed', async () => {
    const standby = await cluster.startOperator('standby');
    await eventually('it is ready', async () => (await fetch(`${standby.metricsUrl}/readyz`)).ok);
    await operator.process.kill();
    await apply(cluster.controlPlane, [
      namespace('after-takeover', { 'pod-security.kubernetes.io/enforce': 'baseline' }),
    ]);
    await waitFor(
      cluster.controlPlane,
      reportPath('after-takeover'),
      (report) => at(report, 'status', 'total') === 2,
      'the report of the new leader',
    );
    const lease = await get(
      cluster.controlPlane,
      '/apis/coordination.k8s.io/v1/namespaces/potoo-system/leases/potoo-operator',
    );
    expect(at(lease, 'spec', 'holderIdentity')).toBe('standby');
    await standby.process.stop();
    const released = await get(
      cluster.controlPlane,
      '/apis/coordination.k8s.io/v1/namespaces/potoo-system/leases/potoo-operator',
    );
    expect(at(released, 'spec', 'holderIdentity')).not.toBe('standby');
    expect(readFileSync(standby.process.logFile, 'utf8')).not.toMatch(/"level":"(error|fatal)"/);
  });
});

describe('the installation', () => {
  // Asked of the API server's authorizer and not tried, so that the audit log holds nothing but what the programs do.
  test.each([
    ['potoo-operator', 'list', '', 'secrets'],
    ['potoo-operator', 'get', '', 'configmaps'],
    ['potoo-operator', 'create', 'networking.k8s.io', 'networkpolicies'],
    ['potoo-operator', 'patch', '', 'namespaces'],
    ['potoo-controller', 'get', '', 'secrets'],
    ['potoo-controller', 'list', '', 'namespaces'],
    ['potoo-controller', 'update', 'potoo.io', 'constraintreports'],
  ])('%s may not %s %s %s', async (account, verb, group, resource) => {
    const review = await request(cluster.controlPlane, 'POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:potoo-system:${account}`,
        groups: ['system:serviceaccounts', 'system:serviceaccounts:potoo-system', 'system:authenticated'],
        resourceAttributes: { verb, group, resource },
      },
    });
    expect(at(review, 'status', 'allowed')).toBe(false);
  });
});

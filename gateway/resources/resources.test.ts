import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import {
  changedAt,
  clusterReportObject,
  detailObject,
  entryOf,
  hiddenWords,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';

const ingress = networkConstraint('shop', 'db');
const egress = networkConstraint('shop', 'db', { key: 'Egress', type: 'NetworkEgress', severity: 'Warning' });
const foreign = networkConstraint('platform', 'secret-peer', { severity: 'Info' });
const objects = [
  reportObject('shop', [entryOf(ingress), entryOf(egress)], {
    total: 3,
    info: 1,
    inherited: [lineOf({ ...foreign, summary: 'Some connections are limited' })],
  }),
  detailObject('shop', 'constraints', [ingress, egress]),
  detailObject('platform', 'constraints', [foreign]),
  clusterReportObject(),
];
const gatewayOf = (changed = objects) =>
  createGateway({
    objects: changed,
    rights: { ...rightsOf('shop'), 'system:anonymous': ['get constraintreports lab'] },
  });

const bodyOf = async (response: Response): Promise<Record<string, unknown>> => {
  expect(response.status).toBe(200);
  return z.record(z.string(), z.unknown()).parse(await response.json());
};

describe('reports', () => {
  test('a report has its counts, its level and its constraints, gravest first', async () => {
    expect(await bodyOf(await gatewayOf().get('/resources/reports/shop', 'reader'))).toEqual({
      namespace: 'shop',
      constraintCount: 3,
      criticalCount: 1,
      warningCount: 1,
      infoCount: 1,
      schemaVersion: '1',
      detailLevel: 'summary',
      generatedAt: changedAt,
      truncated: false,
      constraints: [
        {
          id: ingress.id,
          name: 'db',
          rule: 'Ingress',
          type: 'NetworkIngress',
          severity: 'Critical',
          effect: 'restrict',
          source: 'NetworkPolicy',
          message: ingress.summary,
          tags: ['network', 'restrict'],
          detailLevel: 'summary',
          remediation: expect.objectContaining({ summary: expect.stringContaining('NetworkPolicy db') }),
        },
        expect.objectContaining({ name: 'db', rule: 'Egress', severity: 'Warning' }),
        expect.objectContaining({ name: handleOf(foreign.id), message: 'Some connections are limited' }),
      ],
    });
  });

  test.each([
    ['owner', 'detailed', ['detailed', 'detailed', 'summary']],
    ['admin', 'full', ['detailed', 'detailed', 'full']],
  ])('%s has the level %s', async (user, level, each) => {
    const report = await bodyOf(await gatewayOf().get('/resources/reports/shop', user));
    expect(report['detailLevel']).toBe(level);
    expect(report['constraints']).toMatchObject(each.map((detailLevel) => ({ detailLevel })));
  });

  test('limit and cursor ask for pages, also through POST', async () => {
    const gateway = gatewayOf();
    const first = await bodyOf(await gateway.get('/resources/reports/shop?limit=2', 'reader'));
    expect(first).toMatchObject({ truncated: true, constraintCount: 3 });
    const cursor = String(first['nextCursor']);
    const byGet = await bodyOf(await gateway.get(`/resources/reports/shop?cursor=${cursor}`, 'reader'));
    expect(byGet).toMatchObject({ truncated: false, constraints: [{ name: handleOf(foreign.id) }] });
    const body = { resource: 'reports', params: { namespace: 'shop', cursor } };
    expect(await bodyOf(await gateway.post('/resources', body, 'reader'))).toEqual(byGet);
  });

  test.each([
    ['limit=2', { limit: '2' }, 2],
    ['limit=%202.0', { limit: 2 }, 2],
    ['limit=', { limit: null, cursor: null }, 3],
    ['limit=1&limit=2', { limit: 1 }, 1],
    ['severity=Info&constructor=x', { severity: 'Info', namespace2: [] }, 3],
  ])('?%s and %j are taken as they are meant', async (parameters, params, count) => {
    const gateway = gatewayOf();
    const byGet = await bodyOf(await gateway.get(`/resources/reports/shop?${parameters}`, 'reader'));
    const body = { resource: 'reports', params: { namespace: 'shop', ...params } };
    expect(byGet['constraints']).toHaveLength(count);
    expect(await bodyOf(await gateway.post('/resources', body, 'reader'))).toEqual(byGet);
  });

  test.each([
    ['limit=0', { limit: 0 }, 'limit: a whole number from 1 to 1000'],
    ['limit=5000', { limit: '5000' }, 'limit: a whole number from 1 to 1000'],
    ['limit=all', { limit: true }, 'limit: a whole number from 1 to 1000'],
    ['cursor=x', { cursor: 'x' }, 'cursor: not one that this list gave out; start again without it'],
  ])(
    '?%s and %j are refused in the same words, behind the name of the object that holds them',
    async (parameters, params, error) => {
      const gateway = gatewayOf();
      const body = { resource: 'reports', params: { namespace: 'shop', ...params } };
      const byGet = await gateway.get(`/resources/reports/shop?${parameters}`, 'reader');
      expect([byGet.status, await byGet.json()]).toMatchObject([400, { error }]);
      const byPost = await gateway.post('/resources', body, 'reader');
      const inParams = error.startsWith('limit') ? `params: ${error}` : error;
      expect([byPost.status, await byPost.json()]).toMatchObject([400, { error: inParams }]);
    },
  );

  test('a namespace in the query does not take the place of that in the path', async () => {
    expect((await gatewayOf().get('/resources/reports/other?namespace=shop', 'reader')).status).toBe(403);
  });

  test('who may ask is told that there is no report', async () => {
    const response = await gatewayOf().get('/resources/reports/gone', 'admin');
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'REPORT_NOT_FOUND' }]);
  });
});

describe('constraints', () => {
  test.each([
    ['db', 'reader', ingress.id, [egress.id]],
    ['db%2FEgress', 'reader', egress.id, undefined],
    ['db/Egress', 'reader', egress.id, undefined],
    [egress.id, 'reader', egress.id, undefined],
    [handleOf(ingress.id), 'reader', ingress.id, undefined],
    [handleOf(foreign.id), 'reader', foreign.id, undefined],
    [handleOf(foreign.id), 'admin', foreign.id, undefined],
    ['secret-peer', 'admin', foreign.id, undefined],
    ['secret-peer/Ingress', 'admin', foreign.id, undefined],
  ])('%s by %s', async (name, user, id, also) => {
    const answer = await bodyOf(await gatewayOf().get(`/resources/constraints/shop/${name}`, user));
    expect(answer['id']).toBe(id);
    expect(answer['also']).toEqual(also);
  });

  test.each([
    ['shop', 'secret-peer'],
    ['shop', `${handleOf(foreign.id)}/Ingress`],
    ['shop', 'gone'],
  ])('a name that the caller may not see and one that does not exist get the same words: %s/%s', async (ns, name) => {
    const response = await gatewayOf().get(`/resources/constraints/${ns}/${name}`, 'reader');
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'Constraint not found', code: 'CONSTRAINT_NOT_FOUND' },
    ]);
  });

  test('at the detailed level the message is the full sentence', async () => {
    const answer = await bodyOf(await gatewayOf().get('/resources/constraints/shop/db', 'owner'));
    for (const word of hiddenWords) expect(answer['message']).toContain(word);
  });
});

test('the workloads of a namespace are named to who may see them, and counted for all', async () => {
  const all = entryOf(ingress, { affectedWorkloads: { total: 2, all: true } });
  const workloads = ['db', 'web'].map((name) => ({ kind: 'Deployment', name, labels: { tier: name } }));
  const gateway = gatewayOf([
    reportObject('shop', [all]),
    detailObject('shop', 'constraints', [ingress]),
    detailObject('shop', 'workloads', workloads),
  ]);
  for (const [user, names] of [
    ['reader', []],
    ['owner', ['db', 'web']],
  ] as const) {
    const expected = { affected_workloads: names, affected_workloads_total: 2 };
    const body = { resource: 'constraints', params: { namespace: 'shop', name: 'db' } };
    expect(await bodyOf(await gateway.get('/resources/constraints/shop/db', user))).toMatchObject(expected);
    expect(await bodyOf(await gateway.post('/resources', body, user))).toMatchObject(expected);
    const answer = await bodyOf(await gateway.post('/tools/potoo_query', { namespace: 'shop' }, user));
    expect(answer['constraints']).toMatchObject([expected]);
  }
});

describe('health and capabilities', () => {
  test('health tells how each adapter is, with true figures', async () => {
    expect(await bodyOf(await gatewayOf().get('/resources/health', 'admin'))).toEqual({
      status: 'healthy',
      adapters: {
        cilium: { enabled: false, watched_resources: 0, error_count: 0, reason: 'CRDs not installed' },
        networkpolicy: { enabled: true, watched_resources: 1, error_count: 0 },
      },
      hubble: { enabled: false, connected: false, address: '' },
      mcp: { enabled: true, transport: 'sse', port: 8_090 },
      indexer: { total_constraints: 7, namespaces_with_constraints: 2 },
      last_scan: changedAt,
    });
  });

  test('capabilities tells what is read and how much there is', async () => {
    expect(await bodyOf(await gatewayOf().get('/resources/capabilities', 'admin'))).toEqual({
      version: '1',
      adapters: ['networkpolicy'],
      constraintTypes: { NetworkIngress: 3, ResourceLimit: 4 },
      totalConstraints: 7,
      namespaceCount: 3,
      hubbleEnabled: false,
      mcpEnabled: true,
      lastScan: changedAt,
    });
  });

  test.each(['health', 'capabilities'])('%s: without the right there is the status alone', async (name) => {
    const gateway = gatewayOf();
    expect(await bodyOf(await gateway.get(`/resources/${name}`, 'reader'))).toEqual({ status: 'healthy' });
    expect(await bodyOf(await gateway.post('/resources', { resource: name }, 'reader'))).toEqual({ status: 'healthy' });
    expect((await gateway.get(`/resources/${name}`)).status).toBe(401);
  });

  // What went wrong once since the operator started says nothing of now; Ready does.
  const adapter = { name: 'kyverno', enabled: true, watchedResources: [], errors: { unreadable: 1 } };
  const notReady = { type: 'Ready', status: 'False' as const, reason: 'X', message: '', lastTransitionTime: changedAt };
  test.each([
    ['healthy', {}, {}],
    ['healthy', { adapters: [adapter] }, {}],
    ['degraded', { conditions: [notReady] }, {}],
    ['healthy', { conditions: [{ ...notReady, type: 'Other' }] }, {}],
    ['unhealthy', {}, { operatorAlive: false }],
    ['unhealthy', {}, { watching: false }],
  ])('%s: %j %j', async (status, changes, facts) => {
    const gateway = gatewayOf([clusterReportObject(changes)]);
    Object.assign(gateway.facts, facts);
    expect((await bodyOf(await gateway.get('/resources/health', 'admin')))['status']).toBe(status);
  });

  test.each([
    [{}, {}, undefined],
    [
      { conditions: [{ ...notReady, reason: 'WritesDenied', message: 'shop\nby a quota' }] },
      {},
      ['The operator is not ready (WritesDenied): shop by a quota'],
    ],
    [{}, { operatorAlive: false }, ["The operator's Lease is not renewed: nobody keeps the reports up to date."]],
    [{}, { watching: false }, ['The API server is out of reach: changes are not seen.']],
    [
      {},
      { watching: false, lost: ['constraintdetails.potoo.io'] },
      ['The watch of constraintdetails.potoo.io is broken or refused: changes are not seen.'],
    ],
  ])('health says why, to those alone who may see all of it: %j %j', async (changes, facts, reasons) => {
    const gateway = gatewayOf([clusterReportObject(changes)]);
    Object.assign(gateway.facts, facts);
    expect((await bodyOf(await gateway.get('/resources/health', 'admin')))['reasons']).toEqual(reasons);
    expect(Object.keys(await bodyOf(await gateway.get('/resources/health', 'reader')))).toEqual(['status']);
  });

  test('before the operator has written its report, nothing is claimed', async () => {
    const gateway = gatewayOf([]);
    expect(await bodyOf(await gateway.get('/resources/health', 'admin'))).toMatchObject({
      status: 'degraded',
      reasons: ['The operator has not written its cluster report yet.'],
      adapters: {},
      last_scan: null,
    });
    expect(await bodyOf(await gateway.get('/resources/capabilities', 'admin'))).toMatchObject({
      totalConstraints: 0,
      lastScan: null,
    });
  });
});

import { expect, test } from 'vitest';
import type { CallRecord } from '../http/calls.ts';
import { formatReportLine } from '../../crds/report-line.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { clusterDetailObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { mostDetailed } from './levels.ts';

test('of several levels the one that tells most', () => {
  expect(mostDetailed([])).toBe('summary');
  expect(mostDetailed(['detailed', 'summary'])).toBe('detailed');
  expect(mostDetailed(['full', 'summary', 'detailed'])).toBe('full');
});

test('the record of a call has the most detailed level of anything in its answer', async () => {
  const own = networkConstraint('shop', 'db-in');
  const source = { apiVersion: 'policy.networking.k8s.io/v1', kind: 'ClusterNetworkPolicy', name: 'baseline' };
  const everywhere = networkConstraint('', 'baseline', { source, severity: 'Info' });
  const line = formatReportLine({ ...everywhere, kind: source.kind });
  const records: CallRecord[] = [];
  const gateway = createGateway({
    objects: [
      reportObject('shop', [entryOf(own)], { inherited: [line] }),
      detailObject('shop', 'constraints', [own]),
      clusterDetailObject('baseline', [everywhere]),
    ],
    rights: rightsOf('shop'),
    onCall: (record) => void records.push(record),
  });
  const calls = [
    async (user: string) => gateway.post('/tools/potoo_query', { namespace: 'shop' }, user),
    async (user: string) => gateway.post('/tools/potoo_query', { namespace: 'shop', limit: 1 }, user),
    async (user: string) => gateway.get('/resources/reports/shop', user),
    async (user: string) => gateway.get('/resources/constraints/shop/db-in', user),
    async (user: string) =>
      gateway.post('/tools/potoo_remediation', { namespace: 'shop', constraint_name: 'baseline' }, user),
    async (user: string) => gateway.post('/tools/potoo_list_namespaces', {}, user),
    async (user: string) => gateway.get('/resources/constraints/shop/gone', user),
  ];
  const levels: Record<string, unknown[]> = {};
  for (const user of ['reader', 'owner', 'admin']) {
    records.length = 0;
    for (const call of calls) await call(user);
    levels[user] = records.map(({ level }) => level);
  }
  expect(levels).toEqual({
    reader: ['summary', 'summary', 'summary', 'summary', 'summary', undefined, undefined],
    owner: ['detailed', 'detailed', 'detailed', 'detailed', 'summary', undefined, undefined],
    admin: ['full', 'detailed', 'full', 'detailed', 'full', undefined, undefined],
  });
});

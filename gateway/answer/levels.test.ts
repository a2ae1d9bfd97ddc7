import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { CallRecord } from '../http/calls.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  lineOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
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
  const line = lineOf(everywhere);
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

describe('policies of several other namespaces', () => {
  const homes = Array.from({ length: 40 }, (_, index) => `home-${String(index).padStart(2, '0')}`);
  const foreign = homes.map((home) => networkConstraint(home, `of-${home}`, { severity: 'Info' }));
  const lines = foreign.map(lineOf);
  const gateway = createGateway({
    objects: [
      reportObject('shop', [], { inherited: lines }),
      reportObject('few', [], { inherited: lines.slice(0, 3) }),
      ...foreign.map((policy, index) => detailObject(homes[index] ?? '', 'constraints', [policy])),
    ],
    rights: {
      neighbour: ['get constraintreports', 'get constraintdetails home-01'],
      all: ['get constraintreports', ...homes.map((home) => `get constraintdetails ${home}`)],
      everywhere: ['get constraintreports', 'get constraintdetails'],
      cluster: ['get constraintreports', 'get clusterconstraintdetails'],
    },
  });
  const Report = z.object({
    detailLevel: z.string(),
    constraints: z.array(z.object({ name: z.string(), detailLevel: z.string() })),
  });
  const reportOf = async (namespace: string, user: string) =>
    Report.parse(await (await gateway.get(`/resources/reports/${namespace}`, user)).json());
  const namesOf = async (namespace: string, user: string) =>
    (await reportOf(namespace, user)).constraints
      .filter(({ detailLevel }) => detailLevel === 'full')
      .map((each) => each.name);

  test('the right in one of them opens those of that one and no other', async () => {
    expect(await namesOf('few', 'neighbour')).toEqual(['of-home-01']);
    expect(await namesOf('few', 'all')).toHaveLength(3);
  });

  test('so many are asked about one by one; the right in all of them is one question', async () => {
    expect(await namesOf('shop', 'all')).toHaveLength(32);
    gateway.reviews.asked.length = 0;
    expect(await namesOf('shop', 'everywhere')).toHaveLength(40);
    expect(gateway.reviews.asked.length).toBeLessThan(5);
  });

  test('the level of a report is that of what lives in its namespace first', async () => {
    expect((await reportOf('few', 'cluster')).detailLevel).toBe('summary');
    expect((await reportOf('few', 'everywhere')).detailLevel).toBe('detailed');
  });
});

import { describe, expect, test } from 'vitest';
import { constraintDetails, constraintReports, reportName } from '../../crds/api.ts';
import { createClient } from '../../kube/client.ts';
import { createFakeApi } from '../../kube/testing/fake-api.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { testConstraint } from '../testing/constraints.ts';
import type { Observed, PublishedReport } from './compose-report.ts';
import type { PublishedTotals } from './compose-totals.ts';
import { type PublishDeps, publishNamespace } from './publish.ts';
import { createPublishedClusterDetails, createPublishedObjects, type PublishedDetail } from './published.ts';

function setUp() {
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: [constraintReports, constraintDetails], clock });
  const deps: PublishDeps = {
    client: createClient(api.transport),
    clock,
    reports: createPublishedObjects<PublishedReport>(),
    details: createPublishedObjects<PublishedDetail>(),
    clusterDetails: createPublishedClusterDetails(),
    totals: createPublishedObjects<PublishedTotals>(),
    onWrite: () => undefined,
    figuresWaitMs: () => 0,
    onOversized: () => undefined,
  };
  const signal = new AbortController().signal;
  return {
    api,
    deps,
    publish: (different: Partial<Observed> = {}, by: PublishDeps = deps) =>
      publishNamespace(
        { namespace: 'shop', constraints: [testConstraint('shop', 'p')], workloads: [], unread: [], ...different },
        by,
        signal,
      ).then(({ written }) => written),
    verbs: () => api.requests.map(({ verb, plural, subresource }) => [verb, plural, subresource].join(' ').trim()),
    report: () => api.get(constraintReports, { namespace: 'shop', name: reportName }),
  };
}

describe('publishNamespace', () => {
  test('writes details before the report that refers to them', async () => {
    const { publish, verbs } = setUp();
    expect(await publish()).toBe(3);
    expect(verbs()).toEqual([
      'create constraintdetails',
      'create constraintreports',
      'update constraintreports status',
    ]);
  });

  test('asks for nothing when everything is right already', async () => {
    const { api, publish } = setUp();
    await publish();
    api.forgetRequests();
    expect(await publish()).toBe(0);
    expect(api.requests).toEqual([]);
  });

  test('removes details that nothing needs any more', async () => {
    const { api, publish } = setUp();
    await publish();
    await publish({ constraints: [] });
    expect(api.get(constraintDetails, { namespace: 'shop', name: 'constraints' })).toBeUndefined();
  });

  test('a process that knows nothing finds what stands there, and writes only what differs', async () => {
    const { api, publish, deps, verbs } = setUp();
    await publish();
    api.forgetRequests();
    const ignorant = {
      ...deps,
      reports: createPublishedObjects<PublishedReport>(),
      details: createPublishedObjects<PublishedDetail>(),
    };
    expect(await publish({}, ignorant)).toBe(0);
    expect(verbs()).toEqual([
      'create constraintdetails',
      'get constraintdetails',
      'create constraintreports',
      'get constraintreports',
    ]);
  });

  test('a conflict means: read and try again', async () => {
    const { publish, deps, report } = setUp();
    await publish();
    const stale = createPublishedObjects<PublishedReport>();
    const known = deps.reports.get('shop/constraints');
    if (known === undefined) throw new Error('nothing was published');
    stale.set('shop/constraints', known);
    await publish({ constraints: [] });
    await publish({ constraints: [testConstraint('shop', 'q')] }, { ...deps, reports: stale });
    expect(JSON.stringify(report()?.['status'])).toContain('"name":"q"');
  });

  test('a report that was removed behind our back is created again', async () => {
    const { api, publish, report } = setUp();
    await publish();
    api.remove(constraintReports, { namespace: 'shop', name: reportName });
    await publish({ constraints: [testConstraint('shop', 'q')] });
    expect(JSON.stringify(report()?.['status'])).toContain('"name":"q"');
  });

  test('what a GET gave is believed, also when versions went back: etcd was restored', async () => {
    const { api, publish, deps, report } = setUp();
    api.put(constraintReports, { metadata: { namespace: 'shop', name: reportName } });
    const ahead = createPublishedObjects<PublishedReport>();
    ahead.set('shop/constraints', {
      resourceVersion: '999999',
      hash: '',
      figuresHash: '',
      lastChanged: '',
      entries: new Map(),
      conditions: [],
    });
    await publish({}, { ...deps, reports: ahead });
    expect(JSON.stringify(report()?.['status'])).toContain('"name":"p"');
  });

  test('details that somebody else removed already are no failure', async () => {
    const { api, publish } = setUp();
    await publish();
    api.remove(constraintDetails, { namespace: 'shop', name: 'constraints' });
    await publish({ constraints: [] });
    expect(api.list(constraintDetails)).toEqual([]);
  });

  test('only the version of details that is known is removed, not what another leader has just written', async () => {
    const { api, publish, verbs } = setUp();
    await publish();
    api.put(constraintDetails, { metadata: { namespace: 'shop', name: 'constraints' }, subject: 'constraints' });
    api.forgetRequests();
    await publish({ constraints: [] });
    expect(verbs().slice(0, 2)).toEqual(['update constraintreports status', 'delete constraintdetails']);
    expect(verbs()).toContain('get constraintdetails');
  });
});

import { connect } from 'node:net';
import { once } from 'node:events';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { constraintDetails, constraintReports, reportName } from '../crds/api.ts';
import type { FakeApi } from '../kube/testing/fake-api.ts';
import { createProbes, listen } from './probes.ts';
import { namespaces, networkPolicies, quotas, simulateOperator } from './testing/simulated-operator.ts';

const withShop = (api: FakeApi) => {
  api.put(namespaces, { metadata: { name: 'shop' } });
};
const denyIngress = { metadata: { namespace: 'shop', name: 'p' }, spec: { podSelector: {}, policyTypes: ['Ingress'] } };
const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] });

test('a policy becomes an entry, and goes with it', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, report, crashes } = simulated;
  expect(report('shop')).toMatchObject({ total: 0, ...ready('True') });
  api.put(networkPolicies, denyIngress);
  await clock.advance(1_000);
  expect(report('shop')).toMatchObject({ total: 1, critical: 1 });
  api.remove(networkPolicies, { namespace: 'shop', name: 'p' });
  await clock.advance(1_000);
  expect(report('shop')).toMatchObject({ total: 0 });
  expect(crashes).toEqual([]);
});

test('a cluster in which nothing happens costs no write', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(networkPolicies, denyIngress);
  });
  const { api, clock } = simulated;
  api.forgetRequests();
  await clock.advance(3_600_000);
  expect(
    api.requests.filter(({ verb, plural }) => !['get', 'list', 'watch'].includes(verb) && plural !== 'leases'),
  ).toEqual([]);
});

test('one failed write of the totals is forgotten after the next that succeeds', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, totals } = simulated;
  api.fail({
    matching: ({ plural, verb }) => plural === 'clusterconstraintreports' && verb === 'update',
    status: 503,
    times: 1,
  });
  api.put(namespaces, { metadata: { name: 'another' } });
  await clock.advance(60_000);
  expect(totals()).toMatchObject({ namespaces: 2, ...ready('True') });
});

test('totals that cannot be written are told once, and not with each attempt', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, log } = simulated;
  const heal = api.fail({
    matching: ({ plural, verb }) => plural === 'clusterconstraintreports' && verb === 'update',
    status: 503,
    times: Number.POSITIVE_INFINITY,
  });
  api.put(namespaces, { metadata: { name: 'another' } });
  await clock.advance(300_000);
  expect(log.filter((line) => line.includes('not written'))).toHaveLength(1);
  heal();
});

test('a report that was removed while the watch was away comes back', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, report } = simulated;
  const ofReports = ({ plural }: { readonly plural: string }) => plural === constraintReports.plural;
  api.stallWatches(ofReports);
  // A write of our own that the watch does not show, then a removal that only the next list can tell of.
  api.put(networkPolicies, denyIngress);
  await clock.advance(3_000);
  expect(report('shop')).toMatchObject({ total: 1 });
  api.remove(constraintReports, { namespace: 'shop', name: reportName });
  api.compact();
  api.cutWatches(ofReports);
  await clock.advance(60_000);
  expect(report('shop')).toMatchObject({ total: 1 });
});

test('a kind that cannot be read stands in every report and in the totals, and is taken back', async () => {
  let heal: () => void = () => undefined;
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    heal = api.fail({
      matching: ({ plural }) => plural === 'networkpolicies',
      status: 500,
      times: Number.POSITIVE_INFINITY,
    });
  });
  const { clock, report, totals } = simulated;
  expect(report('shop')).toMatchObject({ conditions: [{ status: 'False', reason: 'PoliciesUnread' }] });
  expect(totals()).toMatchObject({ conditions: [{ status: 'False' }] });
  expect(JSON.stringify(totals())).toContain('networkpolicies.networking.k8s.io cannot be read: KUBE_SERVER_ERROR');
  heal();
  await clock.advance(60_000);
  expect(report('shop')).toMatchObject(ready('True'));
  expect(totals()).toMatchObject(ready('True'));
});

test('a kind that is forbidden is told with the right that is missing, and is no failure', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.fail({ matching: ({ plural }) => plural === 'networkpolicies', status: 403, times: Number.POSITIVE_INFINITY });
  });
  expect(simulated.totals()).toMatchObject({
    ...ready('True'),
    adapters: expect.arrayContaining([
      expect.objectContaining({
        name: 'networkpolicy',
        enabled: false,
        reason:
          'Forbidden: a ClusterRole labelled potoo.io/aggregate-to-operator=true must allow list and watch on networkpolicies.networking.k8s.io',
      }),
      expect.objectContaining({ name: 'resourcequota', enabled: true }),
    ]),
  });
});

const ofPolicies = ({ plural }: { readonly plural: string }) => plural === 'networkpolicies';
const isWrite = ({ verb, plural }: { readonly verb: string; readonly plural: string }) =>
  !['get', 'list', 'watch'].includes(verb) && plural !== 'leases';

// Each attempt to read it was counted as a failure in the totals: a write every half minute, for ever, and a line of log.
test('a kind that stays forbidden costs neither writes nor log, and is read soon after the right is given', async () => {
  let allow: () => void = () => undefined;
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(networkPolicies, denyIngress);
    allow = api.fail({ matching: ofPolicies, status: 403, times: Number.POSITIVE_INFINITY });
  });
  const { api, clock, log, report } = simulated;
  api.forgetRequests();
  await clock.advance(3_600_000);
  expect(api.requests.filter(isWrite)).toEqual([]);
  expect(log.filter((line) => line.includes('watch failed'))).toHaveLength(1);
  allow();
  await clock.advance(9_000);
  expect(report('shop')).toMatchObject({ total: 1 });
});

test('what may not be read any more leaves the reports after a minute, as it would after a restart', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(networkPolicies, denyIngress);
  });
  const { api, clock, report, totals, crashes } = simulated;
  const allow = api.fail({ matching: ofPolicies, status: 403, times: Number.POSITIVE_INFINITY });
  api.cutWatches(ofPolicies);
  await clock.advance(50_000);
  expect(report('shop')).toMatchObject({ total: 1 });
  await clock.advance(30_000);
  expect(report('shop')).toMatchObject({ total: 0, ...ready('True') });
  expect(totals()).toMatchObject({ constraints: 0, ...ready('True') });
  allow();
  await clock.advance(9_000);
  expect(report('shop')).toMatchObject({ total: 1 });
  expect(crashes).toEqual([]);
});

test('a quota that goes down a little from an edge says what it said before, also to an operator that starts anew', async () => {
  const quota = (used: string) => ({
    metadata: { namespace: 'shop', name: 'q', uid: 'quota' },
    spec: { hard: { pods: '100' } },
    status: { hard: { pods: '100' }, used: { pods: used } },
  });
  let status: unknown;
  {
    await using simulated = await simulateOperator((api) => {
      withShop(api);
      api.put(quotas, quota('91'));
    });
    const { api, clock, report, totals } = simulated;
    api.put(quotas, quota('86'));
    await clock.advance(20_000);
    expect(report('shop')).toMatchObject({ critical: 1, constraints: [{ metrics: { pods: { used: '86' } } }] });
    expect(totals()).toMatchObject({ critical: 1, warning: 0 });
    status = report('shop');
  }
  await using again = await simulateOperator((api) => {
    withShop(api);
    api.put(quotas, quota('86'));
    api.put(constraintReports, { metadata: { namespace: 'shop', name: reportName }, status });
  });
  expect(again.report('shop')).toEqual(status);
  expect(again.totals()).toMatchObject({ critical: 1, warning: 0 });
  expect(
    again.api.requests.filter(
      ({ verb, plural }) => verb !== 'list' && verb !== 'watch' && plural === 'constraintreports',
    ),
  ).toEqual([]);
  again.api.put(quotas, quota('84'));
  await again.clock.advance(1_000);
  expect(again.report('shop')).toMatchObject({ critical: 0, warning: 1 });
});

test('a namespace that is going away is neither written nor counted', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(namespaces, { metadata: { name: 'leaving' } });
  });
  const { api, clock, totals } = simulated;
  api.put(networkPolicies, { ...denyIngress, metadata: { namespace: 'leaving', name: 'before' } });
  await clock.advance(5_000);
  expect(totals()).toMatchObject({ namespaces: 2, constraints: 1 });
  api.put(namespaces, { metadata: { name: 'leaving' }, status: { phase: 'Terminating' } });
  await clock.advance(5_000);
  expect(totals()).toMatchObject({ namespaces: 1, namespacesWithConstraints: 0, constraints: 0, critical: 0 });
  api.forgetRequests();
  api.put(networkPolicies, { ...denyIngress, metadata: { namespace: 'leaving', name: 'p' } });
  api.remove(constraintReports, { namespace: 'leaving', name: reportName });
  await clock.advance(60_000);
  expect(api.requests.filter(({ namespace }) => namespace === 'leaving')).toEqual([]);
  expect(totals()).toMatchObject({ namespaces: 1, namespacesWithConstraints: 0, ...ready('True') });
});

test('a namespace that is left out by configuration has no report, loses the one it had, and is not counted', async () => {
  const stands = [
    [constraintReports, { metadata: { namespace: 'kube-system', name: reportName } }],
    [constraintDetails, { metadata: { namespace: 'kube-system', name: 'constraints' }, texts: [] }],
  ] as const;
  const isLeft = (api: FakeApi) => stands.some(([resource, { metadata }]) => api.get(resource, metadata) !== undefined);
  await using simulated = await simulateOperator(
    (api) => {
      withShop(api);
      api.put(namespaces, { metadata: { name: 'kube-system' } });
      api.put(networkPolicies, { ...denyIngress, metadata: { namespace: 'kube-system', name: 'p' } });
      for (const [resource, object] of stands) api.put(resource, object);
    },
    40_000,
    { reported: { excluded: ['kube-*'] } },
  );
  const { api, clock, report, totals } = simulated;
  expect(report('shop')).toMatchObject({ total: 0 });
  expect(totals()).toMatchObject({ namespaces: 1, constraints: 0, ...ready('True') });
  expect(isLeft(api)).toBe(false);
  // Somebody restores a backup.
  for (const [resource, object] of stands) api.put(resource, object);
  await clock.advance(2_000);
  expect(isLeft(api)).toBe(false);
  api.forgetRequests();
  api.put(networkPolicies, { ...denyIngress, metadata: { namespace: 'kube-system', name: 'q' } });
  await clock.advance(600_000);
  expect(api.requests.filter(isWrite)).toEqual([]);
});

test('a webhook that denies even the Lease is named once, and the operator leads again when it is gone', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, operator, log, report, crashes } = simulated;
  const heal = api.fail({
    matching: ({ verb }) => verb === 'create' || verb === 'update',
    times: Number.POSITIVE_INFINITY,
    status: 500,
    message: 'Internal error occurred: failed calling webhook "all.example.org": failed to call webhook: refused',
  });
  api.put(networkPolicies, denyIngress);
  await clock.advance(300_000);
  expect(operator.leading).toBe(false);
  expect(log.filter((line) => line.includes('lease not renewed') && line.includes('all.example.org'))).toHaveLength(1);
  heal();
  await clock.advance(20_000);
  expect(operator.leading).toBe(true);
  expect(report('shop')).toMatchObject({ total: 1 });
  expect(crashes).toEqual([]);
});

test('our own definition, taken away while the operator runs, is a failure that is told', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, totals, log } = simulated;
  api.serve(constraintReports, false);
  await clock.advance(20_000);
  api.put(networkPolicies, denyIngress);
  await clock.advance(60_000);
  expect(totals()).toMatchObject({ conditions: [{ status: 'False' }] });
  expect(log.join('')).toContain('not written');
});

test('the probes close though a client holds a connection open without a word', async () => {
  const listener = await listen(createProbes({ registry: new Registry(), ready: () => true }), {
    hostname: '127.0.0.1',
    port: 0,
  });
  const socket = connect(listener.port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  // The server may not have taken the connection yet, and one that it has not taken does not hold it up.
  await fetch(`http://127.0.0.1:${listener.port}/healthz`);
  await listener[Symbol.asyncDispose]();
  expect(await closed).toEqual([false]);
});

import { expect, test } from 'vitest';
import { constraintProfiles, constraintReports } from '../../crds/api.ts';
import { ConstraintProfile } from '../../crds/profile.ts';
import { leases } from '../../kube/lease.ts';
import type { Resource } from '../../kube/resource.ts';
import type { FakeApi } from '../../kube/testing/fake-api.ts';
import { customResourceDefinitions, definitionOf } from '../../kube/testing/fake-definitions.ts';
import { namespaces, networkPolicies, simulateOperator } from '../testing/simulated-operator.ts';

const fences: Resource = { group: 'example.org', version: 'v1', plural: 'fences', kind: 'Fence', namespaced: true };
const fence = (name = 'f') => ({ metadata: { namespace: 'shop', name }, spec: { level: 'enforce' } });
const definition = (isPolicy?: string) =>
  definitionOf(fences, ['v1'], isPolicy === undefined ? {} : { 'potoo.io/is-policy': isPolicy });
const profile = (spec: object, name = 'p') => ({
  metadata: { name },
  spec: { gvr: { group: 'example.org', resource: 'fences' }, ...spec },
});
const withShop = (api: FakeApi) => void api.put(namespaces, { metadata: { name: 'shop' } });
const withFence = (isPolicy?: string) => (api: FakeApi) => {
  withShop(api);
  api.put(customResourceDefinitions, definition(isPolicy));
  api.put(fences, fence());
};
const denyIngress = { metadata: { namespace: 'shop', name: 'p' }, spec: { podSelector: {}, policyTypes: ['Ingress'] } };
const reading = (kinds: readonly string[]) => ({
  adapters: expect.arrayContaining([
    expect.objectContaining({ name: 'generic', enabled: true, watchedResources: kinds }),
  ]),
});

function profileReady(api: FakeApi, name: string) {
  const stored = ConstraintProfile.parse(api.get(constraintProfiles, { name }));
  return stored.status?.conditions?.[0];
}

test('a kind whose definition says that it is a policy comes into the reports within two seconds, and goes', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, report, totals, crashes } = simulated;
  api.put(customResourceDefinitions, definition('true'));
  api.put(fences, fence());
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1, constraints: [{ source: { kind: 'Fence', name: 'f' } }] });
  await clock.advance(5_000);
  expect(totals()).toMatchObject(reading(['fences.example.org']));
  api.remove(customResourceDefinitions, { name: 'fences.example.org' });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 0 });
  await clock.advance(5_000);
  expect(JSON.stringify(totals())).not.toContain('generic');
  expect(crashes).toEqual([]);
});

test.each([0, 50, 150, 1_000, 4_000, 20_000])(
  'a definition that is made anew after %d ms has its objects in the reports within two seconds',
  async (ms) => {
    await using simulated = await simulateOperator(withFence('true'));
    const { api, clock, report, crashes } = simulated;
    expect(report('shop')).toMatchObject({ total: 1 });
    api.remove(fences, { namespace: 'shop', name: 'f' });
    api.remove(customResourceDefinitions, { name: 'fences.example.org' });
    await clock.advance(ms);
    api.put(customResourceDefinitions, definition('true'));
    api.put(fences, fence('anew'));
    await clock.advance(2_000);
    expect(report('shop')).toMatchObject({ total: 1, constraints: [{ name: 'anew' }] });
    expect(crashes).toEqual([]);
  },
);

test('a kind that comes does not make every report say for a moment that something is unread', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock } = simulated;
  const heal = api.fail({
    matching: ({ plural }) => plural === 'fences',
    status: 503,
    times: Number.POSITIVE_INFINITY,
  });
  api.forgetRequests();
  api.put(customResourceDefinitions, definition('true'));
  await clock.advance(20_000);
  const written = api.requests.filter(({ plural, verb }) => plural === constraintReports.plural && verb === 'update');
  expect(written).toEqual([]);
  await clock.advance(20_000);
  expect(simulated.report('shop')).toMatchObject({ conditions: [{ status: 'False', reason: 'PoliciesUnread' }] });
  heal();
  await clock.advance(60_000);
  expect(simulated.report('shop')).toMatchObject({ conditions: [{ status: 'True' }] });
});

test('another served version, which cannot be read at once, changes no report', async () => {
  await using simulated = await simulateOperator(withFence('true'));
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 1 });
  api.forgetRequests();
  api.fail({ matching: ({ version, plural }) => plural === 'fences' && version === 'v2', status: 503, times: 3 });
  api.put(customResourceDefinitions, definitionOf(fences, ['v2'], { 'potoo.io/is-policy': 'true' }));
  await clock.advance(10_000);
  expect(api.watches.filter(({ plural }) => plural === 'fences').map(({ version }) => version)).toEqual(['v2']);
  expect(api.requests.filter(({ plural, verb }) => plural === constraintReports.plural && verb === 'update')).toEqual(
    [],
  );
});

test('a restart finds kinds by annotation before it writes', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence('true')(api);
    api.put(constraintProfiles, profile({ severity: 'Warning' }));
  });
  const writes = simulated.api.requests.filter(
    ({ plural, verb, subresource }) =>
      plural === constraintReports.plural && verb === 'update' && subresource === 'status',
  );
  expect(writes).toHaveLength(1);
  expect(simulated.report('shop')).toMatchObject({ total: 1, warning: 1 });
});

test('a name hints at a policy unless the annotation says no', async () => {
  const limits: Resource = { ...fences, plural: 'fencepolicies', kind: 'FencePolicy' };
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(customResourceDefinitions, definitionOf(limits, ['v1']));
    api.put(limits, fence());
  });
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 1 });
  api.put(customResourceDefinitions, definitionOf(limits, ['v1'], { 'potoo.io/is-policy': 'false' }));
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 0 });
});

test('a profile makes a kind a policy, and a changed profile reads it anew without a gap', async () => {
  await using simulated = await simulateOperator(withFence());
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 0 });
  api.put(constraintProfiles, profile({ severity: 'Warning' }));
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1, warning: 1 });
  api.put(constraintProfiles, profile({ severity: 'Critical' }));
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1, critical: 1 });
  api.put(constraintProfiles, profile({ enabled: false }));
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 0 });
  api.put(constraintProfiles, profile({ enabled: true }));
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1, info: 1 });
  api.remove(constraintProfiles, { name: 'p' });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 0 });
});

test('a profile chooses among the served versions', async () => {
  const inVersion = (version: string) =>
    profile({ gvr: { group: 'example.org', version, resource: 'fences' }, enabled: true });
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(customResourceDefinitions, definitionOf(fences, ['v2', 'v1']));
    api.put(fences, fence());
    api.put(constraintProfiles, inVersion('v1'));
  });
  const { api, clock, report } = simulated;
  const watched = () => api.watches.filter(({ plural }) => plural === 'fences').map(({ version }) => version);
  expect(watched()).toEqual(['v1']);
  api.put(constraintProfiles, inVersion('v7'));
  await clock.advance(2_000);
  expect(watched()).toEqual([]);
  expect(report('shop')).toMatchObject({ total: 0 });
});

test('a version that a kind of another adapter is not served in is told, and nothing is read', async () => {
  const inVersion = (version: string) => ({
    metadata: { name: 'p' },
    spec: { gvr: { group: 'networking.k8s.io', version, resource: 'networkpolicies' }, enabled: true },
  });
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(networkPolicies, denyIngress);
    api.put(constraintProfiles, inVersion('v9'));
  });
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 0 });
  expect(profileReady(api, 'p')).toMatchObject({
    reason: 'NotServed',
    message: 'The cluster does not serve networkpolicies.networking.k8s.io in version v9.',
  });
  api.put(constraintProfiles, inVersion('v1'));
  await clock.advance(5_000);
  expect(report('shop')).toMatchObject({ total: 1 });
  expect(profileReady(api, 'p')).toMatchObject({ reason: 'Matched' });
});

test('a version of a profile takes no kind away that is read for more than policies', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    for (const [name, gvr] of Object.entries({
      crds: { group: 'apiextensions.k8s.io', version: 'v9', resource: 'customresourcedefinitions' },
      namespaces: { group: '', version: 'v9', resource: 'namespaces' },
      pods: { group: '', version: 'v9', resource: 'pods' },
    })) {
      api.put(constraintProfiles, { metadata: { name }, spec: { gvr, enabled: true } });
    }
  });
  const { api, report } = simulated;
  expect(report('shop')).toMatchObject({ conditions: [{ status: 'True' }] });
  const watched = new Set(api.watches.map(({ plural }) => plural));
  expect(['customresourcedefinitions', 'namespaces', 'pods'].filter((plural) => !watched.has(plural))).toEqual([]);
  expect(profileReady(api, 'namespaces')).toMatchObject({
    status: 'False',
    reason: 'Refused',
    message: 'namespaces is read in version v1, because it is read for more than policies.',
  });
});

test('a profile switches off a kind that an adapter is made for, and on again', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(networkPolicies, denyIngress);
    api.put(constraintProfiles, {
      metadata: { name: 'no-network' },
      spec: { gvr: { group: 'networking.k8s.io', resource: 'networkpolicies' }, enabled: false },
    });
  });
  const { api, clock, report, totals } = simulated;
  expect(report('shop')).toMatchObject({ total: 0 });
  expect(totals()).toMatchObject({
    adapters: expect.arrayContaining([
      expect.objectContaining({
        name: 'networkpolicy',
        enabled: false,
        reason: 'networkpolicies.networking.k8s.io is switched off by ConstraintProfile no-network',
      }),
    ]),
  });
  api.remove(constraintProfiles, { name: 'no-network' });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1 });
});

test('Secrets, ConfigMaps and our own kinds are never read, whatever profiles and annotations say', async () => {
  const own: Resource = { ...fences, group: 'x.potoo.io' };
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(customResourceDefinitions, definitionOf(own, ['v1'], { 'potoo.io/is-policy': 'true' }));
    for (const [index, gvr] of [
      { group: '', resource: 'secrets' },
      { group: '', resource: 'configmaps' },
      { group: 'potoo.io', resource: 'constraintreports' },
      { group: 'x.potoo.io', resource: 'fences' },
    ].entries()) {
      api.put(constraintProfiles, { metadata: { name: `p${index}` }, spec: { gvr, enabled: true } });
    }
  });
  const { api, totals } = simulated;
  const forbidden = api.requests.filter(
    ({ plural, group }) => /secrets|configmaps/.test(plural) || group.startsWith('x.'),
  );
  expect(forbidden).toEqual([]);
  expect(JSON.stringify(totals())).not.toContain('generic');
  expect([0, 1, 2, 3].map((index) => profileReady(api, `p${index}`)?.reason)).toEqual(Array(4).fill('Refused'));
});

test('a kind of the generic adapter that is forbidden is told with the right that is missing, and is no failure', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence('true')(api);
    api.fail({ matching: ({ plural }) => plural === 'fences', status: 403, times: Number.POSITIVE_INFINITY });
  });
  expect(simulated.report('shop')).toMatchObject({ conditions: [{ status: 'True' }] });
  expect(simulated.totals()).toMatchObject({
    conditions: [{ status: 'True' }],
    adapters: expect.arrayContaining([
      expect.objectContaining({
        name: 'generic',
        enabled: false,
        watchedResources: [],
        reason:
          'Forbidden: a ClusterRole labelled potoo.io/aggregate-to-operator=true must allow list and watch on fences.example.org',
      }),
    ]),
  });
});

test('a kind that stays forbidden is asked for again and again, and nothing is written for that', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence('true')(api);
    api.fail({ matching: ({ plural }) => plural === 'fences', status: 403, times: Number.POSITIVE_INFINITY });
  });
  const { api, clock } = simulated;
  api.forgetRequests();
  await clock.advance(300_000);
  expect(api.requests.filter(({ plural }) => plural === 'fences').length).toBeGreaterThan(5);
  const written = api.requests.filter(({ verb, plural }) => verb === 'update' && plural !== leases.plural);
  expect(written).toEqual([]);
});

test('kinds are decided without profiles where those cannot be read', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence('true')(api);
    api.fail({
      matching: ({ plural }) => plural === 'constraintprofiles',
      status: 403,
      times: Number.POSITIVE_INFINITY,
    });
  });
  expect(simulated.report('shop')).toMatchObject({ total: 1 });
});

test('a profile says what it matched or why not, and is not written again while that stays', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock } = simulated;
  const ready = async () => {
    await clock.advance(3_000);
    return profileReady(api, 'p');
  };
  api.put(constraintProfiles, profile({}));
  expect(await ready()).toMatchObject({
    status: 'False',
    reason: 'NotServed',
    message: 'The cluster does not serve fences.example.org.',
  });
  api.put(customResourceDefinitions, definition());
  api.put(fences, fence());
  expect(await ready()).toMatchObject({
    status: 'True',
    reason: 'Matched',
    message: 'fences.example.org is read by the adapter generic.',
  });
  expect(api.get(constraintProfiles, { name: 'p' })?.['status']).toMatchObject({
    observedGeneration: 1,
    matchedResource: 'fences.v1.example.org',
    adapter: 'generic',
  });
  api.put(constraintProfiles, profile({}, 'q'));
  await clock.advance(3_000);
  expect(profileReady(api, 'q')).toMatchObject({
    status: 'False',
    reason: 'Refused',
    message: 'ConstraintProfile p speaks of fences.example.org already',
  });
  api.forgetRequests();
  await clock.advance(3_600_000);
  const statusWrites = () =>
    api.requests.filter(({ plural, verb }) => plural === 'constraintprofiles' && verb === 'update');
  expect(statusWrites()).toEqual([]);
  api.put(constraintProfiles, profile({ enabled: false }));
  expect(await ready()).toMatchObject({ status: 'True', reason: 'Disabled' });
  api.remove(constraintProfiles, { name: 'p' });
  await clock.advance(3_000);
  expect(profileReady(api, 'q')).toMatchObject({ status: 'True', reason: 'Matched' });
});

test('a profile for a kind that is forbidden says which right is missing', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence()(api);
    api.put(constraintProfiles, profile({}));
    api.fail({ matching: ({ plural }) => plural === 'fences', status: 403, times: Number.POSITIVE_INFINITY });
  });
  expect(profileReady(simulated.api, 'p')).toMatchObject({
    status: 'False',
    reason: 'Forbidden',
    message: expect.stringContaining(
      'potoo.io/aggregate-to-operator=true must allow list and watch on fences.example.org',
    ),
  });
});

test('changes of a kind are gathered as long as its profile says, whoever reads it; the first list is not', async () => {
  await using simulated = await simulateOperator((api) => {
    withFence()(api);
    api.put(networkPolicies, denyIngress);
    api.put(constraintProfiles, profile({ debounceSeconds: 60 }));
    api.put(constraintProfiles, {
      metadata: { name: 'network' },
      spec: { gvr: { group: 'networking.k8s.io', resource: 'networkpolicies' }, debounceSeconds: 300 },
    });
  });
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 2 });
  const written = () =>
    api.requests.filter(({ plural, verb }) => plural === constraintReports.plural && verb === 'update').length;
  api.forgetRequests();
  for (let index = 0; index < 30; index += 1) {
    api.put(fences, fence(`f${index}`));
    await clock.advance(1_500);
  }
  expect(written()).toBe(0);
  await clock.advance(20_000);
  expect(written()).toBe(1);
  expect(report('shop')).toMatchObject({ total: 32 });

  api.remove(networkPolicies, { namespace: 'shop', name: 'p' });
  await clock.advance(200_000);
  expect(report('shop')).toMatchObject({ total: 32 });
  api.remove(constraintProfiles, { name: 'network' });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 31 });
});

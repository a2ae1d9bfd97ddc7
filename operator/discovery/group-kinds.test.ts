import { expect, test } from 'vitest';
import { constraintProfiles, constraintReports } from '../../crds/api.ts';
import type { Resource } from '../../kube/resource.ts';
import type { FakeApi } from '../../kube/testing/fake-api.ts';
import { customResourceDefinitions, definitionOf } from '../../kube/testing/fake-definitions.ts';
import { namespaces, simulateOperator } from '../testing/simulated-operator.ts';

const group = 'constraints.gatekeeper.sh';
const owners: Resource = { group, version: 'v1beta1', plural: 'needsowner', kind: 'NeedsOwner', namespaced: false };
const limits: Resource = { ...owners, plural: 'haslimits', kind: 'HasLimits' };
const templates: Resource = {
  group: 'templates.gatekeeper.sh',
  version: 'v1',
  plural: 'constrainttemplates',
  kind: 'ConstraintTemplate',
  namespaced: false,
};
const pods = { kinds: [{ apiGroups: [''], kinds: ['Pod'] }] };
const constraint = (status: object = {}) => ({ metadata: { name: 'all' }, spec: { match: pods }, status });
const define = (api: FakeApi, kind: Resource, versions = ['v1beta1']) =>
  api.put(customResourceDefinitions, definitionOf(kind, versions));
const withShop = (api: FakeApi) => void api.put(namespaces, { metadata: { name: 'shop' } });
const withOwners = (api: FakeApi) => {
  withShop(api);
  define(api, owners);
  api.put(owners, constraint());
};
const pluralsOf = (api: FakeApi) =>
  new Set(api.requests.filter((one) => one.group === group).map(({ plural }) => plural));

test('kinds of a group that an adapter reads whole come and go with their definitions, each with a watch of its own', async () => {
  await using simulated = await simulateOperator(withOwners);
  const { api, clock, report, totals, crashes } = simulated;
  expect(report('shop')).toMatchObject({ total: 1 });

  define(api, limits);
  api.put(limits, constraint());
  await clock.advance(1_000);
  expect(report('shop')).toMatchObject({ total: 2 });
  await clock.advance(5_000);
  expect(totals()).toMatchObject({
    adapters: expect.arrayContaining([
      expect.objectContaining({
        name: 'gatekeeper',
        enabled: true,
        watchedResources: expect.arrayContaining([`haslimits.${group}`, `needsowner.${group}`]),
      }),
    ]),
  });
  expect(JSON.stringify(totals())).not.toContain('*');

  api.remove(customResourceDefinitions, { name: `needsowner.${group}` });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1 });
  expect(api.watches.filter((one) => one.group === group).map(({ plural }) => plural)).toEqual(['haslimits']);
  expect(pluralsOf(api)).toEqual(new Set(['haslimits', 'needsowner']));
  expect(crashes).toEqual([]);
});

test('such a kind is read in whatever version is served', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, report } = simulated;
  define(api, owners, ['v1alpha1']);
  api.put({ ...owners, version: 'v1alpha1' }, constraint());
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 1 });
});

test('a profile switches such a kind off', async () => {
  await using simulated = await simulateOperator(withOwners);
  const { api, clock, report } = simulated;
  api.put(constraintProfiles, {
    metadata: { name: 'p' },
    spec: { gvr: { group, resource: 'needsowner' }, enabled: false },
  });
  await clock.advance(2_000);
  expect(report('shop')).toMatchObject({ total: 0 });
  expect(api.watches.filter((one) => one.group === group)).toEqual([]);
});

test('a status that is written again and again changes no report', async () => {
  await using simulated = await simulateOperator(withOwners);
  const { api, clock, report } = simulated;
  api.forgetRequests();
  for (let total = 0; total < 20; total += 1) {
    api.put(owners, constraint({ totalViolations: total }));
    await clock.advance(3_000);
  }
  expect(api.requests.filter(({ plural, verb }) => plural === constraintReports.plural && verb === 'update')).toEqual(
    [],
  );
  expect(report('shop')).toMatchObject({ total: 1 });
});

test('a template that comes later changes what is told of its constraints', async () => {
  await using simulated = await simulateOperator(withOwners);
  const { api, clock, report } = simulated;
  const before = report('shop');
  define(api, templates, ['v1']);
  api.put(templates, {
    metadata: { name: 'needsowner' },
    spec: {
      crd: { spec: { names: { kind: 'NeedsOwner' } } },
      targets: [{ target: 'admission.k8s.gatekeeper.sh', operations: ['DELETE'], rego: 'package needsowner' }],
    },
  });
  await clock.advance(2_000);
  expect(before).toMatchObject({ total: 1, critical: 1 });
  expect(report('shop')).toMatchObject({ total: 1, critical: 0, warning: 1 });
});

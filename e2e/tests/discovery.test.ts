import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, at, conditionOf, remove, waitFor } from '../control-plane/admin.ts';
import { type Cluster, clusterReportPath, reportPath, reportWithTotal, startCluster } from './cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.startOperator();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'fences.example.org', annotations: { 'potoo.io/is-policy': 'true' } },
  spec: {
    group: 'example.org',
    names: { plural: 'fences', singular: 'fence', kind: 'Fence', listKind: 'FenceList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const definitionPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/fences.example.org';
const fence = (name: string) => ({
  apiVersion: 'example.org/v1',
  kind: 'Fence',
  metadata: { name, namespace: 'fenced' },
  spec: {},
});
const fencePath = (name: string) => `/apis/example.org/v1/namespaces/fenced/fences/${name}`;

/** The health of the generic adapter, once it is as wanted. */
function generic(what: string, holds: (health: unknown) => boolean) {
  return waitFor(
    cluster.controlPlane,
    clusterReportPath,
    (report) => {
      const adapters = at(report, 'status', 'adapters');
      const found = Array.isArray(adapters) ? adapters.find((adapter) => at(adapter, 'name') === 'generic') : undefined;
      return holds(found);
    },
    what,
  );
}

test('a kind that may not be read is told with the right that is missing', async () => {
  await apply(cluster.controlPlane, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fenced' } },
    definition,
    fence('first'),
  ]);
  const report = await generic(
    'the reason that fences are not read',
    (health) =>
      at(health, 'reason') ===
      'Forbidden: a ClusterRole labelled potoo.io/aggregate-to-operator=true must allow list and watch on fences.example.org',
  );
  expect(at(report, 'status', 'conditions', 0)).toMatchObject({ type: 'Ready', status: 'True' });
});

test('a labelled ClusterRole gives that right, and its objects come into the reports and go', async () => {
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'potoo-reads-fences', labels: { 'potoo.io/aggregate-to-operator': 'true' } },
      rules: [{ apiGroups: ['example.org'], resources: ['fences'], verbs: ['list', 'watch'] }],
    },
  ]);
  const report = await reportWithTotal(cluster, 'fenced', 1);
  expect(at(report, 'status', 'constraints', 0)).toMatchObject({ source: { kind: 'Fence', name: 'first' } });
  await apply(cluster.controlPlane, [fence('second')]);
  await reportWithTotal(cluster, 'fenced', 2);
  await remove(cluster.controlPlane, fencePath('first'));
  await reportWithTotal(cluster, 'fenced', 1);
});

test('another served version is read in its turn', async () => {
  const [v1] = definition.spec.versions;
  await apply(cluster.controlPlane, [
    {
      ...definition,
      spec: {
        ...definition.spec,
        versions: [
          { ...v1, name: 'v2' },
          { ...v1, storage: false },
        ],
      },
    },
    { ...fence('third'), apiVersion: 'example.org/v2' },
  ]);
  await reportWithTotal(cluster, 'fenced', 2);
  await waitFor(
    cluster.controlPlane,
    '/apis/potoo.io/v1alpha1/namespaces/fenced/constraintdetails/constraints',
    (detail) => /example\.org\/v2/.test(JSON.stringify(detail)) && !/example\.org\/v1/.test(JSON.stringify(detail)),
    'the details to name the version that is preferred now',
  );
});

test('a profile says how a kind is read, and is told what became of it', async () => {
  const [profile] = await apply(cluster.controlPlane, [
    {
      apiVersion: 'potoo.io/v1alpha1',
      kind: 'ConstraintProfile',
      metadata: { name: 'fences' },
      spec: { gvr: { group: 'example.org', resource: 'fences' }, severity: 'Warning' },
    },
  ]);
  await waitFor(
    cluster.controlPlane,
    reportPath('fenced'),
    (report) => at(report, 'status', 'warning') === 2,
    'two warnings',
  );
  const told = await waitFor(
    cluster.controlPlane,
    '/apis/potoo.io/v1alpha1/constraintprofiles/fences',
    (found) => conditionOf(found, 'Ready') === 'True',
    'a profile that matches',
  );
  expect(at(told, 'status')).toMatchObject({
    observedGeneration: profile?.metadata.generation,
    matchedResource: 'fences.v2.example.org',
    adapter: 'generic',
  });
});

test('with its definition everything of a kind goes, and it comes back with it', async () => {
  await remove(cluster.controlPlane, definitionPath);
  await reportWithTotal(cluster, 'fenced', 0);
  await generic('fences to be away', (health) => at(health, 'enabled') === false);
  await waitFor(cluster.controlPlane, definitionPath, (found) => found === undefined, 'the end of the definition');
  await apply(cluster.controlPlane, [definition, fence('again')]);
  const report = await reportWithTotal(cluster, 'fenced', 1);
  expect(at(report, 'status', 'constraints', 0)).toMatchObject({ source: { kind: 'Fence', name: 'again' } });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterDetailName } from '../../crds/detail.ts';
import { operatorMetric } from '../bench/operator-metrics.ts';
import { apply, at, remove, waitFor } from '../control-plane/admin.ts';
import type { Program } from '../programs.ts';
import { type Cluster, clusterDetailPath, eventually, reportWithTotal, startCluster } from './cluster.ts';

// Kinds that Gatekeeper makes at run time. Nobody names them in RBAC: their group is a wildcard there.

const group = 'constraints.gatekeeper.sh';
const version = (name: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
});
/** As Gatekeeper makes them: the plural is the lower-cased kind. */
const definition = (kind: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}.${group}` },
  spec: {
    group,
    names: { plural: kind.toLowerCase(), singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    scope: 'Cluster',
    versions: [version('v1beta1', true), version('v1alpha1', false)],
  },
});
const definitionPath = (kind: string) =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${kind.toLowerCase()}.${group}`;
const constraint = (kind: string, name: string, inVersion = 'v1beta1') => ({
  apiVersion: `${group}/${inVersion}`,
  kind,
  metadata: { name },
  spec: { match: { kinds: [{ apiGroups: [''], kinds: ['Pod'] }], namespaces: ['guarded'] } },
});

let cluster: Cluster;
let operator: Program;
let watchedBefore: number;
const watched = () => operatorMetric(operator, 'potoo_operator_watched_kinds');
/** Without that the API server is not ready yet for a kind that has only just been defined, which it says with a 429. */
const troubles = () =>
  readFileSync(operator.process.logFile, 'utf8')
    .split('\n')
    .filter((line) => /"level":(40|50|60|"warn"|"error"|"fatal")/.test(line))
    .filter((line) => !line.includes('storage is (re)initializing'));

beforeAll(async () => {
  cluster = await startCluster();
  await apply(cluster.controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guarded' } }]);
  operator = await cluster.startOperator();
  await reportWithTotal(cluster, 'guarded', 0);
  watchedBefore = await watched();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function undefine(kind: string): Promise<void> {
  await remove(cluster.controlPlane, definitionPath(kind));
  await waitFor(cluster.controlPlane, definitionPath(kind), (found) => found === undefined, `the end of ${kind}`);
}

test('a kind that appears is watched, in one version of two, and its first object is in the report', async () => {
  await apply(cluster.controlPlane, [definition('NeedsOwner'), constraint('NeedsOwner', 'all', 'v1alpha1')]);
  await reportWithTotal(cluster, 'guarded', 1);
  const source = { apiVersion: `${group}/v1beta1`, kind: 'NeedsOwner', name: 'all' };
  await waitFor(
    cluster.controlPlane,
    clusterDetailPath(clusterDetailName(source)),
    (detail) => String(at(detail, 'texts', 0)).includes('Pods that violate NeedsOwner are refused'),
    'what the constraint demands',
  );
  expect(await watched()).toBe(watchedBefore + 1);
});

test('a version that is not served any more leaves what was read in it', async () => {
  const changed = definition('NeedsOwner');
  await apply(cluster.controlPlane, [
    { ...changed, spec: { ...changed.spec, versions: [version('v1beta1', true)] } },
    constraint('NeedsOwner', 'another'),
  ]);
  await reportWithTotal(cluster, 'guarded', 2);
  await remove(cluster.controlPlane, `/apis/${group}/v1beta1/needsowner/another`);
  await reportWithTotal(cluster, 'guarded', 1);
  expect(await watched()).toBe(watchedBefore + 1);
});

test('kinds that come and go again and again leave no watch, no constraint and no complaint', async () => {
  const kinds = ['NeedsOwner', 'HasLimits', 'IsSigned', 'KeepsRoot'];
  for (const round of [1, 2]) {
    await apply(cluster.controlPlane, [
      ...kinds.map(definition),
      ...kinds.map((kind) => constraint(kind, `r${round}`)),
    ]);
    await reportWithTotal(cluster, 'guarded', kinds.length + (round === 1 ? 1 : 0));
    expect(await watched()).toBe(watchedBefore + kinds.length);
    for (const kind of kinds) await undefine(kind);
    await reportWithTotal(cluster, 'guarded', 0);
    await eventually('their watches are gone', async () => (await watched()) === watchedBefore);
  }
  expect(troubles()).toEqual([]);
});

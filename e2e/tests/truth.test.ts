import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { oracleKinds, publishedIn, truthOf } from '../../operator/testing/oracle.ts';
import { clusterTruthOf, publishedInCluster } from '../../operator/testing/oracle-cluster.ts';
import { AdminError, apply, at, get, list, request } from '../control-plane/admin.ts';
import { startTcpProxy, type TcpProxy } from '../control-plane/tcp-proxy.ts';
import type { Program } from '../programs.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { readAuditLog, reportWrites } from './evidence/audit-log.ts';
import { change, isRefusal, unknownGroup } from './random-change.ts';

/** More for evidence: POTOO_TRUTH_STEPS=400. The same seed gives the same steps, though not the same timing. */
const stepsCount = Number(process.env['POTOO_TRUTH_STEPS'] ?? 120);
const seed = Number(process.env['POTOO_TRUTH_SEED'] ?? 4);
/** Long enough to lose the Lease in a run for evidence. */
const stallMs = stepsCount >= 300 ? 20_000 : 3_000;
const settleMsMax = 60_000;
/** Longer than the pause between two writes of a quota's figures. */
const quietMs = 12_000;

let cluster: Cluster;
let proxy: TcpProxy;
let operator: Program;
let builtIn: readonly Resource[];
let versions: object;

beforeAll(async () => {
  cluster = await startCluster();
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(cluster.controlPlane.server).port) });
  await apply(cluster.controlPlane, [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'potoo-reads-fences', labels: { 'potoo.io/aggregate-to-operator': 'true' } },
      rules: [{ apiGroups: [unknownGroup], resources: ['fences'], verbs: ['list', 'watch'] }],
    },
  ]);
  const { gitVersion } = Version.parse(await request(cluster.controlPlane, 'GET', '/version'));
  versions = { operator: packageJson.version, kubernetes: gitVersion };
  builtIn = await readBuiltIn();
  operator = await cluster.startOperator('operator', `https://127.0.0.1:${proxy.port}`);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await proxy?.close();
});

/** Again until the API server is there. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const until = systemClock.monotonic() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AdminError && error.status < 500 && error.status !== 429) throw error;
      if (systemClock.monotonic() > until) throw error;
      await systemClock.sleep(200);
    }
  }
}

/** What goes wrong meanwhile, at even distances; each ends before the next begins. */
const misfortunes: readonly (readonly [string, () => Promise<void>])[] = [
  ['kill -9 of the operator', () => restart(operator.process)],
  ['kill -9 of etcd', () => restart(cluster.controlPlane.etcd)],
  ['a stalled connection', stall],
  ['kill -9 of the API server', () => restart(cluster.controlPlane.apiserver)],
];

async function restart(component: { kill(): Promise<void>; start(): Promise<void> }): Promise<void> {
  await component.kill();
  await component.start();
}

async function stall(): Promise<void> {
  proxy.stall();
  await systemClock.sleep(stallMs);
  proxy.flow();
}

async function listAll(resource: { readonly group: string; readonly plural: string }): Promise<KubeObject[]> {
  const { group, plural } = resource;
  if (group === '') return list(cluster.controlPlane, `/api/v1/${plural}`);
  const described = await request(cluster.controlPlane, 'GET', `/apis/${group}`);
  return list(cluster.controlPlane, `/apis/${group}/${String(at(described, 'preferredVersion', 'version'))}/${plural}`);
}

const Version = z.object({ gitVersion: z.string() });
const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), versions: z.array(z.object({ groupVersion: z.string() })) })),
});
const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

/** What the API server serves by itself, each in the version that its group prefers; read the old way, not as the operator does. */
async function readBuiltIn(): Promise<Resource[]> {
  const definitions = await list(cluster.controlPlane, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
  const defined = new Set(definitions.map((definition) => at(definition, 'spec', 'group')));
  const { groups } = Groups.parse(await request(cluster.controlPlane, 'GET', '/apis'));
  const found = new Map<string, Resource>();
  const all = groups.filter(({ name }) => !defined.has(name)).flatMap((group) => group.versions);
  for (const { groupVersion } of [{ groupVersion: 'v1' }, ...all]) {
    const [version = '', group = ''] = groupVersion.split('/').toReversed();
    const path = group === '' ? '/api/v1' : `/apis/${groupVersion}`;
    for (const resource of Resources.parse(await request(cluster.controlPlane, 'GET', path)).resources) {
      const { name: plural, kind, namespaced } = resource;
      const key = resourceName({ group, plural });
      if (!plural.includes('/') && !found.has(key)) found.set(key, { group, version, plural, kind, namespaced });
    }
  }
  return [...found.values()];
}

/** Of a kind that may not be there at all. */
async function listFences(): Promise<KubeObject[]> {
  const described = await get(cluster.controlPlane, `${definitionsPath}/fences.${unknownGroup}`);
  return described === undefined ? [] : listAll({ group: unknownGroup, plural: 'fences' });
}

const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** What does not say what a fresh listing demands, with both: namespaces, cluster-wide policies, profiles and the totals. */
async function differences(): Promise<unknown[]> {
  const listing = new Map<string, KubeObject[]>();
  for (const kind of oracleKinds) listing.set(resourceName(kind), await listAll(kind));
  const group = 'potoo.io';
  const profiles = await listAll({ group, plural: 'constraintprofiles' });
  listing.set('constraintprofiles.potoo.io', profiles);
  listing.set(`fences.${unknownGroup}`, await listFences());
  listing.set('customresourcedefinitions.apiextensions.k8s.io', await list(cluster.controlPlane, definitionsPath));
  const reports = await listAll({ group, plural: 'constraintreports' });
  const published = publishedIn(reports, await listAll({ group, plural: 'constraintdetails' }));
  const expected = truthOf(listing, reports);
  // What is left in a namespace that is going away is the namespace controller's to remove.
  for (const { metadata } of listing.get('namespaces') ?? []) {
    if (!expected.has(metadata.name)) published.delete(metadata.name);
  }
  const must = clusterTruthOf(listing, reports, { builtIn, versions });
  const says = publishedInCluster(
    await listAll({ group, plural: 'clusterconstraintdetails' }),
    await listAll({ group, plural: 'clusterconstraintreports' }),
    profiles,
  );
  return [
    ...unequal('namespace', expected, published),
    ...unequal('cluster detail', must.details, says.details),
    ...unequal('profile', must.profiles, says.profiles),
    ...unequal('totals', new Map([['totals', must.totals]]), new Map([['totals', says.totals]])),
  ];
}

function unequal(what: string, must: ReadonlyMap<string, unknown>, says: ReadonlyMap<string, unknown>): unknown[] {
  return [...new Set([...must.keys(), ...says.keys()])]
    .map((name) => ({ what, name, must: must.get(name), says: says.get(name) }))
    .filter((each) => !isDeepStrictEqual(each.must, each.says));
}

/** What the operator wrote, in order. */
const writes = () =>
  reportWrites(readAuditLog(cluster.controlPlane.auditLog)).map(
    ({ verb, requestURI, requestReceivedTimestamp }) => `${requestReceivedTimestamp} ${verb} ${requestURI}`,
  );

test('after random changes, kills and a stalled connection everything says what the oracle says', async () => {
  const random = seededRandom(seed);
  const distance = Math.floor(stepsCount / (misfortunes.length + 1));
  let misfortune: Promise<void> = Promise.resolve();
  let refused = 0;
  for (let step = 1; step <= stepsCount; step += 1) {
    const [said, begin] = (step % distance === 0 ? misfortunes[step / distance - 1] : undefined) ?? [];
    if (begin !== undefined) {
      await misfortune;
      process.stdout.write(`step ${step}: ${said}\n`);
      misfortune = begin();
    }
    await patiently(() => change(cluster.controlPlane, random)).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      refused += 1;
    });
  }
  await misfortune;

  const startedAt = systemClock.monotonic();
  let different = await differences();
  while (different.length > 0 && systemClock.monotonic() - startedAt < settleMsMax) {
    await systemClock.sleep(200);
    different = await differences();
  }
  expect(different).toEqual([]);
  const settledMs = Math.round(systemClock.monotonic() - startedAt);
  await systemClock.sleep(quietMs);
  const before = writes();
  await systemClock.sleep(quietMs);
  expect(writes().slice(before.length)).toEqual([]);
  expect(await differences()).toEqual([]);
  const figures = { figure: 'truth', seed, steps: stepsCount, refused, settledMs, writes: before.length };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}, 600_000);

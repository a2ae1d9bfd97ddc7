import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { type KubeObject, resourceName } from '../../kube/resource.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { oracleKinds, publishedIn, truthOf } from '../../operator/testing/oracle.ts';
import { AdminError, apply, at, get, list, remove, request } from '../control-plane/admin.ts';
import { startTcpProxy, type TcpProxy } from '../control-plane/tcp-proxy.ts';
import type { Program } from '../programs.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { readAuditLog, reportWrites } from './evidence/audit-log.ts';

/** More for evidence: POTOO_TRUTH_STEPS=400. The same seed gives the same steps, though not the same timing. */
const stepsCount = Number(process.env['POTOO_TRUTH_STEPS'] ?? 120);
const seed = Number(process.env['POTOO_TRUTH_SEED'] ?? 4);
/** Long enough to lose the Lease in a run for evidence. */
const stallMs = stepsCount >= 300 ? 20_000 : 3_000;
const settleMsMax = 60_000;
const quietMs = 3_000;

let cluster: Cluster;
let proxy: TcpProxy;
let operator: Program;

beforeAll(async () => {
  cluster = await startCluster();
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(cluster.controlPlane.server).port) });
  operator = await cluster.startOperator('operator', `https://127.0.0.1:${proxy.port}`);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await proxy?.close();
});

const random = seededRandom(seed);
const below = (count: number) => Math.floor(random() * count);
function pick<T>(...choices: readonly [T, ...T[]]): T {
  return choices[below(choices.length)] ?? choices[0];
}

const labels = () => pick<object>({}, { tier: 'front' }, { tier: 'back' });
const selector = () =>
  pick<object>(
    {},
    { matchLabels: { app: 'm' } },
    { matchExpressions: [{ key: 'tier', operator: pick('In', 'NotIn'), values: ['front'] }] },
  );

function namespace(name: string): object {
  const level = () => pick('baseline', 'restricted', 'privileged');
  const modes = [
    ...pick<[string, string][]>([], [['enforce', level()]]),
    ...pick<[string, string][]>([], [['warn', level()]]),
    ...pick<[string, string][]>([], [['audit', level()]]),
  ];
  const security = Object.fromEntries(modes.map(([mode, value]) => [`pod-security.kubernetes.io/${mode}`, value]));
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...security, team: pick('red', 'blue') } },
  };
}

function policy(inNamespace: string, name: string): object {
  const from = [{ podSelector: selector() }, { namespaceSelector: { matchLabels: { team: 'red' } } }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: inNamespace },
    spec: {
      podSelector: selector(),
      ...pick<object>({}, { policyTypes: ['Egress'] }, { policyTypes: ['Ingress', 'Egress'] }),
      ...pick<object>({}, { ingress: [{ from, ports: [{ port: pick<unknown>(80, 'http') }] }] }),
    },
  };
}

function quota(inNamespace: string, name: string): object {
  const hard = pick<object>({ 'count/deployments.apps': '2' }, { pods: '10' }, { 'count/configmaps': '5', pods: '3' });
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: inNamespace }, spec: { hard } };
}

function deployment(inNamespace: string, name: string): object {
  const container = {
    name,
    image: 'example.org/app',
    ...pick<object>({}, { ports: [{ name: 'http', containerPort: 80 }] }),
  };
  const spec = { containers: [container], ...pick<object>({}, { hostNetwork: true }) };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: inNamespace },
    spec: {
      replicas: below(2),
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name, ...labels() } }, spec },
    },
  };
}

function pod(inNamespace: string, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inNamespace, labels: { app: name, ...labels() } },
    spec: { containers: [{ name, image: 'example.org/app' }] },
  };
}

const pathsOf: Readonly<Record<string, string>> = {
  networkpolicies: '/apis/networking.k8s.io/v1',
  resourcequotas: '/api/v1',
  deployments: '/apis/apps/v1',
  pods: '/api/v1',
};

/** One change by somebody; those that the cluster refuses change nothing. */
async function change(): Promise<void> {
  const target = cluster.controlPlane;
  const inNamespace = pick('a', 'b', 'c', 'd', 'e');
  const kind = random();
  const made = await get(target, `/api/v1/namespaces/${inNamespace}`);
  if (made === undefined || kind < 0.1) return void (await apply(target, [namespace(inNamespace)]));
  if (kind < 0.14) return remove(target, `/api/v1/namespaces/${inNamespace}`);
  // Until it is gone everything in it is refused, and a Pod would be waited for.
  if (made.metadata.deletionTimestamp !== undefined) return;
  const [plural, name, object] = pick<readonly [string, string, (inNamespace: string, name: string) => object]>(
    ['networkpolicies', pick('p', 'q', 'r'), policy],
    ['networkpolicies', pick('p', 'q', 'r'), policy],
    ['resourcequotas', pick('x', 'y'), quota],
    ['deployments', pick('m', 'n'), deployment],
    ['pods', pick('o', 's'), pod],
  );
  if (random() < 0.35) return remove(target, `${pathsOf[plural]}/namespaces/${inNamespace}/${plural}/${name}`);
  // What cannot be changed in a Pod is most of it.
  if (plural === 'pods') await remove(target, `/api/v1/namespaces/${inNamespace}/pods/${name}`);
  await apply(target, [object(inNamespace, name)]);
}

const refusals: ReadonlySet<number> = new Set([403, 404, 409]);

/** Again until the API server is there; what it refuses is refused. */
async function patiently(work: () => Promise<void>): Promise<void> {
  const until = systemClock.monotonic() + 30_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AdminError && refusals.has(error.status)) return;
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

/** The namespaces whose reports or details do not say what a fresh listing demands, with both. */
async function differences(): Promise<unknown[]> {
  const listing = new Map<string, KubeObject[]>();
  for (const kind of oracleKinds) listing.set(resourceName(kind), await listAll(kind));
  const group = 'potoo.io';
  const reports = await listAll({ group, plural: 'constraintreports' });
  const published = publishedIn(reports, await listAll({ group, plural: 'constraintdetails' }));
  const expected = truthOf(listing, reports);
  const going = new Set(listing.get('namespaces')?.map(({ metadata }) => metadata.name));
  return [...new Set([...expected.keys(), ...published.keys()])]
    .filter((name) => expected.has(name) || !going.has(name))
    .map((name) => ({ name, expected: expected.get(name), published: published.get(name) }))
    .filter((each) => !isDeepStrictEqual(each.expected, each.published));
}

const writes = () => reportWrites(readAuditLog(cluster.controlPlane.auditLog)).length;

test('after random changes, kills and a stalled connection every report and detail says what the oracle says', async () => {
  process.stdout.write(`${JSON.stringify({ figure: 'truth', seed, steps: stepsCount, before: writes() })}\n`);
  const distance = Math.floor(stepsCount / (misfortunes.length + 1));
  let going: Promise<void> = Promise.resolve();
  for (let step = 1; step <= stepsCount; step += 1) {
    const [said, misfortune] = misfortunes[step / distance - 1] ?? [];
    if (misfortune !== undefined) {
      await going;
      process.stdout.write(`step ${step}: ${said}\n`);
      going = misfortune();
    }
    await patiently(change);
  }
  await going;

  const startedAt = systemClock.monotonic();
  let different = await differences();
  while (different.length > 0 && systemClock.monotonic() - startedAt < settleMsMax) {
    await systemClock.sleep(200);
    different = await differences();
  }
  expect(different).toEqual([]);
  const settledMs = Math.round(systemClock.monotonic() - startedAt);
  // The totals follow the last report by 2 s.
  await systemClock.sleep(quietMs);
  const before = writes();
  await systemClock.sleep(quietMs);
  expect(writes() - before).toBe(0);
  expect(await differences()).toEqual([]);
  process.stdout.write(`${JSON.stringify({ figure: 'truth', seed, steps: stepsCount, settledMs, writes: before })}\n`);
}, 600_000);

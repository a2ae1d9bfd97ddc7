import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { AdminError, apply } from '../control-plane/admin.ts';
import { startTcpProxy, type TcpProxy } from '../control-plane/tcp-proxy.ts';
import { type Differences, oracleOf } from '../oracle-differences.ts';
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
let differences: Differences;

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
  differences = await oracleOf(cluster.controlPlane);
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
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { apply, at, get } from '../control-plane/admin.ts';
import type { Program } from '../programs.ts';
import { type Cluster, eventually, reportPath, startCluster } from './cluster.ts';
import { type AuditEvent, credentialOf, operatorUser, readAuditLog, reportWrites } from './evidence/audit-log.ts';

const leasePath = '/apis/coordination.k8s.io/v1/namespaces/potoo-system/leases/potoo-operator';
/** How long a holder may write after the renewal that it sent last. */
const deadlineMs = 10_000;
const takeoverMsMax = 20_000;
const pauseMs = 30_000;

let cluster: Cluster;
let first: Program;
let second: Program;
/** Of the first's token: it is the only one that the log knows before the second starts. */
let ofFirst: string | undefined;

beforeAll(async () => {
  cluster = await startCluster();
  first = await cluster.startOperator('first');
  await eventually('the first leads', async () => (await holder()) === 'first');
  ofFirst = operatorEvents().map(credentialOf)[0];
  second = await cluster.startOperator('second');
  await ready(second);
});
afterAll(() => cluster[Symbol.asyncDispose]());

const holder = async () => at(await get(cluster.controlPlane, leasePath), 'spec', 'holderIdentity');
const ready = (operator: Program) =>
  eventually('the operator is ready', async () => (await fetch(`${operator.metricsUrl}/readyz`)).ok);
const operatorEvents = () =>
  readAuditLog(cluster.controlPlane.auditLog).filter(
    ({ user, stage }) => user.username === operatorUser && stage === 'ResponseComplete',
  );
const receivedAt = ({ requestReceivedTimestamp }: AuditEvent) => Date.parse(requestReceivedTimestamp);
const isRenewal = ({ objectRef, verb, responseStatus }: AuditEvent) =>
  objectRef?.resource === 'leases' && (verb === 'update' || verb === 'create') && (responseStatus?.code ?? 0) < 300;

const createNamespace = (name: string) =>
  apply(cluster.controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);

/** How long it takes until a namespace of this moment has its report. */
async function reportedAfterMs(name: string): Promise<number> {
  const startedAt = systemClock.monotonic();
  await createNamespace(name);
  await eventually(`a report in ${name}`, async () => {
    const report = await get(cluster.controlPlane, reportPath(name));
    return at(report, 'status', 'total') === 0;
  });
  return Math.round(systemClock.monotonic() - startedAt);
}

test('a leader that stands still for 30 s writes nothing after its own deadline, and nothing while the other leads', async () => {
  // Work that it has not done when it stops.
  await Promise.all(['x', 'y', 'z'].map((name) => createNamespace(`pending-${name}`)));
  first.process.pause();
  const pausedAt = systemClock.monotonic();
  const takeoverMs = await reportedAfterMs('while-paused');
  process.stdout.write(`${JSON.stringify({ figure: 'takeover-after-sigstop', unit: 'ms', value: takeoverMs })}\n`);
  expect(await holder()).toBe('second');
  await systemClock.sleep(Math.max(0, pauseMs - (systemClock.monotonic() - pausedAt)));
  first.process.resume();
  for (const name of ['x', 'y', 'z']) await reportedAfterMs(`resumed-${name}`);
  await eventually('the first knows that it does not lead', async () =>
    (await (await fetch(`${first.metricsUrl}/metrics`)).text()).includes('potoo_operator_leading 0'),
  );

  const events = operatorEvents();
  const isFirst = (event: AuditEvent) => credentialOf(event) === ofFirst;
  const renewals = events.filter(isRenewal);
  const lastOfFirst = Math.max(...renewals.filter(isFirst).map(receivedAt));
  const takenAt = Math.min(...renewals.filter((event) => !isFirst(event)).map(receivedAt));
  const writes = reportWrites(events);
  expect(ofFirst).toMatch(/^JTI=/);
  expect(writes.some(isFirst) && writes.some((event) => !isFirst(event))).toBe(true);
  expect(takenAt).toBeGreaterThan(lastOfFirst);
  expect(writes.filter((event) => isFirst(event) && receivedAt(event) > lastOfFirst + deadlineMs)).toEqual([]);
  expect(writes.filter((event) => isFirst(event) === receivedAt(event) > takenAt)).toEqual([]);
});

test('after kill -9 of the leader the other writes within 20 s', async () => {
  await second.process.kill();
  const takeoverMs = await reportedAfterMs('after-the-kill');
  process.stdout.write(`${JSON.stringify({ figure: 'takeover-after-kill', unit: 'ms', value: takeoverMs })}\n`);
  expect(takeoverMs).toBeLessThan(takeoverMsMax);
  expect(await holder()).toBe('first');
});

import { describe, expect, test } from 'vitest';
import { clusterConstraintDetails, constraintReports } from '../../crds/api.ts';
import { clusterDetailName } from '../../crds/detail.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { simulateReporter } from '../testing/simulated-reporter.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${String(index).padStart(3, '0')}`);

/** All is written, and what follows is all that is in `api.requests`. */
async function running(count: number, latencyMs?: Parameters<typeof simulateReporter>[1]) {
  const simulated = simulateReporter(names(count), latencyMs);
  const ended = simulated.begin();
  await simulated.clock.advance(30_000);
  simulated.api.forgetRequests();
  return { ...simulated, end: async () => (simulated.stop(), ended) };
}

function limitAll({ constraints, reporter }: ReturnType<typeof simulateReporter>, name: string): void {
  for (const [namespace, bound] of constraints) {
    bound.push(clusterConstraint(name, {}));
    reporter.changed(namespace, 'later');
  }
}

const quota = (used: string, different: Partial<Parameters<typeof testConstraint>[2]> = {}) =>
  testConstraint('n000', 'quota', { metrics: { pods: { hard: '100', used } }, ...different });

describe('a change in all namespaces', () => {
  test('is written at the pace of its budget, and nothing of it is lost', async () => {
    const simulated = await running(200);
    const { api, clock, report, end, crashes } = simulated;
    limitAll(simulated, 'no-latest');
    await clock.advance(2_000);
    const reportsWritten = () => api.requests.filter(({ plural }) => plural === 'constraintreports').length;
    expect(reportsWritten()).toBeGreaterThan(90);
    expect(reportsWritten()).toBeLessThan(120);
    await clock.advance(10_000);
    expect(reportsWritten()).toBe(200);
    for (const name of names(200)) expect(report(name)).toMatchObject({ total: 2 });
    expect(crashes).toEqual([]);
    await end();
  });

  test('takes the detail of a policy that is gone away only when no report refers to it any more', async () => {
    const simulated = await running(200);
    const { api, clock, constraints, policies, reporter, written, end } = simulated;
    const policy = clusterConstraint('p', {});
    const detail = clusterDetailName(policy.source);
    policies.set(detail, [policy]);
    limitAll(simulated, 'p');
    reporter.clusterDetailChanged(detail);
    await clock.advance(10_000);
    api.forgetRequests();
    policies.delete(detail);
    for (const [namespace, bound] of constraints) {
      bound.pop();
      reporter.changed(namespace, 'later');
    }
    reporter.clusterDetailChanged(detail);
    await clock.advance(20_000);
    const all = written();
    expect(all.filter((write) => write.startsWith('update constraintreports'))).toHaveLength(200);
    expect(all.at(-1)).toBe('delete clusterconstraintdetails');
    expect(JSON.stringify(api.list(constraintReports))).not.toContain(policy.id);
    await end();
  });

  test('holds up what a namespace does itself no longer than a moment, however slow its details are written', async () => {
    let detailMs = 0;
    const simulated = await running(10, ({ plural }) => (plural === 'clusterconstraintdetails' ? detailMs : 0));
    const { api, clock, constraints, policies, reporter, report, end } = simulated;
    for (let index = 0; index < 100; index += 1) {
      const policy = clusterConstraint(`p${index}`, {});
      policies.set(clusterDetailName(policy.source), [policy]);
      for (const bound of constraints.values()) bound.push(policy);
    }
    detailMs = 1_000;
    for (const namespace of constraints.keys()) reporter.changed(namespace, 'later');
    for (const name of policies.keys()) reporter.clusterDetailChanged(name);
    await clock.advance(200);
    constraints.get('n009')?.push(testConstraint('n009', 'q'));
    reporter.changed('n009', 'now');
    await clock.advance(300);
    expect(report('n009')).toMatchObject({ total: 102 });
    detailMs = 0;
    await clock.advance(60_000);
    expect(api.list(clusterConstraintDetails)).toHaveLength(100);
    expect(report('n000')).toMatchObject({ total: 101 });
    await end();
  });

  test('is not remembered by a process that does not write', async () => {
    const simulated = simulateReporter(names(3));
    const { clock, policies, reporter, begin, stop } = simulated;
    for (let index = 0; index < 100; index += 1) reporter.clusterDetailChanged(`gone-${index}`);
    await clock.advance(60_000);
    const asked: string[] = [];
    policies.get = (name) => void asked.push(name);
    const ended = begin();
    await clock.advance(5_000);
    expect(asked).toEqual([]);
    stop();
    await ended;
  });

  test('never holds up what a namespace does itself, not even in a namespace that waits for the budget', async () => {
    const simulated = await running(200);
    const { clock, constraints, reporter, report, end } = simulated;
    limitAll(simulated, 'no-latest');
    await clock.advance(500);
    const last = constraints.get('n199');
    expect(report('n199')).toMatchObject({ total: 1 });
    last?.push(testConstraint('n199', 'q'));
    reporter.changed('n199', 'now');
    await clock.advance(100);
    expect(report('n199')).toMatchObject({ total: 3 });
    expect(report('n190')).toMatchObject({ total: 1 });
    await end();
  });

  test('is no limit for a process that begins to lead', async () => {
    const { clock, begin, stop, report } = simulateReporter(names(200));
    const ended = begin();
    await clock.advance(1_000);
    for (const name of names(200)) expect(report(name)).toMatchObject({ total: 1 });
    stop();
    await ended;
  });
});

describe('figures of usage', () => {
  test('are written at once after a silence, then every 10 s, the last ones too', async () => {
    const { api, clock, constraints, reporter, report, end } = await running(1);
    for (let used = 0; used < 25; used += 1) {
      constraints.set('n000', [quota(String(used))]);
      reporter.changed('n000', 'now');
      await clock.advance(1_000);
    }
    await clock.advance(20_000);
    // The first brings the quota as such.
    expect(api.requests.filter(({ plural }) => plural === 'constraintreports')).toHaveLength(4);
    expect(JSON.stringify(report('n000'))).toContain('"used":"24"');
    await end();
  });

  test('go with any other change at once', async () => {
    const { clock, constraints, reporter, report, end } = await running(1);
    constraints.set('n000', [quota('1')]);
    reporter.changed('n000', 'now');
    await clock.advance(1_000);
    constraints.set('n000', [quota('80')]);
    reporter.changed('n000', 'now');
    await clock.advance(1_000);
    expect(JSON.stringify(report('n000'))).toContain('"used":"1"');
    constraints.set('n000', [quota('95', { severity: 'Info' })]);
    reporter.changed('n000', 'now');
    await clock.advance(100);
    expect(JSON.stringify(report('n000'))).toContain('"used":"95"');
    await end();
  });
});

describe('a webhook that is down', () => {
  const denial = (namespace: string) =>
    `Internal error occurred: failed calling webhook "guard.example.org": dial from port ${namespace}: refused`;
  const denyAll = ({ api }: Pick<ReturnType<typeof simulateReporter>, 'api'>) =>
    api.fail({
      matching: ({ verb }) => verb === 'update',
      times: Number.POSITIVE_INFINITY,
      status: 500,
      reason: 'InternalError',
      message: denial('1'),
    });

  test('is asked twice a second however many namespaces it stops, told once, and caught up with when it is back', async () => {
    const simulated = await running(200);
    const { api, clock, log, metrics, report, totals, end } = simulated;
    const heal = denyAll(simulated);
    limitAll(simulated, 'no-latest');
    await clock.advance(60_000);
    api.forgetRequests();
    await clock.advance(60_000);
    expect(api.requests.filter(({ plural }) => plural === 'constraintreports').length).toBeLessThan(200);
    expect(api.requests.filter(({ plural }) => plural === 'constraintreports').length).toBeGreaterThan(60);
    expect(log.filter((line) => line.includes('not written'))).toHaveLength(1);
    const { values } = await metrics.deniedWrites.get();
    expect(values.find(({ labels }) => labels.by === 'webhook')?.value).toBe(201);
    heal();
    await clock.advance(12_000);
    for (const name of names(200)) expect(report(name)).toMatchObject({ total: 2 });
    await clock.advance(40_000);
    expect(totals()).toMatchObject({ conditions: [{ status: 'True', reason: 'Working' }] });
    await end();
  });

  test('stops no other namespace, and the totals name it and where', async () => {
    const simulated = await running(6);
    const { api, clock, report, totals, end } = simulated;
    api.fail({
      matching: ({ plural, verb, namespace }) =>
        plural === 'constraintreports' && verb === 'update' && namespace !== 'n003',
      times: Number.POSITIVE_INFINITY,
      status: 500,
      message: denial('1'),
    });
    limitAll(simulated, 'no-latest');
    await clock.advance(10_000);
    expect(report('n003')).toMatchObject({ total: 2 });
    expect(totals()).toMatchObject({
      conditions: [
        {
          status: 'False',
          reason: 'WritesDenied',
          message: `The report of n000, n001, n002 and 2 more is denied by webhook guard.example.org: KUBE_SERVER_ERROR: ${denial('1')}`,
        },
      ],
    });
    await end();
  });
});

test('a constraint that is too large to be stored is told once, and again after it was not', async () => {
  const { clock, constraints, log, reporter, end } = await running(1);
  const told = () => log.filter((line) => line.includes('too large')).length;
  const write = async (message: string) => {
    constraints.set('n000', [testConstraint('n000', 'p', { message })]);
    reporter.changed('n000', 'now');
    await clock.advance(2_000);
  };
  await write('x'.repeat(600_000));
  await write('y'.repeat(600_000));
  expect(told()).toBe(1);
  await write('z');
  await write('x'.repeat(600_000));
  expect(told()).toBe(2);
  await end();
});

import { describe, expect, test } from 'vitest';
import { clusterConstraintDetails, constraintReports } from '../../crds/api.ts';
import { clusterDetailName } from '../../crds/detail.ts';
import { clusterConstraint } from '../testing/constraints.ts';
import { simulateReporter } from '../testing/simulated-reporter.ts';

describe('the reporter', () => {
  test('speaks of the whole cluster only after it has looked at every namespace', async () => {
    const { clock, begin, stop, written, crashes } = simulateReporter(['a', 'b', 'c']);
    const ended = begin();
    await clock.advance(10_000);
    const order = written();
    expect(order.filter((each) => each.startsWith('create constraintreports'))).toHaveLength(3);
    expect(order.findIndex((each) => each.includes('clusterconstraintreports'))).toBeGreaterThan(
      order.findLastIndex((each) => each.startsWith('create constraintreports')),
    );
    stop();
    await ended;
    expect(crashes).toEqual([]);
  });

  test('tells what could not be written and why, once for all namespaces, and takes it back', async () => {
    const { api, clock, begin, stop, totals } = simulateReporter(['a', 'b']);
    const heal = api.fail({
      matching: ({ plural, verb }) => plural === 'constraintdetails' && verb === 'create',
      times: Number.POSITIVE_INFINITY,
      status: 403,
      reason: 'Forbidden',
      message: 'admission webhook "guard.example.org" denied the request',
    });
    const ended = begin();
    await clock.advance(10_000);
    expect(totals()).toMatchObject({
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'WritesDenied',
          message:
            'The report of a, b is denied by webhook guard.example.org: KUBE_FORBIDDEN: admission webhook "guard.example.org" denied the request',
        },
      ],
    });
    heal();
    await clock.advance(40_000);
    expect(totals()).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
    stop();
    await ended;
  });

  test('a burst of changes of a namespace becomes a few writes', async () => {
    const { api, clock, reporter, begin, stop } = simulateReporter(['a']);
    const ended = begin();
    await clock.advance(5_000);
    api.forgetRequests();
    for (let change = 0; change < 100; change += 1) {
      api.remove(constraintReports, { namespace: 'a', name: 'constraints' });
      api.put(constraintReports, { metadata: { namespace: 'a', name: 'constraints' } });
      reporter.changed('a', 'now');
      await clock.advance(10);
    }
    await clock.advance(5_000);
    // 20 ms after the first change, then after gaps of 40, 80, 160 … ms: never one write a change.
    expect(api.requests.filter(({ verb }) => verb === 'update').length).toBeLessThan(15);
    stop();
    await ended;
  });

  test('a cluster-wide policy: its detail before every report, once; nothing again; and both go', async () => {
    const names = ['a', 'b', 'c'];
    const { api, clock, reporter, constraints, policies, begin, stop, written, crashes } = simulateReporter(names);
    const ended = begin();
    await clock.advance(5_000);
    api.forgetRequests();
    const policy = clusterConstraint('everywhere', {});
    const name = clusterDetailName(policy.source);
    policies.set(name, [policy]);
    for (const namespace of names) constraints.get(namespace)?.push(policy);
    // The namespaces are told first, and still wait.
    for (const namespace of names) reporter.changed(namespace, 'now');
    reporter.clusterDetailChanged(name);
    await clock.advance(1_000);
    expect(written()[0]).toBe('create clusterconstraintdetails');
    expect(written().slice(1).toSorted()).toEqual(names.map((each) => `update constraintreports ${each}`));
    expect(api.get(clusterConstraintDetails, { name })).toMatchObject({ subject: 'policy', source: policy.source });

    api.forgetRequests();
    reporter.clusterDetailChanged(name);
    await clock.advance(1_000);
    expect(written().filter((each) => each.endsWith('details'))).toEqual([]);

    policies.delete(name);
    for (const namespace of names) constraints.get(namespace)?.pop();
    for (const namespace of names) reporter.changed(namespace, 'later');
    reporter.clusterDetailChanged(name);
    await clock.advance(2_000);
    expect(written()).toContain('delete clusterconstraintdetails');
    expect(api.list(clusterConstraintDetails)).toEqual([]);
    expect(JSON.stringify(api.list(constraintReports))).not.toContain('everywhere');
    stop();
    await ended;
    expect(crashes).toEqual([]);
  });

  test('a detail that cannot be written holds no report back, and is told by its name', async () => {
    const { api, clock, constraints, policies, begin, stop, totals } = simulateReporter(['a']);
    const policy = clusterConstraint('everywhere', {});
    const name = clusterDetailName(policy.source);
    policies.set(name, [policy]);
    constraints.get('a')?.push(policy);
    const heal = api.fail({
      matching: ({ plural, verb }) => plural === 'clusterconstraintdetails' && verb === 'create',
      times: Number.POSITIVE_INFINITY,
      status: 403,
      reason: 'Forbidden',
      message: 'denied',
    });
    const ended = begin();
    await clock.advance(10_000);
    expect(JSON.stringify(api.list(constraintReports))).toContain('everywhere');
    expect(totals()).toMatchObject({
      conditions: [{ message: expect.stringContaining(`The detail ${name} `) }],
    });
    heal();
    await clock.advance(40_000);
    expect(api.list(clusterConstraintDetails)).toHaveLength(1);
    expect(totals()).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
    stop();
    await ended;
  });
});

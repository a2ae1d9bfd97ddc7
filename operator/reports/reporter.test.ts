import { describe, expect, test } from 'vitest';
import { constraintReports } from '../../crds/api.ts';
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
});

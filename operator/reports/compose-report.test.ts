import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constraintTypes, severities } from '../../crds/constraint.ts';
import { ReportStatus, reportEntriesMax } from '../../crds/report.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { Workload } from '../scope/workload.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { composeReport as compose, type Observed } from './compose-report.ts';
import { readReport } from './published.ts';

const monday = '2026-01-05T00:00:00Z';
const tuesday = '2026-01-06T00:00:00Z';
const observed = (different: Partial<Observed> = {}): Observed => ({
  namespace: 'shop',
  constraints: [],
  workloads: [],
  unread: [],
  ...different,
});
const composeReport = (...given: Parameters<typeof compose>) => compose(...given).status;
const workload = (name: string, labels: Record<string, string>): Workload => ({ kind: 'Deployment', name, labels });
/** What the operator will know of the report once it is stored; the server sends fields in an order of its own. */
const stored = (status: ReportStatus) =>
  readReport({
    apiVersion: 'potoo.io/v1alpha1',
    kind: 'ConstraintReport',
    metadata: { name: 'constraints', namespace: 'shop', uid: 'u', resourceVersion: '1' },
    status: Object.fromEntries(Object.entries(status).toReversed()),
  } satisfies KubeObject);

describe('composeReport', () => {
  test('own policies become entries, others become lines', () => {
    const report = composeReport(
      observed({
        constraints: [
          clusterConstraint('no-latest', {}),
          testConstraint('shop', 'deny-all'),
          testConstraint('platform', 'from-elsewhere'),
        ],
      }),
      undefined,
      monday,
    );
    expect(report.constraints.map(({ name }) => name)).toEqual(['deny-all']);
    const [fromCluster, fromElsewhere] = [
      clusterConstraint('no-latest', {}),
      testConstraint('platform', 'from-elsewhere'),
    ];
    expect(report.inherited).toEqual([
      `Critical deny NetworkIngress ClusterPolicy/no-latest ${fromCluster.id}: All pods accept no ingress`,
      // Of another namespace's policy not even the name is told.
      `Critical deny NetworkIngress NetworkPolicy/policy-${fromElsewhere.id} ${fromElsewhere.id}: All pods accept no ingress`,
    ]);
    expect(report).toMatchObject({ total: 3, critical: 3, warning: 0, info: 0 });
    expect(ReportStatus.safeParse(report).success).toBe(true);
  });

  test('entries are ordered by severity, type and source, whatever order they come in', () => {
    const constraints = [...severities].flatMap((severity) =>
      constraintTypes
        .slice(0, 3)
        .map((type) => testConstraint('shop', `${severity}-${type}`.toLowerCase(), { severity, type })),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(constraints, { minLength: constraints.length }), (shuffled) => {
        const report = composeReport(observed({ constraints: shuffled }), undefined, monday);
        expect(report.constraints.map(({ name }) => name)).toEqual(constraints.map(({ name }) => name));
      }),
    );
  });

  test('only the entry that changed carries the new time, and the report with it', () => {
    const first = composeReport(
      observed({ constraints: [testConstraint('shop', 'a'), testConstraint('shop', 'b')] }),
      undefined,
      monday,
    );
    const second = composeReport(
      observed({ constraints: [testConstraint('shop', 'a'), testConstraint('shop', 'b', { summary: 'Some pods' })] }),
      stored(first),
      tuesday,
    );
    expect(second.lastChanged).toBe(tuesday);
    expect(second.constraints.map(({ name, lastChanged }) => [name, lastChanged])).toEqual([
      ['a', monday],
      ['b', tuesday],
    ]);
    const third = composeReport(
      observed({ constraints: [testConstraint('shop', 'a'), testConstraint('shop', 'b', { summary: 'Some pods' })] }),
      stored(second),
      '2026-01-07T00:00:00Z',
    );
    expect(third).toEqual(second);
  });

  test('an entry names the workloads it binds, and those it may bind', () => {
    const [byLabel, all, scoped] = [
      { selector: { matchLabels: { app: 'web' } } },
      { selector: {} },
      { quotaScopes: [{ scopeName: 'BestEffort', operator: 'Exists' as const }] },
    ].map((workloads, index) =>
      testConstraint('shop', `p${index}`, { scope: { namespaces: { names: ['shop'] }, workloads } }),
    );
    const none = testConstraint('shop', 'p3', { scope: { namespaces: { names: ['shop'] } } });
    const report = composeReport(
      observed({
        constraints: [byLabel, all, scoped, none].filter((constraint) => constraint !== undefined),
        workloads: [workload('db', { app: 'db' }), workload('web', { app: 'web' })],
      }),
      undefined,
      monday,
    );
    expect(report.constraints.map(({ affectedWorkloads }) => affectedWorkloads)).toEqual([
      { total: 1, items: ['Deployment/web'] },
      { total: 2, all: true },
      { total: 2, items: ['Deployment/db', 'Deployment/web'] },
      undefined,
    ]);
  });

  test('a policy that means no pods on the network of their node binds all only where there are none', () => {
    const traits = {
      terminating: false,
      bestEffort: undefined,
      priorityClass: undefined,
      crossNamespaceAffinity: false,
    };
    const policy = testConstraint('shop', 'p', {
      scope: { namespaces: { names: ['shop'] }, workloads: { hostNetwork: false } },
    });
    const affectedIn = (hostNetwork: boolean) => {
      const workloads = [{ ...workload('agent', {}), traits: { ...traits, hostNetwork } }, workload('web', {})];
      const report = composeReport(observed({ constraints: [policy], workloads }), undefined, monday);
      return report.constraints[0]?.affectedWorkloads;
    };
    expect(affectedIn(false)).toEqual({ total: 2, all: true });
    expect(affectedIn(true)).toEqual({ total: 1, items: ['Deployment/web'] });
  });

  test('what is beyond the bound stands in more, and is counted', () => {
    const constraints = Array.from({ length: reportEntriesMax + 7 }, (_, index) =>
      testConstraint('shop', `p${String(index).padStart(4, '0')}`),
    );
    const report = composeReport(observed({ constraints }), undefined, monday);
    expect(report.constraints).toHaveLength(reportEntriesMax);
    expect(report.more).toEqual(constraints.slice(reportEntriesMax).map(({ id }) => id));
    expect(report.total).toBe(reportEntriesMax + 7);
  });

  test('a report stays within what etcd takes, however long the names are', () => {
    const long = (prefix: string, index: number) => `${prefix.repeat(200)}${index}`;
    const constraints = Array.from({ length: reportEntriesMax }, (_, index) =>
      testConstraint('shop', long('p', index), {
        scope: { namespaces: { names: ['shop'] }, workloads: { selector: { matchLabels: { app: 'web' } } } },
      }),
    );
    const workloads = Array.from({ length: 25 }, (_, index) => workload(long('w', index), { app: 'web' }));
    const report = composeReport(observed({ constraints, workloads }), undefined, monday);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(1_048_576);
    expect(report.constraints.length).toBeGreaterThan(100);
    expect(report.constraints.length + (report.more?.length ?? 0)).toBe(reportEntriesMax);
    expect(report.total).toBe(reportEntriesMax);
  });

  test('a kind that could not be read makes the report not ready, and says which', () => {
    const whole = composeReport(observed(), undefined, monday);
    expect(whole.conditions).toMatchObject([{ type: 'Ready', status: 'True', lastTransitionTime: monday }]);
    const partly = composeReport(
      observed({ unread: ['quotas.example.io cannot be read: KUBE_TIMEOUT'] }),
      stored(whole),
      tuesday,
    );
    expect(partly.conditions).toMatchObject([{ type: 'Ready', status: 'False', lastTransitionTime: tuesday }]);
    expect(partly.conditions?.[0]?.message).toContain('quotas.example.io');
    const still = composeReport(
      observed({ unread: ['other.example.io cannot be read: KUBE_TIMEOUT'] }),
      stored(partly),
      monday,
    );
    expect(still.conditions).toMatchObject([{ status: 'False', lastTransitionTime: tuesday }]);
  });
});

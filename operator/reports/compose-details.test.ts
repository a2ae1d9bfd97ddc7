import { describe, expect, test } from 'vitest';
import { StoredConstraint } from '../../crds/constraint.ts';
import { detailBytesMax, detailTextsBytesMax, storedBytes, StoredWorkload } from '../../crds/detail.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { settled } from '../adapters/settled.ts';
import { composeDetails } from './compose-details.ts';

const nothing = { namespace: 'shop', constraints: [], workloads: [], unread: [] };

describe('composeDetails', () => {
  test('holds the full form of own policies and of workloads, and nothing for none', () => {
    const own = testConstraint('shop', 'p', { metrics: { cpu: { hard: '1' } } });
    const { parts } = composeDetails({
      ...nothing,
      constraints: [own, clusterConstraint('c', {}), testConstraint('pay', 'q')],
      workloads: [{ kind: 'Deployment', name: 'web', labels: { b: '2', a: '1' }, serviceAccount: 'web' }],
    });
    expect([...parts.keys()]).toEqual(['constraints', 'workloads']);
    const constraints = parts.get('constraints')?.texts.map((item) => StoredConstraint.parse(JSON.parse(item)));
    const { metrics: _metrics, ...withoutMetrics } = own;
    expect(constraints).toEqual([withoutMetrics]);
    expect(parts.get('constraints')?.texts[0]).not.toContain('metrics');
    expect(parts.get('workloads')?.texts.map((item) => StoredWorkload.parse(JSON.parse(item)))).toEqual([
      { kind: 'Deployment', name: 'web', labels: { a: '1', b: '2' }, serviceAccount: 'web' },
    ]);
    expect(composeDetails(nothing).parts.size).toBe(0);
  });

  test('a workload says that it uses the network of its node, and nothing where it does not', () => {
    const traits = {
      terminating: false,
      bestEffort: undefined,
      priorityClass: undefined,
      crossNamespaceAffinity: false,
    };
    const workloads = [true, false].map((hostNetwork) => ({
      kind: 'DaemonSet',
      name: `agent-${hostNetwork}`,
      labels: {},
      traits: { ...traits, hostNetwork },
    }));
    const { parts } = composeDetails({ ...nothing, workloads });
    expect(parts.get('workloads')?.texts.map((item) => StoredWorkload.parse(JSON.parse(item)))).toEqual([
      { kind: 'DaemonSet', name: 'agent-true', labels: {}, hostNetwork: true },
      { kind: 'DaemonSet', name: 'agent-false', labels: {} },
    ]);
  });

  test('equal input gives equal bytes, whatever the order', () => {
    const constraints = ['a', 'b', 'c'].map((name) => testConstraint('shop', name));
    expect(composeDetails({ ...nothing, constraints })).toEqual(
      composeDetails({ ...nothing, constraints: constraints.toReversed() }),
    );
  });

  test('parts stay within their bound and lose nothing', () => {
    const message = 'ä'.repeat(60_000);
    const constraints = Array.from({ length: 11 }, (_, index) => testConstraint('shop', `p${index}`, { message }));
    const { parts, oversized } = composeDetails({ ...nothing, constraints });
    expect(parts.size).toBeGreaterThan(2);
    const names = Array.from({ length: parts.size }, (_, part) => (part === 0 ? 'constraints' : `constraints-${part}`));
    expect([...parts.keys()]).toEqual(names);
    expect([...parts.values()].map(({ part }) => part)).toEqual([...parts.keys()].keys().toArray());
    for (const { texts } of parts.values()) {
      expect(texts.reduce((sum, item) => sum + storedBytes(item), 0)).toBeLessThanOrEqual(detailTextsBytesMax);
    }
    expect([...parts.values()].flatMap(({ texts }) => texts)).toHaveLength(11);
    expect(oversized).toEqual([]);
  });

  test('a single constraint beyond the bound is told apart and does not stop the others', () => {
    const huge = testConstraint('shop', 'huge', { message: 'x'.repeat(detailBytesMax) });
    const { parts, oversized } = composeDetails({ ...nothing, constraints: [huge, testConstraint('shop', 'small')] });
    expect(oversized.map(({ name }) => name)).toEqual(['huge']);
    expect(parts.get('constraints')?.texts).toHaveLength(1);
  });
});

test('the text of a large policy is made once, and not with every change in its namespace', () => {
  let made = 0;
  const message = 'x'.repeat(100_000);
  const counted = {
    ...testConstraint('shop', 'large', { message }),
    get rule() {
      made += 1;
      return testConstraint('shop', 'large').rule;
    },
  };
  const observed = { namespace: 'shop', constraints: [settled(counted, undefined)], workloads: [], unread: [] };
  const first = composeDetails(observed);
  const after = made;
  expect(composeDetails({ ...observed, constraints: [settled(counted, 'Critical')] })).toEqual(first);
  expect(made).toBe(after);
});

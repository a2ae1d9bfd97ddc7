import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { networkPolicy } from './networkpolicy.ts';

const unreadable = (count: number) => Array.from({ length: count }, (_, index) => ({ [`field${index}`]: 1 }));
const readIngress = (ingress: readonly unknown[]) =>
  networkPolicy.read(
    asStored({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress },
    }),
  );

test('thousands of rules that cannot be read are one unknown from a point on, and never nothing', () => {
  const { constraints, problems } = readIngress([...unreadable(3_000), {}]);
  expect(constraints).toMatchObject([{ effect: 'unknown', severity: 'Warning' }]);
  const [{ rule } = {}] = constraints;
  if (rule?.form !== 'network') throw new Error('no network rule');
  expect(rule.clauses).toHaveLength(101);
  expect(rule.clauses.at(-1)).toEqual({ path: '/spec/ingress', unread: ['/spec/ingress'] });
  expect(problems[0]).toMatchObject({ path: 'spec.ingress', message: expect.stringContaining('from number 100 on') });
});

test('what follows thousands of peers that cannot be read stays unknown', () => {
  const { constraints } = readIngress([
    { from: [...unreadable(3_000), { podSelector: {} }] },
    { ports: [{ port: 80 }] },
  ]);
  expect(constraints).toMatchObject([{ effect: 'unknown', severity: 'Warning' }]);
});

test('of half a million rules in one object no more are read than the operator has time for', () => {
  const { constraints, problems } = readIngress(Array.from({ length: 20_000 }, () => ({ ports: [{ port: 80 }] })));
  expect(constraints).toMatchObject([{ effect: 'restrict', severity: 'Warning' }]);
  const [{ rule } = {}] = constraints;
  if (rule?.form !== 'network') throw new Error('no network rule');
  expect(rule.clauses).toHaveLength(10_001);
  expect(rule.clauses.at(-1)).toEqual({ path: '/spec/ingress', unread: ['/spec/ingress'] });
  expect(problems).toMatchObject([{ message: expect.stringContaining('from number 10000 on') }]);
});

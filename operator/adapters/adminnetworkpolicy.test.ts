import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { adminNetworkPolicy } from './adminnetworkpolicy.ts';

const all = { namespaces: {} };
const many = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item);
const readIngress = (ingress: readonly unknown[]) =>
  adminNetworkPolicy.read(
    asStored({
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'p' },
      spec: { priority: 1, subject: all, ingress },
    }),
  );

test('of more rules than an API server stores the rest is one unknown', () => {
  const { constraints, problems } = readIngress(many(5_000, { action: 'Allow', from: [all] }));
  const [{ rule } = {}] = constraints;
  if (rule?.form !== 'network') throw new Error('no network rule');
  expect(rule.clauses).toHaveLength(101);
  expect(rule.clauses.at(-1)).toEqual({ path: '/spec/ingress', unread: ['/spec/ingress'] });
  expect(constraints).toMatchObject([{ effect: 'unknown', severity: 'Warning' }]);
  expect(problems).toMatchObject([{ path: 'spec.ingress', message: expect.stringContaining('from number 100 on') }]);
});

test('a rule with more peers or ports than an API server stores is not read at all', () => {
  const { constraints } = readIngress([
    { action: 'Deny', from: many(5_000, all) },
    { action: 'Deny', from: [all], ports: many(5_000, { portNumber: { port: 80 } }) },
  ]);
  expect(constraints).toMatchObject([
    {
      effect: 'unknown',
      rule: { clauses: [{ unread: ['/spec/ingress/0/from'] }, { unread: ['/spec/ingress/1/ports'] }] },
    },
  ]);
});

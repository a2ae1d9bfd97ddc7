import { describe, expect, test } from 'vitest';
import type { StoredWorkload } from '../../crds/detail.ts';
import { type Binding, inheritedBinding, ownBinding } from '../catalog/binding.ts';
import { entryOf, networkConstraint } from '../testing/objects.ts';
import { affectedOf, mayBind } from './affected.ts';

const workload = (key: string, labels: Record<string, string> = {}): StoredWorkload => {
  const [kind = '', name = ''] = key.split('/');
  return { kind, name, labels };
};
const hidden = { tier: 'hidden-tier' };
const constraint = networkConstraint('shop', 'db');
const form = { home: 'shop', value: constraint };
const scoped = {
  ...constraint,
  scope: { namespaces: {}, workloads: { quotaScopes: [{ scopeName: 'BestEffort', operator: 'Exists' as const }] } },
};
const own = (affectedWorkloads: Parameters<typeof entryOf>[1], known: Binding['form'] | 'missing' = form) =>
  ownBinding(entryOf(constraint, affectedWorkloads), known === 'missing' ? undefined : known);
const inherited = inheritedBinding(
  { id: constraint.id, kind: 'X', name: 'x', severity: 'Info', effect: 'deny', type: 'Admission', summary: '' },
  '2026-01-01T00:00:00Z',
  { home: undefined, value: constraint },
);

describe('which workloads are bound', () => {
  const many = Array.from({ length: 130 }, (_, index) => workload(`Deployment/w${index}`, hidden));
  const items = many.slice(0, 20).map(({ name }) => `Deployment/${name}`);

  test('none, where the report names none', () => {
    expect(affectedOf(own({}), many, true)).toEqual({ names: [], total: 0 });
  });

  test('those that the report names, when it names them all', () => {
    const binding = own({ affectedWorkloads: { total: 2, items: ['Deployment/a', 'Job/b'] } });
    expect(affectedOf(binding, undefined, false)).toEqual({ names: ['a', 'b'], total: 2 });
  });

  test('all of the namespace, when the report says so', () => {
    const binding = own({ affectedWorkloads: { total: 2, all: true } });
    expect(affectedOf(binding, [workload('Deployment/a'), workload('Job/b')], false)).toEqual({
      names: ['a', 'b'],
      total: 2,
    });
    expect(affectedOf(binding, undefined, false)).toEqual({ names: [], total: 2 });
  });

  test('beyond the first twenty, those that the stored selector takes in, at most a hundred', () => {
    const binding = own({ affectedWorkloads: { total: 130, items } });
    for (const visible of [true, false]) {
      const { names, total } = affectedOf(binding, [...many, workload('Deployment/other')], visible);
      expect([names.length, new Set(names).size, total]).toEqual([100, 100, 130]);
      expect(names).not.toContain('other');
    }
  });

  test('the first twenty, when the full form is missing or its labels alone do not tell', () => {
    for (const known of ['missing' as const, { home: 'shop', value: scoped }]) {
      const { names, total } = affectedOf(own({ affectedWorkloads: { total: 130, items } }, known), many, true);
      expect([names.length, total]).toEqual([20, 130]);
    }
  });

  test('two kinds that share a name keep their kinds', () => {
    const workloads = [
      workload('Deployment/api', hidden),
      workload('StatefulSet/api'),
      workload('Deployment/db', hidden),
    ];
    const binding = own({ affectedWorkloads: { total: 2, items: ['Deployment/api', 'Deployment/db'] } });
    expect(affectedOf(binding, workloads, false).names).toEqual(['Deployment/api', 'db']);
  });

  test('whom a policy from outside binds is told to those who may see its full form', () => {
    const workloads = [workload('Deployment/db', hidden), workload('Deployment/web')];
    expect(affectedOf(inherited, workloads, true)).toEqual({ names: ['db'], total: 1 });
    expect(affectedOf(inherited, workloads, false)).toEqual({ names: [], total: 0 });
  });
});

describe('whether a workload may be bound', () => {
  const workloads = [workload('Deployment/db', hidden), workload('Deployment/web')];
  const partly = own({ affectedWorkloads: { total: 30, items: ['Deployment/first'] } });

  test.each([
    ['db', true],
    ['web', false],
    ['gone', false],
    ['first', true],
  ])('beyond the names in the report the selector decides: %s', (name, expected) => {
    expect(mayBind(partly, name, workloads, false)).toBe(expected);
  });

  test('what cannot be told counts as bound', () => {
    expect(mayBind(partly, 'web', undefined, true)).toBe(true);
    const unclear = own({ affectedWorkloads: { total: 30, items: [] } }, { home: 'shop', value: scoped });
    expect(mayBind(unclear, 'web', workloads, true)).toBe(true);
    expect(mayBind(inherited, 'web', workloads, false)).toBe(true);
    expect(mayBind(inherited, 'web', workloads, true)).toBe(false);
  });
});

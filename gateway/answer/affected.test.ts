import { describe, expect, test } from 'vitest';
import type { StoredConstraint } from '../../crds/constraint.ts';
import type { StoredWorkload } from '../../crds/detail.ts';
import { type Binding, inheritedBinding, ownBinding } from '../catalog/binding.ts';
import { entryOf, networkConstraint } from '../testing/objects.ts';
import { workloadsOf } from '../catalog/workloads.ts';
import { affectedOf, mayBind } from './affected.ts';

const workload = (key: string, labels: Record<string, string> = {}): StoredWorkload => {
  const [kind = '', name = ''] = key.split('/');
  return { kind, name, labels };
};
const hidden = { tier: 'hidden-tier' };
const constraint = networkConstraint('shop', 'db');
const formIn = (home: string | undefined, value: StoredConstraint) => ({ home, value, text: JSON.stringify(value) });
const form = formIn('shop', constraint);
const scoped = {
  ...constraint,
  scope: { namespaces: {}, workloads: { quotaScopes: [{ scopeName: 'BestEffort', operator: 'Exists' as const }] } },
};
const own = (affectedWorkloads: Parameters<typeof entryOf>[1], known: Binding['form'] | 'missing' = form) =>
  ownBinding(entryOf(constraint, affectedWorkloads), () => (known === 'missing' ? undefined : known));
const inherited = inheritedBinding(
  { id: constraint.id, kind: 'X', name: 'x', severity: 'Info', effect: 'deny', type: 'Admission', summary: '' },
  '2026-01-01T00:00:00Z',
  () => formIn(undefined, constraint),
);

const aboutRequests = (group: string, ...resources: string[]): Binding => {
  const rule = { operations: ['CREATE'], apiGroups: [group], apiVersions: ['*'], resources };
  const scope = { namespaces: {}, admission: [{}, { rules: [rule] }] };
  return { ...inherited, form: formIn(undefined, { ...constraint, scope }) };
};

describe('which workloads are bound', () => {
  const list = Array.from({ length: 130 }, (_, index) => workload(`Deployment/w${index}`, hidden));
  const items = list.slice(0, 20).map(({ name }) => `Deployment/${name}`);
  const many = workloadsOf([...list, workload('Deployment/other')]);

  test('none, where the report names none', () => {
    expect(affectedOf(own({}), many, true)).toEqual({ names: [], total: 0 });
  });

  test('those that the report names, when it names them all', () => {
    const binding = own({ affectedWorkloads: { total: 2, items: ['Deployment/a', 'Job/b'] } });
    expect(affectedOf(binding, undefined, false)).toEqual({ names: ['a', 'b'], total: 2 });
  });

  test('all of the namespace, when the report says so, to those who may see what runs there', () => {
    const binding = own({ affectedWorkloads: { total: 2, all: true } });
    const two = workloadsOf([workload('Deployment/a'), workload('Job/b')]);
    expect(affectedOf(binding, two, true)).toEqual({ names: ['a', 'b'], total: 2 });
    expect(affectedOf(binding, undefined, false)).toEqual({ names: [], total: 2 });
  });

  test('beyond the first twenty, those that the stored selector takes in, at most a hundred', () => {
    const binding = own({ affectedWorkloads: { total: 130, items } });
    const { names, total } = affectedOf(binding, many, true);
    expect([names.length, new Set(names).size, total]).toEqual([100, 100, 130]);
    expect(names).not.toContain('other');
  });

  test('at the summary level those that the report lists, and how many there are', () => {
    const binding = own({ affectedWorkloads: { total: 130, items } });
    for (const [workloads, visible] of [
      [undefined, false],
      [undefined, true],
      [many, false],
    ] as const) {
      const { names, total } = affectedOf(binding, workloads, visible);
      expect([names, total]).toEqual([items.map((key) => key.slice('Deployment/'.length)), 130]);
    }
  });

  test('the first twenty, when the full form is missing', () => {
    const { names, total } = affectedOf(own({ affectedWorkloads: { total: 130, items } }, 'missing'), many, true);
    expect([names.length, total]).toEqual([20, 130]);
  });

  test('those of which labels alone do not tell may be bound, as the total of the operator has it', () => {
    const some = workloadsOf(list.slice(0, 28));
    const scopedForm = formIn('shop', scoped);
    const { names, total } = affectedOf(own({ affectedWorkloads: { total: 28, items } }, scopedForm), some, true);
    expect([names.length, total]).toEqual([28, 28]);
  });

  test('two kinds that share a name keep their kinds', () => {
    const workloads = workloadsOf([
      workload('Deployment/api', hidden),
      workload('StatefulSet/api'),
      workload('Deployment/db', hidden),
    ]);
    const binding = own({ affectedWorkloads: { total: 2, items: ['Deployment/api', 'Deployment/db'] } });
    expect(affectedOf(binding, workloads, true).names).toEqual(['Deployment/api', 'db']);
    const both = own({
      affectedWorkloads: { total: 3, items: ['Deployment/api', 'Deployment/db', 'StatefulSet/api'] },
    });
    expect(affectedOf(both, undefined, false).names).toEqual(['Deployment/api', 'db', 'StatefulSet/api']);
  });

  test('not those on the network of their node, where the full form leaves them out', () => {
    const workloads = workloadsOf([
      { ...workload('DaemonSet/agent', hidden), hostNetwork: true },
      workload('Deployment/db', hidden),
    ]);
    const leavesOut = {
      ...constraint,
      scope: { ...constraint.scope, workloads: { ...constraint.scope.workloads, hostNetwork: false as const } },
    };
    const partly = { affectedWorkloads: { total: 2, items: [] } };
    expect(affectedOf(own(partly), workloads, true).names).toEqual(['agent', 'db']);
    const binding = own(partly, formIn('shop', leavesOut));
    expect(affectedOf(binding, workloads, true).names).toEqual(['db']);
    expect([mayBind(binding, 'agent', workloads, true), mayBind(binding, 'db', workloads, true)]).toEqual([
      false,
      true,
    ]);
  });

  test('not those that run as another ServiceAccount, or on a network of their own where nodes are meant', () => {
    const workloads = workloadsOf([
      { ...workload('DaemonSet/agent'), serviceAccount: 'agent', hostNetwork: true },
      { ...workload('Deployment/web'), serviceAccount: 'default' },
      workload('Rollout/unknown'),
    ]);
    const partly = { affectedWorkloads: { total: 1, items: [] } };
    const boundBy = (pods: NonNullable<StoredConstraint['scope']['workloads']>) =>
      own(partly, formIn('shop', { ...constraint, scope: { namespaces: {}, workloads: pods } }));
    const ofNodes = boundBy({ nodes: {} });
    const ofAccount = boundBy({ serviceAccounts: ['default'] });
    const ofLabels = boundBy({ expression: { any: [{ key: 'app', operator: 'Contains', values: ['web'] }] } });
    expect(affectedOf(ofNodes, workloads, true).names).toEqual(['agent', 'unknown']);
    expect(affectedOf(ofAccount, workloads, true).names).toEqual(['web', 'unknown']);
    expect(affectedOf(ofLabels, workloads, true).names).toEqual([]);
    const named = (binding: Binding) =>
      ['agent', 'web', 'unknown', 'new'].map((name) => mayBind(binding, name, workloads, true));
    expect(named(ofNodes)).toEqual([true, false, true, false]);
    expect(named(ofAccount)).toEqual([false, true, true, false]);
  });

  test('of a policy about requests, the workloads that can be asked for, and all of which that is not known', () => {
    const workloads = workloadsOf([workload('CronJob/tidy'), workload('Deployment/web'), workload('Rollout/shop')]);
    const namesOf = (group: string, ...resources: string[]) =>
      affectedOf(aboutRequests(group, ...resources), workloads, true).names;
    expect(namesOf('', 'services')).toEqual([]);
    expect(namesOf('apps', 'deployments/scale')).toEqual(['web', 'shop']);
    expect(namesOf('batch', 'jobs')).toEqual(['tidy', 'shop']);
    expect(namesOf('', '*')).toEqual(['tidy', 'web', 'shop']);
    expect(namesOf('argoproj.io', 'rollouts')).toEqual(['shop']);
    expect(namesOf('*', 'services')).toEqual(['shop']);
  });

  test('of a policy about kinds, the workloads that are or make such objects', () => {
    const workloads = workloadsOf([workload('CronJob/tidy'), workload('Deployment/web'), workload('Rollout/shop')]);
    const bindingOf = (...kinds: string[]): Binding => {
      const patterns = kinds.map((kind) => ({ group: '*', version: '*', kind }));
      const scope = { namespaces: {}, admission: [{ filters: [{ kinds: patterns }] }] };
      return { ...inherited, form: formIn(undefined, { ...constraint, scope }) };
    };
    const namesOf = (...kinds: string[]) => affectedOf(bindingOf(...kinds), workloads, true).names;
    expect(namesOf('Service', 'Namespace')).toEqual([]);
    expect(namesOf('Job')).toEqual(['tidy', 'shop']);
    expect(namesOf('Service', 'Rollout')).toEqual(['shop']);
    expect(namesOf('*')).toEqual(['tidy', 'web', 'shop']);
    expect(mayBind(bindingOf('Service'), 'new', workloads, true)).toBe(false);
    expect(mayBind(bindingOf('Deployment'), 'new', workloads, true)).toBe(true);
  });

  test('whom a policy from outside binds is told to those who may see its full form', () => {
    const workloads = workloadsOf([workload('Deployment/db', hidden), workload('Deployment/web')]);
    expect(affectedOf(inherited, workloads, true)).toEqual({ names: ['db'], total: 1 });
    expect(affectedOf(inherited, workloads, false)).toEqual({ names: [], total: 0 });
    expect(affectedOf(inherited, undefined, true)).toEqual({ names: [], total: 0 });
  });
});

describe('whether a workload may be bound', () => {
  const workloads = workloadsOf([workload('Deployment/db', hidden), workload('Deployment/web')]);
  const partly = own({ affectedWorkloads: { total: 30, items: ['Deployment/first'] } });

  test.each([
    ['db', true],
    ['web', false],
    ['gone', false],
    ['first', true],
  ])('beyond the names in the report the selector decides: %s', (name, expected) => {
    expect(mayBind(partly, name, workloads, true)).toBe(expected);
  });

  test('one that does not run here is bound by what binds all, from wherever it comes', () => {
    const all = { ...constraint, scope: { namespaces: {}, workloads: {} } };
    expect(mayBind({ ...inherited, form: formIn(undefined, all) }, 'new', workloads, true)).toBe(true);
    expect(mayBind(inherited, 'new', workloads, true)).toBe(false);
    expect(mayBind(aboutRequests('apps', 'deployments'), 'new', workloads, true)).toBe(true);
    expect(mayBind(aboutRequests('apps', 'deployments'), 'Job/new', workloads, true)).toBe(false);
    expect(mayBind(aboutRequests('', 'services'), 'new', workloads, true)).toBe(false);
  });

  test('what cannot be told, or may not be told, counts as bound', () => {
    expect(mayBind(partly, 'web', undefined, true)).toBe(true);
    expect(mayBind(partly, 'web', workloads, false)).toBe(true);
    const unclear = own({ affectedWorkloads: { total: 30, items: [] } }, formIn('shop', scoped));
    expect(mayBind(unclear, 'web', workloads, true)).toBe(true);
    expect(mayBind(inherited, 'web', workloads, false)).toBe(true);
    expect(mayBind(inherited, 'web', workloads, true)).toBe(false);
  });
});

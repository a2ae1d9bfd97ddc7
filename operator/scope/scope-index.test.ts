import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Constraint } from '../../crds/constraint.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { bindsNamespace } from './namespace-scope.ts';
import { createScopeIndex } from './scope-index.ts';

const idsIn = (index: ReturnType<typeof createScopeIndex>, namespace: string) =>
  [...index.boundTo(namespace)].map(({ id }) => id).toSorted();

describe('the scope index', () => {
  test('a policy of a namespace touches that namespace alone', () => {
    const index = createScopeIndex();
    index.setNamespace({ name: 'shop', labels: {} });
    index.setNamespace({ name: 'pay', labels: {} });
    expect([...index.setPolicy('p', [testConstraint('shop', 'p')])]).toEqual(['shop']);
    expect(idsIn(index, 'pay')).toEqual([]);
    expect([...index.removePolicy('p')]).toEqual(['shop']);
    expect(idsIn(index, 'shop')).toEqual([]);
  });

  test('a policy that binds other namespaces only touches its own too, where it is stored', () => {
    const index = createScopeIndex();
    index.setNamespace({ name: 'pay', labels: {} });
    const constraint = testConstraint('shop', 'p', { scope: { namespaces: { names: ['pay'] } } });
    expect([...index.setPolicy('p', [constraint])].toSorted()).toEqual(['pay', 'shop']);
    expect(idsIn(index, 'shop')).toEqual([]);
    expect([...index.livingIn('shop')]).toEqual([constraint]);
    expect([...index.removePolicy('p')].toSorted()).toEqual(['pay', 'shop']);
    expect([...index.livingIn('shop')]).toEqual([]);
  });

  test('a policy that was updated without saying anything new touches nothing', () => {
    const index = createScopeIndex();
    index.setPolicy('p', [testConstraint('shop', 'p')]);
    expect(index.setPolicy('p', [testConstraint('shop', 'p')]).size).toBe(0);
    expect(index.setPolicy('p', [testConstraint('shop', 'p', { summary: 'other' })]).size).toBe(1);
  });

  test('a policy whose constraints together are longer than a string can be is taken like any other', () => {
    const index = createScopeIndex();
    index.setNamespace({ name: 'shop', labels: {} });
    const message = 'x'.repeat(2 ** 20);
    const bindings = Array.from({ length: 520 }, (_, binding) => ({
      ...clusterConstraint('p', {}),
      id: `${binding}`,
      message,
    }));
    expect([...index.setPolicy('p', bindings)]).toEqual(['shop']);
  });

  test('a cluster-wide policy that binds others than before touches those alone, if it says the same', () => {
    const index = createScopeIndex();
    const binding = (...names: string[]) => ({ ...clusterConstraint('c', {}), scope: { namespaces: { names } } });
    const other = clusterConstraint('other', {});
    for (const name of ['shop', 'pay', 'bank']) index.setNamespace({ name, labels: {} });
    index.setPolicy('c', [binding('shop', 'pay'), other]);
    expect([...index.setPolicy('c', [binding('pay', 'bank'), other])].toSorted()).toEqual(['bank', 'shop']);
    // Its message stands in no namespace, its summary in each.
    expect([...index.setPolicy('c', [{ ...binding('pay', 'bank'), message: 'new' }, other])]).toEqual([]);
    const summarized = { ...binding('pay', 'bank'), summary: 'new' };
    expect([...index.setPolicy('c', [summarized, other])].toSorted()).toEqual(['bank', 'pay']);
    expect(idsIn(index, 'shop')).toEqual([other.id]);
  });

  test('a policy that comes before its namespace binds it from the start', () => {
    const index = createScopeIndex();
    index.setPolicy('p', [testConstraint('shop', 'p')]);
    expect(index.setNamespace({ name: 'shop', labels: {} })).toBe(true);
    expect(idsIn(index, 'shop')).toHaveLength(1);
  });

  test('relabelling re-scopes the namespace, and says whether that changed anything', () => {
    const index = createScopeIndex();
    index.setNamespace({ name: 'shop', labels: {} });
    index.setPolicy('c', [clusterConstraint('c', { team: 'store' })]);
    expect(idsIn(index, 'shop')).toEqual([]);
    expect(index.setNamespace({ name: 'shop', labels: { team: 'store' } })).toBe(true);
    expect(idsIn(index, 'shop')).toHaveLength(1);
    expect(index.setNamespace({ name: 'shop', labels: { team: 'store', other: 'x' } })).toBe(false);
    expect(index.setNamespace({ name: 'shop', labels: {} })).toBe(true);
    expect(idsIn(index, 'shop')).toEqual([]);
  });

  test('after any sequence of changes it holds what a comparison of everything with everything gives', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const labels = fc.constantFrom({}, { team: 'x' }, { team: 'y' });
    const step = fc.oneof(
      fc.record({ do: fc.constant('namespace' as const), name: names, labels }),
      fc.record({ do: fc.constant('no namespace' as const), name: names }),
      fc.record({
        do: fc.constant('policy' as const),
        name: fc.constantFrom('p', 'q', 'r'),
        constraint: fc.oneof(
          names.map((namespace) => ({ wide: false, namespace })),
          fc.constantFrom('x', 'y').map((team) => ({ wide: true, namespace: team })),
        ),
      }),
      fc.record({ do: fc.constant('no policy' as const), name: fc.constantFrom('p', 'q', 'r') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const index = createScopeIndex();
        const namespaces = new Map<string, Record<string, string>>();
        const policies = new Map<string, Constraint>();
        const touched = new Set<string>();
        let before = new Map<string, string[]>();
        for (const change of steps) {
          touched.clear();
          if (change.do === 'namespace') {
            namespaces.set(change.name, change.labels);
            if (index.setNamespace({ name: change.name, labels: change.labels })) touched.add(change.name);
          } else if (change.do === 'no namespace') {
            namespaces.delete(change.name);
            index.removeNamespace(change.name);
          } else if (change.do === 'policy') {
            const { wide, namespace } = change.constraint;
            const constraint = wide
              ? clusterConstraint(change.name, { team: namespace })
              : testConstraint(namespace, change.name);
            policies.set(change.name, constraint);
            for (const name of index.setPolicy(change.name, [constraint])) touched.add(name);
          } else {
            policies.delete(change.name);
            for (const name of index.removePolicy(change.name)) touched.add(name);
          }
          const after = new Map<string, string[]>();
          for (const [name, ofNamespace] of namespaces) {
            const expected = [...policies.values()]
              .filter(({ scope }) => bindsNamespace(scope.namespaces, { name, labels: ofNamespace }))
              .map(({ id }) => id)
              .toSorted();
            expect(idsIn(index, name)).toEqual(expected);
            after.set(name, expected);
            // Whatever differs from before was told.
            if (JSON.stringify(before.get(name)) !== JSON.stringify(expected)) expect(touched).toContain(name);
          }
          before = after;
        }
      }),
      { numRuns: 300 },
    );
  });
});

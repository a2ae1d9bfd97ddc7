import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabelExpression } from '../../crds/label-expression.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NamespaceFilter, NamespaceScope, WorkloadScope } from '../../crds/scope.ts';
import * as oracle from '../testing/oracle-scope.ts';
import { bindsNamespace, exactNames } from './namespace-scope.ts';
import type { Workload } from './workload.ts';
import { bindsEveryWorkload, bindsWorkload } from './workload-scope.ts';

const key = fc.constantFrom('app', 'tier', 'team');
const value = fc.constantFrom('web', 'web-1', 'a', '');
const labels = fc.dictionary(key, value, { maxKeys: 3 });
const name = fc.constantFrom('shop', 'shop-1', 'pay', 'kube-system');
const pattern = fc.oneof(name, fc.constantFrom('*', 'shop*', '*-1', '?ay', 'kube-*'));

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Absent parts are absent, as adapters leave them out. */
const parts = <T extends object>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(model, { requiredKeys: [] });

const selector: fc.Arbitrary<LabelSelector> = parts<LabelSelector>({
  matchLabels: labels,
  matchExpressions: fc.array(
    fc.record({
      key,
      operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
      values: fc.array(value, { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 2 },
  ),
});

const { expression } = fc.letrec<{ expression: LabelExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      key,
      operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Contains' as const, 'StartsWith' as const),
      values: fc.array(value, { minLength: 1, maxLength: 2 }),
      of: optional(fc.constantFrom('namespace' as const, 'serviceAccount' as const)),
    }),
    fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
    fc.record({ all: fc.array(tie('expression'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('expression'), { maxLength: 3 }) }),
    fc.record({ not: tie('expression') }),
  ),
}));

const filter: fc.Arbitrary<NamespaceFilter> = parts<NamespaceFilter>({
  names: fc.array(name, { maxLength: 2 }),
  globs: fc.array(pattern, { maxLength: 2 }),
  excluded: fc.array(pattern, { maxLength: 1 }),
  selector,
  expression,
});
const namespaceScope: fc.Arbitrary<NamespaceScope> = fc
  .tuple(filter, parts<NamespaceScope>({ anyOf: fc.array(filter, { maxLength: 3 }), noneOf: fc.array(filter) }))
  .map(([own, more]) => ({ ...own, ...more }));

test('a scope binds the namespaces that the plain reading of it binds', () => {
  fc.assert(
    fc.property(namespaceScope, fc.record({ name, labels }), (scope, namespace) => {
      const binds = bindsNamespace(scope, namespace);
      expect(binds).toBe(oracle.bindsNamespace(scope, namespace));
      const names = exactNames(scope);
      if (names !== undefined) expect(names.includes(namespace.name)).toBe(binds);
    }),
    { numRuns: 2_000 },
  );
});

const workloadScope: fc.Arbitrary<WorkloadScope> = parts<WorkloadScope>({
  selector,
  expression,
  serviceAccounts: fc.array(fc.constantFrom('default', 'web'), { maxLength: 2 }),
  hostNetwork: fc.constant(false as const),
  nodes: selector,
});
const workload: fc.Arbitrary<Workload> = fc
  .tuple(labels, fc.constantFrom('default', 'web'), fc.constantFrom('metadata', 'own', 'host'))
  .map(([podLabels, serviceAccount, known]) => ({
    kind: 'Deployment',
    name: 'web',
    labels: podLabels,
    ...(known === 'metadata'
      ? {}
      : {
          serviceAccount,
          traits: {
            terminating: false,
            bestEffort: undefined,
            priorityClass: undefined,
            crossNamespaceAffinity: false,
            hostNetwork: known === 'host',
          },
        }),
  }));

test('a scope binds the workloads that the plain reading of it may bind', () => {
  fc.assert(
    fc.property(workloadScope, workload, (scope, one) => {
      expect(bindsWorkload(scope, one) !== 'no').toBe(oracle.mayBindWorkload(scope, one));
      if (bindsEveryWorkload(scope, [one])) expect(bindsWorkload(scope, one)).not.toBe('no');
    }),
    { numRuns: 2_000 },
  );
});

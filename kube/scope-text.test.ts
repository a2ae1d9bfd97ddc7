import { expect, test } from 'vitest';
import { boundPodsText, namespacesText, podsText } from './scope-text.ts';

test.each([
  [{}, 'All pods'],
  [{ hostNetwork: false as const }, 'All pods'],
  [{ selector: { matchLabels: { app: 'web' } } }, 'Pods with app=web'],
  [
    {
      selector: { matchLabels: { app: 'web' } },
      expression: { any: [{ key: 'tier', operator: 'In' as const, values: ['front'] }] },
      serviceAccounts: ['web', 'db'],
    },
    'Pods with app=web,(tier=front) that run as web or db',
  ],
])('which pods of a namespace are bound: %j', (workloads, text) => {
  expect(boundPodsText(workloads)).toBe(text);
});

test('nobody runs as one of no ServiceAccounts', () => {
  expect(podsText({ serviceAccounts: [] })).toBe(' that run as nobody');
});

test('the own namespace of a policy goes without saying, and no other', () => {
  expect(namespacesText({ names: ['shop'] }, 'shop')).toBe('');
  expect(namespacesText({ names: ['shop'] }, 'edge')).toBe(' in namespace shop');
  expect(namespacesText({ names: ['shop'] })).toBe(' in namespace shop');
  expect(namespacesText({ names: ['shop'], selector: { matchLabels: { team: 'a' } } }, 'shop')).toBe(
    ' in namespace shop with team=a',
  );
});

test.each([
  [{}, ' in any namespace'],
  [{ names: [] }, ' in no namespace'],
  [{ selector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }, ' in namespace shop'],
  [
    {
      selector: {
        matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In' as const, values: ['a', 'b'] }],
      },
    },
    ' in namespaces a, b',
  ],
  [
    { selector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop', team: 'a' } } },
    ' in namespaces with kubernetes.io/metadata.name=shop,team=a',
  ],
  [{ anyOf: [] }, ' in no namespace'],
  [{ names: ['a'], globs: ['b-*'] }, ' in namespaces a, b-*'],
  [{ excluded: ['kube-*'] }, ' in any namespace other than kube-*'],
  [{ selector: { matchLabels: { team: 'a' } }, excluded: ['b'] }, ' in namespaces with team=a other than b'],
  [{ expression: { key: 'team', operator: 'DoesNotExist' as const } }, ' in namespaces with !team'],
  [{ anyOf: [{ names: ['a'] }, { globs: ['b-*', 'c'] }] }, ' in namespace a or in namespaces b-*, c'],
  [{ noneOf: [{ names: ['a'] }] }, ' in any namespace but not in namespace a'],
  [{ selector: { matchLabels: { x: 'y' } }, anyOf: [{ names: ['a'] }] }, ' in namespaces with x=y in namespace a'],
  [
    { names: Array.from({ length: 10 }, (_, index) => `n${index}`) },
    ' in namespaces n0, n1, n2, n3, n4, n5, n6, n7 and 2 more',
  ],
])('which namespaces are bound: %j', (scope, text) => {
  expect(namespacesText(scope)).toBe(text);
});

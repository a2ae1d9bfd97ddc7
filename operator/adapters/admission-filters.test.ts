import { expect, test } from 'vitest';
import type { AdmissionException, AdmissionFilter, RequestNamespace } from '../../crds/scope.ts';
import {
  filtersReach,
  filtersReachWorkloadsOrServices,
  kindWords,
  namespacesOf,
  podKind,
  workloadsOfFilters,
} from './admission-filters.ts';

const kind = (name: string, group = '*') => ({ group, version: '*', kind: name });
const place = (parts: Partial<RequestNamespace>): RequestNamespace => ({
  clusterScoped: 'nameless',
  namespaceObjects: 'byNameOnly',
  ...parts,
});

test.each<[string, AdmissionFilter[], AdmissionException[], object]>([
  ['nothing said is everywhere', [{}], [], {}],
  ['no filter is nowhere', [], [], { names: [] }],
  ['kinds without a namespace are nowhere', [{ kinds: [kind('Namespace'), kind('Node')] }], [], { names: [] }],
  ['one of them beside others is not', [{ kinds: [kind('Namespace'), kind('Pod')] }], [], {}],
  [
    'names apart from patterns',
    [{ namespace: place({ patterns: ['b', 'team-*', 'a'] }) }],
    [],
    { names: ['a', 'b'], globs: ['team-*'] },
  ],
  ['a star is everywhere', [{ namespace: place({ patterns: ['*', 'a'] }) }], [], {}],
  ['an empty list is nowhere', [{ namespace: place({ patterns: [] }) }], [], { names: [] }],
  [
    'of a selector with patterns what it asks at least',
    [
      {
        namespace: place({
          selector: { matchLabels: { team: 'a-*', 'cost.*': '?*', env: 'prod' } },
          labelPatterns: true,
        }),
      },
    ],
    [],
    {
      selector: { matchLabels: { env: 'prod' }, matchExpressions: [{ key: 'team', operator: 'Exists' }] },
    },
  ],
  [
    'an exception by a selector with patterns leaves all bound',
    [{}],
    [{ all: [{ namespace: place({ selector: { matchLabels: { team: 'a-*' } }, labelPatterns: true }) }] }],
    {},
  ],
  [
    'alternatives',
    [{ namespace: place({ patterns: ['a'] }) }, { namespace: place({ selector: { matchLabels: { team: 'b' } } }) }],
    [],
    { anyOf: [{ names: ['a'] }, { selector: { matchLabels: { team: 'b' } } }] },
  ],
  ['an alternative without a place is everywhere', [{ namespace: place({ patterns: ['a'] }) }, {}], [], {}],
  [
    'what is excepted for all its kinds is not bound',
    [{ kinds: [kind('Pod')] }],
    [{ all: [{ kinds: [kind('*')], namespace: place({ patterns: ['kube-*'] }) }] }],
    { noneOf: [{ globs: ['kube-*'] }] },
  ],
  [
    'what is excepted for one of its kinds stays bound',
    [{ kinds: [kind('Pod'), kind('Service')] }],
    [{ all: [{ kinds: [kind('Pod')], namespace: place({ patterns: ['a'] }) }] }],
    {},
  ],
  [
    'what is excepted for some names, or perhaps, stays bound',
    [{ kinds: [kind('Pod')] }],
    [
      { all: [{ names: ['x'], namespace: place({ patterns: ['a'] }) }] },
      { all: [{ namespace: place({ patterns: ['b'] }) }], conditional: 'a condition' },
      { all: [{ namespace: place({ patterns: ['c'] }) }, { names: ['y'] }] },
    ],
    {},
  ],
])('%s', (_name, filters, exceptions, namespaces) => {
  expect(namespacesOf(filters, exceptions)).toEqual(namespaces);
});

test('kinds, operations and reach decide what a filter takes', () => {
  expect(filtersReach([{ kinds: [kind('P*')] }], [podKind])).toBe(true);
  expect(filtersReach([{ kinds: [kind('Pod', 'apps')] }], [podKind])).toBe(false);
  expect(filtersReach([{ kinds: [{ ...kind('Pod'), subresource: 'exec' }] }], [podKind])).toBe(false);
  expect(filtersReach([{ operations: ['DELETE'] }], [podKind])).toBe(false);
  expect(filtersReach([{ scope: 'Cluster' }], [podKind])).toBe(false);
  expect(filtersReachWorkloadsOrServices([{ kinds: [kind('Service')] }])).toBe(true);
  expect(filtersReachWorkloadsOrServices([{ kinds: [kind('Ingress')] }])).toBe(false);
});

test('workloads are bound where pods are', () => {
  const selector = { matchLabels: { app: 'web' } };
  expect(workloadsOfFilters([{ kinds: [kind('Ingress')] }])).toBeUndefined();
  expect(workloadsOfFilters([{ kinds: [kind('Pod')] }])).toEqual({});
  expect(workloadsOfFilters([{ kinds: [kind('Pod')], objectSelector: selector }])).toEqual({ selector });
  expect(workloadsOfFilters([{ objectSelector: selector }])).toBeUndefined();
  expect(workloadsOfFilters([{ kinds: [kind('Pod')], objectSelector: selector, labelPatterns: true }])).toBeUndefined();
});

test('kinds are told in words', () => {
  expect(kindWords([{ kinds: [kind('Deployment'), kind('NetworkPolicy'), kind('Ingress')] }])).toBe(
    'Deployments, Ingresses, NetworkPolicies',
  );
  expect(kindWords([{ kinds: [{ ...kind('Pod'), subresource: 'exec' }, kind('Rollout', 'argoproj.io')] }])).toBe(
    'Rollouts of argoproj.io, exec of Pods',
  );
  expect(kindWords([{}, { kinds: [kind('Pod')] }])).toBe('all objects');
  expect(kindWords([{ kinds: [kind('*', 'apps')] }])).toBe('all objects of apps');
});

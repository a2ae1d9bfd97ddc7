import { describe, expect, test } from 'vitest';
import type { AdmissionRule } from '../../crds/scope.ts';
import {
  AdmissionRuleField,
  namesClusterScoped,
  namesNamespaces,
  onlyClusterScoped,
  podControllers,
  pods,
  reaches,
  requestWords,
  resourceWords,
  services,
} from './admission-rules.ts';

function rule(parts: Partial<AdmissionRule> = {}): AdmissionRule {
  return { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], ...parts };
}

describe('AdmissionRuleField', () => {
  const stored = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

  test('sorts what has no order, and lets a star stand alone', () => {
    expect(
      AdmissionRuleField.parse({
        operations: ['UPDATE', 'CREATE', 'UPDATE'],
        apiGroups: ['batch', 'apps'],
        apiVersions: ['v1', '*'],
        resources: ['jobs', 'deployments', 'deployments/scale', 'jobs'],
        scope: '*',
        resourceNames: [],
      }),
    ).toEqual({
      operations: ['CREATE', 'UPDATE'],
      apiGroups: ['apps', 'batch'],
      apiVersions: ['*'],
      resources: ['deployments', 'deployments/scale', 'jobs'],
    });
    expect(AdmissionRuleField.parse({ ...stored, operations: ['*', 'CREATE'] }).operations).toEqual(['*']);
  });

  test('keeps a scope that says something, and names', () => {
    expect(AdmissionRuleField.parse({ ...stored, scope: 'Namespaced', resourceNames: ['b', 'a'] })).toEqual({
      ...stored,
      scope: 'Namespaced',
      names: ['a', 'b'],
    });
    expect(AdmissionRuleField.parse({ ...stored, scope: null, resourceNames: null })).toEqual(stored);
  });

  test.each([
    ['an operation that is none', { ...stored, operations: ['PATCH'] }, 'operations.0'],
    ['no operations', { ...stored, operations: [] }, 'operations'],
    ['no groups', { ...stored, apiGroups: undefined }, 'apiGroups'],
    ['a scope that is none', { ...stored, scope: 'namespaced' }, 'scope'],
    ['a resource without a plural', { ...stored, resources: ['/status'] }, 'resources.0'],
    ['a resource with two slashes', { ...stored, resources: ['pods/a/b'] }, 'resources.0'],
    ['a field that is not known', { ...stored, users: ['eve'] }, ''],
  ])('does not read %s', (_, value, path) => {
    const read = AdmissionRuleField.safeParse(value);
    expect(read.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('reaches', () => {
  test.each([
    ['the resource itself', rule(), true],
    ['the resource with all subresources', rule({ resources: ['pods/*'] }), true],
    ['all resources', rule({ resources: ['*'] }), true],
    ['everything', rule({ resources: ['*/*'] }), true],
    ['all operations, groups and versions', rule({ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'] }), true],
    ['objects in namespaces', rule({ scope: 'Namespaced' }), true],
    ['some names', rule({ names: ['web'] }), true],
    ['no subresource', rule({ resources: ['pods/status', 'pods/exec'] }), false],
    ['no subresource of all', rule({ resources: ['*/scale'] }), false],
    ['another operation', rule({ operations: ['DELETE', 'CONNECT'] }), false],
    ['another group', rule({ apiGroups: ['apps'] }), false],
    ['a version that is not served', rule({ apiVersions: ['v1beta1'] }), false],
    ['cluster-scoped objects', rule({ resources: ['*'], scope: 'Cluster' }), false],
    ['a part of the name', rule({ resources: ['pod'] }), false],
  ])('%s: %j', (_, one, expected) => {
    expect(reaches([one], [pods], ['CREATE', 'UPDATE'])).toBe(expected);
  });

  test('one rule and one kind are enough, and no rules reach nothing', () => {
    const jobs = rule({ apiGroups: ['batch'], resources: ['jobs'] });
    expect(reaches([rule({ resources: ['secrets'] }), jobs], podControllers, ['CREATE'])).toBe(true);
    expect(reaches([jobs], [pods, services], ['CREATE'])).toBe(false);
    expect(reaches([], [pods], ['CREATE'])).toBe(false);
  });
});

describe('onlyClusterScoped', () => {
  test.each([
    ['the scope Cluster', [rule({ resources: ['*'], scope: 'Cluster' })], true],
    ['nodes and namespaces', [rule({ resources: ['nodes', 'namespaces'] })], true],
    ['subresources of nodes', [rule({ resources: ['nodes/*', 'nodes/proxy'] })], true],
    [
      'kinds of two groups',
      [rule({ apiGroups: ['', 'rbac.authorization.k8s.io'], resources: ['nodes', 'clusterroles'] })],
      true,
    ],
    ['nodes of all groups, which others have in namespaces', [rule({ apiGroups: ['*'], resources: ['nodes'] })], false],
    ['nodes of another group', [rule({ apiGroups: ['', 'longhorn.io'], resources: ['nodes'] })], false],
    ['roles beside cluster roles', [rule({ resources: ['nodes'] }), rule()], false],
    ['pods', [rule()], false],
    ['all resources', [rule({ resources: ['*'] })], false],
    [
      'all resources of a group without namespaces',
      [rule({ apiGroups: ['apiextensions.k8s.io'], resources: ['*'] })],
      true,
    ],
    [
      'all resources of a group with both',
      [rule({ apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'] })],
      false,
    ],
    ['a subresource of all resources', [rule({ resources: ['*/status'] })], false],
  ])('%s', (_, rules, expected) => {
    expect(onlyClusterScoped(rules)).toBe(expected);
  });
});

describe('namesClusterScoped and namesNamespaces', () => {
  test.each([
    ['nodes', rule({ resources: ['pods', 'nodes/status'] }), true, false],
    ['nodes of all groups', rule({ apiGroups: ['*'], resources: ['nodes'] }), true, false],
    ['namespaces', rule({ resources: ['namespaces'] }), false, true],
    ['namespaces of another group', rule({ apiGroups: ['example.com'], resources: ['namespaces'] }), false, false],
    ['all resources', rule({ resources: ['*'] }), true, true],
    [
      'all resources of a group that has none known to be so',
      rule({ apiGroups: ['apps'], resources: ['*'] }),
      false,
      false,
    ],
    ['all resources in namespaces', rule({ resources: ['*'], scope: 'Namespaced' }), false, false],
    ['all resources in none', rule({ apiGroups: ['example.com'], resources: ['*'], scope: 'Cluster' }), true, false],
    ['pods', rule(), false, false],
  ])('%s', (_, one, ofCluster, ofNamespaces) => {
    expect([namesClusterScoped([one]), namesNamespaces([one])]).toEqual([ofCluster, ofNamespaces]);
  });
});

describe('resourceWords', () => {
  test.each([
    ['services and pods, once each', [rule({ resources: ['services', 'pods'] }), rule()], 'pods, services'],
    ['subresources', [rule({ resources: ['pods/exec', 'pods/*'] })], 'exec of pods, pods with subresources'],
    ['all resources', [rule({ apiGroups: ['*'], resources: ['*'] })], 'all resources'],
    ['everything', [rule({ apiGroups: ['*'], resources: ['*/*'] })], 'all resources with subresources'],
    [
      'one subresource of some groups',
      [rule({ apiGroups: ['', 'apps'], resources: ['*/scale'] })],
      'scale of all resources of core, apps',
    ],
    ['one reach', [rule({ apiGroups: ['*'], resources: ['*'], scope: 'Namespaced' })], 'all namespaced resources'],
    ['some names', [rule({ names: ['web'] })], 'certain pods'],
    ['kinds of others', [rule({ apiGroups: ['cert-manager.io'], resources: ['issuers'] })], 'issuers.cert-manager.io'],
    ['built-in groups', [rule({ apiGroups: ['networking.k8s.io'], resources: ['ingresses'] })], 'ingresses'],
  ])('%s', (_, rules, expected) => {
    expect(resourceWords(rules)).toBe(expected);
  });

  test('tells how many kinds it leaves out', () => {
    const resources = Array.from({ length: 100 }, (_, index) => `resource${index}`);
    expect(resourceWords([rule({ resources })], 30)).toBe('resource0, resource1 … and 98 more kinds');
  });
});

describe('requestWords', () => {
  test('has one phrase for each set of operations', () => {
    expect(
      requestWords([
        rule({ operations: ['CREATE', 'UPDATE'] }),
        rule({ operations: ['CREATE', 'UPDATE'], resources: ['services'] }),
        rule({ operations: ['CONNECT'], resources: ['pods/exec'] }),
        rule({ operations: ['*'], resources: ['secrets'] }),
      ]),
    ).toBe('creating or updating pods, services or connecting to exec of pods or any operation on secrets');
  });

  test('has one or and no more between operations', () => {
    const verbs = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
    expect([1, 2, 3].map((count) => requestWords([rule({ operations: verbs.slice(0, count) })]))).toEqual([
      'creating pods',
      'creating or updating pods',
      'creating, updating or deleting pods',
    ]);
  });

  test('stays short however many rules there are', () => {
    const kinds = Array.from({ length: 50 }, (_, index) => `a-rather-long-name-of-a-kind-of-resource-${index}`);
    const operations = [['CREATE'], ['UPDATE'], ['DELETE'], ['CONNECT'], ['CREATE', 'DELETE']];
    const rules = operations.map((some) => rule({ operations: some, resources: kinds }));
    const words = requestWords(rules);
    expect(words.length).toBeLessThanOrEqual(230);
    expect(words).toMatch(/ … and \d more operations?$/);
  });
});

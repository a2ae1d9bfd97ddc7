import { describe, expect, test } from 'vitest';
import type { PodTraits, Workload } from './workload.ts';
import { bindsEveryWorkload, bindsWorkload } from './workload-scope.ts';

const traits: PodTraits = {
  terminating: false,
  bestEffort: undefined,
  priorityClass: undefined,
  crossNamespaceAffinity: false,
  hostNetwork: false,
};
const web = (different: Partial<PodTraits> = {}): Workload => ({
  kind: 'Deployment',
  name: 'web',
  labels: { app: 'web' },
  traits: { ...traits, ...different },
});
const scopes = (
  scopeName: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' = 'Exists',
  values?: string[],
) => ({
  quotaScopes: [{ scopeName, operator, ...(values === undefined ? {} : { values }) }],
});

describe('bindsWorkload', () => {
  test.each([
    ['an empty scope binds all', {}, web(), 'yes'],
    ['a selector that matches', { selector: { matchLabels: { app: 'web' } } }, web(), 'yes'],
    ['a selector that does not', { selector: { matchLabels: { app: 'db' } } }, web(), 'no'],
    ['Terminating without a deadline', scopes('Terminating'), web(), 'no'],
    ['Terminating with a deadline', scopes('Terminating'), web({ terminating: true }), 'yes'],
    ['NotTerminating without a deadline', scopes('NotTerminating'), web(), 'yes'],
    ['a LimitRange may make it more than best effort', scopes('BestEffort'), web(), 'unknown'],
    ['what asks for something is not best effort', scopes('BestEffort'), web({ bestEffort: false }), 'no'],
    ['NotBestEffort is sure with a request', scopes('NotBestEffort'), web({ bestEffort: false }), 'yes'],
    ['the cluster may have a default class', scopes('PriorityClass'), web(), 'unknown'],
    ['a class that is listed', scopes('PriorityClass', 'In', ['high']), web({ priorityClass: 'high' }), 'yes'],
    ['a class that is not listed', scopes('PriorityClass', 'In', ['high']), web({ priorityClass: 'low' }), 'no'],
    ['a class that is excluded', scopes('PriorityClass', 'NotIn', ['high']), web({ priorityClass: 'high' }), 'no'],
    ['any class will do', scopes('PriorityClass', 'Exists'), web({ priorityClass: 'low' }), 'yes'],
    ['no class may be set', scopes('PriorityClass', 'DoesNotExist'), web({ priorityClass: 'low' }), 'no'],
    ['affinity across namespaces', scopes('CrossNamespacePodAffinity'), web({ crossNamespaceAffinity: true }), 'yes'],
    ['a scope of claims charges no pod', scopes('VolumeAttributesClass'), web(), 'no'],
    ['a scope of a later Kubernetes', scopes('Newer'), web(), 'unknown'],
    ['a network of its own', { hostNetwork: false as const }, web(), 'yes'],
    ['the network of its node', { hostNetwork: false as const }, web({ hostNetwork: true }), 'no'],
    ['a network of its own where nodes are meant', { nodes: {} }, web(), 'no'],
    ['the network of its node where every node is meant', { nodes: {} }, web({ hostNetwork: true }), 'yes'],
    [
      'the network of its node where some nodes are meant',
      { nodes: { matchLabels: { role: 'edge' } } },
      web({ hostNetwork: true }),
      'unknown',
    ],
    [
      'a pod of which the network is not known where nodes are meant',
      { nodes: {} },
      { kind: 'Pod', name: 'x', labels: {} } satisfies Workload,
      'unknown',
    ],
    [
      'a pod of which the network is not known',
      { hostNetwork: false as const },
      { kind: 'Pod', name: 'x', labels: {} } satisfies Workload,
      'unknown',
    ],
    [
      'a pod of which only metadata is read',
      scopes('Terminating'),
      { kind: 'Pod', name: 'x', labels: {} } satisfies Workload,
      'unknown',
    ],
    [
      'one no decides',
      { quotaScopes: [...scopes('BestEffort').quotaScopes, ...scopes('Terminating').quotaScopes] },
      web(),
      'no',
    ],
  ])('%s', (_, scope, workload, expected) => {
    expect(bindsWorkload(scope, workload)).toBe(expected);
  });

  test('only a scope without any condition binds every workload to come', () => {
    expect(bindsEveryWorkload({}, [])).toBe(true);
    expect(bindsEveryWorkload({ nodes: {} }, [])).toBe(false);
    expect(bindsEveryWorkload({ selector: { matchLabels: {} } }, [])).toBe(true);
    expect(bindsEveryWorkload({ selector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }, [])).toBe(false);
    expect(bindsEveryWorkload(scopes('BestEffort'), [])).toBe(false);
  });

  test('pods with networks of their own are all, as long as no other runs there', () => {
    const known = [web(), { kind: 'Pod', name: 'x', labels: {} }];
    const onNode = web({ hostNetwork: true });
    expect(bindsEveryWorkload({ hostNetwork: false }, known)).toBe(true);
    expect(bindsEveryWorkload({ hostNetwork: false }, [...known, onNode])).toBe(false);
    expect(bindsEveryWorkload({}, [...known, onNode])).toBe(true);
  });
});

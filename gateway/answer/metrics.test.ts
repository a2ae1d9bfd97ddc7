import { expect, test } from 'vitest';
import { figuresOf } from './metrics.ts';

test.each([
  ['cpu', '4', '3120m', 'cores', 78],
  ['requests.cpu', '4', '4', 'cores', 100],
  ['limits.cpu', '3', '1', 'cores', 33.3],
  ['memory', '8Gi', '6Gi', 'bytes', 75],
  ['limits.memory', '1000M', '1Gi', 'bytes', 107.4],
  ['requests.storage', '10Gi', '0', 'bytes', 0],
  ['gold.storageclass.storage.k8s.io/requests.storage', '8Ei', '4Ei', 'bytes', 50],
  ['gold.storageclass.storage.k8s.io/persistentvolumeclaims', '4', '3', 'count', 75],
  ['requests.ephemeral-storage', '2Gi', '1Gi', 'bytes', 50],
  ['hugepages-2Mi', '4Mi', '2Mi', 'bytes', 50],
  ['requests.hugepages-1Gi', '2Gi', '2Gi', 'bytes', 100],
  ['pods', '10', '9', 'count', 90],
  ['count/deployments.apps', '3', '2', 'count', 66.7],
  ['requests.nvidia.com/gpu', '2', '1', 'count', 50],
  ['pods', '0', '0', 'count', 100],
  ['pods', '0', '3', 'count', 100],
])('of %s %s, %s are used', (resource, hard, used, unit, percent) => {
  expect(figuresOf({ [resource]: { hard, used } })).toEqual({
    [resource]: { hard, used, unit, percent_used: percent },
  });
});

test('what is not known is left out and not invented', () => {
  expect(figuresOf(undefined)).toBeNull();
  expect(figuresOf({})).toBeNull();
  expect(figuresOf({ pods: { hard: '3' } })).toBeNull();
  expect(figuresOf({ pods: { hard: 'many', used: '1' }, cpu: { hard: '1', used: '?' } })).toBeNull();
  expect(Object.keys(figuresOf({ pods: { hard: '3' }, cpu: { hard: '2', used: '1' } }) ?? {})).toEqual(['cpu']);
});

import { expect, test } from 'vitest';
import { kubectl, manual, yamlPatch } from '../remediation/steps.ts';
import { withAdvice } from './advice.ts';

const resize = (memory: string) => yamlPatch('In the container.', { resources: { limits: { memory } } }, 'developer');
const raise = (pods: string) =>
  yamlPatch(
    `Raise it to ${pods}.`,
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'team' }, spec: { hard: { pods } } },
    'cluster-admin',
    ['patch', 'resourcequota', 'team', '--patch-file', 'FILE'],
  );
const look = kubectl('See it.', ['get', 'resourcequota', 'team'], 'developer');
const words = manual('Ask for less.', 'developer');

test.each([
  ['the same patch with the numbers of the text is enough', [raise('11')], [raise('10')], [raise('11')]],
  ['the same of a manifest', [resize('2Gi')], [resize('512Mi')], [resize('2Gi')]],
  ['the same command in other words', [look], [{ ...look, description: 'Look.' }], [look]],
  [
    'what is something else follows',
    [words, raise('11')],
    [look, resize('1Gi')],
    [words, raise('11'), look, resize('1Gi')],
  ],
])('%s', (_, own, advice, together) => {
  expect(withAdvice(own, advice)).toEqual(together);
});

test('no more than a remediation may have', () => {
  expect(
    withAdvice(
      Array.from({ length: 5 }, (__, n) => manual(`${n}`, 'developer')),
      [look, words],
    ),
  ).toHaveLength(6);
});

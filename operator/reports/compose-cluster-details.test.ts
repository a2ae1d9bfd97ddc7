import { expect, test } from 'vitest';
import { StoredConstraint } from '../../crds/constraint.ts';
import { ClusterConstraintDetail, detailBytesMax, detailTextsBytesMax, storedBytes } from '../../crds/detail.ts';
import { clusterConstraint } from '../testing/constraints.ts';
import { composeClusterDetails } from './compose-cluster-details.ts';

const constraint = clusterConstraint('p', {});
const many = Array.from({ length: 9 }, (_, index) => ({
  ...constraint,
  id: `id${index}`,
  message: 'x'.repeat(100_000),
}));

test('holds the full form without usage, and names the policy', () => {
  const { parts } = composeClusterDetails('p', {
    subject: 'policy',
    constraints: [{ ...constraint, metrics: { cpu: { hard: '1' } } }],
  });
  const detail = ClusterConstraintDetail.parse(parts.get('p'));
  expect(detail).toMatchObject({ subject: 'policy', part: 0, source: constraint.source });
  expect(detail.texts.map((text) => StoredConstraint.parse(JSON.parse(text)))).toEqual([constraint]);
  expect(detail.texts[0]).not.toContain('metrics');
});

test('a policy without constraints has no detail', () => {
  expect(composeClusterDetails('p', { subject: 'policy', constraints: [] }).parts.size).toBe(0);
});

test('parts stay within their bound, lose nothing, and are the same in any order', () => {
  const { parts } = composeClusterDetails('p', { subject: 'policy', constraints: many });
  expect([...parts.keys()]).toEqual(['p', 'p-1']);
  expect([...parts.values()].flatMap(({ texts }) => texts)).toHaveLength(9);
  for (const { texts } of parts.values()) {
    expect(texts.reduce((sum, text) => sum + storedBytes(text), 0)).toBeLessThanOrEqual(detailTextsBytesMax);
  }
  expect(composeClusterDetails('p', { subject: 'policy', constraints: many.toReversed() }).parts).toEqual(parts);
});

test('what fits into no part is told and does not stop the others', () => {
  const huge = { ...constraint, id: 'huge', message: 'x'.repeat(detailBytesMax) };
  const { parts, oversized } = composeClusterDetails('p', { subject: 'policy', constraints: [huge, constraint] });
  expect(oversized.map(({ id }) => id)).toEqual(['huge']);
  expect(parts.get('p')?.texts).toHaveLength(1);
});

test('facts of the cluster are texts in an order of their own', () => {
  const facts = ['b', 'a'].map((name) => ({ kind: 'StorageClass' as const, name }));
  const { parts } = composeClusterDetails('cluster', { subject: 'cluster', facts });
  expect(parts.get('cluster')).toEqual({
    subject: 'cluster',
    part: 0,
    texts: ['{"kind":"StorageClass","name":"a"}', '{"kind":"StorageClass","name":"b"}'],
  });
});

import { expect, test } from 'vitest';
import { ruleDemands } from './rules.ts';

const labels = (from: number) =>
  Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`l${from + index}`, { required: true }]));

test('a Tenant with more rules than people write is read in part, and says where that ends', () => {
  const rules = Array.from({ length: 20 }, (_, index) => ({ enforce: { metadata: [{ labels: labels(index * 50) }] } }));
  const { demands, faults } = ruleDemands(rules);
  expect(demands).toHaveLength(500);
  expect(faults).toMatchObject([{ path: ['spec', 'rules'], message: expect.stringContaining('10') }]);
});

test('rules with very many entries are read in part, too', () => {
  const registries = Array.from({ length: 500 }, (_, index) => ({ exact: [`r${index}`] }));
  const { demands, faults } = ruleDemands(
    Array.from({ length: 20 }, () => ({ enforce: { workloads: { registries } } })),
  );
  expect(demands).toHaveLength(5);
  expect(faults).toHaveLength(1);
});

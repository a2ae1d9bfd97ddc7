import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPolicyByName } from './policy-hints.ts';

function taken(kind: string, group = 'example.com'): boolean {
  return isPolicyByName({ group, kind, plural: `${kind.toLowerCase()}s` });
}

test.each([
  'Policy',
  'NetworkPolicy',
  'HTTPLocalRateLimitPolicy',
  'ClusterAdmissionPolicyGroup',
  'GlobalCustomQuota',
  'ClusterImagePolicy',
  'TeamLimitRange',
  'PodConstraint',
  'K8sRestriction',
  'Guardrail',
])('%s is taken for a policy', (kind) => {
  expect(taken(kind)).toBe(true);
});

test.each([
  'PolicyReport',
  'PolicyStatus',
  'PolicyException',
  'PolicyServer',
  'ConstraintTemplate',
  'QuotaClaim',
  'PrometheusRule',
  'BackupPolicy',
  'Policyholder',
  'Delimit',
  'Certificate',
  'Group',
  '',
])('%s is not', (kind) => {
  expect(taken(kind)).toBe(false);
});

test.each([
  'potoo.io',
  'sub.potoo.io',
  'wgpolicyk8s.io',
  'openreports.io',
  'reports.kyverno.io',
  'iam.aws.upbound.io',
  'policy',
  'nvidia.com',
  'image.toolkit.fluxcd.io',
])('no kind of %s is', (group) => {
  expect(taken('Policy', group)).toBe(false);
});

test('any name gets an answer', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (kind, group) => {
      expect(taken(kind, group)).toBeTypeOf('boolean');
    }),
  );
});

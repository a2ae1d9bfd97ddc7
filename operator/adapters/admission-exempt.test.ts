import { expect, test } from 'vitest';
import type { AdmissionRule } from '../../crds/scope.ts';
import { exemptFrom, exemptFromPolicies, judgesNothing } from './admission-exempt.ts';

function rule(apiGroups: string[], resources: string[], scope?: AdmissionRule['scope']): AdmissionRule {
  return { operations: ['*'], apiGroups, apiVersions: ['*'], resources, ...(scope === undefined ? {} : { scope }) };
}
const groupsOf = (rules: readonly AdmissionRule[] | undefined) =>
  exemptFrom(rules, exemptFromPolicies).flatMap(({ apiGroups }) => apiGroups);
const policies = 'admissionregistration.k8s.io';

test('of everything all that is never judged is exempt', () => {
  const all = [policies, 'authentication.k8s.io', 'authorization.k8s.io'];
  expect(groupsOf(undefined)).toEqual(all);
  expect(groupsOf([rule(['*'], ['*'])])).toEqual(all);
  expect(groupsOf([rule(['apps'], ['*']), rule(['*'], ['*/*'])])).toEqual(all);
});

test('of other kinds nothing is exempt', () => {
  expect(groupsOf([rule(['apps'], ['*'])])).toEqual([]);
  expect(groupsOf([rule(['*'], ['pods', 'pods/exec'])])).toEqual([]);
  expect(groupsOf([])).toEqual([]);
});

test('in namespaces there are but reviews of access', () => {
  expect(groupsOf([rule(['*'], ['*'], 'Namespaced')])).toEqual(['authorization.k8s.io']);
});

test('a rule for exempt kinds alone judges nothing, one for others beside them does', () => {
  expect(judgesNothing(rule([policies], ['validatingadmissionpolicies', 'mutatingadmissionpolicies/status']))).toBe(
    true,
  );
  expect(judgesNothing(rule([policies], ['*']))).toBe(false);
  expect(judgesNothing(rule([policies], ['validatingadmissionpolicies', 'validatingwebhookconfigurations']))).toBe(
    false,
  );
  expect(judgesNothing(rule(['authentication.k8s.io', 'authorization.k8s.io'], ['*']))).toBe(true);
  expect(judgesNothing(rule(['authentication.k8s.io', 'apps'], ['*']))).toBe(false);
});

test('a rule for kinds of the cluster in namespaces judges nothing', () => {
  expect(judgesNothing(rule([''], ['nodes'], 'Namespaced'))).toBe(true);
  expect(judgesNothing(rule([''], ['nodes'], 'Cluster'))).toBe(false);
  expect(judgesNothing(rule([''], ['pods'], 'Namespaced'))).toBe(false);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterDetailName, clusterDetailNameOfPart, clusterDetailPartName, clusterFactsName } from './detail.ts';

const policy = { apiVersion: 'policy.example.io/v1', kind: 'ClusterPolicy', name: 'deny-latest' };
const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

test('the name of a detail tells kind and policy, and keeps apart what looks alike', () => {
  expect(clusterDetailName(policy)).toMatch(/^clusterpolicy-deny-latest-[0-9a-f]{16}$/);
  const alike = [
    policy,
    { ...policy, apiVersion: 'other.example.io/v1' },
    { ...policy, name: 'deny.latest' },
    { ...policy, name: 'deny:latest' },
    { ...policy, kind: 'ClusterPolicyDeny', name: 'latest' },
  ];
  expect(new Set(alike.map(clusterDetailName)).size).toBe(alike.length);
});

test('the version of the policy is no part of its name', () => {
  expect(clusterDetailName({ ...policy, apiVersion: 'policy.example.io/v2' })).toBe(clusterDetailName(policy));
});

test('every policy gives a name that the API server takes, and its parts lead back to it', () => {
  const source = fc.record({ apiVersion: fc.string(), kind: fc.string(), name: fc.string({ maxLength: 400 }) });
  fc.assert(
    fc.property(source, fc.nat(), (any, part) => {
      const name = clusterDetailName(any);
      const partName = clusterDetailPartName(name, part % 1_000_000);
      expect(partName).toMatch(objectName);
      expect(partName.length).toBeLessThanOrEqual(253);
      expect(clusterDetailNameOfPart(partName)).toBe(name);
      expect(clusterDetailNameOfPart(name)).toBe(name);
    }),
  );
  expect(clusterDetailNameOfPart(clusterDetailPartName(clusterFactsName, 3))).toBe(clusterFactsName);
});

test('a name that is none of ours stands for itself', () => {
  expect(clusterDetailNameOfPart('somebody-1')).toBe('somebody-1');
});

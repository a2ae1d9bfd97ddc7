import { describe, expect, test } from 'vitest';
import { constraintId, homeNamespace } from './constraint.ts';

describe('constraintId', () => {
  test('is the base32 of the first 80 bits of SHA-256 over uid and key', () => {
    // printf 'u\nIngress' | sha256sum | cut -c1-20 | xxd -r -p | base32 | tr A-Z a-z
    expect(constraintId('u', 'Ingress')).toBe('dco6mufdoehk3ye3');
  });

  test('tells uid and key apart wherever the border lies', () => {
    expect(constraintId('a', 'bc')).not.toBe(constraintId('ab', 'c'));
    expect(constraintId('a', 'Ingress')).not.toBe(constraintId('a', 'Egress'));
  });
});

describe('homeNamespace', () => {
  test.each([
    [
      'a namespaced policy lives in its namespace',
      { apiVersion: 'v1', kind: 'ResourceQuota', name: 'q', namespace: 'shop' },
      'shop',
    ],
    ['a Namespace lives in itself', { apiVersion: 'v1', kind: 'Namespace', name: 'shop' }, 'shop'],
    ['a Namespace of another group does not', { apiVersion: 'x.io/v1', kind: 'Namespace', name: 'shop' }, undefined],
    [
      'a cluster-wide policy lives nowhere',
      { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', name: 'p' },
      undefined,
    ],
  ])('%s', (_, source, home) => {
    expect(homeNamespace(source)).toBe(home);
  });
});

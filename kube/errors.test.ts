import { expect, test } from 'vitest';
import { KubeError, kubeErrorCodes } from './errors.ts';

test('the codes are what metrics, runbooks and callers match on', () => {
  expect(kubeErrorCodes).toEqual([
    'KUBE_BAD_REQUEST',
    'KUBE_UNAUTHORIZED',
    'KUBE_FORBIDDEN',
    'KUBE_NOT_FOUND',
    'KUBE_CONFLICT',
    'KUBE_ALREADY_EXISTS',
    'KUBE_GONE',
    'KUBE_INVALID',
    'KUBE_THROTTLED',
    'KUBE_SERVER_ERROR',
    'KUBE_UNREACHABLE',
    'KUBE_TIMEOUT',
    'KUBE_UNREADABLE',
  ]);
});

test('an error says request, code and what the server said, and no more than 2,000 characters of that', () => {
  const cause = new Error('socket');
  const error = new KubeError('KUBE_FORBIDDEN', { status: 403, request: 'GET /x', said: 'y'.repeat(5_000), cause });
  expect(error.message).toBe(`GET /x: KUBE_FORBIDDEN: ${'y'.repeat(2_000)}`);
  expect(error.said).toHaveLength(2_000);
  expect(error.cause).toBe(cause);
  expect(new KubeError('KUBE_TIMEOUT', { status: 0, request: 'GET /x' }).message).toBe('GET /x: KUBE_TIMEOUT');
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import { deniedBy, deniedText } from './denied-write.ts';

const error = (said: string, code: KubeError['code'] = 'KUBE_FORBIDDEN') =>
  new KubeError(code, { status: 403, request: 'PUT /x', said });
const report = 'constraintreports.potoo.io "constraints" is forbidden: ';

describe('deniedBy', () => {
  test.each([
    [
      'Internal error occurred: failed calling webhook "guard.example.org": failed to call webhook: Post "https://x": no',
      { by: 'webhook', name: 'guard.example.org' },
    ],
    ['admission webhook "guard.example.org" denied the request: no', { by: 'webhook', name: 'guard.example.org' }],
    [
      'admission webhook "a.example.org" denied the request: x is forbidden: exceeded quota: b, requested: c',
      { by: 'webhook', name: 'a.example.org' },
    ],
    [
      `${report}exceeded quota: reports, requested: count/constraintreports.potoo.io=1, used: 0, limited: 0`,
      { by: 'quota', name: 'reports' },
    ],
    [`${report}status unknown for quota: reports, resources: pods`, { by: 'quota', name: 'reports' }],
    [`${report}failed quota: reports: must specify cpu for: x`, { by: 'quota', name: 'reports' }],
    [
      `${report}ValidatingAdmissionPolicy 'no-reports' with binding 'everywhere' denied request: failed expression: false`,
      { by: 'admission-policy', name: 'no-reports' },
    ],
    [`${report}policy 'mutate' with binding 'b' denied request: x`, { by: 'admission-policy', name: 'mutate' }],
    [
      'constraintreports.potoo.io is forbidden: User "system:serviceaccount:potoo-system:operator" cannot create resource',
      { by: 'rbac' },
    ],
    [
      'leases.coordination.k8s.io "potoo-operator" is forbidden: User "x" cannot update resource "leases"',
      { by: 'rbac' },
    ],
    [`${report}something of a plugin that we do not know`, { by: 'other' }],
    ['', { by: 'other' }],
  ])('%s', (said, expected) => {
    expect(deniedBy(error(said))).toEqual(expected);
  });

  test('what is no refusal is none, and free text is not read', () => {
    expect(deniedBy(error('etcdserver: request timed out', 'KUBE_SERVER_ERROR'))).toBeUndefined();
    expect(deniedBy(error('the object has been modified', 'KUBE_CONFLICT'))).toBeUndefined();
    expect(deniedBy(error('it says: admission webhook "x" denied the request', 'KUBE_SERVER_ERROR'))).toBeUndefined();
    expect(deniedBy(error('a b c is forbidden: exceeded quota: x, y', 'KUBE_SERVER_ERROR'))).toBeUndefined();
  });

  test('what cannot be a name is none', () => {
    expect(deniedBy(error('admission webhook "a b\nc" denied the request'))).toEqual({ by: 'webhook' });
    expect(deniedBy(error(`admission webhook "${'a'.repeat(1_000)}`))).toEqual({ by: 'webhook' });
    expect(deniedText({ by: 'webhook' })).toBe('webhook');
    expect(deniedText({ by: 'quota', name: 'reports' })).toBe('ResourceQuota reports');
  });

  test('never throws, and a name is always short and plain', () => {
    const pieces = fc.constantFrom('admission webhook "', report, 'exceeded quota: ', '" ', ', ', "policy '", ' ', 'a');
    const text = fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (said) => {
        expect(deniedBy(error(said))?.name ?? 'a').toMatch(/^[A-Za-z0-9.:_-]{1,253}$/);
      }),
    );
  });
});

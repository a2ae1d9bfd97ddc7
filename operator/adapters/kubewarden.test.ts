import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { kubewarden } from './kubewarden.ts';

const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];

function read(kind: string, spec: object) {
  return kubewarden.read(
    asStored({ apiVersion: 'policies.kubewarden.io/v1', kind, metadata: { name: 'p' }, spec: { rules, ...spec } }),
  );
}

const secret = fc.constantFrom('qqqq', 'xqz', 'zzqx');
const selector = fc.record({ matchExpressions: fc.array(fc.record({ key: secret, operator: fc.constant('Exists') })) });
const shared = {
  namespaceSelector: selector,
  objectSelector: selector,
  message: secret,
  mode: fc.constantFrom('protect', 'monitor'),
  matchConditions: fc.array(fc.record({ name: secret, expression: secret }), { maxLength: 2 }),
};

test('a summary tells neither modules nor settings nor selectors nor the message', () => {
  const one = fc
    .record({ ...shared, module: secret, mutating: fc.boolean(), settings: fc.dictionary(secret, secret) })
    .map((spec) => read('ClusterAdmissionPolicy', spec));
  const group = fc
    .record({ ...shared, expression: secret, policies: fc.dictionary(secret, fc.record({ module: secret })) })
    .map((spec) => read('ClusterAdmissionPolicyGroup', spec));
  fc.assert(
    fc.property(fc.oneof(one, group), ({ constraints, problems }) => {
      expect(problems).toEqual([]);
      expect(constraints).toHaveLength(1);
      for (const { summary } of constraints) expect(summary).not.toMatch(/[qxz]{2}/);
    }),
  );
});

test('a group of very many modules is read as far as a hundred, and says so', () => {
  const policies = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`m${index}`, { module: 'm' }]));
  const { constraints, problems } = read('ClusterAdmissionPolicyGroup', {
    expression: 'm0()',
    message: 'no',
    policies,
  });
  expect(constraints[0]).toMatchObject({ effect: 'unknown', rule: { unread: ['/spec/policies'] } });
  expect(problems[0]).toMatchObject({ path: 'spec.policies', message: 'Too many to read: 100 are' });
});

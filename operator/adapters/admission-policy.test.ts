import { expect, test } from 'vitest';
import { messageLengthMax } from './define.ts';
import { readTogether } from './join.ts';
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts';
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts';

const adapters = {
  MutatingAdmissionPolicy: mutatingAdmissionPolicy,
  ValidatingAdmissionPolicy: validatingAdmissionPolicy,
};

const thousands = Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, values: [index] }));

test.each([
  ['ValidatingAdmissionPolicy', 'matchConstraints.resourceRules'],
  ['ValidatingAdmissionPolicy', 'matchConstraints.excludeResourceRules'],
  ['ValidatingAdmissionPolicy', 'matchConstraints.objectSelector.matchExpressions'],
  ['ValidatingAdmissionPolicy', 'matchConditions'],
  ['ValidatingAdmissionPolicy', 'variables'],
  ['ValidatingAdmissionPolicy', 'validations'],
  ['ValidatingAdmissionPolicy', 'auditAnnotations'],
  ['ValidatingAdmissionPolicyBinding', 'validationActions'],
  ['ValidatingAdmissionPolicyBinding', 'matchResources.namespaceSelector.matchExpressions'],
  ['ValidatingAdmissionPolicyBinding', 'paramRef.selector.matchExpressions'],
  ['MutatingAdmissionPolicy', 'mutations'],
])('a %s is not read to the end of %s of which nothing can be read, and says so', (kind, path) => {
  const adapter = kind === 'MutatingAdmissionPolicy' ? mutatingAdmissionPolicy : validatingAdmissionPolicy;
  const field = path.split('.').reduceRight((inner: unknown, name) => ({ [name]: inner }), thousands);
  const { problems } = adapter.read({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'labels', uid: 'uid' },
    spec: { policyName: 'labels', validationActions: ['Deny'], ...Object(field) },
  });
  expect(problems).toContainEqual({
    object: `${kind} labels`,
    path: `spec.${path}`,
    message: expect.stringMatching(/^Too much cannot be read: from number \d+ on nothing is/),
  });
});

test('a policy about deleting alone that changes in a way that is not understood imposes nothing all the same', () => {
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['pods'] };
  const constraints = constraintsOf('MutatingAdmissionPolicy', {
    matchConstraints: { resourceRules: [rule] },
    mutations: [{ patchType: 'Merge' }],
  });
  expect(constraints).toEqual([]);
});

test('what a policy says is cut before the namespaces and objects that it is about', () => {
  const long = 'a'.repeat(63);
  const matchLabels = Object.fromEntries(['b', 'c', 'd'].map((key) => [key + long, long]));
  const [constraint] = constraintsOf('ValidatingAdmissionPolicy', {
    matchConstraints: {
      resourceRules: Array.from({ length: 50 }, (_, index) => ({
        apiGroups: ['example.com'],
        apiVersions: ['v1'],
        operations: index % 2 === 0 ? ['CREATE'] : ['DELETE'],
        resources: [`${long}${index}`],
      })),
      namespaceSelector: { matchLabels },
      objectSelector: { matchLabels },
    },
    matchConditions: Array.from({ length: 64 }, (_, index) => ({ name: `${long}${index}`, expression: 'true' })),
    validations: Array.from({ length: 50 }, (_, index) => ({ expression: 'false', message: `${index}${long}${long}` })),
  });
  expect(constraint?.message).toMatch(
    /^Requests for .*; binding all; only in namespaces with .*; only objects with .*; only where these conditions are true: .*; it says "0a.*/,
  );
  expect(constraint?.message.length).toBeLessThanOrEqual(messageLengthMax);
});

/** Of a policy with a binding for everything. */
function constraintsOf(kind: keyof typeof adapters, spec: object) {
  const object = (its: string, name: string, content: object) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: its,
    metadata: { name, uid: name },
    spec: content,
  });
  return readTogether(adapters[kind], [
    object(kind, 'labels', spec),
    object(`${kind}Binding`, 'all', { policyName: 'labels', validationActions: ['Deny'] }),
  ]).constraints;
}

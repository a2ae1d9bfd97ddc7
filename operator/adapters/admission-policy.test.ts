import { expect, test } from 'vitest';
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts';
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts';

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

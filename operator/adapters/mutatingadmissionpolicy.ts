/**
 * MutatingAdmissionPolicy with its bindings: expressions that change an object before it is judged. It has no actions; what
 * it can refuse is a request that it fails to change, and failurePolicy Ignore lets that pass.
 *
 * Mutations are applied in their order, before those of webhooks. No such policy is asked about requests to delete, which have
 * no object to change: nothing is refused there either, whatever its parameters are. `*` is all other operations. What is
 * changed in a request to connect are its options.
 *
 * Served as v1 from Kubernetes 1.36; before that as v1beta1 or v1alpha1, where it is switched on.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/plugin.go
 */
import { CelRule } from '../../crds/rules/cel.ts';
import { MutationField } from './admission-mutation.ts';
import { defineAdmissionPolicy } from './admission-policy.ts';
import { detailsText, operationsText, requestsText } from './admission-policy-text.ts';
import { listOf } from './fields.ts';
import { sentence } from './text.ts';

export const mutatingAdmissionPolicy = defineAdmissionPolicy<
  Pick<CelRule, 'mutations' | 'reinvocationPolicy'>,
  Partial<CelRule>
>({
  id: 'mutatingadmissionpolicy',
  kind: 'MutatingAdmissionPolicy',
  plurals: ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
  operations: ['CREATE', 'UPDATE', 'CONNECT'],
  demands: (spec) => ({
    mutations: spec.read('mutations', listOf(MutationField)) ?? [],
    reinvocationPolicy: spec.read('reinvocationPolicy', CelRule.shape.reinvocationPolicy.unwrap()) ?? 'Never',
  }),
  terms: () => ({}),
  describe(bound) {
    const { policy, rules, understood, withoutParams } = bound;
    const unread = withoutParams === undefined ? '' : ', whose parameters are not read';
    const unsure = understood ? unread : ', parts of which are not understood';
    const consequence = `may be changed by policy ${sentence(policy, 60)}${unsure}`;
    return {
      effect: unsure === '' ? 'mutate' : 'unknown',
      // Where it may be that all is refused, it is more than a change.
      severity: understood && withoutParams === 'refused' ? 'Warning' : 'Info',
      summary: `${requestsText(rules)} ${consequence}`,
      message: `${operationsText(rules)} ${consequence}${detailsText(bound)}`,
    };
  },
});

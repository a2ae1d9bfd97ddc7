/**
 * The cluster-wide policies of the bench: half of them validating webhooks, half ValidatingAdmissionPolicies with a binding.
 * They judge pods, and the bench makes none: what is measured is what it costs to say in every namespace that they are there.
 */
import type { Creation } from './population.ts';

const root = '/apis/admissionregistration.k8s.io/v1';
const pods = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

export const changedPolicy = 'cluster-vap-00';
/** Of the one policy that the bench changes: who reads a report sees the effect. */
export type Action = 'Deny' | 'Warn';

/** One constraint each. With a count of 1 there is no webhook: the policy that is changed comes first. */
export function clusterPolicyCreations(count: number): Creation[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(Math.floor(index / 2)).padStart(2, '0');
    return index % 2 === 0
      ? [
          { path: `${root}/validatingadmissionpolicies`, body: policy(`cluster-vap-${number}`) },
          // That of the changed policy is applied, by whom will change it: actions of two owners add up.
          ...(index === 0
            ? []
            : [{ path: `${root}/validatingadmissionpolicybindings`, body: binding(`cluster-vap-${number}`, 'Deny') }]),
        ]
      : [{ path: `${root}/validatingwebhookconfigurations`, body: webhook(`cluster-webhook-${number}`) }];
  }).flat();
}

/** The request after which the changed policy has this action. */
export function actionPatch(action: Action) {
  const path = `${root}/validatingadmissionpolicybindings/${changedPolicy}?fieldManager=potoo-bench&force=true`;
  return { method: 'PATCH' as const, path, body: binding(changedPolicy, action) };
}

function policy(name: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [pods] },
      validations: [{ expression: 'object.spec.containers.size() < 20', message: 'too many containers' }],
    },
  };
}

function binding(name: string, action: Action): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: [action] },
  };
}

function webhook(name: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        rules: [pods],
        clientConfig: { service: { namespace: 'default', name: 'policy' } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      },
    ],
  };
}

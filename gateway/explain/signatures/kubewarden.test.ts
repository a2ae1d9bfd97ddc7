import { expect, test } from 'vitest';
import { constraintId, type StoredConstraint } from '../../../crds/constraint.ts';
import { aboutShop, candidate } from '../../testing/candidates.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

function policy(kind: string, name: string, mode: 'protect' | 'monitor' = 'protect'): StoredConstraint {
  const namespace = kind.startsWith('Cluster') ? undefined : 'shop';
  return {
    id: constraintId(`${kind}/${name}`, 'policy'),
    name,
    key: 'policy',
    type: 'Admission',
    severity: 'Critical',
    effect: mode === 'protect' ? 'deny' : 'audit',
    summary: 'Requests are judged by a module',
    message: 'Requests are judged by a module',
    source: {
      apiVersion: 'policies.kubewarden.io/v1',
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    },
    scope: { namespaces: {} },
    rule: {
      form: 'wasm',
      mode,
      mutating: false,
      policyServer: 'default',
      failurePolicy: 'Fail',
      timeoutSeconds: 10,
      backgroundAudit: true,
    },
  };
}

const constraints = [
  policy('ClusterAdmissionPolicy', 'no-root'),
  policy('ClusterAdmissionPolicy', 'no-root-2'),
  policy('ClusterAdmissionPolicyGroup', 'signed'),
  policy('AdmissionPolicy', 'names'),
  policy('AdmissionPolicyGroup', 'labels'),
  policy('ClusterAdmissionPolicy', 'watched', 'monitor'),
];

function explained(hook: string, level: 'summary' | 'full' = 'full') {
  const { named: _named, ...question } = aboutShop();
  const text = readErrorText(`Error from server: admission webhook "${hook}" denied the request: not here`);
  return explain(
    text,
    constraints.map((each) => candidate(each, level)),
    question,
  );
}

test.each([
  ['clusterwide-no-root.kubewarden.admission', 'ClusterAdmissionPolicy no-root', 'no-root'],
  ['clusterwide-group-signed.kubewarden.admission', 'ClusterAdmissionPolicyGroup signed', 'signed'],
  ['namespaced-shop-names.kubewarden.admission', 'AdmissionPolicy names', undefined],
  ['namespaced-group-shop-labels.kubewarden.admission', 'AdmissionPolicyGroup labels', undefined],
])('%s is the webhook of %s, for every reader', (hook, title, rule) => {
  for (const level of ['summary', 'full'] as const) {
    const { confidence, suspects, cause } = explained(hook, level);
    expect(suspects.map(({ candidate: { kind, name } }) => `${kind} ${name}`)).toEqual([title]);
    expect(confidence).toBe('high');
    expect(cause).toMatchObject({ category: 'webhook-denied', engine: 'kubewarden', policy: hook });
    expect(cause.rule).toBe(rule);
  }
});

test.each(['clusterwide-no.kubewarden.admission', 'namespaced-other-names.kubewarden.admission'])(
  'of %s nothing is known here',
  (hook) => {
    expect(explained(hook)).toMatchObject({ confidence: 'medium', suspects: [] });
  },
);

test('a policy that only watches cannot have refused as it is now', () => {
  const [suspect] = explained('clusterwide-watched.kubewarden.admission').suspects;
  expect(suspect?.reason).toContain('it may have changed since');
});

test("Kubewarden's own checks of its objects are none of a policy", () => {
  const text = 'admission webhook "validate.clusteradmissionpolicies.kubewarden.dev" denied the request: spec.mode: no';
  expect(findCauses(readErrorText(text))).toMatchObject([{ engine: 'kubewarden', rule: undefined }]);
});

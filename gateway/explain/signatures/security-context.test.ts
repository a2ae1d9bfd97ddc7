import { expect, test } from 'vitest';
import type { StoredConstraint } from '../../../crds/constraint.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';

const question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  complete: true,
  contact: undefined,
};

function set(name: string): StoredConstraint {
  return networkConstraint('shop', name, {
    key: 'set',
    type: 'Admission',
    effect: 'allow',
    source: { apiVersion: 'security.openshift.io/v1', kind: 'SecurityContextConstraints', name },
  });
}

const candidates = candidatesOf([set('anyuid'), set('restricted-v2'), set('restricted')], { namespace: 'shop' });
const ask = (message: string) => explain(readErrorText(message), candidates, question);
const head = 'Error creating: pods "web-" is forbidden: unable to validate against any security context constraint: ';

test('the set that was tried is named, those that may not be used are not to blame', () => {
  const { cause, confidence, suspects, steps } = ask(
    `${head}[provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{999}: 999 is not an allowed group, provider restricted-v2: .containers[0].runAsUser: Invalid value: 999: must be in the ranges: [1000, 1999], provider "privileged": Forbidden: not usable by user or serviceaccount]`,
  );
  expect([cause.category, cause.engine, cause.policy, confidence]).toEqual([
    'podsecurity',
    'securitycontextconstraints',
    'restricted-v2',
    'high',
  ]);
  expect(suspects.map(({ candidate }) => candidate.name)).toEqual(['restricted-v2']);
  expect(steps.map(({ description }) => description)).toEqual([
    'Change what was not allowed: ".spec.securityContext.fsGroup: []int64{999}: 999 is not an allowed group"; ".containers[0].runAsUser: 999: must be in the ranges: [1000, 1999]".',
    'Leave runAsUser and fsGroup out of the pod: a user of the range of the namespace is set then.',
    'Ask whoever administers the cluster to let the ServiceAccount of the pod use a set that allows it (it may not use anyuid, privileged), with the reason.',
    'See which sets there are.',
  ]);
});

test('older messages name no set', () => {
  const { cause, confidence, suspects, steps } = ask(
    `${head}[spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed]`,
  );
  expect([cause.policy, confidence, suspects.length]).toEqual([undefined, 'medium', 3]);
  expect(steps[0]?.description).toBe(
    String.raw`Change what was not allowed: "spec.volumes[0]: \"hostPath\": hostPath volumes are not allowed to be used"; "spec.containers[0].securityContext.privileged: true: Privileged containers are not allowed".`,
  );
});

test.each([
  'PodSecurityPolicy: unable to admit pod: []',
  'PodSecurityPolicy: unable to validate pod: [spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used]',
  'unable to validate against any pod security policy: [spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed]',
  'PodSecurityPolicy: no providers available to validate pod request',
  'PodSecurityPolicy: unable to admit pod: [spec.containers[0].hostPort: Inva',
])('%s: is what judged pods before 1.25', (words) => {
  const { cause, otherCauses, suspects } = ask(`Error creating: pods "web-" is forbidden: ${words}`);
  expect([cause.category, cause.engine, suspects, otherCauses]).toEqual(['podsecurity', 'podsecuritypolicy', [], []]);
});

test('an absent set is none of similar name', () => {
  const { confidence, suspects } = ask(
    `${head}[provider restricted-v3: .containers[0].runAsUser: Invalid value: 1: must be in the ranges: [2, 3]]`,
  );
  expect([confidence, suspects]).toEqual(['medium', []]);
});

test.each([
  ['a range', '[spec.containers[0].securityContext.runAsUser: Invalid value: 1: must be in the ranges: [2, 3]]', 3],
  [
    'sets that it may not use',
    'provider "anyuid": Forbidden: not usable by user or serviceaccount, provider "restr',
    1,
  ],
  ['a field', '> spec.volumes[1]: Invalid value: "hostPath": hostPath volumes are not allowed to be used', 3],
])('a list without what stands in front of it is told by %s', (_what, message, count) => {
  const { cause, otherCauses, confidence, suspects } = ask(message);
  expect([cause.category, cause.engine, cause.policy]).toEqual([
    'podsecurity',
    'securitycontextconstraints',
    undefined,
  ]);
  expect([confidence, suspects.length, otherCauses]).toEqual(['medium', count, []]);
});

test('without a field and its value the words are anybody\u2019s', () => {
  expect(ask('validation error: Privileged containers are not allowed').cause.category).not.toBe('podsecurity');
});

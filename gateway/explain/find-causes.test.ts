import { expect, test } from 'vitest';
import { readErrorText } from './error-text.ts';
import { findCauses } from './find-causes.ts';

const warning =
  'Warning: would violate PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)';
const noted =
  'Warning PolicyViolation 25s kyverno-admission policy tags/pinned fail: validation error: no latest. rule pinned failed at path /spec/';
const refusal =
  "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'here' denied request: no latest";
const categories = (...lines: readonly string[]) =>
  findCauses(readErrorText(lines.join('\n'))).map(({ category }) => category);

test('what refused the request is told before what only warned of it', () => {
  expect(categories(warning, refusal)).toEqual(['vap', 'podsecurity']);
  expect(categories(noted, warning, refusal)).toEqual(['vap', 'kyverno', 'podsecurity']);
});

test('of several refusals each is told, as they stand in the text', () => {
  const quota = 'pods "web" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1';
  expect(categories(quota, refusal)).toEqual(['quota', 'vap']);
  expect(categories(refusal, quota, refusal)).toEqual(['vap', 'quota']);
});

import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const causes = (text: string) => findCauses(readErrorText(text));

test.each([
  [
    'klog',
    'E0412 09:13:07.1 1 imageverifier.go:380] engine.verify "msg"="image attestors verification failed" "error"="GET https://registry.example.com/v2/token: UNAUTHORIZED: authentication required" "new.kind"="Pod" "new.name"="web" "new.namespace"="shop" "policy.name"="signed-images" "policy.namespace"="" "rule.name"="by-release-key"',
  ],
  [
    'klog of early releases',
    'E0412 09:13:07.1 1 imageVerify.go:90] EngineVerifyImages "msg"="failed to verify image" "error"="no matching signatures" "kind"="Pod" "policy"="signed-images" "rule"="by-release-key"',
  ],
  [
    'console of zap',
    '2026-04-12T09:13:07Z ERROR engine.validate validation error {"policy.name": "signed-images", "rule.name": "by-release-key", "error": "failed to load context"}',
  ],
  [
    'JSON',
    '{"level":"error","logger":"engine.validate","msg":"validation failed","policy.name":"signed-images","rule.name":"by-release-key","new.kind":"Pod"}',
  ],
])('the log of a controller names policy and rule: %s', (_, line) => {
  expect(causes(line)).toMatchObject([
    { category: 'kyverno', policy: 'signed-images', rule: 'by-release-key', passed: true },
  ]);
});

test.each([
  'I0412 09:13:07.1 1 engine.go:90] engine.validate "msg"="validation passed" "policy.name"="signed-images" "rule.name"="a"',
  'level=info msg="policy applied" policy="signed-images"',
  'error: policy "signed-images" is not found',
])('a line that tells of no failure, or not by Kyverno, is none: %s', (line) => {
  expect(causes(line).filter(({ category }) => category === 'kyverno')).toEqual([]);
});

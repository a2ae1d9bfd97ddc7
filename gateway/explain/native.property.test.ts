/** Quotas, limit ranges and Pod Security, whatever stands in their messages. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { RemediationStep } from '../remediation/schema.ts';
import { hostileText } from '../testing/hostile-text.ts';
import { isPlain } from '../words.ts';
import { readErrorText } from './error-text.ts';
import { noSuspects } from './finding.ts';
import { limitRangeSignatures } from './signatures/limit-range.ts';
import { podSecuritySignatures } from './signatures/pod-security.ts';
import { quotaSignatures } from './signatures/quota.ts';

const signatures = [...quotaSignatures, ...limitRangeSignatures, ...podSecuritySignatures];
const about = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  named: [],
  complete: true,
  contact: undefined,
};

const pieces = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...signatures.flatMap(({ anchors }) => anchors)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'pods "web" is forbidden: ',
      'failed quota: team',
      'requests.cpu=1',
      '__proto__=1',
      ', requested: ',
      ', used: ',
      ', limited: ',
      'limits.cpu for: app,__proto__; ',
      'minimum cpu',
      ' usage per Container is 1',
      ', but limit is 2',
      'restricted:latest": ',
      'allowPrivilegeEscalation != false (container "constructor" must set x)',
      'host namespaces (hostPID=true), ',
      'runAsUser=0 (pod must not set runAsUser=0), ',
      '[{PriorityClass In [a b]}]',
      ': [provider "anyuid": Forbidden: not usable',
      ': Invalid value: ',
      'Existing pods in namespace "shop" ',
      '\n',
      '…',
      '(',
      '"',
    ),
  },
  { weight: 1, arbitrary: hostileText },
);

test('what is found lies within the text, and its steps are valid', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 14 }), (parts) => {
      const text = readErrorText(parts.join(''));
      for (const signature of signatures) {
        const { anchors } = signature;
        for (const anchor of anchors) {
          const at = text.lower.indexOf(anchor);
          const finding = at < 0 ? undefined : signature.read(text, at);
          const causes = finding === undefined ? [] : 'span' in finding ? [finding] : finding;
          for (const cause of causes) {
            const { span, evidence, sentence, policy } = cause;
            found += 1;
            for (const { start, end } of [span, ...evidence]) {
              expect([0 <= start, start <= end, end <= text.flat.length]).toEqual([true, true, true]);
              expect([span.start <= start, end <= span.end]).toEqual([true, true]);
            }
            expect(span.start <= at && at < span.end).toBe(true);
            expect([sentence.endsWith('.'), isPlain(sentence), sentence.length < 2_000]).toEqual([true, true, true]);
            if (policy !== undefined) expect(text.flat.replaceAll(/[ *"']/g, '')).toContain(policy);
            const told = cause.steps(cause.suspects?.([], about) ?? noSuspects, about);
            expect(told.length).toBeLessThanOrEqual(4);
            for (const step of told) {
              expect(RemediationStep.strict().parse(step)).toEqual(step);
              expect([isPlain(step.description), step.description.length < 3_000]).toEqual([true, true]);
              if (step.patch !== undefined) expect(() => void parse(step.patch ?? '')).not.toThrow();
            }
          }
        }
      }
    }),
    { numRuns: 1_000 },
  );
  expect(found).toBeGreaterThan(300);
});

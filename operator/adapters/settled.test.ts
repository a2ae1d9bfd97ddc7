import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { severities } from '../../crds/constraint.ts';
import { resourceQuota } from './resourcequota.ts';
import { settled } from './settled.ts';

function quota(used: number, hard: Record<string, string> = {}) {
  const { constraints } = resourceQuota.read({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'shop', uid: 'u' },
    status: { hard: { pods: '100', ...hard }, used: { pods: String(used) } },
  });
  const [constraint] = constraints;
  if (constraint === undefined) throw new Error('a quota imposes something');
  return constraint;
}

test('a quota rises at 75 and 90 % and falls below 70 and 85 %, with words that agree', () => {
  let before: (typeof severities)[number] | undefined;
  const told = [74, 75, 70, 69, 74, 75, 90, 89, 85, 84, 70, 69].map((used) => {
    const { severity, summary } = settled(quota(used), before);
    expect(summary.includes('mostly used')).toBe(severity === 'Warning');
    expect(summary.includes('used up or nearly so')).toBe(severity === 'Critical');
    before = severity;
    return `${used} ${severity}`;
  });
  expect(told).toEqual([
    '74 Info',
    '75 Warning',
    '70 Warning',
    '69 Info',
    '74 Info',
    '75 Warning',
    '90 Critical',
    '89 Critical',
    '85 Critical',
    '84 Warning',
    '70 Warning',
    '69 Info',
  ]);
});

test('settling what is settled changes nothing, and leaves nothing that is not published', () => {
  const hard = fc.constantFrom({}, { services: '0' });
  fc.assert(
    fc.property(fc.nat(110), fc.constantFrom(undefined, ...severities), hard, (used, before, more) => {
      const read = quota(used, more);
      const once = settled(read, before);
      expect(settled(read, once.severity)).toEqual(once);
      expect(Object.keys(once)).not.toContain('ifBefore');
    }),
  );
});

/**
 * ResourceQuota in the words of Kubernetes before 1.2, which name no quota.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.1.8/plugin/pkg/admission/resourcequota/admission.go
 */
import { envelopeStart } from '../envelope.ts';
import type { ErrorText } from '../error-text.ts';
import { lastWithin } from '../places.ts';
import type { Signature } from '../finding.ts';
import { uncountedSteps } from '../steps/quota.ts';
import { quotasBeginning } from '../suspects/quota.ts';

const usage = ', current usage is ';
const limited = ' is forbidden: limited to ';

/** `cpu quota is 2, current usage is 2, requesting 1`, `Limited to 3 pods`, and what it says where it cannot count. */
export const earlyQuota: Signature = {
  anchors: [
    usage,
    limited,
    'is limited by quota, must make explicit request',
    'since it is tracked by quota',
    'there was an error enforcing quota',
  ],
  read(from, at) {
    const { lower } = from;
    const end = Math.min(from.lineEnd(at), at + 300);
    const isUsage = lower.startsWith(usage, at);
    if (isUsage && lastWithin(lower, ' quota is ', at - 80, at) < 0) return undefined;
    if (isUsage && !lower.slice(at, end).includes(', requesting ')) return undefined;
    if (lower.startsWith(limited, at) && !/^[0-9]$/.test(lower.charAt(at + limited.length))) return undefined;
    const start = startOf(from, at);
    return {
      category: 'quota',
      engine: 'resourcequota',
      certainty: 'stated',
      span: { start, end },
      evidence: [{ start, end }],
      sentence: 'A ResourceQuota of the namespace refused it; releases of Kubernetes before 1.2 do not say which.',
      suspects: (candidates) => quotasBeginning(candidates, ''),
      steps: () => uncountedSteps,
    };
  },
};

/** With the object that was forbidden, where it stands near. */
function startOf(from: ErrorText, at: number): number {
  const words = ' is forbidden: ';
  const found = lastWithin(from.lower, words, at - 200, at + words.length);
  return found < 0 ? at : envelopeStart(from, found + words.length);
}

/**
 * ResourceQuota. Messages: pkg/quota admission of Kubernetes, controller.go (checkQuotas, checkRequest).
 */
import { shown } from '../../words.ts';
import { manual } from '../../remediation/steps.ts';
import { namedIn } from '../candidates.ts';
import { format, word } from '../format.ts';
import type { Signature } from '../finding.ts';

const exceeded = format`exceeded quota: ${word('quota')}, requested: ${word('requested')}, used: ${word('used')}, limited: ${word('limited')}`;

const exceededQuota: Signature = {
  anchors: ['exceeded quota: '],
  read(from, at) {
    const found = exceeded.read(from, at);
    const quota = found?.parts.quota;
    if (found === undefined || quota === undefined) return undefined;
    return {
      category: 'quota',
      engine: 'resourcequota',
      policy: quota,
      certainty: 'stated',
      span: found,
      evidence: [found],
      sentence: `The ResourceQuota ${shown(quota)} has no room for what was asked for.`,
      suspects: (candidates) => ({
        certain: namedIn(candidates, { kinds: ['ResourceQuota'], name: quota }).map((candidate) => ({
          candidate,
          reason: 'The message names it',
        })),
        possible: [],
      }),
      steps: () => [manual('Ask for less, or remove what is not needed any more.', 'developer')],
    };
  },
};

export const quotaSignatures: readonly Signature[] = [exceededQuota];

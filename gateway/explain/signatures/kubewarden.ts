/**
 * Kubewarden: each policy has a webhook of its own, called after it. The message is the policy's own.
 *
 * @see https://github.com/kubewarden/kubewarden-controller/tree/main/api/policies/v1 (GetUniqueName)
 */
import { shown } from '../../words.ts';
import type { Candidate } from '../candidates.ts';
import type { ErrorText } from '../error-text.ts';
import type { About, Finding, Signature, Suspects } from '../finding.ts';
import { webhookDeniedSteps } from '../steps/webhook.ts';
import { kubewardenPolicyOf, kubewardenSuspects } from '../suspects/kubewarden.ts';
import { saidWords } from './webhook-said.ts';
import { webhookOwner } from './webhook-owners.ts';
import { readRefusal, refusalAnchor, type WebhookRefusal } from './webhook-envelope.ts';

const denied: Signature = {
  anchors: [refusalAnchor],
  read(text, at) {
    const refusal = readRefusal(text, at);
    return refusal?.hook === undefined ? undefined : findingOf(text, { ...refusal, hook: refusal.hook });
  },
};

function findingOf(text: ErrorText, refusal: WebhookRefusal & { readonly hook: string }): Finding | undefined {
  const { hook, answer, reason, isSilent, span } = refusal;
  const policy = kubewardenPolicyOf(hook);
  if (policy === undefined || answer !== 'denied') return undefined;
  const said = reason === undefined ? undefined : text.flat.slice(reason.start, reason.end);
  const which =
    policy.name === undefined
      ? 'A policy of a namespace'
      : `The ${policy.isGroup ? 'policy group' : 'policy'} ${shown(policy.name)}`;
  return {
    category: 'webhook-denied',
    engine: 'kubewarden',
    policy: hook,
    rule: policy.name,
    certainty: 'stated',
    span,
    evidence: [span],
    sentence: `${which} of Kubewarden refused the request${saidWords(said, isSilent)}.`,
    suspects: (candidates: readonly Candidate[], about: About): Suspects => kubewardenSuspects(hook, candidates, about),
    steps: (suspects, about) =>
      webhookDeniedSteps({ hook, answer, said, isSilent, owner: webhookOwner(hook) }, suspects, about),
  };
}

export const kubewardenSignatures: readonly Signature[] = [denied];

/**
 * What the API server says of webhooks without naming one: a condition that cannot be evaluated, and all of them together
 * taking too long.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/generic/webhook.go (ShouldCallHook)
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go
 */
import { ask, manual } from '../../remediation/steps.ts';
import { cited } from '../../words.ts';
import type { Candidate } from '../candidates.ts';
import type { Signature } from '../finding.ts';
import { format, text as anything } from '../format.ts';
import { messageFrom } from '../message.ts';
import { webhookKinds } from '../suspects/webhook.ts';

const unevaluated = format`is forbidden: expression '${anything('expression')}' resulted in error: `;

/** A matchCondition of a webhook. An admission policy would stand in front with its name. */
export const conditionFailed: Signature = {
  anchors: ["is forbidden: expression '"],
  read(text, at) {
    const found = unevaluated.read(text, at);
    const expression = found?.parts.expression;
    if (found === undefined || found.cut || expression === undefined) return undefined;
    const fault = messageFrom(text, found.end);
    const span = { start: at, end: fault.end };
    return {
      category: 'webhook-denied',
      engine: 'webhookconfig',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence:
        `A webhook was not asked, because a condition that decides about that cannot be evaluated: ${cited(expression)} ` +
        `(${cited(text.flat.slice(fault.start, fault.end))}).`,
      suspects: (candidates) => ({
        certain: webhooksWith(expression, candidates).map((candidate) => ({
          candidate,
          reason: 'It has this condition',
        })),
        possible: [],
      }),
      steps: (_suspects, about) => [
        manual('Set the field that the condition reads, where the manifest may have it.', 'developer'),
        ask(
          about,
          'to repair the matchConditions of the webhook: they must ask whether a field is there before they read it.',
          'cluster-admin',
        ),
      ],
    };
  },
};

function webhooksWith(expression: string, candidates: readonly Candidate[]): readonly Candidate[] {
  const wanted = oneLine(expression);
  return candidates.filter(
    ({ kind, full }) =>
      webhookKinds.includes(kind) &&
      (full?.scope.admission ?? []).some(({ matchConditions = [] }) =>
        matchConditions.some((condition) => oneLine(condition.expression) === wanted),
      ),
  );
}

/** As it stands in a text that was read: on one line, without what Markdown takes for marks. */
function oneLine(expression: string): string {
  return expression.trim().replaceAll(/\s+/g, ' ').replaceAll('`', '');
}

const exceededTime = format`admission plugin "${anything('plugin')}AdmissionWebhook" failed to complete `;

/** All webhooks of a request together. */
export const tooSlow: Signature = {
  anchors: ['admission plugin "'],
  read(text, at) {
    const found = exceededTime.read(text, at);
    const plugin = found?.parts.plugin;
    if (found === undefined || found.cut || (plugin !== 'Mutating' && plugin !== 'Validating')) return undefined;
    const span = { start: at, end: messageFrom(text, found.end).end };
    const kind = `${plugin}WebhookConfiguration`;
    return {
      category: 'webhook-unavailable',
      engine: 'webhookconfig',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: 'The webhooks that were asked about the request did not all answer in the time that it had.',
      suspects: (candidates) => ({
        certain: [],
        possible: candidates
          .filter((candidate) => candidate.kind === kind)
          .map((candidate) => ({ candidate, reason: 'It is asked about requests of this namespace' })),
      }),
      steps: (_suspects, about) => [
        manual('Try again: a webhook that is being restarted looks like this for a minute.', 'developer'),
        ask(
          about,
          'which webhook is slow: the API server counts it in apiserver_admission_webhook_admission_duration_seconds.',
          'cluster-admin',
        ),
      ],
    };
  },
};

/**
 * What to do about the refusal of a webhook, from what it says. Where its configuration is found, the steps of that follow:
 * they try a manifest and show whom the webhook is asked about.
 */
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { cited, shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import type { WebhookAnswer } from '../signatures/webhook-envelope.ts';
import type { WebhookOwner } from '../signatures/webhook-owners.ts';

/** @param told.said What the webhook gave as its reason. */
export function webhookDeniedSteps(
  told: {
    readonly hook: string | undefined;
    readonly answer: WebhookAnswer;
    readonly said: string | undefined;
    readonly isSilent: boolean;
    readonly owner: WebhookOwner | undefined;
  },
  { certain }: Suspects,
  about: About,
): readonly RemediationStep[] {
  const { hook, answer, said, isSilent, owner } = told;
  const program = owner?.title ?? (hook === undefined ? 'the webhook' : `the webhook ${shown(hook)}`);
  const find = certain.length > 0 ? [] : [findConfiguration()];
  switch (answer) {
    case 'denied':
      return [
        ...(said === undefined
          ? []
          : [manual(`Change the request to what ${program} asks for: ${cited(said, 400)}.`, 'developer')]),
        ...(isSilent
          ? [ask(about, `why ${program} refuses: it gave no reason, but its log may.`, 'cluster-admin')]
          : []),
        ...(said === undefined && !isSilent
          ? [manual('Look at the whole message, where the webhook says why: this text ends before that.', 'developer')]
          : []),
        ...find,
      ];
    case 'dryRun':
      return [
        manual('Do it without a dry run of the server (--dry-run=client does not ask any webhook).', 'developer'),
        ask(
          about,
          `to give ${program} sideEffects None or NoneOnDryRun in its configuration, if that is true of it.`,
          'cluster-admin',
        ),
        ...find,
      ];
    case 'modified':
      return [
        ask(
          about,
          `to repair ${program}: it must not change objects that are deleted or connected to.`,
          'cluster-admin',
        ),
        ...find,
      ];
    default:
      return answer satisfies never;
  }
}

/** No message says which configuration a webhook stands in. */
function findConfiguration(): RemediationStep {
  return kubectl(
    'Find the configuration that holds the webhook: the message does not name it.',
    [
      'get',
      'validatingwebhookconfigurations,mutatingwebhookconfigurations',
      '-o',
      'custom-columns=KIND:.kind,NAME:.metadata.name,WEBHOOKS:.webhooks[*].name',
    ],
    'cluster-admin',
  );
}

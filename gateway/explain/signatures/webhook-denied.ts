/**
 * Denials of webhooks whose engine has no format of its own here. The text names the webhook, and what it says is its own:
 * nothing more can be known of why it refuses.
 */
import { shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';
import { webhookDeniedSteps } from '../steps/webhook.ts';
import { webhooksNamed } from '../suspects/webhook.ts';
import { readRefusal, refusalAnchor, type WebhookAnswer, type WebhookRefusal } from './webhook-envelope.ts';
import { conditionFailed } from './webhook-plugin.ts';
import { deniedWithoutHead, wardenRejected } from './webhook-denied-cut.ts';
import { webhookOwner } from './webhook-owners.ts';
import { saidWords } from './webhook-said.ts';

const webhookDenied: Signature = {
  anchors: [refusalAnchor],
  read(text, at) {
    const refusal = readRefusal(text, at);
    return refusal === undefined || isQuota(text, refusal) ? undefined : findingOf(text, refusal);
  },
};

/** Quotas of several namespaces are counted by webhooks, some of which say the words of the plugin: there they are read. */
function isQuota({ lower }: ErrorText, { reason }: WebhookRefusal): boolean {
  return reason !== undefined && lower.slice(reason.start, reason.end).includes('" is forbidden: exceeded quota: ');
}

function findingOf(text: ErrorText, { hook, answer, reason, isSilent, span }: WebhookRefusal): Finding {
  const owner = hook === undefined ? undefined : webhookOwner(hook);
  const said = reason === undefined ? undefined : text.flat.slice(reason.start, reason.end);
  const first = answer === 'modified' ? 'Mutating' : 'Validating';
  return {
    category: 'webhook-denied',
    engine: owner?.engine ?? 'webhookconfig',
    policy: hook,
    rule: reason === undefined ? undefined : ruleIn(text, reason),
    certainty: hook === undefined ? 'likely' : 'stated',
    span,
    evidence: [span],
    sentence: sentenceOf({ hook, answer, said, isSilent }),
    suspects: (candidates) =>
      hook === undefined
        ? { certain: [], possible: [] }
        : webhooksNamed(hook, candidates, { first, reason: 'The message names the webhook' }),
    steps: (suspects, about) => webhookDeniedSteps({ hook, answer, said, isSilent, owner }, suspects, about),
  };
}

function sentenceOf(told: {
  readonly hook: string | undefined;
  readonly answer: WebhookAnswer;
  readonly said: string | undefined;
  readonly isSilent: boolean;
}): string {
  const { hook, answer, said, isSilent } = told;
  const owner = hook === undefined ? undefined : webhookOwner(hook);
  const who =
    hook === undefined
      ? 'A webhook whose name is cut off'
      : `The webhook ${shown(hook)}${owner === undefined ? '' : ` of ${owner.title}`}`;
  const itself = owner?.guardsItself === undefined ? '' : ` ${owner.guardsItself}.`;
  switch (answer) {
    case 'denied':
      return `${who} refused the request${saidWords(said, isSilent)}.${itself}`;
    case 'dryRun':
      return `${who} cannot be asked in a dry run, because it has side effects: this says nothing about the manifest.`;
    case 'modified':
      return `${who} tried to change an object that cannot be changed by this request: the webhook is at fault, not the request.`;
    default:
      return answer satisfies never;
  }
}

const rulesLengthMax = 4_000;

/** `[denied by autogke-no-host-port]` of GKE Warden, and of others that count what was violated. The first of them. */
function ruleIn({ flat, lower }: ErrorText, { start, end }: Span): string | undefined {
  const words = '[denied by ';
  const bound = Math.min(end, start + rulesLengthMax);
  const found = lower.slice(start, bound).indexOf(words);
  if (found < 0) return undefined;
  const from = start + found + words.length;
  const length = flat.slice(from, bound).indexOf(']');
  if (length <= 0) return undefined;
  const name = flat.slice(from, from + length);
  return name.length > 253 || name.includes(' ') ? undefined : name;
}

export const webhookDeniedSignatures: readonly Signature[] = [
  webhookDenied,
  conditionFailed,
  deniedWithoutHead,
  wardenRejected,
];

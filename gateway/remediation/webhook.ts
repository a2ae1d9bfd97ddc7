/**
 * A webhook: what it demands is not known, so what helps is to ask it, to see whom it is asked about, and whether it answers.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import type { WebhookRule } from '../../crds/rules/webhook.ts';
import { isDnsLabel, isDnsSubdomain } from '../../kube/names.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { requestsWords } from './requests.ts';
import { ask, dryRun, kubectl, link, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { capitalized, listed, shown } from '../words.ts';

const engineNames = { gatekeeper: 'Gatekeeper', kubewarden: 'Kubewarden', kyverno: 'Kyverno' } as const;

/** From the full form. */
export function webhookRemediation(subject: Subject, rule: WebhookRule): Remediation {
  return {
    summary: summaryOf(subject, rule),
    steps: [
      question(subject, rule),
      manual(`${capitalized(whenDown(rule))}${whom(subject, rule)}${engine(rule)}.`, 'developer'),
      ...look(subject, 'See which requests it is asked about.'),
      ...endpoints(rule),
      ask(subject, 'why it refuses, or to leave such requests out.', 'cluster-admin'),
      link('How webhooks are asked.', 'admissionWebhooks'),
    ],
  };
}

function summaryOf(subject: Subject, { mutating, failurePolicy }: WebhookRule): string {
  const does = mutating ? 'may change or refuse' : 'may refuse';
  const down = failurePolicy === 'Fail' ? 'it must answer for them to pass' : 'while it does not answer they pass';
  return `${titleOf(subject)} ${does} requests, and ${down}: its message at a refusal says what it wants.`;
}

function question(subject: Subject, { sideEffects }: WebhookRule): RemediationStep {
  if (sideEffects === 'Some' || sideEffects === 'Unknown') {
    return manual(
      'A dry run is refused, because the webhook has side effects: read what it says to the real request.',
      'developer',
    );
  }
  return dryRun(subject, 'See what it says to a manifest; nothing is stored.');
}

function whenDown({ failurePolicy, timeoutSeconds }: WebhookRule): string {
  return failurePolicy === 'Fail'
    ? `while it does not answer within ${timeoutSeconds} s every request that is meant is refused`
    : `while it does not answer within ${timeoutSeconds} s requests pass as if it were not there`;
}

/** The selectors that decide whether it is asked. */
function whom(subject: Subject, { unread }: WebhookRule): string {
  if (unread !== undefined) return `; whom it is asked about is not known in full (${listed(unread, 2)})`;
  return requestsWords(subject);
}

function engine({ carries }: WebhookRule): string {
  return carries === undefined
    ? ''
    : `; it enforces the policies of ${engineNames[carries]}, whose message names the policy`;
}

function endpoints({ service }: WebhookRule): RemediationStep[] {
  if (service === undefined || !isDnsLabel(service.namespace) || !isDnsSubdomain(service.name)) return [];
  const words = ['get', 'endpointslices', '-n', service.namespace, '-l', `kubernetes.io/service-name=${service.name}`];
  return [kubectl(`See whether anything answers behind its Service ${shown(service.name)}.`, words, 'cluster-admin')];
}

/**
 * The sentences about a rule of the form `webhook`. The summary tells every reader which requests are judged and what
 * happens while nobody answers; selectors, conditions and the Service stand in the message alone.
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { WebhookRule } from '../../crds/rules/webhook.ts';
import type { AdmissionRule, MatchCondition, Scope } from '../../crds/scope.ts';
import { requestWords } from './admission-rules.ts';
import { exactnessTexts, selectionTexts } from './admission-text.ts';
import { selectsAll } from './fields.ts';
import { boundedList, sentence } from './text.ts';

/** Which requests a webhook is asked about. */
interface Asked {
  readonly name: string;
  readonly rules: readonly AdmissionRule[];
  readonly objectSelector: LabelSelector;
  readonly matchConditions: readonly MatchCondition[];
}

const engines: Readonly<Record<NonNullable<WebhookRule['carries']>, string>> = {
  gatekeeper: 'Gatekeeper',
  kubewarden: 'Kubewarden',
  kyverno: 'Kyverno',
};

/** One sentence for every reader of a bound namespace. */
export function webhookSummary(rule: WebhookRule, asked: Asked): string {
  const some = selectsAll(asked.objectSelector) && asked.matchConditions.length === 0 ? '' : 'for some objects, ';
  const requests = capital(`${some}${requestWords(asked.rules)}`);
  const fails = rule.failurePolicy === 'Fail';
  if (rule.carries !== undefined) {
    const closed = fails ? '; it fails while that does not answer' : '';
    return `${requests} goes through the webhook by which ${engines[rule.carries]} enforces its policies${closed}`;
  }
  if (rule.mutating) {
    return `${requests} goes through a webhook that may change the object${fails ? '; it fails while that does not answer' : ''}`;
  }
  return `${requests} needs the consent of a webhook; ${fails ? 'it fails while that does not answer' : 'it passes while that does not answer'}`;
}

/** The same with the webhook's name, its Service, its selectors and the names of its conditions. */
export function webhookMessage(rule: WebhookRule, asked: Asked, scope: Scope): string {
  const { service, carries } = rule;
  const parts = [
    `${capital(requestWords(asked.rules))} ${rule.mutating ? 'goes through' : 'needs the consent of'} the ${webhookText(rule, asked.name)}`,
    ...(rule.mutating ? ['it may change the object or refuse it'] : []),
    ...(carries === undefined ? [] : [`by it ${engines[carries]} enforces its policies`]),
    outage(rule),
    ...selectionTexts(scope),
    ...exactnessTexts(scope),
    ...(rule.sideEffects === 'Some' || rule.sideEffects === 'Unknown' ? ['dry runs are refused'] : []),
    ...(rule.reinvocationPolicy === 'IfNeeded' ? ['it is called again when the object changes after it'] : []),
    ...(service === undefined ? [] : [sentence(`it is served by Service ${service.namespace}/${service.name}`, 140)]),
  ];
  return parts.join('; ');
}

/** Of a webhook of which not all is understood: it may be asked about anything. */
export function unreadSummary({ mutating }: WebhookRule): string {
  const may = mutating ? 'change or refuse' : 'refuse';
  return `A webhook that Potoo does not understand in all parts may ${may} requests of any kind`;
}

/** @param name What it is called, or where it stands. */
export function unreadMessage(rule: WebhookRule, name: string): string {
  const unread = boundedList(rule.unread ?? [], { separator: ', ', lengthMax: 300, noun: 'part' });
  const may = rule.mutating ? 'change or refuse' : 'refuse';
  return `The ${webhookText(rule, name)} may ${may} requests of any kind in any namespace; what is not understood: ${unread}; ${outage(rule)}`;
}

function webhookText({ mutating }: WebhookRule, name: string): string {
  return `${mutating ? 'mutating' : 'validating'} webhook ${sentence(name, 120)}`;
}

function outage({ failurePolicy, timeoutSeconds }: WebhookRule): string {
  const silence = `when it does not answer properly within ${timeoutSeconds} s`;
  return failurePolicy === 'Fail'
    ? `it fails closed: ${silence}, the request is refused`
    : `it fails open: ${silence}, the request passes`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

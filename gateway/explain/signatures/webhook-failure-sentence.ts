/**
 * What happened to a webhook that gave no answer, in words.
 */
import { shown } from '../../words.ts';
import type { Asked, FailureKind } from './webhook-failure.ts';
import type { WebhookOwner } from './webhook-owners.ts';

const causes: Readonly<Record<FailureKind, string>> = {
  endpoints: 'no ready pod stands behind its Service',
  service: 'its Service does not exist',
  port: 'its Service does not have the port that the configuration names',
  refused: 'nothing listens at its address',
  unreachable: 'the API server cannot reach it, as when a firewall or a policy drops the packets',
  timeout: 'it did not answer in time',
  closed: 'the connection broke off before it answered',
  dns: 'its host name has no address',
  authority: 'its certificate is signed by nobody whom its configuration trusts (caBundle)',
  expired: 'its certificate has expired or is not valid yet',
  hostname: 'its certificate is made out to another host name',
  tls: 'the TLS handshake with it fails',
  path: 'the program behind it does not know the path at which it was asked',
  server: 'the program behind it failed itself',
  rejected: 'the program behind it refused to be asked',
  proxy: 'the way from the control plane to the nodes is broken',
  response: 'its answer cannot be used',
  setup: 'its configuration is wrong',
};

/** @param told.passed Whether the request passed all the same. */
export function failureSentence(told: {
  readonly hook: string | undefined;
  readonly owner: WebhookOwner | undefined;
  readonly asked: Asked;
  readonly failure: FailureKind | undefined;
  readonly passed: boolean;
}): string {
  const { hook, owner, asked, failure, passed } = told;
  const which = hook === undefined ? 'A webhook' : `The webhook ${shown(hook)}`;
  const of = owner === undefined ? '' : ` of ${owner.title}`;
  const why = failure === undefined ? '' : `: ${causes[failure]}`;
  const result = passed
    ? 'the request passed without it'
    : 'the request failed for want of an answer, and no policy has judged it';
  return `${which}${of} could not be asked${programOf(asked)}${why}; ${result}.`;
}

/** ` (Service cert-manager/webhook, port 443)`. */
export function programOf({ service, namespace, host, port }: Asked): string {
  const to = port === undefined ? '' : `, port ${shown(port, 8)}`;
  if (service !== undefined) {
    return ` (Service ${namespace === undefined ? '' : `${shown(namespace, 63)}/`}${shown(service, 63)}${to})`;
  }
  return host === undefined ? '' : ` (${shown(host)}${to})`;
}
